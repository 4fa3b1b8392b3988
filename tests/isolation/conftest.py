"""The whole application with two companies, each full of marks that nobody else may ever see."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr

from domain.audit import AuditAction
from domain.callers import Caller
from domain.messages import ChannelPlan
from services.accounts import Account
from services.audit import record_audit
from services.campaign_check import check_campaign
from services.campaign_registration import register_campaign
from services.campaigns import save_draft
from services.demo_data import DemoCompany
from services.recipient_uploads import store_upload
from services.sessions import Device, open_session
from tests.api.conftest import RecordingInbox
from tests.services.factories import Bench
from tests.services.support import Companies, campaign_content, now, open_companies
from tests.web.conftest import ENCRYPTION_KEY, PORTAL, FakeDelivery
from tests.web.staff import Staff
from workers.portal import build_app
from workers.settings import Settings


@dataclass(frozen=True)
class Marked:
    """A company with everything a company can have; ``mark`` stands in all of it."""

    company: DemoCompany
    mark: str
    phone_number: str
    ids: dict[str, list[UUID]]

    def traces(self) -> list[str]:
        """What gives the company away: words, numbers (whole, or their unmasked end), ids."""
        ids = [str(identity) for group in self.ids.values() for identity in group]
        people = [user.login_id for user in self.company.users]
        number = self.phone_number
        return [
            self.mark,
            self.company.name,
            number,
            f"****{number[-4:]}",
            *people,
            *ids,
            *(i.replace("-", "") for i in ids),
        ]


@dataclass
class Whole:
    """The application as the portal process serves it, on a database with two marked companies."""

    app: FastAPI
    companies: Companies
    sakura: Marked
    midori: Marked

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A browser or program of its own."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=PORTAL, headers=headers)

    def program(self, marked: Marked) -> httpx.AsyncClient:
        """A program with a company's key."""
        return self.client(Authorization=f"Bearer {marked.company.api_key}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole(database_url: str) -> AsyncIterator[Whole]:
    """Made once for a module; tests only read, or fail to write."""
    async with open_companies(database_url) as companies:
        app = build_app(
            Settings(
                database_url=SecretStr(database_url),
                maap_webhook_token=SecretStr("t"),
                encryption_key=SecretStr(ENCRYPTION_KEY),
                portal_url=PORTAL,
            )
        )
        app.state.database = companies.database
        app.state.delivery = FakeDelivery()
        app.state.receipt_inbox = RecordingInbox()
        sakura = await _fill(companies, companies.first, "桜目印", "09011112221")
        midori = await _fill(companies, companies.second, "緑目印", "09033334443")
        yield Whole(app, companies, sakura, midori)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def staff(whole: Whole) -> AsyncIterator[Staff]:
    """Sakura's administrator, signed in."""
    async with whole.client() as client:
        yield await Staff(client).sign_in("owner")


async def _fill(companies: Companies, company: DemoCompany, mark: str, number: str) -> Marked:
    caller = Caller(company.company_id)
    bench = Bench(companies.database, companies.jobs_database, company.company_id)
    campaigns: list[UUID] = []
    content: dict[str, Any] = {"name": f"{mark}の案件", "sms_text": f"{mark}{{{{氏名}}}}様"}
    later = {**content, "send_at": now() + timedelta(days=3)}
    for draft in (
        content,
        later,
        {**content, "channel_plan": ChannelPlan.RCS, "rcs_text": mark, "sms_text": None},
    ):
        async with bench.transaction() as session:
            file = f"電話番号,氏名\n{number},{mark}太郎\n{mark},だめな行\n".encode()
            upload = await store_upload(session, caller, f"{mark}.csv", file)
            campaigns.append(
                await save_draft(session, caller, campaign_content(**draft), upload_id=upload.id)
            )
    for campaign in campaigns[:2]:
        async with bench.transaction() as session:
            check = await check_campaign(session, caller, campaign, now())
            await register_campaign(session, caller, campaign, check_token=check.token, now=now())
    await bench.rows("UPDATE campaigns SET status = 'sending' WHERE id = :id", id=campaigns[0])
    found = await bench.rows(
        "SELECT id FROM messages WHERE company_id = :company AND campaign_id = :id", id=campaigns[0]
    )
    messages = [row.id for row in found]
    await bench.delivered(messages[0])
    async with bench.transaction() as session:
        await record_audit(session, caller, AuditAction.NUMBERS_SHOWN, after={"note": mark})
    return Marked(
        company,
        mark,
        number,
        {"campaign_id": campaigns, "message_id": messages, **await _accounts(bench, mark)},
    )


async def _accounts(bench: Bench, mark: str) -> dict[str, list[UUID]]:
    """Ids of users, keys and sessions of a company, and of a passkey of somebody who never signs in here."""
    users = [row.id for row in await bench.rows("SELECT id FROM company_users WHERE company_id = :company")]
    passkey = await bench.one(
        "WITH owner AS (INSERT INTO company_users (company_id, login_id, name, role, password_hash)"
        " VALUES (:company, :mark, :mark, 'admin', '') RETURNING company_id, id)"
        " INSERT INTO passkeys (company_id, user_id, name, credential_id, public_key)"
        " SELECT company_id, id, :mark, :credential, '' FROM owner RETURNING id",
        mark=mark,
        credential=mark.encode(),
    )
    async with bench.transaction() as session:
        owner = Account(bench.company_id, users[0])
        opened = await open_session(session, owner, now(), Device(mark, "192.0.2.1"))
    keys = [row.id for row in await bench.rows("SELECT id FROM api_keys WHERE company_id = :company")]
    return {"user_id": users, "key_id": keys, "session_id": [opened.id], "passkey_id": [passkey.id]}
