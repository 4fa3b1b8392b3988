"""Taking a scheduled or running campaign back: first what it means, then the deed (P-3)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import Permission
from services.campaign_cancel import CampaignNotCancellable, cancel_campaign
from services.campaign_reports import campaign_view
from services.campaigns import ChangedMeanwhile
from web.access import SignedIn, database_of, delivery_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.forms.fields import version_in
from web.pages import go, page
from web.wording.confirmations import Confirmation

router = APIRouter()
Sender = Annotated[SignedIn, Depends(requires(Permission.SEND_CAMPAIGNS))]


@router.get("/campaigns/{campaign_id}/cancel")
async def confirm_cancel(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Say what a cancel does to messages still here and to those already handed over."""
    return await _ask(request, campaign_id, viewer)


@router.post("/campaigns/{campaign_id}/cancel")
async def cancel(request: Request, campaign_id: UUID, viewer: Sender) -> Response:
    """Stop the campaign; a second click changes nothing, one that has just ended stays as it is."""
    shown = version_in(await read_form(request))
    try:
        async with database_of(request).transaction(viewer.caller.company_id) as session:
            view = await campaign_view(session, viewer.caller, campaign_id)
            # What runs is stopped at once, whatever was shown: every second counts there.
            expected = shown if view.is_scheduled else None
            await cancel_campaign(session, viewer.caller, campaign_id, now(), expected_version=expected)
    except ChangedMeanwhile:
        return await _ask(request, campaign_id, viewer, is_changed=True)
    except CampaignNotCancellable:
        return go(f"/campaigns/{campaign_id}")
    await delivery_of(request).schedule_changed(campaign_id)
    done = Confirmation.SCHEDULE_CANCELLED if view.is_scheduled else Confirmation.CAMPAIGN_STOPPED
    return go_confirming(request, f"/campaigns/{campaign_id}", done)


async def _ask(
    request: Request, campaign_id: UUID, viewer: SignedIn, *, is_changed: bool = False
) -> Response:
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await campaign_view(session, viewer.caller, campaign_id)
    if not view.row.status.can_be_cancelled:
        return go(f"/campaigns/{campaign_id}")
    return page(
        request,
        "pages/campaign_cancel.html",
        status=409 if is_changed else 200,
        view=view,
        counters=view.row.counters,
        is_changed=is_changed,
    )
