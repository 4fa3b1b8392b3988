"""The world around a delivery: scripted carriers, the directory and the database step that ends a message.

The activities bear the names of the real ones, so that the real workflows run against them unchanged.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.carrier_exchange import ReceiptState, RecyclingOutcome, RevokeOutcome
from domain.carriers import Carrier, Channel
from domain.delivery import (
    MessageClosing,
    ReceiptNotice,
    RecyclingOrder,
    RevokeOrder,
    Submission,
    SubmissionOutcome,
    SubmitOrder,
)
from domain.delivery_policy import overruling
from domain.messages import StatusReason
from tests.workflows.handset import Errand, Handset
from workflows.message_delivery import MessageDeliveryWorkflow
from workflows.task_queues import MESSAGES, NUMBER_RECYCLING, carrier_queue


@dataclass(frozen=True)
class Report:
    """A receipt on its way: ``after`` so many seconds from the submit."""

    state: ReceiptState = ReceiptState.DELIVERED
    after: float = 1
    reason: StatusReason | None = None


LAG_SECONDS = 8
"""What a step may come late on a busy machine: the server's clock goes on while our processes work."""

DURING_SUBMIT = -1.0
"""``Report.after``: the receipt reaches the workflow before the answer to the submit does."""

WITH_ANSWER = -2.0
"""``Report.after``: the receipt is on record by then and comes along with the answer to the submit."""


@dataclass(frozen=True)
class Answer:
    """What a carrier says to a submit, and what it reports later."""

    outcome: SubmissionOutcome = SubmissionOutcome.ACCEPTED
    reports: tuple[Report, ...] = ()
    reason: StatusReason | None = None
    # How long ago the carrier took it: found on record by a late retry.
    ago: timedelta = timedelta(0)
    # "Not now" this many times first.
    busy: int = 0
    # Started this many times first without any worker knowing of it.
    lost: int = 0
    # Seconds from the submit to the company's cancel.
    cancel_after: float | None = None


@dataclass(frozen=True)
class RevokeAnswer:
    """What a carrier says to a revoke; ``arrives``: the delivery is reported while it is being asked."""

    outcome: RevokeOutcome = RevokeOutcome.REVOKED
    arrives: ReceiptState | None = None


WRONG = Answer(SubmissionOutcome.WRONG_CARRIER)
SILENT = Answer()
UNKNOWN = Answer(SubmissionOutcome.UNKNOWN)


def accepted(*reports: Report) -> Answer:
    return Answer(reports=reports)


def delivered(after: float = 1) -> Answer:
    return accepted(Report(ReceiptState.DELIVERED, after))


def not_mine(after: float = 1) -> Answer:
    """Accepted, and then by receipt: not our subscriber."""
    return accepted(Report(ReceiptState.WRONG_CARRIER, after))


@dataclass(frozen=True)
class Call:
    """One activity as the platform asked for it; ``at`` is the workflow's time."""

    step: str
    carrier: Carrier | None
    at: datetime
    order: Any = field(repr=False, compare=False, default=None)

    def __str__(self) -> str:
        return f"{self.step} {self.carrier.value}" if self.carrier else self.step


class FakeWorld:
    """Carriers answer by script; one that is not in the script must not be asked: nobody would answer."""

    def __init__(self) -> None:
        self.answers: dict[tuple[Channel, Carrier], Answer] = {}
        self.revokes: dict[Carrier, RevokeAnswer] = defaultdict(RevokeAnswer)
        self.recycling: RecyclingOutcome | None = None
        self.calls: list[Call] = []
        self.closings: list[MessageClosing] = []
        # Words of carriers that are on record while the workflow has not been told of them.
        self.on_record: list[ReceiptNotice] = []

    def sms(self, **answers: Answer) -> None:
        """Script the SMS links: ``sms(docomo=delivered())``."""
        self.answers |= {(Channel.SMS, Carrier(name)): answer for name, answer in answers.items()}

    def rcs(self, **answers: Answer) -> None:
        """Script the +Message platforms."""
        self.answers |= {(Channel.RCS, Carrier(name)): answer for name, answer in answers.items()}

    def cancelling(self, channel: Channel, carrier: Carrier, after: float) -> None:
        """The company cancels so long after this submit."""
        key = (channel, carrier)
        self.answers[key] = replace(self.answers[key], cancel_after=after)

    @property
    def steps(self) -> list[str]:
        """What was asked of the outside, in order: ``["submit_rcs docomo", "revoke_rcs docomo"]``."""
        return [str(call) for call in self.calls]

    def call(self, step: str) -> Call:
        """Return the one call of this name."""
        (call,) = [call for call in self.calls if str(call) == step]
        return call

    def assert_follows(self, second: str, first: str, *, after: float) -> None:
        """The second step came so many seconds of the server's time after the first, never before."""
        waited = (self.call(second).at - self.call(first).at).total_seconds()
        assert after <= waited < after + LAG_SECONDS, f"{second} came {waited} s after {first}"

    @property
    def queues(self) -> list[str]:
        """The queues that lead to whoever is in the script."""
        directory = [NUMBER_RECYCLING] if self.recycling else []
        return [*(carrier_queue(channel, carrier) for channel, carrier in self.answers), *directory]

    @property
    def activities(self) -> Sequence[Callable[..., Any]]:
        """The remote activities, for the workers of the carriers' queues."""
        return [self.submit_sms, self.submit_rcs, self.revoke_rcs, self.check_number_recycling]

    @activity.defn
    async def submit_sms(self, order: SubmitOrder) -> Submission:
        return await self._submit("submit_sms", order)

    @activity.defn
    async def submit_rcs(self, order: SubmitOrder) -> Submission:
        return await self._submit("submit_rcs", order)

    async def _submit(self, step: str, order: SubmitOrder) -> Submission:
        answer = self.answers[order.channel, order.carrier]
        if activity.info().attempt <= answer.busy:
            raise ApplicationError("busy", type="throttled", next_retry_delay=timedelta(seconds=1))
        if activity.info().attempt <= answer.lost:
            activity.raise_complete_async()
        call = self._record(step, order.carrier, order)
        submitted_at = call.at - answer.ago
        receipt = None
        for number, report in enumerate(answer.reports):
            notice = notice_of(order, report, submitted_at)
            if report.after == WITH_ANSWER:
                receipt = notice
            elif report.after == DURING_SUBMIT:
                await self._workflow.signal(MessageDeliveryWorkflow.receive_receipt, notice)
            else:
                at = submitted_at + timedelta(seconds=report.after)
                await self._send_later(f"{step}-{order.carrier.value}-{number}", at, notice)
        if answer.cancel_after == DURING_SUBMIT:
            await self._workflow.signal(MessageDeliveryWorkflow.cancel)
        elif answer.cancel_after is not None:
            await self._send_later("cancel", submitted_at + timedelta(seconds=answer.cancel_after), None)
        return Submission(answer.outcome, submitted_at, answer.reason, receipt)

    async def _send_later(self, errand: str, at: datetime, notice: ReceiptNotice | None) -> None:
        message = activity.info().workflow_id or ""
        await activity.client().start_workflow(
            Handset.run,
            Errand(message, at, notice),
            id=f"receipt-{errand}-{message}",
            task_queue=MESSAGES,
        )

    @activity.defn
    async def revoke_rcs(self, order: RevokeOrder) -> RevokeOutcome | ReceiptNotice:
        self._record("revoke_rcs", order.carrier, order)
        for notice in self.on_record:
            if (notice.channel, notice.carrier) == (Channel.RCS, order.carrier):
                return notice
        answer = self.revokes[order.carrier]
        if answer.arrives is not None:
            notice = ReceiptNotice(Channel.RCS, order.carrier, answer.arrives)
            await self._workflow.signal(MessageDeliveryWorkflow.receive_receipt, notice)
        return answer.outcome

    @activity.defn
    async def check_number_recycling(self, order: RecyclingOrder) -> RecyclingOutcome:
        self._record("check_number_recycling", None, order)
        return self.recycling or RecyclingOutcome.LOOKUP_FAILED

    @activity.defn
    async def close_message(self, closing: MessageClosing) -> ReceiptNotice | None:
        if (word := overruling(closing, self.on_record)) is None:
            self.closings.append(closing)
        return word

    def _record(self, step: str, carrier: Carrier | None, order: Any) -> Call:
        call = Call(step, carrier, activity.info().current_attempt_scheduled_time, order)
        self.calls.append(call)
        return call

    @property
    def _workflow(self) -> Any:
        workflow_id = activity.info().workflow_id
        return activity.client().get_workflow_handle_for(MessageDeliveryWorkflow.run, workflow_id or "")


def notice_of(order: SubmitOrder, report: Report, submitted_at: datetime) -> ReceiptNotice:
    occurred_at = submitted_at + timedelta(seconds=max(report.after, 0))
    return ReceiptNotice(order.channel, order.carrier, report.state, report.reason, occurred_at)


COMPANY = UUID("01920000-0000-7000-8000-00000000c001")
CAMPAIGN = UUID("01920000-0000-7000-8000-00000000ca01")
