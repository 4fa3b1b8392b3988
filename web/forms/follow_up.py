"""The fields of the second message (P-7, P-8)."""

from starlette.datastructures import FormData

from domain.follow_ups import FollowUp, FollowUpTrigger
from web.forms.fields import choice_of, text_of

FOLLOW_UP_FIELDS = (
    "follow_up_trigger",
    "follow_up_sms_text",
    "follow_up_rcs_text",
    "follow_up_valid_for_hours",
)

# Outside every limit: what cannot be read as a number of hours is refused by the rules as one.
_UNREADABLE = 0
_MOST_DIGITS = 6


def follow_up_in(form: FormData) -> FollowUp | None:
    """Return the second message as posted; ``None`` if none is wanted. Only a reply has a validity."""
    trigger = choice_of(form, "follow_up_trigger", FollowUpTrigger)
    if trigger is None:
        return None
    return FollowUp(
        trigger=trigger,
        sms_text=text_of(form, "follow_up_sms_text") or None,
        rcs_text=text_of(form, "follow_up_rcs_text") or None,
        valid_for_hours=_hours(form) if trigger is FollowUpTrigger.REPLY else None,
    )


def shown_follow_up(follow_up: FollowUp | None) -> dict[str, str | list[str]]:
    """Return the values the form shows of a second message."""
    if follow_up is None:
        return {**dict.fromkeys(FOLLOW_UP_FIELDS, ""), "follow_up_trigger": "none"}
    hours = follow_up.valid_for_hours
    return {
        "follow_up_trigger": follow_up.trigger.value,
        "follow_up_rcs_text": follow_up.rcs_text or "",
        "follow_up_sms_text": follow_up.sms_text or "",
        "follow_up_valid_for_hours": "" if hours is None else str(hours),
    }


def _hours(form: FormData) -> int | None:
    written = text_of(form, "follow_up_valid_for_hours").strip()
    if not written:
        return None
    return int(written) if written.isdecimal() and len(written) <= _MOST_DIGITS else _UNREADABLE
