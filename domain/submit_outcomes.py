"""What a message submitted in several segments amounts to: at the submit, and by its receipts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.carrier_exchange import ReceiptState, SegmentResult, SubmitOutcome
from domain.carriers import Channel
from domain.messages import StatusReason

_DECIDING_RECEIPTS = frozenset(
    {
        ReceiptState.DELIVERED,
        ReceiptState.UNDELIVERED,
        ReceiptState.WRONG_CARRIER,
        ReceiptState.REVOKED,
        ReceiptState.UNKNOWN,
    }
)


def decided_by(channel: Channel, state: ReceiptState) -> ReceiptState | None:
    """Return what a report decides about its segment, ``None`` when more is to be expected.

    What was read was delivered. UNKNOWN is an SMS centre's own final word (結果不明), but on the RCS
    channel only a word that we do not know.
    """
    if state is ReceiptState.READ:
        return ReceiptState.DELIVERED
    if state is ReceiptState.UNKNOWN and channel is Channel.RCS:
        return None
    return state if state in _DECIDING_RECEIPTS else None


@dataclass(frozen=True, slots=True)
class CombinedSubmit:
    """One outcome for all segments. ``missing`` are the segments that may and must be sent again."""

    outcome: SubmitOutcome
    missing: tuple[int, ...] = ()
    reason: StatusReason | None = None
    carrier_code: str | None = None


def combine_submits(results: Sequence[SegmentResult]) -> CombinedSubmit:
    """Fold the answers for all segments of one message into one.

    A segment that certainly was not taken is sent again before anything else is decided. A refusal
    after another segment was taken cannot be "wrong carrier": the message is then rejected.
    """
    again = [result for result in results if result.outcome.may_send_again]
    if again:
        return CombinedSubmit(
            again[0].outcome, tuple(result.segment for result in again), carrier_code=again[0].carrier_code
        )
    if unknown := [result for result in results if result.outcome is SubmitOutcome.UNKNOWN]:
        return CombinedSubmit(SubmitOutcome.UNKNOWN, carrier_code=unknown[0].carrier_code)
    refused = [result for result in results if result.outcome is not SubmitOutcome.ACCEPTED]
    if not refused:
        return CombinedSubmit(SubmitOutcome.ACCEPTED)
    first = refused[0]
    outcome = first.outcome if len(refused) == len(results) else SubmitOutcome.REJECTED
    reason = first.reason or (StatusReason.REJECTED if outcome is SubmitOutcome.REJECTED else None)
    return CombinedSubmit(outcome, reason=reason, carrier_code=first.carrier_code)


@dataclass(frozen=True, slots=True)
class SegmentReceipt:
    """The deciding receipt of one segment, or ``None`` while it is outstanding."""

    state: ReceiptState | None
    reason: StatusReason | None
    occurred_at: datetime | None


def combine_receipts(segments: Iterable[SegmentReceipt]) -> SegmentReceipt | None:
    """Return the message's receipt: delivered when all segments are, the first failure otherwise.

    ``None`` while segments are outstanding and none has failed. "Wrong carrier" after another segment
    has arrived is a failure like any other: the next carrier would send what has arrived once more.
    """
    received = list(segments)
    failed = [s for s in received if s.state not in (None, ReceiptState.SENT, ReceiptState.DELIVERED)]
    if failed:
        first = min(failed, key=lambda s: (s.occurred_at is None, s.occurred_at or 0))
        if first.state is ReceiptState.WRONG_CARRIER and _any_delivered(received):
            return replace(first, state=ReceiptState.UNDELIVERED)
        return first
    if any(segment.state is not ReceiptState.DELIVERED for segment in received):
        return None
    times = [segment.occurred_at for segment in received if segment.occurred_at]
    return SegmentReceipt(ReceiptState.DELIVERED, None, max(times, default=None))


def _any_delivered(segments: Iterable[SegmentReceipt]) -> bool:
    return any(segment.state is ReceiptState.DELIVERED for segment in segments)
