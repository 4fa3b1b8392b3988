"""The links: all on one page, and one by one with its processes."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.links import Link
from domain.operator_permissions import OperatorPermission
from services.database import NO_COMPANY
from services.links import LinkNotFound
from web.access import database_of, now
from web.operator.access import SignedInOperator, link_queues_of, requires_operator
from web.operator.link_rows import LinkRow, link_rows, poll_after_ms
from web.pages import page
from web.wording.operators import LINK_CONDITION_MEANINGS, link_detail

router = APIRouter()
Viewer = Annotated[SignedInOperator, Depends(requires_operator(OperatorPermission.VIEW_LINKS))]
# A page that refreshes itself must not keep an abandoned screen signed in.
Watcher = Annotated[
    SignedInOperator, Depends(requires_operator(OperatorPermission.VIEW_LINKS, is_activity=False))
]


@router.get("/operator/links")
async def show_links(request: Request, viewer: Viewer) -> Response:
    """All links, the ones somebody should look at named first."""
    return await _show_links(request)


@router.get("/operator/links/state")
async def show_links_state(request: Request, viewer: Watcher) -> Response:
    """The part of the page that changes."""
    return await _show_links(request, block="state")


@router.get("/operator/links/{link}")
async def show_link(request: Request, link: Link, viewer: Viewer) -> Response:
    """One link with the processes that hold it."""
    return await _show_link(request, link)


@router.get("/operator/links/{link}/state")
async def show_link_state(request: Request, link: Link, viewer: Watcher) -> Response:
    """The part of the page that changes."""
    return await _show_link(request, link, block="state")


async def link_row(request: Request, link: Link) -> LinkRow:
    """Return one link as it is now. Raises ``LinkNotFound``."""
    queues = await link_queues_of(request).states()
    async with database_of(request).transaction(NO_COMPANY) as session:
        rows = await link_rows(session, queues)
    row = next((row for row in rows if row.link is link), None)
    if row is None:
        raise LinkNotFound(link.value)
    return row


async def _show_links(request: Request, block: str | None = None) -> Response:
    begun = time.perf_counter()
    # Temporal is asked before the transaction: no connection is held while it thinks.
    queues = await link_queues_of(request).states()
    async with database_of(request).transaction(NO_COMPANY) as session:
        rows = await link_rows(session, queues)
    return page(
        request,
        "operator/links.html",
        block=block,
        rows=rows,
        attention=[row for row in rows if row.summary.condition.needs_attention or row.stale],
        stopped=[row for row in rows if row.wanted.is_stopped],
        asks_temporal=bool(queues),
        now=now(),
        poll_after_ms=poll_after_ms((time.perf_counter() - begun) * 1000),
    )


async def _show_link(request: Request, link: Link, block: str | None = None) -> Response:
    begun = time.perf_counter()
    row = await link_row(request, link)
    return page(
        request,
        "operator/link.html",
        block=block,
        row=row,
        meaning=LINK_CONDITION_MEANINGS[row.summary.condition],
        link_detail=link_detail,
        now=now(),
        poll_after_ms=poll_after_ms((time.perf_counter() - begun) * 1000),
    )
