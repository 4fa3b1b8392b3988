"""The end of a message: final status, times, charge and counters in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import Charge, delivery_charge
from domain.carriers import Carrier, Channel
from domain.delivery import MessageClosing
from domain.follow_ups import FIRST_MESSAGE, FollowUpTrigger
from domain.messages import MessageStatus
from domain.number_spacing import SPACING_OF_CARRIER
from services.campaign_counters import CounterChanges
from services.follow_ups import SEQUENCE
from services.lanes import release_number
from services.second_messages import MessageKey, create_second_messages

_CLOSE = text(f"""
    UPDATE messages m
    SET status = r.status, reason = r.reason, channel = coalesce(r.channel, m.channel),
        -- Whoever was asked last and said "not mine" is not the carrier of the message (S-4, S-5).
        carrier = CASE WHEN r.status = 'carrier_undetermined' OR r.reason = 'other_carrier' THEN NULL
                       ELSE coalesce(r.carrier, m.carrier) END,
        fallback_reason = r.fallback_reason,
        -- Carriers' times have whole seconds or minutes; no message arrives before it is sent.
        delivered_at = CASE WHEN r.delivered_at < a.ended_at THEN a.ended_at ELSE r.delivered_at END,
        -- A submit whose answer was lost left no trace on the message; a late +Message replaces the SMS's.
        parts = CASE WHEN a.state IN ('accepted', 'unknown') THEN a.parts ELSE m.parts END,
        submitted_at = coalesce(m.submitted_at,
                                CASE WHEN a.state IN ('accepted', 'unknown') THEN a.ended_at END),
        closed_at = clock_timestamp()
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:statuses AS text[]),
                CAST(:reasons AS text[]), CAST(:channels AS text[]), CAST(:carriers AS text[]),
                CAST(:fallback_reasons AS text[]), CAST(:delivered_ats AS timestamptz[]))
         AS r(company_id, message_id, status, reason, channel, carrier, fallback_reason, delivered_at)
    LEFT JOIN submit_attempts a ON a.company_id = r.company_id AND a.message_id = r.message_id
        AND a.channel = r.channel AND a.carrier = r.carrier AND a.number = 1
    WHERE m.company_id = r.company_id AND m.id = r.message_id
      AND m.status IN ('accepted', 'sending', 'sent')
    RETURNING m.company_id, m.id, m.campaign_id, m.status, m.channel, m.carrier, m.phone_number,
              m.delivered_at, a.parts,
              -- An SMS that went from carrier to carrier counts where one first accepted it (B-8).
              coalesce((SELECT min(t.ended_at) FROM submit_attempts t
                        WHERE t.company_id = m.company_id AND t.message_id = m.id AND t.channel = 'sms'
                          AND r.channel = 'sms' AND t.state IN ('accepted', 'unknown')),
                       a.ended_at, m.submitted_at) AS submitted_at,
              old.submitted_at IS NULL AND m.submitted_at IS NOT NULL AS is_first_submit,
              {SEQUENCE} AS sequence,
              (SELECT f.trigger FROM follow_ups f
               WHERE f.company_id = m.company_id AND f.campaign_id = m.campaign_id) AS follow_up_trigger
""")  # noqa: S608

# In one order, whatever the batch's and the plan's: an UPDATE locks its rows as it finds them.
_LOCK = text("""
    SELECT
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS r(company_id, message_id)
    JOIN messages m ON m.company_id = r.company_id AND m.id = r.message_id
    ORDER BY m.id
    FOR NO KEY UPDATE OF m
""")

_CHARGE = text("""
    INSERT INTO billing_entries (company_id, message_id, charge_kind, channel, parts, usage_month)
    VALUES (:company_id, :message_id, :charge_kind, :channel, :parts, :usage_month)
    ON CONFLICT (company_id, message_id, charge_kind) DO NOTHING
    RETURNING parts
""")

_SETTLE_RECEIPTS = text("""
    UPDATE receipts SET applied_at = clock_timestamp()
    WHERE company_id = ANY(CAST(:company_ids AS uuid[])) AND message_id = ANY(CAST(:message_ids AS uuid[]))
      AND applied_at IS NULL
""")

_LEARN_CARRIER = text("""
    INSERT INTO known_carriers (phone_number, carrier, delivered_at)
    VALUES (:phone_number, :carrier, :delivered_at)
    ON CONFLICT (phone_number) DO UPDATE
    SET carrier = excluded.carrier, delivered_at = excluded.delivered_at
""")


async def close_messages(session: AsyncSession, closings: Sequence[MessageClosing]) -> list[MessageKey]:
    """End messages, each once: a message that has already ended keeps its status and charge (B-7).

    Returns the second messages that deliveries have set off (P-7), to be started after the commit.
    """
    columns = _columns(closings)
    keys = {key: columns[key] for key in ("company_ids", "message_ids")}
    await session.execute(_LOCK, keys)
    rows = (await session.execute(_CLOSE, columns)).all()
    counters = CounterChanges()
    learned = {closing.message_id for closing in closings if closing.carrier_learned}
    # Numbers in the same order everywhere, so that batches never wait for each other in a circle.
    for row in sorted(rows, key=lambda row: row.phone_number):
        counters.add((row.company_id, row.campaign_id), row.status, sequence=row.sequence)
        if row.is_first_submit:
            counters.add((row.company_id, row.campaign_id), "submitted", sequence=row.sequence)
        if charge := _charge(row):
            await write_charge(session, row, charge, counters)
        await _release_numbers(session, row, was_passed_on=row.id in learned)
        if row.id in learned and row.status == MessageStatus.DELIVERED:
            await session.execute(
                _LEARN_CARRIER,
                {
                    "phone_number": row.phone_number,
                    "carrier": row.carrier,
                    "delivered_at": row.delivered_at,
                },
            )
    await session.execute(_SETTLE_RECEIPTS, keys)
    second_messages = []
    if first := [(row.company_id, row.id) for row in rows if _sets_off_second(row)]:
        second_messages = await create_second_messages(session, first, FollowUpTrigger.DELIVERED, counters)
    await counters.write(session)
    return second_messages


def _sets_off_second(row: Row[Any]) -> bool:
    return bool(
        row.follow_up_trigger == FollowUpTrigger.DELIVERED
        and row.status == MessageStatus.DELIVERED
        and row.sequence == FIRST_MESSAGE
    )


async def _release_numbers(session: AsyncSession, row: Row[Any], *, was_passed_on: bool) -> None:
    """Let the next SMS to the number go, also at carriers that took this one and then said "not mine"."""
    carriers = set(SPACING_OF_CARRIER) if was_passed_on else set()
    if row.channel == Channel.SMS and row.carrier:
        carriers.add(Carrier(row.carrier))
    for carrier in sorted(carriers):
        arrived = row.status == MessageStatus.DELIVERED and carrier == row.carrier
        await release_number(session, carrier, row.phone_number, row.id, arrived=arrived)


async def write_charge(
    session: AsyncSession, row: Row[Any], charge: Charge, counters: CounterChanges
) -> None:
    """Write a charge of the message in ``row``, one of its kind at most.

    ``row``: company_id, id, campaign_id and, for a delivery, sequence.
    """
    written = await session.execute(
        _CHARGE,
        {
            "company_id": row.company_id,
            "message_id": row.id,
            "charge_kind": charge.kind.value,
            "channel": charge.channel,
            "parts": charge.parts,
            "usage_month": charge.usage_month,
        },
    )
    if charge.channel and written.scalar_one_or_none() is not None:
        counters.add((row.company_id, row.campaign_id), "billable_parts", charge.parts, sequence=row.sequence)


def _charge(row: Row[Any]) -> Charge | None:
    if row.status != MessageStatus.DELIVERED:
        return None
    return delivery_charge(
        Channel(row.channel),
        row.parts,
        submitted_at=row.submitted_at,
        delivered_at=row.delivered_at,
    )


def _columns(closings: Sequence[MessageClosing]) -> dict[str, list[Any]]:
    return {
        "company_ids": [c.company_id for c in closings],
        "message_ids": [c.message_id for c in closings],
        "statuses": [c.status.value for c in closings],
        "reasons": [c.reason for c in closings],
        "channels": [c.channel for c in closings],
        "carriers": [c.carrier for c in closings],
        "fallback_reasons": [c.fallback_reason for c in closings],
        "delivered_ats": [c.delivered_at for c in closings],
    }
