"""The pages, one noun a file. ``/campaigns/new`` comes before the addresses with an id."""

from web.routes import (
    campaign,
    campaign_cancel,
    campaign_check,
    campaign_edit,
    campaigns,
    compose_content,
    compose_options,
    compose_recipients,
    delivery_log,
    help_pages,
    home,
    messages,
    received_messages,
    sign_in,
)

ROUTERS = (
    sign_in.router,
    home.router,
    campaigns.router,
    compose_recipients.router,
    compose_content.router,
    compose_options.router,
    campaign_check.router,
    campaign_edit.router,
    campaign_cancel.router,
    campaign.router,
    delivery_log.router,
    received_messages.router,
    messages.router,
    help_pages.router,
)
