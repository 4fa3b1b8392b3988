"""Messages of end users on their way in: whose they are, what they answer, what follows (P-8, L-1, R-5)."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import InboundMessage
from domain.follow_ups import FollowUpTrigger, ReplyOutcome, is_in_time
from domain.log_months import LOG_PERIOD
from services.campaign_counters import CounterChanges
from services.company_lookups import enter_companies_of_inbound
from services.database import enter_companies
from services.second_messages import MessageKey, create_second_messages

# The first message that last went to the number on this channel, also one that an SMS replaced later.
_ANSWERED = text("""
    SELECT m.company_id, m.id, m.delivered_at, f.valid_for_hours, f.trigger,
           m.second_message_id IS NOT NULL AS has_second
    FROM messages m
    JOIN submit_attempts a ON a.company_id = m.company_id AND a.message_id = m.id
        AND a.channel = :channel AND a.state IN ('in_flight', 'accepted', 'unknown')
    LEFT JOIN follow_ups f ON f.company_id = m.company_id AND f.campaign_id = m.campaign_id
    WHERE m.company_id = ANY(CAST(:company_ids AS uuid[])) AND m.phone_number = :phone_number
      AND m.parent_message_id IS NULL AND a.started_at > clock_timestamp() - :period
    ORDER BY a.started_at DESC, a.id DESC LIMIT 1
""")

# An SMS has no id: the same words from the same number within five to ten minutes count as a repetition
# of the delivery.
_KEY = "CASE WHEN :has_id THEN :key ELSE :key || '/' || {turn} END"
_TURN = "floor(extract(epoch FROM clock_timestamp()) / 300)::bigint"
_STORE = text(f"""
    INSERT INTO inbound_messages (company_id, channel, carrier, carrier_key, phone_number, message_id, text,
                                  postback_data, outcome, occurred_at, received_at)
    SELECT :company_id, :channel, :carrier, {_KEY.format(turn=_TURN)}, :phone_number,
           CAST(:message_id AS uuid), :text, :postback_data, :outcome, :occurred_at, :received_at
    WHERE NOT EXISTS (
        SELECT FROM inbound_messages WHERE company_id = :company_id AND channel = :channel
        AND carrier = :carrier AND carrier_key = {_KEY.format(turn=f"({_TURN} - 1)")}
    )
    ON CONFLICT (company_id, channel, carrier, carrier_key) DO NOTHING
    RETURNING id
""")  # noqa: S608

_CORRECT = text("""
    UPDATE inbound_messages SET outcome = :outcome WHERE company_id = :company_id AND id = :id
""")


@dataclass(frozen=True, slots=True)
class StoredInbound:
    """What was kept of a message: nothing, where ``company_id`` is ``None`` or it ``is_repeated``.

    ``second_messages`` are to be started when the transaction is committed.
    """

    company_id: UUID | None
    inbound_id: UUID | None = None
    outcome: ReplyOutcome | None = None
    second_messages: tuple[MessageKey, ...] = ()

    @property
    def is_repeated(self) -> bool:
        """Whether it had been kept before."""
        return self.company_id is not None and self.inbound_id is None


async def store_inbound(
    session: AsyncSession, message: InboundMessage, now: datetime | None = None
) -> StoredInbound:
    """Keep a message of an end user, once, and make the second message it sets off (P-8).

    The transaction begins without a company: it is found by the account the message was sent to. Of one
    for an account that no company has, or nobody knows which, nothing is kept.
    When the transaction is committed the carrier may be told that it was taken.
    """
    now = now or datetime.now(UTC)
    companies = await enter_companies_of_inbound(session, message)
    if not companies:
        return StoredInbound(None)
    question = {"channel": message.channel.value, "phone_number": message.phone_number, "period": LOG_PERIOD}
    answered = (await session.execute(_ANSWERED, {**question, "company_ids": companies})).one_or_none()
    if answered is None and len(companies) > 1:
        # Companies share the sender and none of them wrote to this number: nobody's, rather than another's.
        return StoredInbound(None)
    company_id: UUID = answered.company_id if answered else companies[0]
    await enter_companies(session, company_id)
    outcome = _outcome(answered, min(message.occurred_at or now, now))
    message_id = answered.id if answered else None
    columns = _columns(message) | {"received_at": now, "outcome": outcome.value, "message_id": message_id}
    inbound_id = (await session.execute(_STORE, columns | {"company_id": company_id})).scalar_one_or_none()
    if inbound_id is None or outcome is not ReplyOutcome.SECOND_MESSAGE or message_id is None:
        return StoredInbound(company_id, inbound_id, outcome)
    counters = CounterChanges()
    made = await create_second_messages(session, [(company_id, message_id)], FollowUpTrigger.REPLY, counters)
    if not made:
        # Another reply of the same person came at the same moment.
        outcome = ReplyOutcome.ALREADY_ANSWERED
        await session.execute(
            _CORRECT, {"company_id": company_id, "id": inbound_id, "outcome": outcome.value}
        )
    await counters.write(session)
    return StoredInbound(company_id, inbound_id, outcome, tuple(made))


def _outcome(answered: Row[Any] | None, replied_at: datetime) -> ReplyOutcome:
    if answered is None:
        return ReplyOutcome.UNMATCHED
    if answered.trigger != FollowUpTrigger.REPLY:
        return ReplyOutcome.NO_FOLLOW_UP
    if answered.has_second:
        return ReplyOutcome.ALREADY_ANSWERED
    if not is_in_time(answered.valid_for_hours, answered.delivered_at, replied_at):
        return ReplyOutcome.TOO_LATE
    return ReplyOutcome.SECOND_MESSAGE


def _columns(message: InboundMessage) -> dict[str, Any]:
    words = (message.phone_number, message.destination or "", message.bot_id or "", message.raw)
    return {
        "channel": message.channel.value,
        "carrier": message.carrier.value,
        "has_id": message.carrier_message_id is not None,
        "key": message.carrier_message_id or hashlib.sha256("\0".join(words).encode()).hexdigest(),
        "phone_number": message.phone_number,
        "text": message.text,
        "postback_data": message.postback_data,
        "occurred_at": message.occurred_at,
    }
