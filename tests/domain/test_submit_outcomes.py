"""What several segments amount to, at the submit and by their receipts (S-9, docs/carriers.md §1.2)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.carriers import Channel
from domain.delivery import SubmissionOutcome
from domain.messages import StatusReason
from domain.submit_outcomes import (
    CombinedSubmit,
    SegmentReceipt,
    combine_receipts,
    combine_submits,
    decided_by,
)

Outcome, State = SubmitOutcome, ReceiptState
NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def results(*outcomes: SubmitOutcome) -> list[SegmentResult]:
    return [SegmentResult(segment, outcome) for segment, outcome in enumerate(outcomes, start=1)]


def received(state: ReceiptState | None, seconds: int | None = 0) -> SegmentReceipt:
    at = None if seconds is None else NOON + timedelta(seconds=seconds)
    return SegmentReceipt(state, None, at)


def test_accepted_when_all_are() -> None:
    assert combine_submits(results(Outcome.ACCEPTED, Outcome.ACCEPTED)) == CombinedSubmit(Outcome.ACCEPTED)


@pytest.mark.parametrize("outcome", [o for o in Outcome if not o.may_send_again])
def test_one_answer_is_the_messages_answer(outcome: SubmitOutcome) -> None:
    """It has a meaning for the flow; ``SubmissionOutcome.of`` takes it."""
    assert combine_submits(results(outcome)).outcome is outcome
    assert SubmissionOutcome.of(outcome).value == outcome.value


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.NOT_SENT])
def test_what_was_certainly_not_taken_is_sent_before_anything_is_decided(outcome: SubmitOutcome) -> None:
    combined = combine_submits(results(Outcome.UNKNOWN, outcome, Outcome.REJECTED, Outcome.THROTTLED))

    assert (combined.outcome, combined.missing) == (outcome, (2, 4))
    with pytest.raises(ValueError, match=outcome):
        SubmissionOutcome.of(outcome)


def test_one_unknown_segment_makes_the_message_unknown() -> None:
    """Never sent again, also not at another carrier."""
    assert combine_submits(results(Outcome.WRONG_CARRIER, Outcome.UNKNOWN)).outcome is Outcome.UNKNOWN


def test_a_refusal_after_a_segment_was_taken_is_no_wrong_carrier() -> None:
    """S-3: the next carrier would send the taken part once more."""
    combined = combine_submits(results(Outcome.ACCEPTED, Outcome.WRONG_CARRIER))

    assert (combined.outcome, combined.reason) == (Outcome.REJECTED, StatusReason.REJECTED)


def test_the_first_refusal_gives_reason_and_code() -> None:
    combined = combine_submits(
        [
            SegmentResult(1, Outcome.REJECTED, reason=StatusReason.CONTENT_INVALID, carrier_code="0x01"),
            SegmentResult(2, Outcome.REJECTED, reason=StatusReason.BARRED, carrier_code="0x02"),
        ]
    )

    assert (combined.reason, combined.carrier_code) == (StatusReason.CONTENT_INVALID, "0x01")


@given(st.lists(st.sampled_from(Outcome), min_size=1, max_size=10))
def test_nothing_that_may_have_left_is_offered_to_another_carrier(outcomes: list[SubmitOutcome]) -> None:
    """I3, for any mix of answers."""
    combined = combine_submits(results(*outcomes))

    if set(outcomes) & {Outcome.ACCEPTED, Outcome.UNKNOWN}:
        assert combined.outcome is not Outcome.WRONG_CARRIER
    again = {number for number, outcome in enumerate(outcomes, start=1) if outcome.may_send_again}
    assert set(combined.missing) == again
    assert (combined.outcome is Outcome.ACCEPTED) == (set(outcomes) == {Outcome.ACCEPTED})


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize(
    ("state", "decided"),
    [
        (State.SENT, None),
        (State.DELIVERED, State.DELIVERED),
        (State.READ, State.DELIVERED),
        (State.UNDELIVERED, State.UNDELIVERED),
        (State.WRONG_CARRIER, State.WRONG_CARRIER),
        (State.REVOKED, State.REVOKED),
    ],
)
def test_what_a_report_decides(channel: Channel, state: ReceiptState, decided: ReceiptState | None) -> None:
    """R-13: what was read was delivered."""
    assert decided_by(channel, state) is decided


def test_unknown_is_an_sms_centres_word_and_on_rcs_only_a_word_unknown_to_us() -> None:
    """S-9."""
    assert decided_by(Channel.SMS, State.UNKNOWN) is State.UNKNOWN
    assert decided_by(Channel.RCS, State.UNKNOWN) is None


def test_delivered_when_all_segments_are_at_the_time_of_the_last() -> None:
    combined = combine_receipts([received(State.DELIVERED, 5), received(State.DELIVERED, 9)])

    assert combined == received(State.DELIVERED, 9)
    assert combine_receipts([received(State.DELIVERED, None)]) == received(State.DELIVERED, None)


@pytest.mark.parametrize("outstanding", [None, State.SENT])
def test_nothing_is_decided_while_a_segment_is_outstanding(outstanding: ReceiptState | None) -> None:
    assert combine_receipts([received(State.DELIVERED), received(outstanding)]) is None


def test_the_first_failure_wins_also_over_outstanding_segments() -> None:
    segments = [received(None, None), received(State.UNKNOWN, 9), received(State.UNDELIVERED, 5)]

    assert combine_receipts(segments) == received(State.UNDELIVERED, 5)
    assert combine_receipts([received(State.UNKNOWN, None), received(State.UNDELIVERED, 5)]) == received(
        State.UNDELIVERED, 5
    )


def test_wrong_carrier_after_a_segment_arrived_is_a_failure_like_any_other() -> None:
    """S-3: what arrived would arrive again."""
    wrong, arrived = received(State.WRONG_CARRIER, 3), received(State.DELIVERED, 5)

    assert combine_receipts([wrong, received(None)]) == wrong
    assert combine_receipts([wrong, arrived]) == received(State.UNDELIVERED, 3)
