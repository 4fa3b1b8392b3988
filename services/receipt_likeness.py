"""Receipts whose id is written in another way than the submit's answer wrote it.

SMSCs change the case of an id, or write it with and without zeros in front, or in hexadecimal here and in
decimal there. A profile can say so (``submit_id_base``, ``receipt_id_base``); where it does not, it is found
out from what is on record: an id that no submit has, but that is the same number or word as the one id of a
submit to the very handset the receipt is about. Exact ids go first, in ``services/receipts.py``.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.campaign_counters import CounterChanges
from services.receipts import AppliedReceipt, apply_receipts

# Later ones are of nobody's, and would be looked at again and again.
_LOOK_BACK = timedelta(hours=1)


def _folded(column: str) -> str:
    return f"ltrim(lower(btrim({column})), '0')"


def _hexadecimal(column: str) -> str:
    """SQL for a decimal id in hexadecimal, NULL for every other id."""
    return f"CASE WHEN {column} ~ '^[0-9]{{1,18}}$' THEN to_hex(CAST({column} AS bigint)) END"


_OF_SUBMIT, _OF_RECEIPT = "s.carrier_message_id", "r.carrier_message_id"
_MATCH_ALIKE = text(f"""
    WITH waiting AS MATERIALIZED (
        SELECT r.* FROM receipts r
        WHERE r.applied_at IS NULL AND r.message_id IS NULL AND r.phone_number IS NOT NULL
          AND r.received_at BETWEEN clock_timestamp() - :look_back AND clock_timestamp() - :late
          AND {_folded(_OF_RECEIPT)} <> ''
          AND NOT EXISTS (SELECT FROM submit_segments s WHERE s.carrier_message_id = r.carrier_message_id
                          AND s.carrier = r.carrier AND s.channel = r.channel)
    ), alike AS (
        SELECT r.id, s.company_id, s.message_id, s.attempt_id, s.segment,
               count(*) OVER (PARTITION BY r.id) AS candidates
        FROM waiting r
        JOIN messages m ON m.phone_number = r.phone_number
            AND (r.company_id IS NULL OR r.company_id = m.company_id)
        JOIN submit_segments s ON s.company_id = m.company_id AND s.message_id = m.id
            AND s.channel = r.channel AND s.carrier = r.carrier AND s.carrier_message_id IS NOT NULL
        WHERE ({_folded(_OF_SUBMIT)} IN ({_folded(_OF_RECEIPT)}, {_hexadecimal(_OF_RECEIPT)})
               OR {_hexadecimal(_OF_SUBMIT)} = {_folded(_OF_RECEIPT)})
          -- The answer to a submit in flight may have the very id.
          AND NOT EXISTS (
              SELECT FROM messages o JOIN submit_attempts a ON a.company_id = o.company_id
                  AND a.message_id = o.id AND a.channel = r.channel AND a.carrier = r.carrier
              WHERE o.phone_number = r.phone_number AND a.state = 'in_flight')
    )
    UPDATE receipts r
    SET company_id = a.company_id, message_id = a.message_id
    FROM alike a
    WHERE r.id = a.id AND a.candidates = 1
    RETURNING r.id, r.channel, r.carrier, r.state, r.reason, r.occurred_at, r.received_at,
              a.company_id, a.message_id, a.attempt_id, a.segment
""")  # noqa: S608


async def match_alike_receipts(
    session: AsyncSession, late: timedelta, counters: CounterChanges
) -> list[AppliedReceipt]:
    """Apply waiting reports, older than ``late``, whose id is another spelling of one submit's."""
    rows = await session.execute(_MATCH_ALIKE, {"late": late, "look_back": _LOOK_BACK})
    return await apply_receipts(session, rows.all(), counters)
