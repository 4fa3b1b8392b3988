"""The books of a run, read from its database, its ledger, Temporal and what the witness wrote down."""

import asyncio
import re
import time
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any

from temporalio.client import Client

from tests.e2e.faults import query
from tests.e2e.stack import Stack
from tests.soak.traffic import SECOND_MARK
from tests.soak.verdict.books import Attempt, Books, Line, Message, OpenReceipt
from tests.soak.witness import Witness

_SERIAL = re.compile(r"#(\d{6,})#")
_WORKFLOWS_END_SECONDS = 60.0
# A receipt is late after 5 s; a round of the sweep takes what it takes.
_SWEEP_SECONDS = 30.0

_MESSAGES = """
    SELECT m.id::text, m.variables->>'番', m.parent_message_id IS NOT NULL, m.phone_number,
           c.channel_plan, m.status, m.channel, m.carrier, m.closed_at,
           (SELECT count(*) FROM billing_entries b
            WHERE b.company_id = m.company_id AND b.message_id = m.id AND b.charge_kind = 'delivery')
    FROM messages m JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    WHERE m.variables ? '番'
"""
_ATTEMPTS = """
    SELECT a.message_id::text, a.channel, a.carrier, a.state, a.outcome, a.started_at, a.ended_at,
           a.receipt_state, (SELECT min(r.received_at) FROM receipts r
                             WHERE r.company_id = a.company_id AND r.message_id = a.message_id
                               AND r.channel = a.channel AND r.carrier = a.carrier
                               AND r.state = a.receipt_state),
           a.revoke_outcome
    FROM submit_attempts a ORDER BY a.started_at
"""
_OPEN_RECEIPTS = """
    SELECT carrier_message_id, phone_number, message_id IS NOT NULL FROM receipts WHERE applied_at IS NULL
"""


def load_books(stack: Stack, witness: Witness) -> Books:
    """Read everything, after the last message has ended."""
    witness.look()
    attempts: dict[str, list[Attempt]] = defaultdict(list)
    for message_id, *columns in query(stack, _ATTEMPTS):
        attempts[str(message_id)].append(Attempt(*columns))
    return Books(
        messages=tuple(
            replace(Message(*columns), attempts=tuple(attempts[str(columns[0])]))
            for columns in query(stack, _MESSAGES)
        ),
        lines=tuple(line for raw in stack.ledger() if (line := _line(raw)) is not None),
        handsets=dict(witness.handsets),
        # First the wait for workflows and sweep, then what they have left.
        running_workflows=asyncio.run(_running_workflows(stack)),
        open_receipts=_left_in_the_inbox(stack),
        windows=tuple(witness.windows),
        met=witness.met,
        samples=tuple(witness.samples),
    )


def _line(raw: dict[str, Any]) -> Line | None:
    serial = _SERIAL.search(raw["text"])
    if serial is None or not raw["subscriber"]:
        return None
    return Line(
        (serial[1], SECOND_MARK in raw["text"]),
        raw["channel"],
        raw["carrier"],
        raw["number"],
        raw["segment"],
        raw["segments"],
        raw["carrier_message_id"],
        datetime.fromisoformat(raw["time"]),
    )


def _left_in_the_inbox(stack: Stack) -> tuple[OpenReceipt, ...]:
    """Return what is open once the sweep had its time for a receipt that crossed the end of its message."""
    deadline = time.monotonic() + _SWEEP_SECONDS
    while True:
        left = tuple(OpenReceipt(*columns) for columns in query(stack, _OPEN_RECEIPTS))
        if not any(receipt.is_matched for receipt in left) or time.monotonic() > deadline:
            return left
        time.sleep(1)


async def _running_workflows(stack: Stack) -> int:
    """Return how many still run after the minute that the last ones may need to say so."""
    client = await Client.connect(str(stack.run["temporal_address"]))
    deadline = time.monotonic() + _WORKFLOWS_END_SECONDS
    while True:
        running = (await client.count_workflows("ExecutionStatus = 'Running'")).count
        if not running or time.monotonic() > deadline:
            return running
        await asyncio.sleep(1)
