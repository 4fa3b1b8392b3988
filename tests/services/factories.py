"""A company that can send, its campaigns and messages, and the steps of the message core on them."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.campaigns import CampaignStatus
from domain.carrier_exchange import (
    Capability,
    DeliveryReceipt,
    ReceiptState,
    SegmentResult,
    SubmitOutcome,
)
from domain.carriers import Carrier, Channel
from domain.delivery import MessageClosing, SubmitOrder
from domain.message_parts import DEFAULT_PART_TABLE
from domain.messages import ChannelPlan, MessageStatus
from domain.submit_outcomes import combine_submits
from models import Campaign, CampaignCounters, Company, Contract, Message, OfficialAccount, SmsAccount
from services.database import NO_COMPANY, Database, JobsDatabase
from services.incoming_receipts import store_receipts
from services.message_closing import close_messages
from services.receipts import AppliedReceipt
from services.submit_attempts import Beginning, ReadySubmit, begin_submits
from services.submit_records import Recorded, SubmitRecord, record_submits
from tests.support.postgres import jobs_url

_serial = itertools.count(1)


def a_number() -> str:
    """A mobile number no other test uses: lanes and known carriers are shared by all companies."""
    return f"0808{next(_serial):07d}"


def an_id() -> str:
    """A carrier's message id no other test uses."""
    return f"id-{next(_serial)}"


@dataclass(frozen=True, slots=True)
class Registered:
    """A campaign in the database with its messages, in their order."""

    id: UUID
    messages: tuple[UUID, ...]
    phone_numbers: tuple[str, ...]

    @property
    def message(self) -> UUID:
        """The only message."""
        (message,) = self.messages
        return message


class Bench:
    """One company in a database, and what is done to its messages, each step in its own transaction."""

    def __init__(self, database: Database, jobs_database: JobsDatabase, company_id: UUID) -> None:
        self.database = database
        self.jobs_database = jobs_database
        self.company_id = company_id

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Act for this company."""
        return self.database.transaction(self.company_id)

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """Run SQL on the rows of all companies; ``:company`` is this company."""
        async with self.jobs_database.transaction() as session:
            result = await session.execute(text(statement), {"company": self.company_id, **parameters})
            return list(result.all()) if isinstance(result, CursorResult) and result.returns_rows else []

    async def one(self, statement: str, **parameters: Any) -> Any:
        """Run SQL that has one row."""
        (row,) = await self.rows(statement, **parameters)
        return row

    async def contract(self, **columns: Any) -> None:
        """Agree on other terms from a day on."""
        async with self.transaction() as session:
            session.add(contract_of(self.company_id, **columns))

    async def campaign(self, *phone_numbers: str, **columns: Any) -> Registered:
        """Register a campaign that is being sent; without numbers, to one new number."""
        phone_numbers = phone_numbers or (a_number(),)
        return await self.campaign_to(phone_numbers, **columns)

    async def campaign_to(
        self, phone_numbers: Sequence[str], variables: dict[str, str] | None = None, **columns: Any
    ) -> Registered:
        """Register a campaign, also an empty one."""
        now = datetime.now(UTC)
        usual: dict[str, Any] = {
            "name": "予約確認",
            "channel_plan": ChannelPlan.SMS,
            "sms_text": "明日のご予約を承っております。",
            "rcs_text": "ご予約の詳細をお届けします。",
            "status": CampaignStatus.SENDING,
            "registered_at": now,
            "frozen_at": now,
        }
        campaign = Campaign(company_id=self.company_id, **usual | columns)
        async with self.transaction() as session:
            session.add(campaign)
            await session.flush()
            key: dict[str, Any] = {"company_id": self.company_id, "campaign_id": campaign.id}
            session.add(CampaignCounters(**key, total=len(phone_numbers)))
            messages = [
                Message(**key, row_number=index, phone_number=number, variables=variables or {})
                for index, number in enumerate(phone_numbers, start=2)
            ]
            for message in messages:
                session.add(message)
                await session.flush()
        return Registered(campaign.id, tuple(m.id for m in messages), tuple(phone_numbers))

    def order(
        self, message_id: UUID, carrier: Carrier = Carrier.DOCOMO, channel: Channel = Channel.SMS, **rest: Any
    ) -> SubmitOrder:
        """An order to hand a message to a carrier."""
        return SubmitOrder(self.company_id, message_id, channel, carrier, **rest)

    async def begin(self, *orders: SubmitOrder) -> list[Beginning]:
        """Begin submits in one transaction."""
        async with self.database.transaction({order.company_id for order in orders}) as session:
            return await begin_submits(session, orders)

    async def ready(self, order: SubmitOrder) -> ReadySubmit:
        """Begin a submit that may go."""
        (beginning,) = await self.begin(order)
        assert isinstance(beginning, ReadySubmit), beginning
        return beginning

    async def record(self, order: SubmitOrder, ready: ReadySubmit, *results: SegmentResult) -> Recorded:
        """Record what the carrier answered to a begun submit, as the SMS activity does."""
        record = record_of(order, ready, *results)
        async with self.transaction() as session:
            (recorded,) = await record_submits(session, [record])
        return recorded

    async def submitted(self, order: SubmitOrder, *ids: str) -> UUID:
        """Begin and record a submit that the carrier took under these ids; returns the attempt's id."""
        ready = await self.ready(order)
        await self.record(order, ready, *(accepted(i, segment) for segment, i in enumerate(ids, start=1)))
        return ready.attempt_id

    async def store(self, *receipts: DeliveryReceipt) -> list[AppliedReceipt]:
        """Put receipts into the inbox in one transaction."""
        async with self.database.transaction(NO_COMPANY) as session:
            return (await store_receipts(session, receipts)).applied

    async def close(self, *closings: MessageClosing) -> None:
        """End messages in one transaction."""
        async with self.database.transaction({closing.company_id for closing in closings}) as session:
            await close_messages(session, closings)

    def closing(
        self, message_id: UUID, status: MessageStatus = MessageStatus.DELIVERED, **rest: Any
    ) -> MessageClosing:
        """How a message ended: delivered by docomo as an SMS, now."""
        usual: dict[str, Any] = {}
        if status is MessageStatus.DELIVERED:
            usual = {"channel": Channel.SMS, "carrier": Carrier.DOCOMO, "delivered_at": datetime.now(UTC)}
        return MessageClosing(self.company_id, message_id, status, **usual | rest)

    async def delivered(self, message_id: UUID, **rest: Any) -> None:
        """Submit a message to docomo as an SMS and end it as delivered."""
        await self.submitted(self.order(message_id), an_id())
        await self.close(self.closing(message_id, **rest))

    async def message(self, message_id: UUID) -> Any:
        """The row of a message."""
        return await self.one(
            "SELECT * FROM messages WHERE company_id = :company AND id = :message", message=message_id
        )

    async def attempt(self, message_id: UUID) -> Any:
        """The row of a message's only attempt."""
        return await self.one(
            "SELECT * FROM submit_attempts WHERE company_id = :company AND message_id = :message",
            message=message_id,
        )

    async def segments(self, attempt_id: UUID) -> list[Any]:
        """The segments of an attempt, in order."""
        return await self.rows(
            "SELECT * FROM submit_segments WHERE company_id = :company AND attempt_id = :attempt"
            " ORDER BY segment",
            attempt=attempt_id,
        )

    async def campaign_row(self, campaign: Registered) -> Any:
        """The row of a campaign with its counters."""
        return await self.one(
            "SELECT * FROM campaigns c JOIN campaign_counters n ON n.campaign_id = c.id AND n.sequence = 1"
            " WHERE c.company_id = :company AND c.id = :campaign",
            campaign=campaign.id,
        )

    async def cancel(self, campaign: Registered) -> None:
        """Cancel only the campaign's row, as the first statement of a cancel does."""
        await self.rows(
            "UPDATE campaigns SET status = 'cancelled' WHERE id = :campaign", campaign=campaign.id
        )


def accepted(carrier_message_id: str | None = None, segment: int = 1) -> SegmentResult:
    """A segment the carrier took."""
    return SegmentResult(segment, SubmitOutcome.ACCEPTED, carrier_message_id or an_id())


def refused(outcome: SubmitOutcome, segment: int = 1) -> SegmentResult:
    """A segment the carrier did not take, or may not have taken."""
    return SegmentResult(segment, outcome, carrier_code="0x58")


def record_of(order: SubmitOrder, ready: ReadySubmit, *results: SegmentResult) -> SubmitRecord:
    """The record the activities make of a carrier's answer."""
    everything = (*ready.answered, *results)
    combined = combine_submits(everything)
    capability = Capability.CAPABLE if order.channel is Channel.RCS else None
    return SubmitRecord(
        order, ready.attempt_id, ready.phone_number, everything, combined, bool(combined.missing), capability
    )


def report(carrier_message_id: str | None, state: ReceiptState, **rest: Any) -> DeliveryReceipt:
    """A receipt of docomo's SMS link."""
    usual: dict[str, Any] = {"channel": Channel.SMS, "carrier": Carrier.DOCOMO, "raw": "id:1 stat:DELIVRD"}
    return DeliveryReceipt(carrier_message_id=carrier_message_id, state=state, **usual | rest)


def contract_of(company_id: UUID, **columns: Any) -> Contract:
    """The usual terms."""
    usual: dict[str, Any] = {
        "valid_from": date(2020, 1, 1),
        "hourly_capacity": 40_000,
        "part_table": list(DEFAULT_PART_TABLE),
        "sms_part_price_yen": Decimal(12),
        "rcs_message_price_yen": Decimal(10),
        "recycling_check_price_yen": Decimal(5),
    }
    return Contract(company_id=company_id, **usual | columns)


async def open_bench(database: Database, jobs_database: JobsDatabase, **terms: Any) -> Bench:
    """Make a new company with a contract and both kinds of senders."""
    company = Company(name="試験株式会社")
    async with jobs_database.transaction() as session:
        session.add(company)
        await session.flush()
        session.add(contract_of(company.id, **terms))
        session.add(SmsAccount(company_id=company.id, sender="0312345678"))
        session.add(OfficialAccount(company_id=company.id, name="試験", bot_id=f"bot-{next(_serial)}"))
    return Bench(database, jobs_database, company.id)


@asynccontextmanager
async def open_database(database_url: str) -> AsyncIterator[Database]:
    """Connect; the pool is large enough for tests that run transactions side by side."""
    database = Database(database_url, pool_size=15)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_jobs_database(database_url: str) -> AsyncIterator[JobsDatabase]:
    """Connect as the role that sees all companies."""
    database = JobsDatabase(jobs_url(database_url), pool_size=5)
    try:
        yield database
    finally:
        await database.close()
