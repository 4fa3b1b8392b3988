"""How answers and receipts end a message, and when an SMS takes over (S-5, S-9, R-8, R-12, L-3)."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier, Channel
from domain.delivery import ReceiptNotice, Submission, SubmissionOutcome
from domain.delivery_policy import Ending, ending_of_receipt, ending_of_refusal, fallback_reason_of
from domain.messages import FallbackReason, MessageStatus, StatusReason

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
Outcome, Status, Reason = SubmissionOutcome, MessageStatus, StatusReason


def refusal(outcome: SubmissionOutcome, reason: StatusReason | None = None) -> Ending:
    return ending_of_refusal(Submission(outcome, NOW, reason), Channel.RCS, Carrier.AU)


def receipt(
    state: ReceiptState, reason: StatusReason | None = None, at: datetime | None = None
) -> ReceiptNotice:
    return ReceiptNotice(Channel.SMS, Carrier.AU, state, reason, at)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.NOT_CAPABLE, Reason.NOT_CAPABLE),
        (Outcome.CAPACITY_EXCEEDED, Reason.CAPACITY_EXCEEDED),
        (Outcome.REJECTED, Reason.REJECTED),
    ],
)
def test_a_refusal_is_undelivered_with_its_reason(outcome: SubmissionOutcome, reason: StatusReason) -> None:
    """L-3: the carrier's own reason wins over the general one."""
    assert refusal(outcome) == Ending(Status.UNDELIVERED, reason, Channel.RCS, Carrier.AU)
    assert refusal(outcome, Reason.BARRED) == Ending(
        Status.UNDELIVERED, Reason.BARRED, Channel.RCS, Carrier.AU
    )


def test_a_withdrawn_message_is_cancelled_and_was_on_no_channel() -> None:
    """P-3."""
    assert refusal(Outcome.WITHDRAWN) == Ending(Status.CANCELLED)


def test_not_mine_is_an_undetermined_carrier() -> None:
    """S-5: should no other carrier take it."""
    assert refusal(Outcome.WRONG_CARRIER).status is Status.CARRIER_UNDETERMINED


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (ReceiptState.DELIVERED, Status.DELIVERED),
        (ReceiptState.UNDELIVERED, Status.UNDELIVERED),
        (ReceiptState.REVOKED, Status.EXPIRED),
        (ReceiptState.UNKNOWN, Status.UNKNOWN),
        (ReceiptState.WRONG_CARRIER, Status.CARRIER_UNDETERMINED),
    ],
)
def test_every_last_word_of_a_carrier_has_its_status(state: ReceiptState, status: MessageStatus) -> None:
    """S-9."""
    ending = ending_of_receipt(receipt(state, Reason.ABSENT), NOW)

    assert (ending.status, ending.reason) == (status, Reason.ABSENT)
    assert (ending.channel, ending.carrier) == (Channel.SMS, Carrier.AU)
    assert (ending.delivered_at is not None) is (status is Status.DELIVERED)


def test_a_delivery_has_the_carriers_time_where_there_is_one() -> None:
    earlier = NOW - timedelta(seconds=30)

    assert ending_of_receipt(receipt(ReceiptState.DELIVERED, at=earlier), NOW).delivered_at == earlier
    assert ending_of_receipt(receipt(ReceiptState.DELIVERED), NOW).delivered_at == NOW


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (Ending(Status.UNDELIVERED, Reason.NOT_CAPABLE), FallbackReason.NOT_CAPABLE),
        (Ending(Status.UNDELIVERED, Reason.CAPACITY_EXCEEDED), FallbackReason.CAPACITY_EXCEEDED),
        (Ending(Status.EXPIRED), FallbackReason.NOT_DELIVERED_IN_TIME),
        (Ending(Status.UNKNOWN, Reason.NO_RECEIPT), FallbackReason.NOT_DELIVERED_IN_TIME),
        (Ending(Status.CARRIER_UNDETERMINED), FallbackReason.CARRIER_UNDETERMINED),
        (Ending(Status.EXCLUDED, Reason.OTHER_CARRIER), FallbackReason.CARRIER_UNDETERMINED),
        (Ending(Status.UNDELIVERED, Reason.ABSENT), FallbackReason.RCS_UNDELIVERED),
        (Ending(Status.UNDELIVERED), FallbackReason.RCS_UNDELIVERED),
    ],
)
def test_an_sms_takes_over_with_a_reason_for_the_log(ending: Ending, reason: FallbackReason) -> None:
    """R-8, R-12, L-2."""
    assert fallback_reason_of(ending) is reason


@pytest.mark.parametrize(
    "ending",
    [
        Ending(Status.DELIVERED),
        Ending(Status.CANCELLED),
        Ending(Status.EXCLUDED, Reason.RECYCLED),
        Ending(Status.EXCLUDED, Reason.LOOKUP_FAILED),
        Ending(Status.EXCLUDED, Reason.OPTED_OUT),
        Ending(Status.UNDELIVERED, Reason.BARRED),
        Ending(Status.UNDELIVERED, Reason.REJECTED),
    ],
)
def test_no_sms_after_a_last_word(ending: Ending) -> None:
    """Who does not want it, may not get it or has it already is not sent an SMS either (M-1, O-3)."""
    assert fallback_reason_of(ending) is None
