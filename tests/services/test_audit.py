"""I11: one entry a change, in the change's own transaction, and a trail that shows any tampering."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from domain.audit import ActorKind, AuditAction, AuditEntry
from domain.callers import Caller
from domain.permissions import Role
from domain.rate_limits import LIMITS, LimitKind
from domain.sign_in_steps import MAX_FAILURES
from services.audit import append_entry, record_audit, record_refusal
from services.audit_log import AuditFilter, AuditLine, search_audit
from services.audit_verification import audit_faults
from services.campaign_cancel import cancel_campaign
from services.campaign_check import check_campaign
from services.campaign_registration import edit_scheduled, register_campaign
from services.campaigns import delete_draft
from services.database import OWN_STAFF
from services.sessions import Device
from services.sign_in import SignedIn, sign_in
from tests.services.support import Companies, campaign_content, csv_of, now, user_of


async def trail(companies: Companies, caller: Caller | None = None, **filters: object) -> list[AuditLine]:
    """The trail of the first company, oldest first."""
    caller = caller or companies.caller
    async with companies.database.transaction(caller.company_id) as session:
        found = await search_audit(session, caller, AuditFilter(**filters), limit=10_000)  # type: ignore[arg-type]
    return list(reversed(found.items))


async def faults(companies: Companies) -> list[str]:
    async with companies.jobs_database.snapshot() as session:
        return await audit_faults(session)


async def test_each_change_of_a_campaign_is_one_entry(companies: Companies) -> None:
    """However often a button is pressed."""
    before = len(await trail(companies))
    send_at = now() + timedelta(days=1)
    campaign = await companies.registered(send_at=send_at)
    async with companies.transaction() as session:
        again = await register_campaign(session, companies.caller, campaign, now=now())
        assert again.repeated
        await edit_scheduled(
            session,
            companies.caller,
            campaign,
            campaign_content(send_at=send_at, sms_text="お電話は 090-1234-5678"),
        )
        await cancel_campaign(session, companies.caller, campaign, now())
        await cancel_campaign(session, companies.caller, campaign, now())
    upload = await companies.upload(csv_of(1))
    draft = await companies.draft(upload.id, name="やめた案")
    async with companies.transaction() as session:
        await delete_draft(session, companies.caller, draft)

    lines = (await trail(companies))[before:]

    assert [line.action for line in lines] == [
        AuditAction.CAMPAIGN_REGISTERED,
        AuditAction.CAMPAIGN_EDITED,
        AuditAction.CAMPAIGN_CANCELLED,
        AuditAction.DRAFT_DELETED,
    ]
    registered, edited, cancelled, deleted = lines
    assert (registered.target_id, registered.after["recipients"]) == (campaign, 3)
    assert edited.before == {"sms_text": "明日のご予約を承っております。"}
    assert edited.after == {"sms_text": "お電話は 090****5678"}
    assert cancelled.after == {"cancelled": 3, "handed_over": 0}
    assert deleted.before["name"] == "やめた案"
    assert await faults(companies) == []


async def test_what_is_rolled_back_leaves_no_entry(companies: Companies) -> None:
    before = len(await trail(companies))
    upload = await companies.upload(csv_of(1))
    campaign = await companies.draft(upload.id)

    async def register_and_die() -> None:
        async with companies.transaction() as session:
            check = await check_campaign(session, companies.caller, campaign, now())
            await register_campaign(session, companies.caller, campaign, check_token=check.token, now=now())
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await register_and_die()
    assert len(await trail(companies)) == before
    assert await faults(companies) == []


async def test_sign_ins_are_on_record_with_their_failures_and_the_lock(companies: Companies) -> None:
    """A locked account's further attempts are not: nobody fills a trail from outside."""
    before = len(await trail(companies))
    login_id, password = user_of(companies.first, Role.ADMIN)
    for secret in (password, *["wrong"] * (MAX_FAILURES + 3)):
        async with companies.transaction() as session:
            await sign_in(session, login_id, secret, now(), Device(address="192.0.2.7"))
    async with companies.transaction() as session:
        assert not isinstance(await sign_in(session, "nobody@nowhere.example", "x", now()), SignedIn)

    lines = (await trail(companies))[before:]

    assert [line.action for line in lines] == [
        AuditAction.SIGNED_IN,
        *[AuditAction.SIGN_IN_FAILED] * (MAX_FAILURES - 1),
        AuditAction.ACCOUNT_LOCKED,
    ]
    assert {(line.actor_name, line.remote_address) for line in lines} == {("管理 次郎", "192.0.2.7")}


async def test_refused_pages_do_not_fill_a_trail(companies: Companies) -> None:
    """One person's, whichever pages they are: some entries, then one an hour that says there are more."""
    caller = Caller(companies.first.company_id, user_id=companies.first.company_id)
    before, start = len(await trail(companies)), now()
    most = LIMITS[LimitKind.REFUSED_PAGE].burst

    async def refused(times: int, at: datetime) -> list[AuditLine]:
        for number in range(times):
            async with companies.transaction() as session:
                await record_refusal(session, caller, {"page": f"/{number}"}, at)
        return (await trail(companies))[before:]

    lines = await refused(most + 20, start)
    assert len(lines) == most + 1
    assert [bool(line.after.get("further_ones_left_out")) for line in lines] == [False] * most + [True]
    assert len(await refused(most + 20, start + timedelta(minutes=61))) == 2 * (most + 1)
    assert await faults(companies) == []


async def test_entries_of_many_at_once_stay_in_one_order(companies: Companies) -> None:
    async def act(number: int) -> None:
        async with companies.database.transaction(companies.first.company_id) as session:
            await record_audit(session, companies.caller, AuditAction.NUMBERS_SHOWN, after={"count": number})

    before = len(await trail(companies))
    await asyncio.gather(*(act(number) for number in range(20)))
    lines = (await trail(companies))[before:]
    assert sorted(line.after["count"] for line in lines) == list(range(20))
    assert [line.position for line in lines] == list(range(before + 1, before + 21))
    assert await faults(companies) == []


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"])
async def test_nobody_changes_or_removes_an_entry(companies: Companies, statement: str) -> None:
    """By grants for the application, by a trigger for everybody."""
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with companies.transaction() as session:
            await session.execute(text(statement))
    with pytest.raises(DBAPIError, match=r"permission denied|never changed"):
        await companies.rows(statement)


async def test_a_company_sees_its_own_trail_only(companies: Companies) -> None:
    """I9, P-5."""
    async with companies.database.transaction(companies.second.company_id) as session:
        await record_audit(session, companies.stranger, AuditAction.NUMBERS_SHOWN, after={"count": 4711})
    assert all(line.after.get("count") != 4711 for line in await trail(companies))
    (line,) = await trail(companies, companies.stranger, action=AuditAction.NUMBERS_SHOWN)
    assert line.after == {"count": 4711}


async def test_our_own_staff_have_a_trail_of_their_own(companies: Companies) -> None:
    entry = AuditEntry(None, ActorKind.OPERATOR, None, "link_stopped", after={"link": "sms-au"})
    async with companies.jobs_database.transaction(OWN_STAFF) as session:
        await append_entry(session, entry)
        await append_entry(session, entry)
    assert await faults(companies) == []
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with companies.jobs_database.transaction() as session:
            await append_entry(session, entry)
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with companies.transaction() as session:
            await append_entry(session, entry)


async def test_a_page_of_the_trail_ends_where_the_next_begins(companies: Companies) -> None:
    everything = list(reversed(await trail(companies)))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        async with companies.transaction() as session:
            page = await search_audit(session, companies.caller, AuditFilter(), cursor=cursor, limit=7)
        seen += [line.position for line in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [line.position for line in everything]
