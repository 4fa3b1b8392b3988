"""S-8: 22 seconds between the arrival of an SMS at an au number and the next SMS to it (I8)."""

import asyncio
from datetime import timedelta

import pytest

from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier
from domain.messages import MessageStatus
from services.submit_attempts import Later, ReadySubmit
from tests.services.factories import Bench, Registered, a_number, accepted, an_id, open_bench, refused, report


async def two_to_one_number(bench: Bench) -> tuple[Registered, Registered]:
    number = a_number()
    return await bench.campaign(number), await bench.campaign(number)


async def wait_of(bench: Bench, campaign: Registered, carrier: Carrier = Carrier.AU) -> timedelta | None:
    """How long the next SMS to the number has to wait; ``None``: it is on its way."""
    (beginning,) = await bench.begin(bench.order(campaign.message, carrier))
    return beginning.wait if isinstance(beginning, Later) else None


async def move(bench: Bench, campaign: Registered, interval: str) -> None:
    """Let time pass for the number's lane."""
    await bench.rows(
        "UPDATE number_lanes SET free_at = free_at - CAST(:interval AS interval)"
        " WHERE phone_number = :number",
        interval=interval,
        number=campaign.phone_numbers[0],
    )


async def test_a_second_sms_to_the_same_au_number_waits(bench: Bench) -> None:
    first, second = await two_to_one_number(bench)
    assert await wait_of(bench, first) is None

    wait = await wait_of(bench, second)

    assert wait is not None
    assert timedelta(seconds=21) < wait <= timedelta(seconds=22)
    assert await bench.rows("SELECT 1 FROM submit_attempts WHERE message_id = :id", id=second.message) == []


async def test_the_wait_goes_on_until_the_first_is_known_to_have_arrived(bench: Bench) -> None:
    """The pause counts from the arrival, not from the submit."""
    first, second = await two_to_one_number(bench)
    await bench.submitted(bench.order(first.message, Carrier.AU), an_id())
    await move(bench, first, "5 minutes")

    assert await wait_of(bench, second) is not None


async def test_the_number_is_free_22_seconds_after_the_arrival(bench: Bench) -> None:
    first, second = await two_to_one_number(bench)
    await bench.submitted(bench.order(first.message, Carrier.AU), an_id())
    await bench.close(bench.closing(first.message, carrier=Carrier.AU))

    wait = await wait_of(bench, second)
    await move(bench, first, "12 seconds")
    still = await wait_of(bench, second)
    await move(bench, first, "10 seconds")

    assert wait is not None
    assert still is not None
    assert timedelta(seconds=12) < wait <= timedelta(seconds=22)
    assert await wait_of(bench, second) is None


@pytest.mark.parametrize("status", [MessageStatus.UNDELIVERED, MessageStatus.UNKNOWN])
async def test_the_number_is_free_at_once_when_nothing_arrived(bench: Bench, status: MessageStatus) -> None:
    first, second = await two_to_one_number(bench)
    order = bench.order(first.message, Carrier.AU)
    await bench.submitted(order, an_id())
    await bench.close(bench.closing(first.message, status, channel=order.channel, carrier=Carrier.AU))

    assert await wait_of(bench, second) is None


@pytest.mark.parametrize("outcome", [SubmitOutcome.WRONG_CARRIER, SubmitOutcome.THROTTLED])
async def test_the_number_is_free_at_once_when_the_carrier_did_not_take_it(
    bench: Bench, outcome: SubmitOutcome
) -> None:
    first, second = await two_to_one_number(bench)
    order = bench.order(first.message, Carrier.AU)
    await bench.record(order, await bench.ready(order), refused(outcome))

    assert await wait_of(bench, second) is None


async def test_a_number_passed_on_to_another_carrier_is_free_at_once(bench: Bench) -> None:
    """S-3, S-8: au took it, said "not mine" by receipt, and another carrier delivered."""
    first, second = await two_to_one_number(bench)
    disowned = an_id()
    await bench.submitted(bench.order(first.message, Carrier.AU), disowned)
    await bench.store(report(disowned, ReceiptState.WRONG_CARRIER, carrier=Carrier.AU))
    await bench.submitted(bench.order(first.message, Carrier.SOFTBANK), an_id())
    await bench.close(bench.closing(first.message, carrier=Carrier.SOFTBANK, carrier_learned=True))

    assert await wait_of(bench, second) is None


async def test_the_number_stays_held_while_a_part_is_with_the_carrier(bench: Bench) -> None:
    """The rest of the message still goes: segments of one message are exempt."""
    number = a_number()
    first, second = await bench.campaign(number, sms_text="あ" * 100), await bench.campaign(number)
    order = bench.order(first.message, Carrier.AU)
    ready = await bench.ready(order)
    await bench.record(order, ready, accepted(segment=1), refused(SubmitOutcome.THROTTLED, 2))

    assert await wait_of(bench, second) is not None
    rest = await bench.ready(order)
    assert rest.segments == (2,)
    await bench.record(order, rest, refused(SubmitOutcome.REJECTED, 2))
    assert await wait_of(bench, second) is not None


async def test_a_lost_receipt_blocks_the_number_ten_minutes_at_most(bench: Bench) -> None:
    first, second = await two_to_one_number(bench)
    await bench.submitted(bench.order(first.message, Carrier.AU), an_id())

    await move(bench, first, "10 minutes")
    assert await wait_of(bench, second) is not None
    await move(bench, first, "22 seconds")

    assert await wait_of(bench, second) is None


async def test_a_late_end_of_the_first_does_not_free_the_number_of_the_second(bench: Bench) -> None:
    number = a_number()
    first, second, third = [await bench.campaign(number) for _ in range(3)]
    await bench.submitted(bench.order(first.message, Carrier.AU), an_id())
    await move(bench, first, "11 minutes")
    await bench.submitted(bench.order(second.message, Carrier.AU), an_id())

    await bench.close(bench.closing(first.message, MessageStatus.UNDELIVERED))

    assert await wait_of(bench, third) is not None


@pytest.mark.parametrize("carrier", [Carrier.DOCOMO, Carrier.SOFTBANK, Carrier.RAKUTEN])
async def test_other_carriers_know_no_pause(bench: Bench, carrier: Carrier) -> None:
    first, second = await two_to_one_number(bench)

    assert await wait_of(bench, first, carrier) is None
    assert await wait_of(bench, second, carrier) is None


async def test_two_begins_in_one_batch_for_one_number(bench: Bench) -> None:
    first, second = await two_to_one_number(bench)

    beginnings = await bench.begin(*(bench.order(c.message, Carrier.AU) for c in (first, second)))

    assert [type(beginning) for beginning in beginnings] == [ReadySubmit, Later]


async def test_of_many_at_once_one_goes(bench: Bench) -> None:
    """The lane is one row: whoever comes at the same moment queues there."""
    number = a_number()
    campaigns = [await bench.campaign(number) for _ in range(6)]

    waits = await asyncio.gather(*(wait_of(bench, campaign) for campaign in campaigns))

    assert waits.count(None) == 1


async def test_batches_over_the_same_numbers_in_any_order_do_not_lock_each_other_out(bench: Bench) -> None:
    """Two workers take the numbers in the same order, whatever order their batches have."""
    numbers = [a_number() for _ in range(12)]
    one, other = await bench.campaign(*numbers), await bench.campaign(*reversed(numbers))
    batches = [
        [bench.order(message, Carrier.AU) for message in campaign.messages] for campaign in (one, other)
    ]

    first, second = await asyncio.gather(*(bench.begin(*batch) for batch in batches))

    goes = [isinstance(beginning, ReadySubmit) for beginning in (*first, *second)]
    assert sum(goes) == len(numbers)


async def test_the_pause_holds_for_all_companies(bench: Bench) -> None:
    """The rule is the carrier's, who knows nothing of companies."""
    stranger = await open_bench(bench.database, bench.jobs_database)
    number = a_number()
    mine, theirs = await bench.campaign(number), await stranger.campaign(number)

    assert await wait_of(bench, mine) is None
    assert await wait_of(stranger, theirs) is not None
