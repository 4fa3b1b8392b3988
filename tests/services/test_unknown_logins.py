"""I11: a sign-in with a login id nobody has is on record with our own staff, without the id (I10)."""

from domain.audit import ActorKind, AuditAction, AuditResult
from domain.callers import COMMAND_LINE, Caller
from domain.rate_limits import UNKNOWN_LOGINS_NOTED, UNKNOWN_LOGINS_NOTED_OF_ADDRESS
from services.audit_log import AuditFilter, AuditLine, search_audit
from services.audit_verification import audit_faults
from services.database import NO_COMPANY, OWN_STAFF
from services.operator_sign_in import OperatorRefused, sign_operator_in
from services.secret_box import SecretBox
from services.sessions import Device
from services.sign_in import SignInFailed, sign_in
from services.unknown_logins import login_id_mark, record_unknown_login
from tests.services.accounts import BOX
from tests.services.support import Companies, now

TYPED = "Himitsu-no-Kotoba-7"  # a password in the wrong field, as it happens


async def noted(companies: Companies, address: str | None = None) -> list[AuditLine]:
    """The entries of unknown login ids, oldest first; of one address if it is given."""
    async with companies.database.transaction(OWN_STAFF) as session:
        wanted = AuditFilter(action=AuditAction.UNKNOWN_LOGIN.value)
        found = await search_audit(session, COMMAND_LINE, wanted, limit=1000)
    return [line for line in reversed(found.items) if address in (None, line.remote_address)]


async def try_unknown(companies: Companies, login_id: str, address: str | None, box: SecretBox = BOX) -> None:
    async with companies.database.transaction(NO_COMPANY) as session:
        await record_unknown_login(session, login_id, box, page="/sign-in", remote_address=address)


async def test_a_login_id_nobody_has_is_on_record_with_our_own_staff(companies: Companies) -> None:
    """Whence and at which page; no company sees it, and the trail is whole."""
    device = Device("Firefox", "192.0.2.40")
    async with companies.database.transaction(NO_COMPANY) as session:
        assert await sign_in(session, TYPED, "x", now(), device, box=BOX) == SignInFailed()

    (line,) = await noted(companies, "192.0.2.40")

    assert (line.result, line.actor_kind, line.actor_name) == (AuditResult.FAILED, ActorKind.SYSTEM, None)
    assert dict(line.after) == {"page": "/sign-in", "login_id_mark": login_id_mark(TYPED, BOX)}
    for company in (companies.first, companies.second):
        async with companies.database.transaction(company.company_id) as session:
            wanted = AuditFilter(action=AuditAction.UNKNOWN_LOGIN.value)
            assert (await search_audit(session, Caller(company.company_id), wanted)).items == ()
    async with companies.jobs_database.transaction() as session:
        assert await audit_faults(session) == []


async def test_so_is_one_at_the_operators_door(companies: Companies) -> None:
    """The same id has the same mark at both doors."""
    device = Device("Firefox", "192.0.2.43")
    async with companies.database.transaction(OWN_STAFF) as session:
        refused = await sign_operator_in(session, TYPED, "x", now(), device, box=BOX)
    assert refused == OperatorRefused()
    (line,) = await noted(companies, "192.0.2.43")
    assert dict(line.after) == {"page": "/operator/sign-in", "login_id_mark": login_id_mark(TYPED, BOX)}


async def test_what_was_typed_is_nowhere_in_the_database(companies: Companies) -> None:
    """It may be a name or a password: neither plain, nor as a hash that is made without the key."""
    await try_unknown(companies, TYPED, "192.0.2.41")
    (row,) = await companies.rows(
        "SELECT CAST(e AS text) AS whole FROM audit_entries e WHERE remote_address = '192.0.2.41'"
    )
    assert "himitsu" not in row.whole.lower()
    mark = login_id_mark(TYPED, BOX)
    assert mark
    assert mark in row.whole
    assert login_id_mark(TYPED, SecretBox("another")) != mark


async def test_repeated_tries_are_seen_by_the_same_mark(companies: Companies) -> None:
    """Whatever the case; another id has another mark; without a key there is none, and no error."""
    for typed in ("taro@example.jp", "TARO@example.jp", "jiro@example.jp", "\ud800"):
        await try_unknown(companies, typed, "192.0.2.42")
    await try_unknown(companies, "taro@example.jp", "192.0.2.42", SecretBox(""))
    marks = [line.after.get("login_id_mark") for line in await noted(companies, "192.0.2.42")]
    assert marks[0] == marks[1]
    assert len({*marks}) == 4
    assert marks[-1] is None


async def test_a_flood_fills_no_trail_and_one_address_hides_no_other(companies: Companies) -> None:
    """Beyond the bound nothing is written, whoever asks; an IPv6 customer counts as one, not as 2^64."""
    for at in range(UNKNOWN_LOGINS_NOTED_OF_ADDRESS + 5):
        await try_unknown(companies, f"somebody{at}", "198.51.100.1")
        await try_unknown(companies, f"somebody{at}", f"2001:db8:0:7::{at:x}")
    await try_unknown(companies, "somebody", "198.51.100.2")
    lines = await noted(companies)
    of_ipv6 = [line for line in lines if (line.remote_address or "").startswith("2001:db8:0:7:")]
    assert len(await noted(companies, "198.51.100.1")) == UNKNOWN_LOGINS_NOTED_OF_ADDRESS
    assert len(of_ipv6) == UNKNOWN_LOGINS_NOTED_OF_ADDRESS
    assert len(await noted(companies, "198.51.100.2")) == 1

    for at in range(UNKNOWN_LOGINS_NOTED):
        await try_unknown(companies, "somebody", f"203.0.113.{at}")

    assert len(await noted(companies)) == UNKNOWN_LOGINS_NOTED
