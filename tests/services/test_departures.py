"""A backlog whose slots lie in the past leaves at the company's pace, not the link's (I8)."""

from datetime import timedelta

from sqlalchemy import text

from domain.carrier_exchange import SubmitOutcome
from domain.carriers import Channel
from services.submit_attempts import Later, ReadySubmit
from tests.services.factories import Bench, refused


async def _capacity(bench: Bench, per_hour: int) -> None:
    async with bench.transaction() as session:
        await session.execute(
            text("UPDATE contracts SET hourly_capacity = :capacity WHERE company_id = :company"),
            {"capacity": per_hour, "company": bench.company_id},
        )


async def _backlog(bench: Bench, size: int) -> list[object]:
    """Messages that all come to their link at once, as after an outage."""
    begun: list[object] = []
    for _ in range(size):
        campaign = await bench.campaign(rcs_text="こんにちは")
        begun += await bench.begin(bench.order(campaign.message, channel=Channel.RCS))
    return begun


async def test_a_late_backlog_does_not_leave_at_the_links_speed(bench: Bench) -> None:
    await _capacity(bench, 3_600)
    begun = await _backlog(bench, 16)
    ready = [begin for begin in begun if isinstance(begin, ReadySubmit)]
    later = [begin for begin in begun if isinstance(begin, Later)]
    # Five seconds' worth may be late, the rest waits; who is not near does not reserve.
    assert 4 <= len(ready) <= 13
    assert len(ready) + len(later) == 16
    assert later
    assert all(begin.wait > timedelta(0) for begin in later)


async def test_tries_over_a_link_that_is_down_use_nothing_up(bench: Bench) -> None:
    """A submit that did not leave gives its departure back: an outage costs the company no capacity."""
    await _capacity(bench, 3_600)
    campaign = await bench.campaign(rcs_text="こんにちは")
    order = bench.order(campaign.message, channel=Channel.RCS)
    for _ in range(20):
        (begin,) = await bench.begin(order)
        assert isinstance(begin, ReadySubmit), begin
        await bench.record(order, begin, refused(SubmitOutcome.NOT_SENT))


async def test_a_departure_is_taken_once_however_often_the_try_is_repeated(
    bench: Bench,
) -> None:
    await _capacity(bench, 3_600)
    waiting = None
    for _ in range(20):
        campaign = await bench.campaign(rcs_text="こんにちは")
        (begin,) = await bench.begin(bench.order(campaign.message, channel=Channel.RCS))
        if isinstance(begin, Later) and begin.wait < timedelta(seconds=2):
            waiting = campaign.message
            break
    assert waiting is not None
    query = text("SELECT departs_at FROM company_lanes WHERE company_id = :company")
    async with bench.transaction() as session:
        before = (await session.execute(query, {"company": bench.company_id})).scalar_one()
    await bench.begin(bench.order(waiting, channel=Channel.RCS))
    async with bench.transaction() as session:
        after = (await session.execute(query, {"company": bench.company_id})).scalar_one()
    assert after == before
