"""What was committed but not carried on: campaigns without a workflow, receipts not applied.

Every sweep is safe to run at any time and from several processes: it only repeats what repeating
does not change.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice
from domain.messages import StatusReason
from services.campaign_counters import CounterChanges
from services.receipt_likeness import match_alike_receipts
from services.receipts import AppliedReceipt, match_waiting_receipts

# A receipt usually finds its submit within milliseconds; the sweep looks after those that did not.
RECEIPT_IS_LATE_AFTER = timedelta(seconds=5)
# Before a receipt is taken for that of a submit whose answer was lost, the answer gets this long.
ADOPT_AFTER = timedelta(seconds=60)
# Carriers hold messages for 14 days at most; what no submit claimed by then never will be.
FORGET_AFTER = timedelta(days=15)
# A campaign whose time has passed by so much has not heard of an edit: its workflow waits for an older time.
OVERDUE_AFTER = timedelta(seconds=5)
BATCH = 500

_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(7205, hashtext(:sweep))")

_OPEN_CAMPAIGNS = text("""
    SELECT company_id, id FROM campaigns
    WHERE status = 'registered' OR (status = 'sending' AND fed_at IS NULL)
    -- The most urgent first: hundreds of sends scheduled for next month keep none waiting that is due.
    ORDER BY coalesce(send_at, registered_at) LIMIT :batch
""")

_OVERDUE = text("""
    SELECT id FROM campaigns
    WHERE status = 'registered' AND clock_timestamp() - :overdue >
        CASE WHEN frozen_at IS NULL THEN greatest(send_at - :freeze_lead, registered_at)
             ELSE coalesce(send_at, registered_at) END
    ORDER BY send_at LIMIT :batch
""")

_UNMATCHED = text("""
    SELECT r.carrier_message_id, s.company_id FROM receipts r
    -- However many belong to nobody, they do not crowd out those that do.
    JOIN submit_segments s ON s.carrier_message_id = r.carrier_message_id
        AND s.carrier = r.carrier AND s.channel = r.channel
        AND (r.company_id IS NULL OR r.company_id = s.company_id)
    WHERE r.applied_at IS NULL AND r.message_id IS NULL AND r.received_at < clock_timestamp() - :late
    ORDER BY r.received_at LIMIT :batch
""")

# A receipt nobody claims goes to the one submit to that number, at that carrier, whose answer was lost.
# A submit in flight may be the one as well. Which of its segments a receipt is for does not matter:
# delivered is a message when all of them are.
_ADOPT = text("""
    WITH candidate AS (
        SELECT r.carrier_message_id, s.company_id, s.message_id, s.attempt_id, s.segment,
               min(a.id::text) OVER of_receipt = max(a.id::text) OVER of_receipt AS is_only,
               dense_rank() OVER (PARTITION BY a.id ORDER BY s.segment) AS place,
               dense_rank() OVER (PARTITION BY a.id ORDER BY r.carrier_message_id) AS turn
        FROM receipts r
        JOIN messages m ON m.phone_number = r.phone_number
            AND (r.company_id IS NULL OR r.company_id = m.company_id)
        JOIN submit_attempts a ON a.company_id = m.company_id AND a.message_id = m.id
            AND a.channel = r.channel AND a.carrier = r.carrier AND a.state IN ('unknown', 'in_flight')
            AND a.started_at BETWEEN r.received_at - interval '72 hours' AND r.received_at
        LEFT JOIN submit_segments s ON s.company_id = a.company_id AND s.message_id = a.message_id
            AND s.attempt_id = a.id AND s.outcome = 'unknown' AND s.carrier_message_id IS NULL
        WHERE r.applied_at IS NULL AND r.message_id IS NULL AND r.carrier_message_id IS NOT NULL
          AND r.received_at < clock_timestamp() - :adopt_after
          AND (s.segment IS NOT NULL OR a.state = 'in_flight')
          AND NOT EXISTS (SELECT FROM submit_segments t WHERE t.carrier_message_id = r.carrier_message_id
                          AND t.carrier = r.carrier AND t.channel = r.channel)
        WINDOW of_receipt AS (PARTITION BY r.id)
    )
    UPDATE submit_segments s SET carrier_message_id = c.carrier_message_id
    FROM candidate c
    WHERE c.is_only AND c.place = c.turn
      AND s.company_id = c.company_id AND s.message_id = c.message_id AND s.attempt_id = c.attempt_id
      AND s.segment = c.segment
    RETURNING s.carrier_message_id, s.company_id
""")

_FORGET = text("""
    UPDATE receipts SET applied_at = clock_timestamp()
    WHERE applied_at IS NULL AND message_id IS NULL AND received_at < clock_timestamp() - :forget_after
""")

_OPEN_RECEIPTS = """
    receipts r
    JOIN messages m ON m.company_id = r.company_id AND m.id = r.message_id
    JOIN submit_attempts a ON a.company_id = m.company_id AND a.message_id = m.id
        AND a.channel = r.channel AND a.carrier = r.carrier
"""

# Nothing is left to do once the message is closed, or has gone on to another carrier or channel: it has
# taken the receipt in then, and would be told of it again and again for as long as three days.
_SETTLE_DONE = text(f"""
    UPDATE receipts SET applied_at = clock_timestamp()
    WHERE id IN (
        SELECT r.id FROM {_OPEN_RECEIPTS}
        WHERE r.applied_at IS NULL AND r.received_at < clock_timestamp() - :late
          AND (m.status NOT IN ('accepted', 'sending', 'sent')
               OR (a.receipt_state <> 'delivered'
                   AND EXISTS (SELECT FROM submit_attempts later WHERE later.company_id = a.company_id
                               AND later.message_id = a.message_id AND later.started_at > a.started_at)))
    )
""")  # noqa: S608

_UNSIGNALLED = text(f"""
    SELECT DISTINCT ON (a.id) a.company_id, a.message_id, a.id AS attempt_id, a.channel, a.carrier,
           a.receipt_state, a.receipt_reason, a.receipt_at
    FROM {_OPEN_RECEIPTS}
    WHERE r.applied_at IS NULL AND r.received_at < clock_timestamp() - :late AND a.receipt_state IS NOT NULL
    LIMIT :batch
""")  # noqa: S608


async def is_only_sweeper(session: AsyncSession, sweep: str) -> bool:
    """Take a sweep's turn for this transaction; ``False`` when another process has it."""
    return bool((await session.execute(_TRY_LOCK, {"sweep": sweep})).scalar_one())


async def open_campaigns(session: AsyncSession) -> list[tuple[UUID, UUID]]:
    """Return (company id, campaign id) of campaigns that must have a running workflow."""
    rows = await session.execute(_OPEN_CAMPAIGNS, {"batch": BATCH})
    return [(row.company_id, row.id) for row in rows]


async def overdue_campaigns(session: AsyncSession, freeze_lead: timedelta) -> list[UUID]:
    """Return the ids of campaigns that should have been frozen or begun by now, to be announced again."""
    rows = await session.execute(
        _OVERDUE, {"overdue": OVERDUE_AFTER, "freeze_lead": freeze_lead, "batch": BATCH}
    )
    return list(rows.scalars())


async def match_late_receipts(session: AsyncSession) -> list[AppliedReceipt]:
    """Match receipts that came before their submit, write its id otherwise, or whose answer was lost."""
    applied = await match_other_spellings(session)
    for ids in (await late_receipts(session)).values():
        applied += await apply_late_receipts(session, ids)
    return applied


async def match_other_spellings(session: AsyncSession) -> list[AppliedReceipt]:
    """Match receipts that write their submit's id otherwise; before these can be given to another submit."""
    counters = CounterChanges()
    alike = await match_alike_receipts(session, RECEIPT_IS_LATE_AFTER, counters)
    await counters.write(session)
    return alike


async def late_receipts(session: AsyncSession) -> dict[UUID, list[str]]:
    """Return, by company, the carriers' ids of receipts that came before their submit was on record.

    Those whose submit's answer was lost are given to it first, where number and carrier leave only one.
    """
    rows = [*await session.execute(_UNMATCHED, {"late": RECEIPT_IS_LATE_AFTER, "batch": BATCH})]
    rows += await session.execute(_ADOPT, {"adopt_after": ADOPT_AFTER})
    await session.execute(_FORGET, {"forget_after": FORGET_AFTER})
    of_company: dict[UUID, list[str]] = {}
    for row in rows:
        of_company.setdefault(row.company_id, []).append(row.carrier_message_id)
    return of_company


async def apply_late_receipts(session: AsyncSession, ids: Sequence[str]) -> list[AppliedReceipt]:
    """Apply the receipts with these carriers' ids; a row that somebody holds is waited for."""
    counters = CounterChanges()
    applied = await match_waiting_receipts(session, ids, counters)
    await counters.write(session)
    return applied


async def unsignalled_receipts(session: AsyncSession) -> list[AppliedReceipt]:
    """Return deciding receipts whose message is still open, to be signalled again; settle the others."""
    late = {"late": RECEIPT_IS_LATE_AFTER}
    await session.execute(_SETTLE_DONE, late)
    rows = await session.execute(_UNSIGNALLED, {**late, "batch": BATCH})
    return [
        AppliedReceipt(
            row.company_id,
            row.message_id,
            row.attempt_id,
            ReceiptNotice(
                Channel(row.channel),
                Carrier(row.carrier),
                ReceiptState(row.receipt_state),
                StatusReason(row.receipt_reason) if row.receipt_reason else None,
                row.receipt_at,
            ),
        )
        for row in rows
    ]
