"""What a carrier sends and nobody can read is kept once for each text, and not without bound (I14)."""

import pytest

from domain.carrier_exchange import DeliveryReceipt, ReceiptState
from domain.carriers import Carrier, Channel
from services import incoming_receipts
from services.database import NO_COMPANY
from services.incoming_receipts import store_receipts
from tests.services.factories import Bench, an_id, report


def unreadable(
    raw: str, carrier: Carrier = Carrier.DOCOMO, channel: Channel = Channel.SMS
) -> DeliveryReceipt:
    return report(None, ReceiptState.UNKNOWN, raw=raw, carrier=carrier, channel=channel)


async def kept(bench: Bench) -> list[tuple[str, str, int]]:
    rows = await bench.rows(
        "SELECT carrier, raw, times_received, applied_at FROM receipts WHERE carrier_message_id IS NULL"
        " ORDER BY carrier, raw"
    )
    assert all(row.applied_at is not None for row in rows), "nothing is left to do for it"
    return [(row.carrier, row.raw, row.times_received) for row in rows]


async def store(bench: Bench, *receipts: DeliveryReceipt) -> int:
    async with bench.database.transaction(NO_COMPANY) as session:
        return (await store_receipts(session, receipts)).not_kept


@pytest.fixture(autouse=True)
async def _empty(bench: Bench) -> None:
    await bench.rows("DELETE FROM receipts WHERE carrier_message_id IS NULL")


async def test_repetitions_of_a_text_are_one_row(bench: Bench) -> None:
    """In one batch and over several, whatever else comes with them; each carrier's by themselves."""
    await store(bench, unreadable("#1"), unreadable("#2"), unreadable("#1"), unreadable("#1", Carrier.AU))
    await bench.store(report(an_id(), ReceiptState.DELIVERED), unreadable("#1"))
    for _ in range(20):
        await store(bench, *(unreadable("#2") for _ in range(100)))
    assert await kept(bench) == [("au", "#1", 1), ("docomo", "#1", 3), ("docomo", "#2", 2001)]


async def test_one_text_read_in_two_ways_is_still_one(bench: Bench) -> None:
    """Without an id, and with one that no carrier gives out: both in one batch."""
    await store(bench, unreadable("#1"), report("x" * 5_000, ReceiptState.DELIVERED, raw="#1"))
    assert await kept(bench) == [("docomo", "#1", 2)]


async def test_the_texts_of_a_day_have_a_bound_for_each_carrier(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming_receipts, "MOST_UNREADABLE_A_DAY", 3)
    for n in range(3):
        assert await store(bench, unreadable(f"#{n}")) == 0
    assert await store(bench, unreadable("#4"), unreadable("#5"), unreadable("#0")) == 2
    assert await store(bench, unreadable("#4", Carrier.AU)) == 0
    assert await kept(bench) == [
        ("au", "#4", 1),
        ("docomo", "#0", 2),
        ("docomo", "#1", 1),
        ("docomo", "#2", 1),
    ]
    await bench.rows("UPDATE receipts SET received_at = received_at - interval '25 hours'")
    assert await store(bench, unreadable("#6")) == 0


@pytest.mark.parametrize("raw", ["", "\x00\x00", "\\x41", "é\U0001f600", "x" * 100_000])
async def test_any_text_can_be_kept(bench: Bench, raw: str) -> None:
    for _ in range(2):
        await store(bench, unreadable(raw))
    assert [times for _, _, times in await kept(bench)] == [2]
