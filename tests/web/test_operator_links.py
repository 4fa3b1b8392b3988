"""The page of links, the switch and the rate, without JavaScript (N-5)."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from domain.links import Link
from services.database import NO_COMPANY
from tests.web.conftest import Portal
from tests.web.operators import FakeLinkQueues, link_state, make_operators, report, sign_in_as
from tests.web.staff import Staff


@pytest.fixture
def queues(portal: Portal) -> FakeLinkQueues:
    made = FakeLinkQueues(portal.database)
    portal.app.state.link_queues = made
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def duty(portal: Portal, queues: FakeLinkQueues, visitor: Staff) -> AsyncIterator[Staff]:
    """An operator on duty; all links are fresh."""
    await make_operators(portal.jobs_database)
    async with portal.database.transaction(NO_COMPANY) as session:
        await session.execute(text("DELETE FROM link_states"))
        await session.execute(
            text("UPDATE links SET is_stopped = false, contract_rate = 50, applied_rate = 50")
        )
    yield await sign_in_as(visitor, "operator")


async def test_the_page_names_what_needs_attention(portal: Portal, duty: Staff) -> None:
    everything_up = [link_state(link) for link in Link if link is not Link.SMS_AU]
    await report(
        portal.database,
        "one:1",
        *everything_up,
        link_state(Link.SMS_AU, is_up=False, last_error="peer closed"),
    )
    await duty.open("/operator/links")
    assert "確認が必要な回線が1本あります" in duty.page.text
    assert "au SMS: 不通" in duty.page.text
    assert "peer closed" in duty.page.text


async def test_a_link_without_a_living_process_is_noticed(portal: Portal, duty: Staff) -> None:
    await report(portal.database, "dead:1", link_state(Link.SMS_DOCOMO))
    async with portal.database.transaction(NO_COMPANY) as session:
        await session.execute(text("UPDATE link_states SET reported_at = now() - interval '1 minute'"))
    await duty.open("/operator/links/sms-docomo")
    assert "担当プロセスなし" in duty.page.text
    assert "報告が途絶えています（最後は正常）" in duty.page.text


async def test_stopping_says_what_it_means_and_is_told_to_the_queue(
    portal: Portal, queues: FakeLinkQueues, duty: Staff
) -> None:
    queues.waiting[Link.SMS_AU] = 1234
    await duty.open("/operator/links/sms-au/stop")
    assert "1,234" in duty.page.text
    assert "失われません" in duty.page.text
    assert queues.told == []
    await duty.send("送信を止める", reason="au の計画停止 02:00 まで")
    assert duty.at == "/operator/links/sms-au"
    assert queues.told == [(Link.SMS_AU, 0.0)]
    assert "停止中" in duty.page.text
    assert "au の計画停止 02:00 まで" in duty.page.text
    assert "運用 当番" in duty.page.text
    await duty.open("/operator/links/sms-au/resume")
    await duty.send("送信を再開する")
    assert queues.told[-1] == (Link.SMS_AU, 50.0)
    assert "停止中" not in duty.page.text


async def test_a_stop_needs_a_reason(queues: FakeLinkQueues, duty: Staff) -> None:
    await duty.open("/operator/links/rcs-au/stop")
    await duty.send("送信を止める", reason="  ")
    assert duty.response.status_code == 422
    assert "理由が入力されていません" in duty.page.text
    assert queues.told == []


async def test_a_stop_while_temporal_is_away_waits_to_be_applied(queues: FakeLinkQueues, duty: Staff) -> None:
    queues.is_up = False
    await duty.open("/operator/links/rcs-docomo/stop")
    await duty.send("送信を止める", reason="試験")
    assert "反映を待っています" in duty.page.text
    await duty.open("/operator/links")
    assert "Temporalが応答していません" in duty.page.text


async def test_two_operators_do_not_undo_each_other(
    portal: Portal, queues: FakeLinkQueues, duty: Staff
) -> None:
    async with portal.client() as client:
        other = await sign_in_as(Staff(client), "operator_admin")
        await other.open("/operator/links/sms-softbank/rate")
        await duty.open("/operator/links/sms-softbank/stop")
        await duty.send("送信を止める", reason="先に止めた")
        await other.send("契約速度を変更する", rate="70")
        assert other.response.status_code == 409
        assert "別の運用者がこの回線を変更しました" in other.page.text


async def test_only_the_chief_changes_the_rate_of_a_contract(
    portal: Portal, queues: FakeLinkQueues, duty: Staff
) -> None:
    await duty.open("/operator/links/sms-rakuten")
    assert "契約速度を変更する" not in duty.page.text
    async with portal.client() as client:
        chief = await sign_in_as(Staff(client), "operator_admin")
        await chief.open("/operator/links/sms-rakuten/rate")
        for nonsense in ("", "0", "-3", "nan", "1e9", "五十"):
            await chief.send("契約速度を変更する", rate=nonsense)
            assert chief.response.status_code == 422, nonsense
        assert queues.told == []
        await chief.send("契約速度を変更する", rate="12.5")
        assert chief.at == "/operator/links/sms-rakuten"
        assert "12.5/秒" in chief.page.text
        assert queues.told == [(Link.SMS_RAKUTEN, 12.5)]


async def test_the_part_that_refreshes_comes_alone(duty: Staff) -> None:
    for address in ("/operator/links/state", "/operator/links/sms-au/state"):
        answer = await duty.client.get(address, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert "data-poll-after" in answer.text


@pytest.mark.parametrize(
    "address", ["/operator/links/sms-nobody", "/operator/links/rcs-rakuten", "/operator/nothing"]
)
async def test_unknown_addresses_lead_back(duty: Staff, address: str) -> None:
    await duty.open(address)
    assert duty.response.status_code == 404
    assert "運用者画面" in duty.page.text or address == "/operator/nothing"
