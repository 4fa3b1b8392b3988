"""The inbox of carrier reports: committed before the carrier gets its acknowledgement, then applied.

What a report that finds its submit does is in ``services/receipts.py``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    SELECT i.id, i.channel, i.carrier, i.is_strangers, i.carrier_message_id IS NOT NULL AS has_id
    FROM stored JOIN incoming i USING (id)
""")


# What cannot be read is never matched: one row for each text, however often it comes, and no more than so
# many texts a day.
_SET_ASIDE = text("""
    INSERT INTO receipts (channel, carrier, state, raw, times_received, applied_at)
    SELECT channel, carrier, state, raw, times, clock_timestamp()
    FROM unnest(CAST(:channels AS text[]), CAST(:carriers AS text[]), CAST(:states AS text[]),
                CAST(:raws AS text[]), CAST(:times AS int[])) AS r(channel, carrier, state, raw, times)
    WHERE :most > (SELECT count(*) FROM receipts u
                   WHERE u.carrier = r.carrier AND u.channel = r.channel AND u.carrier_message_id IS NULL
                     AND u.received_at > clock_timestamp() - interval '1 day')
       OR EXISTS (SELECT FROM receipts u WHERE u.carrier = r.carrier AND u.channel = r.channel
                  AND u.carrier_message_id IS NULL AND md5(u.raw) = md5(r.raw))
    ON CONFLICT (carrier, channel, md5(raw)) WHERE carrier_message_id IS NULL
    DO UPDATE SET times_received = receipts.times_received + excluded.times_received
    RETURNING id
""")

MOST_UNREADABLE_A_DAY = 1_000
"""Texts of one carrier and channel that are kept of a day; more would fill the disk and tell nothing new."""


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
    """What became of reports: ``applied`` is what the messages' workflows are to be told.

    ``not_kept``: unreadable texts beyond ``MOST_UNREADABLE_A_DAY``.
    """

    applied: list[AppliedReceipt]
    unmatched: list[UnmatchedReceipt]
    not_kept: int = 0


async def store_receipts(
    session: AsyncSession, receipts: Sequence[DeliveryReceipt], *, apply: bool = True
) -> StoredReceipts:
    """Put reports into the inbox and apply those whose submit is known; duplicates vanish.

    When the transaction is committed the carrier may be acknowledged and the messages told. Without ``apply``
    they are left to the sweep, and no row of a message is waited for.
    """
    not_kept = await _set_aside(session, [r for r in receipts if _lookup_id(r) is None])
    readable = [r for r in receipts if _lookup_id(r) is not None]
    stored = await _store(session, readable, apply=apply) if readable else StoredReceipts([], [])
    return replace(stored, not_kept=not_kept)


async def _set_aside(session: AsyncSession, receipts: Sequence[DeliveryReceipt]) -> int:
    # One row a text, whatever state was made out of it: named twice, the statement would fail for all.
    times = Counter((r.channel.value, r.carrier.value, _raw(r)) for r in receipts)
    if not times:
        return 0
    first_states = {(r.channel.value, r.carrier.value, _raw(r)): r.state.value for r in reversed(receipts)}
    states = [first_states[key] for key in times]
    channels, carriers, raws = zip(*times, strict=True)
    kept = await session.execute(
        _SET_ASIDE,
        {
            "channels": list(channels),
            "carriers": list(carriers),
            "states": states,
            "raws": list(raws),
            "times": list(times.values()),
            "most": MOST_UNREADABLE_A_DAY,
        },
    )
    return len(times) - len(kept.all())


async def _store(
    session: AsyncSession, receipts: Sequence[DeliveryReceipt], *, apply: bool
) -> StoredReceipts:
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
            "raws": [_raw(r) for r in receipts],
            "bot_ids": [r.bot_id for r in receipts],
        },
    )
    if not (rows := stored.all()) or not apply:
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


def _raw(receipt: DeliveryReceipt) -> str:
    """PostgreSQL has no NUL in text; a receipt must never be refused for one."""
    return receipt.raw.replace("\x00", "\N{REPLACEMENT CHARACTER}")
