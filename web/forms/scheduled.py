"""The one-page form with which a scheduled send is edited."""

from starlette.datastructures import FormData

from domain.campaigns import CampaignContent
from domain.messages import ChannelPlan
from services.contracts import Terms
from web.drafts import changed
from web.forms.fields import choice_of, text_of
from web.forms.follow_up import FOLLOW_UP_FIELDS, follow_up_in
from web.forms.options import options_of, shown_options

# What the page that asks for confirmation passes on, field by field.
PASSED_ON = (
    "name",
    "channel_plan",
    "sms_text",
    "rcs_text",
    "when",
    "send_at-date",
    "send_at-time",
    "carrier_choice",
    "exclude_opt_outs",
    "recycling_check",
    "recycling_reference_on",
    *FOLLOW_UP_FIELDS,
)


def edited_content(form: FormData, content: CampaignContent, terms: Terms) -> CampaignContent:
    """Return the content as edited."""
    texts = changed(
        content,
        name=text_of(form, "name").strip(),
        channel_plan=choice_of(form, "channel_plan", ChannelPlan) or content.channel_plan,
        sms_text=text_of(form, "sms_text") or None,
        rcs_text=text_of(form, "rcs_text") or None,
        follow_up=follow_up_in(form),
    )
    return options_of(form, texts, terms)


def passed_on(form: FormData) -> list[tuple[str, str]]:
    """Return the posted fields as hidden fields of the next form."""
    carriers = [("carriers", value) for value in form.getlist("carriers") if isinstance(value, str)]
    return [*((name, text_of(form, name)) for name in PASSED_ON), *carriers]


__all__ = ["edited_content", "passed_on", "shown_options"]
