"""Receipts as carriers really send them: each finds its submit, over a real link (docs/carriers.md §1.1).

Every dialect answers the submit with an id, sends a receipt, and must come out as that submit's.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, ReceiptState
from domain.messages import StatusReason
from gateways.smpp.bodies import Address, ShortMessage, Tag, c_octets, encode_tlvs
from gateways.smpp.pdu import CommandId, Pdu
from tests.gateways.smpp.conftest import LinkFactory, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc, Peer, until

HANDSET, SENDER = Address(1, 1, "819012345678"), Address(5, 0, "TEST")
ID = "7100042"
FULL = (
    "id:{id} sub:001 dlvrd:001 submit date:2611301000 done date:2611301001 stat:{stat} err:{err} text:{text}"
)
SENT, DELIVERED, UNDELIVERED = ReceiptState.SENT, ReceiptState.DELIVERED, ReceiptState.UNDELIVERED
STATE_DELIVERED = {Tag.MESSAGE_STATE: b"\x02"}


def words(message_id: str = ID, stat: str = "DELIVRD", err: str = "000", text: str = "") -> str:
    return FULL.format(id=message_id, stat=stat, err=err, text=text)


def odd(text: str, encoding: str) -> bytes:
    """The text with an odd number of octets."""
    octets = text.encode(encoding)
    return octets if len(octets) % 2 else octets + b" "


@dataclass(frozen=True)
class Dialect:
    """The receipt of one SMSC, and how it ``answered`` the submit."""

    text: str | bytes = b""
    answered: bytes = ID.encode() + b"\0"
    esm_class: int = 4
    data_coding: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict)
    source: Address = HANDSET
    destination: Address = SENDER
    behind: bytes = b""

    def body(self) -> bytes:
        text = self.text.encode("latin-1") if isinstance(self.text, str) else self.text
        message = ShortMessage(
            self.source, self.destination, text, self.esm_class, self.data_coding, tlvs=self.tlvs
        )
        return message.encode() + self.behind


UDH = bytes((5, 0, 3, 7, 1, 1))
DELIVERED_BY = {
    "ASCII flagged as UCS-2": Dialect(words(), data_coding=8),
    "ASCII flagged as UCS-2, odd": Dialect(odd(words(), "ascii"), data_coding=8),
    "UTF-16 flagged as UCS-2": Dialect(words().encode("utf-16-be")[:254], data_coding=8),
    "UTF-16 flagged as the default alphabet": Dialect(words().encode("utf-16-be")[:254]),
    "UTF-16, little end first": Dialect(words().encode("utf-16-le")[:254], data_coding=8),
    "UTF-16, little end first, unflagged": Dialect(words().encode("utf-16-le")[:254]),
    "UTF-16 with a mark": Dialect(b"\xfe\xff" + words().encode("utf-16-be")[:250], data_coding=8),
    "UTF-16, odd": Dialect(odd(words(), "utf-16-be")[:253], data_coding=8),
    "UTF-16 behind one odd octet": Dialect(b"\x01" + words().encode("utf-16-be")[:252]),
    "Latin-1 with letters beyond ASCII": Dialect(words(text="café"), data_coding=3),
    "binary": Dialect(words(), data_coding=4),
    "ASCII flagged as UCS-2, with TLVs": Dialect(
        words(), data_coding=8, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042\0", **STATE_DELIVERED}
    ),
    "behind a header": Dialect(UDH + words().encode(), esm_class=0x44),
    "UTF-16 behind a header": Dialect(UDH + words().encode("utf-16-be")[:240], esm_class=0x44, data_coding=8),
    "a header flagged and not there": Dialect(words(), esm_class=0x44),
    "in the payload": Dialect(tlvs={Tag.MESSAGE_PAYLOAD: words().encode()}),
    "UTF-16 in the payload, unflagged": Dialect(tlvs={Tag.MESSAGE_PAYLOAD: words().encode("utf-16-be")}),
    "in the payload beside a short message that says nothing": Dialect(
        "receipt", tlvs={Tag.MESSAGE_PAYLOAD: words().encode()}
    ),
    "TLVs only": Dialect(tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042\0", **STATE_DELIVERED}),
    "TLVs without NUL": Dialect(tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042", **STATE_DELIVERED}),
    "an id padded in its TLV": Dialect(
        tlvs={Tag.RECEIPTED_MESSAGE_ID: b"\0 7100042 \0\0", **STATE_DELIVERED}
    ),
    "TLVs alone make it a receipt": Dialect(
        esm_class=0, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042\0", **STATE_DELIVERED}
    ),
    "its state alone makes it a receipt": Dialect(words(), esm_class=0, tlvs=STATE_DELIVERED),
    "its id alone makes it a receipt": Dialect(
        words(), esm_class=0, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042\0"}
    ),
    "esm_class with a reply path": Dialect(words(), esm_class=0x84),
    "esm_class with a mode": Dialect(words(), esm_class=0x07),
    "esm_class with a second kind": Dialect(words(), esm_class=0x24),
    "a blank id in the TLV": Dialect(words(), tlvs={Tag.RECEIPTED_MESSAGE_ID: b"  \0", **STATE_DELIVERED}),
    "an unreadable id in the TLV": Dialect(
        words(), tlvs={Tag.RECEIPTED_MESSAGE_ID: b"\x01\x9f\x02\0", **STATE_DELIVERED}
    ),
    "a blank id in the text": Dialect(
        words("   "), tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042\0", **STATE_DELIVERED}
    ),
    "a state nobody knows in the TLV": Dialect(
        words(), tlvs={Tag.RECEIPTED_MESSAGE_ID: b"7100042\0", Tag.MESSAGE_STATE: b"\x0a"}
    ),
    "state unknown in the TLV": Dialect(words(), tlvs={Tag.MESSAGE_STATE: b"\x07"}),
    "a state as a digit": Dialect(words(stat="-"), tlvs={Tag.MESSAGE_STATE: b"2"}),
    "a state of two octets": Dialect(words(stat=""), tlvs={Tag.MESSAGE_STATE: b"\0\x02"}),
    "a state nobody knows in the text": Dialect(words(stat="TELEPRT"), tlvs=STATE_DELIVERED),
    "an error TLV of odd length": Dialect(words(), tlvs={Tag.NETWORK_ERROR_CODE: b"\x03"}),
    "stat in small letters": Dialect(words(stat="delivrd")),
    "stat in full": Dialect(words(stat="DELIVERED")),
    "stat in full, in small letters": Dialect(words(stat="Delivered")),
    "stat as a number": Dialect(words(stat="2")),
    "err with a blank": Dialect(words(err=" 0")),
    "err with words": Dialect(words(err="000 no error")),
    "an answer padded behind": Dialect(words(), answered=b"7100042  \0"),
    "an answer padded in front": Dialect(words(), answered=b"  7100042\0"),
    "an answer with a line's end": Dialect(words(), answered=b"7100042\r\n\0"),
    "an answer and a receipt padded apart": Dialect(words(" 7100042  "), answered=b"7100042 \0"),
    "an answer with TLVs": Dialect(words(), answered=b"7100042\0\x04\x25\x00\x01\x00"),
    "a short form": Dialect(f"id:{ID} stat:DELIVRD err:000"),
    "no counts": Dialect(f"id:{ID} submit date:2611301000 done date:2611301001 stat:DELIVRD err:000 text:"),
    "commas": Dialect(words().replace(" ", ",")),
    "semicolons": Dialect(words().replace(" ", ";")),
    "lines": Dialect(words().replace(" ", "\r\n")),
    "blanks behind the colons": Dialect(words().replace(":", ": ")),
    "blanks before the colons": Dialect(words().replace(":", " :")),
    "capitals": Dialect(words().upper()),
    "message id": Dialect("message " + words()),
    "message_id": Dialect("message_" + words()),
    "another receipt in its text": Dialect(words(text="stat:UNDELIV err:00B id:1")),
    "an id told twice": Dialect(f"id:{ID} id:99 stat:DELIVRD err:000 text:"),
    "a NUL at its end": Dialect(words() + "\0"),
    "a TLV cut off": Dialect(words(), behind=b"\x14\x00\x00\xff\x01"),
    "dates as an epoch": Dialect(f"id:{ID} submit date:1796000000 done date:1796000001 stat:DELIVRD err:0"),
    "dates of a form nobody knows": Dialect(f"id:{ID} done date:30-11-2026 23:00:01 stat:DELIVRD err:000"),
    "addresses as in the submit": Dialect(words(), source=SENDER, destination=HANDSET),
    "an id of 58 characters": Dialect(words("M" * 50 + ID), answered=b"M" * 50 + b"7100042\0"),
}


async def told(
    smsc: FakeSmsc, connect: LinkFactory, dialect: Dialect, receipts: list[DeliveryReceipt]
) -> str:
    """Submit, answer and report in a dialect; return the id the submit is known by."""

    def answer(peer: Peer, pdu: Pdu) -> None:
        peer.send(CommandId.SUBMIT_SM_RESP, 0, pdu.sequence, dialect.answered)

    smsc.on_submit = answer
    link = await connect()
    (result,) = await link.submit(sms())
    smsc.peer.send(CommandId.DELIVER_SM, 0, 77, dialect.body())
    await until(lambda: smsc.peer.answer_to(77))
    assert result.carrier_message_id is not None
    return result.carrier_message_id


@pytest.mark.parametrize("name", DELIVERED_BY)
async def test_a_delivered_message_is_told_in_every_dialect(
    name: str, smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    message_id = await told(smsc, connect, DELIVERED_BY[name], receipts)

    (receipt,) = receipts
    assert receipt.carrier_message_id == message_id == message_id.strip()
    assert (receipt.state, receipt.phone_number) == (DELIVERED, "09012345678")


@pytest.mark.parametrize(
    ("stat", "err", "state", "reason"),
    [
        ("UNDELIVERABLE", "001", UNDELIVERED, StatusReason.UNKNOWN_SUBSCRIBER),
        ("undelivered", "06", UNDELIVERED, StatusReason.ABSENT),
        ("FAILED", "0", UNDELIVERED, StatusReason.NETWORK_FAILURE),
        ("Expired", "???", UNDELIVERED, StatusReason.ABSENT),
        ("REJECTED", "0x00B", ReceiptState.WRONG_CARRIER, StatusReason.OTHER_CARRIER),
        ("5", "0x1B", UNDELIVERED, StatusReason.ABSENT),
        ("ACCEPTED", "000", SENT, None),
        ("EN_ROUTE", "000", SENT, None),
        ("BUFFERED", "000", SENT, None),
        # Nothing is said of the message: it goes on waiting for a word.
        ("", "000", SENT, None),
        ("TELEPRT", "000", ReceiptState.UNKNOWN, None),
    ],
)
async def test_every_spelling_of_a_state_is_understood(
    stat: str,
    err: str,
    state: ReceiptState,
    reason: StatusReason | None,
    smsc: FakeSmsc,
    connect: LinkFactory,
    receipts: list[DeliveryReceipt],
) -> None:
    await told(smsc, connect, Dialect(words(stat=stat, err=err)), receipts)
    (receipt,) = receipts
    assert (receipt.carrier_message_id, receipt.state, receipt.reason) == (ID, state, reason)


async def test_an_error_the_profile_knows_wins_over_one_it_does_not(
    smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    tlvs = {Tag.NETWORK_ERROR_CODE: b"\x03\x0f\xff"}
    await told(smsc, connect, Dialect(words(stat="UNDELIV", err="001"), tlvs=tlvs), receipts)
    (receipt,) = receipts
    assert (receipt.reason, receipt.carrier_code) == (StatusReason.UNKNOWN_SUBSCRIBER, "UNDELIV/001")


@pytest.mark.parametrize("sequence", [0, 1, 0xFFFF_FFFF])
async def test_a_receipt_may_come_as_data_sm_and_is_answered_so_after_its_commit(
    sequence: int, smsc: FakeSmsc, connect: LinkFactory, receipts: list[DeliveryReceipt]
) -> None:
    await connect()
    addresses = b"".join(bytes(a[:2]) + c_octets(a.addr) for a in (HANDSET, SENDER))
    tlvs = encode_tlvs({Tag.MESSAGE_PAYLOAD: words().encode(), **STATE_DELIVERED})
    smsc.peer.send(CommandId.DATA_SM, 0, sequence, b"\0" + addresses + bytes((4, 0, 0)) + tlvs)
    await until(lambda: smsc.peer.got(CommandId.DATA_SM_RESP))
    (answer,) = smsc.peer.got(CommandId.DATA_SM_RESP)
    assert (answer.command_status, answer.sequence, answer.body) == (0, sequence, b"\0")
    assert [(r.carrier_message_id, r.state, r.phone_number) for r in receipts] == [
        (ID, DELIVERED, "09012345678")
    ]


async def test_a_data_sm_that_could_not_be_committed_is_asked_for_again(
    smsc: FakeSmsc, connect: LinkFactory
) -> None:
    async def fail(_receipt: DeliveryReceipt) -> None:
        raise RuntimeError

    await connect(on_receipt=fail)
    smsc.peer.send(CommandId.DATA_SM, 0, 9, b"\0" + 2 * (b"\1\1" + c_octets("81901")) + bytes((4, 0, 0)))
    await until(lambda: smsc.peer.got(CommandId.DATA_SM_RESP))
    assert smsc.peer.got(CommandId.DATA_SM_RESP)[0].command_status == 0x64


async def test_a_persons_text_as_data_sm_is_a_text(smsc: FakeSmsc, connect: LinkFactory) -> None:
    taken: list[InboundMessage] = []

    async def keep(message: InboundMessage) -> None:
        taken.append(message)

    await connect(on_inbound=keep)
    addresses = b"\1\1" + c_octets(HANDSET.addr) + b"\0\1" + c_octets("0312345678")
    payload = struct.pack(">HH", Tag.MESSAGE_PAYLOAD, 4) + "解除".encode("utf-16-be")
    smsc.peer.send(CommandId.DATA_SM, 0, 9, b"\0" + addresses + bytes((0, 0, 8)) + payload)
    await until(lambda: taken)
    assert (taken[0].text, taken[0].destination) == ("解除", "0312345678")


async def test_nobody_forges_a_delivery_by_texting_like_a_receipt(
    smsc: FakeSmsc,
    connect: LinkFactory,
    receipts: list[DeliveryReceipt],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a mark that only an SMSC can set it stays a text, whatever id it names; the log tells once."""
    taken: list[InboundMessage] = []

    async def keep(message: InboundMessage) -> None:
        taken.append(message)

    await connect(on_inbound=keep)
    for _ in range(2):
        smsc.peer.deliver(ShortMessage(HANDSET, SENDER, words().encode(), esm_class=0))
    await until(lambda: len(taken) == 2)
    assert receipts == []
    assert capsys.readouterr().out.count("smpp_text_like_a_receipt") == 1
