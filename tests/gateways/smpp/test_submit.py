"""Submitting over a link: answers, window, throttling (docs/carriers.md §1.1)."""

import asyncio
from collections.abc import Callable

import pytest

from domain.carrier_exchange import SegmentResult, SubmitOutcome
from domain.messages import StatusReason
from gateways.smpp.pdu import CommandId, Pdu
from tests.gateways.smpp.conftest import LONG, LinkFactory, outcomes, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc, Peer, until


def refuse_with(status: int, body: bytes = b"") -> Callable[[Peer, Pdu], None]:
    return lambda peer, pdu: peer.refuse(pdu, status, body)


async def test_an_accepted_message_comes_back_with_the_carriers_id(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    link = await connect()
    assert await link.submit(sms("こんにちは😀")) == (SegmentResult(1, SubmitOutcome.ACCEPTED, "id-1"),)
    (submitted,) = smsc.submits
    assert submitted.short_message.decode("utf-16-be") == "こんにちは😀"
    assert submitted.destination.addr == "819012345678"
    assert (smsc.binds[0].system_id, smsc.binds[0].password) == ("platform", "p@ss")


async def test_segments_answered_out_of_order_keep_their_own_ids(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    """docs/carriers.md §1.3: segments answered out of order; all are written before the first answer."""
    asked: list[Pdu] = []

    def answer_backwards(peer: Peer, pdu: Pdu) -> None:
        asked.append(pdu)
        if len(asked) == 3:
            for number, late in reversed(list(enumerate(asked, 1))):
                peer.accept(late, f"segment-{number}")

    smsc.on_submit = answer_backwards
    link = await connect(binds=2)
    results = await link.submit(sms(LONG))
    assert [result.carrier_message_id for result in results] == ["segment-1", "segment-2", "segment-3"]


async def test_only_the_segments_asked_for_are_sent(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect()
    results = await link.submit(sms(LONG, segments=(1, 3)))
    assert [result.segment for result in results] == [1, 3]
    assert [submitted.short_message[5] for submitted in smsc.submits] == [1, 3]


@pytest.mark.parametrize("status", [0x0B, 0x0401])
@pytest.mark.parametrize("body", [b"", b"\0"])
async def test_not_my_subscriber_is_told_at_once(
    smsc: FakeSmsc, connect: LinkFactory, status: int, body: bytes
) -> None:
    """S-3: "not mine", with or without a body in the refusal."""
    smsc.on_submit = refuse_with(status, body)
    (result,) = await (await connect()).submit(sms())
    assert (result.outcome, result.carrier_code) == (SubmitOutcome.WRONG_CARRIER, f"0x{status:04X}")


async def test_an_smsc_system_error_is_unknown(smsc: FakeSmsc, connect: LinkFactory) -> None:
    """S-6: it may have been queued before the error; never resent."""
    smsc.on_submit = refuse_with(0x08)
    assert outcomes(await (await connect()).submit(sms())) == [SubmitOutcome.UNKNOWN]


async def test_a_generic_nack_of_our_pdu_is_a_refusal(smsc: FakeSmsc, connect: LinkFactory) -> None:
    smsc.on_submit = lambda peer, pdu: peer.send(CommandId.GENERIC_NACK, 0x03, pdu.sequence)
    (result,) = await (await connect()).submit(sms())
    assert (result.outcome, result.carrier_code) == (SubmitOutcome.REJECTED, "0x0003")


async def test_a_message_no_smsc_takes_never_leaves(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect()
    for message in (sms(""), sms("あ" * 700), sms(sender="店")):
        (result,) = await link.submit(message)
        assert (result.outcome, result.reason) == (SubmitOutcome.REJECTED, StatusReason.CONTENT_INVALID)
    assert smsc.submits == []


async def test_at_most_the_window_is_unanswered(smsc: FakeSmsc, connect: LinkFactory) -> None:
    waiting: list[Pdu] = []
    smsc.on_submit = lambda peer, pdu: waiting.append(pdu)
    link = await connect(window=2)
    submits = [asyncio.create_task(link.submit(sms())) for _ in range(5)]
    await until(lambda: len(waiting) == 2)
    await asyncio.sleep(0.05)
    assert (len(smsc.submits), link.state.window_in_use, link.state.window_size) == (2, 2, 2)
    for _ in range(5):
        await until(waiting.__len__)
        smsc.peer.accept(waiting.pop())
    results = await asyncio.gather(*submits)
    assert {result.outcome for (result,) in results} == {SubmitOutcome.ACCEPTED}
    assert link.state.window_in_use == 0


async def test_a_cancelled_submit_gives_its_place_back(smsc: FakeSmsc, connect: LinkFactory) -> None:
    waiting: list[Pdu] = []
    smsc.on_submit = lambda peer, pdu: waiting.append(pdu)
    link = await connect(window=1)
    first, queued = (asyncio.create_task(link.submit(sms())) for _ in range(2))
    await until(lambda: waiting)
    queued.cancel()
    first.cancel()
    await asyncio.gather(first, queued, return_exceptions=True)
    # Still taken: the SMSC has not answered the first one.
    assert link.state.window_in_use == 1
    smsc.peer.accept(waiting[0])
    smsc.on_submit = Peer.accept
    assert outcomes(await link.submit(sms())) == [SubmitOutcome.ACCEPTED]


async def test_messages_go_over_all_binds(smsc: FakeSmsc, connect: LinkFactory) -> None:
    smsc.on_submit = lambda peer, pdu: None
    link = await connect(binds=2, window=1, submit_resp_timeout_s=0.2)
    await until(lambda: link.state.binds == 2)
    await asyncio.gather(*(link.submit(sms()) for _ in range(2)))
    assert [len(peer.got(CommandId.SUBMIT_SM)) for peer in smsc.peers] == [1, 1]


@pytest.mark.parametrize("status", [0x58, 0x14])
async def test_throttled_segments_may_be_sent_again_and_the_link_slows_down(
    smsc: FakeSmsc, connect: LinkFactory, status: int
) -> None:
    """docs/carriers.md §1.1: certainly not accepted → back off and retry, only those segments."""

    def throttle_the_second(peer: Peer, pdu: Pdu) -> None:
        if len(smsc.submits) == 2:
            peer.refuse(pdu, status)
        else:
            peer.accept(pdu)

    smsc.on_submit = throttle_the_second
    link = await connect(throttle_pause_min_s=0.1)
    results = await link.submit(sms(LONG))
    assert outcomes(results) == [SubmitOutcome.ACCEPTED, SubmitOutcome.THROTTLED, SubmitOutcome.ACCEPTED]
    assert link.state.throttled_since is not None
    loop = asyncio.get_running_loop()
    before = loop.time()
    again = await link.submit(sms(LONG, segments=(2,)))
    assert outcomes(again) == [SubmitOutcome.ACCEPTED]
    assert loop.time() - before > 0.05
    assert link.state.throttled_since is None


async def test_a_link_the_smsc_holds_for_unbound_binds_again(smsc: FakeSmsc, connect: LinkFactory) -> None:
    """ESME_RINVBNDSTS says nothing against the message: it was not taken and may be sent again."""
    smsc.on_submit = refuse_with(0x04)
    link = await connect()
    assert outcomes(await link.submit(sms())) == [SubmitOutcome.NOT_SENT]
    smsc.on_submit = Peer.accept
    assert outcomes(await link.submit(sms())) == [SubmitOutcome.ACCEPTED]
    assert len(smsc.peers) == 2


async def test_logs_hold_no_number_and_no_text(
    smsc: FakeSmsc, connect: LinkFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    link = await connect()
    for status in (0x08, 0x0B, 0x45, 0x58, 0xFFFF):
        smsc.on_submit = refuse_with(status, b"819012345678\0")
        await link.submit(sms("secret text"))
    await link.submit(sms("secret text", phone_number="90123456"))
    logged = capsys.readouterr().out
    assert "smpp_submit_refused" in logged
    assert not any(word in logged for word in ("90123456", "secret text", "p@ss"))
