"""What strangers may try only so often, and answers whose time tells nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.requests import Request

from domain.rate_limits import LimitKind, address_key
from services.database import NO_COMPANY
from services.rate_limits import give_token_back, take_token
from web.access import database_of, now, remote_address
from web.cookies import settings_of


class TooManyRequests(Exception):
    """Too many tries from one address; ``wait`` is how long the next one has to."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(str(wait))
        self.wait = wait


async def throttle(request: Request, kind: LimitKind) -> None:
    """Count a try of this address; raises ``TooManyRequests``. Comes before any other work (C-4)."""
    async with database_of(request).transaction(NO_COMPANY) as session:
        wait = await take_token(session, kind, address_key(remote_address(request)), now())
    if wait is not None:
        raise TooManyRequests(wait)


async def was_no_try(request: Request, kind: LimitKind) -> None:
    """Take back what ``throttle`` counted: it was no guess."""
    async with database_of(request).transaction(NO_COMPANY) as session:
        await give_token_back(session, kind, address_key(remote_address(request)))


@asynccontextmanager
async def unhurried(request: Request) -> AsyncIterator[None]:
    """Let the block take at least so long that its length says nothing about what was found."""
    loop = asyncio.get_running_loop()
    ready_at = loop.time() + settings_of(request).failure_seconds
    yield
    await asyncio.sleep(max(ready_at - loop.time(), 0))
