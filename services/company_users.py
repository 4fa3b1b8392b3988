"""A company's users as its administrators see them: list, invite, change, delete (C-1, C-2, C-5, P-6)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.company_users import AccountState, UserProblem, UserProfile, keeps_an_administrator
from domain.mails import MailKind
from domain.one_time_codes import TEMPORARY_PASSWORD_SIGNS, new_code
from domain.passwords import TEMPORARY_PASSWORD_LIFETIME
from domain.permissions import ROLES_OF_PERMISSION, Permission, Role
from domain.rate_limits import LimitKind
from services.accounts import Account
from services.audit import changes, record_audit
from services.mails import queue_mail
from services.password_changes import issue_reset_code
from services.password_hashing import hashed
from services.rate_limits import take_token
from services.second_factors import remove_all_factors
from services.secret_box import SecretBox
from services.sessions import end_sessions

_COLUMNS = """
    SELECT u.id, u.login_id, u.name, u.role, u.temporary_until, u.last_signed_in_at, u.created_at,
           greatest(u.locked_until, (SELECT max(p.locked_until) FROM sign_in_places p
                    WHERE p.company_id = u.company_id AND p.user_id = u.id)) AS locked_until,
           EXISTS (SELECT FROM totp_secrets t WHERE t.company_id = u.company_id AND t.user_id = u.id
                   AND t.confirmed_at IS NOT NULL)
           OR EXISTS (SELECT FROM passkeys p WHERE p.company_id = u.company_id AND p.user_id = u.id)
           AS has_second_factor
    FROM company_users u WHERE u.company_id = :company_id AND u.deleted_at IS NULL
"""
_LIST = text(f"{_COLUMNS} ORDER BY u.created_at, u.id")
_ONE = text(f"{_COLUMNS} AND u.id = :id")

# Two administrators who remove each other at once: one comes second and finds only himself.
_LOCK_COMPANY = text("SELECT id FROM companies WHERE id = :company_id FOR UPDATE")

_ADMINISTRATORS = text("""
    SELECT count(*) FROM company_users WHERE company_id = :company_id AND role = ANY (:roles)
      AND deleted_at IS NULL AND taken_elsewhere_at IS NULL
""")

_INVITE = text("""
    INSERT INTO company_users (company_id, login_id, name, role, password_hash, temporary_until)
    VALUES (:company_id, :login_id, :name, :role, :password_hash, :temporary_until)
    ON CONFLICT DO NOTHING RETURNING id
""")

# In the list, or deleted and kept from use. What led nowhere and was deleted is neither.
_OWN = text("""
    SELECT deleted_at FROM company_users
    WHERE company_id = :company_id AND lower(login_id) = lower(:login_id) AND released_at IS NULL
      AND (deleted_at IS NULL OR taken_elsewhere_at IS NULL)
    ORDER BY deleted_at NULLS FIRST LIMIT 1
""")
# Looks like any invitation; nobody has its password.
_INVITE_IN_VAIN = text("""
    INSERT INTO company_users
        (company_id, login_id, name, role, password_hash, temporary_until, taken_elsewhere_at)
    VALUES (:company_id, :login_id, :name, :role, '!', :temporary_until, :now) RETURNING id
""")
_LEADS_NOWHERE = text("""
    SELECT login_id FROM company_users WHERE company_id = :company_id AND id = :id
      AND taken_elsewhere_at IS NOT NULL
""")
_CHANGE = text(
    "UPDATE company_users SET name = :name, role = :role WHERE company_id = :company_id AND id = :id"
)

_DELETE = text("""
    UPDATE company_users SET deleted_at = :now, password_hash = '!', locked_until = NULL
    WHERE company_id = :company_id AND id = :id AND deleted_at IS NULL
""")
_FORGET_CODE = text("DELETE FROM password_resets WHERE company_id = :company_id AND user_id = :id")

# A reset by the issuer opens another fourteen days for an invitation (C-2).
_PROLONG = text("""
    UPDATE company_users SET temporary_until = :until
    WHERE company_id = :company_id AND id = :id AND temporary_until IS NOT NULL
""")

_RULE = text("SELECT second_factor_roles FROM companies WHERE id = :company_id")
_SET_RULE = text("UPDATE companies SET second_factor_roles = :roles WHERE id = :company_id")


class UserNotFound(Exception):
    """No such user in the caller's company."""


class UserRefused(Exception):
    """A user cannot be added or changed that way; ``problem`` says why."""

    def __init__(self, problem: UserProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user in the list."""

    id: UUID
    login_id: str
    name: str
    role: Role
    state: AccountState
    locked_until: datetime | None
    temporary_until: datetime | None
    last_signed_in_at: datetime | None
    created_at: datetime
    has_second_factor: bool


async def list_users(session: AsyncSession, caller: Caller, now: datetime) -> Sequence[UserRow]:
    """Return the users of the caller's company, the oldest first; deleted ones are not among them."""
    rows = await session.execute(_LIST, {"company_id": caller.company_id})
    return [_user(row, now) for row in rows]


async def find_user(session: AsyncSession, caller: Caller, user_id: UUID, now: datetime) -> UserRow:
    """Return one user of the caller's company; raises ``UserNotFound``."""
    row = (await session.execute(_ONE, {"company_id": caller.company_id, "id": user_id})).one_or_none()
    if row is None:
        raise UserNotFound
    return _user(row, now)


async def invite_user(
    session: AsyncSession, caller: Caller, login_id: str, profile: UserProfile, box: SecretBox, now: datetime
) -> UUID:
    """Add a user with a temporary password that only the mail tells (C-2); raises ``UserRefused``.

    Whether somebody is another company's user is nobody's business: such an invitation looks like any other,
    and only the mail tells its reader that it leads nowhere (decision 0040).
    """
    if await take_token(session, LimitKind.INVITATION, str(caller.company_id), now) is not None:
        raise UserRefused(UserProblem.INVITED_TOO_MANY)
    password = new_code(TEMPORARY_PASSWORD_SIGNS, secrets.randbelow)
    until = now + TEMPORARY_PASSWORD_LIFETIME
    password_hash = await hashed(password)
    key = {"company_id": caller.company_id, "login_id": login_id}
    if (own := (await session.execute(_OWN, key)).one_or_none()) is not None:
        is_there = own.deleted_at is None
        raise UserRefused(UserProblem.LOGIN_ID_IN_USE if is_there else UserProblem.LOGIN_ID_NOT_AVAILABLE)
    values = {**key, "name": profile.name, "role": profile.role.value, "temporary_until": until}
    added = await session.execute(_INVITE, {**values, "password_hash": password_hash})
    user_id: UUID | None = added.scalar_one_or_none()
    if user_id is None:
        user_id = (await session.execute(_INVITE_IN_VAIN, {**values, "now": now})).scalar_one()
        await _tell_it_is_taken(session, caller, user_id, login_id, now)
    else:
        secret, kind = (box, password), MailKind.ACCOUNT_ISSUED
        await queue_mail(session, caller.company_id, user_id, kind, secret=secret, expires_at=until)
    after = {"login_id": login_id, "name": profile.name, "role": profile.role}
    await record_audit(session, caller, AuditAction.USER_INVITED, target=("user", user_id), after=after)
    return user_id


async def _tell_it_is_taken(
    session: AsyncSession, caller: Caller, user_id: UUID, login_id: str, now: datetime
) -> None:
    """Tell whoever reads that mailbox, however often it is invited only so often."""
    if await take_token(session, LimitKind.NOTICE_MAIL, f"taken {login_id.casefold()}", now) is None:
        await queue_mail(session, caller.company_id, user_id, MailKind.LOGIN_ID_TAKEN)


async def change_user(
    session: AsyncSession, caller: Caller, user_id: UUID, profile: UserProfile, now: datetime
) -> None:
    """Change name and role; the role counts from the user's next request on. Raises ``UserRefused``."""
    before = await _locked(session, caller, user_id, now)
    if before.role is not profile.role:
        if user_id == caller.user_id:
            raise UserRefused(UserProblem.ONESELF)
        await _keep_an_administrator(session, caller, before.role, profile.role)
    key = {"company_id": caller.company_id, "id": user_id}
    await session.execute(_CHANGE, {**key, "name": profile.name, "role": profile.role.value})
    if before.role is not profile.role:
        details = {"role_before": before.role.value, "role_after": profile.role.value}
        await queue_mail(session, caller.company_id, user_id, MailKind.ROLE_CHANGED, details=details)
    old, new = changes(
        {"name": before.name, "role": before.role}, {"name": profile.name, "role": profile.role}
    )
    if new:
        target = ("user", user_id)
        await record_audit(session, caller, AuditAction.USER_CHANGED, target=target, before=old, after=new)


async def delete_user(session: AsyncSession, caller: Caller, user_id: UUID, now: datetime) -> None:
    """Delete a user: signed out everywhere, the login id kept from use (C-5). Raises ``UserRefused``."""
    user = await _locked(session, caller, user_id, now)
    if user_id == caller.user_id:
        raise UserRefused(UserProblem.ONESELF)
    await _keep_an_administrator(session, caller, user.role, None)
    key = {"company_id": caller.company_id, "id": user_id}
    await session.execute(_DELETE, {**key, "now": now})
    await session.execute(_FORGET_CODE, key)
    account = Account(caller.company_id, user_id)
    await end_sessions(session, account)
    await remove_all_factors(session, account)
    await queue_mail(session, caller.company_id, user_id, MailKind.ACCOUNT_DELETED)
    before = {"login_id": user.login_id, "name": user.name, "role": user.role}
    await record_audit(session, caller, AuditAction.USER_DELETED, target=("user", user_id), before=before)


async def reset_by_issuer(
    session: AsyncSession, caller: Caller, user_id: UUID, box: SecretBox, now: datetime
) -> None:
    """Mail a reset code on behalf of the issuer; an invitation that was over lives again (C-2, C-3).

    Raises ``UserRefused`` where the user was sent several lately.
    """
    await _locked(session, caller, user_id, now)
    if await take_token(session, LimitKind.ISSUER_MAIL, str(user_id), now) is not None:
        raise UserRefused(UserProblem.MAILED_LATELY)
    key = {"company_id": caller.company_id, "id": user_id}
    await session.execute(_PROLONG, {**key, "until": now + TEMPORARY_PASSWORD_LIFETIME})
    taken: str | None = (await session.execute(_LEADS_NOWHERE, key)).scalar_one_or_none()
    if taken is None:
        await issue_reset_code(session, caller.company_id, user_id, box, now)
    else:
        await _tell_it_is_taken(session, caller, user_id, taken, now)
    await record_audit(session, caller, AuditAction.RESET_SENT, target=("user", user_id))


async def reset_second_factor(session: AsyncSession, caller: Caller, user_id: UUID, now: datetime) -> None:
    """Take a user's second factors away, who has lost them, and end the user's sessions."""
    await _locked(session, caller, user_id, now)
    if user_id == caller.user_id:
        raise UserRefused(UserProblem.ONESELF)
    account = Account(caller.company_id, user_id)
    await remove_all_factors(session, account)
    await end_sessions(session, account)
    details = {"change": "reset_by_administrator", "at": now.isoformat()}
    await queue_mail(session, caller.company_id, user_id, MailKind.SECOND_FACTOR_CHANGED, details=details)
    await record_audit(session, caller, AuditAction.SECOND_FACTOR_RESET, target=("user", user_id))


async def second_factor_roles(session: AsyncSession, caller: Caller) -> frozenset[Role]:
    """Return the roles that need a second factor in the caller's company."""
    roles = (await session.execute(_RULE, {"company_id": caller.company_id})).scalar_one()
    return frozenset(Role(role) for role in roles)


async def require_second_factor(session: AsyncSession, caller: Caller, roles: frozenset[Role]) -> None:
    """Set which roles need a second factor; who has none is asked to set one up at the next request."""
    listed = [role.value for role in Role if role in roles]
    before = await second_factor_roles(session, caller)
    await session.execute(_SET_RULE, {"company_id": caller.company_id, "roles": listed})
    if before != roles:
        await record_audit(
            session,
            caller,
            AuditAction.SECOND_FACTOR_RULE_CHANGED,
            before={"roles": sorted(before)},
            after={"roles": sorted(roles)},
        )


async def _locked(session: AsyncSession, caller: Caller, user_id: UUID, now: datetime) -> UserRow:
    await session.execute(_LOCK_COMPANY, {"company_id": caller.company_id})
    return await find_user(session, caller, user_id, now)


async def _keep_an_administrator(
    session: AsyncSession, caller: Caller, before: Role, after: Role | None
) -> None:
    roles = [role.value for role in ROLES_OF_PERMISSION[Permission.MANAGE_USERS]]
    counted = await session.execute(_ADMINISTRATORS, {"company_id": caller.company_id, "roles": roles})
    if not keeps_an_administrator(before, after, counted.scalar_one()):
        raise UserRefused(UserProblem.LAST_ADMINISTRATOR)


def _user(row: Row[Any], now: datetime) -> UserRow:
    state = AccountState.ACTIVE
    if row.locked_until is not None and row.locked_until > now:
        state = AccountState.LOCKED
    elif row.temporary_until is not None:
        state = AccountState.INVITED if row.temporary_until > now else AccountState.INVITATION_EXPIRED
    return UserRow(
        row.id,
        row.login_id,
        row.name,
        Role(row.role),
        state,
        row.locked_until,
        row.temporary_until,
        row.last_signed_in_at,
        row.created_at,
        row.has_second_factor,
    )
