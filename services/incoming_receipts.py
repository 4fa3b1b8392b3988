"""The inbox of carrier reports: committed before the carrier gets its acknowledgement, then applied.

What a report that finds its submit does is in ``services/receipts.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import LONGEST_MESSAGE_ID, DeliveryReceipt
from domain.carriers import Carrier, Channel
from services.campaign_counters import CounterChanges
from services.company_lookups import enter_companies_of_receipts
from services.receipts import MATCH_STORED, AppliedReceipt, apply_receipts

_STORE = text("""
    WITH given AS MATERIALIZED (
        -- Ids grow in the order given, before a join can change it: of conflicting reports the first counts.
        SELECT uuidv7() AS id, r.*
        FROM unnest(CAST(:channels AS text[]), CAST(:carriers AS text[]),
            CAST(:carrier_message_ids AS text[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
            CAST(:carrier_codes AS text[]), CAST(:occurred_ats AS timestamptz[]),
            CAST(:phone_numbers AS text[]), CAST(:raws AS text[]), CAST(:bot_ids AS text[]))
             AS r(channel, carrier, carrier_message_id, state, reason, carrier_code, occurred_at,
                  phone_number, raw, bot_id)
    ), incoming AS MATERIALIZED (
        -- The official account that a +Message platform names says whose message it can be, and whose not.
        SELECT r.*, o.company_id,
               o.company_id IS NOT NULL AND EXISTS (
                   SELECT FROM submit_segments s
                   WHERE s.carrier_message_id = r.carrier_message_id AND s.carrier = r.carrier
                     AND s.channel = r.channel AND s.company_id <> o.company_id) AS is_strangers
        FROM given r
        LEFT JOIN official_accounts o ON o.bot_id = r.bot_id
    ), stored AS (
        INSERT INTO receipts
            (id, channel, carrier, carrier_message_id, state, reason, carrier_code, occurred_at, phone_number,
             raw, company_id, applied_at)
        -- Without an id it can never be matched: there is nothing left to do for it. A stranger's is stored
        -- without its own, or it would stand in the way of the real one.
        SELECT id, channel, carrier, CASE WHEN NOT is_strangers THEN carrier_message_id END, state, reason,
               carrier_code, occurred_at, phone_number, raw, company_id,
               CASE WHEN carrier_message_id IS NULL OR is_strangers THEN clock_timestamp() END
        FROM incoming ORDER BY id
        ON CONFLICT (carrier_message_id, carrier, channel, state) DO NOTHING
        RETURNING id
    )
    SELECT i.id, i.channel, i.carrier, i.is_strangers, i.carrier_message_id IS NOT NULL AS has_id
    FROM stored JOIN incoming i USING (id)
""")


@dataclass(frozen=True, slots=True)
class UnmatchedReceipt:
    """A report in the inbox that belongs to no submit on record.

    Usually its submit's answer is on its way. ``is_strangers``: it names another company's official account
    than the message it is about was sent from; it is kept and never applied.
    """

    receipt_id: UUID
    channel: Channel
    carrier: Carrier
    is_strangers: bool


@dataclass(frozen=True, slots=True)
class StoredReceipts:
    """What became of reports: ``applied`` is what the messages' workflows are to be told."""

    applied: list[AppliedReceipt]
    unmatched: list[UnmatchedReceipt]


async def store_receipts(session: AsyncSession, receipts: Sequence[DeliveryReceipt]) -> StoredReceipts:
    """Put reports into the inbox and apply those whose submit is known; duplicates vanish.

    When the transaction is committed the carrier may be acknowledged and the messages told.
    """
    await enter_companies_of_receipts(session, receipts)
    stored = await session.execute(
        _STORE,
        {
            "channels": [r.channel.value for r in receipts],
            "carriers": [r.carrier.value for r in receipts],
            "carrier_message_ids": [_lookup_id(r) for r in receipts],
            "states": [r.state.value for r in receipts],
            "reasons": [r.reason for r in receipts],
            "carrier_codes": [r.carrier_code for r in receipts],
            "occurred_ats": [r.occurred_at for r in receipts],
            "phone_numbers": [r.phone_number for r in receipts],
            # PostgreSQL has no NUL in text; a receipt must never be refused for one.
            "raws": [r.raw.replace("\x00", "\N{REPLACEMENT CHARACTER}") for r in receipts],
            "bot_ids": [r.bot_id for r in receipts],
        },
    )
    if not (rows := stored.all()):
        return StoredReceipts([], [])
    counters = CounterChanges()
    matched = (await session.execute(MATCH_STORED, {"ids": [row.id for row in rows]})).all()
    applied = await apply_receipts(session, matched, counters)
    await counters.write(session)
    known = {row.id for row in matched}
    unmatched = [
        UnmatchedReceipt(row.id, Channel(row.channel), Carrier(row.carrier), row.is_strangers)
        for row in rows
        if row.has_id and row.id not in known
    ]
    return StoredReceipts(applied, unmatched)


def _lookup_id(receipt: DeliveryReceipt) -> str | None:
    """An id too long for an index was never given out by a carrier; it is in ``raw``."""
    message_id = receipt.carrier_message_id
    return message_id if message_id and len(message_id) <= LONGEST_MESSAGE_ID else None
