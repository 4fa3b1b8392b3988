"""The rules of second messages: texts, validity, the way they go, what they may cost (P-7, P-8)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain.campaigns import CampaignContent, CampaignProblem, problems_of
from domain.carriers import Channel
from domain.follow_ups import FollowUp, FollowUpTrigger, is_in_time, plan_of_second
from domain.message_parts import DEFAULT_PART_TABLE
from domain.messages import ChannelPlan
from domain.prices import PriceKind, UnitPrices, highest_price, total_yen
from domain.recipient_files import (
    CheckedRow,
    Column,
    Record,
    RowChecker,
    RowError,
    RowErrorCode,
    second_texts,
)
from domain.sender_addresses import forms_of_sender
from domain.templates import parse_template

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
PRICES = UnitPrices(sms_part=Decimal(12), rcs_message=Decimal(10), recycling_check=Decimal(3))
REPLY, DELIVERED = FollowUpTrigger.REPLY, FollowUpTrigger.DELIVERED


def content(plan: ChannelPlan, follow_up: FollowUp | None) -> CampaignContent:
    return CampaignContent("予約", plan, "一通目です。", "一通目です。", follow_up=follow_up)


@pytest.mark.parametrize(
    ("hours", "minutes_later", "in_time"),
    [(1, 60, True), (1, 61, False), (None, 1_000_000, True), (1, -5, True)],
)
def test_a_reply_counts_for_so_many_hours_after_the_delivery(
    hours: int | None, minutes_later: int, in_time: bool
) -> None:
    """P-8: none set = no limit."""
    assert is_in_time(hours, NOW, NOW + timedelta(minutes=minutes_later)) is in_time
    assert is_in_time(hours, None, NOW)


def test_the_second_message_goes_the_way_the_first_one_came() -> None:
    fallback = ChannelPlan.RCS_WITH_SMS_FALLBACK
    assert plan_of_second(fallback, Channel.SMS) is ChannelPlan.SMS
    assert plan_of_second(fallback, Channel.RCS) is fallback
    assert plan_of_second(fallback, None) is fallback
    assert plan_of_second(ChannelPlan.RCS, Channel.RCS) is ChannelPlan.RCS


@pytest.mark.parametrize(
    ("plan", "channels"),
    [
        (ChannelPlan.SMS, {Channel.SMS}),
        (ChannelPlan.RCS, {Channel.RCS}),
        (ChannelPlan.RCS_WITH_SMS_FALLBACK, {Channel.SMS, Channel.RCS}),
    ],
)
def test_it_needs_a_text_for_every_channel_of_the_plan(plan: ChannelPlan, channels: set[Channel]) -> None:
    found = problems_of(content(plan, FollowUp(DELIVERED)), None, NOW)
    assert {problem.field for problem in found} == {f"follow_up_{channel}_text" for channel in channels}
    missing = {CampaignProblem.SMS_TEXT_MISSING, CampaignProblem.RCS_TEXT_MISSING}
    assert {problem.problem for problem in found} <= missing
    assert set(content(plan, FollowUp(DELIVERED)).second_texts) == channels
    assert content(plan, None).second_texts == {}


def test_its_text_is_checked_like_the_first() -> None:
    follow_up = FollowUp(REPLY, sms_text="{{会社}}様" + "あ" * 700)
    found = problems_of(content(ChannelPlan.SMS, follow_up), ["氏名"], NOW)
    assert [(problem.problem, problem.field) for problem in found] == [
        (CampaignProblem.UNKNOWN_VARIABLE, "follow_up_sms_text"),
        (CampaignProblem.SMS_TEXT_TOO_LONG, "follow_up_sms_text"),
    ]


@pytest.mark.parametrize(
    ("trigger", "hours", "is_valid"),
    [
        (REPLY, None, True),
        (REPLY, 1, True),
        (REPLY, 2160, True),
        (REPLY, 0, False),
        (REPLY, 2161, False),
        (DELIVERED, 1, False),
    ],
)
def test_only_a_reply_has_a_validity(trigger: FollowUpTrigger, hours: int | None, is_valid: bool) -> None:
    follow_up = FollowUp(trigger, sms_text="二通目です。", valid_for_hours=hours)
    found = [problem.problem for problem in problems_of(content(ChannelPlan.SMS, follow_up), None, NOW)]
    assert found == ([] if is_valid else [CampaignProblem.FOLLOW_UP_VALIDITY_INVALID])


def test_every_row_must_be_able_to_fill_both_texts() -> None:
    """S-1, P-11: what is too long in the second message is refused before registration."""
    first, second = parse_template("{{氏名}}様"), parse_template("{{氏名}}" + "あ" * 70)
    checker = RowChecker(
        (Column(0, "電話番号", "電話番号"), Column(1, "氏名", "氏名")),
        phone_column=0,
        sms=first,
        others=second_texts({Channel.SMS: second}, DEFAULT_PART_TABLE),
    )
    row = checker.check(Record(2, ["09012345678", "山田"]))
    assert isinstance(row, CheckedRow)
    assert (row.parts, row.second_parts, row.characters) == (1, 2, 3)
    long = checker.check(Record(3, ["09012345679", "あ" * 600]))
    assert isinstance(long, RowError)
    assert [(problem.code, problem.column, problem.measured) for problem in long.problems] == [
        (RowErrorCode.TOO_LONG, "follow_up_sms_text", 670)
    ]


def test_the_price_is_that_of_every_second_message_being_set_off() -> None:
    """B-1, B-7: at most; each message by the dearer way it may go."""
    plan = ChannelPlan.RCS_WITH_SMS_FALLBACK
    lines = highest_price(plan, {1: 10}, PRICES, second_by_parts={0: 4, 2: 6}, with_recycling_check=False)
    assert [(line.kind, line.count) for line in lines] == [
        (PriceKind.SMS_PARTS, 10),
        (PriceKind.SECOND_SMS_PARTS, 12),
        (PriceKind.SECOND_RCS_MESSAGES, 4),
    ]
    assert total_yen(lines) == 120 + 144 + 40


@pytest.mark.parametrize("address", ["0312345678", "81312345678", "+81312345678"])
def test_a_sender_is_found_in_every_form_carriers_write_it(address: str) -> None:
    assert {"0312345678", "81312345678", "+81312345678"} <= set(forms_of_sender(address))


@pytest.mark.parametrize("address", ["MIDORI", "", "+", "８１", "81"])
def test_what_is_no_number_stands_as_it_is(address: str) -> None:
    assert forms_of_sender(address)[0] == address
    assert "0" not in forms_of_sender(address)
