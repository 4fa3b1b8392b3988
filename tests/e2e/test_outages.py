"""Parts of the running product die, freeze and come back: nothing lost, nothing sent twice, nothing stuck."""

import asyncio
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from domain.callers import Caller
from domain.campaigns import CampaignContent
from domain.messages import ChannelPlan
from gateways.smpp.profiles import AU
from services.api_campaigns import ApiRecipient, create_campaign_from_api
from services.campaign_registration import edit_scheduled
from services.database import JobsDatabase
from tests.e2e import faults
from tests.e2e.faults import (
    Numbers,
    Sent,
    assert_delivered,
    register,
    wait_for_end,
    wait_for_lines,
    wait_until,
)
from tests.e2e.invariants import check_database, phone_numbers_in
from tests.e2e.stack import WAITING_TIMES, Stack, start_stack, stop_stack
from workers.local_stack.temporal import binary

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

TIMES = {
    "FALLBACK_AFTER_SECONDS": "20",
    "EXPIRES_AFTER_SECONDS": "30",
    "CARRIER_CALL_SECONDS": "12",
    "FREEZE_LEAD_SECONDS": "2",
    "SIMULATOR_WEBHOOK_MAX_BACKOFF": "2",
    "SIMULATOR_TIME_SCALE": "0.02",
}
# Messages a second: slow enough for a fault to hit a campaign in its middle.
LANES = (20, 40)


@dataclass
class Rig:
    """The product under test, and numbers nobody has used yet."""

    stack: Stack
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def portal(self) -> str:
        return str(self.stack.run["portal_url"])


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A product of this module's own; after everything done to it, it must still end with status 0."""
    stack = start_stack(tmp_path_factory.mktemp("outages"), **TIMES)
    for company, lane in enumerate(LANES):
        faults.set_lane(stack, company, lane)
    try:
        yield Rig(stack)
    finally:
        status = stop_stack(stack)
    assert status == 0


@pytest.fixture(scope="module")
def carrier_kills(rig: Rig) -> Sent:
    """150 SMS; the carrier worker is killed three times with submits unanswered, once with a bind refused."""
    stack = rig.stack
    for carrier in faults.CARRIERS:
        faults.set_link(stack, carrier, delay_seconds=0.3)
    sent = register(stack, "sms", rig.numbers.take(150))
    wait_for_lines(stack, sent, 15)
    faults.set_link(stack, "rakuten", refuse_bind=True)
    for lines in (25, 50):
        old = faults.send_signal(stack, "carrier worker")
        faults.wait_for_restart(stack, "carrier worker", old)
        wait_for_lines(stack, sent, lines)
        faults.set_link(stack, "rakuten", refuse_bind=False)
    faults.send_signal(stack, "carrier worker")
    for carrier in faults.CARRIERS:
        faults.set_link(stack, carrier, delay_seconds=0.0)
    return sent


@pytest.fixture(scope="module")
def message_worker_kill(rig: Rig, carrier_kills: Sent) -> Sent:
    """300 messages of a company with its own lane; the message worker is killed while it feeds them."""
    wait_until("links are bound again", lambda: faults.links_are_bound(rig.stack), 60)
    sent = register(rig.stack, "sms", rig.numbers.take(300, ("docomo", "softbank", "rakuten")), company=1)
    wait_for_lines(rig.stack, sent, 60)
    old = faults.send_signal(rig.stack, "message worker")
    fed = faults.query(rig.stack, "SELECT fed_at FROM campaigns WHERE id = %s", sent.id)[0][0]
    assert fed is None, "killed too late to mean anything"
    faults.wait_for_restart(rig.stack, "message worker", old)
    return sent


@pytest.fixture(scope="module")
def postgres_kill(rig: Rig, message_worker_kill: Sent) -> tuple[Sent, httpx.Response]:
    """120 SMS; PostgreSQL is killed in their middle. With what the API answered meanwhile."""
    stack = rig.stack
    sent = register(stack, "sms", rig.numbers.take(120))
    wait_for_lines(stack, sent, 30)
    old = faults.send_signal(stack, "postgres")
    answer = wait_until("503 of the API", lambda: _unavailable(stack, sent), 20)
    faults.wait_for_restart(stack, "postgres", old)
    wait_for_lines(stack, sent, 60)
    return sent, answer


def _unavailable(stack: Stack, sent: Sent) -> httpx.Response | None:
    with stack.api() as client:
        answer = client.get(f"/campaigns/{sent.id}")
    return answer if answer.status_code == 503 else None


@pytest.fixture(scope="module")
def carriers_away(rig: Rig, postgres_kill: tuple[Sent, httpx.Response]) -> tuple[Sent, Sent]:
    """80 SMS and 40 +Messages; all carriers are stopped, and again as they come back, for ten seconds."""
    stack = rig.stack
    sms = register(stack, "sms", rig.numbers.take(80))
    rcs = register(stack, "rcs", rig.numbers.take(40, ("docomo", "au", "softbank"), step=2), company=1)
    wait_for_lines(stack, sms, 10)
    until = time.monotonic() + 8
    while time.monotonic() < until:
        old = faults.send_signal(stack, "simulator", signal.SIGTERM)
        faults.wait_for_restart(stack, "simulator", old)
        wait_until("the simulator", lambda: faults.answers(f"{stack.run['simulator_url']}/health"), 30)
    return sms, rcs


# Begun first, looked at last: what they leave behind takes longest to end.
@pytest.mark.usefixtures("carrier_kills", "message_worker_kill", "postgres_kill")
def test_a_link_in_trouble_holds_up_its_own_messages_only(rig: Rig) -> None:
    """One throttles, one refuses connections, one is silent: the fourth flows; in the end all do."""
    stack = rig.stack
    wait_until("links are bound", lambda: faults.links_are_bound(stack), 60)
    wait_until("all earlier messages have left", lambda: _none_waits(stack), 60)
    faults.set_link(stack, "docomo", throttle=True)
    faults.set_link(stack, "softbank", refuse_connect=True, drop=True)
    began = time.monotonic()
    faults.set_link(stack, "au", silent=True)
    troubled = register(stack, "sms", rig.numbers.take(15, ("docomo", "au", "softbank")))
    flowing = register(stack, "sms", rig.numbers.take(20, ("rakuten",)))
    assert_delivered(stack, flowing, seconds=30)
    assert troubled.lines(stack) == []
    faults.set_link(stack, "au", silent=False)
    silence = time.monotonic() - began
    faults.set_link(stack, "docomo", throttle=False)
    faults.set_link(stack, "softbank", refuse_connect=False)
    # A link that is silent for longer is held for dead, and what it was asked is never sent again (I3).
    may_lose_answers = silence > AU.enquire_link_timeout_s - 2
    assert_delivered(stack, troubled, may_lose_answers=may_lose_answers)
    lost = {m["phone_number"] for m in troubled.messages(stack) if m["status"] == "unknown"}
    assert lost <= set(troubled.numbers[1::3]), f"not au's, silent for {silence:.1f} s"


def _none_waits(stack: Stack) -> bool:
    waiting = "SELECT count(*) FROM messages WHERE status IN ('accepted', 'sending')"
    return faults.query(stack, waiting) == [(0,)]


def test_no_submit_after_an_acknowledged_cancel(rig: Rig) -> None:
    """I7, P-3: only what was on record before the cancel was acknowledged may reach a carrier."""
    stack = rig.stack
    sent = register(stack, "sms", rig.numbers.take(150))
    wait_for_lines(stack, sent, 30)
    with stack.api() as client:
        answer = client.post(f"/campaigns/{sent.id}/cancel").raise_for_status().json()
    acknowledged = datetime.now(UTC)
    statuses = wait_for_end(stack, sent)
    attempts = faults.query(
        stack,
        "SELECT m.phone_number, a.started_at FROM submit_attempts a JOIN messages m ON m.id = a.message_id "
        "WHERE m.campaign_id = %s AND a.state <> 'waiting'",
        sent.id,
    )
    assert all(started < acknowledged for _, started in attempts)
    assert {line["number"] for line in sent.lines(stack)} <= {number for number, _ in attempts}
    handed_over = len({number for number, _ in attempts})
    assert statuses == Counter(cancelled=150 - handed_over, delivered=handed_over)
    assert 30 <= handed_over < 150
    assert answer["cancelled"] <= statuses["cancelled"]
    row = sent.row(stack)
    assert row["status"] == "cancelled"
    assert (row["counters"]["cancelled"], row["counters"]["delivered"]) == (150 - handed_over, handed_over)


@pytest.mark.usefixtures("carriers_away")  # as above
def test_webhooks_wait_for_a_killed_portal(rig: Rig) -> None:
    """The +Message platforms repeat their webhooks until somebody takes them."""
    stack = rig.stack
    carriers = ("docomo", "au", "softbank")
    alone = register(stack, "rcs", rig.numbers.take(45, carriers, step=2))
    falling_back = register(stack, "rcs_with_sms_fallback", rig.numbers.take(45, carriers, step=2), company=1)
    wait_for_lines(stack, alone, 15)
    old = faults.send_signal(stack, "portal")
    faults.wait_for_restart(stack, "portal", old)
    assert_delivered(stack, alone)
    assert_delivered(stack, falling_back)
    assert {line["channel"] for line in falling_back.lines(stack)} == {"rcs"}


def test_campaigns_registered_without_temporal_start_by_themselves(rig: Rig) -> None:
    """Decision 0008: POST answers 201 and pages stay readable with Temporal frozen, then gone."""
    stack = rig.stack
    with faults.signed_in(stack) as browser:
        with faults.frozen_then_killed(stack, "temporal") as old:
            frozen = register(stack, "sms", rig.numbers.take(20), timeout=10)
            for page in ("/", "/campaigns", f"/campaigns/{frozen.id}", "/log"):
                assert browser.get(page).status_code == 200, page
            assert frozen.row(stack)["status"] == "registered"
        gone = register(stack, "sms", rig.numbers.take(20), timeout=10)
        assert browser.get(f"/campaigns/{gone.id}").status_code == 200
        assert httpx.get(f"{rig.portal}/sign-in").status_code == 200
    faults.wait_for_restart(stack, "temporal", old)
    for sent in (frozen, gone):
        assert_delivered(stack, sent)


_EARLIER = text(
    "UPDATE campaigns SET frozen_at = NULL, registered_at = registered_at - interval '20 min' WHERE id = :id"
)


async def _register_earlier(stack: Stack, content: CampaignContent, numbers: list[str]) -> UUID:
    """Register a scheduled send as if twenty minutes ago: its recipients are not frozen yet."""
    name = stack.run["companies"][0]["name"]
    company = faults.query(stack, "SELECT id FROM companies WHERE name = %s", name)[0][0]
    database = JobsDatabase(stack.run["database_url"], pool_size=1)
    async with database.transaction(company) as session:
        registration = await create_campaign_from_api(
            session,
            Caller(company),
            content,
            [ApiRecipient(number, {}) for number in numbers],
            request_key=None,
            request_hash=b"",
            now=datetime.now(UTC) - timedelta(minutes=20),
        )
        # Registered at a time of the database's clock, so close to its send it was frozen at once.
        await session.execute(_EARLIER, {"id": registration.campaign_id})
    await database.close()
    return registration.campaign_id


async def _edit(stack: Stack, sent: Sent, send_at: datetime, sms_text: str) -> None:
    """Edit a scheduled send, and lose the signal that would have announced it."""
    company, name = faults.query(stack, "SELECT company_id, name FROM campaigns WHERE id = %s", sent.id)[0]
    content = CampaignContent(name, ChannelPlan.SMS, sms_text, None, send_at)
    database = JobsDatabase(stack.run["database_url"], pool_size=1)
    async with database.transaction(company) as session:
        await edit_scheduled(session, Caller(company), UUID(sent.id), content)
    await database.close()


def _opt_out(stack: Stack, number: str) -> None:
    name = stack.run["companies"][0]["name"]
    statement = "INSERT INTO opt_outs (company_id, phone_number) SELECT id, %s FROM companies WHERE name = %s"
    faults.query(stack, statement, number, name)


def _frozen_at(stack: Stack, sent: Sent) -> datetime | None:
    at: datetime | None = faults.query(stack, "SELECT frozen_at FROM campaigns WHERE id = %s", sent.id)[0][0]
    return at


def test_opt_outs_count_until_the_recipients_are_frozen(rig: Rig) -> None:
    """O-3, P-3, I6, I7: who opts out before send time − lead is excluded; nothing leaves before its time."""
    stack, numbers = rig.stack, rig.numbers.take(8)
    send_at = datetime.now(UTC) + timedelta(seconds=7)
    mark = f"予約{time.time_ns()}"
    content = CampaignContent(mark, ChannelPlan.SMS, mark, None, send_at, exclude_opt_outs=True)
    sent = Sent(str(asyncio.run(_register_earlier(stack, content, numbers))), tuple(numbers), mark)
    _opt_out(stack, numbers[0])
    assert _frozen_at(stack, sent) is None, "too slow to mean anything"
    frozen_at = wait_until("the recipients are frozen", lambda: _frozen_at(stack, sent), 20)
    assert frozen_at >= send_at - timedelta(seconds=2)
    _opt_out(stack, numbers[1])
    assert wait_for_end(stack, sent) == Counter(excluded=1, delivered=7)
    excluded = next(m for m in sent.messages(stack) if m["status"] == "excluded")
    assert (excluded["phone_number"], excluded["reason"]) == (numbers[0], "opted_out")
    assert faults.sent_twice(stack, sent) == []
    assert {line["number"] for line in sent.lines(stack)} == set(numbers[1:])
    assert all(datetime.fromisoformat(line["time"]) >= send_at for line in sent.lines(stack))


def test_a_scheduled_send_is_edited_or_cancelled_before_its_time(rig: Rig) -> None:
    """P-3: the edit counts even if its signal was lost with Temporal; a cancelled one never starts."""
    stack = rig.stack
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    edited, cancelled = (
        register(stack, "sms", rig.numbers.take(8), send_at=tomorrow.isoformat()) for _ in range(2)
    )
    with stack.api() as client:
        answer = client.post(f"/campaigns/{cancelled.id}/cancel").raise_for_status().json()
    assert (answer["cancelled"], answer["already_handed_over"]) == (8, 0)
    send_at = datetime.now(UTC) + timedelta(seconds=2)
    asyncio.run(_edit(stack, edited, send_at, f"変更後 {edited.mark}"))
    assert_delivered(stack, edited, seconds=60)
    assert {line["text"] for line in edited.lines(stack)} == {f"変更後 {edited.mark}"}
    assert all(datetime.fromisoformat(line["time"]) >= send_at for line in edited.lines(stack))
    assert wait_for_end(stack, cancelled) == Counter(cancelled=8)
    assert cancelled.lines(stack) == []


def test_what_the_killed_carrier_worker_had_under_way_is_never_sent_again(
    rig: Rig, carrier_kills: Sent
) -> None:
    """I3: found in flight, its outcome is unknown; everything else is delivered, once."""
    lost = assert_delivered(rig.stack, carrier_kills, may_lose_answers=True)
    assert 1 <= lost <= 100, "the kills hit nothing under way, or nearly everything"


def test_the_feed_of_a_killed_message_worker_goes_on(rig: Rig, message_worker_kill: Sent) -> None:
    """Nothing lost, nothing doubled, and the campaign completes."""
    assert_delivered(rig.stack, message_worker_kill)


def test_postgres_killed_while_sending(rig: Rig, postgres_kill: tuple[Sent, httpx.Response]) -> None:
    """The API says 503 and when to come again; receipts are refused, so that the carriers repeat them."""
    sent, answer = postgres_kill
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "temporarily_unavailable"
    assert int(answer.headers["retry-after"]) > 0
    assert_delivered(rig.stack, sent, may_lose_answers=True)


def test_all_carriers_away_for_ten_seconds(rig: Rig, carriers_away: tuple[Sent, Sent]) -> None:
    """Messages wait, links bind again by themselves, and everything is delivered."""
    for sent in carriers_away:
        assert_delivered(rig.stack, sent, may_lose_answers=True)
    wait_until("links are bound", lambda: faults.links_are_bound(rig.stack), 30)


def test_au_numbers_keep_their_pause_whatever_is_mixed(rig: Rig) -> None:
    """S-8, I8: single sends of two companies, fallbacks, and a carrier worker that is started anew meanwhile.

    The witness is the simulator's ledger; 22 seconds are shorter here.
    """
    stack = rig.stack
    numbers = [number for number in rig.numbers.take(20, ("au",)) if int(number[-1]) % 2][
        :2
    ]  # no +Message app
    sent = [register(stack, "sms", numbers, company=company) for company in (0, 1)]
    sent.append(register(stack, "rcs_with_sms_fallback", numbers))
    wait_for_lines(stack, sent[0], 1)
    old = faults.send_signal(stack, "carrier worker", signal.SIGTERM)
    sent.append(register(stack, "sms", numbers[:1]))
    faults.wait_for_restart(stack, "carrier worker", old)
    for campaign in sent:
        assert_delivered(stack, campaign, may_lose_answers=True)
    for number, expected in zip(numbers, (4, 3), strict=True):
        submits = faults.sms_times(stack, number, "au")
        assert len(submits) == expected
        pauses = [later - earlier for earlier, later in pairwise(submits)]
        assert min(pauses) >= timedelta(seconds=float(WAITING_TIMES["NUMBER_PAUSE_SECONDS"]))


def test_the_books_are_right_and_nothing_is_stuck(rig: Rig) -> None:
    """I2–I5, I10, I12, I13 after all of the above."""
    stack = rig.stack
    check_database(stack.run["database_url"], stack.ledger())
    wait_until("no workflow runs", lambda: _running_workflows(stack) == 0, 60)
    waiting = "SELECT count(*) FROM receipts WHERE applied_at IS NULL AND message_id IS NOT NULL"
    wait_until("the inbox is empty", lambda: faults.query(stack, waiting) == [(0,)], 30)
    assert phone_numbers_in(stack.var / "log") == []


def _running_workflows(stack: Stack) -> int:
    command = [str(binary("temporal")), "--address", stack.run["temporal_address"], "workflow", "count"]
    running = 'ExecutionStatus="Running"'
    counted = subprocess.run([*command, "-q", running, "-o", "json"], capture_output=True, check=True)
    return int(json.loads(counted.stdout).get("count") or 0)
