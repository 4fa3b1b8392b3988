"""Wrong passwords and codes in a row, and the lock that follows (C-4), for both kinds of accounts."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction, AuditResult
from domain.mails import MailKind
from domain.sign_in_steps import LOCKED_FOR, MAX_FAILURES
from services.accounts import Account, BothSides
from services.audit import record_audit
from services.mails import queue_mail

# The row is found anew after waiting for a parallel attempt, so five wrong ones lock however they come.
# While locked nothing counts and the lock is not prolonged; after it the count begins again.
_COUNT_FAILURE = BothSides("""
    UPDATE {accounts} AS a
    SET failed_sign_ins = CASE WHEN locked_until IS NULL THEN failed_sign_ins + 1 ELSE 1 END,
        locked_until = CASE WHEN locked_until IS NULL AND failed_sign_ins + 1 >= :most
                            THEN CAST(:now AS timestamptz) + :locked_for END
    WHERE {account} AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING locked_until, failed_sign_ins
""")

# The hash is compared again: a password that was changed meanwhile lets nobody in. With a second factor
# the sign-in is only half done: the count goes on until that was right as well.
_ADMIT = BothSides("""
    UPDATE {accounts} AS a
    SET password_hash = :new_hash,
        failed_sign_ins = CASE WHEN f.is_there THEN failed_sign_ins ELSE 0 END,
        last_signed_in_at = CASE WHEN f.is_there THEN last_signed_in_at ELSE CAST(:now AS timestamptz) END,
        locked_until = NULL
    FROM (SELECT {has_factor} AS is_there) f
    WHERE {account} AND password_hash = :password_hash AND {may_sign_in}
      AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING a.id
""")

_SUCCEEDED = BothSides("""
    UPDATE {accounts} AS a SET failed_sign_ins = 0, locked_until = NULL, last_signed_in_at = :now
    WHERE {account} AND (locked_until IS NULL OR locked_until <= :now)
    RETURNING a.id
""")

_IS_LOCKED = BothSides("SELECT locked_until > :now FROM {accounts} AS a WHERE {account}")


async def admit(session: AsyncSession, account: Account, stored: str, new_hash: str, now: datetime) -> bool:
    """Take note of a right password; ``False`` if the account is locked or may not sign in any more.

    ``stored`` is the hash the password was compared with, ``new_hash`` what is to stand in its place.
    """
    values = {"now": now, "password_hash": stored, "new_hash": new_hash}
    admitted = await session.execute(_ADMIT.of(account), {**account.key, **values})
    return admitted.scalar_one_or_none() is not None


async def count_failure(
    session: AsyncSession, account: Account, now: datetime, remote_address: str | None = None
) -> None:
    """Count a wrong password or code; the fifth in a row locks the account (C-4).

    A company user is told by mail. What is tried on a locked account is not counted and not noted: a flood
    does not fill the audit trail.
    """
    values = {"now": now, "most": MAX_FAILURES, "locked_for": LOCKED_FOR}
    counted = await session.execute(_COUNT_FAILURE.of(account), {**account.key, **values})
    failure = counted.one_or_none()
    if failure is None:
        return
    action = AuditAction.SIGN_IN_FAILED
    if failure.locked_until is not None:
        action = AuditAction.ACCOUNT_LOCKED
        if account.company_id is not None:
            until = failure.locked_until
            kind = MailKind.ACCOUNT_LOCKED
            await queue_mail(session, account.company_id, account.id, kind, expires_at=until)
    after = {"failed_sign_ins": failure.failed_sign_ins}
    who = account.caller(remote_address)
    await record_audit(session, who, action, after=after, result=AuditResult.FAILED)


async def is_account_locked(session: AsyncSession, account: Account, now: datetime) -> bool:
    """Whether the account is locked at ``now``."""
    found = await session.execute(_IS_LOCKED.of(account), {**account.key, "now": now})
    return bool(found.scalar_one_or_none())


async def count_success(session: AsyncSession, account: Account, now: datetime) -> bool:
    """Begin the count of failures anew after the second factor; ``False`` if the account is locked."""
    done = await session.execute(_SUCCEEDED.of(account), {**account.key, "now": now})
    return done.scalar_one_or_none() is not None
