"""Two people, or two tabs, and one campaign: whoever saves second sees both versions and decides.

Nothing is overwritten unseen (X-8): a form carries the version it was made from (``web/forms/steps.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from services.campaign_reports import CampaignView
from services.campaigns import UploadNotFound
from services.recipient_uploads import upload_view
from web.access import SignedIn
from web.forms.fields import text_of
from web.forms.steps import Fields, Step, as_pairs, shown_fields, version_of, was_changed
from web.pages import page
from web.wording.steps import field_label, field_value


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose two versions differ, in words."""

    label: str
    saved: str
    typed: str


def is_conflict(step: Step, view: CampaignView, form: FormData, typed: Fields) -> bool:
    """Whether saving ``typed`` would undo something that was saved after the form had been shown."""
    return was_changed(step, view, text_of(form, "version")) and typed != shown_fields(step, view)


async def conflict_page(
    request: Request,
    session: AsyncSession,
    viewer: SignedIn,
    view: CampaignView,
    step: Step,
    typed: Fields,
    *,
    address: str,
    then: str = "next",
) -> Response:
    """Show both versions, field by field where they differ, and ask which is to be saved.

    ``address`` is the step's page; ``then`` is what its button would have done after saving.
    """
    saved = shown_fields(step, view)
    names = await _list_names(session, viewer, [saved.get("upload_id"), typed.get("upload_id")])
    return page(
        request,
        "pages/conflict.html",
        status=409,
        view=view,
        differences=differences(step, saved, typed, names),
        fields=as_pairs(typed),
        version=version_of(step, view),
        address=address,
        then=then,
        is_edit=step.name == "edit",
    )


def differences(step: Step, saved: Fields, typed: Fields, names: Mapping[str, str]) -> list[Difference]:
    """Return where two versions of a step differ."""
    return [
        Difference(
            field_label(name),
            field_value(name, _named(saved.get(name, ""), names)),
            field_value(name, _named(typed.get(name, ""), names)),
        )
        for name in step.fields
        if saved.get(name, "") != typed.get(name, "")
    ]


def _named(value: str | list[str], names: Mapping[str, str]) -> str | list[str]:
    return names.get(value, value) if isinstance(value, str) else value


async def _list_names(
    session: AsyncSession, viewer: SignedIn, ids: Sequence[str | list[str] | None]
) -> dict[str, str]:
    """Return the names of lists of recipients by their ids; two of one name tell when they came."""
    names: dict[str, str] = {}
    for number in {each for each in ids if isinstance(each, str) and each}:
        try:
            names[number] = (await upload_view(session, viewer.caller, UUID(number))).file_name
        except (UploadNotFound, ValueError):
            names[number] = "（見つからない宛先）"
    return names
