"""One message from start to end: misdelivery check, +Message, SMS, final status and charge."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.check_number_recycling import RecyclingActivities
    from activities.close_message import ClosingActivities
    from activities.submit_rcs import RcsActivities
    from activities.submit_sms import SmsActivities
    from domain.carrier_exchange import ReceiptState, RecyclingOutcome, RevokeOutcome
    from domain.carriers import Carrier, Channel, next_carrier
    from domain.delivery import (
        DeliveryOrder,
        MessageClosing,
        ReceiptNotice,
        RecyclingOrder,
        RevokeOrder,
        Submission,
        SubmissionOutcome,
        SubmitOrder,
    )
    from domain.delivery_policy import Ending, ending_of_receipt, ending_of_refusal, fallback_reason_of
    from domain.messages import FallbackReason, MessageStatus, StatusReason
    from workflows.step_options import DATABASE_STEP, carrier_call, company_share
    from workflows.task_queues import NUMBER_RECYCLING, carrier_queue

MESSAGE_STATE = SearchAttributeKey.for_keyword("MessageState")
CARRIER = SearchAttributeKey.for_keyword("Carrier")


@workflow.defn(name="MessageDelivery")
class MessageDeliveryWorkflow:
    """Delivers one message on its channel plan. Knows ids only, never a number or a text."""

    @workflow.init
    def __init__(self, order: DeliveryOrder) -> None:
        self._order = order
        self._refused: list[Carrier] = []
        self._receipts: dict[tuple[Channel, Carrier], ReceiptNotice] = {}
        self._cancel_requested = False
        self._fallback_reason: FallbackReason | None = None
        # What a carrier took, or may have taken.
        self._handed_over: set[Channel] = set()

    @workflow.run
    async def run(self, order: DeliveryOrder) -> MessageClosing:
        """Deliver, then write the end of the message in one transaction (L-3)."""
        closing, word = await self._close(await self._deliver())
        # Each word is the last one of a carrier; there are few.
        while word is not None:
            closing, word = await self._close(await self._go_on_after(word))
        carrier = [CARRIER.value_set(closing.carrier.value)] if closing.carrier else []
        workflow.upsert_search_attributes([MESSAGE_STATE.value_set(closing.status.value), *carrier])
        return closing

    @workflow.signal
    def receive_receipt(self, notice: ReceiptNotice) -> None:
        """A carrier's final word; the first one per channel and carrier counts."""
        self._receipts.setdefault((notice.channel, notice.carrier), notice)

    @workflow.signal
    def cancel(self) -> None:
        """Send nothing more; what is already with a carrier is discarded where it can be."""
        self._cancel_requested = True

    async def _deliver(self) -> Ending:
        if self._order.checks_recycling and (ending := await self._check_recycling()):
            return ending
        if self._order.plan.starts_with_rcs:
            ending = await self._try_carriers(Channel.RCS)
            self._fallback_reason = fallback_reason_of(ending) if self._order.plan.may_send_sms else None
            if self._fallback_reason is None:
                return ending
        return await self._try_carriers(Channel.SMS)

    async def _close(self, ending: Ending) -> tuple[MessageClosing, ReceiptNotice | None]:
        """End the message so, unless a carrier's word on record forbids it; the word is returned then."""
        if delivery := self._first_delivery():
            ending = ending_of_receipt(delivery, workflow.now())
        closing = self._closing(ending)
        workflow.set_current_details(f"終了: {closing.status.value}")
        word = await workflow.execute_local_activity_method(
            ClosingActivities.close_message, closing, **DATABASE_STEP
        )
        return closing, word

    async def _go_on_after(self, word: ReceiptNotice) -> Ending:
        """Take in a word that was on record before its signal came; "not mine" leads to the next carrier."""
        self._receipts[word.channel, word.carrier] = word
        if word.state is not ReceiptState.WRONG_CARRIER:
            return ending_of_receipt(word, workflow.now())
        self._refused.append(word.carrier)
        return await self._try_carriers(word.channel)

    async def _check_recycling(self) -> Ending | None:
        """Anything but a clear "no new owner" excludes the message (M-1)."""
        if self._cancel_requested:
            return Ending(MessageStatus.CANCELLED)
        workflow.set_current_details("誤配信防止の照会中")
        outcome = await workflow.execute_activity_method(
            RecyclingActivities.check_number_recycling,
            RecyclingOrder(self._order.company_id, self._order.message_id),
            task_queue=NUMBER_RECYCLING,
            summary="誤配信防止の照会",
            priority=company_share(self._order.company_id, self._order.priority),
            **carrier_call(self._order.waiting),
        )
        if outcome is RecyclingOutcome.NOT_RECYCLED:
            return None
        recycled = outcome is RecyclingOutcome.RECYCLED
        return Ending(
            MessageStatus.EXCLUDED, StatusReason.RECYCLED if recycled else StatusReason.LOOKUP_FAILED
        )

    async def _try_carriers(self, channel: Channel) -> Ending:
        """Try each carrier at most once until one takes the message (S-3, S-5, R-6)."""
        while carrier := next_carrier(self._order.carriers, channel, self._refused):
            # Delivered after all means the same: nothing more goes out.
            if self._cancel_requested or self._first_delivery():
                return Ending(MessageStatus.CANCELLED)
            ending = await self._try_carrier(channel, carrier)
            if ending.status is not MessageStatus.CARRIER_UNDETERMINED:
                return ending
            self._refused.append(carrier)
        if self._order.is_restricted:
            return Ending(MessageStatus.EXCLUDED, StatusReason.OTHER_CARRIER)
        return Ending(MessageStatus.CARRIER_UNDETERMINED)

    async def _try_carrier(self, channel: Channel, carrier: Carrier) -> Ending:
        submission = await self._submit(channel, carrier)
        if submission.outcome not in (SubmissionOutcome.ACCEPTED, SubmissionOutcome.UNKNOWN):
            return ending_of_refusal(submission, channel, carrier)
        if channel is Channel.RCS:
            return await self._await_rcs(carrier, submission)
        return await self._await_sms(carrier, submission)

    async def _await_rcs(self, carrier: Carrier, submission: Submission) -> Ending:
        """Wait for the delivery as long as the plan says, then have the +Message discarded (R-8, R-9)."""
        plan, waiting = self._order.plan, self._order.waiting
        wait = waiting.fallback_after if plan.may_send_sms else waiting.expires_after
        receipt = await self._receipt(Channel.RCS, carrier, submission, wait, lambda: self._cancel_requested)
        if receipt is None:
            receipt = await self._revoke(carrier)
        if receipt is not None:
            return ending_of_receipt(receipt, workflow.now())
        if self._cancel_requested:
            return Ending(MessageStatus.CANCELLED, channel=Channel.RCS, carrier=carrier)
        if submission.outcome is SubmissionOutcome.UNKNOWN and not plan.may_send_sms:
            return Ending(MessageStatus.UNKNOWN, StatusReason.NO_RECEIPT, Channel.RCS, carrier)
        return Ending(MessageStatus.EXPIRED, channel=Channel.RCS, carrier=carrier)

    async def _revoke(self, carrier: Carrier) -> ReceiptNotice | None:
        """Have the +Message discarded; a word of the carrier that came first is returned instead."""
        workflow.set_current_details(f"{carrier.value} へ破棄依頼中")
        outcome = await workflow.execute_activity_method(
            RcsActivities.revoke_rcs,
            RevokeOrder(self._order.company_id, self._order.message_id, carrier),
            task_queue=carrier_queue(Channel.RCS, carrier),
            summary=f"破棄依頼 {carrier.value}",
            priority=company_share(self._order.company_id, self._order.priority),
            **carrier_call(self._order.waiting),
        )
        if isinstance(outcome, ReceiptNotice):
            self._receipts[outcome.channel, outcome.carrier] = outcome
            return outcome
        if outcome is RevokeOutcome.ALREADY_DELIVERED:
            self.receive_receipt(ReceiptNotice(Channel.RCS, carrier, ReceiptState.DELIVERED))
        return self._first_delivery()

    async def _await_sms(self, carrier: Carrier, submission: Submission) -> Ending:
        """Wait for the receipt; a +Message delivered after all ends the wait as well (B-7)."""
        receipt = await self._receipt(
            Channel.SMS,
            carrier,
            submission,
            self._order.waiting.expires_after,
            lambda: self._first_delivery() is not None,
        )
        if receipt is None:
            return Ending(MessageStatus.UNKNOWN, StatusReason.NO_RECEIPT, Channel.SMS, carrier)
        return ending_of_receipt(receipt, workflow.now())

    async def _submit(self, channel: Channel, carrier: Carrier) -> Submission:
        workflow.set_current_details(f"{carrier.value} へ {channel.value} を送信中")
        order = self._order
        step = SmsActivities.submit_sms if channel is Channel.SMS else RcsActivities.submit_rcs
        submission: Submission = await workflow.execute_activity_method(
            step,
            SubmitOrder(
                company_id=order.company_id,
                message_id=order.message_id,
                channel=channel,
                carrier=carrier,
                not_before=None if self._handed_over else order.not_before,
                reserves_slot=bool(self._handed_over),
                capacity_is_final=order.plan.may_send_sms,
                expires_after=order.waiting.expires_after,
                number_pause=order.waiting.number_pause,
            ),
            task_queue=carrier_queue(channel, carrier),
            summary=f"{channel.value} → {carrier.value}",
            priority=company_share(order.company_id, order.priority),
            **carrier_call(self._order.waiting),
        )
        if submission.outcome in (SubmissionOutcome.ACCEPTED, SubmissionOutcome.UNKNOWN):
            self._handed_over.add(channel)
        return submission

    async def _receipt(
        self,
        channel: Channel,
        carrier: Carrier,
        submission: Submission,
        wait_seconds: float,
        or_else: Callable[[], bool],
    ) -> ReceiptNotice | None:
        """Wait for the carrier's final word from the submit on; ``None`` when time is up."""
        if submission.receipt is not None:
            self.receive_receipt(submission.receipt)
        key = (channel, carrier)
        deadline: datetime = submission.submitted_at + timedelta(seconds=wait_seconds)
        remaining = max(deadline - workflow.now(), timedelta(0))
        workflow.set_current_details(f"{carrier.value} の到達通知({channel.value})を待機中")
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: key in self._receipts or or_else(),
                timeout=remaining,
                timeout_summary="到達待ちの期限",
            )
        # Also after the deadline: a word that is there counts, however late this process comes to it.
        return self._receipts.get(key)

    def _first_delivery(self) -> ReceiptNotice | None:
        """The delivery that counts, whatever else was tried since (B-7)."""
        delivered = (n for n in self._receipts.values() if n.state is ReceiptState.DELIVERED)
        return next(delivered, None)

    def _closing(self, ending: Ending) -> MessageClosing:
        sms_tried = Channel.SMS in (*self._handed_over, ending.channel)
        return MessageClosing(
            company_id=self._order.company_id,
            message_id=self._order.message_id,
            status=ending.status,
            reason=ending.reason,
            channel=ending.channel,
            carrier=ending.carrier,
            # Only where an SMS went out, or was refused.
            fallback_reason=self._fallback_reason if sms_tried else None,
            delivered_at=ending.delivered_at,
            carrier_learned=bool(self._refused),
        )
