"""The status tables, row by row (S-9: statuses follow what carriers report)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.messages import StatusReason
from gateways.smpp.command_status import SUBMIT_STATUSES, printed_status
from gateways.smpp.message_ids import message_id
from gateways.smpp.pdu import CommandId, Pdu
from gateways.smpp.profiles import AU, DOCOMO, PROFILES, RAKUTEN, SOFTBANK, SmppProfile
from gateways.smpp.statuses import receipt_verdict, submit_result, submit_verdict

NO_CODES = replace(AU, wrong_carrier_statuses=frozenset())


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (0x00, SubmitOutcome.ACCEPTED, None),
        (0x01, SubmitOutcome.REJECTED, StatusReason.CONTENT_INVALID),
        (0x04, SubmitOutcome.NOT_SENT, StatusReason.NETWORK_FAILURE),
        (0x08, SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE),
        (0x0A, SubmitOutcome.REJECTED, StatusReason.REJECTED),
        (0x0B, SubmitOutcome.WRONG_CARRIER, StatusReason.OTHER_CARRIER),
        (0x14, SubmitOutcome.THROTTLED, StatusReason.CAPACITY_EXCEEDED),
        (0x45, SubmitOutcome.REJECTED, StatusReason.NETWORK_FAILURE),
        (0x58, SubmitOutcome.THROTTLED, StatusReason.CAPACITY_EXCEEDED),
        (0x64, SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE),
        (0x65, SubmitOutcome.REJECTED, StatusReason.REJECTED),
        (0xFF, SubmitOutcome.UNKNOWN, StatusReason.NETWORK_FAILURE),
        (0x0400, SubmitOutcome.WRONG_CARRIER, StatusReason.OTHER_CARRIER),
        (0x0401, SubmitOutcome.WRONG_CARRIER, StatusReason.OTHER_CARRIER),
        (0x04FF, SubmitOutcome.WRONG_CARRIER, StatusReason.OTHER_CARRIER),
        (0x48, SubmitOutcome.REJECTED, StatusReason.REJECTED),
        (0xC2, SubmitOutcome.REJECTED, StatusReason.REJECTED),
        (0x05, SubmitOutcome.UNKNOWN, None),
        (0x0500, SubmitOutcome.UNKNOWN, None),
        (0xDEAD_BEEF, SubmitOutcome.UNKNOWN, None),
    ],
)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.carrier)
def test_submit_statuses(
    profile: SmppProfile, status: int, outcome: SubmitOutcome, reason: StatusReason | None
) -> None:
    """S-3: "not mine" at once, on every carrier."""
    assert submit_verdict(status, profile) == (outcome, reason)


@given(st.integers(0, 0xFFFF_FFFF).filter(lambda status: status not in SUBMIT_STATUSES))
def test_a_code_in_no_table_is_unknown_with_its_raw_value(status: int) -> None:
    """docs/decisions/0016: nobody claims what a code nobody knows means; it is never sent again."""
    result = submit_result(1, Pdu(CommandId.SUBMIT_SM_RESP, status, 1, b"id\0"), NO_CODES)
    assert result == SegmentResult(1, SubmitOutcome.UNKNOWN, None, None, printed_status(status))
    assert not result.outcome.may_send_again


def test_a_carriers_own_codes_come_before_everything() -> None:
    own = replace(
        AU,
        submit_statuses={0x0401: (SubmitOutcome.THROTTLED, None), 0x0600: (SubmitOutcome.ACCEPTED, None)},
        receipt_states={"GONE": (ReceiptState.UNDELIVERED, StatusReason.ABSENT)},
    )
    assert submit_verdict(0x0401, own) == (SubmitOutcome.THROTTLED, None)
    assert submit_verdict(0x0402, own)[0] is SubmitOutcome.WRONG_CARRIER
    assert receipt_verdict("gone", None, own) == (ReceiptState.UNDELIVERED, StatusReason.ABSENT)
    assert receipt_verdict("GONE", None, AU) == (ReceiptState.UNKNOWN, None)


def test_an_accepted_segment_keeps_the_carriers_id_as_a_string() -> None:
    answer = Pdu(CommandId.SUBMIT_SM_RESP, 0, 1, b"00a1B\0")
    assert submit_result(3, answer, AU) == SegmentResult(3, SubmitOutcome.ACCEPTED, "00a1B")
    assert submit_result(3, Pdu(CommandId.SUBMIT_SM_RESP, 0, 1), AU).carrier_message_id is None


def test_a_refusal_keeps_the_raw_code_with_or_without_a_body() -> None:
    for body in (b"", b"\0", b"ignored\0"):
        result = submit_result(1, Pdu(CommandId.SUBMIT_SM_RESP, 0x0499, 1, body), AU)
        assert (result.carrier_code, result.carrier_message_id) == ("0x0499", None)


def test_no_answer_is_unknown() -> None:
    """S-6: we never resend what may have been taken."""
    result = submit_result(1, None, AU)
    assert result.outcome is SubmitOutcome.UNKNOWN
    assert not result.outcome.may_send_again


def test_a_generic_nack_is_a_refusal_and_one_without_error_is_unknown() -> None:
    assert submit_result(1, Pdu(CommandId.GENERIC_NACK, 3, 1), AU).outcome is SubmitOutcome.REJECTED
    assert submit_result(1, Pdu(CommandId.GENERIC_NACK, 0x58, 1), AU).outcome is SubmitOutcome.THROTTLED
    assert submit_result(1, Pdu(CommandId.GENERIC_NACK, 0, 1), AU).outcome is SubmitOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("stat", "error", "state", "reason"),
    [
        ("DELIVRD", "000", ReceiptState.DELIVERED, None),
        ("delivrd", None, ReceiptState.DELIVERED, None),
        ("ENROUTE", None, ReceiptState.SENT, None),
        ("ACCEPTD", None, ReceiptState.SENT, None),
        ("EXPIRED", "000", ReceiptState.UNDELIVERED, StatusReason.ABSENT),
        ("EXPIRED", "027", ReceiptState.UNDELIVERED, StatusReason.ABSENT),
        ("UNDELIV", "027", ReceiptState.UNDELIVERED, StatusReason.ABSENT),
        ("UNDELIV", "0x1B", ReceiptState.UNDELIVERED, StatusReason.ABSENT),
        ("UNDELIV", "006", ReceiptState.UNDELIVERED, StatusReason.ABSENT),
        ("UNDELIV", "001", ReceiptState.UNDELIVERED, StatusReason.UNKNOWN_SUBSCRIBER),
        ("UNDELIV", "Z9!", ReceiptState.UNDELIVERED, StatusReason.NETWORK_FAILURE),
        ("UNDELIV", None, ReceiptState.UNDELIVERED, StatusReason.NETWORK_FAILURE),
        ("REJECTD", "013", ReceiptState.UNDELIVERED, StatusReason.BARRED),
        ("REJECTD", None, ReceiptState.UNDELIVERED, StatusReason.BARRED),
        ("DELETED", None, ReceiptState.UNDELIVERED, StatusReason.REJECTED),
        ("UNKNOWN", "000", ReceiptState.UNKNOWN, None),
        ("GIBBERISH", "1", ReceiptState.UNKNOWN, None),
    ],
)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.carrier)
def test_receipt_statuses(
    profile: SmppProfile, stat: str, error: str | None, state: ReceiptState, reason: StatusReason | None
) -> None:
    assert receipt_verdict(stat, error, profile) == (state, reason)


@pytest.mark.parametrize(
    ("profile", "stat", "error"),
    [
        (SOFTBANK, "UNDELIV", "00B"),
        (SOFTBANK, "REJECTD", "0x0b"),
        (RAKUTEN, "REJECTD", "E01"),
        (DOCOMO, "UNDELIV", "00B"),
        (AU, "REJECTD", "E01"),
    ],
)
def test_a_receipt_may_say_wrong_carrier(profile: SmppProfile, stat: str, error: str) -> None:
    """S-3: "not mine" by receipt."""
    verdict = receipt_verdict(stat, error, profile)
    assert verdict == (ReceiptState.WRONG_CARRIER, StatusReason.OTHER_CARRIER)


def test_another_carriers_code_or_a_delivery_is_not_wrong_carrier() -> None:
    assert receipt_verdict("UNDELIV", "E01", SOFTBANK)[0] is ReceiptState.UNDELIVERED
    assert receipt_verdict("DELIVRD", "00B", SOFTBANK)[0] is ReceiptState.DELIVERED
    assert receipt_verdict("EXPIRED", "00B", SOFTBANK)[0] is ReceiptState.UNDELIVERED


@given(st.integers(0, 0xFFFF_FFFF), st.text(max_size=9), st.none() | st.text(max_size=9))
def test_no_code_raises(status: int, stat: str, error: str | None) -> None:
    submit_verdict(status, SOFTBANK)
    receipt_verdict(stat, error, SOFTBANK)
    for base in (None, 10, 16):
        message_id(stat, base)


def test_an_id_of_any_length_is_no_trouble() -> None:
    assert message_id("9" * 60_000, 10) == "9" * 60_000
    assert message_id("f" * 60_000, 16) == "f" * 60_000
