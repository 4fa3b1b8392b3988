"""Ask the directory whether a number may have a new owner (M-1)."""

from datetime import date
from typing import Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.carrier_exchange import RecyclingOutcome
from domain.delivery import RecyclingOrder
from services.database import Database
from services.recycling_checks import load_recycling_question, record_recycling_check

TRIES = 3


class RecyclingAnswer(Protocol):
    """What the directory's gateway answers."""

    @property
    def outcome(self) -> RecyclingOutcome:
        """The verdict."""
        ...

    @property
    def carrier_code(self) -> str | None:
        """The directory's own code of a failure."""
        ...

    @property
    def retryable(self) -> bool:
        """Whether asking again may help."""
        ...


class RecyclingDirectory(Protocol):
    """The number-recycling directory."""

    async def check(
        self, phone_number: str, reference_date: date, today: date, *, correlator: str
    ) -> RecyclingAnswer:
        """Ask about one number. Never raises for what the directory does."""
        ...


class RecyclingActivities:
    """Misdelivery checks."""

    def __init__(self, database: Database, directory: RecyclingDirectory) -> None:
        self._database = database
        self._directory = directory

    @activity.defn
    async def check_number_recycling(self, order: RecyclingOrder) -> RecyclingOutcome:
        """Ask up to three times; what stays without an answer is LOOKUP_FAILED and is not sent."""
        async with self._database.transaction(order.company_id) as session:
            question = await load_recycling_question(session, order)
        if question.outcome is not None or question.reference_on is None:
            return question.outcome or RecyclingOutcome.LOOKUP_FAILED
        attempt = activity.info().attempt
        # One for each call, or two lines in the directory's log could not be told apart.
        answer = await self._directory.check(
            question.phone_number,
            question.reference_on,
            question.today,
            correlator=f"{order.message_id}:{attempt}",
        )
        if answer.retryable and attempt < TRIES:
            raise ApplicationError("directory did not answer", type=answer.carrier_code or "no_answer")
        async with self._database.transaction(order.company_id) as session:
            await record_recycling_check(session, order, answer.outcome, answer.carrier_code)
        return answer.outcome
