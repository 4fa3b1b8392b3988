"""What the carrier answered, put on record in one transaction for several submits at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import Capability, SegmentResult, SubmitOutcome
from domain.carriers import Channel
from domain.delivery import SubmitOrder
from domain.submit_outcomes import CombinedSubmit
from models.submit_attempt import AttemptState
from services.campaign_counters import CounterChanges
from services.clock import database_now
from services.departures import give_back_departures
from services.follow_ups import SEQUENCE
from services.lanes import release_number
from services.receipts import AppliedReceipt, match_waiting_receipts

_UPDATE_ATTEMPTS = text("""
    UPDATE submit_attempts a
    SET state = r.state, outcome = r.outcome, reason = r.reason, carrier_code = r.carrier_code,
        capability = r.capability, departs_at = NULL, ended_at = clock_timestamp()
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:attempt_ids AS uuid[]),
                CAST(:states AS text[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
                CAST(:carrier_codes AS text[]), CAST(:capabilities AS text[]))
         AS r(company_id, message_id, attempt_id, state, outcome, reason, carrier_code, capability)
    WHERE a.company_id = r.company_id AND a.message_id = r.message_id AND a.id = r.attempt_id
      -- A worker that slept through its time limit still knows best what the carrier answered. But when its
      -- message has been told "unknown", nobody is left who would send the rest: it does not wait again.
      AND (a.state = 'in_flight' OR (a.state = 'unknown' AND r.state <> 'waiting'))
    RETURNING a.id, a.ended_at
""")

_UPSERT_SEGMENTS = text("""
    INSERT INTO submit_segments
        (company_id, message_id, attempt_id, segment, channel, carrier, outcome, carrier_message_id,
         carrier_code)
    SELECT * FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]),
        CAST(:attempt_ids AS uuid[]), CAST(:segments AS int[]), CAST(:channels AS text[]),
        CAST(:carriers AS text[]), CAST(:outcomes AS text[]), CAST(:carrier_message_ids AS text[]),
        CAST(:carrier_codes AS text[]))
    ON CONFLICT (company_id, message_id, attempt_id, segment) DO UPDATE
    SET outcome = excluded.outcome, carrier_message_id = excluded.carrier_message_id,
        carrier_code = excluded.carrier_code
""")

_MESSAGES_LEFT = text(f"""
    UPDATE messages m
    SET status = 'sent', channel = r.channel, carrier = r.carrier, parts = a.parts,
        submitted_at = coalesce(m.submitted_at, a.ended_at)
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:attempt_ids AS uuid[]),
                CAST(:channels AS text[]), CAST(:carriers AS text[]))
         AS r(company_id, message_id, attempt_id, channel, carrier)
    JOIN submit_attempts a
        ON a.company_id = r.company_id AND a.message_id = r.message_id AND a.id = r.attempt_id
    WHERE m.company_id = r.company_id AND m.id = r.message_id AND m.status IN ('accepted', 'sending', 'sent')
    RETURNING m.company_id, m.campaign_id, old.submitted_at IS NULL AS is_first, {SEQUENCE} AS sequence
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class SubmitRecord:
    """The answer to one submit. ``results`` are those of all segments, earlier tries included, and
    ``combined`` is what they amount to together.

    ``again``: the missing segments are to be submitted again later (the attempt goes back to waiting).
    """

    order: SubmitOrder
    attempt_id: UUID
    phone_number: str
    results: tuple[SegmentResult, ...]
    combined: CombinedSubmit
    again: bool
    capability: Capability | None = None

    @property
    def state(self) -> AttemptState:
        """The attempt's state from now on."""
        if self.again:
            return AttemptState.WAITING
        return {
            SubmitOutcome.ACCEPTED: AttemptState.ACCEPTED,
            SubmitOutcome.UNKNOWN: AttemptState.UNKNOWN,
        }.get(self.combined.outcome, AttemptState.REFUSED)

    @property
    def left(self) -> bool:
        """Whether at least a part is, or may be, with the carrier."""
        return any(r.outcome in (SubmitOutcome.ACCEPTED, SubmitOutcome.UNKNOWN) for r in self.results)


@dataclass(frozen=True, slots=True)
class Recorded:
    """When the answer was put on record, and the receipt if it had come before the answer.

    ``is_too_late``: what is left is not sent any more, since the submit has been taken for unknown meanwhile.
    """

    at: datetime
    receipt: AppliedReceipt | None
    is_too_late: bool = False


async def record_submits(session: AsyncSession, records: Sequence[SubmitRecord]) -> list[Recorded]:
    """Write the answers; return, in the records' order, what is known now."""
    updated = await session.execute(_UPDATE_ATTEMPTS, _attempt_columns(records))
    ended_at = {row.id: row.ended_at for row in updated}
    await session.execute(_UPSERT_SEGMENTS, _segment_columns(records))
    counters = CounterChanges()
    if left := [record for record in records if record.left]:
        for row in await session.execute(_MESSAGES_LEFT, _key_columns(left)):
            if row.is_first:
                counters.add((row.company_id, row.campaign_id), "submitted", sequence=row.sequence)
    await give_back_departures(session, [r.order.company_id for r in records if not r.left])
    # Numbers in the same order everywhere, so that batches never wait for each other in a circle.
    for record in sorted(records, key=lambda record: record.phone_number):
        if not record.left and record.order.channel is Channel.SMS:
            await release_number(
                session,
                record.order.carrier,
                record.phone_number,
                record.order.message_id,
                arrived=False,
            )
    ids = [result.carrier_message_id for record in records for result in record.results]
    early = await match_waiting_receipts(session, [i for i in ids if i is not None], counters)
    await counters.write(session)
    receipts = {receipt.attempt_id: receipt for receipt in early}
    if not ended_at and not any(record.again for record in records):
        raise LookupError("no attempt in flight to record an answer for")
    now = max(ended_at.values()) if ended_at else await database_now(session)
    return [
        Recorded(
            ended_at.get(r.attempt_id, now),
            receipts.get(r.attempt_id),
            is_too_late=r.again and r.attempt_id not in ended_at,
        )
        for r in records
    ]


def _ids(records: Sequence[SubmitRecord]) -> dict[str, list[Any]]:
    return {
        "company_ids": [record.order.company_id for record in records],
        "message_ids": [record.order.message_id for record in records],
        "attempt_ids": [record.attempt_id for record in records],
    }


def _key_columns(records: Sequence[SubmitRecord]) -> dict[str, list[Any]]:
    return {
        **_ids(records),
        "channels": [record.order.channel.value for record in records],
        "carriers": [record.order.carrier.value for record in records],
    }


def _attempt_columns(records: Sequence[SubmitRecord]) -> dict[str, list[Any]]:
    return {
        **_ids(records),
        "states": [record.state.value for record in records],
        "outcomes": [record.combined.outcome.value for record in records],
        "reasons": [record.combined.reason for record in records],
        "carrier_codes": [record.combined.carrier_code for record in records],
        "capabilities": [record.capability for record in records],
    }


def _segment_columns(records: Sequence[SubmitRecord]) -> dict[str, list[Any]]:
    flat: list[tuple[SubmitRecord, SegmentResult]] = [(r, s) for r in records for s in r.results]
    return {
        **_key_columns([record for record, _ in flat]),
        "segments": [result.segment for _, result in flat],
        "outcomes": [result.outcome.value for _, result in flat],
        "carrier_message_ids": [result.carrier_message_id for _, result in flat],
        "carrier_codes": [result.carrier_code for _, result in flat],
    }
