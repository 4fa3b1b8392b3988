"""The one-page form with which a scheduled send is edited."""

from uuid import UUID

from domain.campaigns import CampaignContent
from domain.messages import ChannelPlan
from services.contracts import Terms
from web.drafts import changed
from web.forms.fields import choice_of, id_of, text_of
from web.forms.follow_up import follow_up_in
from web.forms.options import options_of
from web.forms.steps import Fields, as_form


def edited_content(typed: Fields, content: CampaignContent, terms: Terms) -> CampaignContent:
    """Return the content as edited."""
    form = as_form(typed)
    texts = changed(
        content,
        name=text_of(form, "name"),
        channel_plan=choice_of(form, "channel_plan", ChannelPlan) or content.channel_plan,
        sms_text=text_of(form, "sms_text") or None,
        rcs_text=text_of(form, "rcs_text") or None,
        follow_up=follow_up_in(form),
    )
    return options_of(form, texts, terms)


def edited_list(typed: Fields) -> UUID | None:
    """Return the list of recipients the edit is about; ``None`` for nonsense."""
    return id_of(as_form(typed), "upload_id")
