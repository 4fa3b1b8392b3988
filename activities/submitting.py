"""What every submit has in common: the record before the call, the record after it, and coming back later."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.batching import Batcher, Busy
from activities.metrics import SUBMITS
from domain.delivery import Submission, SubmissionOutcome, SubmitOrder
from services.database import Database
from services.submit_attempts import Beginning, Later, ReadySubmit, begin_submits
from services.submit_records import Recorded, SubmitRecord, record_submits

log = structlog.get_logger(__name__)

LONGEST_PAUSE = timedelta(seconds=30)
# A slot this near is waited for in the activity instead of being scheduled again.
NEAR = timedelta(seconds=2)
# However far a slot is, it is looked for again after this.
LONGEST_WAIT = timedelta(seconds=60)


class NotYet(ApplicationError):
    """The submit is to be repeated after a pause; certainly nothing has left."""

    def __init__(self, why: str, wait: timedelta) -> None:
        # Neither number nor text in the message: failures are kept in Temporal.
        super().__init__(f"not sent yet: {why}", type=why, next_retry_delay=wait)


class SubmitRecorder:
    """Keeps the record of submits; shared by all carriers' activities of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._clock = DatabaseClock()
        self._begin: Batcher[SubmitOrder, Beginning] = Batcher(
            self._begin_batch, key=lambda order: order.company_id
        )
        self._record: Batcher[SubmitRecord, Recorded] = Batcher(
            self._record_batch, key=lambda record: record.order.company_id
        )

    async def begin(self, order: SubmitOrder) -> ReadySubmit | Submission:
        """Put the attempt on record; raises ``NotYet`` when nothing may be sent now."""
        # Only to save the question: whether a slot has come, the database decides (``begin_submits``).
        if order.not_before is not None and (wait := self._clock.until(order.not_before)) <= NEAR:
            await _wait_if_near(wait)
        try:
            while isinstance(beginning := await self._begin.run(order), Later):
                await _wait_if_near(beginning.wait)
        except (OperationalError, Busy) as failure:
            # Away, or a row of this company is held: its turn at the link goes to others meanwhile.
            raise NotYet("database_busy", pause_before(activity.info().attempt)) from failure
        return beginning

    async def record(self, record: SubmitRecord) -> Submission:
        """Put the carrier's answer on record, however long the database takes to come back.

        The carrier's message id is what its receipts are matched by, so it is not given up lightly.
        Raises ``NotYet`` when the submit is to be repeated.
        """
        recorded = await self._record_until_stored(record)
        order, outcome = record.order, record.combined.outcome
        SUBMITS.labels(order.channel.value, order.carrier.value, outcome.value).inc()
        if recorded.is_too_late:
            return Submission(SubmissionOutcome.UNKNOWN, recorded.at)
        if record.again:
            raise NotYet(record.combined.outcome.value, pause_before(activity.info().attempt))
        return Submission(
            outcome=SubmissionOutcome.of(record.combined.outcome),
            submitted_at=recorded.at,
            reason=record.combined.reason,
            receipt=recorded.receipt.notice if recorded.receipt else None,
        )

    async def _record_until_stored(self, record: SubmitRecord) -> Recorded:
        pause = 0.1
        while True:
            try:
                return await self._record.run(record)
            except (OperationalError, InterfaceError, PoolTimeout, OSError, Busy):
                # Away, restarting, overloaded, locked. Anything else would fail again, however often tried.
                log.warning("submit_record_delayed", attempt_id=str(record.attempt_id))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def _begin_batch(self, orders: Sequence[SubmitOrder]) -> list[Beginning]:
        async with self._database.transaction({order.company_id for order in orders}) as session:
            beginnings = await begin_submits(session, orders)
        for beginning in beginnings:
            if isinstance(beginning, (ReadySubmit, Later)):
                self._clock.observe(beginning.now)
        return beginnings

    async def _record_batch(self, records: Sequence[SubmitRecord]) -> list[Recorded]:
        async with self._database.transaction({r.order.company_id for r in records}) as session:
            return await record_submits(session, records)


class DatabaseClock:
    """The database's clock without asking it each time; this machine's own may be wrong or be set."""

    def __init__(self) -> None:
        self._ahead: float | None = None

    def observe(self, now: datetime) -> None:
        """Take in what the database's clock said a moment ago."""
        self._ahead = now.timestamp() - time.monotonic()

    def until(self, moment: datetime) -> timedelta:
        """Return how long it is until ``moment``; nothing before the first observation."""
        if self._ahead is None:
            return timedelta(0)
        return timedelta(seconds=moment.timestamp() - self._ahead - time.monotonic())


async def _wait_if_near(wait: timedelta) -> None:
    if wait > NEAR:
        # Temporal keeps to a pause whatever happens meanwhile: none may last long, were it by mistake.
        raise NotYet("waiting_for_slot", min(wait, LONGEST_WAIT))
    await asyncio.sleep(max(wait.total_seconds(), 0))


def pause_before(attempt: int) -> timedelta:
    """Return how long to wait before try ``attempt`` + 1: 1 s, doubling, at most half a minute."""
    return min(timedelta(seconds=2 ** min(attempt - 1, 10)), LONGEST_PAUSE)
