"""I11: what people change of their own account is on record: password, second factor, sessions."""

import asyncio
from datetime import timedelta
from typing import Any

from domain.audit import AuditAction
from services.audit_log import AuditFilter, AuditLine, search_audit
from services.audit_verification import audit_faults
from services.passkeys import remove_passkey
from services.password_changes import change_password
from services.second_factors import new_backup_codes, remove_totp
from services.sessions import end_other_sessions, end_own_session, rotate_session
from services.user_sessions import SessionUser
from tests.services.accounts import BOX, PASSWORD, Accounts
from tests.services.support import now
from tests.services.test_second_factors import check, code_at, enrolled

NEW_PASSWORD = "峠の茶屋で飲んだ冷たい水"


async def lines_of(accounts: Accounts, user: SessionUser) -> list[AuditLine]:
    """The company's trail, oldest first, without the sign-ins."""
    async with accounts.transaction() as session:
        found = await search_audit(session, user.caller, AuditFilter(), limit=1000)
    return [line for line in reversed(found.items) if line.action != AuditAction.SIGNED_IN]


def told(lines: list[AuditLine]) -> list[tuple[str, Any]]:
    return [(line.action, dict(line.before or line.after)) for line in lines]


async def test_the_life_of_a_second_factor_is_on_record(accounts: Accounts) -> None:
    """Set up, used at the sign-in, codes made and used, taken away; no secret and no code in it."""
    admin = await accounts.administrator()
    user, secret = await enrolled(accounts, admin)
    assert await check(accounts, user, code_at(secret, now()))
    async with accounts.transaction() as session:
        codes = await new_backup_codes(session, user, BOX, now())
    assert await check(accounts, user, codes[0])
    assert not await check(accounts, user, codes[0])
    async with accounts.transaction() as session:
        await remove_totp(session, user, now())

    lines = await lines_of(accounts, user)

    assert told(lines) == [
        ("second_factor_added", {"factor": "authenticator"}),
        ("second_factor_given", {"factor": "authenticator"}),
        ("backup_codes_made", {"count": 10}),
        ("second_factor_given", {"factor": "backup_code"}),
        ("sign_in_failed", {"failed_sign_ins": 1}),
        ("second_factor_removed", {"factor": "authenticator"}),
    ]
    assert {line.actor_name for line in lines} == {"楓 一郎"}
    async with accounts.jobs_database.transaction() as session:
        assert await audit_faults(session) == []


async def test_a_passkey_that_is_removed_is_named(accounts: Accounts) -> None:
    admin = await accounts.administrator()
    user = await accounts.signs_in(admin)
    (passkey,) = await accounts.rows(
        "INSERT INTO passkeys (company_id, user_id, name, credential_id, public_key)"
        " VALUES (:company, :user, '受付の端末 090-1234-5678', uuid_send(uuidv7()), '') RETURNING id",
        **admin.key,
    )
    async with accounts.transaction() as session:
        await remove_passkey(session, user, passkey.id, now())
    assert told(await lines_of(accounts, user)) == [
        ("second_factor_removed", {"factor": "passkey", "name": "受付の端末 090****5678"})
    ]


async def test_sessions_ended_by_oneself_are_on_record(accounts: Accounts) -> None:
    """With how many there were; a button that ended none is no entry."""
    admin = await accounts.administrator()
    first, *_, here = [await accounts.signs_in(admin) for _ in range(4)]
    async with accounts.transaction() as session:
        await end_own_session(session, here, first.session_id)
    for _ in range(2):
        async with accounts.transaction() as session:
            await end_other_sessions(session, here)
    assert told(await lines_of(accounts, here)) == [
        ("sessions_ended", {"count": 1}),
        ("sessions_ended", {"count": 2}),
    ]


async def test_an_own_new_password_is_on_record_without_it(accounts: Accounts) -> None:
    user = await accounts.signs_in(await accounts.administrator())
    async with accounts.transaction() as session:
        await change_password(session, user, PASSWORD, NEW_PASSWORD, now())
    (line,) = await lines_of(accounts, user)
    assert (line.action, line.before, line.after) == ("password_changed", {}, {})


async def test_two_browsers_that_end_each_other_do_not_wait_in_a_circle(accounts: Accounts) -> None:
    """Each ends the other's session and gets a new token in the same transaction: one after the other."""
    admin = await accounts.administrator()
    here, there = await accounts.signs_in(admin), await accounts.signs_in(admin)

    async def ends_the_other(user: SessionUser) -> None:
        async with accounts.transaction() as session:
            await end_other_sessions(session, user)
            await asyncio.sleep(0.1)
            await rotate_session(session, user, now() + timedelta(seconds=1))

    await asyncio.gather(ends_the_other(here), ends_the_other(there))
    assert [line.action for line in await lines_of(accounts, here)] == [AuditAction.SESSIONS_ENDED] * 2
