"""Open messages that must have a workflow are found, and begin anew where they were (I2, I3, I13)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.campaigns import CampaignStatus
from domain.carrier_exchange import ReceiptState, SubmitOutcome
from domain.carriers import Carrier, Channel, next_carrier
from domain.delivery import Submission, SubmissionOutcome
from domain.messages import ChannelPlan, MessageStatus
from services.open_messages import OpenMessage, load_open, open_messages
from tests.services.factories import Bench, Registered, accepted, an_id, refused, report

LONG_FED = datetime.now(UTC) - timedelta(minutes=5)


async def found(bench: Bench) -> list[UUID]:
    async with bench.jobs_database.transaction() as session:
        messages = await open_messages(session, UUID(int=0), 500)
    return [message_id for company_id, message_id in messages if company_id == bench.company_id]


async def loaded(bench: Bench, *message_ids: UUID) -> list[OpenMessage]:
    async with bench.jobs_database.transaction() as session:
        return await load_open(session, [(bench.company_id, message_id) for message_id in message_ids])


async def grow_old(bench: Bench) -> None:
    await bench.rows(
        "UPDATE messages SET accepted_at = accepted_at - interval '2 minutes',"
        " submitted_at = submitted_at - interval '2 minutes' WHERE company_id = :company"
    )


async def test_what_was_started_some_time_ago_and_is_open_must_have_a_workflow(bench: Bench) -> None:
    fed = await bench.campaign("08071110001", "08071110002", "08071110003", fed_at=LONG_FED)
    waiting, sent, ended = fed.messages
    await bench.submitted(bench.order(sent), an_id())
    await bench.delivered(ended)
    cancelled = await bench.campaign(status=CampaignStatus.CANCELLED)
    await bench.ready(bench.order((begun := await bench.campaign()).message))
    assert await found(bench) == [], "a minute is given to what has just begun"
    await grow_old(bench)
    await bench.rows("UPDATE messages SET status = 'sent' WHERE id = :id", id=cancelled.message)
    assert set(await found(bench)) == {waiting, sent, begun.message, cancelled.message}


@pytest.mark.parametrize(
    "columns",
    [
        {"fed_at": None},
        {"fed_at": datetime.now(UTC) + timedelta(hours=1)},
        {"status": CampaignStatus.REGISTERED},
        {"status": CampaignStatus.DRAFT},
    ],
    ids=["being fed", "just fed", "registered", "draft"],
)
async def test_what_is_still_to_be_started_is_not_missed(bench: Bench, columns: dict[str, object]) -> None:
    await bench.campaign(**columns)
    await grow_old(bench)
    assert await found(bench) == []


async def test_many_are_gone_through_page_by_page(bench: Bench) -> None:
    campaign = await bench.campaign(*(f"0807222{n:04d}" for n in range(7)), fed_at=LONG_FED)
    await grow_old(bench)
    after, seen = UUID(int=0), []
    while True:
        async with bench.jobs_database.transaction() as session:
            page = await open_messages(session, after, 3)
        if not page:
            break
        after = page[-1][1]
        seen += [message_id for company_id, message_id in page if company_id == bench.company_id]
    assert tuple(seen) == campaign.messages


async def test_only_what_was_never_tried_takes_a_new_slot(bench: Bench) -> None:
    """S-7: the others have used theirs up."""
    campaign = await bench.campaign("08073330001", "08073330002", fed_at=LONG_FED)
    untried, tried = campaign.messages
    await bench.submitted(bench.order(tried), an_id())
    slots = {message.message_id: message.slot for message in await loaded(bench, untried, tried)}
    assert slots[untried] is not None
    assert slots[tried] is None


async def test_what_has_ended_meanwhile_is_left_out(bench: Bench) -> None:
    campaign = await bench.campaign()
    await bench.delivered(campaign.message)
    assert await loaded(bench, campaign.message) == []


async def _tried(bench: Bench, plan: ChannelPlan, *attempts: tuple[str, str, str]) -> Registered:
    """A message with attempts: channel, carrier, and what became of each."""
    campaign = await bench.campaign(channel_plan=plan)
    for channel, carrier, became in attempts:
        order = bench.order(campaign.message, Carrier(carrier), Channel(channel))
        ready = await bench.ready(order)
        if became == "refused":
            await bench.record(order, ready, refused(SubmitOutcome.WRONG_CARRIER))
            continue
        carrier_id = an_id()
        await bench.record(order, ready, accepted(carrier_id))
        if became == "disowned":
            of = {"channel": Channel(channel), "carrier": Carrier(carrier)}
            await bench.store(report(carrier_id, ReceiptState.WRONG_CARRIER, **of))
    return campaign


FALLBACK = ChannelPlan.RCS_WITH_SMS_FALLBACK


@pytest.mark.parametrize(
    ("plan", "attempts"),
    [
        (ChannelPlan.SMS, [("sms", "rakuten", "taken")]),
        (
            ChannelPlan.SMS,
            [("sms", "softbank", "refused"), ("sms", "rakuten", "disowned"), ("sms", "au", "taken")],
        ),
        (FALLBACK, [("rcs", "au", "taken")]),
        (FALLBACK, [("rcs", "softbank", "refused"), ("rcs", "au", "taken"), ("sms", "au", "taken")]),
        (FALLBACK, [("rcs", "docomo", "taken"), ("sms", "rakuten", "taken")]),
        (FALLBACK, [("rcs", "docomo", "taken"), ("sms", "docomo", "disowned"), ("sms", "softbank", "taken")]),
    ],
)
async def test_a_workflow_that_begins_anew_asks_for_what_was_done_before_anything_else(
    bench: Bench, plan: ChannelPlan, attempts: list[tuple[str, str, str]]
) -> None:
    """I3: each channel meets its attempts first, whatever the first order of carriers was."""
    campaign = await _tried(bench, plan, *attempts)
    (message,) = await loaded(bench, campaign.message)
    assert message.plan is plan
    for channel in (Channel.RCS, Channel.SMS):
        on_record = {carrier: became for kind, carrier, became in attempts if kind == channel}
        asked: list[Carrier] = []
        while on_record and (carrier := next_carrier(message.carriers, channel, asked)):
            assert carrier in on_record, f"{channel} {carrier} would be asked for the first time"
            if on_record[carrier] == "taken":
                break
            asked.append(carrier)


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.RCS])
async def test_an_sms_that_may_have_left_is_followed_by_nothing(bench: Bench, channel: Channel) -> None:
    """I3, the last guard: whatever order of carriers somebody asks for."""
    campaign = await _tried(bench, FALLBACK, ("sms", "rakuten", "taken"))
    (answer,) = await bench.begin(bench.order(campaign.message, Carrier.AU, channel, reserves_slot=True))
    assert isinstance(answer, Submission)
    assert answer.outcome is SubmissionOutcome.UNKNOWN
    assert len(await bench.rows("SELECT 1 FROM submit_attempts WHERE company_id = :company")) == 1


async def test_a_disowned_sms_is_followed_by_the_next_carriers(bench: Bench) -> None:
    campaign = await _tried(bench, ChannelPlan.SMS, ("sms", "rakuten", "disowned"))
    await bench.ready(bench.order(campaign.message, Carrier.AU, reserves_slot=True))
    assert (await bench.message(campaign.message)).status == MessageStatus.SENT
