"""Words and rules for a campaign: its content, the states it passes, what is allowed in each (P-3, P-9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.campaign_problems import FOLLOW_UP_PREFIX, CampaignProblem, ProblemFound
from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel
from domain.follow_ups import MAX_VALID_HOURS, FollowUp, FollowUpTrigger
from domain.message_parts import RCS_MAX_CHARACTERS, SMS_MAX_CHARACTERS, count_characters, utf16_length
from domain.messages import ChannelPlan
from domain.send_times import PastSendTime, TooFarSendTime, check_send_at, to_jst
from domain.templates import (
    MalformedTemplate,
    Template,
    TemplateProblem,
    clean_text,
    parse_template,
    variable_key,
)
from domain.text_limits import MAX_PROBLEMS, MAX_TEXT_LENGTH
from domain.visible_text import is_blank, trim, unshowable_character

__all__ = ["FOLLOW_UP_PREFIX", "CampaignProblem", "ProblemFound"]

MAX_RECIPIENTS = 250_000
"""Recipients of one campaign at most (P-10)."""

NOTICE_THRESHOLD_PER_HOUR = 10_000
"""A send above this needs prior notice; the contract says whether it may (S-7, R-11)."""

MAX_NAME_CHARACTERS = 100


class CampaignStatus(StrEnum):
    """The state of a campaign. ``REGISTERED`` covers waiting for the send time."""

    DRAFT = "draft"
    REGISTERED = "registered"
    SENDING = "sending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def can_be_edited(self) -> bool:
        """Whether content, recipients and time may still change (P-3)."""
        return self in (CampaignStatus.DRAFT, CampaignStatus.REGISTERED)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether a cancel still has an effect on at least some messages."""
        return self in (CampaignStatus.REGISTERED, CampaignStatus.SENDING)


@dataclass(frozen=True, slots=True)
class CampaignContent:
    """What a person or a program asks for. ``send_at`` empty: now; ``carriers`` empty: all (P-4).

    ``unread`` are fields of a draft that were typed in a way nobody can read (a date without a time). They
    are empty here, and empty means something else: nothing is sent before they are mended.
    """

    name: str
    channel_plan: ChannelPlan
    sms_text: str | None
    rcs_text: str | None
    send_at: datetime | None = None
    carriers: tuple[Carrier, ...] | None = None
    exclude_opt_outs: bool = False
    recycling_reference_on: date | None = None
    follow_up: FollowUp | None = None
    unread: tuple[str, ...] = ()

    @property
    def texts(self) -> dict[Channel, str]:
        """The texts that can be sent under the plan, cleaned of what the plan does not use."""
        texts = {}
        if self.channel_plan.starts_with_rcs:
            texts[Channel.RCS] = self.rcs_text or ""
        if self.channel_plan.may_send_sms:
            texts[Channel.SMS] = self.sms_text or ""
        return texts

    @property
    def second_texts(self) -> dict[Channel, str]:
        """The texts of the second message under the plan; empty where there is none (P-7, P-8)."""
        return self.follow_up.texts(self.channel_plan) if self.follow_up else {}


_TEXT_RULES = {
    Channel.SMS: (
        "sms_text",
        SMS_MAX_CHARACTERS,
        CampaignProblem.SMS_TEXT_MISSING,
        CampaignProblem.SMS_TEXT_TOO_LONG,
    ),
    Channel.RCS: (
        "rcs_text",
        RCS_MAX_CHARACTERS,
        CampaignProblem.RCS_TEXT_MISSING,
        CampaignProblem.RCS_TEXT_TOO_LONG,
    ),
}

_UNREAD = {
    "send_at": CampaignProblem.SEND_TIME_UNREADABLE,
    "recycling_reference_on": CampaignProblem.REFERENCE_DATE_MISSING,
}


def problems_of(content: CampaignContent, columns: Sequence[str] | None, now: datetime) -> list[ProblemFound]:
    """Return everything wrong with ``content``, in the order of the screen; empty when nothing is.

    ``columns`` are the recipients' column names, ``None`` while there are no recipients: variables are
    then not looked up. What depends on the contract is ``option_problems``.
    """
    return [
        *endless_problems(content),
        *_name_problems(content.name),
        *(p for channel, text in content.texts.items() for p in _text_problems(channel, text, columns)),
        *_follow_up_problems(content, columns),
        *(ProblemFound(problem, field) for field, problem in _UNREAD.items() if field in content.unread),
        *_time_problems(content.send_at, now),
        *_carrier_problems(content),
        *_reference_problems(content.recycling_reference_on, now),
    ]


def option_problems(
    content: CampaignContent, *, opt_out_enabled: bool, recycling_check_enabled: bool
) -> list[ProblemFound]:
    """Return the options that ``content`` uses and the company's contract does not hold (O-4, M-1)."""
    problems = []
    if content.exclude_opt_outs and not opt_out_enabled:
        problems.append(
            ProblemFound(CampaignProblem.OPTION_NOT_CONTRACTED, "exclude_opt_outs", {"option": "opt_out"})
        )
    if content.recycling_reference_on is not None and not recycling_check_enabled:
        problems.append(
            ProblemFound(
                CampaignProblem.OPTION_NOT_CONTRACTED,
                "recycling_reference_on",
                {"option": "recycling_check"},
            )
        )
    return problems


def endless_problems(content: CampaignContent) -> list[ProblemFound]:
    """Return the texts that are too long to be read at all, or kept as a draft; the plan may not use them."""
    follow_up = content.follow_up
    given = [("name", content.name, MAX_NAME_CHARACTERS, CampaignProblem.NAME_TOO_LONG)]
    for name, limit, _, too_long in _TEXT_RULES.values():
        given.append((name, getattr(content, name) or "", limit, too_long))
        given.append((FOLLOW_UP_PREFIX + name, getattr(follow_up, name, None) or "", limit, too_long))
    return [
        ProblemFound(problem, name, {"characters": utf16_length(text), "limit": limit})
        for name, text, limit, problem in given
        if len(text) > MAX_TEXT_LENGTH
    ]


def _name_problems(name: str) -> list[ProblemFound]:
    if len(name) > MAX_TEXT_LENGTH:
        return []
    name = trim(clean_text(name))
    if not name:
        return [ProblemFound(CampaignProblem.NAME_MISSING, "name")]
    characters = count_characters(name)
    if characters <= MAX_NAME_CHARACTERS:
        return []
    detail = {"characters": characters, "limit": MAX_NAME_CHARACTERS}
    return [ProblemFound(CampaignProblem.NAME_TOO_LONG, "name", detail)]


def _follow_up_problems(content: CampaignContent, columns: Sequence[str] | None) -> list[ProblemFound]:
    """P-7, P-8: the second message is checked as the first one is; only a reply has a validity."""
    problems = [
        problem
        for channel, text in content.second_texts.items()
        for problem in _text_problems(channel, text, columns, prefix=FOLLOW_UP_PREFIX)
    ]
    hours = content.follow_up.valid_for_hours if content.follow_up else None
    if content.follow_up is None or hours is None:
        return problems
    if content.follow_up.trigger is FollowUpTrigger.REPLY and 1 <= hours <= MAX_VALID_HOURS:
        return problems
    field, detail = "follow_up_valid_for_hours", {"limit": MAX_VALID_HOURS}
    return [*problems, ProblemFound(CampaignProblem.FOLLOW_UP_VALIDITY_INVALID, field, detail)]


def _text_problems(
    channel: Channel, text: str, columns: Sequence[str] | None, prefix: str = ""
) -> list[ProblemFound]:
    name, limit, missing, too_long = _TEXT_RULES[channel]
    name = prefix + name
    if len(text) > MAX_TEXT_LENGTH:
        return []
    # As it will be sent: what is left of it is what counts.
    text = clean_text(text)
    if is_blank(text):
        return [ProblemFound(missing, name)]
    # Everything at once: one kind of mistake hides no other.
    problems = []
    if unshowable := unshowable_character(text):
        place = _place_in_text(text, unshowable)
        problems.append(ProblemFound(CampaignProblem.UNSHOWABLE_CHARACTER, name, place))
    try:
        template = parse_template(text)
    except MalformedTemplate as malformed:
        problems += _told(CampaignProblem.MALFORMED_VARIABLE, name, malformed.problems)
        template = malformed.rest
    problems += _variable_problems(template, name, columns)
    # What all rows share. A row that is longer with its values is an error of that row (S-1).
    characters = count_characters("".join(template.fill_links_for_counting().pieces))
    if characters > limit:
        problems.append(ProblemFound(too_long, name, {"characters": characters, "limit": limit}))
    return problems


def _variable_problems(template: Template, name: str, columns: Sequence[str] | None) -> list[ProblemFound]:
    problems = [
        ProblemFound(CampaignProblem.LINK_NOT_AVAILABLE, name, {"name": key}) for key in template.links
    ]
    if columns is None:
        return problems
    unknown = template.unknown_variables([variable_key(column) for column in columns])
    return [*problems, *_told(CampaignProblem.UNKNOWN_VARIABLE, name, unknown)]


def _told(problem: CampaignProblem, name: str, places: Sequence[TemplateProblem]) -> list[ProblemFound]:
    """Return the first hundred of a kind of problem in a text, and how many more there are."""
    told = [ProblemFound(problem, name, _place(place)) for place in places[:MAX_PROBLEMS]]
    if more := len(places) - len(told):
        told.append(ProblemFound(CampaignProblem.MORE_PROBLEMS, name, {"count": more}))
    return told


def _place_in_text(text: str, character: str) -> dict[str, str | int]:
    """Return where ``character`` is first: its code point's name, line and column from 1."""
    before = text[: text.index(character)]
    line_start = before.rfind("\n") + 1
    return {
        "name": f"U+{ord(character):04X}",
        "line": before.count("\n") + 1,
        "column": len(before) - line_start + 1,
        "position": len(before),
    }


def _place(problem: TemplateProblem) -> dict[str, str | int]:
    return {
        "kind": problem.code.value,
        "name": problem.text,
        "line": problem.line,
        "column": problem.column,
        "position": problem.position,
    }


def _time_problems(send_at: datetime | None, now: datetime) -> list[ProblemFound]:
    if send_at is None:
        return []
    try:
        check_send_at(send_at, now)
    except PastSendTime:
        return [ProblemFound(CampaignProblem.PAST_SEND_TIME, "send_at")]
    except TooFarSendTime:
        return [ProblemFound(CampaignProblem.SEND_TIME_TOO_FAR, "send_at")]
    return []


def _carrier_problems(content: CampaignContent) -> list[ProblemFound]:
    """P-4: a restriction must leave a carrier on every channel the plan starts with (R-6)."""
    if content.carriers is None:
        return []
    if not content.carriers:
        return [ProblemFound(CampaignProblem.CARRIERS_MISSING, "carriers")]
    first = Channel.RCS if content.channel_plan is ChannelPlan.RCS else Channel.SMS
    if any(carrier in CARRIERS_OF_CHANNEL[first] for carrier in content.carriers):
        return []
    return [ProblemFound(CampaignProblem.NO_CARRIER_FOR_CHANNEL, "carriers")]


def _reference_problems(reference_on: date | None, now: datetime) -> list[ProblemFound]:
    """M-1: history can only be asked for up to today."""
    if reference_on is None or reference_on <= to_jst(now).date():
        return []
    return [ProblemFound(CampaignProblem.REFERENCE_DATE_INVALID, "recycling_reference_on")]
