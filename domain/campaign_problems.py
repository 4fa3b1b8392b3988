"""What keeps a campaign from being registered: one word for each reason, and where it was found (P-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum


class CampaignProblem(StrEnum):
    """Why a campaign cannot be registered as it is."""

    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    SMS_TEXT_MISSING = "sms_text_missing"
    SMS_TEXT_TOO_LONG = "sms_text_too_long"
    RCS_TEXT_MISSING = "rcs_text_missing"
    RCS_TEXT_TOO_LONG = "rcs_text_too_long"
    UNKNOWN_VARIABLE = "unknown_variable"
    MALFORMED_VARIABLE = "malformed_variable"
    # Beside the first hundred of one text.
    MORE_PROBLEMS = "more_problems"
    # A character of a private area, unassigned or lost: no handset shows it.
    UNSHOWABLE_CHARACTER = "unshowable_character"
    # {{短縮URL1}} or {{オプトアウトURL}} where the company has no such option.
    LINK_NOT_AVAILABLE = "link_not_available"
    PAST_SEND_TIME = "past_send_time"
    SEND_TIME_TOO_FAR = "send_time_too_far"
    RECIPIENTS_MISSING = "recipients_missing"
    NO_VALID_RECIPIENT = "no_valid_recipient"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    PHONE_COLUMN_MISSING = "phone_column_missing"
    UNREADABLE_FILE = "unreadable_file"
    OPTION_NOT_CONTRACTED = "option_not_contracted"
    NOTICE_REQUIRED = "notice_required"
    REFERENCE_DATE_MISSING = "reference_date_missing"
    REFERENCE_DATE_INVALID = "reference_date_invalid"
    # Typed in the portal in a way that names no moment: a date without a time, say.
    SEND_TIME_UNREADABLE = "send_time_unreadable"
    CARRIERS_MISSING = "carriers_missing"
    NO_CARRIER_FOR_CHANNEL = "no_carrier_for_channel"
    FOLLOW_UP_VALIDITY_INVALID = "follow_up_validity_invalid"


@dataclass(frozen=True, slots=True)
class ProblemFound:
    """One problem, the field of ``CampaignContent`` (or ``recipients``, or with
    ``FOLLOW_UP_PREFIX`` of its follow-up) it is in, and its particulars.

    ``detail`` may hold ``limit`` and ``characters``; ``name``, ``line``, ``column`` and ``kind`` of a
    placeholder, or of a character; ``option`` or ``carrier``; ``count`` of the problems that are not told.
    """

    problem: CampaignProblem
    field: str
    detail: Mapping[str, str | int] = dataclass_field(default_factory=dict)


FOLLOW_UP_PREFIX = "follow_up_"
"""Stands before the names of the fields of the second message."""
