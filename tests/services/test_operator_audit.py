"""I11: what our own staff do is on record in a trail of its own, which no company sees."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import ProgrammingError

from domain.audit import ActorKind, AuditAction
from domain.callers import OperatorCaller
from domain.links import Link
from domain.operator_permissions import OperatorRole
from domain.sign_in_steps import MAX_FAILURES
from services.audit import record_audit
from services.audit_log import AuditFilter, AuditLine, audit_people, search_audit
from services.audit_verification import audit_faults
from services.database import NO_COMPANY, OWN_STAFF
from services.links import (
    LinkChangedMeanwhile,
    change_contract_rate,
    ensure_links,
    resume_link,
    stop_link,
    wanted_link,
)
from services.operator_sign_in import OperatorAdmitted, operator_session, sign_operator_in, sign_operator_out
from services.operators import create_operator
from services.sessions import Device
from tests.services.support import Companies

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PASSWORD = "velvet harbour 42 lanterns"
HERE = "192.0.2.8"


async def new_operator(companies: Companies, name: str) -> OperatorCaller:
    async with companies.jobs_database.transaction(OWN_STAFF) as session:
        operator_id = await create_operator(
            session, f"{name}@operator.example", name, OperatorRole.OPERATOR_ADMIN, PASSWORD
        )
    return OperatorCaller(operator_id)


async def trail(companies: Companies, who: OperatorCaller, actor: UUID | None) -> list[AuditLine]:
    """Our own staff's trail, oldest first; of one actor if it is given."""
    async with companies.database.transaction(OWN_STAFF) as session:
        found = await search_audit(session, who, AuditFilter(actor_id=actor), limit=1000)
    return list(reversed(found.items))


async def try_sign_in(
    companies: Companies, login_id: str, password: str, old_token: str | None = None
) -> str | None:
    async with companies.database.transaction(OWN_STAFF) as session:
        browser = Device("Firefox", HERE)
        outcome = await sign_operator_in(session, login_id, password, NOW, browser, old_token=old_token)
    return outcome.token if isinstance(outcome, OperatorAdmitted) else None


async def test_a_new_account_names_its_role_and_masks_its_mail_address(companies: Companies) -> None:
    operator = await new_operator(companies, "recorded")
    line = (await trail(companies, operator, None))[-1]
    assert (line.action, line.actor_kind, line.target_id) == (
        AuditAction.OPERATOR_CREATED,
        ActorKind.SYSTEM,
        operator.operator_id,
    )
    expected: Mapping[str, Any] = {
        "login_id": "r***@operator.example",
        "name": "recorded",
        "role": "operator_admin",
    }
    assert (line.after, line.target_name) == (expected, "recorded")


async def test_sign_ins_failures_and_the_lock_are_on_record(companies: Companies) -> None:
    """A locked account's further attempts are not, and a new sign-in replaces the old session."""
    operator = await new_operator(companies, "nightly")
    first = await try_sign_in(companies, "nightly@operator.example", PASSWORD)
    second = await try_sign_in(companies, "nightly@operator.example", PASSWORD, first)
    assert first
    assert second
    async with companies.database.transaction(OWN_STAFF) as session:
        assert await operator_session(session, first, NOW) is None
        signed_in = await operator_session(session, second, NOW)
        await sign_operator_out(session, second, HERE)
        await sign_operator_out(session, second, HERE)
    for _ in range(MAX_FAILURES + 2):
        assert await try_sign_in(companies, "nightly@operator.example", "wrong") is None
    await try_sign_in(companies, "nobody@operator.example", "wrong")

    lines = await trail(companies, operator, operator.operator_id)

    assert [line.action for line in lines] == [
        AuditAction.SIGNED_IN,
        AuditAction.SIGNED_IN,
        AuditAction.SIGNED_OUT,
        *[AuditAction.SIGN_IN_FAILED] * (MAX_FAILURES - 1),
        AuditAction.ACCOUNT_LOCKED,
    ]
    assert {(line.actor_name, line.remote_address) for line in lines} == {("nightly", HERE)}
    assert signed_in is not None
    assert signed_in.caller.operator_id == operator.operator_id


async def test_what_is_done_to_a_link_is_on_record_once(companies: Companies) -> None:
    """With the reason and the rate before and after; a form that came too late leaves nothing."""
    operator, link = await new_operator(companies, "switcher"), Link.SMS_RAKUTEN
    async with companies.database.transaction(OWN_STAFF) as session:
        await ensure_links(session, {link: 50.0})
        version = (await wanted_link(session, link)).version
        await stop_link(session, operator, link, version, "担当 090-1234-5678 より依頼")
        await resume_link(session, operator, link, version + 1)
        await change_contract_rate(session, operator, link, version + 2, 12.5)
        with pytest.raises(LinkChangedMeanwhile):
            await stop_link(session, operator, link, version, "遅れて")

    lines = await trail(companies, operator, operator.operator_id)

    assert [(line.action, dict(line.before), dict(line.after)) for line in lines] == [
        ("link_stopped", {}, {"link": "sms-rakuten", "reason": "担当 090****5678 より依頼"}),
        ("link_resumed", {"reason": "担当 090****5678 より依頼"}, {"link": "sms-rakuten"}),
        ("contract_rate_changed", {"contract_rate": "50"}, {"link": "sms-rakuten", "contract_rate": "12.5"}),
    ]


async def test_what_is_rolled_back_leaves_no_entry_and_the_trail_is_whole(companies: Companies) -> None:
    operator = await new_operator(companies, "undecided")

    async def stop_and_die() -> None:
        async with companies.database.transaction(OWN_STAFF) as session:
            await ensure_links(session, {Link.RCS_AU: 50.0})
            version = (await wanted_link(session, Link.RCS_AU)).version
            await stop_link(session, operator, Link.RCS_AU, version, "試験")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await stop_and_die()
    assert await trail(companies, operator, operator.operator_id) == []
    async with companies.jobs_database.transaction() as session:
        assert await audit_faults(session) == []


async def test_no_company_writes_or_reads_it(companies: Companies) -> None:
    """Row-level security: only a transaction that names our own staff, and that sees no company's rows."""
    operator = await new_operator(companies, "apart")
    for companies_of in (companies.first.company_id, NO_COMPANY):
        async with companies.database.transaction(companies_of) as session:
            assert (await search_audit(session, operator, AuditFilter())).items == ()
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with companies.database.transaction(companies_of) as session:
                await record_audit(session, operator, AuditAction.LINK_STOPPED)
    async with companies.database.transaction(OWN_STAFF) as session:
        assert (await search_audit(session, companies.caller, AuditFilter())).items == ()
        assert "apart" in [name for _, name in await audit_people(session, operator)]
