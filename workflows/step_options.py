"""How activities are called: time limits, retries and priorities, in one place."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import Priority, RetryPolicy

from domain.delivery import WaitingTimes


class StepOptions(TypedDict, total=False):
    """The options of an activity call that are the same wherever it is made."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class CarrierCallOptions(StepOptions):
    """Those of a call that leaves the machine, and gives signs of life."""

    heartbeat_timeout: timedelta


_CARRIER_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
)


def carrier_call(waiting: WaitingTimes) -> CarrierCallOptions:
    """Return the limits of a call to a carrier. No schedule-to-start: a backlog of hours is normal."""
    return CarrierCallOptions(
        start_to_close_timeout=timedelta(seconds=waiting.carrier_call),
        # Temporal marks a task as started before it hands it to a worker, and gives the handing-over up after
        # a second: on a machine that stands still for so long, a task is started that no worker ever got, and
        # only missing signs of life (activities/signs_of_life.py) tell it from a carrier that takes its time.
        heartbeat_timeout=timedelta(seconds=min(waiting.carrier_silence, waiting.carrier_call)),
        retry_policy=_CARRIER_RETRIES,
    )


DATABASE_STEP = StepOptions(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=15),
    ),
)


def company_share(company_id: object, priority: int) -> Priority:
    """Fairness between companies, and single sends before bulk, on a shared queue."""
    return Priority(priority_key=priority, fairness_key=str(company_id))
