"""Ask whether a number can receive a +Message, and hand it over; discard one that was not delivered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from temporalio import activity

from activities.submitting import SubmitRecorder
from domain.carrier_exchange import (
    Capability,
    OutboundRcs,
    RevokeOutcome,
    SegmentResult,
    SubmitOutcome,
)
from domain.carriers import Carrier
from domain.delivery import ReceiptNotice, RevokeOrder, Submission, SubmitOrder
from domain.submit_outcomes import combine_submits
from services.database import Database
from services.revokes import load_revoke, record_revoke
from services.submit_attempts import ReadySubmit
from services.submit_records import SubmitRecord

# With an SMS to fall back on, a platform that cannot be reached is as good as a full one after this.
GIVE_UP_AFTER = timedelta(minutes=5)

# We ask for the discard when time is up; the carrier's own expiry, a little later, is only the net
# below, for the day we cannot ask. Were it the same moment, either could come first.
EXPIRY_MARGIN = timedelta(minutes=10)

_OUTCOME_OF_CAPABILITY = {
    Capability.NOT_CAPABLE: SubmitOutcome.NOT_CAPABLE,
    Capability.WRONG_CARRIER: SubmitOutcome.WRONG_CARRIER,
    Capability.UNAVAILABLE: SubmitOutcome.NOT_SENT,
}


class RcsGateway(Protocol):
    """A carrier's +Message platform. Its calls never raise for what a carrier does."""

    async def check_capability(self, bot_id: str, phone_number: str) -> Capability:
        """Ask whether the number can receive a +Message from this carrier."""
        ...

    async def submit(self, message: OutboundRcs) -> SegmentResult:
        """Submit a message; one result."""
        ...

    async def revoke(self, bot_id: str, carrier_message_id: str) -> RevokeOutcome:
        """Ask to discard an undelivered message."""
        ...


class RcsActivities:
    """+Message calls to the platforms this process is connected to."""

    def __init__(
        self, database: Database, recorder: SubmitRecorder, gateways: Mapping[Carrier, RcsGateway]
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._gateways = gateways

    @activity.defn
    async def submit_rcs(self, order: SubmitOrder) -> Submission:
        """Check the capability, then submit, once (R-7). A full carrier is final where SMS can take over."""
        ready = await self._recorder.begin(order)
        if not isinstance(ready, ReadySubmit):
            return ready
        capability, result = await self._call(order, ready)
        if order.capacity_is_final and result.outcome.may_send_again and _has_waited_enough():
            result = SegmentResult(1, SubmitOutcome.CAPACITY_EXCEEDED, carrier_code=result.carrier_code)
        combined = combine_submits([result])
        again = bool(combined.missing) or (
            result.outcome is SubmitOutcome.CAPACITY_EXCEEDED and not order.capacity_is_final
        )
        record = SubmitRecord(
            order, ready.attempt_id, ready.phone_number, (result,), combined, again, capability
        )
        return await self._recorder.record(record)

    async def _call(self, order: SubmitOrder, ready: ReadySubmit) -> tuple[Capability, SegmentResult]:
        gateway = self._gateways[order.carrier]
        capability = await gateway.check_capability(ready.sender, ready.phone_number)
        if capability is not Capability.CAPABLE:
            return capability, SegmentResult(1, _OUTCOME_OF_CAPABILITY[capability])
        expires_at = ready.now + timedelta(seconds=order.expires_after) + EXPIRY_MARGIN
        message = OutboundRcs(ready.phone_number, ready.sender, ready.body, expires_at)
        return capability, await gateway.submit(message)

    @activity.defn
    async def revoke_rcs(self, order: RevokeOrder) -> RevokeOutcome | ReceiptNotice:
        """Ask the carrier to discard the message (R-8, R-9); the first answer stands.

        Returns its receipt instead when one is on record by now: the workflow has not been told of it yet.
        """
        async with self._database.transaction(order.company_id) as session:
            revoke = await load_revoke(session, order)
        if revoke.receipt is not None:
            return revoke.receipt
        if revoke.outcome is not None:
            return revoke.outcome
        if revoke.carrier_message_id is None:
            # The answer to the submit was lost: there is no id to revoke by.
            outcome = RevokeOutcome.FAILED
        else:
            outcome = await self._gateways[order.carrier].revoke(revoke.bot_id, revoke.carrier_message_id)
        async with self._database.transaction(order.company_id) as session:
            await record_revoke(session, order, outcome)
        return outcome


def _has_waited_enough() -> bool:
    # Both times are of the server's clock.
    return activity.info().started_time - activity.info().scheduled_time >= GIVE_UP_AFTER
