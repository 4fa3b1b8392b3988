"""Counts, times, shares and forecasts as pages write them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from domain.campaigns import CampaignContent, CampaignStatus
from domain.carriers import Channel
from domain.message_parts import ALTERNATIVE_PART_TABLE, DEFAULT_PART_TABLE, PartTable
from domain.messages import ChannelPlan
from services.campaign_reports import CampaignRow, Counters
from web import formats
from web.previews import previews_of
from web.progress import progress_of

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)


def running(**counters: int) -> CampaignRow:
    return CampaignRow(
        id=uuid4(),
        name="案件",
        channel_plan=ChannelPlan.SMS,
        status=CampaignStatus.SENDING,
        send_at=None,
        created_at=NOW,
        registered_at=NOW,
        started_at=NOW - timedelta(minutes=10),
        completed_at=None,
        cancelled_at=None,
        owner_name=None,
        counters=Counters(**counters),
    )


def sms(text: str, table: PartTable = DEFAULT_PART_TABLE) -> tuple[int, int | None, int | None, bool]:
    content = CampaignContent("案件", ChannelPlan.SMS, text, None)
    preview = previews_of(content.texts, {}, table)[Channel.SMS]
    return preview.characters, preview.parts, preview.left, preview.is_too_long


@pytest.mark.parametrize(
    ("characters", "table", "parts", "left"),
    [
        (70, DEFAULT_PART_TABLE, 1, 0),
        (71, DEFAULT_PART_TABLE, 2, 63),
        (133, DEFAULT_PART_TABLE, 2, 1),
        (133, ALTERNATIVE_PART_TABLE, 3, 65),
        (660, DEFAULT_PART_TABLE, 10, 0),
    ],
)
def test_the_counter_follows_the_contracts_table(
    characters: int, table: PartTable, parts: int, left: int
) -> None:
    """B-1: the parts beside the text field are those of the invoice."""
    assert sms("あ" * characters, table) == (characters, parts, left, False)


def test_a_text_over_the_limit_is_counted_and_has_no_parts() -> None:
    """S-1."""
    assert sms("あ" * 661) == (661, None, None, True)


def test_broken_placeholders_count_as_they_stand() -> None:
    """P-12: the counter goes on while somebody types a brace."""
    assert sms("{{氏名") == (4, 1, 66, False)


def test_numbers_and_times_are_written_for_people() -> None:
    """Portal principle 4."""
    assert formats.thousands(1234567) == "1,234,567"
    assert formats.thousands(Decimal("10.50")) == "10.5"
    assert formats.thousands(Decimal("12.00")) == "12"
    assert formats.moment(NOW) == "2026年4月1日（水）12:00"
    assert formats.day(date(2026, 4, 1)) == "2026年4月1日（水）"
    assert formats.moment_short(NOW) == "2026/04/01 12:00:00"
    assert formats.masked("09012345678") == "090****5678"
    assert (formats.moment(None), formats.masked(None)) == ("–", "–")


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "–"), (0, 9, "0.0%"), (1, 250_000, "0.1%未満"), (249_999, 250_000, "99.9%"), (9, 9, "100.0%")],
)
def test_only_all_is_a_hundred_per_cent(part: int, whole: int, words: str) -> None:
    """A share never promises what is not so."""
    assert formats.percent(part, whole) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(3, "約1分"), (600, "約10分"), (3600, "約1時間"), (7800, "約2時間10分")]
)
def test_durations_are_rounded_to_minutes(seconds: int, words: str) -> None:
    assert formats.duration(seconds) == words


def test_rate_and_end_follow_from_the_counters() -> None:
    """Portal screens, running: 1,000 of 3,000 in ten minutes leaves twenty."""
    progress = progress_of(running(total=3_000, submitted=1_000, delivered=900), NOW, made_in_ms=1)
    assert progress.per_minute == 100
    assert progress.ends_at == NOW + timedelta(minutes=20)


def test_a_completed_campaign_is_watched_while_second_messages_are_under_way() -> None:
    """P-7: its first messages have ended, those they set off have not."""
    completed = replace(running(total=2, delivered=2), status=CampaignStatus.COMPLETED)
    assert progress_of(completed, NOW, made_in_ms=1).poll_after_ms is None
    assert progress_of(completed, NOW, made_in_ms=1, second_open=1).poll_after_ms == 2_000


@pytest.mark.parametrize(
    ("waited", "pause"),
    [(timedelta(seconds=3), 2_000), (timedelta(minutes=4), 60_000), (timedelta(1), 300_000)],
)
def test_a_page_that_only_waits_for_results_asks_ever_less_often(waited: timedelta, pause: int) -> None:
    """Portal principle 7: results may take 72 hours. The same for cancelled campaigns and second messages."""
    fed = replace(running(total=10, submitted=10, delivered=9), fed_at=NOW - waited)
    cancelled = replace(fed, status=CampaignStatus.CANCELLED, cancelled_at=NOW - waited)
    completed = replace(fed, status=CampaignStatus.COMPLETED, completed_at=NOW - waited)
    assert progress_of(fed, NOW, made_in_ms=1).poll_after_ms == pause
    assert progress_of(cancelled, NOW, made_in_ms=1).poll_after_ms == pause
    assert progress_of(completed, NOW, made_in_ms=1, second_open=1).poll_after_ms == pause
    assert progress_of(fed, NOW, made_in_ms=1).per_minute is None, "nothing is being sent any more"


@pytest.mark.parametrize(("left", "pause"), [(timedelta(seconds=5), 2_000), (timedelta(days=3), 300_000)])
def test_a_scheduled_send_is_asked_about_as_its_time_comes(left: timedelta, pause: int) -> None:
    scheduled = replace(
        running(total=10), status=CampaignStatus.REGISTERED, send_at=NOW + left, started_at=None
    )
    assert progress_of(scheduled, NOW, made_in_ms=1).poll_after_ms == pause


def test_a_slow_server_is_asked_less_often() -> None:
    """Portal principle 7: back-off by the time an answer takes."""
    quick = progress_of(running(total=10), NOW, made_in_ms=10).poll_after_ms
    slow = progress_of(running(total=10), NOW, made_in_ms=2_000).poll_after_ms
    assert quick == 2_000
    assert slow is not None
    assert slow > 10_000
