"""Two long SMS on their way to one number never share the reference their segments are joined by."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event

from domain.carrier_exchange import SubmitOutcome
from domain.carriers import Carrier, Channel
from services.segment_references import take_references
from services.submit_attempts import ReadySubmit, begin_submits
from tests.services.factories import Bench, a_number, open_bench, refused

LONG = "明日のご予約を承っております。" * 10


async def references(bench: Bench, *numbers: str, **columns: Any) -> list[int]:
    """Begin a submit to each number, all in one batch."""
    campaigns = [await bench.campaign(number, **{"sms_text": LONG} | columns) for number in numbers]
    begun = await bench.begin(*(bench.order(campaign.message) for campaign in campaigns))
    assert all(isinstance(ready, ReadySubmit) for ready in begun)
    return [ready.reference for ready in begun if isinstance(ready, ReadySubmit)]


async def test_a_numbers_references_follow_each_other(bench: Bench) -> None:
    """Also where only 8 bits reach the handset: the same one comes back after 256."""
    number, other = a_number(), a_number()
    taken: list[int] = []
    async with bench.transaction() as session:
        for _ in range(300):
            taken += await take_references(session, [number])
            await take_references(session, [other])
    assert [later - earlier for earlier, later in pairwise(taken)].count(1) >= 298
    for start in range(300 - 256):
        assert len({reference & 0xFF for reference in taken[start : start + 256]}) == 256


async def test_it_begins_again_at_its_end(bench: Bench) -> None:
    number = a_number()
    await bench.rows(
        "INSERT INTO number_references VALUES (:number, 65534, clock_timestamp())", number=number
    )
    async with bench.transaction() as session:
        assert await take_references(session, [number, None, number, number]) == [65535, 0, 0, 1]


async def test_two_long_texts_of_one_batch_to_one_number_differ(bench: Bench) -> None:
    number = a_number()
    first, second, third = await references(bench, number, number, number)
    assert len({first & 0xFF, second & 0xFF, third & 0xFF}) == 3


async def test_two_companies_and_several_processes_count_together(bench: Bench) -> None:
    """Two companies may have one sender on a handset; and nothing here is a process's own."""
    number, stranger = a_number(), await open_bench(bench.database, bench.jobs_database)
    taken = await asyncio.gather(*(references(who, number) for who in [bench, stranger] * 6))
    assert len({reference & 0xFF for (reference,) in taken}) == 12


async def test_the_next_carrier_gets_another_reference(bench: Bench) -> None:
    """The first may have let a segment through before it said that the number is not its own."""
    campaign = await bench.campaign(sms_text=LONG)
    order = bench.order(campaign.message)
    docomo = await bench.ready(order)
    await bench.record(order, docomo, refused(SubmitOutcome.WRONG_CARRIER))
    au = await bench.ready(bench.order(campaign.message, Carrier.AU))
    assert docomo.reference & 0xFF != au.reference & 0xFF


@pytest.mark.parametrize(
    ("columns", "channel"), [({"sms_text": "あ" * 70}, Channel.SMS), ({"rcs_text": LONG}, Channel.RCS)]
)
async def test_what_leaves_in_one_piece_takes_none(
    columns: dict[str, str], channel: Channel, bench: Bench
) -> None:
    """Most messages: they must not wait for a row of their number."""
    campaign = await bench.campaign(**columns)
    ready = await bench.ready(bench.order(campaign.message, channel=channel))
    assert ready.reference == 0
    number = campaign.phone_numbers[0]
    assert await bench.rows("SELECT FROM number_references WHERE phone_number = :n", n=number) == []


async def test_a_batch_takes_all_its_references_at_once(bench: Bench) -> None:
    """Submits stay quick: one statement, whatever the number of texts."""
    campaigns = [await bench.campaign(sms_text=LONG) for _ in range(20)]
    statements: list[str] = []
    async with bench.transaction() as session:
        connection = (await session.connection()).sync_connection
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _c, _cursor, statement, *_: statements.append(statement),
        )
        await begin_submits(session, [bench.order(campaign.message) for campaign in campaigns])
    assert sum("number_references" in statement for statement in statements) == 1
