"""Numbers, senders and SMSC URLs."""

import pytest

from domain.carrier_exchange import OutboundSms
from gateways.smpp.bodies import Address, ShortMessage
from gateways.smpp.numbers import InvalidAddress, destination_address, national_number, sender_address
from gateways.smpp.profiles import AU, DOCOMO, DestinationForm
from gateways.smpp.submits import submit_bodies
from gateways.smpp.urls import SmppAddress, parse_smpp_url
from tests.gateways.smpp.conftest import sms


def test_a_handset_is_addressed_internationally_or_nationally() -> None:
    assert destination_address("09012345678", DestinationForm.INTERNATIONAL) == Address(1, 1, "819012345678")
    assert destination_address("06012345678", DestinationForm.NATIONAL) == Address(2, 1, "06012345678")


@pytest.mark.parametrize("number", ["", "819012345678", "0901234567x", "０９０１２３４５６７８"])
def test_what_is_no_national_number_is_refused_without_quoting_it(number: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        destination_address(number, DestinationForm.INTERNATIONAL)
    assert not number or number not in str(caught.value)


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("MyShop", Address(5, 0, "MyShop")),
        ("A 123-456", Address(5, 0, "A 123-456")),
        ("0312345678", Address(0, 1, "0312345678")),
        ("20345", Address(0, 1, "20345")),
        ("+81312345678", Address(1, 1, "81312345678")),
    ],
)
def test_a_sender_is_alphanumeric_or_numeric(sender: str, address: Address) -> None:
    """docs/carriers.md §1.2: alphanumeric TON 5/NPI 0, or numeric."""
    assert sender_address(sender, DOCOMO) == address


@pytest.mark.parametrize("sender", ["", "TwelveLetter", "店", "a\0b", "1" * 21])
def test_a_sender_no_smsc_takes_is_refused(sender: str) -> None:
    with pytest.raises(InvalidAddress):
        sender_address(sender, DOCOMO)


@pytest.mark.parametrize(
    ("addr", "number"),
    [
        ("819012345678", "09012345678"),
        ("+819012345678", "09012345678"),
        ("09012345678", "09012345678"),
        ("", None),
        ("44790000", None),
    ],
)
def test_a_received_number_becomes_national(addr: str, number: str | None) -> None:
    assert national_number(addr) == number


def bodies_of(message: OutboundSms) -> list[tuple[int, ShortMessage]]:
    return [(number, ShortMessage.decode(body)) for number, body in submit_bodies(message, DOCOMO)]


def test_every_segment_asks_for_a_receipt_and_carries_docomos_validity() -> None:
    """S-6: docomo keeps a message for one hour."""
    bodies = bodies_of(sms("あ" * 200))
    assert [number for number, _ in bodies] == [1, 2, 3]
    for _, body in bodies:
        assert body.registered_delivery == 1
        assert body.data_coding == 8
        assert body.validity_period == "000000010000000R"
    assert ShortMessage.decode(submit_bodies(sms(), AU)[0][1]).validity_period == ""


def test_only_the_segments_asked_for_are_made_and_keep_their_numbers() -> None:
    ((number, body),) = bodies_of(sms("あ" * 200, segments=(2,)))
    assert number == 2
    assert body.short_message[:6] == bytes((5, 0, 3, 0x34, 3, 2))


@pytest.mark.parametrize(
    "message", [sms(""), sms("あ" * 700), sms(sender="店"), sms(phone_number="1"), sms(segments=(2,))]
)
def test_a_message_no_smsc_takes_is_a_value_error(message: OutboundSms) -> None:
    with pytest.raises(ValueError):
        submit_bodies(message, DOCOMO)


def test_reads_an_smsc_url() -> None:
    expected = SmppAddress("smsc.example", 3000, "plat:form", "p@ss/word")
    assert parse_smpp_url("smpp://plat%3Aform:p%40ss%2Fword@smsc.example:3000") == expected
    assert parse_smpp_url("smpp://a:b@10.0.0.1").port == 2775
    assert parse_smpp_url("smpp://a:b@[::1]:99").host == "::1"
    secure = parse_smpp_url("smpps://a:b@smsc.example?ca=/etc/carrier.pem")
    assert (secure.port, secure.is_secure, secure.ca_file) == (3550, True, "/etc/carrier.pem")
    assert parse_smpp_url("smpps://a:b@h:99").ca_file is None
    assert "p@ss" not in repr(expected)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a:secret@h",
        "smpp://a:secret@h?ca=/x",
        "smpps://a:secret@h?cert=/x",
        "smpp://h:1",
        "smpp://a:secret@",
        "smpp://a:b@h:secret",
        "smpp://a:secret#x@h",
    ],
)
def test_refuses_other_urls_without_quoting_them(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_smpp_url(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
