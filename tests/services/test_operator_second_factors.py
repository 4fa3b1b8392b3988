"""Operators' second factor: required by default, each code once, wrong ones counted, a lost one reset."""

import asyncio
import dataclasses
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain.audit import AuditAction
from domain.callers import COMMAND_LINE, OperatorCaller
from domain.operator_permissions import OperatorRole
from domain.sign_in_steps import SignInStep
from services.audit_log import AuditFilter, AuditLine, search_audit
from services.database import OWN_STAFF, Database, JobsDatabase
from services.operator_sign_in import (
    OperatorAdmitted,
    OperatorRefused,
    SessionOperator,
    operator_session,
    sign_operator_in,
)
from services.operators import (
    DEMO_OPERATORS,
    OwnSecondFactor,
    create_operator,
    ensure_demo_operators,
    reset_operator_factor,
)
from services.password_changes import PasswordChange, change_password, confirm_password
from services.second_factors import (
    backup_codes_left,
    begin_totp,
    check_code,
    confirm_totp,
    new_backup_codes,
    pending_totp,
    remove_totp,
)
from services.secret_box import UnreadableSecret
from services.sessions import (
    Device,
    SessionNotFound,
    end_other_sessions,
    end_own_session,
    forget_ended_sessions,
    own_sessions,
    rotate_session,
)
from tests.services.accounts import BOX
from tests.services.support import now
from tests.services.test_second_factors import code_at

PASSWORD = "velvet harbour 42 lanterns"
_serial = itertools.count(1)


@dataclass(frozen=True)
class Operators:
    """Operators to be made; every step is a transaction of our own staff."""

    database: Database
    jobs_database: JobsDatabase

    async def new(self) -> str:
        login_id = f"factor{next(_serial)}@operator.example"
        async with self.jobs_database.transaction(OWN_STAFF) as session:
            await create_operator(session, login_id, "運用 要", OperatorRole.OPERATOR, PASSWORD)
        return login_id

    async def tries(
        self, login_id: str, password: str = PASSWORD, at: datetime | None = None
    ) -> OperatorAdmitted | OperatorRefused:
        async with self.database.transaction(OWN_STAFF) as session:
            return await sign_operator_in(
                session, login_id, password, at or now(), Device("Firefox", "192.0.2.7")
            )

    async def who(self, token: str, at: datetime | None = None) -> SessionOperator | None:
        async with self.database.transaction(OWN_STAFF) as session:
            return await operator_session(session, token, at or now())

    async def signs_in(self, login_id: str, at: datetime | None = None) -> SessionOperator:
        """Sign in; the session may still be halfway."""
        admitted = await self.tries(login_id, at=at)
        assert isinstance(admitted, OperatorAdmitted)
        operator = await self.who(admitted.token, at)
        assert operator is not None
        return operator

    async def enrolled(self) -> tuple[SessionOperator, bytes]:
        """A new operator with an authenticator, set up an hour ago and halfway into another sign-in."""
        login_id, at = await self.new(), now() - timedelta(hours=1)
        operator = await self.signs_in(login_id, at)
        async with self.database.transaction(OWN_STAFF) as session:
            await begin_totp(session, operator, BOX, at)
            secret = await pending_totp(session, operator, BOX)
            assert secret is not None
            assert await confirm_totp(session, operator, code_at(secret, at), BOX, at)
        return await self.signs_in(login_id), secret

    async def gives(self, operator: SessionOperator, code: str, at: datetime | None = None) -> bool:
        async with self.database.transaction(OWN_STAFF) as session:
            return await check_code(session, operator, code, BOX, at or now())

    async def done_to(self, operator: SessionOperator) -> AuditLine:
        """The newest entry about an operator."""
        async with self.database.transaction(OWN_STAFF) as session:
            found = await search_audit(session, operator.caller, AuditFilter(), limit=1000)
        return next(line for line in found.items if line.target_id == operator.account.id)


@pytest.fixture
def operators(database: Database, jobs_database: JobsDatabase) -> Operators:
    return Operators(database, jobs_database)


async def test_a_new_operator_has_to_set_one_up_and_one_of_the_demonstration_has_not(
    operators: Operators,
) -> None:
    """Required by default; scripts sign in to the demonstration."""
    assert (await operators.signs_in(await operators.new())).state.step is SignInStep.ENROLMENT
    async with operators.jobs_database.transaction(OWN_STAFF) as session:
        await ensure_demo_operators(session)
    demo = DEMO_OPERATORS[0]
    admitted = await operators.tries(demo.login_id, demo.password)
    assert isinstance(admitted, OperatorAdmitted)
    operator = await operators.who(admitted.token)
    assert operator is not None
    assert operator.state.step is SignInStep.DONE


async def test_a_code_lets_in_once_and_with_a_new_token(operators: Operators) -> None:
    operator, secret = await operators.enrolled()
    assert operator.state.step is SignInStep.SECOND_FACTOR
    at = now()
    given = await asyncio.gather(*(operators.gives(operator, code_at(secret, at), at) for _ in range(5)))
    assert sorted(given) == [False, False, False, False, True]
    async with operators.database.transaction(OWN_STAFF) as session:
        opened = await rotate_session(session, operator, now(), factor=True)
    again = await operators.who(opened.token)
    assert again is not None
    assert (again.state.step, again.session_id) == (SignInStep.DONE, operator.session_id)


async def test_halfway_is_over_after_ten_minutes(operators: Operators) -> None:
    operator, _ = await operators.enrolled()
    admitted = await operators.tries(operator.login_id)
    assert isinstance(admitted, OperatorAdmitted)
    assert await operators.who(admitted.token, now() + timedelta(minutes=9))
    assert await operators.who(admitted.token, now() + timedelta(minutes=10)) is None


async def test_five_wrong_codes_lock_the_operator(operators: Operators) -> None:
    """C-4's count for operators: a right password in between does not begin it anew; locked is locked."""
    operator, secret = await operators.enrolled()
    for _ in range(4):
        assert not await operators.gives(operator, "000000")
    operator = await operators.signs_in(operator.login_id)
    assert not await operators.gives(operator, "000000")
    assert not await operators.gives(operator, code_at(secret, now()))
    assert await operators.tries(operator.login_id) == OperatorRefused()
    later = now() + timedelta(minutes=31)
    assert await operators.gives(operator, code_at(secret, later), later)
    assert isinstance(await operators.tries(operator.login_id, at=later), OperatorAdmitted)


async def test_wrong_passwords_and_wrong_codes_are_one_count(operators: Operators) -> None:
    operator, secret = await operators.enrolled()
    here = dataclasses.replace(operator.caller, remote_address="192.0.2.7")  # as of ``tries``
    operator = dataclasses.replace(operator, caller=here)
    for _ in range(3):
        await operators.tries(operator.login_id, "wrong")
    for _ in range(2):
        assert not await operators.gives(operator, "000000")
    assert not await operators.gives(operator, code_at(secret, now()))


async def test_backup_codes_let_in_once_and_belong_to_one_operator(operators: Operators) -> None:
    operator, _ = await operators.enrolled()
    other, secret = await operators.enrolled()
    async with operators.database.transaction(OWN_STAFF) as session:
        codes = await new_backup_codes(session, operator, BOX, now())
    assert len(set(codes)) == 10
    assert not await operators.gives(other, codes[0])
    assert not await operators.gives(operator, code_at(secret, now()))
    assert await operators.gives(operator, codes[0].lower())
    assert not await operators.gives(operator, codes[0])
    async with operators.database.transaction(OWN_STAFF) as session:
        assert await backup_codes_left(session, operator) == 9
        await remove_totp(session, operator, now())
        assert await backup_codes_left(session, operator) == 0


async def test_secrets_are_sealed_for_their_owner(operators: Operators, jobs_database: JobsDatabase) -> None:
    operator, secret = await operators.enrolled()
    other, _ = await operators.enrolled()
    async with operators.database.transaction(OWN_STAFF) as session:
        codes = await new_backup_codes(session, operator, BOX, now())
    async with jobs_database.transaction() as session:
        key = {"id": operator.account.id}
        statement = "SELECT sealed_secret FROM operator_totp_secrets WHERE operator_id = :id"
        sealed = bytes((await session.execute(text(statement), key)).scalar_one())
        statement = "SELECT code_hash FROM operator_backup_codes WHERE operator_id = :id"
        hashes = [bytes(found) for found in (await session.execute(text(statement), key)).scalars()]
    assert secret not in sealed
    assert not any(codes[0].replace("-", "").encode() in found for found in hashes)
    with pytest.raises(UnreadableSecret):
        BOX.open(sealed, owner=other.account.id, purpose="totp")


async def test_another_operator_takes_a_lost_factor_away(operators: Operators) -> None:
    """Signed out everywhere, asked to set up a new one; on record; never the own one."""
    lost, _ = await operators.enrolled()
    chief = OperatorCaller((await operators.signs_in(await operators.new())).account.id)
    async with operators.database.transaction(OWN_STAFF) as session:
        await new_backup_codes(session, lost, BOX, now())
        with pytest.raises(OwnSecondFactor):
            await reset_operator_factor(session, lost.caller, lost.account.id)
        assert await backup_codes_left(session, lost) == 10
        await reset_operator_factor(session, chief, lost.account.id)
        assert await own_sessions(session, lost, now()) == []
        assert await backup_codes_left(session, lost) == 0
    assert (await operators.signs_in(lost.login_id)).state.step is SignInStep.ENROLMENT
    line = await operators.done_to(lost)
    assert (line.action, line.actor_name, line.target_name) == ("second_factor_reset", "運用 要", "運用 要")
    async with operators.database.transaction(OWN_STAFF) as session:
        await reset_operator_factor(session, COMMAND_LINE, lost.account.id)
    assert (await operators.done_to(lost)).actor_kind == "system"


async def test_the_life_of_a_factor_is_on_record(operators: Operators) -> None:
    """I11; no secret and no code in it."""
    operator, secret = await operators.enrolled()
    assert await operators.gives(operator, code_at(secret, now()))
    assert not await operators.gives(operator, "000000")
    async with operators.database.transaction(OWN_STAFF) as session:
        await new_backup_codes(session, operator, BOX, now())
        await remove_totp(session, operator, now())
        found = await search_audit(
            session, operator.caller, AuditFilter(actor_id=operator.account.id), limit=1000
        )
    lines = [line for line in reversed(found.items) if line.action != AuditAction.SIGNED_IN]
    assert [(line.action, dict(line.before or line.after)) for line in lines] == [
        ("second_factor_added", {"factor": "authenticator"}),
        ("second_factor_given", {"factor": "authenticator"}),
        ("sign_in_failed", {"failed_sign_ins": 1}),
        ("backup_codes_made", {"count": 10}),
        ("second_factor_removed", {"factor": "authenticator"}),
    ]


async def test_own_sessions_are_listed_and_ended_by_their_owner_only(
    operators: Operators, jobs_database: JobsDatabase
) -> None:
    login_id = await operators.new()
    first, second, here = [await operators.signs_in(login_id) for _ in range(3)]
    other = await operators.signs_in(await operators.new())
    async with operators.database.transaction(OWN_STAFF) as session:
        listed = await own_sessions(session, here, now())
        assert {(s.device, s.address) for s in listed} == {("Firefox", "192.0.2.7")}
        assert sorted(s.is_current for s in listed) == [False, False, True]
        await end_own_session(session, here, first.session_id)
        await end_other_sessions(session, here)
        assert [s.id for s in await own_sessions(session, here, now())] == [here.session_id]
        assert len(await own_sessions(session, other, now())) == 1
        with pytest.raises(SessionNotFound):
            await end_own_session(session, other, second.session_id)
    async with jobs_database.transaction() as session:
        # The address somebody came from is kept no longer than the session.
        await forget_ended_sessions(session, now() + timedelta(minutes=31))
        assert await own_sessions(session, here, now()) == []


async def test_the_own_password_is_changed_with_the_old_one(operators: Operators) -> None:
    """Wrong ones count; all other sessions end."""
    login_id = await operators.new()
    elsewhere, here = [await operators.signs_in(login_id) for _ in range(2)]
    async with operators.database.transaction(OWN_STAFF) as session:
        assert not await confirm_password(session, here, "wrong", now())
        refused = await change_password(session, here, "wrong", "amber kettle 7 wharves", now())
        assert refused is PasswordChange.NOT_PROVEN
        done = await change_password(session, here, PASSWORD, "amber kettle 7 wharves", now())
        assert done is PasswordChange.DONE
        assert [s.id for s in await own_sessions(session, here, now())] == [here.session_id]
    assert elsewhere.session_id != here.session_id
    assert await operators.tries(login_id) == OperatorRefused()
    assert isinstance(await operators.tries(login_id, "amber kettle 7 wharves"), OperatorAdmitted)
