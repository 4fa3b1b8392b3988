"""What carriers have said of a message already, read where its end or its next step is decided (I2, B-7).

A workflow is told of receipts by signals, and signals can be late. The attempts' rows are locked as in
``services/receipts.py``: a receipt is either seen here, or finds the message as it was left here.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import MessageClosing, ReceiptNotice
from domain.delivery_policy import overruling
from domain.messages import MessageStatus, StatusReason

_LOCK = text("""
    SELECT a.message_id, a.channel, a.carrier, a.receipt_state, a.receipt_reason, a.receipt_at, m.status
    FROM unnest(CAST(:company_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS r(company_id, message_id)
    JOIN submit_attempts a ON a.company_id = r.company_id AND a.message_id = r.message_id
    JOIN messages m ON m.company_id = r.company_id AND m.id = r.message_id
    ORDER BY a.id
    FOR NO KEY UPDATE OF a
""")


def notice_on_record(row: Row[Any]) -> ReceiptNotice | None:
    """Return what an attempt's row says of its receipt; ``None`` while there is none."""
    if row.receipt_state is None:
        return None
    return ReceiptNotice(
        Channel(row.channel),
        Carrier(row.carrier),
        ReceiptState(row.receipt_state),
        StatusReason(row.receipt_reason) if row.receipt_reason else None,
        row.receipt_at,
    )


async def lock_receipts(
    session: AsyncSession, messages: Sequence[tuple[UUID, UUID]]
) -> dict[UUID, list[ReceiptNotice]]:
    """Return the deciding receipts of open messages, by message id; no further one comes in this transaction.

    ``messages``: (company id, message id).
    """
    keys = {"company_ids": [company for company, _ in messages], "message_ids": [m for _, m in messages]}
    found: dict[UUID, list[ReceiptNotice]] = {}
    for row in await session.execute(_LOCK, keys):
        notice = notice_on_record(row)
        if notice is not None and not MessageStatus(row.status).is_final:
            found.setdefault(row.message_id, []).append(notice)
    return found


async def overruled(session: AsyncSession, closings: Sequence[MessageClosing]) -> dict[UUID, ReceiptNotice]:
    """Return, by message id, the receipts that forbid open messages to end as ``closings`` say."""
    doubtful = [closing for closing in closings if closing.status is not MessageStatus.DELIVERED]
    if not doubtful:
        return {}
    receipts = await lock_receipts(session, [(c.company_id, c.message_id) for c in doubtful])
    words = ((c.message_id, overruling(c, receipts.get(c.message_id, []))) for c in doubtful)
    return {message_id: word for message_id, word in words if word is not None}
