"""Every status, reason and error has Japanese words, in one place."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import pytest

from domain import (
    api_keys,
    billing,
    campaigns,
    carrier_exchange,
    carriers,
    company_users,
    follow_ups,
    link_conditions,
    links,
    messages,
    operator_permissions,
    passwords,
    permissions,
    phone_numbers,
    prices,
    recipient_files,
    templates,
)
from services import campaign_check, message_timeline
from services.check_findings import CampaignCheck, CheckChange
from services.message_replies import ReceivedMessage
from services.message_timeline import TimelineEvent, TimelineKind
from web.wording import WORDS, accounts, checks, errors, files, look, problems, word
from web.wording.campaigns import CHANNEL_PLAN_HINTS
from web.wording.follow_ups import reply_words
from web.wording.looks import LOOKS
from web.wording.messages import REASON_MEANINGS, STATUS_MEANINGS
from web.wording.timeline import outcome_words, reason_words

# Enumerations nobody sees: what a program decides by, and what the reader of a file tells the check.
UNSEEN: set[type[StrEnum]] = {
    operator_permissions.OperatorPermission,
    api_keys.KeyRefusal,
    recipient_files.RecordNote,
    recipient_files.CellFault,
}
ELSEWHERE: dict[type[StrEnum], set[StrEnum]] = {
    company_users.UserProblem: set(accounts.USER_PROBLEMS),
    passwords.PasswordProblem: set(accounts.PASSWORD_PROBLEMS),
    campaigns.CampaignProblem: set(problems.PROBLEMS),
    templates.TemplateProblemCode: set(problems.TEMPLATE_PROBLEMS),
    recipient_files.RowErrorCode: set(files.ROW_ERRORS),
    recipient_files.FileProblemCode: set(files.FILE_PROBLEMS),
    campaign_check.CheckWarning: set(checks.WARNINGS),
    CheckChange: set(checks.CHANGES),
}
MODULES = (
    api_keys,
    company_users,
    passwords,
    billing,
    campaigns,
    carrier_exchange,
    carriers,
    follow_ups,
    link_conditions,
    links,
    messages,
    operator_permissions,
    permissions,
    phone_numbers,
    prices,
    recipient_files,
    templates,
    campaign_check,
    message_timeline,
)
ENUMERATIONS = sorted(
    {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
    }
    - UNSEEN,
    key=lambda enumeration: enumeration.__name__,
)


@pytest.mark.parametrize("enumeration", ENUMERATIONS)
def test_every_member_has_words(enumeration: type[StrEnum]) -> None:
    """L-2, L-3, P-11: a new member without words fails here, not on a page."""
    worded = ELSEWHERE.get(enumeration) or set(WORDS[enumeration])
    assert set(enumeration) == worded


@pytest.mark.parametrize(
    "enumeration", [campaigns.CampaignStatus, company_users.AccountState, messages.MessageStatus]
)
def test_every_state_has_an_icon_besides_its_word(enumeration: type[StrEnum]) -> None:
    """Portal principle 4: never colour alone."""
    assert set(LOOKS[enumeration]) == set(enumeration)
    assert len({(look(state).icon, word(state)) for state in enumeration}) == len(enumeration)


def test_every_status_and_reason_is_explained() -> None:
    """The page of a message and the help page say what a word means."""
    assert set(STATUS_MEANINGS) == set(messages.MessageStatus)
    assert set(REASON_MEANINGS) == set(messages.StatusReason)
    assert set(CHANNEL_PLAN_HINTS) == set(messages.ChannelPlan)


def test_every_problem_is_worded_with_its_particulars() -> None:
    """No placeholder is left open, whatever the problem."""
    detail: dict[str, str | int] = {
        "count": 30,
        "limit": 660,
        "characters": 700,
        "name": "氏名",
        "line": 1,
        "column": 2,
        "kind": "unclosed",
        "option": "opt_out",
        "carrier": "au",
    }
    for problem in campaigns.CampaignProblem:
        # A file's problem has a kind of its own.
        given = {**detail, "kind": "empty"} if problem == "unreadable_file" else detail
        error = problems.explain(campaigns.ProblemFound(problem, "name", given))
        assert "{" not in error.what.replace("「{{」", "")
        assert error.what.endswith("。")
        assert error.mend.endswith("。")


def test_a_carrier_that_says_not_mine_is_no_choice_of_the_company() -> None:
    """L-3: ported and unknown numbers are not キャリア指定外 (carriers that were not chosen)."""
    for kind, outcome in (
        (TimelineKind.RECEIPT, carrier_exchange.ReceiptState.WRONG_CARRIER),
        (TimelineKind.SUBMIT_ANSWERED, carrier_exchange.SubmitOutcome.WRONG_CARRIER),
        (TimelineKind.CAPABILITY_CHECKED, carrier_exchange.Capability.WRONG_CARRIER),
    ):
        reason = messages.StatusReason.OTHER_CARRIER
        event = TimelineEvent(datetime.now(UTC), kind, outcome=outcome, reason=reason)
        assert "このキャリアの番号ではない" in outcome_words(event) or "番号ではありません" in outcome_words(
            event
        )
        assert reason_words(event) == ""
    left_out = messages.MessageStatus.EXCLUDED
    event = TimelineEvent(datetime.now(UTC), TimelineKind.CLOSED, outcome=left_out, reason=reason)
    assert reason_words(event) == "キャリア指定外"


@pytest.mark.parametrize("status", messages.MessageStatus)
def test_an_answer_tells_how_its_second_message_is_getting_on(status: messages.MessageStatus) -> None:
    """P-8: what has happened is not announced as still to come."""
    reply = ReceivedMessage(
        id=uuid4(),
        at=datetime.now(UTC),
        channel=carriers.Channel.SMS,
        carrier=carriers.Carrier.AU,
        phone_number="09012345678",
        text="はい",
        postback_data=None,
        outcome=follow_ups.ReplyOutcome.SECOND_MESSAGE,
        message_id=uuid4(),
        campaign_name="予約",
        second_status=status,
    )
    told = reply_words(reply)
    assert ("まもなく" in told) == (status is messages.MessageStatus.ACCEPTED)
    if status.is_final:
        assert word(status) in told or status is messages.MessageStatus.CANCELLED
    gone = replace(reply, second_status=None)
    assert reply_words(gone) == "2通目のきっかけになりました"


_CONTENT = campaigns.CampaignContent("名前", messages.ChannelPlan.SMS, "本文", None)
_SHOWN = CampaignCheck(_CONTENT, UUID(int=1), (), recipients=3, max_yen=36, fingerprint="あ")


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (replace(_SHOWN, content=replace(_CONTENT, name="別の名前")), "案件名"),
        (replace(_SHOWN, content=replace(_CONTENT, sms_text="別の本文"), fingerprint="い"), "本文"),
        (replace(_SHOWN, content=replace(_CONTENT, exclude_opt_outs=True), recipients=2), "配信の設定と件数"),
        (replace(_SHOWN, upload_id=UUID(int=2), fingerprint="う"), "宛先"),
        (replace(_SHOWN, fingerprint="う"), "宛先"),
        (replace(_SHOWN, recipients=2, max_yen=24), "件数と料金"),
        (replace(_SHOWN, max_yen=39), "料金"),
    ],
)
def test_what_changed_since_the_check_is_named(now: CampaignCheck, changes: str) -> None:
    """P-11: a new text alone changes no number, and a new price no text."""
    found = now.changes_since(_SHOWN.token)
    assert checks.changed_words(found) == f"確認した後に、{changes}が変わりました"
    assert _SHOWN.changes_since(_SHOWN.token) == ()
    assert set(CheckChange) == set(_SHOWN.changes_since(""))


@pytest.mark.parametrize("kind", TimelineKind)
def test_events_without_an_outcome_can_be_told(kind: TimelineKind) -> None:
    """L-2: a message's page never fails over an event."""
    assert isinstance(outcome_words(TimelineEvent(datetime.now(UTC), kind)), str)


def test_error_pages_say_what_and_how_to_go_on() -> None:
    """403, 404, 413, 500, 503 …"""
    for page in (*errors.ERROR_PAGES.values(), errors.OTHER_ERROR):
        assert page.title
        assert page.what.endswith("。")
        assert page.mend.endswith("。")
