"""Faults a link survives without losing or doubling a message (docs/carriers.md §1.3)."""

import asyncio

import pytest

from domain.carrier_exchange import DeliveryReceipt, SubmitOutcome
from gateways.smpp.bodies import ShortMessage
from gateways.smpp.pdu import CommandId, Pdu
from tests.gateways.smpp.conftest import LONG, LinkFactory, outcomes, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc, Peer, until

ACCEPTED, UNKNOWN, NOT_SENT = SubmitOutcome.ACCEPTED, SubmitOutcome.UNKNOWN, SubmitOutcome.NOT_SENT
RECEIPT = ShortMessage(short_message=b"id:early stat:DELIVRD err:000 text:", esm_class=4)


def response(pdu: Pdu, message_id: bytes = b"id-1\0") -> bytes:
    return Pdu(CommandId.SUBMIT_SM_RESP, 0, pdu.sequence, message_id).encode()


async def test_an_answer_byte_by_byte(smsc: FakeSmsc, connect: LinkFactory) -> None:
    async def dribble(peer: Peer, pdu: Pdu) -> None:
        for octet in response(pdu):
            peer.write(bytes((octet,)))
            await asyncio.sleep(0.001)

    smsc.on_submit = dribble
    assert outcomes(await (await connect()).submit(sms())) == [ACCEPTED]


async def test_a_receipt_and_the_answer_in_one_write(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    """docs/carriers.md §1.1: a receipt can come before its submit_sm_resp."""
    receipt = Pdu(CommandId.DELIVER_SM, 0, 77, RECEIPT.encode()).encode()
    smsc.on_submit = lambda peer, pdu: peer.write(receipt + response(pdu, b"early\0"))
    (result,) = await (await connect()).submit(sms())
    await until(lambda: receipts and smsc.peer.answer_to(77))
    assert receipts[0].carrier_message_id == result.carrier_message_id == "early"


@pytest.mark.parametrize("length", [0, 8, 0x7FFF_FFFF])
async def test_an_impossible_command_length_closes_the_link_which_binds_again(
    smsc: FakeSmsc, connect: LinkFactory, length: int
) -> None:
    def answer_then_rubbish(peer: Peer, pdu: Pdu) -> None:
        if len(smsc.submits) == 1:
            peer.write(response(pdu) + length.to_bytes(4, "big") + bytes(12))
        else:
            peer.accept(pdu)

    smsc.on_submit = answer_then_rubbish
    link = await connect()
    # Of two segments the first was answered before the rubbish: it counts, the second is open.
    assert outcomes(await link.submit(sms("あ" * 100))) == [ACCEPTED, UNKNOWN]
    await until(lambda: "protocol error" in (link.state.last_error or ""))
    assert outcomes(await link.submit(sms())) == [ACCEPTED]


async def test_an_unknown_command_is_nacked_and_the_link_stays(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect()
    sequence = smsc.peer.request(0x0000_0112)
    await until(lambda: smsc.peer.answer_to(sequence))
    answer = smsc.peer.answer_to(sequence)
    assert answer is not None
    assert (answer.command_id, answer.command_status) == (CommandId.GENERIC_NACK, 0x03)
    smsc.peer.send(0x8000_0103, 0, 1)
    smsc.peer.request(CommandId.ALERT_NOTIFICATION)
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    assert len(smsc.peers) == 1


@pytest.mark.parametrize("message_id", [b"no-nul", b"with-nul\0", b"\xff\0", b""])
async def test_a_message_id_in_any_shape_is_accepted(
    smsc: FakeSmsc, connect: LinkFactory, message_id: bytes
) -> None:
    smsc.on_submit = lambda peer, pdu: peer.write(response(pdu, message_id))
    (result,) = await (await connect()).submit(sms())
    assert result.outcome is ACCEPTED
    assert (result.carrier_message_id or "").encode("latin-1") == message_id.removesuffix(b"\0")


async def test_a_damaged_receipt_is_handed_on_and_acknowledged(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    await connect()
    beyond = RECEIPT.encode().replace(b"\x23id:", b"\xfeid:")
    assert beyond != RECEIPT.encode()
    for sequence, body in enumerate((beyond, b"\0\x01\x01no-nul", b""), 1):
        smsc.peer.send(CommandId.DELIVER_SM, 0, sequence, body)
    await until(lambda: len(smsc.peer.got(CommandId.DELIVER_SM_RESP)) == 3)
    assert {pdu.command_status for pdu in smsc.peer.got(CommandId.DELIVER_SM_RESP)} == {0}
    assert [receipt.carrier_message_id for receipt in receipts] == ["early"]


async def test_a_drop_before_the_answer_is_unknown_and_not_sent_again(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    """S-6: outcome unknown, never resent blindly."""
    smsc.on_submit = lambda peer, pdu: peer.drop()
    link = await connect()
    assert outcomes(await link.submit(sms())) == [UNKNOWN]
    await until(lambda: len(smsc.peers) == 2)
    assert len(smsc.submits) == 1


async def test_a_drop_after_the_answer_loses_nothing(smsc: FakeSmsc, connect: LinkFactory) -> None:
    def accept_and_drop(peer: Peer, pdu: Pdu) -> None:
        peer.accept(pdu)
        peer.drop()

    smsc.on_submit = accept_and_drop
    link = await connect()
    # Aborting may throw the answer away on its way: then nobody knows, and that is what is said.
    assert outcomes(await link.submit(sms()))[0] in (ACCEPTED, UNKNOWN)
    await until(lambda: len(smsc.peers) == 2 and link.state.binds)
    smsc.on_submit = Peer.accept
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    assert len(smsc.submits) == 2


async def test_segments_never_written_when_the_link_drops_are_not_sent(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    smsc.on_submit = lambda peer, pdu: peer.drop() if len(smsc.submits) == 2 else None
    link = await connect(window=2)
    results = await link.submit(sms(LONG))
    assert outcomes(results) == [UNKNOWN, UNKNOWN, NOT_SENT]
    assert results[2].outcome.may_send_again


async def test_no_smsc_there_is_not_sent(smsc: FakeSmsc, connect: LinkFactory) -> None:
    await smsc.shut()
    link = await connect(bound=False)
    assert outcomes(await link.submit(sms(LONG))) == [NOT_SENT] * 3
    assert link.state.binds == 0
    assert "ConnectionRefusedError" in (link.state.last_error or "")


async def test_no_answer_in_time_is_unknown_and_a_late_one_changes_nothing(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    late: list[Pdu] = []
    smsc.on_submit = lambda peer, pdu: late.append(pdu)
    link = await connect(submit_resp_timeout_s=0.1)
    assert outcomes(await link.submit(sms())) == [UNKNOWN]
    assert link.state.window_in_use == 0
    # Asked at once whether anyone is there; the SMSC answers, so the link stays.
    await until(lambda: smsc.peer.got(CommandId.ENQUIRE_LINK))
    smsc.on_submit = Peer.accept
    smsc.peer.accept(late[0])
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    assert len(smsc.peers) == 1


async def test_a_silent_smsc_that_keeps_the_socket_is_left(smsc: FakeSmsc, connect: LinkFactory) -> None:
    link = await connect(enquire_link_interval_s=0.05, enquire_link_timeout_s=0.1)
    await until(lambda: len(smsc.peer.got(CommandId.ENQUIRE_LINK)) >= 2)
    smsc.mute = True
    submitted = asyncio.create_task(link.submit(sms()))
    await until(lambda: link.state.last_error == "enquire_link not answered")
    smsc.mute = False
    assert outcomes(await submitted) == [UNKNOWN]
    assert outcomes(await link.submit(sms())) == [ACCEPTED]


async def test_enquire_link_of_the_smsc_is_answered(smsc: FakeSmsc, connect: LinkFactory) -> None:
    await connect()
    sequence = smsc.peer.request(CommandId.ENQUIRE_LINK)
    await until(lambda: smsc.peer.answer_to(sequence))
    assert smsc.peer.got(CommandId.ENQUIRE_LINK_RESP)


@pytest.mark.parametrize(("status", "word"), [(0x0E, "0x000E"), (0x0D, "0x000D")])
async def test_a_wrong_password_is_retried_slowly_and_logs_nothing_secret(
    smsc: FakeSmsc, connect: LinkFactory, capsys: pytest.CaptureFixture[str], status: int, word: str
) -> None:
    smsc.bind_status = status
    link = await connect(bound=False, refused_retry_s=0.4)
    await until(lambda: link.state.last_error == f"bind refused {word}")
    await asyncio.sleep(0.15)
    assert len(smsc.binds) == 1
    smsc.bind_status = 0
    assert await link.wait_until_bound(2.0)
    assert "p@ss" not in capsys.readouterr().out


async def test_a_refused_bind_is_retried_with_back_off(smsc: FakeSmsc, connect: LinkFactory) -> None:
    smsc.bind_status = 0x08
    link = await connect(bound=False)
    await until(lambda: len(smsc.binds) >= 3)
    smsc.bind_status = 0
    assert await link.wait_until_bound(2.0)


async def test_an_smsc_that_does_not_answer_the_bind_is_tried_again(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    smsc.mute = True
    link = await connect(bound=False, bind_timeout_s=0.05)
    await until(lambda: len(smsc.peers) >= 2)
    assert link.state.last_error == "connect failed: TimeoutError"
    smsc.mute = False
    assert await link.wait_until_bound(2.0)


async def test_unbind_by_the_smsc_is_answered_and_the_link_binds_again(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    link = await connect()
    first = smsc.peer
    first.request(CommandId.UNBIND)
    await until(lambda: first.got(CommandId.UNBIND_RESP))
    assert outcomes(await link.submit(sms())) == [ACCEPTED]
    assert len(smsc.peers) == 2


async def test_an_answer_after_the_smscs_unbind_still_counts(smsc: FakeSmsc, connect: LinkFactory) -> None:
    def unbind_then_answer(peer: Peer, pdu: Pdu) -> None:
        peer.request(CommandId.UNBIND)
        peer.accept(pdu)

    smsc.on_submit = unbind_then_answer
    assert outcomes(await (await connect()).submit(sms())) == [ACCEPTED]
