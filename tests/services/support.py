"""What tests of use cases start from: two companies, their callers, lists of recipients."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.campaigns import CampaignContent
from domain.messages import ChannelPlan
from domain.permissions import Role
from services.campaign_check import check_campaign
from services.campaign_registration import register_campaign
from services.campaigns import save_draft
from services.database import Database, JobsDatabase
from services.demo_data import DemoCompany, ensure_demo_data
from services.recipient_uploads import StoredUpload, store_upload
from tests.support.postgres import jobs_url


class Companies:
    """A database with the demo companies: ``first`` has all options, ``second`` none."""

    def __init__(self, database: Database, jobs_database: JobsDatabase, demo: Sequence[DemoCompany]) -> None:
        self.database = database
        self.jobs_database = jobs_database
        self.first, self.second = demo
        self.caller = Caller(self.first.company_id)
        self.stranger = Caller(self.second.company_id)

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Act for both companies: what keeps them apart then are the services' own conditions."""
        return self.database.transaction((self.first.company_id, self.second.company_id))

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """Run SQL on the rows of all companies, in a transaction of its own."""
        async with self.jobs_database.transaction() as session:
            result = await session.execute(text(statement), parameters)
            return list(result.all()) if isinstance(result, CursorResult) and result.returns_rows else []

    async def one(self, statement: str, **parameters: Any) -> Any:
        """Run SQL that has one row with one value."""
        return (await self.rows(statement, **parameters))[0][0]

    async def upload(self, content: str, caller: Caller | None = None) -> StoredUpload:
        """Store a CSV."""
        async with self.transaction() as session:
            return await store_upload(session, caller or self.caller, "宛先.csv", content.encode())

    async def draft(self, upload_id: UUID | None, **content: Any) -> UUID:
        """Save a draft of the first company."""
        async with self.transaction() as session:
            return await save_draft(session, self.caller, campaign_content(**content), upload_id=upload_id)

    async def registered(self, count: int = 3, first_number: int = 0, **content: Any) -> UUID:
        """Register a campaign with ``count`` recipients."""
        upload = await self.upload(csv_of(count, first_number))
        campaign_id = await self.draft(upload.id, **content)
        async with self.transaction() as session:
            check = await check_campaign(session, self.caller, campaign_id, now())
            await register_campaign(session, self.caller, campaign_id, check_token=check.token, now=now())
        return campaign_id


def campaign_content(**changes: Any) -> CampaignContent:
    """An SMS to be sent now."""
    usual: dict[str, Any] = {
        "name": "予約確認",
        "channel_plan": ChannelPlan.SMS,
        "sms_text": "明日のご予約を承っております。",
        "rcs_text": None,
    }
    return CampaignContent(**{**usual, **changes})


def numbers(count: int, first: int = 0) -> list[str]:
    """Different valid numbers."""
    return [f"0901{first + index:07d}" for index in range(count)]


def csv_of(count: int, first_number: int = 0) -> str:
    """A file with a name for each number."""
    rows = [f"{number},客{index}" for index, number in enumerate(numbers(count, first_number))]
    return "\n".join(["電話番号,氏名", *rows]) + "\n"


def now() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_companies(database_url: str) -> AsyncIterator[Companies]:
    """Connect and make the companies."""
    database, jobs_database = Database(database_url), JobsDatabase(jobs_url(database_url), pool_size=2)
    async with jobs_database.transaction() as session:
        demo = await ensure_demo_data(session)
    yield Companies(database, jobs_database, demo)
    await jobs_database.close()
    await database.close()


def user_of(company: DemoCompany, role: Role) -> tuple[str, str]:
    """Login id and password of the company's user with ``role``."""
    user = next(user for user in company.users if user.role is role)
    return user.login_id, user.password
