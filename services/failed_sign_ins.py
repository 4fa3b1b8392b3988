"""Wrong passwords and codes in a row, and the lock that follows (C-4), for both kinds of accounts.

What strangers guess is counted for each place they guess from, so that they lock themselves out and not the
account's owner (decision 0038). What needs the password already, as a second factor, counts for the account.
"""

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction, AuditResult
from domain.mails import MailKind
from domain.rate_limits import address_key
from domain.sign_in_steps import KNOWN_FOR, LOCKED_FOR, MAX_FAILURES, MAX_FAILURES_OF_ALL
from services.accounts import Account, BothSides
from services.audit import record_audit
from services.mails import queue_mail
from services.sessions import lock_owner

# Who may not try here now: all of the account is locked, or this place is, or all places together tried too
# often and this one is none of the owner's.
_IS_LOCKED = BothSides("""
    SELECT coalesce(a.locked_until > :now, false)
        OR EXISTS (SELECT FROM {places} WHERE {owned} AND place = :place AND locked_until > :now)
        OR ((SELECT coalesce(sum(failures), 0) FROM {places}
             WHERE {owned} AND failed_at > CAST(:now AS timestamptz) - :locked_for) >= :most_of_all
            AND NOT EXISTS (SELECT FROM {places} WHERE {owned} AND place = :place
                            AND known_at > CAST(:now AS timestamptz) - :known_for))
    FROM {accounts} AS a WHERE {account}
""")

# While locked nothing counts and the lock is not prolonged; after it the count begins again.
_COUNT_HERE = BothSides("""
    INSERT INTO {places} AS p ({owner}, place, failures, failed_at) VALUES ({owner_values}, :place, 1, :now)
    ON CONFLICT ({owner}, place) DO UPDATE
    SET failures = CASE WHEN p.locked_until IS NULL THEN p.failures + 1 ELSE 1 END,
        locked_until = CASE WHEN p.locked_until IS NULL AND p.failures + 1 >= :most
                            THEN CAST(:now AS timestamptz) + :locked_for END,
        failed_at = :now
    RETURNING failures, locked_until
""")
_COUNT_EVERYWHERE = BothSides("""
    UPDATE {accounts} AS a
    SET failed_sign_ins = CASE WHEN locked_until IS NULL THEN failed_sign_ins + 1 ELSE 1 END,
        locked_until = CASE WHEN locked_until IS NULL AND failed_sign_ins + 1 >= :most
                            THEN CAST(:now AS timestamptz) + :locked_for END
    WHERE {account} RETURNING locked_until
""")

# The hash is compared again: a password that was changed meanwhile lets nobody in. With a second factor
# the sign-in is only half done: the counts go on until that was right as well.
_ADMIT = BothSides("""
    UPDATE {accounts} AS a
    SET password_hash = :new_hash,
        failed_sign_ins = CASE WHEN f.is_there THEN failed_sign_ins ELSE 0 END,
        last_signed_in_at = CASE WHEN f.is_there THEN last_signed_in_at ELSE CAST(:now AS timestamptz) END,
        locked_until = NULL
    FROM (SELECT {has_factor} AS is_there) f
    WHERE {account} AND password_hash = :password_hash AND {may_sign_in}
    RETURNING f.is_there AS is_half
""")

_SUCCEEDED = BothSides("""
    UPDATE {accounts} AS a SET failed_sign_ins = 0, locked_until = NULL, last_signed_in_at = :now
    WHERE {account}
""")
_KNOWN_HERE = BothSides("""
    INSERT INTO {places} AS p ({owner}, place, failures, known_at) VALUES ({owner_values}, :place, 0, :now)
    ON CONFLICT ({owner}, place) DO UPDATE SET failures = 0, locked_until = NULL, known_at = :now
""")

_IS_KNOWN = BothSides("""
    SELECT EXISTS (SELECT FROM {places} WHERE {owned} AND place = :place
                   AND known_at > CAST(:now AS timestamptz) - :known_for)
""")

_UNLOCK = BothSides("UPDATE {accounts} AS a SET failed_sign_ins = 0, locked_until = NULL WHERE {account}")
_UNLOCK_PLACES = BothSides("UPDATE {places} SET failures = 0, locked_until = NULL WHERE {owned}")

_FORGET = BothSides("""
    DELETE FROM {places}
    WHERE coalesce(failed_at, '-infinity') < CAST(:now AS timestamptz) - INTERVAL '1 day'
      AND coalesce(known_at, '-infinity') < CAST(:now AS timestamptz) - :known_for
""")


async def admit(
    session: AsyncSession,
    account: Account,
    stored: str,
    new_hash: str,
    now: datetime,
    remote_address: str | None = None,
) -> bool:
    """Take note of a right password; ``False`` if it does not count here, or the account may not sign in.

    ``stored`` is the hash the password was compared with, ``new_hash`` what is to stand in its place.
    """
    await lock_owner(session, account)
    if await is_locked_out(session, account, now, remote_address):
        return False
    values = {"now": now, "password_hash": stored, "new_hash": new_hash}
    admitted = (await session.execute(_ADMIT.of(account), {**account.key, **values})).one_or_none()
    if admitted is not None and not admitted.is_half:
        await remember_place(session, account, now, remote_address)
    return admitted is not None


async def count_failure(
    session: AsyncSession,
    account: Account,
    now: datetime,
    remote_address: str | None = None,
    *,
    everywhere: bool = False,
) -> None:
    """Count a wrong password or code; the fifth in a row from one place locks the account there (C-4).

    ``everywhere``: whoever tried has the password or a session already, so it counts and locks wherever it
    is tried. A company user is told by mail. What is tried while locked is not counted and not noted: a flood
    does not fill the audit trail.
    """
    # Parallel attempts come one after the other, so five wrong ones lock however they come.
    await lock_owner(session, account)
    if await is_locked_out(session, account, now, remote_address):
        return
    values = {"now": now, "most": MAX_FAILURES, "locked_for": LOCKED_FOR}
    here = {**account.key, **values, "place": place_of(remote_address)}
    counted = (await session.execute(_COUNT_HERE.of(account), here)).one()
    until: datetime | None = counted.locked_until
    where = {"where": "here"}
    if everywhere:
        locked = await session.execute(_COUNT_EVERYWHERE.of(account), {**account.key, **values})
        if (all_of_it := locked.scalar_one()) is not None:
            until, where = all_of_it, {"where": "everywhere"}
    action = AuditAction.SIGN_IN_FAILED if until is None else AuditAction.ACCOUNT_LOCKED
    if until is not None and account.company_id is not None:
        kind = MailKind.ACCOUNT_LOCKED
        await queue_mail(session, account.company_id, account.id, kind, details=where, expires_at=until)
    after = {"failed_sign_ins": counted.failures}
    who = account.caller(remote_address)
    await record_audit(session, who, action, after=after, result=AuditResult.FAILED)


async def is_locked_out(
    session: AsyncSession, account: Account, now: datetime, remote_address: str | None = None
) -> bool:
    """Whether nothing lets into the account from this place at ``now``."""
    values = {"now": now, "place": place_of(remote_address), "most_of_all": MAX_FAILURES_OF_ALL}
    limits = {"locked_for": LOCKED_FOR, "known_for": KNOWN_FOR}
    found = await session.execute(_IS_LOCKED.of(account), {**account.key, **values, **limits})
    return bool(found.scalar_one_or_none())


async def count_success(
    session: AsyncSession, account: Account, now: datetime, remote_address: str | None = None
) -> bool:
    """Begin the counts anew after all of a sign-in was right; ``False`` if it does not count here."""
    await lock_owner(session, account)
    if await is_locked_out(session, account, now, remote_address):
        return False
    await session.execute(_SUCCEEDED.of(account), {**account.key, "now": now})
    await remember_place(session, account, now, remote_address)
    return True


async def remember_place(
    session: AsyncSession, account: Account, now: datetime, remote_address: str | None
) -> None:
    """Note that the owner was here: what others try elsewhere does not shut this place out."""
    values = {"now": now, "place": place_of(remote_address)}
    await session.execute(_KNOWN_HERE.of(account), {**account.key, **values})


async def is_known_place(
    session: AsyncSession, account: Account, now: datetime, remote_address: str | None
) -> bool:
    """Whether the owner signed in from here lately."""
    values = {"now": now, "place": place_of(remote_address), "known_for": KNOWN_FOR}
    return bool((await session.execute(_IS_KNOWN.of(account), {**account.key, **values})).scalar_one())


async def unlock(session: AsyncSession, account: Account) -> None:
    """Lift every lock of an account and begin its counts anew."""
    await session.execute(_UNLOCK.of(account), account.key)
    await session.execute(_UNLOCK_PLACES.of(account), account.key)


async def forget_old_places(session: AsyncSession, now: datetime) -> None:
    """Delete what no lock and no owner needs any more; a transaction of the jobs."""
    for statement in (_FORGET.of_users, _FORGET.of_operators):
        await session.execute(statement, {"now": now, "known_for": KNOWN_FOR})


def place_of(remote_address: str | None) -> bytes:
    """Return what a place is known by: the hash of a customer's address on the network."""
    return hashlib.sha256(address_key(remote_address).encode()).digest()
