"""Receipts and end users' texts on a link: committed first, acknowledged then (docs/carriers.md §1.1)."""

import asyncio

import pytest

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, SubmitOutcome
from gateways.smpp.bodies import Address, ShortMessage
from gateways.smpp.pdu import CommandId
from tests.gateways.smpp.conftest import LinkFactory, outcomes, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc, until

HANDSET = Address(1, 1, "819012345678")
TEXT = ShortMessage(source=HANDSET, short_message="解除".encode("utf-16-be"), data_coding=8)


def receipt(number: int = 1) -> ShortMessage:
    text = f"id:{number} stat:DELIVRD err:000 text:".encode()
    return ShortMessage(source=HANDSET, short_message=text, esm_class=4)


class Database:
    """A receiver whose commits the test controls."""

    def __init__(self) -> None:
        self.taken: list[DeliveryReceipt] = []
        self.commit = asyncio.Event()
        self.error: Exception | None = None

    async def keep(self, taken: DeliveryReceipt) -> None:
        """Take a receipt; returns once committed."""
        self.taken.append(taken)
        await self.commit.wait()
        if self.error:
            raise self.error


async def test_a_receipt_is_acknowledged_only_after_its_commit(smsc: FakeSmsc, connect: LinkFactory) -> None:
    database = Database()
    link = await connect(on_receipt=database.keep)
    sequence = smsc.peer.deliver(receipt())
    await until(lambda: database.taken)
    await asyncio.sleep(0.03)
    assert smsc.peer.answer_to(sequence) is None
    assert link.state.receipts_pending == 1
    database.commit.set()
    await until(lambda: smsc.peer.answer_to(sequence))
    (answer,) = smsc.peer.got(CommandId.DELIVER_SM_RESP)
    assert (answer.command_status, answer.body) == (0, b"\0")
    assert link.state.receipts_pending == 0


async def test_a_receipt_that_could_not_be_committed_is_asked_for_again(
    smsc: FakeSmsc, connect: LinkFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database()
    database.error = RuntimeError("09012345678")
    database.commit.set()
    link = await connect(on_receipt=database.keep)
    sequence = smsc.peer.deliver(receipt())
    await until(lambda: smsc.peer.answer_to(sequence))
    answer = smsc.peer.answer_to(sequence)
    assert answer is not None
    assert answer.command_status == 0x64
    assert "09012345678" not in capsys.readouterr().out
    database.error = None
    again = smsc.peer.deliver(receipt())
    await until(lambda: smsc.peer.answer_to(again))
    assert outcomes(await link.submit(sms())) == [SubmitOutcome.ACCEPTED]


async def test_receipts_are_handed_on_together_and_never_hold_up_submits(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    database = Database()
    link = await connect(on_receipt=database.keep, receipts_at_once=20)
    for number in range(30):
        smsc.peer.deliver(receipt(number))
    await until(lambda: len(database.taken) == 20)
    assert outcomes(await link.submit(sms())) == [SubmitOutcome.ACCEPTED]
    assert (len(database.taken), link.state.receipts_pending) == (20, 30)
    database.commit.set()
    await until(lambda: len(smsc.peer.got(CommandId.DELIVER_SM_RESP)) == 30)
    assert sorted(int(taken.carrier_message_id or 0) for taken in database.taken) == list(range(30))


async def test_too_many_waiting_receipts_are_asked_for_later(smsc: FakeSmsc, connect: LinkFactory) -> None:
    database = Database()
    await connect(on_receipt=database.keep, receipts_at_once=1, receipts_waiting=1)
    sequences = [smsc.peer.deliver(receipt(number)) for number in range(3)]
    await until(lambda: smsc.peer.answer_to(sequences[2]))
    (answer,) = smsc.peer.got(CommandId.DELIVER_SM_RESP)
    assert (answer.sequence, answer.command_status) == (sequences[2], 0x14)
    database.commit.set()
    await until(lambda: len(smsc.peer.got(CommandId.DELIVER_SM_RESP)) == 3)


async def test_an_unreadable_receipt_reaches_the_database_and_is_acknowledged(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    await connect()
    sequence = smsc.peer.deliver(ShortMessage(short_message=b"\xff\xfe id=?\0", esm_class=4))
    await until(lambda: smsc.peer.answer_to(sequence))
    assert [kept.carrier_message_id for kept in receipts] == [None]
    assert smsc.peer.got(CommandId.DELIVER_SM_RESP)[0].command_status == 0


async def test_an_end_users_text_goes_to_its_own_receiver(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    inbound: list[InboundMessage] = []

    async def keep(message: InboundMessage) -> None:
        inbound.append(message)

    await connect(on_inbound=keep)
    sequence = smsc.peer.deliver(TEXT)
    await until(lambda: smsc.peer.answer_to(sequence))
    assert [(message.phone_number, message.text) for message in inbound] == [("09012345678", "解除")]
    assert receipts == []


async def test_an_end_users_text_nobody_wants_is_acknowledged(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    await connect()
    sequences = [smsc.peer.deliver(TEXT) for _ in range(2)]
    await until(lambda: all(smsc.peer.answer_to(sequence) for sequence in sequences))
    assert {answer.command_status for answer in smsc.peer.got(CommandId.DELIVER_SM_RESP)} == {0}
    assert receipts == []


async def test_a_commit_outlives_the_drop_of_the_link(smsc: FakeSmsc, connect: LinkFactory) -> None:
    """The SMSC then delivers the receipt again; the platform finds it stored."""
    database = Database()
    committed: list[DeliveryReceipt] = []

    async def keep(taken: DeliveryReceipt) -> None:
        await database.keep(taken)
        committed.append(taken)

    link = await connect(on_receipt=keep)
    smsc.peer.deliver(receipt())
    await until(lambda: database.taken)
    smsc.peer.drop()
    await until(lambda: len(smsc.peers) == 2 and link.state.binds == 1)
    database.commit.set()
    await until(lambda: committed)
    assert smsc.peer.got(CommandId.DELIVER_SM_RESP) == []
