"""What the outage tests do to a running product, and what they look at afterwards."""

import itertools
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx
import psutil  # type: ignore[import-untyped]
import psycopg

from benchmarks.processes import processes_of
from domain.carriers import Carrier
from domain.phone_numbers import original_carrier
from tests.e2e.stack import Stack

POLL_SECONDS = 0.05
OPEN_STATUSES = ("accepted", "sending", "sent")
CARRIERS = ("docomo", "au", "softbank", "rakuten")

T = TypeVar("T")


def wait_until(what: str, condition: Callable[[], T | None], seconds: float) -> T:
    """Poll until ``condition`` holds and return what it returned; fail naming ``what``."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
        time.sleep(POLL_SECONDS)
    return result


def send_signal(stack: Stack, part: str, number: signal.Signals = signal.SIGKILL) -> int:
    """Send a signal to one part of this stack, once it runs; returns its process id."""
    pid = wait_until(f"{part} runs", lambda: processes_of(stack.process.pid).get(part), 60)
    psutil.Process(pid).send_signal(number)
    return pid


def wait_for_restart(stack: Stack, part: str, old: int) -> None:
    """Wait until the launcher has started a part anew."""
    wait_until(
        f"{part} runs again",
        lambda: processes_of(stack.process.pid).get(part, old) != old,
        60,
    )


@contextmanager
def frozen_then_killed(stack: Stack, part: str) -> Iterator[int]:
    """Let a part stand still while the block runs, then kill it; gives its process id."""
    pid = send_signal(stack, part, signal.SIGSTOP)
    try:
        yield pid
    finally:
        psutil.Process(pid).kill()


def answers(url: str, wanted: int = 200) -> bool:
    """Whether a GET is answered so, soon."""
    try:
        return httpx.get(url, timeout=2).status_code == wanted
    except httpx.TransportError:
        return False


def set_link(stack: Stack, carrier: str, **faults: Any) -> None:
    """Change one link's faults through the simulator's control API."""
    url = f"{stack.run['simulator_url']}/control/links/{carrier}"
    httpx.post(url, json=faults, timeout=10).raise_for_status()


def links_are_bound(stack: Stack) -> bool:
    """Whether every carrier has exactly one bind."""
    try:
        state = httpx.get(f"{stack.run['simulator_url']}/control/state", timeout=2).json()
    except httpx.TransportError:
        return False
    return all(state["carriers"][carrier]["bound"] == 1 for carrier in CARRIERS)


def query(stack: Stack, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run one statement; returns its rows, if it has any."""
    with psycopg.connect(stack.run["database_url"]) as connection:
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def set_lane(stack: Stack, company: int, per_second: int) -> None:
    """Let a company send so many messages a second."""
    name = stack.run["companies"][company]["name"]
    statement = (
        "UPDATE contracts SET hourly_capacity = %s FROM companies "
        "WHERE companies.id = company_id AND companies.name = %s"
    )
    query(stack, statement, per_second * 3600, name)


class Numbers:
    """Ordinary numbers that nobody else gets, by carrier: no message waits for another's au pause."""

    def __init__(self) -> None:
        self._of = {Carrier(carrier): _numbers_of(Carrier(carrier)) for carrier in CARRIERS}

    def take(self, count: int, carriers: tuple[str, ...] = CARRIERS, *, step: int = 1) -> list[str]:
        """The next numbers, carriers in turn; ``step`` 2: with the +Message app."""
        turns = itertools.islice(itertools.cycle(carriers), count)
        return [self._take_one(Carrier(carrier), step) for carrier in turns]

    def _take_one(self, carrier: Carrier, step: int) -> str:
        return next(n for n in self._of[carrier] if int(n[-1]) % step == 0)


def _numbers_of(carrier: Carrier) -> Iterator[str]:
    starts = (f"{prefix}{block:04}" for prefix in ("090", "070") for block in range(1000, 10_000))
    start = next(start for start in starts if original_carrier(f"{start}0000") is carrier)
    return (f"{start}{handset:04}" for handset in range(10_000))


@dataclass(frozen=True)
class Sent:
    """A campaign as registered. ``mark`` is in its texts and nobody else's."""

    id: str
    numbers: tuple[str, ...]
    mark: str
    company: int = 0

    def lines(self, stack: Stack) -> list[dict[str, Any]]:
        """What carriers have accepted of it."""
        return [line for line in stack.ledger() if self.mark in line["text"]]

    def row(self, stack: Stack) -> dict[str, Any]:
        """The campaign as the API shows it; empty while the API does not answer."""
        return _get(stack, self.company, f"/campaigns/{self.id}")

    def messages(self, stack: Stack) -> list[dict[str, Any]]:
        """All messages as the API shows them; empty while the API does not answer."""
        found: list[dict[str, Any]] = _get(
            stack, self.company, f"/campaigns/{self.id}/messages?limit=1000"
        ).get("items", [])
        return found


def register(
    stack: Stack, plan: str, numbers: list[str], *, company: int = 0, timeout: float = 30, **options: Any
) -> Sent:
    """Register a campaign through the API; it must be answered 201 in time."""
    mark = uuid.uuid4().hex[:8]
    campaign = {
        "name": f"障害試験 {mark}",
        "channel": plan,
        "sms_text": f"SMSのお知らせ{mark}" if plan != "rcs" else None,
        "rcs_text": f"+メッセージのお知らせ{mark}" if plan != "sms" else None,
        "recipients": [{"phone_number": number} for number in numbers],
        **options,
    }
    with stack.api(company) as client:
        answer = client.post("/campaigns", json=campaign, headers={"Idempotency-Key": mark}, timeout=timeout)
    assert answer.status_code == 201, answer.text
    assert answer.json()["accepted"] == len(numbers)
    return Sent(answer.json()["id"], tuple(numbers), mark, company)


def wait_for_lines(stack: Stack, sent: Sent, count: int, seconds: float = 60) -> None:
    """Wait until carriers have accepted so many of a campaign's messages."""
    wait_until(f"{count} submits accepted", lambda: len(sent.lines(stack)) >= count, seconds)


def wait_for_end(stack: Stack, sent: Sent, seconds: float = 90) -> Counter[str]:
    """Wait until all messages have ended; returns the statuses. The API may be away meanwhile."""

    def ended() -> list[dict[str, Any]]:
        messages = sent.messages(stack)
        return [] if any(message["status"] in OPEN_STATUSES for message in messages) else messages

    messages = wait_until(f"all messages of {sent.id} have ended", ended, seconds)
    assert sorted(m["phone_number"] for m in messages) == sorted(sent.numbers), "I1: one message a recipient"
    return Counter(message["status"] for message in messages)


def sms_times(stack: Stack, number: str, carrier: str) -> list[datetime]:
    """When a carrier accepted each SMS to a number, in order, by the ledger."""
    lines = (line for line in stack.ledger() if (line["number"], line["carrier"]) == (number, carrier))
    return sorted(datetime.fromisoformat(line["time"]) for line in lines if line["channel"] == "sms")


def sent_twice(stack: Stack, sent: Sent) -> list[tuple[str, ...]]:
    """Submits (number, channel, segment) that a carrier accepted for its own subscriber more than once."""
    accepted = Counter(
        (line["number"], line["channel"], str(line["segment"]))
        for line in sent.lines(stack)
        if line["subscriber"]
    )
    return [key for key, times in accepted.items() if times > 1]


def assert_delivered(stack: Stack, sent: Sent, *, may_lose_answers: bool = False, seconds: float = 90) -> int:
    """All delivered, none twice; returns how many are unknown instead, their answers having been lost.

    Unknown is allowed only where asked for, and only with an attempt on record whose answer is missing.
    """
    statuses = wait_for_end(stack, sent, seconds)
    assert sent_twice(stack, sent) == []
    lost = query(
        stack,
        "SELECT count(*) FROM messages m JOIN submit_attempts a ON a.message_id = m.id "
        "WHERE m.campaign_id = %s AND m.status = 'unknown' AND a.state = 'unknown'",
        sent.id,
    )[0][0]
    allowed = {"delivered": len(sent.numbers) - lost, "unknown": lost} if may_lose_answers else {}
    expected = Counter(allowed or {"delivered": len(sent.numbers)})
    assert statuses == expected, f"{dict(statuses)} of {sent.id}"
    assert sent.row(stack)["status"] == "completed"
    return int(lost)


def _get(stack: Stack, company: int, path: str) -> dict[str, Any]:
    try:
        with stack.api(company) as client:
            answer = client.get(path, timeout=5)
    except httpx.TransportError:
        return {}
    content: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return content


@contextmanager
def signed_in(stack: Stack) -> Iterator[httpx.Client]:
    """A browser in which a user of the first company has signed in to the portal."""
    with httpx.Client(base_url=stack.run["portal_url"], timeout=10) as browser:
        form = browser.get("/sign-in").raise_for_status().text
        user = stack.run["companies"][0]["users"][0]
        token = form.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
        fields = {
            "csrf_token": token,
            "login_id": user["login_id"],
            "password": user["password"],
            "next": "/",
        }
        assert browser.post("/sign-in", data=fields).status_code == 303
        yield browser
