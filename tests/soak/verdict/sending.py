"""What was sent, by the ledger: everything once, with its pauses; and that links work in the end."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from domain.carriers import Carrier
from domain.number_spacing import SPACING_OF_CARRIER
from tests.e2e.faults import (
    OPEN_STATUSES,
    Numbers,
    links_are_bound,
    query,
    register,
    wait_for_end,
    wait_until,
)
from tests.e2e.invariants import check_database, phone_numbers_in
from tests.e2e.stack import Stack
from tests.soak.traffic import SECOND_MARK, Registered

_SERIAL = re.compile(r"#(\d{6,})#")
_LINK_SECONDS = 90.0


def wait_until_all_ended(stack: Stack, seconds: float) -> Counter[str]:
    """Wait for the last message; returns how many ended in which status (I2)."""
    deadline = time.monotonic() + seconds
    while True:
        rows = query(stack, "SELECT status, count(*) FROM messages GROUP BY status")
        statuses = Counter({str(status): int(number) for status, number in rows})
        still_open = sum(statuses[status] for status in OPEN_STATUSES)
        if not still_open:
            return statuses
        assert time.monotonic() < deadline, f"I2: {still_open} messages are still open: {statuses}"
        time.sleep(2)


def check_books(stack: Stack, sent: Sequence[Registered], logs: Path) -> None:
    """Raise ``AssertionError`` naming the first invariant that does not hold."""
    ledger = stack.ledger()
    _every_recipient_is_a_message(stack, sent)
    accepted_at_most_once(ledger)
    au_numbers_had_their_pause(stack, ledger)
    check_database(stack.run["database_url"], ledger)
    assert phone_numbers_in(logs) == [], "I10: phone numbers in log files"


def _every_recipient_is_a_message(stack: Stack, sent: Sequence[Registered]) -> None:
    for campaign in sent:
        rows = query(
            stack,
            "SELECT variables->>'番', phone_number FROM messages "
            "WHERE campaign_id = %s AND parent_message_id IS NULL",
            campaign.id,
        )
        assert dict(rows) == campaign.numbers, f"I1: recipients of {campaign.id}"
        assert len(rows) == len(campaign.numbers), f"I1: {campaign.id} has a message twice"


def _message_of(line: dict[str, Any]) -> tuple[str, bool] | None:
    """Return whose submit a line of the ledger is: serial number, and whether it is the second message."""
    match = _SERIAL.search(line["text"])
    return (match[1], SECOND_MARK in line["text"]) if match and line["subscriber"] else None


def accepted_at_most_once(ledger: Sequence[dict[str, Any]]) -> None:
    """I3: one accepted submit per message, channel and segment, by the carrier that has the subscriber."""
    accepted = Counter(
        (*message, line["channel"], line["segment"]) for line in ledger if (message := _message_of(line))
    )
    twice = {key: times for key, times in accepted.items() if times > 1}
    assert not twice, f"I3: accepted more than once: {dict(list(twice.items())[:5])}"


def au_numbers_had_their_pause(stack: Stack, ledger: Sequence[dict[str, Any]]) -> None:
    """S-8: 22 s from the arrival of an SMS at an au number to the submit of the next one, segments apart."""
    pause = SPACING_OF_CARRIER[Carrier.AU].pause
    rows = query(
        stack,
        "SELECT variables->>'番', parent_message_id IS NOT NULL, delivered_at FROM messages "
        "WHERE status = 'delivered' AND channel = 'sms' AND carrier = 'au'",
    )
    arrived = {(serial, is_second): delivered_at for serial, is_second, delivered_at in rows}
    submits: dict[str, list[tuple[datetime, tuple[str, bool]]]] = defaultdict(list)
    for line in ledger:
        if line["channel"] == "sms" and line["carrier"] == "au" and (message := _message_of(line)):
            submits[line["number"]].append((datetime.fromisoformat(line["time"]), message))
    for moments in submits.values():
        for (_, first), (later, second) in pairwise(sorted(moments)):
            if first != second and first in arrived:
                gap = later - arrived[first]
                assert gap >= pause - timedelta(seconds=1), f"S-8: {gap} between #{first} and #{second}"


def check_links(stack: Stack, numbers: Numbers) -> None:
    """No link is stuck: each is bound and delivers what is sent now."""
    wait_until("all links are bound again", lambda: links_are_bound(stack), _LINK_SECONDS)
    for plan, carriers in (
        ("sms", ("docomo", "au", "softbank", "rakuten")),
        ("rcs", ("docomo", "au", "softbank")),
    ):
        sent = register(stack, plan, numbers.take(len(carriers), carriers, step=2))
        statuses = wait_for_end(stack, sent, _LINK_SECONDS)
        assert statuses == {"delivered": len(carriers)}, f"a {plan} link is stuck: {statuses}"
