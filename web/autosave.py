"""Pages that save themselves while one types, and what they are answered (``web/static/js/autosave.js``)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.send_times import to_jst
from services.campaign_reports import CampaignView
from web.access import SignedIn, database_of, now
from web.conflicts import is_conflict
from web.csrf import read_form
from web.drafts import load_draft
from web.forms.steps import Fields, Step, shown_fields, too_long, typed_in, version_of
from web.wording.problems import FieldError

# Saves the typed fields of one step and returns the draft as it is then.
Save: TypeAlias = Callable[[AsyncSession, SignedIn, CampaignView, Fields], Awaitable[CampaignView]]

_CHANGED_MEANWHILE = (
    "別の方か別のタブが、この案件を保存しました。自動保存を止めています。"
    "下のボタンで進むか保存すると、2つの内容を見比べて選べます。"
)


def autosave_answer(
    version: str | None, refused: Sequence[FieldError] = (), address: str | None = None
) -> Response:
    """Tell when it was saved and as what version; without a version, why it was not.

    ``address`` is the page of the draft, for a page that was none's until now.
    """
    if version is not None:
        saved = {"version": version, "saved_at": f"{to_jst(now()):%H:%M}", "address": address}
        return JSONResponse(saved)
    if refused:
        return JSONResponse({"message": "".join(e.what + e.mend for e in refused)}, 422)
    return JSONResponse({"message": _CHANGED_MEANWHILE}, 409)


async def autosave_step(
    request: Request, viewer: SignedIn, campaign_id: UUID, step: Step, save: Save
) -> Response:
    """Save a step of a draft while it is being written, unless it is too long or somebody else has saved."""
    form = await read_form(request)
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        view = await load_draft(session, viewer, campaign_id, lock=True)
        typed = typed_in(step, form, shown_fields(step, view))
        refused = too_long(step, typed)
        if not refused and not is_conflict(step, view, form, typed):
            view = await save(session, viewer, view, typed)
            return autosave_answer(version_of(step, view))
    return autosave_answer(None, refused)
