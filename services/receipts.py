"""What carrier reports in the inbox (``services/incoming_receipts.py``) do to their messages.

A report is matched to its submit by the carrier's message id. One that comes before its submit is on
record, or that belongs to a submit whose answer was lost, waits in the inbox.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice
from domain.messages import MessageStatus, StatusReason
from domain.submit_outcomes import SegmentReceipt, combine_receipts, decided_by
from services.campaign_counters import CounterChanges
from services.follow_ups import SEQUENCE

_MATCHED = """
    UPDATE receipts r
    SET company_id = s.company_id, message_id = s.message_id
    FROM submit_segments s
    WHERE {which} AND r.applied_at IS NULL
      AND s.carrier_message_id = r.carrier_message_id AND s.carrier = r.carrier AND s.channel = r.channel
      AND (r.company_id IS NULL OR r.company_id = s.company_id)
    RETURNING r.id, r.channel, r.carrier, r.state, r.reason, r.occurred_at, r.received_at,
              s.company_id, s.message_id, s.attempt_id, s.segment
"""
# Reports just stored, by ``ids``; the answer is for ``apply_receipts``.
MATCH_STORED = text(_MATCHED.format(which="r.id = ANY(CAST(:ids AS uuid[]))"))
_MATCH_WAITING = text(
    _MATCHED.format(which="r.carrier_message_id = ANY(CAST(:ids AS text[])) AND r.message_id IS NULL")
)

# Two receipts of one message, applied at the same time, would each find the other segment outstanding.
_LOCK_ATTEMPTS = text("""
    SELECT id FROM submit_attempts
    WHERE company_id = ANY(CAST(:company_ids AS uuid[])) AND message_id = ANY(CAST(:message_ids AS uuid[]))
      AND id = ANY(CAST(:attempt_ids AS uuid[]))
    ORDER BY id FOR NO KEY UPDATE
""")

_APPLY_TO_SEGMENTS = text("""
    UPDATE submit_segments s
    SET receipt_state = r.state, receipt_reason = r.reason, receipt_at = r.occurred_at
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:attempt_ids AS uuid[]),
                CAST(:segments AS int[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                CAST(:occurred_ats AS timestamptz[]))
         AS r(company_id, message_id, attempt_id, segment, state, reason, occurred_at)
    WHERE s.company_id = r.company_id AND s.message_id = r.message_id AND s.attempt_id = r.attempt_id
      AND s.segment = r.segment
      -- The first deciding receipt of a segment counts; later ones stay in the inbox's record.
      AND (s.receipt_state IS NULL OR s.receipt_state = 'sent')
""")

_SEGMENTS_OF = text("""
    SELECT attempt_id, receipt_state, receipt_reason, receipt_at FROM submit_segments
    WHERE company_id = ANY(CAST(:company_ids AS uuid[])) AND message_id = ANY(CAST(:message_ids AS uuid[]))
      AND attempt_id = ANY(CAST(:attempt_ids AS uuid[]))
""")

# Messages are looked up by what was changed: joined beside it, all of a company's may be gone through.
_APPLY_TO_ATTEMPTS = text("""
    WITH applied AS (
        UPDATE submit_attempts a
        SET receipt_state = r.state, receipt_reason = r.reason, receipt_at = r.occurred_at
        FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:attempt_ids AS uuid[]),
                    CAST(:states AS text[]), CAST(:reasons AS text[]), CAST(:occurred_ats AS timestamptz[]))
             AS r(company_id, message_id, attempt_id, state, reason, occurred_at)
        WHERE a.company_id = r.company_id AND a.message_id = r.message_id AND a.id = r.attempt_id
          AND a.receipt_state IS NULL
        RETURNING a.company_id, a.message_id, a.id AS attempt_id, a.channel, a.carrier
    )
    SELECT a.*, m.status AS message_status
    FROM applied a
    JOIN messages m ON m.company_id = a.company_id AND m.id = a.message_id
""")

_READ = text(f"""
    UPDATE messages m SET read_at = r.read_at
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:read_ats AS timestamptz[]))
         AS r(company_id, message_id, read_at)
    WHERE m.company_id = r.company_id AND m.id = r.message_id AND m.read_at IS NULL
    RETURNING m.company_id, m.campaign_id, {SEQUENCE} AS sequence
""")  # noqa: S608

_SETTLE = text("UPDATE receipts SET applied_at = clock_timestamp() WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class AppliedReceipt:
    """A message's deciding receipt, for its workflow."""

    company_id: UUID
    message_id: UUID
    attempt_id: UUID
    notice: ReceiptNotice


async def match_waiting_receipts(
    session: AsyncSession, carrier_message_ids: Sequence[str], counters: CounterChanges
) -> list[AppliedReceipt]:
    """Apply the reports that came before the submits with these ids were on record."""
    if not carrier_message_ids:
        return []
    rows = (await session.execute(_MATCH_WAITING, {"ids": list(carrier_message_ids)})).all()
    return await apply_receipts(session, rows, counters)


async def apply_receipts(
    session: AsyncSession, rows: Sequence[Row[Any]], counters: CounterChanges
) -> list[AppliedReceipt]:
    """Carry matched reports over to segments, attempts and messages.

    Reports that leave nothing for the workflow to do (read, not deciding, message closed) are settled
    here; the others are settled when their message is closed.
    """
    if not rows:
        return []
    # PostgreSQL returns updated rows in any order; what came first counts.
    rows = sorted(rows, key=lambda row: (row.received_at, row.id))
    deciding = _first_deciding(rows)
    applied = await _apply_deciding(session, deciding) if deciding else []
    # Attempts before messages, as whoever closes or records locks them.
    await _apply_reads(session, rows, counters)
    expecting = {receipt.message_id for receipt in applied}
    settled = [row.id for row in rows if row.message_id not in expecting]
    await session.execute(_SETTLE, {"ids": settled})
    return applied


async def _apply_reads(session: AsyncSession, rows: Iterable[Row[Any]], counters: CounterChanges) -> None:
    reads: dict[UUID, Row[Any]] = {}
    for row in rows:
        if row.state == ReceiptState.READ:
            reads.setdefault(row.message_id, row)
    if not reads:
        return
    updated = await session.execute(
        _READ,
        {
            "company_ids": [row.company_id for row in reads.values()],
            "message_ids": list(reads),
            "read_ats": [row.occurred_at or row.received_at for row in reads.values()],
        },
    )
    for row in updated:
        counters.add((row.company_id, row.campaign_id), "read", sequence=row.sequence)


def _first_deciding(rows: Iterable[Row[Any]]) -> list[tuple[Row[Any], ReceiptState]]:
    """One report per segment, the first that decides."""
    first: dict[tuple[UUID, int], tuple[Row[Any], ReceiptState]] = {}
    for row in rows:
        state = decided_by(Channel(row.channel), ReceiptState(row.state))
        if state is not None:
            first.setdefault((row.attempt_id, row.segment), (row, state))
    return list(first.values())


async def _apply_deciding(
    session: AsyncSession, deciding: Sequence[tuple[Row[Any], ReceiptState]]
) -> list[AppliedReceipt]:
    keys = {
        "company_ids": [row.company_id for row, _ in deciding],
        "message_ids": [row.message_id for row, _ in deciding],
        "attempt_ids": [row.attempt_id for row, _ in deciding],
    }
    await session.execute(_LOCK_ATTEMPTS, keys)
    await session.execute(
        _APPLY_TO_SEGMENTS,
        keys
        | {
            "segments": [row.segment for row, _ in deciding],
            "states": [state.value for _, state in deciding],
            "reasons": [row.reason for row, _ in deciding],
            "occurred_ats": [row.occurred_at or row.received_at for row, _ in deciding],
        },
    )
    segments: dict[UUID, list[SegmentReceipt]] = {}
    for row in await session.execute(_SEGMENTS_OF, keys):
        segments.setdefault(row.attempt_id, []).append(_segment_receipt(row))
    decided = {attempt: combine_receipts(received) for attempt, received in segments.items()}
    return await _apply_to_attempts(session, {row.attempt_id: row for row, _ in deciding}, decided)


def _segment_receipt(row: Row[Any]) -> SegmentReceipt:
    return SegmentReceipt(
        ReceiptState(row.receipt_state) if row.receipt_state else None,
        StatusReason(row.receipt_reason) if row.receipt_reason else None,
        row.receipt_at,
    )


async def _apply_to_attempts(
    session: AsyncSession, rows_of: dict[UUID, Row[Any]], decided: dict[UUID, SegmentReceipt | None]
) -> list[AppliedReceipt]:
    final = {attempt: receipt for attempt, receipt in decided.items() if receipt and receipt.state}
    if not final:
        return []
    rows = await session.execute(
        _APPLY_TO_ATTEMPTS,
        {
            "company_ids": [rows_of[attempt].company_id for attempt in final],
            "message_ids": [rows_of[attempt].message_id for attempt in final],
            "attempt_ids": list(final),
            "states": [receipt.state for receipt in final.values()],
            "reasons": [receipt.reason for receipt in final.values()],
            "occurred_ats": [receipt.occurred_at for receipt in final.values()],
        },
    )
    return [
        AppliedReceipt(row.company_id, row.message_id, row.attempt_id, _notice(row, final[row.attempt_id]))
        for row in rows
        if not MessageStatus(row.message_status).is_final
    ]


def _notice(row: Row[Any], receipt: SegmentReceipt) -> ReceiptNotice:
    if receipt.state is None:
        raise ValueError("an outstanding receipt decides nothing")
    return ReceiptNotice(
        Channel(row.channel), Carrier(row.carrier), receipt.state, receipt.reason, receipt.occurred_at
    )
