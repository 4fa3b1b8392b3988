"""Campaigns of every kind, drawn from a seed, sent through the API however often it has to be asked."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import httpx

from domain.carriers import Carrier
from tests.e2e.faults import Numbers
from tests.e2e.magic_numbers import EXPECTED, numbers_of
from tests.e2e.stack import Stack

PLANS = ("sms", "rcs", "rcs_with_sms_fallback")
# In every segment of a text stands its message's serial number, so that the ledger tells whose it is.
SERIAL = "#{{番}}#"
SECOND_MARK = "続報"
SHORT = f"【試験】{SERIAL}明日お待ちしております。"
# Ten full-width characters around each serial, more than three segments of any carrier.
LONG = "".join(f"{SERIAL}ご予約の確認{index}です。" for index in range(24))
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Registered:
    """A campaign as the API took it: its recipients by their serial numbers."""

    id: str
    company: int
    plan: str
    numbers: dict[str, str]
    has_follow_up: bool
    was_cancelled: bool


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
        with self.stack.api(company) as client:
            campaign_id = _until_created(client, request)
            was_cancelled = self.random.random() < 0.05
            if was_cancelled:
                _until_answered(client, f"/campaigns/{campaign_id}/cancel")
        campaign = Registered(campaign_id, company, plan, recipients, has_follow_up, was_cancelled)
        self.sent.append(campaign)
        return campaign

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


def _until_created(client: httpx.Client, request: dict[str, Any]) -> str:
    """Post until it is answered 201, always under the same key: it must be registered once."""
    key = {"Idempotency-Key": uuid.uuid4().hex}
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer = client.post("/campaigns", json=request, headers=key)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 201:
            assert answer.json()["accepted"] == len(request["recipients"]), answer.text
            return str(answer.json()["id"])
        # Away or overloaded is to be expected here; being told that the request is wrong is not.
        assert answer is None or answer.status_code >= 500, answer.text
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
