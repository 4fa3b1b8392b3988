"""The faults: each takes the place of one function before anybody has imported it."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from domain.billing import Charge
from domain.carrier_exchange import DeliveryReceipt
from domain.delivery import MessageClosing
from domain.messages import MessageStatus
from services import incoming_receipts, message_closing
from services.campaign_counters import CounterChanges
from services.incoming_receipts import StoredReceipts
from services.second_messages import MessageKey

_CHARGED = itertools.count(1)
_EVERY = 5


def everything_unknown() -> None:
    """Whatever a carrier says, messages end as 結果不明."""
    as_it_is = message_closing.close_messages

    async def close(session: AsyncSession, closings: Sequence[MessageClosing]) -> list[MessageKey]:
        return await as_it_is(session, [replace(one, status=MessageStatus.UNKNOWN) for one in closings])

    message_closing.close_messages = close


def receipts_dropped() -> None:
    """Receipts are acknowledged and thrown away."""

    async def store(
        session: AsyncSession, receipts: Sequence[DeliveryReceipt], *, apply: bool = True
    ) -> StoredReceipts:
        return StoredReceipts([], [])

    incoming_receipts.store_receipts = store


def charge_forgotten() -> None:
    """Every fifth charge is not written, and not counted either."""
    as_it_is = message_closing.write_charge

    async def write(session: AsyncSession, row: Row[Any], charge: Charge, counters: CounterChanges) -> None:
        if next(_CHARGED) % _EVERY:
            await as_it_is(session, row, charge, counters)

    message_closing.write_charge = write


BUILDS: dict[str, Callable[[], None]] = {
    build.__name__: build for build in (everything_unknown, receipts_dropped, charge_forgotten)
}


def break_it(name: str) -> None:
    """Put the fault in. Raises ``KeyError`` for one nobody knows."""
    BUILDS[name]()
