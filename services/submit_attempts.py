"""The record of every submit, written before the carrier is called: the guard against sending twice.

Design: a submit whose row is found accepted is answered from the row; found in flight, its outcome is
unknown and nothing is sent again; found waiting, it certainly never reached the carrier and may go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from secrets import randbelow
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import SegmentResult
from domain.carriers import Channel
from domain.delivery import Submission, SubmissionOutcome, SubmitOrder
from domain.departures import Departures
from domain.message_parts import parts_for
from domain.templates import Template, parse_template
from models.submit_attempt import AttemptState
from services.attempt_rows import LOAD_SUBMITS, answered_segments, is_withdrawn, known_answer
from services.contracts import NoValidContract
from services.departures import hold_departures, note_departures
from services.lanes import hold_number, reserve_company_slots
from services.lost_attempts import lose_attempt
from services.segment_references import needs_reference, take_references

# A backlog larger than the company's capacity comes back in this time to twice this.
_BACKLOG_PAUSE_MS = 3_000

_INSERT = text("""
    INSERT INTO submit_attempts
        (company_id, message_id, channel, carrier, number, state, body, parts, reference, not_before,
         departs_at)
    VALUES (:company_id, :message_id, :channel, :carrier, 1, :state, :body, :parts, :reference, :not_before,
        :departs_at)
    ON CONFLICT ON CONSTRAINT submit_attempts_once_key DO NOTHING
    RETURNING id
""")

_CLAIM = text("""
    UPDATE submit_attempts SET state = 'in_flight', started_at = clock_timestamp()
    WHERE company_id = :company_id AND message_id = :message_id AND id = :attempt_id AND state = 'waiting'
    RETURNING id
""")

_DEPARTS = text("""
    UPDATE submit_attempts SET departs_at = :departs_at
    WHERE company_id = :company_id AND message_id = :message_id AND id = :attempt_id AND state = 'waiting'
""")

_SENDING = text("""
    UPDATE messages SET status = 'sending'
    WHERE company_id = ANY(:company_ids) AND id = ANY(:message_ids) AND status = 'accepted'
""")


@dataclass(frozen=True, slots=True)
class ReadySubmit:
    """The attempt is on record as in flight: the carrier is to be called now, once.

    ``segments``: those still to be sent (SMS), ``None`` for all. ``answered``: what the carrier said
    to the others in an earlier try. ``now``: the database's clock, a moment ago.
    """

    attempt_id: UUID
    phone_number: str
    body: str
    sender: str
    reference: int
    segments: tuple[int, ...] | None
    now: datetime
    answered: tuple[SegmentResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing may be sent before ``wait`` has passed. ``now``: the database's clock, a moment ago."""

    wait: timedelta
    now: datetime


Beginning = ReadySubmit | Later | Submission
"""Call the carrier, come back later, or the answer is known without calling."""


class SenderMissing(Exception):
    """The company has no account to send from on this channel."""


@lru_cache(maxsize=256)
def _template(content: str) -> Template:
    return parse_template(content)


async def begin_submits(session: AsyncSession, orders: Sequence[SubmitOrder]) -> list[Beginning]:
    """Decide for each order whether it may go, and put those that may on record as in flight.

    The carrier must only be called after this has been committed. Answers come in the orders' order;
    ``LookupError`` when a message does not exist in its company, ``SenderMissing`` and
    ``NoValidContract`` when the company cannot send.
    """
    rows = (
        await session.execute(
            LOAD_SUBMITS,
            {
                "company_ids": [order.company_id for order in orders],
                "message_ids": [order.message_id for order in orders],
                "channels": [order.channel.value for order in orders],
                "carriers": [order.carrier.value for order in orders],
            },
        )
    ).all()
    if len(rows) != len(orders):
        raise LookupError("a message to submit does not exist")
    # Before any lane is held: whoever waits here holds nothing that another waits for.
    references = await take_references(session, [_splits(o, r) for o, r in zip(orders, rows, strict=True)])
    begun_in_order: dict[int, Beginning] = {}
    # The company's lane, then its numbers': in one order everywhere, so that batches never wait in a circle.
    in_order = sorted(range(len(orders)), key=lambda i: (orders[i].company_id, rows[i].phone_number))
    for company_id, group in groupby(in_order, key=lambda i: orders[i].company_id):
        departures = await hold_departures(session, company_id)
        for i in group:
            begun_in_order[i] = await _begin(session, orders[i], rows[i], departures, references[i])
        await note_departures(session, company_id, departures)
    beginnings = [begun_in_order[i] for i in range(len(orders))]
    begun = [o for o, b in zip(orders, beginnings, strict=True) if isinstance(b, ReadySubmit)]
    if begun:
        await session.execute(
            _SENDING,
            {"company_ids": [o.company_id for o in begun], "message_ids": [o.message_id for o in begun]},
        )
    return beginnings


def _splits(order: SubmitOrder, row: Row[Any]) -> str | None:
    """Return the number of an SMS that is new and may leave in segments."""
    is_new = order.channel is Channel.SMS and row.attempt_id is None and not is_withdrawn(row)
    is_long = is_new and needs_reference(_template(row.template).render(row.variables))
    return row.phone_number if is_long else None


async def _begin(
    session: AsyncSession, order: SubmitOrder, row: Row[Any], departures: Departures | None, reference: int
) -> Beginning:
    if row.attempt_id is not None and row.state != AttemptState.WAITING:
        if row.state == AttemptState.IN_FLIGHT:
            # Whoever held it is gone without an answer. A receipt may still tell; see sweeps.
            await lose_attempt(session, order.company_id, order.message_id, row.attempt_id)
        return known_answer(order, row)
    if is_withdrawn(row):
        return Submission(SubmissionOutcome.WITHDRAWN, row.now)
    if row.may_arrive_otherwise:
        return Submission(SubmissionOutcome.UNKNOWN, row.now)
    # The order's own slot, or the one a submit after another has taken; never by a worker's clock.
    not_before, now = row.not_before or order.not_before, row.now
    takes_slot = order.reserves_slot and row.attempt_id is None
    if takes_slot:
        slots = await reserve_company_slots(session, order.company_id, 1)
        not_before, now = slots.first, slots.now
    if not_before is not None and not_before > now:
        if takes_slot:
            # On record with its slot, so that the next try does not take another one.
            await _insert(session, order, row, AttemptState.WAITING, reference, not_before)
        return Later(not_before - now, now)
    if row.sender is None:
        raise SenderMissing(order.channel.value)
    if departures is None:
        raise NoValidContract(f"company {order.company_id}")
    return await _depart(session, order, row, departures, reference)


async def _depart(
    session: AsyncSession, order: SubmitOrder, row: Row[Any], departures: Departures, reference: int
) -> Beginning:
    """Let the message leave, at its departure and when its number is free (I8, S-8)."""
    is_held = departures.is_still_good(row.departs_at)
    departs_at = row.departs_at if is_held else departures.take()
    if departs_at is not None and departs_at <= departures.now:
        wait = None
        if order.channel is Channel.SMS:
            pause = timedelta(seconds=order.number_pause)
            wait = await hold_number(session, order.carrier, row.phone_number, order.message_id, pause)
        if wait is None:
            return await _claim(session, order, row, reference)
        if not is_held:
            departures.give_back()
            departs_at = None
    elif departs_at is not None:
        wait = departs_at - departures.now
    else:
        # Nothing reserved, and not all of a backlog comes back at once.
        wait = timedelta(milliseconds=_BACKLOG_PAUSE_MS + randbelow(_BACKLOG_PAUSE_MS))
    await _note_wait(session, order, row, departs_at, reference)
    return Later(wait, row.now)


async def _note_wait(
    session: AsyncSession, order: SubmitOrder, row: Row[Any], departs_at: datetime | None, reference: int
) -> None:
    """Put the reserved slot and the taken departure on record, so that the next try does not take others."""
    if row.attempt_id is not None:
        if departs_at != row.departs_at:
            await session.execute(_DEPARTS, {**_key(order, row), "departs_at": departs_at})
    elif departs_at is not None or order.reserves_slot:
        await _insert(session, order, row, AttemptState.WAITING, reference, None, departs_at)


async def _claim(session: AsyncSession, order: SubmitOrder, row: Row[Any], reference: int) -> Beginning:
    if row.attempt_id is None:
        attempt_id, body = await _insert(session, order, row, AttemptState.IN_FLIGHT, reference)
    else:
        claimed = await session.execute(_CLAIM, _key(order, row))
        attempt_id, body, reference = claimed.scalar_one_or_none(), row.body, row.reference
    if attempt_id is None:
        # Another worker took the same attempt a moment ago; only its receipt can tell.
        return Submission(SubmissionOutcome.UNKNOWN, row.now)
    answered = answered_segments(row)
    missing = {s["segment"] for s in row.segments or ()} - {result.segment for result in answered}
    segments = tuple(sorted(missing)) or None
    return ReadySubmit(attempt_id, row.phone_number, body, row.sender, reference, segments, row.now, answered)


def _key(order: SubmitOrder, row: Row[Any]) -> dict[str, Any]:
    return {
        "company_id": order.company_id,
        "message_id": order.message_id,
        "attempt_id": row.attempt_id,
    }


async def _insert(
    session: AsyncSession,
    order: SubmitOrder,
    row: Row[Any],
    state: AttemptState,
    reference: int,
    not_before: datetime | None = None,
    departs_at: datetime | None = None,
) -> tuple[UUID | None, str]:
    body = _template(row.template).render(row.variables)
    if row.part_table is None:
        raise NoValidContract(f"company {order.company_id}")
    # A +Message counts one whatever its length (B-2).
    parts = parts_for(body, tuple(row.part_table)) if order.channel is Channel.SMS else 1
    inserted = await session.execute(
        _INSERT,
        {
            "company_id": order.company_id,
            "message_id": order.message_id,
            "channel": order.channel.value,
            "carrier": order.carrier.value,
            "state": state.value,
            "body": body,
            "parts": parts,
            "reference": reference,
            "not_before": not_before,
            "departs_at": departs_at,
        },
    )
    return inserted.scalar_one_or_none(), body
