"""Misdelivery checks: asked once, answers charged, failures not (M-1, M-4)."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.billing import usage_month
from domain.carrier_exchange import RecyclingOutcome
from domain.delivery import RecyclingOrder
from services.recycling_checks import RecyclingQuestion, load_recycling_question, record_recycling_check
from tests.services.factories import Bench, Registered

REFERENCE = date(2026, 1, 31)


async def question(bench: Bench, campaign: Registered) -> RecyclingQuestion:
    async with bench.transaction() as session:
        return await load_recycling_question(session, RecyclingOrder(bench.company_id, campaign.message))


async def record(bench: Bench, campaign: Registered, outcome: RecyclingOutcome) -> None:
    order = RecyclingOrder(bench.company_id, campaign.message)
    async with bench.transaction() as session:
        await record_recycling_check(session, order, outcome, "200")


async def charges(bench: Bench) -> list[Any]:
    return await bench.rows("SELECT * FROM billing_entries WHERE company_id = :company")


async def test_the_question_is_the_number_and_the_campaigns_reference_date(bench: Bench) -> None:
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)

    today = (await bench.one("SELECT (now() AT TIME ZONE 'Asia/Tokyo')::date AS today")).today
    assert await question(bench, campaign) == RecyclingQuestion(
        campaign.phone_numbers[0], REFERENCE, None, today
    )


@pytest.mark.parametrize("outcome", [RecyclingOutcome.NOT_RECYCLED, RecyclingOutcome.RECYCLED])
async def test_an_answer_is_charged_whether_the_message_is_sent_or_not(
    bench: Bench, outcome: RecyclingOutcome
) -> None:
    """M-4."""
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)

    await record(bench, campaign, outcome)

    (charge,) = await charges(bench)
    assert (charge.charge_kind, charge.channel, charge.parts) == ("recycling_check", None, 1)
    assert charge.usage_month == usage_month(datetime.now(UTC))
    assert (await question(bench, campaign)).outcome is outcome
    assert (await bench.campaign_row(campaign)).billable_parts == 0


async def test_a_failed_check_is_on_record_and_not_charged(bench: Bench) -> None:
    """M-4: DB照会エラー."""
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)

    await record(bench, campaign, RecyclingOutcome.LOOKUP_FAILED)

    assert await charges(bench) == []
    assert (await question(bench, campaign)).outcome is RecyclingOutcome.LOOKUP_FAILED


async def test_the_first_answer_stands_and_is_charged_once(bench: Bench) -> None:
    """I5: also when two workers record at the same time."""
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)

    await asyncio.gather(*(record(bench, campaign, RecyclingOutcome.RECYCLED) for _ in range(4)))
    await record(bench, campaign, RecyclingOutcome.LOOKUP_FAILED)

    assert len(await charges(bench)) == 1
    assert (await question(bench, campaign)).outcome is RecyclingOutcome.RECYCLED


async def test_a_checked_message_has_two_charges_when_it_is_delivered(bench: Bench) -> None:
    """M-4, B-1: the check and the delivery are different things."""
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)
    await record(bench, campaign, RecyclingOutcome.NOT_RECYCLED)

    await bench.delivered(campaign.message)

    assert {charge.charge_kind for charge in await charges(bench)} == {"recycling_check", "delivery"}
