"""What operators want of a link is kept, whoever restarts; what processes report is put together (N-5)."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from domain.callers import OperatorCaller
from domain.link_states import LinkState
from domain.links import Link
from services.database import OWN_STAFF, Database, JobsDatabase
from services.link_states import STALE_AFTER, leave_links, link_reports, report_links
from services.links import (
    LinkChangedMeanwhile,
    LinkNotFound,
    UnusableRate,
    change_contract_rate,
    ensure_links,
    note_applied,
    resume_link,
    stop_link,
    wanted_link,
    wanted_links,
)
from services.operators import ensure_demo_operators
from tests.support.postgres import jobs_url

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def operators_are_there(database_url: str) -> None:
    jobs_database = JobsDatabase(jobs_url(database_url), pool_size=1)
    async with jobs_database.transaction(OWN_STAFF) as session:
        await ensure_demo_operators(session)
    await jobs_database.close()


async def _operator(database: Database) -> OperatorCaller:
    async with database.transaction(OWN_STAFF) as session:
        found = await session.execute(text("SELECT id FROM operators WHERE name = '運用 責任'"))
        return OperatorCaller(found.scalar_one())


async def test_a_stop_and_a_rate_survive_the_next_start(database: Database) -> None:
    """A carrier worker that starts names its settings' rates; what operators chose stands."""
    operator = await _operator(database)
    async with database.transaction(OWN_STAFF) as session:
        await ensure_links(session, {Link.SMS_AU: 50.0})
        await stop_link(session, operator, Link.SMS_AU, 0, "au の計画停止")
        await change_contract_rate(session, operator, Link.SMS_AU, 1, 12.5)
    async with database.transaction(OWN_STAFF) as session:
        await ensure_links(session, {Link.SMS_AU: 50.0})
        link = await wanted_link(session, Link.SMS_AU)
    assert (link.rate, link.contract_rate, link.is_stopped) == (0.0, 12.5, True)
    assert (link.stop_reason, link.stopped_by) == ("au の計画停止", "運用 責任")


async def test_a_form_shown_before_anothers_change_does_nothing(database: Database) -> None:
    operator = await _operator(database)
    async with database.transaction(OWN_STAFF) as session:
        await ensure_links(session, {Link.SMS_DOCOMO: 50.0})
        await stop_link(session, operator, Link.SMS_DOCOMO, 0, "一人目")
        with pytest.raises(LinkChangedMeanwhile):
            await stop_link(session, operator, Link.SMS_DOCOMO, 0, "二人目")
        with pytest.raises(LinkChangedMeanwhile):
            await resume_link(session, operator, Link.SMS_DOCOMO, 0)
        await resume_link(session, operator, Link.SMS_DOCOMO, 1)
        link = await wanted_link(session, Link.SMS_DOCOMO)
    assert (link.rate, link.stop_reason, link.stopped_by) == (50.0, None, None)


async def test_what_the_queue_was_told_is_compared_with_what_is_wanted(database: Database) -> None:
    operator = await _operator(database)
    async with database.transaction(OWN_STAFF) as session:
        await ensure_links(session, {Link.RCS_AU: 20.0})
        assert not (await wanted_link(session, Link.RCS_AU)).is_applied
        await note_applied(session, Link.RCS_AU, 20.0)
        assert (await wanted_link(session, Link.RCS_AU)).is_applied
        await stop_link(session, operator, Link.RCS_AU, 0, "試験")
        assert not (await wanted_link(session, Link.RCS_AU)).is_applied


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 1e9])
async def test_rates_no_contract_has_are_refused(database: Database, rate: float) -> None:
    operator = await _operator(database)
    async with database.transaction(OWN_STAFF) as session:
        await ensure_links(session, {Link.RCS_DOCOMO: 20.0})
        with pytest.raises(UnusableRate):
            await change_contract_rate(session, operator, Link.RCS_DOCOMO, 0, rate)


async def test_links_nobody_serves_are_not_there(database: Database) -> None:
    async with database.transaction(OWN_STAFF) as session:
        with pytest.raises(LinkNotFound):
            await wanted_link(session, Link.SMS_RAKUTEN)
        assert Link.SMS_RAKUTEN not in [link.link for link in await wanted_links(session)]


def _state(link: Link = Link.SMS_SOFTBANK, **changes: object) -> LinkState:
    usual: dict[str, object] = {"is_up": True, "since": NOW, "in_use": 3, "capacity": 10}
    given = {**usual, **changes}
    return LinkState(name=link.value, channel=link.channel, carrier=link.carrier, **given)  # type: ignore[arg-type]


async def test_each_process_has_one_row_a_link(database: Database) -> None:
    async with database.transaction(OWN_STAFF) as session:
        for in_use in (3, 4):
            await report_links(session, "one:1", [_state(in_use=in_use, details={"binds": "1"})])
        await report_links(session, "two:1", [_state(is_up=False, last_error="x" * 500, last_error_at=NOW)])
        reports = (await link_reports(session))[Link.SMS_SOFTBANK]
    assert [(r.process, r.state.in_use, r.state.is_up) for r in reports] == [
        ("one:1", 4, True),
        ("two:1", 3, False),
    ]
    assert reports[0].state.details == {"binds": "1"}
    assert len(reports[1].state.last_error or "") == 200


async def test_a_process_that_says_nothing_more_is_stale_and_one_that_leaves_is_gone(
    database: Database,
) -> None:
    async with database.transaction(OWN_STAFF) as session:
        await report_links(session, "silent:1", [_state(Link.RCS_SOFTBANK)])
        await session.execute(
            text("UPDATE link_states SET reported_at = now() - :ago WHERE process = 'silent:1'"),
            {"ago": STALE_AFTER + timedelta(seconds=1)},
        )
        assert [r.is_stale for r in (await link_reports(session))[Link.RCS_SOFTBANK]] == [True]
        await report_links(session, "silent:1", [_state(Link.RCS_SOFTBANK)])
        assert [r.is_stale for r in (await link_reports(session))[Link.RCS_SOFTBANK]] == [False]
        await leave_links(session, "silent:1")
        assert (await link_reports(session))[Link.RCS_SOFTBANK] == []
