"""The misdelivery check of one message: its question, its answer and its charge (M-1, M-4)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import recycling_check_charge
from domain.carrier_exchange import RecyclingOutcome
from domain.delivery import RecyclingOrder
from services.campaign_counters import CounterChanges
from services.message_closing import write_charge

_LOAD = text("""
    SELECT m.phone_number, c.recycling_reference_on, k.outcome,
           (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date AS today
    FROM messages m
    JOIN campaigns c ON c.company_id = m.company_id AND c.id = m.campaign_id
    LEFT JOIN recycling_checks k ON k.company_id = m.company_id AND k.message_id = m.id
    WHERE m.company_id = :company_id AND m.id = :message_id
""")

_RECORD = text("""
    WITH checked AS (
        INSERT INTO recycling_checks (company_id, message_id, outcome, carrier_code)
        VALUES (:company_id, :message_id, :outcome, :carrier_code)
        ON CONFLICT (company_id, message_id) DO NOTHING
        RETURNING company_id, message_id, checked_at
    )
    SELECT k.company_id, k.message_id AS id, m.campaign_id, k.checked_at
    FROM checked k JOIN messages m ON m.company_id = k.company_id AND m.id = k.message_id
""")


@dataclass(frozen=True, slots=True)
class RecyclingQuestion:
    """What to ask, on which day in Japan; ``outcome`` when it has been answered before."""

    phone_number: str
    reference_on: date | None
    outcome: RecyclingOutcome | None
    today: date


async def load_recycling_question(session: AsyncSession, order: RecyclingOrder) -> RecyclingQuestion:
    """Return the number and the campaign's reference date."""
    key = {"company_id": order.company_id, "message_id": order.message_id}
    row = (await session.execute(_LOAD, key)).one()
    outcome = RecyclingOutcome(row.outcome) if row.outcome else None
    return RecyclingQuestion(row.phone_number, row.recycling_reference_on, outcome, row.today)


async def record_recycling_check(
    session: AsyncSession, order: RecyclingOrder, outcome: RecyclingOutcome, carrier_code: str | None
) -> None:
    """Put the answer on record with its charge; an answered check is charged, a failed one is not (M-4)."""
    row = (
        await session.execute(
            _RECORD,
            {
                "company_id": order.company_id,
                "message_id": order.message_id,
                "outcome": outcome.value,
                "carrier_code": carrier_code,
            },
        )
    ).one_or_none()
    if row is None or outcome is RecyclingOutcome.LOOKUP_FAILED:
        return
    counters = CounterChanges()
    await write_charge(session, row, recycling_check_charge(row.checked_at), counters)
