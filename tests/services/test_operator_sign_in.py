"""Operators have accounts of their own, with the same care as company users'."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.operator_permissions import OperatorRole
from domain.permissions import Role
from domain.sign_in_steps import LOCKED_FOR, MAX_FAILURES
from services.database import OWN_STAFF, Database, JobsDatabase
from services.operator_sign_in import (
    OperatorAdmitted,
    OperatorRefused,
    operator_session,
    sign_operator_in,
    sign_operator_out,
)
from services.operators import OperatorExists, UnusableOperator, create_operator
from services.session_tokens import ABSOLUTE_LIMIT, IDLE_LIMIT
from services.sign_in import SignedIn, sign_in
from services.user_sessions import session_for
from tests.services.support import Companies, user_of

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PASSWORD = "velvet harbour 42 lanterns"


async def _operator(
    jobs_database: JobsDatabase, login_id: str, role: OperatorRole = OperatorRole.OPERATOR
) -> str:
    async with jobs_database.transaction(OWN_STAFF) as session:
        await create_operator(session, login_id, "運用 太郎", role, PASSWORD)
    return login_id


async def _sign_in(
    database: Database, login_id: str, password: str = PASSWORD, at: datetime = NOW
) -> OperatorAdmitted | OperatorRefused:
    async with database.transaction(OWN_STAFF) as session:
        return await sign_operator_in(session, login_id, password, at)


async def test_an_operator_signs_in_and_out(database: Database, jobs_database: JobsDatabase) -> None:
    login_id = await _operator(jobs_database, "first@operator.example", OperatorRole.OPERATOR_ADMIN)
    admitted = await _sign_in(database, login_id.upper())
    assert isinstance(admitted, OperatorAdmitted)
    async with database.transaction(OWN_STAFF) as session:
        found = await operator_session(session, admitted.token, NOW)
        assert found is not None
        assert (found.role, found.name) == (OperatorRole.OPERATOR_ADMIN, "運用 太郎")
        await sign_operator_out(session, admitted.token)
        assert await operator_session(session, admitted.token, NOW) is None


async def test_unknown_wrong_and_locked_get_the_same_answer(
    database: Database, jobs_database: JobsDatabase
) -> None:
    login_id = await _operator(jobs_database, "same@operator.example")
    answers = {
        await _sign_in(database, "nobody@operator.example"),
        await _sign_in(database, login_id, "wrong"),
    }
    for _ in range(MAX_FAILURES):
        answers.add(await _sign_in(database, login_id, "wrong"))
    answers.add(await _sign_in(database, login_id))  # locked, the password is right
    assert answers == {OperatorRefused()}


async def test_twenty_wrong_passwords_at_once_lock_after_five(
    database: Database, jobs_database: JobsDatabase
) -> None:
    login_id = await _operator(jobs_database, "storm@operator.example")
    await asyncio.gather(*(_sign_in(database, login_id, f"wrong {n}") for n in range(20)))
    assert await _sign_in(database, login_id) == OperatorRefused()
    later = await _sign_in(database, login_id, at=NOW + LOCKED_FOR + timedelta(seconds=1))
    assert isinstance(later, OperatorAdmitted)


async def test_a_session_ends_when_idle_and_after_twelve_hours(
    database: Database, jobs_database: JobsDatabase
) -> None:
    login_id = await _operator(jobs_database, "idle@operator.example")
    admitted = await _sign_in(database, login_id)
    assert isinstance(admitted, OperatorAdmitted)
    async with database.transaction(OWN_STAFF) as session:
        # What a page does by itself keeps nobody signed in.
        half = NOW + IDLE_LIMIT / 2
        assert await operator_session(session, admitted.token, half, is_activity=False)
        assert await operator_session(session, admitted.token, NOW + IDLE_LIMIT) is None
        at = NOW
        while at + IDLE_LIMIT / 2 < NOW + ABSOLUTE_LIMIT:
            at += IDLE_LIMIT / 2
            assert await operator_session(session, admitted.token, at)
        assert await operator_session(session, admitted.token, NOW + ABSOLUTE_LIMIT) is None


async def test_neither_side_opens_the_other(companies: Companies, database: Database) -> None:
    """Operators are never company users: neither passwords nor sessions of one side open the other."""
    login_id, password = user_of(companies.first, Role.COMPANY_ADMIN)
    assert await _sign_in(companies.database, login_id, password) == OperatorRefused()
    operator = await _operator(companies.jobs_database, "apart@operator.example")
    admitted = await _sign_in(companies.database, operator)
    assert isinstance(admitted, OperatorAdmitted)
    async with companies.database.transaction(OWN_STAFF) as session:
        assert not isinstance(await sign_in(session, operator, PASSWORD, NOW), SignedIn)
        assert await session_for(session, admitted.token, NOW) is None
        company_user = await sign_in(session, login_id, password, NOW)
        assert isinstance(company_user, SignedIn)
        assert await operator_session(session, company_user.token, NOW) is None


@pytest.mark.parametrize(
    ("login_id", "name", "password"),
    [
        ("", "運用 太郎", PASSWORD),
        ("two words", "運用 太郎", PASSWORD),
        ("weak@operator.example", " ", PASSWORD),
        ("weak@operator.example", "運用 太郎", "short"),
        ("weak@operator.example", "運用 太郎", "passwordpassword"),
        ("nightwatch@operator.example", "運用 太郎", "nightwatch-operator"),
    ],
)
async def test_unusable_accounts_are_refused(
    database: Database, jobs_database: JobsDatabase, login_id: str, name: str, password: str
) -> None:
    async with jobs_database.transaction(OWN_STAFF) as session:
        with pytest.raises(UnusableOperator):
            await create_operator(session, login_id, name, OperatorRole.OPERATOR, password)


async def test_a_login_id_is_taken_once_however_it_is_written(
    database: Database, jobs_database: JobsDatabase
) -> None:
    login_id = await _operator(jobs_database, "once@operator.example")
    async with jobs_database.transaction(OWN_STAFF) as session:
        with pytest.raises(OperatorExists):
            await create_operator(session, login_id.upper(), "別人", OperatorRole.OPERATOR, PASSWORD)
