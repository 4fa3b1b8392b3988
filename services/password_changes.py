"""New passwords: after a temporary one (C-2), by a reset code (C-3), or because their owner wants one.

The last is for operators as well; mails and reset codes are company users'.
"""

import asyncio
import secrets
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import Caller
from domain.mails import MailKind
from domain.one_time_codes import RESET_CODE_SIGNS, new_code, plain_code
from domain.passwords import PasswordProblem, context_words, length_problem, password_problem
from domain.rate_limits import LimitKind, address_key
from domain.sign_in_steps import RESET_CODE_LIFETIME
from services.accounts import Account, BothSides
from services.audit import record_audit
from services.company_lookups import enter_company_of_login
from services.failed_sign_ins import (
    count_failure,
    count_success,
    is_known_place,
    is_locked_out,
    remember_place,
    unlock,
)
from services.mails import queue_mail
from services.password_hashing import hashed, hashing_turn, judging_turn, verified
from services.rate_limits import give_token_back, take_token
from services.secret_box import SecretBox
from services.sessions import AccountSession, end_sessions
from services.user_sessions import SessionUser

HASHED_FOR = "reset code"

_OWN_HASH = BothSides("SELECT password_hash FROM {accounts} AS a WHERE {account}")

_SET = BothSides("""
    UPDATE {accounts} AS a
    SET password_hash = :new_hash, {is_own_since}failed_sign_ins = 0
    WHERE {account} AND {is_there}
""")

_FORGET_CODE = text("DELETE FROM password_resets WHERE company_id = :company_id AND user_id = :account_id")

# A user who never had an own password, and whose temporary one is over, has to ask the issuer (C-2).
_MAY_RESET = text("""
    SELECT company_id, id FROM company_users
    WHERE lower(login_id) = lower(:login_id) AND deleted_at IS NULL AND released_at IS NULL
      AND taken_elsewhere_at IS NULL
      AND (temporary_until IS NULL OR temporary_until > :now)
""")

_SET_CODE = text("""
    INSERT INTO password_resets (company_id, user_id, code_hash, created_at, expires_at)
    VALUES (:company_id, :account_id, :code_hash, :now, :expires_at)
    ON CONFLICT (company_id, user_id) DO UPDATE
    SET code_hash = excluded.code_hash, created_at = excluded.created_at, expires_at = excluded.expires_at
""")

# Locked until it is compared and gone: of parallel right ones, one is right.
_LIVE_CODE = text("""
    SELECT u.company_id, u.id, u.login_id, u.name, c.name AS company_name, r.code_hash, r.created_at
    FROM password_resets r
    JOIN company_users u ON u.company_id = r.company_id AND u.id = r.user_id
    JOIN companies c ON c.id = u.company_id
    WHERE lower(u.login_id) = lower(:login_id) AND u.deleted_at IS NULL AND u.released_at IS NULL
      AND u.taken_elsewhere_at IS NULL
      AND r.expires_at > :now
    FOR UPDATE OF r
""")


class PasswordChange(StrEnum):
    """What came of a change of a password."""

    DONE = "done"
    # Wrong current password, or wrong, old or unknown code: never told apart.
    NOT_PROVEN = "not_proven"
    SAME_AS_BEFORE = "same_as_before"


async def judge_password(password: str, login_id: str, *names: str) -> PasswordProblem | None:
    """Return what is wrong with a new password of an account, computed beside the event loop."""
    if (problem := length_problem(password)) is not None:
        return problem
    words = context_words(login_id, *names)
    async with judging_turn():
        return await asyncio.to_thread(password_problem, password, words)


async def change_password(
    session: AsyncSession, user: AccountSession, current: str, new: str, now: datetime
) -> PasswordChange:
    """Replace the own password. The current one has to be given; a wrong one counts as a failure (C-4).

    All other sessions end. Rules for ``new`` have been asked by ``judge_password``.
    """
    new_hash = await hashed(new)
    if not await confirm_password(session, user, current, now):
        return PasswordChange.NOT_PROVEN
    if new == current:
        return PasswordChange.SAME_AS_BEFORE
    await _set_password(session, user.account, new_hash, now)
    await end_sessions(session, user.account, but=user.session_id)
    await record_audit(session, user.caller, AuditAction.PASSWORD_CHANGED)
    return PasswordChange.DONE


async def replace_temporary_password(
    session: AsyncSession, user: SessionUser, new: str, now: datetime
) -> PasswordChange:
    """Set the first own password; the session itself proves the temporary one (C-2)."""
    async with hashing_turn():
        if await verified(await _own_hash(session, user), new) is not None:
            return PasswordChange.SAME_AS_BEFORE
    await _set_password(session, user.account, await hashed(new), now)
    await end_sessions(session, user.account, but=user.session_id)
    await record_audit(session, user.caller, AuditAction.PASSWORD_CHANGED)
    return PasswordChange.DONE


async def confirm_password(session: AsyncSession, user: AccountSession, password: str, now: datetime) -> bool:
    """Whether ``password`` is the own one; a wrong one counts, and in a locked account none is right."""
    async with hashing_turn():
        is_right = await verified(await _own_hash(session, user), password) is not None
    if is_right and not await is_locked_out(session, user.account, now, user.caller.remote_address):
        return await count_success(session, user.account, now, user.caller.remote_address)
    await count_failure(session, user.account, now, user.caller.remote_address, everywhere=True)
    return False


async def request_reset(
    session: AsyncSession, login_id: str, box: SecretBox, now: datetime, remote_address: str | None = None
) -> None:
    """Mail a code to ``login_id`` if there is such an account; nothing tells whether there is (C-3).

    Strangers cannot use up what there is for the owner: each place has its own few, and a place the owner
    signed in from needs none of those for all. Where those are gone, the code mailed last stays good.
    """
    values = {"login_id": login_id.replace("\x00", "")}
    await enter_company_of_login(session, values["login_id"])
    user = (await session.execute(_MAY_RESET, {**values, "now": now})).one_or_none()
    if user is None:
        return
    is_known = await is_known_place(session, Account(user.company_id, user.id), now, remote_address)
    if is_known or await take_token(session, LimitKind.RESET_MAIL_OF_ALL, str(user.id), now) is None:
        await issue_reset_code(session, user.company_id, user.id, box, now)


async def issue_reset_code(
    session: AsyncSession, company_id: UUID, user_id: UUID, box: SecretBox, now: datetime
) -> None:
    """Make the one live code of a user and write its mail; an older code is worth nothing from now on."""
    code = new_code(RESET_CODE_SIGNS, secrets.randbelow)
    expires_at = now + RESET_CODE_LIFETIME
    code_hash = box.hashes(plain_code(code), owner=user_id, purpose=HASHED_FOR)[0]
    values = {"code_hash": code_hash, "now": now, "expires_at": expires_at}
    await session.execute(_SET_CODE, {**Account(company_id, user_id).key, **values})
    await queue_mail(
        session, company_id, user_id, MailKind.PASSWORD_RESET, secret=(box, code), expires_at=expires_at
    )


async def reset_password(
    session: AsyncSession,
    login_id: str,
    code: str,
    new: str,
    box: SecretBox,
    now: datetime,
    remote_address: str | None = None,
) -> PasswordChange | PasswordProblem:
    """Set a password by code: five tries from each place, one hour (C-3). All sessions end, locks are lifted.

    ``new`` is judged once the code was right: strangers cannot have us do that work. What is wrong with it is
    returned, and a refused one does not use the code up.
    """
    values = {"login_id": login_id.replace("\x00", "")}
    await enter_company_of_login(session, values["login_id"])
    row = (await session.execute(_LIVE_CODE, {**values, "now": now})).one_or_none()
    if row is None:
        return PasswordChange.NOT_PROVEN
    # Counted before it is compared: parallel tries are tries.
    tries = f"{row.id} {row.created_at.isoformat()} {address_key(remote_address)}"
    if await take_token(session, LimitKind.RESET_CODE, tries, now) is not None:
        return PasswordChange.NOT_PROVEN
    if bytes(row.code_hash) not in box.hashes(plain_code(code), owner=row.id, purpose=HASHED_FOR):
        return PasswordChange.NOT_PROVEN
    account = Account(row.company_id, row.id)
    problem = await judge_password(new, row.login_id, row.name, row.company_name)
    if problem is not None:
        await give_token_back(session, LimitKind.RESET_CODE, tries)
        return problem
    await _set_password(session, account, await hashed(new), now)
    # Whoever reads the owner's mails is the owner, wherever that is.
    await remember_place(session, account, now, remote_address)
    await end_sessions(session, account)
    await record_audit(session, Caller(row.company_id, row.id), AuditAction.PASSWORD_CHANGED)
    return PasswordChange.DONE


async def _own_hash(session: AsyncSession, user: AccountSession) -> str:
    found = await session.execute(_OWN_HASH.of(user.account), user.account.key)
    stored: str = found.scalar_one()
    return stored


async def _set_password(session: AsyncSession, account: Account, new_hash: str, now: datetime) -> None:
    await session.execute(_SET.of(account), {**account.key, "new_hash": new_hash, "now": now})
    await unlock(session, account)
    if account.company_id is not None:
        await session.execute(_FORGET_CODE, account.key)
        details = {"at": now.isoformat()}
        await queue_mail(session, account.company_id, account.id, MailKind.PASSWORD_CHANGED, details=details)
