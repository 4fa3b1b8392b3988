"""The inbox: committed once, matched whenever the submit is known, first word counts (S-9, R-10, R-13)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.carrier_exchange import DeliveryReceipt, ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import MessageStatus, StatusReason
from services.receipts import AppliedReceipt
from tests.services.factories import Bench, Registered, accepted, an_id, report

DELIVERED, UNDELIVERED = ReceiptState.DELIVERED, ReceiptState.UNDELIVERED
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


async def sent(bench: Bench, *ids: str, channel: Channel = Channel.SMS) -> Registered:
    """A message docomo took in segments of these ids."""
    campaign = await bench.campaign()
    await bench.submitted(bench.order(campaign.message, channel=channel), *ids)
    return campaign


async def inbox(bench: Bench, message_id: str | None) -> Any:
    return await bench.one("SELECT * FROM receipts WHERE carrier_message_id = :id", id=message_id)


def rcs(message_id: str, state: ReceiptState, **rest: Any) -> DeliveryReceipt:
    return report(message_id, state, channel=Channel.RCS, **rest)


def states(applied: list[AppliedReceipt]) -> list[ReceiptState]:
    return [receipt.notice.state for receipt in applied]


async def test_a_receipt_is_matched_and_told_to_its_message(bench: Bench) -> None:
    message_id = an_id()
    campaign = await sent(bench, message_id)

    (applied,) = await bench.store(
        report(
            message_id, UNDELIVERED, reason=StatusReason.ABSENT, occurred_at=NOON, carrier_code="UNDELIV/1"
        )
    )

    assert (applied.company_id, applied.message_id) == (bench.company_id, campaign.message)
    notice = applied.notice
    assert (notice.channel, notice.carrier, notice.state) == (Channel.SMS, Carrier.DOCOMO, UNDELIVERED)
    assert (notice.reason, notice.occurred_at) == (StatusReason.ABSENT, NOON)
    receipt = await inbox(bench, message_id)
    assert (receipt.company_id, receipt.message_id) == (bench.company_id, campaign.message)
    assert receipt.applied_at is None, "settled when the message is closed"


async def test_duplicates_vanish(bench: Bench) -> None:
    """Twice in one batch, again later, and from two links at once: one row, one signal."""
    message_id = an_id()
    await sent(bench, message_id)
    receipt = report(message_id, DELIVERED)

    first = await bench.store(receipt, receipt)
    again = await asyncio.gather(bench.store(receipt), bench.store(receipt))

    assert states(first) == [DELIVERED]
    assert not any(again)
    await inbox(bench, message_id)


async def test_the_same_id_at_another_carrier_is_another_message(bench: Bench) -> None:
    message_id = an_id()
    await sent(bench, message_id)

    assert await bench.store(report(message_id, DELIVERED, carrier=Carrier.AU)) == []
    assert await bench.store(rcs(message_id, DELIVERED)) == []


async def test_a_receipt_that_came_before_its_submit_is_told_with_the_answer(bench: Bench) -> None:
    campaign, message_id = await bench.campaign(), an_id()
    order = bench.order(campaign.message)
    ready = await bench.ready(order)

    assert await bench.store(report(message_id, DELIVERED, occurred_at=NOON)) == []
    recorded = await bench.record(order, ready, accepted(message_id))

    assert recorded.receipt is not None
    assert (recorded.receipt.notice.state, recorded.receipt.notice.occurred_at) == (DELIVERED, NOON)


async def test_a_message_of_several_segments_is_delivered_when_all_are(bench: Bench) -> None:
    ids = [an_id() for _ in range(3)]
    campaign = await sent(bench, *ids)

    early = [await bench.store(report(i, DELIVERED, occurred_at=NOON)) for i in ids[:2]]
    last = await bench.store(report(ids[2], DELIVERED, occurred_at=NOON + timedelta(seconds=5)))

    assert early == [[], []]
    assert [r.notice.occurred_at for r in last] == [NOON + timedelta(seconds=5)]
    assert (await bench.attempt(campaign.message)).receipt_state == DELIVERED


async def test_the_first_failed_segment_decides_and_nothing_after_it(bench: Bench) -> None:
    ids = [an_id() for _ in range(3)]
    await sent(bench, *ids)

    assert await bench.store(report(ids[0], DELIVERED)) == []
    failed = await bench.store(report(ids[1], UNDELIVERED, reason=StatusReason.ABSENT))
    later = await bench.store(report(ids[2], UNDELIVERED, reason=StatusReason.BARRED))

    assert [(r.notice.state, r.notice.reason) for r in failed] == [(UNDELIVERED, StatusReason.ABSENT)]
    assert later == []


async def test_segments_reported_at_the_same_moment_on_two_links_still_decide(bench: Bench) -> None:
    """Neither transaction sees the other's segment; one of them must see both in the end (I13)."""
    for _ in range(15):
        ids = [an_id() for _ in range(3)]
        await sent(bench, *ids)

        told = await asyncio.gather(*(bench.store(report(i, DELIVERED)) for i in ids))

        assert states([receipt for applied in told for receipt in applied]) == [DELIVERED]


async def test_segments_reported_in_one_batch_decide(bench: Bench) -> None:
    ids = [an_id() for _ in range(3)]
    await sent(bench, *ids)

    assert states(await bench.store(*(report(i, DELIVERED) for i in ids))) == [DELIVERED]


@pytest.mark.parametrize(("first", "second"), [(DELIVERED, UNDELIVERED), (UNDELIVERED, DELIVERED)])
@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_of_conflicting_receipts_the_first_counts(
    bench: Bench, first: ReceiptState, second: ReceiptState, *, in_one_batch: bool
) -> None:
    message_id = an_id()
    campaign = await sent(bench, message_id)
    receipts = [report(message_id, first), report(message_id, second)]

    applied = await bench.store(*receipts) if in_one_batch else await bench.store(receipts[0])
    if not in_one_batch:
        assert await bench.store(receipts[1]) == []

    assert states(applied) == [first]
    assert (await bench.attempt(campaign.message)).receipt_state == first


async def test_a_conflict_on_one_segment_does_not_decide_while_another_is_outstanding(bench: Bench) -> None:
    ids = [an_id() for _ in range(2)]
    await sent(bench, *ids)

    told = [await bench.store(report(i, s)) for i, s in ((ids[0], DELIVERED), (ids[0], UNDELIVERED))]

    assert told == [[], []]
    assert states(await bench.store(report(ids[1], DELIVERED))) == [DELIVERED]


async def test_sent_decides_nothing(bench: Bench) -> None:
    message_id = an_id()
    campaign = await sent(bench, message_id)

    assert await bench.store(report(message_id, ReceiptState.SENT)) == []
    assert states(await bench.store(report(message_id, DELIVERED))) == [DELIVERED]
    assert (await bench.attempt(campaign.message)).receipt_state == DELIVERED


async def test_a_word_of_the_rcs_platform_that_we_do_not_know_ends_nothing(bench: Bench) -> None:
    """A later event still counts; the unknown one is on record and settled."""
    message_id = an_id()
    await sent(bench, message_id, channel=Channel.RCS)

    assert await bench.store(rcs(message_id, ReceiptState.UNKNOWN, carrier_code="parked")) == []
    assert (await inbox(bench, message_id)).applied_at is not None
    assert states(await bench.store(rcs(message_id, DELIVERED))) == [DELIVERED]


async def test_unknown_is_the_last_word_of_an_sms_centre(bench: Bench) -> None:
    """S-9: UNKNOWN / 7 ends as 結果不明."""
    message_id = an_id()
    await sent(bench, message_id)

    assert states(await bench.store(report(message_id, ReceiptState.UNKNOWN))) == [ReceiptState.UNKNOWN]


async def test_read_means_delivered_and_its_time_is_kept(bench: Bench) -> None:
    """R-13: the displayed event may be the only one that comes."""
    message_id = an_id()
    campaign = await sent(bench, message_id, channel=Channel.RCS)

    applied = await bench.store(rcs(message_id, ReceiptState.READ, occurred_at=NOON))

    assert states(applied) == [DELIVERED]
    assert (await bench.message(campaign.message)).read_at == NOON
    assert (await bench.campaign_row(campaign)).read == 1


async def test_the_first_reading_counts(bench: Bench) -> None:
    """R-13, I12: a message that reached the handset by two carriers' platforms is read once."""
    campaign, ids = await bench.campaign(), [an_id(), an_id()]
    carriers = (Carrier.DOCOMO, Carrier.AU)
    for carrier, message_id in zip(carriers, ids, strict=True):
        await bench.submitted(bench.order(campaign.message, carrier, Channel.RCS), message_id)
        # Disowned, or no other carrier would be asked.
        await bench.rows(
            "UPDATE submit_attempts SET receipt_state = 'wrong_carrier' WHERE company_id = :company"
        )

    for hours, (carrier, message_id) in enumerate(zip(carriers, ids, strict=True)):
        at = NOON + timedelta(hours=hours)
        await bench.store(rcs(message_id, ReceiptState.READ, carrier=carrier, occurred_at=at))

    assert (await bench.message(campaign.message)).read_at == NOON
    assert (await bench.campaign_row(campaign)).read == 1


async def test_read_days_later_goes_into_the_log(bench: Bench) -> None:
    """R-13: also after the message has ended, once."""
    message_id = an_id()
    campaign = await sent(bench, message_id, channel=Channel.RCS)
    await bench.store(rcs(message_id, DELIVERED))
    await bench.close(bench.closing(campaign.message, channel=Channel.RCS))

    assert await bench.store(rcs(message_id, ReceiptState.READ, occurred_at=NOON)) == []
    await bench.store(rcs(message_id, ReceiptState.READ, occurred_at=NOON + timedelta(days=1)))

    assert (await bench.message(campaign.message)).read_at == NOON
    row = await bench.campaign_row(campaign)
    assert (row.read, row.delivered) == (1, 1)


async def test_a_receipt_after_the_end_changes_nothing_but_the_record(bench: Bench) -> None:
    """R-10: delivered after 72 hours is on record, the status and the bill stay."""
    message_id = an_id()
    campaign = await sent(bench, message_id, channel=Channel.RCS)
    await bench.close(
        bench.closing(campaign.message, MessageStatus.EXPIRED, channel=Channel.RCS, carrier=Carrier.DOCOMO)
    )
    before = await bench.message(campaign.message)

    assert await bench.store(rcs(message_id, DELIVERED)) == []

    assert await bench.message(campaign.message) == before
    assert (await inbox(bench, message_id)).applied_at is not None
    assert (await bench.attempt(campaign.message)).receipt_state == DELIVERED
    assert await bench.rows("SELECT 1 FROM billing_entries WHERE company_id = :company") == []
    row = await bench.campaign_row(campaign)
    assert (row.expired, row.delivered, row.billable_parts) == (1, 0, 0)


async def test_closing_settles_the_inbox(bench: Bench) -> None:
    """I13: nothing stays open once the message has ended."""
    message_id = an_id()
    campaign = await sent(bench, message_id)
    await bench.store(report(message_id, DELIVERED))

    await bench.close(bench.closing(campaign.message))

    assert (await inbox(bench, message_id)).applied_at is not None


async def test_an_unknown_id_waits(bench: Bench) -> None:
    message_id = an_id()

    assert await bench.store(report(message_id, DELIVERED, phone_number="09000000000")) == []

    receipt = await inbox(bench, message_id)
    assert (receipt.message_id, receipt.applied_at) == (None, None)


async def test_a_receipt_without_a_readable_id_is_stored_and_done(bench: Bench) -> None:
    """docs/carriers.md §1.1: stored and acknowledged; nothing more can be done, so it does not stay open."""
    raw = f"??? \x00 {an_id()}"
    malformed = report(None, ReceiptState.UNKNOWN, raw=raw)

    assert await bench.store(malformed, malformed, report("x" * 5_000, DELIVERED, raw=raw)) == []

    rows = await bench.rows("SELECT * FROM receipts WHERE raw = :raw", raw=raw.replace("\x00", "�"))
    # One row a text, whatever was made out of it.
    assert [(r.carrier_message_id, r.applied_at is None, r.times_received) for r in rows] == [
        (None, False, 3)
    ]


async def test_a_mixed_batch_applies_each_to_its_own(bench: Bench) -> None:
    """Two companies, two channels, an unknown and a malformed one in one transaction (I9)."""
    ids = [an_id() for _ in range(3)]
    sms, other = await sent(bench, ids[0]), await sent(bench, ids[1], channel=Channel.RCS)

    applied = await bench.store(
        report(ids[2], DELIVERED),
        rcs(ids[1], UNDELIVERED),
        report(None, DELIVERED),
        report(ids[0], DELIVERED),
    )

    assert {r.message_id: r.notice.state for r in applied} == {
        sms.message: DELIVERED,
        other.message: UNDELIVERED,
    }


async def test_a_partly_arrived_text_is_not_sent_to_the_next_carrier(bench: Bench) -> None:
    """S-3 tries others only when nothing arrived: what did would come twice."""
    ids = [an_id() for _ in range(2)]
    await sent(bench, *ids)
    await bench.store(report(ids[0], DELIVERED, occurred_at=NOON))

    applied = await bench.store(report(ids[1], ReceiptState.WRONG_CARRIER, occurred_at=NOON))

    assert states(applied) == [UNDELIVERED]


async def test_batches_of_receipts_in_any_order_do_not_lock_each_other_out(bench: Bench) -> None:
    ids = [[an_id(), an_id()] for _ in range(20)]
    for pair in ids:
        await sent(bench, *pair)

    told = await asyncio.gather(
        bench.store(*(report(pair[0], DELIVERED) for pair in ids)),
        bench.store(*(report(pair[1], DELIVERED) for pair in reversed(ids))),
    )

    assert sum(len(applied) for applied in told) == len(ids)
