"""Three tries at the directory; what stays without an answer is not sent and not charged (M-1, M-4)."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.check_number_recycling import TRIES, RecyclingActivities
from domain.carrier_exchange import RecyclingOutcome
from domain.delivery import RecyclingOrder
from tests.activities.fake_gateways import environment
from tests.services.factories import Bench, Registered

REFERENCE = date(2026, 1, 31)


@dataclass(frozen=True)
class Answer:
    outcome: RecyclingOutcome
    carrier_code: str | None = "200"
    retryable: bool = False


AWAY = Answer(RecyclingOutcome.LOOKUP_FAILED, "503", retryable=True)


@dataclass
class FakeDirectory:
    answer: Answer
    asked: list[tuple[str, date]] = field(default_factory=list)
    correlators: list[str] = field(default_factory=list)

    async def check(self, phone_number: str, reference_date: date, today: date, *, correlator: str) -> Answer:
        self.asked.append((phone_number, reference_date))
        self.correlators.append(correlator)
        return self.answer


async def check(
    bench: Bench, campaign: Registered, directory: FakeDirectory, *, attempt: int = 1
) -> RecyclingOutcome:
    step = RecyclingActivities(bench.database, directory).check_number_recycling
    order = RecyclingOrder(bench.company_id, campaign.message)
    outcome: RecyclingOutcome = await environment(attempt=attempt).run(step, order)
    return outcome


async def charges(bench: Bench) -> list[Any]:
    return await bench.rows("SELECT * FROM billing_entries WHERE company_id = :company")


@pytest.mark.parametrize("outcome", [RecyclingOutcome.RECYCLED, RecyclingOutcome.NOT_RECYCLED])
async def test_an_answer_is_asked_for_once_and_charged(bench: Bench, outcome: RecyclingOutcome) -> None:
    """A repetition is answered from the record."""
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)
    directory = FakeDirectory(Answer(outcome))

    answers = [await check(bench, campaign, directory, attempt=attempt) for attempt in (1, 2)]

    assert answers == [outcome] * 2
    assert directory.asked == [(campaign.phone_numbers[0], REFERENCE)]
    assert len(await charges(bench)) == 1


async def test_a_directory_that_is_away_is_asked_three_times(bench: Bench) -> None:
    """DB照会エラー is then on record: not sent, not charged."""
    campaign = await bench.campaign(recycling_reference_on=REFERENCE)
    directory = FakeDirectory(AWAY)

    for attempt in range(1, TRIES):
        with pytest.raises(ApplicationError) as caught:
            await check(bench, campaign, directory, attempt=attempt)
        assert campaign.phone_numbers[0] not in str(caught.value), "I10"

    assert await check(bench, campaign, directory, attempt=TRIES) is RecyclingOutcome.LOOKUP_FAILED
    directory.answer = Answer(RecyclingOutcome.NOT_RECYCLED)
    assert await check(bench, campaign, directory) is RecyclingOutcome.LOOKUP_FAILED
    assert (len(directory.asked), await charges(bench)) == (TRIES, [])
    # One for each call, so that the directory's log and ours can be laid side by side.
    assert directory.correlators == [f"{campaign.message}:{attempt}" for attempt in range(1, TRIES + 1)]


async def test_without_a_reference_date_nothing_is_asked_or_sent(bench: Bench) -> None:
    campaign, directory = await bench.campaign(), FakeDirectory(AWAY)

    assert await check(bench, campaign, directory) is RecyclingOutcome.LOOKUP_FAILED
    assert directory.asked == []
