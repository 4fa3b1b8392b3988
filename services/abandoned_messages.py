"""Messages nobody will carry on any more: those whose workflow was ended from outside."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carriers import Carrier, Channel
from domain.delivery import MessageClosing
from domain.delivery_policy import Ending, ending_of_receipt
from domain.messages import MessageStatus, StatusReason
from services.message_closing import close_messages
from services.receipts_on_record import lock_receipts, notice_on_record
from services.second_messages import MessageKey

_OPEN = text("""
    SELECT m.company_id, m.id, a.channel, a.carrier, a.state, a.receipt_state, a.receipt_reason, a.receipt_at,
           clock_timestamp() AS now
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS w(company_id, message_id)
    JOIN messages m ON m.company_id = w.company_id AND m.id = w.message_id
    LEFT JOIN LATERAL (
        SELECT * FROM submit_attempts t
        WHERE company_id = m.company_id AND message_id = m.id
          AND (state IN ('accepted', 'unknown', 'in_flight') OR EXISTS (
              SELECT FROM submit_segments s
              WHERE s.company_id = t.company_id AND s.message_id = t.message_id AND s.attempt_id = t.id
              AND s.outcome IN ('accepted', 'unknown')))
        -- A delivery counts, whatever else was tried since (B-7); else the newest word.
        ORDER BY (receipt_state = 'delivered') IS TRUE DESC, started_at DESC LIMIT 1
    ) a ON true
    WHERE m.status IN ('accepted', 'sending', 'sent')
    ORDER BY m.company_id, m.id
    FOR UPDATE OF m
""")


async def close_abandoned(
    session: AsyncSession, messages: Sequence[MessageKey]
) -> tuple[list[UUID], list[MessageKey]]:
    """End the messages that are still open.

    Returns their ids, and the second messages that deliveries have set off (P-7), to be started after the
    commit.

    Only for messages whose workflow is known to have ended. What may have left is 結果不明, or what its
    receipt said; what certainly did not leave never will: 取消.
    """
    await lock_receipts(session, messages)
    key = {"company_ids": [company for company, _ in messages], "message_ids": [m for _, m in messages]}
    closings = [_closing(row) for row in await session.execute(_OPEN, key)]
    second_messages = await close_messages(session, closings) if closings else []
    return [closing.message_id for closing in closings], second_messages


def _closing(row: Row[Any]) -> MessageClosing:
    if row.state is None:
        return MessageClosing(row.company_id, row.id, MessageStatus.CANCELLED)
    notice = notice_on_record(row)
    if notice is None:
        ending = Ending(
            MessageStatus.UNKNOWN, StatusReason.NO_RECEIPT, Channel(row.channel), Carrier(row.carrier)
        )
    else:
        ending = ending_of_receipt(notice, row.now)
    return MessageClosing(
        company_id=row.company_id,
        message_id=row.id,
        status=ending.status,
        reason=ending.reason,
        channel=ending.channel,
        carrier=ending.carrier,
        delivered_at=ending.delivered_at,
    )
