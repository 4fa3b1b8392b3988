"""Transactions that write mails: once they are committed, the mails are sent."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from services.mails import mails_queued_in
from services.secret_box import SecretBox
from web.access import database_of, delivery_of


def secret_box_of(request: Request) -> SecretBox:
    """Return what seals secrets."""
    box: SecretBox = request.app.state.secret_box
    return box


@asynccontextmanager
async def changing(request: Request, companies: UUID | Collection[UUID]) -> AsyncIterator[AsyncSession]:
    """A transaction of these companies; mails it wrote start after the commit, and nobody waits for that.

    Not waiting is part of the same answer for everybody: only accounts that exist get mails (C-3).
    """
    async with database_of(request).transaction(companies) as session:
        yield session
    delivery, background = delivery_of(request), request.app.state.background
    for order in mails_queued_in(session):
        task = asyncio.ensure_future(delivery.start_mail(order))
        background.add(task)
        task.add_done_callback(background.discard)
