"""The form of the delivery settings: when, to whom, and under which options of the contract."""

from collections.abc import Sequence
from datetime import datetime

from starlette.datastructures import FormData

from domain.campaigns import CampaignContent, CampaignProblem
from domain.carriers import Carrier
from domain.send_times import to_jst
from services.contracts import Terms
from web.drafts import changed
from web.forms.fields import choices_of, date_of, is_ticked, moment_of, text_of
from web.forms.problems import problems_at
from web.wording.problems import PROBLEMS, FieldError

_RULED = ("send_at", "carriers", "recycling_reference_on")


def options_of(form: FormData, content: CampaignContent, terms: Terms) -> CampaignContent:
    """Return the content with the posted settings; options without a contract are left out."""
    some = text_of(form, "carrier_choice") == "some"
    check = terms.recycling_check_enabled and is_ticked(form, "recycling_check")
    return changed(
        content,
        send_at=moment_of(form, "send_at") if text_of(form, "when") == "scheduled" else None,
        carriers=choices_of(form, "carriers", Carrier) if some else None,
        exclude_opt_outs=terms.opt_out_enabled and is_ticked(form, "exclude_opt_outs"),
        recycling_reference_on=date_of(form, "recycling_reference_on") if check else None,
    )


def option_errors(form: FormData, content: CampaignContent, terms: Terms, now: datetime) -> list[FieldError]:
    """Return what is wrong with the settings, what was left empty included."""
    errors = []
    if text_of(form, "when") == "scheduled" and content.send_at is None:
        errors.append(
            FieldError(
                "send_at",
                "配信日時が入力されていないか、日付や時刻として読み取れません。",
                "日付と時刻を入力してください。",
            )
        )
    errors += problems_at(_RULED, content, None, now)
    wants_check = terms.recycling_check_enabled and is_ticked(form, "recycling_check")
    if wants_check and content.recycling_reference_on is None:
        wording = PROBLEMS[CampaignProblem.REFERENCE_DATE_MISSING]
        errors.append(FieldError("recycling_reference_on", wording.what, wording.mend))
    return errors


def shown_options(form: FormData | None, content: CampaignContent) -> dict[str, str | Sequence[str]]:
    """Return the values the form shows: what was posted, else what is saved."""
    if form is not None:
        names = ("when", "send_at-date", "send_at-time", "carrier_choice", "recycling_reference_on")
        posted: dict[str, str | Sequence[str]] = {name: text_of(form, name) for name in names}
        ticked = {name: text_of(form, name) for name in ("exclude_opt_outs", "recycling_check")}
        return {**posted, **ticked, "carriers": [str(value) for value in form.getlist("carriers")]}
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
