"""The log: filters, pages that stay put, a message's story, the numbers of the home page (L-1, L-2, P-5)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.carriers import Carrier, Channel
from domain.messages import MessageStatus
from services.campaigns import CampaignNotFound
from services.dashboards import home_numbers
from services.delivery_log import (
    InvalidPhoneNumber,
    LogFilter,
    LogRow,
    campaign_messages,
    search_messages,
)
from services.message_details import MessageNotFound, message_detail
from services.message_timeline import TimelineKind
from services.paging import InvalidCursor, Page
from tests.services.support import Companies, now, numbers


async def search(
    companies: Companies, cursor: str | None = None, limit: int = 50, **wanted: Any
) -> Page[LogRow]:
    async with companies.transaction() as session:
        return await search_messages(
            session,
            companies.caller,
            LogFilter(**wanted),
            cursor,
            limit,
        )


async def test_filters(companies: Companies) -> None:
    """P-5."""
    one = await companies.registered(3, 2000)
    other = await companies.registered(2, 2100)
    await companies.rows(
        "UPDATE messages SET status = 'delivered', channel = 'sms', carrier = 'au' "
        "WHERE campaign_id = :id AND row_number = 3",
        id=one,
    )
    assert len((await search(companies)).items) == 5
    assert {row.campaign_id for row in (await search(companies, campaign_id=other)).items} == {other}
    typed = f"+81 {numbers(1, 2000)[0][1:3]}-{numbers(1, 2000)[0][3:]}"
    assert [row.row_number for row in (await search(companies, phone_number=typed)).items] == [2]
    delivered: dict[str, Any] = {
        "statuses": [MessageStatus.DELIVERED],
        "channel": Channel.SMS,
        "carrier": Carrier.AU,
    }
    assert [row.row_number for row in (await search(companies, **delivered)).items] == [3]
    assert not (await search(companies, carrier=Carrier.DOCOMO)).items
    assert not (await search(companies, accepted_from=now() + timedelta(minutes=1))).items
    assert not (await search(companies, accepted_until=now() - timedelta(minutes=1))).items
    assert len((await search(companies, accepted_until=now() + timedelta(minutes=1))).items) == 5
    with pytest.raises(InvalidPhoneNumber):
        await search(companies, phone_number="03-1234-5678")


async def test_reaches_three_months_back(companies: Companies) -> None:
    """L-1, P-3: counted from a message's end, so that those scheduled far ahead are in it as well."""
    ended = await companies.registered(1, 2200)
    waiting = await companies.registered(1, 2210)
    await companies.rows(
        "UPDATE messages SET status = 'delivered', closed_at = now() WHERE campaign_id = :id", id=ended
    )

    async def shown(days: int) -> set[UUID]:
        async with companies.transaction() as session:
            at = now() + timedelta(days=days)
            page = await search_messages(session, companies.caller, LogFilter(), now=at)
        return {row.campaign_id for row in page.items} & {ended, waiting}

    assert await shown(91) == {ended, waiting}
    assert await shown(93) == {waiting}


async def test_pages_stay_put_while_messages_are_added(companies: Companies) -> None:
    """P-5: no row twice, none left out."""
    campaign_id = await companies.registered(7, 2300)
    first = await search(companies, limit=3, campaign_id=campaign_id)
    await companies.registered(5, 2400)
    everything = await search(companies, limit=3)
    assert everything.items[0].campaign_id != campaign_id
    seen = list(first.items)
    cursor = first.next_cursor
    while cursor:
        page = await search(companies, cursor, 3, campaign_id=campaign_id)
        seen += page.items
        cursor = page.next_cursor
    assert [row.row_number for row in seen] == [8, 7, 6, 5, 4, 3, 2]
    with pytest.raises(InvalidCursor):
        await search(companies, "not-a-cursor")


async def test_a_campaigns_messages_come_in_the_order_of_its_recipients(companies: Companies) -> None:
    campaign_id = await companies.registered(5, 2500)
    async with companies.transaction() as session:
        first = await campaign_messages(session, companies.caller, campaign_id, limit=3)
        rest = await campaign_messages(
            session, companies.caller, campaign_id, cursor=first.next_cursor, limit=3
        )
        with pytest.raises(CampaignNotFound):
            await campaign_messages(session, companies.stranger, campaign_id)
    assert [row.phone_number for row in (*first.items, *rest.items)] == numbers(5, 2500)
    assert rest.next_cursor is None


async def _delivered_message(companies: Companies) -> UUID:
    campaign_id = await companies.registered(1, 2600, sms_text="{{氏名}}様、明日です。")
    message_id: UUID = await companies.one("SELECT id FROM messages WHERE campaign_id = :id", id=campaign_id)
    key = {"company": companies.first.company_id, "message": message_id}
    await companies.rows(
        "INSERT INTO submit_attempts (company_id, message_id, channel, carrier, number, state, body, parts,"
        " reference, outcome, started_at, ended_at) VALUES"
        " (:company, :message, 'sms', 'docomo', 1, 'refused', '客0様、明日です。', 1, 7, 'wrong_carrier',"
        "  now(), now() + interval '1s'),"
        " (:company, :message, 'sms', 'au', 1, 'accepted', '客0様、明日です。', 1, 7, 'accepted',"
        "  now() + interval '2s', now() + interval '3s')",
        **key,
    )
    await companies.rows(
        "INSERT INTO receipts (channel, carrier, carrier_message_id, state, raw, occurred_at, company_id,"
        " message_id) VALUES ('sms', 'au', :reported, 'delivered', '', now() + interval '4s', :company,"
        " :message)",
        reported=f"a-{message_id}",
        **key,
    )
    await companies.rows(
        "INSERT INTO billing_entries (company_id, message_id, charge_kind, channel, parts, usage_month,"
        " created_at) VALUES (:company, :message, 'delivery', 'sms', 1,"
        " date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo'), now() + interval '5s')",
        **key,
    )
    await companies.rows(
        "UPDATE messages SET status = 'delivered', channel = 'sms', carrier = 'au', parts = 1,"
        " delivered_at = now() + interval '4s', closed_at = now() + interval '5s'"
        " WHERE company_id = :company AND id = :message",
        **key,
    )
    return message_id


async def test_a_message_tells_its_story_in_order(companies: Companies) -> None:
    """L-2: accepted, each attempt, every receipt, parts billed, end."""
    message_id = await _delivered_message(companies)
    async with companies.transaction() as session:
        detail = await message_detail(session, companies.caller, message_id)
        for unknown in (companies.stranger, message_id), (companies.caller, uuid4()):
            with pytest.raises(MessageNotFound):
                await message_detail(session, *unknown)
    assert [(event.kind, event.carrier, event.outcome) for event in detail.timeline] == [
        (TimelineKind.ACCEPTED, None, None),
        (TimelineKind.SUBMIT_STARTED, Carrier.DOCOMO, None),
        (TimelineKind.SUBMIT_ANSWERED, Carrier.DOCOMO, "wrong_carrier"),
        (TimelineKind.SUBMIT_STARTED, Carrier.AU, None),
        (TimelineKind.SUBMIT_ANSWERED, Carrier.AU, "accepted"),
        (TimelineKind.RECEIPT, Carrier.AU, "delivered"),
        (TimelineKind.BILLED, None, "delivery"),
        (TimelineKind.CLOSED, Carrier.AU, "delivered"),
    ]
    assert (detail.text, detail.characters) == ("客0様、明日です。", 9)
    assert [(charge.parts, charge.channel) for charge in detail.charges] == [(1, Channel.SMS)]


async def test_what_was_not_submitted_is_not_told_as_a_submit(companies: Companies) -> None:
    """R-7, S-4: a carrier that was only asked got nothing; whole seconds never put a receipt first."""
    message_id = await _delivered_message(companies)
    key = {"company": companies.first.company_id, "message": message_id}
    await companies.rows(
        "INSERT INTO submit_attempts (company_id, message_id, channel, carrier, number, state, body, parts,"
        " reference, capability, outcome, started_at, ended_at) VALUES (:company, :message, 'rcs', 'docomo',"
        " 1, 'refused', 'x', 1, 7, 'wrong_carrier', 'wrong_carrier', now() - interval '2s', now())",
        **key,
    )
    await companies.rows(
        "INSERT INTO receipts (channel, carrier, carrier_message_id, state, raw, occurred_at, received_at,"
        " company_id, message_id) VALUES ('sms', 'au', 'a2', 'delivered', '', now() - interval '1 min',"
        " now() + interval '6s', :company, :message)",
        **key,
    )
    async with companies.transaction() as session:
        timeline = (await message_detail(session, companies.caller, message_id)).timeline
    asked = [event for event in timeline if event.channel is Channel.RCS]
    assert [(event.kind, event.outcome) for event in asked] == [
        (TimelineKind.CAPABILITY_CHECKED, "wrong_carrier")
    ]
    answered, reported = [event for event in timeline if event.carrier is Carrier.AU][1:3]
    assert (answered.kind, reported.kind) == (TimelineKind.SUBMIT_ANSWERED, TimelineKind.RECEIPT)
    assert reported.parts == 2  # two segments, one line


async def test_only_delivered_parts_count_as_charged(companies: Companies) -> None:
    """B-1: the log's parts are those of the invoice."""
    message_id = await _delivered_message(companies)
    key = {"company": companies.first.company_id, "message": message_id}
    async with companies.transaction() as session:
        delivered = (await message_detail(session, companies.caller, message_id)).row
    await companies.rows(
        "UPDATE messages SET status = 'carrier_undetermined' WHERE company_id = :company AND id = :message",
        **key,
    )
    async with companies.transaction() as session:
        nobodys = (await message_detail(session, companies.caller, message_id)).row
    assert (delivered.charged_parts, nobodys.charged_parts) == (1, 0)


async def test_the_home_page_adds_up_counters_and_charges(companies: Companies) -> None:
    """B-1: yen by contract prices, rounded down once."""
    async with companies.transaction() as session:
        before = await home_numbers(session, companies.stranger, now())
        after = await home_numbers(session, companies.caller, now())
    assert (before.has_campaigns, before.month_parts, before.month_yen) == (False, 0, 0)
    assert after.month_yen == 12 * after.month_parts
    assert after.has_campaigns
