"""Campaigns of every kind, drawn from a seed, sent through the API however often it has to be asked."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import httpx
import psycopg

from domain.carriers import Carrier
from tests.e2e.faults import Numbers, query
from tests.e2e.magic_numbers import EXPECTED, numbers_of
from tests.e2e.stack import Stack

PLANS = ("sms", "rcs", "rcs_with_sms_fallback")
# In every segment of a text stands its message's serial number, so that the ledger tells whose it is.
SERIAL = "#{{番}}#"
SECOND_MARK = "続報"
SHORT = f"【試験】{SERIAL}明日お待ちしております。"
# Ten full-width characters around each serial, more than three segments of any carrier.
LONG = "".join(f"{SERIAL}ご予約の確認{index}です。" for index in range(24))
# Of a list, where somebody is opted out.
_OPTED_OUT = 3
_PATIENCE_SECONDS = 180.0
# The same request is still at work; too many at a time.
_LATER = (409, 425, 429)
_OPT_OUT = """
    INSERT INTO opt_outs (company_id, phone_number)
    SELECT id, number FROM companies, unnest(%s::text[]) AS n(number) WHERE name = %s
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Registered:
    """A campaign as the API took it: its recipients by their serial numbers."""

    id: str
    company: int
    plan: str
    numbers: dict[str, str]
    has_follow_up: bool
    was_cancelled: bool
    send_at: datetime | None = None
    opted_out: frozenset[str] = frozenset()


@dataclass
class Traffic:
    """Draws and sends campaigns; the same seed draws the same ones."""

    stack: Stack
    random: Random
    numbers: Numbers = field(default_factory=Numbers)
    sent: list[Registered] = field(default_factory=list)
    _serials: Iterator[int] = field(default_factory=lambda: count(100_000))

    def __post_init__(self) -> None:
        # Few numbers that get many messages: what the au pause is for (S-8).
        self._regulars = self.numbers.take(6, ("au",), step=2)
        # Numbers that come again and again are opted out by nobody: later campaigns are to reach them.
        self._kept = frozenset(self._regulars) | {
            number
            for scenario in EXPECTED
            for handset in range(10)
            for number in numbers_of(scenario, "0123", handset)
        }

    @property
    def messages(self) -> int:
        """How many recipients were registered so far."""
        return sum(len(campaign.numbers) for campaign in self.sent)

    def send_one(self) -> Registered:
        """Register a campaign of 1 to 40 recipients; some are cancelled a moment later."""
        plan, company = self.random.choice(PLANS), self.random.randrange(2)
        size = 1 if self.random.random() < 0.3 else self.random.randint(2, 40)
        recipients = {str(next(self._serials)): number for number in self._draw(plan, size)}
        has_follow_up = self.random.random() < 0.25
        request = self._request(plan, recipients, has_follow_up=has_follow_up)
        send_in = self.random.uniform(20, 40) if self.random.random() < 0.1 else None
        # The list of a scheduled campaign is looked at later.
        is_with_list = size > _OPTED_OUT and send_in is None and self.random.random() < 0.2
        opted_out = self._opt_out(company, recipients) if is_with_list else frozenset()
        if opted_out:
            request["exclude_opt_outs"] = True
        with self.stack.api(company) as client:
            campaign_id = _until_created(client, request, send_in)
            was_cancelled = self.random.random() < 0.05
            if was_cancelled:
                _until_answered(client, f"/campaigns/{campaign_id}/cancel")
        send_at = datetime.fromisoformat(request["send_at"]) if send_in else None
        campaign = Registered(
            campaign_id, company, plan, recipients, has_follow_up, was_cancelled, send_at, opted_out
        )
        self.sent.append(campaign)
        return campaign

    def _opt_out(self, company: int, recipients: dict[str, str]) -> frozenset[str]:
        """Put ordinary numbers of the list on the company's opt-out list; return their serials."""
        chosen = {serial: number for serial, number in recipients.items() if number not in self._kept}
        chosen = dict(list(chosen.items())[:_OPTED_OUT])
        name = self.stack.run["companies"][company]["name"]
        if not _until_done(self.stack, _OPT_OUT, list(chosen.values()), name):
            return frozenset()
        return frozenset(chosen)

    def _draw(self, plan: str, size: int) -> list[str]:
        drawn: dict[str, None] = {}  # a list may hold a number once
        while len(drawn) < size:
            drawn[self._number(plan)] = None
        return list(drawn)

    def _number(self, plan: str) -> str:
        kind = self.random.random()
        if kind < 0.05:
            return self.random.choice(self._regulars)
        if kind < 0.25:
            column = {"sms": 0, "rcs_with_sms_fallback": 1, "rcs": 2}[plan]
            ending = [scenario for scenario, outcomes in EXPECTED.items() if outcomes[column] is not None]
            carriers = "0123" if plan == "sms" else "012"
            handset = self.random.randrange(10)
            return numbers_of(self.random.choice(ending), self.random.choice(carriers), handset)[0]
        carrier = self.random.choice([carrier.value for carrier in Carrier])
        return self.numbers.take(1, (carrier,), step=self.random.choice((1, 2)))[0]

    def _request(self, plan: str, recipients: dict[str, str], *, has_follow_up: bool) -> dict[str, Any]:
        text = LONG if self.random.random() < 0.15 else SHORT
        second = f"【{SECOND_MARK}】{SERIAL}ありがとうございました。"
        texts = {
            "sms_text": text if plan != "rcs" else None,
            "rcs_text": text if plan != "sms" else None,
        }
        request: dict[str, Any] = {
            "name": f"混合試験 {len(self.sent) + 1}",
            "channel": plan,
            "recipients": [
                {"phone_number": number, "variables": {"番": serial}} for serial, number in recipients.items()
            ],
            **texts,
        }
        if has_follow_up:
            seconds = {name: second for name, text in texts.items() if text is not None}
            request["follow_up"] = {"trigger": "delivered", **seconds}
        return request


def _until_done(stack: Stack, statement: str, *parameters: Any) -> bool:
    """Run a statement; whether it was done within the patience there is."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            query(stack, statement, *parameters)
        except psycopg.Error:
            time.sleep(0.5)
        else:
            return True
    return False


def _until_created(client: httpx.Client, request: dict[str, Any], send_in: float | None) -> str:
    """Post until it is answered 201, always under the same key: it must be registered once.

    Where it is to be sent in some seconds, ``send_at`` of the request is put so, and again if it has passed.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    answer: httpx.Response | None = None
    key: dict[str, str] = {}
    while True:
        if not key or (send_in and answer is not None and answer.status_code == 422):
            key = {"Idempotency-Key": uuid.uuid4().hex}
            if send_in:
                request["send_at"] = (datetime.now(UTC) + timedelta(seconds=send_in)).isoformat()
        try:
            answer = client.post("/campaigns", json=request, headers=key)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 201:
            assert answer.json()["accepted"] == len(request["recipients"]), answer.text
            return str(answer.json()["id"])
        # Away, overloaded, still at it: to be expected here. Being told that the request is wrong is not.
        is_later = answer is None or answer.status_code >= 500 or answer.status_code in _LATER
        assert is_later or (send_in and answer is not None and answer.status_code == 422), (
            answer and answer.text
        )
        assert time.monotonic() < deadline, "the API does not come back"
        time.sleep(0.5)


def _until_answered(client: httpx.Client, path: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if client.post(path).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise AssertionError("the API does not come back")
