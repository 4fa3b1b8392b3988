"""Messages of end users: whose they are, what they answer, what follows (P-8, L-1, R-5)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.callers import Caller
from domain.carrier_exchange import InboundMessage
from domain.carriers import Carrier, Channel
from domain.follow_ups import FollowUpTrigger, ReplyOutcome
from domain.messages import ChannelPlan
from services.database import NO_COMPANY
from services.inbound_messages import StoredInbound, store_inbound
from services.message_details import message_detail
from services.message_replies import received_messages
from services.message_timeline import TimelineKind
from tests.services.factories import Bench, Registered, a_number, an_id, open_bench
from tests.services.test_second_messages import SECOND_TEXT, pending, seconds, with_follow_up


async def bot_of(bench: Bench) -> str:
    """The company's +Message account."""
    row = await bench.one("SELECT bot_id FROM official_accounts WHERE company_id = :company")
    return str(row.bot_id)


async def tap(bench: Bench, number: str, **rest: Any) -> InboundMessage:
    """A button of a +Message was tapped."""
    usual: dict[str, Any] = {
        "channel": Channel.RCS,
        "carrier": Carrier.DOCOMO,
        "phone_number": number,
        "bot_id": await bot_of(bench),
        "carrier_message_id": an_id(),
        "text": "確認",
        "postback_data": "rsv:ok",
        "occurred_at": datetime.now(UTC),
        "raw": "{}",
    }
    return InboundMessage(**usual | rest)


def sms(number: str, words: str, destination: str = "0312345678") -> InboundMessage:
    """An SMS somebody wrote."""
    return InboundMessage(
        channel=Channel.SMS,
        carrier=Carrier.DOCOMO,
        phone_number=number,
        bot_id=None,
        carrier_message_id=None,
        text=words,
        postback_data=None,
        occurred_at=None,
        raw=words,
        destination=destination,
    )


async def store(bench: Bench, message: InboundMessage) -> StoredInbound:
    async with bench.database.transaction(NO_COMPANY) as session:
        return await store_inbound(session, message)


async def inbound_rows(bench: Bench) -> list[Any]:
    return await bench.rows("SELECT * FROM inbound_messages WHERE company_id = :company ORDER BY id")


async def answered(bench: Bench, **rest: Any) -> Registered:
    """A +Message that arrived, whose campaign answers replies."""
    plan = ChannelPlan.RCS_WITH_SMS_FALLBACK
    campaign = await with_follow_up(bench, FollowUpTrigger.REPLY, channel_plan=plan, **rest)
    await bench.submitted(bench.order(campaign.message, channel=Channel.RCS), an_id())
    await bench.close(bench.closing(campaign.message, channel=Channel.RCS))
    return campaign


async def test_a_tap_is_kept_with_its_identifier_and_sets_off_the_second_message(bench: Bench) -> None:
    """R-5, L-2, P-8."""
    campaign = await answered(bench)
    stored = await store(bench, await tap(bench, campaign.phone_numbers[0]))

    (second,) = await seconds(bench, campaign)
    assert stored.outcome is ReplyOutcome.SECOND_MESSAGE
    assert list(stored.second_messages) == await pending(bench) == [(bench.company_id, second.id)]
    (row,) = await inbound_rows(bench)
    assert (row.message_id, row.text, row.postback_data) == (campaign.message, "確認", "rsv:ok")


async def test_a_repeated_webhook_changes_nothing(bench: Bench) -> None:
    campaign = await answered(bench)
    message = await tap(bench, campaign.phone_numbers[0])
    await store(bench, message)
    again = await store(bench, message)
    assert (again.is_repeated, again.second_messages) == (True, ())
    assert len(await inbound_rows(bench)) == len(await seconds(bench, campaign)) == 1


async def test_two_answers_at_the_same_time_get_one_second_message(bench: Bench) -> None:
    campaign = await answered(bench)
    number = campaign.phone_numbers[0]
    messages = [await tap(bench, number, text=f"{index}") for index in range(4)]
    stored = await asyncio.gather(*(store(bench, message) for message in messages))
    assert len(await seconds(bench, campaign)) == 1
    outcomes = sorted(row.outcome for row in await inbound_rows(bench))
    assert outcomes == ["already_answered"] * 3 + ["second_message"]
    assert sum(len(one.second_messages) for one in stored) == 1


async def test_an_answer_after_the_validity_gets_none_and_the_timeline_says_why(bench: Bench) -> None:
    """P-8: valid for one hour after the delivery; the carrier's time of the tap counts."""
    campaign = await answered(bench, valid_for_hours=1)
    at = datetime.now(UTC) - timedelta(hours=3)
    await bench.rows("UPDATE messages SET delivered_at = :at WHERE company_id = :company", at=at)
    await store(bench, await tap(bench, campaign.phone_numbers[0]))
    assert await seconds(bench, campaign) == []
    async with bench.transaction() as session:
        detail = await message_detail(session, Caller(bench.company_id), campaign.message)
    (reply,) = [event for event in detail.timeline if event.kind is TimelineKind.REPLY]
    assert reply.outcome == ReplyOutcome.TOO_LATE
    assert [(r.text, r.postback_data) for r in detail.replies] == [("確認", "rsv:ok")]

    in_time = await tap(bench, campaign.phone_numbers[0], occurred_at=at + timedelta(minutes=59))
    assert (await store(bench, in_time)).outcome is ReplyOutcome.SECOND_MESSAGE


async def test_a_reply_that_overtakes_the_receipt_counts(bench: Bench) -> None:
    campaign = await with_follow_up(bench, FollowUpTrigger.REPLY, valid_for_hours=1)
    await bench.submitted(bench.order(campaign.message), an_id())
    stored = await store(bench, sms(campaign.phone_numbers[0], "はい"))
    assert stored.outcome is ReplyOutcome.SECOND_MESSAGE


async def test_without_a_follow_up_the_answer_is_only_kept(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.delivered(campaign.message)
    stored = await store(bench, sms(campaign.phone_numbers[0], "はい"))
    assert stored.outcome is ReplyOutcome.NO_FOLLOW_UP
    async with bench.transaction() as session:
        detail = await message_detail(session, Caller(bench.company_id), campaign.message)
    assert [reply.text for reply in detail.replies] == ["はい"]


async def test_the_newest_first_message_on_the_channel_is_answered(bench: Bench) -> None:
    number = a_number()
    older = await with_follow_up(bench, FollowUpTrigger.REPLY, numbers=(number,))
    newer = await with_follow_up(bench, FollowUpTrigger.REPLY, numbers=(number,))
    await bench.delivered(older.message)
    await bench.delivered(newer.message)
    await store(bench, sms(number, "はい"))
    assert (await seconds(bench, older), len(await seconds(bench, newer))) == ([], 1)
    assert (await store(bench, await tap(bench, number))).outcome is ReplyOutcome.UNMATCHED


async def test_the_same_words_by_sms_are_a_repetition_for_some_minutes(bench: Bench) -> None:
    """An SMS has no id: what the SMSC delivers again looks like what it delivered before."""
    number = a_number()
    await bench.rows("UPDATE sms_accounts SET sender = 'OURS' WHERE company_id = :company")
    stored = [await store(bench, sms(number, words, "OURS")) for words in ("はい", "はい", "いいえ")]
    assert [one.is_repeated for one in stored] == [False, True, False]
    assert {one.outcome for one in stored} == {ReplyOutcome.UNMATCHED}
    assert [row.text for row in await inbound_rows(bench)] == ["はい", "いいえ"]


async def test_what_is_meant_for_nobody_is_kept_nowhere(bench: Bench) -> None:
    await open_bench(bench.database, bench.jobs_database)
    before = await bench.rows("SELECT count(*) FROM inbound_messages")
    for message in (
        await tap(bench, a_number(), bot_id="nobodys-bot"),
        await tap(bench, a_number(), bot_id=None),
        sms(a_number(), "はい", destination="0399999999"),
        # Every company here sends from this number: whose answer it is nobody knows.
        sms(a_number(), "はい"),
    ):
        assert (await store(bench, message)).company_id is None
    assert await bench.rows("SELECT count(*) FROM inbound_messages") == before


async def test_a_shared_sender_leads_to_the_company_that_wrote_to_the_number(bench: Bench) -> None:
    """All benches send from one number, and carriers write it in forms of their own."""
    other = await open_bench(bench.database, bench.jobs_database)
    campaign = await other.campaign()
    await other.delivered(campaign.message)
    stored = await store(bench, sms(campaign.phone_numbers[0], "はい", destination="81312345678"))
    assert stored.company_id == other.company_id


async def test_a_company_lists_what_it_received_and_nothing_else(bench: Bench) -> None:
    """L-1: newest first, three months, one number found exactly."""
    stranger = await open_bench(bench.database, bench.jobs_database)
    numbers = [a_number() for _ in range(3)]
    for number in numbers:
        await store(bench, await tap(bench, number))
    await store(stranger, await tap(stranger, numbers[0]))
    caller = Caller(bench.company_id)
    async with bench.transaction() as session:
        first = await received_messages(session, caller, limit=2)
        rest = await received_messages(session, caller, limit=2, cursor=first.next_cursor)
        one = await received_messages(session, caller, phone_number=numbers[1])
        late = await received_messages(session, caller, now=datetime.now(UTC) + timedelta(days=93))
    assert [m.phone_number for m in (*first.items, *rest.items)] == numbers[::-1]
    assert [m.phone_number for m in one.items] == [numbers[1]]
    assert (rest.next_cursor, late.items) == (None, ())


async def test_the_page_of_a_second_message_shows_how_it_will_go(bench: Bench) -> None:
    """L-2: after an SMS in place of the +Message, the text of the SMS."""
    plan = ChannelPlan.RCS_WITH_SMS_FALLBACK
    campaign = await with_follow_up(bench, channel_plan=plan)
    await bench.delivered(campaign.message)
    (second,) = await seconds(bench, campaign)
    async with bench.transaction() as session:
        detail = await message_detail(session, Caller(bench.company_id), second.id)
        first = await message_detail(session, Caller(bench.company_id), campaign.message)
    assert (detail.channel_plan, detail.text) == (ChannelPlan.SMS, SECOND_TEXT)
    assert (detail.row.parent_id, first.channel_plan) == (campaign.message, plan)
    assert first.second is not None
    assert first.second.id == second.id
