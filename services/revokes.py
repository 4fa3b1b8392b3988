"""The request to discard a +Message: what it needs, and its answer on record (R-8, R-9)."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import RevokeOutcome
from domain.delivery import ReceiptNotice, RevokeOrder
from services.receipts_on_record import notice_on_record

_LOAD = text("""
    UPDATE submit_attempts a
    SET revoke_requested_at = CASE WHEN a.receipt_state IS NULL
                                   THEN coalesce(a.revoke_requested_at, clock_timestamp())
                                   ELSE a.revoke_requested_at END
    FROM (SELECT bot_id FROM official_accounts WHERE company_id = :company_id ORDER BY id LIMIT 1) o
    WHERE a.company_id = :company_id AND a.message_id = :message_id AND a.channel = 'rcs'
      AND a.carrier = :carrier AND a.number = 1
    RETURNING o.bot_id, a.revoke_outcome, a.channel, a.carrier, a.receipt_state, a.receipt_reason,
      a.receipt_at,
      (SELECT carrier_message_id FROM submit_segments s
       WHERE s.company_id = a.company_id AND s.message_id = a.message_id AND s.attempt_id = a.id
         AND s.segment = 1) AS carrier_message_id
""")

_RECORD = text("""
    UPDATE submit_attempts SET revoke_outcome = :outcome
    WHERE company_id = :company_id AND message_id = :message_id AND channel = 'rcs'
      AND carrier = :carrier AND number = 1 AND revoke_outcome IS NULL
""")


@dataclass(frozen=True, slots=True)
class Revoke:
    """What to revoke; ``outcome`` when the carrier has answered before, ``receipt`` when it has decided."""

    bot_id: str
    carrier_message_id: str | None
    outcome: RevokeOutcome | None
    receipt: ReceiptNotice | None = None


async def load_revoke(session: AsyncSession, order: RevokeOrder) -> Revoke:
    """Note that a revoke was asked for and return what it needs; what is decided is not revoked any more."""
    row = (
        await session.execute(
            _LOAD,
            {"company_id": order.company_id, "message_id": order.message_id, "carrier": order.carrier.value},
        )
    ).one()
    outcome = RevokeOutcome(row.revoke_outcome) if row.revoke_outcome else None
    return Revoke(row.bot_id, row.carrier_message_id, outcome, notice_on_record(row))


async def record_revoke(session: AsyncSession, order: RevokeOrder, outcome: RevokeOutcome) -> None:
    """Put the carrier's answer on record; the first one stands."""
    await session.execute(
        _RECORD,
        {
            "company_id": order.company_id,
            "message_id": order.message_id,
            "carrier": order.carrier.value,
            "outcome": outcome.value,
        },
    )
