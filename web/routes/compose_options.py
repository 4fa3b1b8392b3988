"""Step 3 of composing: when to send, and under which options."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from domain.carriers import CARRIERS_OF_CHANNEL, Channel
from domain.messages import ChannelPlan
from domain.permissions import Permission
from services.campaign_check import check_campaign
from services.campaign_reports import CampaignView
from web.access import SignedIn, database_of, now, requires
from web.autosave import autosave_step
from web.confirmations import go_confirming
from web.conflicts import conflict_page, is_conflict
from web.csrf import read_form
from web.drafts import load_draft, save_changes, terms_today
from web.forms.fields import text_of
from web.forms.options import option_errors, options_of
from web.forms.steps import (
    OPTIONS,
    Fields,
    as_form,
    kept_beside,
    shown_fields,
    too_long,
    typed_in,
    version_of,
)
from web.pages import go, page
from web.wording import word
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError

router = APIRouter()
Writer = Annotated[SignedIn, Depends(requires(Permission.SAVE_DRAFTS))]


@router.get("/campaigns/{campaign_id}/options")
async def show_options(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Show the settings of a draft."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        return await _form(request, session, viewer, view, shown_fields(OPTIONS, view))


@router.post("/campaigns/{campaign_id}/options")
async def save_options(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the settings, finished or not, and go back or away; or check every recipient and go on (P-9)."""
    form = await read_form(request)
    action, shown = text_of(form, "action"), text_of(form, "version")
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id, lock=True)
        typed = typed_in(OPTIONS, form, shown_fields(OPTIONS, view))
        refused = too_long(OPTIONS, typed)
        if refused or action == "edit":
            return await _form(request, session, viewer, view, typed, refused, kept=shown)
        if is_conflict(OPTIONS, view, form, typed):
            address = f"/campaigns/{campaign_id}/options"
            return await conflict_page(
                request, session, viewer, view, OPTIONS, typed, address=address, then=action or "next"
            )
        view = await _save(session, viewer, view, typed)
        errors = option_errors(view.content, now())
        if errors and action not in ("save", "back"):
            return await _form(request, session, viewer, view, typed, errors)
    if action == "save":
        return go_confirming(request, f"/campaigns/{campaign_id}", Confirmation.DRAFT_SAVED)
    if action == "back":
        return go(f"/campaigns/{campaign_id}/content")
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        check = await check_campaign(session, viewer.caller, campaign_id, now())
    has_findings = check.rejected_rows or check.repairs
    return go(f"/campaigns/{campaign_id}/{'rows' if has_findings else 'check'}")


@router.post("/campaigns/{campaign_id}/options/autosave")
async def autosave_options(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the settings while they are being chosen."""
    return await autosave_step(request, viewer, campaign_id, OPTIONS, _save)


def carrier_options(plan: ChannelPlan) -> list[tuple[str, str]]:
    """Return the carriers that can be chosen under the plan, as options of a form."""
    first = Channel.SMS if plan.may_send_sms else Channel.RCS
    return [(carrier.value, word(carrier)) for carrier in CARRIERS_OF_CHANNEL[first]]


async def _save(session: AsyncSession, viewer: SignedIn, view: CampaignView, typed: Fields) -> CampaignView:
    content = options_of(as_form(typed), view.content, await terms_today(session, viewer))
    return await save_changes(session, viewer, view, content, kept_beside(OPTIONS, view, typed, content))


async def _form(
    request: Request,
    session: AsyncSession,
    viewer: SignedIn,
    view: CampaignView,
    typed: Fields,
    errors: Sequence[FieldError] = (),
    kept: str = "",
) -> Response:
    """Show ``typed``. ``kept`` is the version the typing began from, where nothing was saved since."""
    return page(
        request,
        "pages/compose_options.html",
        status=422 if errors else 200,
        view=view,
        terms=await terms_today(session, viewer),
        shown=typed,
        version=kept or version_of(OPTIONS, view),
        carriers=carrier_options(view.content.channel_plan),
        errors=errors,
    )
