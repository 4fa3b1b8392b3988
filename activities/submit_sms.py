"""Hand one SMS to one carrier."""

from collections.abc import Mapping
from typing import Protocol

from temporalio import activity

from activities.submitting import SubmitRecorder
from domain.carrier_exchange import OutboundSms, SegmentResult
from domain.carriers import Carrier
from domain.delivery import Submission, SubmitOrder
from domain.submit_outcomes import combine_submits
from services.submit_attempts import ReadySubmit
from services.submit_records import SubmitRecord


class SmsGateway(Protocol):
    """A carrier's SMS link."""

    async def submit(self, message: OutboundSms, /) -> tuple[SegmentResult, ...]:
        """Submit the segments; one result for each. Never raises for what a carrier does."""
        ...


class SmsActivities:
    """SMS submits over the links of this process."""

    def __init__(self, recorder: SubmitRecorder, gateways: Mapping[Carrier, SmsGateway]) -> None:
        self._recorder = recorder
        self._gateways = gateways

    @activity.defn
    async def submit_sms(self, order: SubmitOrder) -> Submission:
        """Submit a message once; a repetition after a lost answer sends nothing and says UNKNOWN."""
        ready = await self._recorder.begin(order)
        if not isinstance(ready, ReadySubmit):
            return ready
        results = await self._gateways[order.carrier].submit(
            OutboundSms(ready.phone_number, ready.body, ready.sender, ready.reference, ready.segments)
        )
        results = (*ready.answered, *results)
        combined = combine_submits(results)
        record = SubmitRecord(
            order, ready.attempt_id, ready.phone_number, results, combined, again=bool(combined.missing)
        )
        return await self._recorder.record(record)
