"""Our SMPP link against node-smpp as the SMSC."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.carrier_exchange import DeliveryReceipt, OutboundSms, ReceiptState, SubmitOutcome
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import PROFILES, Concat, SmppProfile
from tests.gateways.smpp.conftest import outcomes, quick, sms
from tests.gateways.smpp.fake_smsc import until
from tests.peers.availability import needs_node_package
from tests.peers.node_smsc import NodeSmsc, node_smsc

pytestmark = needs_node_package("smpp")
ACCEPTED, UNKNOWN, THROTTLED = SubmitOutcome.ACCEPTED, SubmitOutcome.UNKNOWN, SubmitOutcome.THROTTLED
# 660 units. The pairs stand at 66, 132 … or 67, 134 …, so that one lies across the border of every segment.
AT_BORDERS_OF_67 = ("あ" * 66 + "😀" + "い" * 66 + "😀") * 4 + "う" * 116
AT_BORDERS_OF_66 = "あ" * 65 + ("😀" + "い" * 64) * 9 + "う"

Connect = Callable[..., Awaitable[SmppLink]]


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NodeSmsc]:
    async with node_smsc(tmp_path_factory.mktemp("node-smpp")) as running:
        yield running


@pytest.fixture
async def smsc(running: NodeSmsc) -> NodeSmsc:
    """As new."""
    await running.tell("reset")
    return running


@pytest.fixture
def receipts() -> list[DeliveryReceipt]:
    return []


@pytest.fixture
async def connect(smsc: NodeSmsc, receipts: list[DeliveryReceipt]) -> AsyncIterator[Connect]:
    links: list[SmppLink] = []

    async def keep(receipt: DeliveryReceipt) -> None:
        receipts.append(receipt)

    async def connect(*, bound: bool = True, profile: SmppProfile | None = None, **changes: Any) -> SmppLink:
        links.append(SmppLink(profile or quick(**changes), smsc.url, keep))
        await links[-1].start()
        if bound:
            assert await links[-1].wait_until_bound(5.0)
        return links[-1]

    yield connect
    for link in links:
        await link.stop(grace_s=1.0)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.carrier)
async def test_ten_segments_with_emoji_across_every_border_arrive_whole(
    smsc: NodeSmsc, connect: Connect, receipts: list[DeliveryReceipt], profile: SmppProfile
) -> None:
    """docs/carriers.md §1.2: each carrier's form of a long text, as another program reads it."""
    text = AT_BORDERS_OF_66 if profile.units_per_segment == 66 else AT_BORDERS_OF_67
    assert len(text.encode("utf-16-be")) == 2 * 660
    results = await (await connect(profile=profile)).submit(sms(text))
    report = await smsc.until(receiptsTaken=len(results))
    submits = report["submits"]
    assert {result.outcome for result in results} == {ACCEPTED}
    assert "".join(submit["text"] for submit in submits) == text
    assert all("\ufffd" not in submit["text"] for submit in submits)
    assert {receipt.carrier_message_id for receipt in receipts} == {r.carrier_message_id for r in results}
    assert {receipt.state for receipt in receipts} == {ReceiptState.DELIVERED}
    for submit in submits:
        assert (submit["data_coding"], submit["registered_delivery"]) == (8, 1)
        assert submit["source"] == [5, 0, "TEST"]
        assert submit["destination"] == [1, 1, "819012345678"]


async def test_docomos_validity_is_one_hour_to_another_program(smsc: NodeSmsc, connect: Connect) -> None:
    await (await connect()).submit(sms())
    (submit,) = (await smsc.report())["submits"]
    # node-smpp reads a relative time itself: an hour from now.
    assert submit["validity_period"] is not None
    assert (submit["text"], submit["esm_class"], submit["udh"]) == ("ご予約は11/25です", 0, [])


@pytest.mark.parametrize(
    ("concat", "udh", "sar"),
    [
        (Concat.UDH8, ["00033402{n:02x}"], [None, None, None]),
        (Concat.UDH16, ["0804123402{n:02x}"], [None, None, None]),
        (Concat.SAR, [], [0x1234, 2, "{n}"]),
    ],
)
async def test_each_form_of_concatenation_is_read_by_another_program(
    smsc: NodeSmsc, connect: Connect, concat: Concat, udh: list[str], sar: list[Any]
) -> None:
    text = "あ" * 65 + "😀" * 10
    link = await connect(concat=concat, units_per_segment=66)
    assert outcomes(await link.submit(sms(text))) == [ACCEPTED] * 2
    submits = (await smsc.report())["submits"]
    assert "".join(submit["text"] for submit in submits) == text
    for number, submit in enumerate(submits, 1):
        assert submit["udh"] == [element.format(n=number) for element in udh]
        assert submit["sar"] == [number if value == "{n}" else value for value in sar]
        assert submit["esm_class"] == (0x40 if udh else 0)


async def test_a_long_text_as_one_payload_is_read_by_another_program(
    smsc: NodeSmsc, connect: Connect, receipts: list[DeliveryReceipt]
) -> None:
    link = await connect(concat=Concat.PAYLOAD)
    assert outcomes(await link.submit(sms(AT_BORDERS_OF_67))) == [ACCEPTED]
    (submit,) = (await smsc.until(receiptsTaken=1))["submits"]
    assert submit["payload"] == AT_BORDERS_OF_67
    assert len(receipts) == 1


async def test_receipts_that_overtake_their_answers_are_kept(
    smsc: NodeSmsc, connect: Connect, receipts: list[DeliveryReceipt]
) -> None:
    await smsc.set(receipts="before")
    results = await (await connect()).submit(sms("あ" * 200))
    assert outcomes(results) == [ACCEPTED] * 3
    assert (await smsc.until(receiptsTaken=3))["receiptsRefused"] == 0
    assert [r.carrier_message_id for r in receipts] == [r.carrier_message_id for r in results]


async def test_answers_in_reverse_order_find_their_segments(smsc: NodeSmsc, connect: Connect) -> None:
    await smsc.set(answers=["hold"] * 3)
    link = await connect()
    submitted = asyncio.create_task(link.submit(sms("あ" * 200)))
    await smsc.until(submitted=3)
    await smsc.tell("release", reversed=True)
    results = await submitted
    assert [result.carrier_message_id for result in results] == ["node-3", "node-2", "node-1"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (0x58, THROTTLED),
        (0x14, THROTTLED),
        (0x0B, SubmitOutcome.WRONG_CARRIER),
        (0x0401, SubmitOutcome.WRONG_CARRIER),
        (0x45, SubmitOutcome.REJECTED),
        ("nack", SubmitOutcome.REJECTED),
        ("silence", UNKNOWN),
        ("drop before", UNKNOWN),
    ],
)
async def test_every_way_of_not_accepting(
    smsc: NodeSmsc, connect: Connect, answer: int | str, outcome: SubmitOutcome
) -> None:
    """docs/carriers.md §1.3. What follows goes over the same link, or the one bound anew."""
    await smsc.set(answers=[answer])
    link = await connect(submit_resp_timeout_s=0.3, bound_wait_s=5.0)
    assert outcomes(await link.submit(sms())) == [outcome]
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    report = await smsc.report()
    assert (report["submitted"], report["accepted"]) == (2, 1)
    assert report["binds"] == (2 if answer == "drop before" else 1)


async def test_a_drop_after_the_answer_loses_neither_answer_nor_receipt(
    smsc: NodeSmsc, connect: Connect, receipts: list[DeliveryReceipt]
) -> None:
    await smsc.set(answers=["drop after"], receipts="before")
    link = await connect(bound_wait_s=5.0)
    (result,) = await link.submit(sms())
    assert result.outcome is ACCEPTED
    await until(lambda: receipts)
    assert receipts[0].carrier_message_id == result.carrier_message_id
    await smsc.until(binds=2)
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    assert (await smsc.report())["submitted"] == 2


async def test_receipts_may_come_over_another_bind_than_their_submits(
    smsc: NodeSmsc, connect: Connect, receipts: list[DeliveryReceipt]
) -> None:
    await smsc.set(receipts="held")
    link = await connect(binds=2)
    await smsc.until(bound=2)
    await smsc.set(receiptOver="other")
    results = [result for number in range(4) for result in await link.submit(sms(f"{number}"))]
    await smsc.tell("release")
    await smsc.until(receiptsTaken=4)
    assert {r.carrier_message_id for r in receipts} == {r.carrier_message_id for r in results}


async def test_an_unbind_of_the_smsc_is_answered_and_followed_by_a_new_bind(
    smsc: NodeSmsc, connect: Connect
) -> None:
    link = await connect(bound_wait_s=5.0)
    await smsc.tell("unbind")
    report = await smsc.until(unbindAnswers=1, binds=2)
    assert report["errors"] == []
    assert outcomes(await link.submit(sms())) == [ACCEPTED]


async def test_stop_unbinds_and_enquiries_are_answered_both_ways(smsc: NodeSmsc, connect: Connect) -> None:
    link = await connect(enquire_link_interval_s=0.05)
    await smsc.tell("enquire")
    await smsc.until(enquiries=2, enquiryAnswers=1)
    await link.stop()
    assert (await smsc.until(unbinds=1))["errors"] == []
    await smsc.gone()


async def test_a_wrong_password_is_refused_and_a_right_one_taken_later(
    smsc: NodeSmsc, connect: Connect
) -> None:
    await smsc.set(password="other")
    link = await connect(bound=False)
    await until(lambda: link.state.last_error == "bind refused 0x000E")
    await smsc.set(password="secret")
    assert await link.wait_until_bound(5.0)


async def test_hundreds_of_messages_over_two_binds_come_back_once_each(
    smsc: NodeSmsc, connect: Connect, receipts: list[DeliveryReceipt]
) -> None:
    link = await connect(profile=replace(quick(window=50), binds=2, submit_resp_timeout_s=30.0))
    await smsc.until(bound=2)

    async def send(number: int) -> str | None:
        message = OutboundSms(f"090{number:08d}", f"{number} 😀", "TEST", number)
        (result,) = await link.submit(message)
        return result.carrier_message_id

    ids = await asyncio.gather(*(send(number) for number in range(400)))
    report = await smsc.until(receiptsTaken=400)
    assert len(set(ids)) == report["submitted"] == 400
    assert sorted(r.carrier_message_id or "" for r in receipts) == sorted(str(one) for one in ids)
    assert {submit["text"] for submit in report["submits"]} == {f"{number} 😀" for number in range(400)}
