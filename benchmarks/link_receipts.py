"""How long a receipt takes from the SMSC to its committed row; link, inbox and PostgreSQL are real."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text

from activities.submit_sms import SmsActivities
from activities.submitting import SubmitRecorder
from benchmarks.company import HOURLY_CAPACITY
from benchmarks.errors import BenchmarkFailed
from benchmarks.link_results import RECEIPTS_PER_SECOND
from domain.campaigns import CampaignStatus
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice, SubmissionOutcome, SubmitOrder
from domain.message_parts import DEFAULT_PART_TABLE
from domain.messages import ChannelPlan
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import SmppProfile
from models import Campaign, CampaignCounters, Company, Contract, Message, SmsAccount
from services.database import Database, JobsDatabase
from tests.peers.node_smsc import NodeSmsc
from workflows.client import DeliveryClient
from workflows.receipt_inbox import ReceiptInbox

# As many as a carrier worker has in progress on a link.
CALLS = 50
_DELIVERED = text("""
    SELECT count(*) FROM receipts r
    JOIN submit_attempts a ON (a.company_id, a.message_id) = (r.company_id, r.message_id)
    WHERE a.receipt_state = 'delivered'
""")


class _Nobody:
    """Takes the signals: they follow the commit, and no workflow waits here."""

    async def signal_receipt(self, message_id: UUID, notice: ReceiptNotice) -> None:
        """Does nothing."""


async def measure_receipts(
    smsc: NodeSmsc, profile: SmppProfile, database_url: str, jobs_url: str, count: int
) -> list[float]:
    """Submit ``count`` messages on record, then take their receipts at 100 a second; milliseconds of each."""
    database, jobs = Database(database_url), JobsDatabase(jobs_url)
    inbox = ReceiptInbox(database, cast("DeliveryClient", _Nobody()))
    link = SmppLink(profile, smsc.url, inbox.receive)
    await smsc.set(record=False, receipts="held")
    await link.start()
    try:
        orders = await _registered(jobs, count)
        await _submit(SmsActivities(SubmitRecorder(database), {Carrier.DOCOMO: link}), orders)
        await smsc.tell("pace", perSecond=RECEIPTS_PER_SECOND)
        await asyncio.sleep(count / RECEIPTS_PER_SECOND)
        await smsc.until(receiptsTaken=count)
        async with jobs.transaction() as session:
            delivered = (await session.execute(_DELIVERED)).scalar_one()
    finally:
        await link.stop()
        await inbox.close()
        await database.close()
        await jobs.close()
    if delivered != count:
        raise BenchmarkFailed(f"{count:,} receipts were acknowledged, {delivered:,} are on record.")
    return [float(one) for one in (await smsc.report())["milliseconds"]]


async def _registered(database: JobsDatabase, count: int) -> list[SubmitOrder]:
    """Make a company with one campaign; the orders to send it by docomo."""
    now = datetime.now(UTC)
    company = Company(name="計測株式会社")
    async with database.transaction() as session:
        session.add(company)
        await session.flush()
        session.add(_contract(company.id))
        session.add(SmsAccount(company_id=company.id, sender="0312345678"))
        campaign = Campaign(
            company_id=company.id,
            name="計測",
            channel_plan=ChannelPlan.SMS,
            sms_text="明日10時のご予約を承っております。",
            status=CampaignStatus.SENDING,
            registered_at=now,
            frozen_at=now,
        )
        session.add(campaign)
        await session.flush()
        key: dict[str, Any] = {"company_id": company.id, "campaign_id": campaign.id}
        session.add(CampaignCounters(**key, total=count))
        messages = [
            Message(**key, row_number=number + 2, phone_number=f"090{number:08d}", variables={})
            for number in range(count)
        ]
        session.add_all(messages)
        await session.flush()
        return [SubmitOrder(company.id, one.id, Channel.SMS, Carrier.DOCOMO) for one in messages]


def _contract(company_id: UUID) -> Contract:
    return Contract(
        company_id=company_id,
        valid_from=date(2020, 1, 1),
        hourly_capacity=HOURLY_CAPACITY,
        part_table=list(DEFAULT_PART_TABLE),
        sms_part_price_yen=Decimal(12),
        rcs_message_price_yen=Decimal(10),
        recycling_check_price_yen=Decimal(5),
    )


async def _submit(activities: SmsActivities, orders: Iterable[SubmitOrder]) -> None:
    waiting = iter(orders)

    async def caller() -> None:
        for order in waiting:
            submission = await activities.submit_sms(order)
            if submission.outcome is not SubmissionOutcome.ACCEPTED:
                raise BenchmarkFailed(f"node-smpp answered {submission.outcome.value}.")

    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLS):
            callers.create_task(caller())
