"""Receipts as carriers write them, and as they should not (docs/carriers.md §1.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from gateways.smpp.bodies import Address, ShortMessage, Tag
from gateways.smpp.pdu import CommandId, Pdu
from gateways.smpp.profiles import DOCOMO, JST, SOFTBANK
from gateways.smpp.receipt_text import receipt_date
from gateways.smpp.receipts import is_receipt, parse_inbound, parse_receipt, with_plausible_time
from gateways.smpp.statuses import submit_result

HANDSET = Address(1, 1, "819012345678")
TEXT = (
    "id:A1b2 sub:001 dlvrd:001 submit date:2611251000 done date:2611251030 "
    "stat:DELIVRD err:000 text:stat:UNDELIV"
)


def receipt(text: str | bytes = TEXT, **fields: Any) -> ShortMessage:
    octets = text.encode("latin-1") if isinstance(text, str) else text
    values: dict[str, Any] = {"source": HANDSET, "short_message": octets, "esm_class": 4} | fields
    return ShortMessage(**values)


def test_reads_a_receipt_of_the_specifications_form() -> None:
    parsed = parse_receipt(receipt(), DOCOMO)
    assert (parsed.channel, parsed.carrier) == (Channel.SMS, Carrier.DOCOMO)
    assert (parsed.carrier_message_id, parsed.state, parsed.reason) == ("A1b2", ReceiptState.DELIVERED, None)
    assert parsed.carrier_code == "DELIVRD/000"
    assert parsed.phone_number == "09012345678"
    assert parsed.raw == TEXT


def test_dates_are_japan_time() -> None:
    assert parse_receipt(receipt(), DOCOMO).occurred_at == datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2611251030", datetime(2026, 11, 25, 10, 30, tzinfo=JST)),
        ("261125103059", datetime(2026, 11, 25, 10, 30, 59, tzinfo=JST)),
        ("202611251030", datetime(2026, 11, 25, 10, 30, tzinfo=JST)),
        ("20261125103059", datetime(2026, 11, 25, 10, 30, 59, tzinfo=JST)),
        ("26-11-25 10:30", datetime(2026, 11, 25, 10, 30, tzinfo=JST)),
        ("0000000000", None),
        ("2613991030", None),
        ("26112510", None),
        ("", None),
        ("２６１１２５１０３０", None),
    ],
)
def test_receipt_dates(value: str, expected: datetime | None) -> None:
    assert receipt_date(value, JST) == expected


def test_tlvs_win_over_the_text() -> None:
    tlvs = {
        Tag.RECEIPTED_MESSAGE_ID: b"from-tlv\0",
        Tag.MESSAGE_STATE: b"\x05",
        Tag.NETWORK_ERROR_CODE: b"\x03\x00\x0b",
        0x1401: b"\xff",
    }
    parsed = parse_receipt(receipt(tlvs=tlvs), SOFTBANK)
    assert parsed.carrier_message_id == "from-tlv"
    assert parsed.state is ReceiptState.WRONG_CARRIER
    assert parsed.carrier_code == "UNDELIV/00B"
    assert "1401=ff" in parsed.raw


def test_a_receipt_of_tlvs_only_needs_no_text() -> None:
    message = receipt(b"", tlvs={Tag.RECEIPTED_MESSAGE_ID: b"no-nul", Tag.MESSAGE_STATE: b"\x02"})
    parsed = parse_receipt(message, DOCOMO)
    assert (parsed.carrier_message_id, parsed.state) == ("no-nul", ReceiptState.DELIVERED)
    assert parsed.occurred_at is None


def test_a_network_error_code_of_zero_leaves_the_word_to_the_text() -> None:
    message = receipt("id:1 stat:UNDELIV err:001", tlvs={Tag.NETWORK_ERROR_CODE: b"\x03\0\0"})
    assert parse_receipt(message, DOCOMO).reason is StatusReason.UNKNOWN_SUBSCRIBER


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("id:1 stat:UNDELIV err:0x1B text:", "UNDELIV/0x1B", StatusReason.ABSENT),
        ("ID:1 Stat:UNDELIV Err:E77 Text:", "UNDELIV/E77", StatusReason.NETWORK_FAILURE),
        ("id:1 stat:EXPIRED err: text:", "EXPIRED", StatusReason.ABSENT),
        ("id:1 done date:261125103000 stat:UNDELIV err:001", "UNDELIV/001", StatusReason.UNKNOWN_SUBSCRIBER),
        ("err:001 stat:UNDELIV id:1", "UNDELIV/001", StatusReason.UNKNOWN_SUBSCRIBER),
    ],
)
def test_odd_but_readable_receipts(text: str, code: str, reason: StatusReason) -> None:
    parsed = parse_receipt(receipt(text), DOCOMO)
    assert (parsed.carrier_message_id, parsed.carrier_code, parsed.reason) == ("1", code, reason)
    assert parsed.state is ReceiptState.UNDELIVERED


def test_reads_a_receipt_in_ucs2_and_in_the_payload() -> None:
    octets = TEXT.encode("utf-16-be")
    message = receipt(b"", data_coding=8, tlvs={Tag.MESSAGE_PAYLOAD: octets})
    assert parse_receipt(message, DOCOMO).carrier_message_id == "A1b2"


@pytest.mark.parametrize("octets", [b"", b"\xff\xfe id=?;stat done:\x00\x9f 99/99", b"hello", bytes(40)])
def test_an_unreadable_receipt_is_kept_for_the_service_desk(octets: bytes) -> None:
    parsed = parse_receipt(receipt(octets), DOCOMO)
    assert (parsed.carrier_message_id, parsed.state) == (None, ReceiptState.UNKNOWN)
    assert "\0" not in parsed.raw


@pytest.mark.parametrize(
    ("submit_base", "submitted", "receipt_base", "reported"),
    [
        (None, "00a1B", None, "00a1B"),
        (16, "00A1B", 10, "2587"),
        (16, "a1b", 10, "0000002587"),
        (10, "2587", 16, "A1B"),
        (16, "0x1b", 16, "0x1b"),  # no plain number: left as it is
        (10, "x-17", 16, "x-17"),
    ],
)
def test_an_id_in_two_bases_is_one_id(
    submit_base: int | None, submitted: str, receipt_base: int | None, reported: str
) -> None:
    profile = replace(DOCOMO, submit_id_base=submit_base, receipt_id_base=receipt_base)
    answer = Pdu(CommandId.SUBMIT_SM_RESP, 0, 1, submitted.encode() + b"\0")
    submitted_id = submit_result(1, answer, profile).carrier_message_id
    by_text = receipt(f"id:{reported} stat:DELIVRD")
    assert parse_receipt(by_text, profile).carrier_message_id == submitted_id
    # The TLV is written like the submit's answer, whatever the text does.
    by_tlv = receipt(f"id:{reported} stat:DELIVRD", tlvs={Tag.RECEIPTED_MESSAGE_ID: submitted.encode()})
    assert parse_receipt(by_tlv, profile).carrier_message_id == submitted_id


def test_only_what_a_handset_cannot_write_makes_a_receipt() -> None:
    assert is_receipt(receipt())
    assert is_receipt(receipt(esm_class=0x44))
    assert is_receipt(receipt(esm_class=0x20))
    assert is_receipt(receipt(esm_class=0, tlvs={Tag.RECEIPTED_MESSAGE_ID: b"1"}))
    assert not is_receipt(receipt(esm_class=0))


def test_reads_an_end_users_text_behind_its_user_data_header() -> None:
    octets = bytes((5, 0, 3, 9, 2, 1)) + "解除\0".encode("utf-16-be")
    message = receipt(octets, esm_class=0x40, data_coding=8, destination=Address(2, 1, "0312345678"))
    inbound = parse_inbound(message, DOCOMO)
    assert (inbound.phone_number, inbound.text) == ("09012345678", "解除")
    assert inbound.raw == octets.hex()
    # Whom it is for: P-8.
    assert inbound.destination == "0312345678"


@given(
    st.binary(max_size=200),
    st.integers(0, 255),
    st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=9)),
)
def test_no_delivery_raises_or_leaves_what_a_database_refuses(
    octets: bytes, coding: int, tlvs: dict[int, bytes]
) -> None:
    message = receipt(octets, data_coding=coding, tlvs=tlvs)
    parsed, inbound = parse_receipt(message, DOCOMO), parse_inbound(message, DOCOMO)
    texts = [parsed.raw, parsed.carrier_message_id, parsed.carrier_code, inbound.text, inbound.raw]
    for value in filter(None, texts):
        assert "\0" not in value
        value.encode()


FIELDS = st.sampled_from(
    ["id:", "stat:", "err:", "done date:", "text:", " ", "UNDELIV", "2611251030", "\0", "é"]
)


@given(st.lists(FIELDS, max_size=12).map("".join))
def test_no_mixture_of_receipt_fields_raises(text: str) -> None:
    parsed = parse_receipt(receipt(text), DOCOMO)
    assert parsed.occurred_at is None or parsed.occurred_at.utcoffset() == timedelta(hours=9)


@given(st.text(max_size=40), st.text("0123456789 :-/", max_size=20))
def test_no_date_raises(text: str, digits: str) -> None:
    receipt_date(text, JST)
    receipt_date(digits, JST)


@pytest.mark.parametrize("piece", ["id:", "stat:", "done date:", "submit  date:", "\0", "text", " "])
def test_a_receipt_of_64_kilobytes_is_read_in_no_time(piece: str) -> None:
    message = receipt((piece * 65535)[:65535])  # far more than short_message holds, as in message_payload
    began = perf_counter()
    parse_receipt(message, DOCOMO)
    assert perf_counter() - began < 2.0


NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "kept"),
    [
        ("2611251030", True),  # this minute, in Japan
        ("2611260900", True),  # a clock some hours ahead
        ("2611241030", True),
        ("2612011030", False),
        ("2511251030", False),
        ("00010101000000", False),  # no date a database gives back
        ("99991231235959", False),
    ],
)
def test_a_date_that_cannot_be_is_not_taken_for_the_time_of_arrival(date: str, kept: bool) -> None:
    parsed = parse_receipt(receipt(f"id:1 stat:DELIVRD done date:{date}"), DOCOMO)
    assert parsed.occurred_at is not None
    told = with_plausible_time(parsed, NOW)
    assert (told.occurred_at is not None) is kept
    assert date in told.raw
