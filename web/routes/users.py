"""A company's users: list, invite, edit, and who needs a second factor (P-6, C-1, C-2)."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from domain.permissions import ROLES_OF_PERMISSION, Permission, Role
from services.company_users import (
    UserRefused,
    UserRow,
    change_user,
    find_user,
    invite_user,
    list_users,
    require_second_factor,
    second_factor_roles,
)
from web.access import SignedIn, database_of, now, requires
from web.confirmations import go_confirming
from web.csrf import read_form
from web.forms.fields import choices_of
from web.forms.users import UserForm
from web.mail_posting import changing, secret_box_of
from web.pages import page
from web.wording.accounts import explain_user
from web.wording.confirmations import Confirmation
from web.wording.problems import FieldError

router = APIRouter(prefix="/users")
Administrator = Annotated[SignedIn, Depends(requires(Permission.MANAGE_USERS))]
Confirmed = Annotated[SignedIn, Depends(requires(Permission.MANAGE_USERS, confirmed=True))]


@router.get("")
async def show_users(request: Request, viewer: Administrator) -> Response:
    """List the users with their state; the table of roles stands below."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        users = await list_users(session, viewer.caller, now())
        needed_by = await second_factor_roles(session, viewer.caller)
    return page(
        request,
        "pages/users.html",
        users=users,
        needed_by=[role for role in Role if role in needed_by],
        **role_table(),
    )


@router.get("/new")
async def ask_user(request: Request, viewer: Confirmed) -> Response:
    """Show the form of a new user."""
    return _new_page(request, UserForm(), [])


@router.post("/new")
async def invite(request: Request, viewer: Confirmed) -> Response:
    """Add the user and mail the temporary password (C-2)."""
    form = UserForm.of(await read_form(request))
    errors = form.errors(is_new=True)
    if not errors:
        try:
            async with changing(request, viewer.caller.company_id) as session:
                box = secret_box_of(request)
                await invite_user(session, viewer.caller, form.login_id, form.profile, box, now())
        except UserRefused as refusal:
            errors = [explain_user(refusal.problem)]
        else:
            return go_confirming(request, "/users", Confirmation.USER_ADDED)
    return _new_page(request, form, errors, status=422)


@router.get("/second-factor")
async def ask_rule(request: Request, viewer: Confirmed) -> Response:
    """Show which roles need a second factor."""
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        needed_by = await second_factor_roles(session, viewer.caller)
    return page(request, "pages/users_second_factor.html", needed_by=needed_by, roles=list(Role))


@router.post("/second-factor")
async def set_rule(request: Request, viewer: Confirmed) -> Response:
    """Set which roles need one, from the next request on."""
    roles = frozenset(choices_of(await read_form(request), "roles", Role))
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        await require_second_factor(session, viewer.caller, roles)
    return go_confirming(request, "/users", Confirmation.SECOND_FACTOR_RULE_CHANGED)


@router.get("/{user_id}/edit")
async def ask_changes(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Show the form of a user."""
    user = await _find(request, viewer, user_id)
    return _edit_page(request, viewer, user, UserForm(user.login_id, user.name, user.role), [])


@router.post("/{user_id}/edit")
async def change(request: Request, user_id: UUID, viewer: Confirmed) -> Response:
    """Change name and role; a new role counts from the user's next request on."""
    user = await _find(request, viewer, user_id)
    form = UserForm.of(await read_form(request))
    errors = form.errors(is_new=False)
    if not errors:
        try:
            async with changing(request, viewer.caller.company_id) as session:
                await change_user(session, viewer.caller, user_id, form.profile, now())
        except UserRefused as refusal:
            errors = [explain_user(refusal.problem)]
        else:
            return go_confirming(request, "/users", Confirmation.USER_CHANGED)
    return _edit_page(request, viewer, user, form, errors, status=422)


def role_table() -> dict[str, Any]:
    """Return what the table of roles shows: the rules themselves (C-1)."""
    return {"roles": list(Role), "permissions": ROLES_OF_PERMISSION}


async def _find(request: Request, viewer: SignedIn, user_id: UUID) -> UserRow:
    async with database_of(request).transaction(viewer.caller.company_id) as session:
        return await find_user(session, viewer.caller, user_id, now())


def _new_page(request: Request, form: UserForm, errors: Sequence[FieldError], status: int = 200) -> Response:
    return page(request, "pages/user_new.html", status=status, form=form, errors=errors, **role_table())


def _edit_page(
    request: Request,
    viewer: SignedIn,
    user: UserRow,
    form: UserForm,
    errors: Sequence[FieldError],
    status: int = 200,
) -> Response:
    return page(
        request,
        "pages/user_edit.html",
        status=status,
        user=user,
        form=form,
        is_oneself=user.id == viewer.caller.user_id,
        errors=errors,
        **role_table(),
    )
