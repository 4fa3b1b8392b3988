"""The pages, one noun a file."""

from web.routes import campaigns, delivery_log, help, home, messages, sign_in  # noqa: A004

ROUTERS = (
    sign_in.router,
    home.router,
    campaigns.router,
    delivery_log.router,
    messages.router,
    help.router,
)
