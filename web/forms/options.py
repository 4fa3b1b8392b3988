"""The form of the delivery settings: when, to whom, and under which options of the contract."""

from datetime import datetime

from starlette.datastructures import FormData

from domain.campaigns import CampaignContent
from domain.carriers import Carrier
from domain.send_times import to_jst
from services.contracts import Terms
from web.drafts import changed
from web.forms.fields import choices_of, date_of, is_ticked, moment_of, text_of
from web.forms.problems import problems_at
from web.wording.problems import FieldError

_RULED = ("send_at", "carriers", "recycling_reference_on")


def options_of(form: FormData, content: CampaignContent, terms: Terms) -> CampaignContent:
    """Return the content with the posted settings; options without a contract are left out."""
    some = text_of(form, "carrier_choice") == "some"
    check = terms.recycling_check_enabled and is_ticked(form, "recycling_check")
    later = text_of(form, "when") == "scheduled"
    send_at = moment_of(form, "send_at") if later else None
    reference_on = date_of(form, "recycling_reference_on") if check else None
    unread = {"send_at": later and send_at is None, "recycling_reference_on": check and reference_on is None}
    return changed(
        content,
        send_at=send_at,
        carriers=choices_of(form, "carriers", Carrier) if some else None,
        exclude_opt_outs=terms.opt_out_enabled and is_ticked(form, "exclude_opt_outs"),
        recycling_reference_on=reference_on,
        unread=tuple(field for field, is_unread in unread.items() if is_unread),
    )


def option_errors(content: CampaignContent, now: datetime) -> list[FieldError]:
    """Return what is wrong with the settings, what was left empty included."""
    return problems_at(_RULED, content, None, now)


def shown_options(content: CampaignContent) -> dict[str, str | list[str]]:
    """Return the values the form shows of the settings that are saved."""
    at = to_jst(content.send_at) if content.send_at else None
    return {
        "when": "scheduled" if at else "now",
        "send_at-date": at.date().isoformat() if at else "",
        "send_at-time": f"{at:%H:%M}" if at else "",
        "carrier_choice": "all" if content.carriers is None else "some",
        "carriers": [carrier.value for carrier in content.carriers or ()],
        "exclude_opt_outs": "yes" if content.exclude_opt_outs else "",
        "recycling_check": "yes" if content.recycling_reference_on else "",
        "recycling_reference_on": str(content.recycling_reference_on or ""),
    }
