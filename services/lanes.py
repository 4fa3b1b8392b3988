"""Slots in time: a company's hourly capacity and the pause an au number needs after an SMS."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carriers import Carrier
from domain.number_spacing import SPACING_OF_CARRIER
from services.contracts import NoValidContract

_RESERVE_COMPANY = text("""
    WITH contract AS (
        SELECT hourly_capacity FROM contracts
        WHERE company_id = :company_id AND valid_from <= (now() AT TIME ZONE 'Asia/Tokyo')::date
        ORDER BY valid_from DESC LIMIT 1
    ), step AS (
        -- Rounded up to the microsecond: rounded down, an hour would hold one message too many.
        SELECT make_interval(secs => ceil(3600000000.0 / hourly_capacity) / 1000000) AS gap FROM contract
    )
    INSERT INTO company_lanes AS lane (company_id, next_at)
    SELECT :company_id, clock_timestamp() + :count * gap FROM step
    ON CONFLICT (company_id) DO UPDATE
    SET next_at = greatest(lane.next_at, clock_timestamp()) + (SELECT :count * gap FROM step)
    RETURNING next_at, (SELECT gap FROM step) AS gap, clock_timestamp() AS now
""")

_HOLD_NUMBER = text("""
    INSERT INTO number_lanes AS lane (carrier, phone_number, free_at, message_id, pause)
    VALUES (:carrier, :phone_number, clock_timestamp() + :pause, :message_id, :pause)
    ON CONFLICT (carrier, phone_number) DO UPDATE
    SET free_at = excluded.free_at, message_id = excluded.message_id, pause = excluded.pause
    WHERE lane.message_id = excluded.message_id
       OR (lane.message_id IS NULL AND lane.free_at <= clock_timestamp())
       OR lane.free_at + :unresolved <= clock_timestamp()
    RETURNING true
""")

_NUMBER_FREE_AT = text("""
    SELECT CASE WHEN message_id IS NULL THEN free_at ELSE clock_timestamp() + :pause END - clock_timestamp()
    FROM number_lanes WHERE carrier = :carrier AND phone_number = :phone_number
""")

_RELEASE_NUMBER = text("""
    UPDATE number_lanes
    SET message_id = NULL,
        free_at = clock_timestamp() + CASE WHEN :arrived THEN coalesce(pause, :pause) ELSE interval '0' END
    WHERE carrier = :carrier AND phone_number = :phone_number AND message_id = :message_id
""")


@dataclass(frozen=True, slots=True)
class SlotRange:
    """``count`` slots from ``first``, ``gap`` apart; ``now`` is the database's clock at the reservation."""

    first: datetime
    gap: timedelta
    now: datetime

    def slot(self, index: int) -> datetime:
        """Return the time of one of the slots (0-based)."""
        return self.first + index * self.gap


async def reserve_company_slots(session: AsyncSession, company_id: UUID, count: int) -> SlotRange:
    """Take the next ``count`` slots of the company's lane (S-7, R-11).

    One statement on one row: every sender of the company queues here, so that no rolling hour holds
    more than the contract's capacity. Raises ``NoValidContract``.
    """
    parameters = {"company_id": company_id, "count": count}
    row = (await session.execute(_RESERVE_COMPANY, parameters)).one_or_none()
    if row is None:
        raise NoValidContract(f"company {company_id}")
    return SlotRange(row.next_at - count * row.gap, row.gap, row.now)


async def hold_number(
    session: AsyncSession,
    carrier: Carrier,
    phone_number: str,
    message_id: UUID,
    pause: timedelta | None = None,
) -> timedelta | None:
    """Reserve a number for one SMS (S-8). Return ``None`` when it may go now, else how long to wait.

    ``pause`` after its arrival, if not the rule's own.
    """
    rule = SPACING_OF_CARRIER.get(carrier)
    if rule is None:
        return None
    key: Mapping[str, object] = {
        "carrier": carrier,
        "phone_number": phone_number,
        "pause": pause or rule.pause,
    }
    held = await session.execute(
        _HOLD_NUMBER, {**key, "message_id": message_id, "unresolved": rule.unresolved_after}
    )
    if held.scalar_one_or_none():
        return None
    wait = (await session.execute(_NUMBER_FREE_AT, key)).scalar_one_or_none()
    return max(wait or timedelta(0), timedelta(seconds=1))


async def release_number(
    session: AsyncSession, carrier: Carrier, phone_number: str, message_id: UUID, *, arrived: bool
) -> None:
    """Let the next SMS to the number go: after the pause when this one arrived, at once when it did not."""
    rule = SPACING_OF_CARRIER.get(carrier)
    if rule is None:
        return
    await session.execute(
        _RELEASE_NUMBER,
        {
            "carrier": carrier,
            "phone_number": phone_number,
            "message_id": message_id,
            "arrived": arrived,
            "pause": rule.pause,
        },
    )
