"""Step 3 of composing: when to send, and under which options."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.carriers import CARRIERS_OF_CHANNEL, Channel
from domain.permissions import Permission
from services.campaign_check import check_campaign
from services.campaign_reports import CampaignView
from services.contracts import Terms
from web.access import SignedIn, database_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.drafts import load_draft, save_changes, terms_today
from web.forms.fields import text_of
from web.forms.options import option_errors, options_of, shown_options
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
        terms = await terms_today(session, viewer)
    return _form(request, view, terms, None, [])


@router.post("/campaigns/{campaign_id}/options")
async def save_options(request: Request, campaign_id: UUID, viewer: Writer) -> Response:
    """Save the settings, check every recipient, and go on to what the check found."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id)
        terms = await terms_today(session, viewer)
        content = options_of(form, view.content, terms)
        errors = option_errors(form, content, terms, now())
        wants_next = text_of(form, "action") != "save"
        if errors and wants_next:
            return _form(request, view, terms, form, errors, status=422)
        await save_changes(session, viewer, view, content)
    if not wants_next:
        return go_confirming(request, f"/campaigns/{campaign_id}", Confirmation.DRAFT_SAVED)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        check = await check_campaign(session, viewer.caller, campaign_id, now())
    has_findings = check.rejected_rows or check.repairs
    return go(f"/campaigns/{campaign_id}/{'rows' if has_findings else 'check'}")


def carrier_options(view: CampaignView) -> list[tuple[str, str]]:
    """Return the carriers that can be chosen under the plan, as options of a form."""
    first = Channel.SMS if view.content.channel_plan.may_send_sms else Channel.RCS
    return [(carrier.value, word(carrier)) for carrier in CARRIERS_OF_CHANNEL[first]]


def _form(
    request: Request,
    view: CampaignView,
    terms: Terms,
    form: FormData | None,
    errors: list[FieldError],
    status: int = 200,
) -> Response:
    return page(
        request,
        "pages/compose_options.html",
        status=status,
        view=view,
        terms=terms,
        shown=shown_options(form, view.content),
        carriers=carrier_options(view),
        errors=errors,
    )
