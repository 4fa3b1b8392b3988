"""Every magic number through the whole product, compared with docs/simulator.md and the ledger."""

import json
import subprocess
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.invariants import PHONE_NUMBER, check_database, phone_numbers_in
from tests.e2e.magic_numbers import EXPECTED, LINK_CUTTING, RECYCLING, Expected, numbers_of
from tests.e2e.stack import Stack, messages_of, wait_for
from workers.local_stack.temporal import binary

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

PLANS = {"sms": (0, "0123"), "rcs_with_sms_fallback": (1, "012"), "rcs": (2, "012")}


def register(client: httpx.Client, plan: str, numbers: list[str], **options: Any) -> str:
    """Register a campaign through the API and return its id."""
    mark = uuid.uuid4().hex[:6]
    campaign = {
        "name": f"{plan} {mark}",
        "channel": plan,
        "sms_text": f"SMSのお知らせ{mark}" if plan != "rcs" else None,
        "rcs_text": f"+メッセージのお知らせ{mark}" if plan != "sms" else None,
        "recipients": [{"phone_number": number} for number in numbers],
        **options,
    }
    answer = client.post("/campaigns", json=campaign, headers={"Idempotency-Key": mark})
    assert answer.status_code == 201, answer.text
    assert answer.json()["accepted"] == len(numbers)
    return str(answer.json()["id"])


def differences(expected: Mapping[str, Expected], messages: dict[str, dict[str, Any]]) -> list[str]:
    """Messages that ended otherwise than expected, as text."""
    wrong = []
    for number, wanted in expected.items():
        message = messages[number]
        for field in ("status", "channel", "reason"):
            value = getattr(wanted, field)
            if value is not None and message[field] != value:
                wrong.append(f"{number}: {field} {message[field]} instead of {value}")
    return wrong


def expected_of(plan: str) -> dict[str, Expected]:
    """Every magic number of a plan and how its message must end."""
    column, carriers = PLANS[plan]
    return {
        number: outcome
        for scenario, outcomes in EXPECTED.items()
        if (outcome := outcomes[column]) is not None
        for number in numbers_of(scenario, carriers, handset=column)
    }


@pytest.fixture(scope="module")
def campaigns(stack: Stack) -> dict[str, str]:
    """One campaign per plan over all its magic numbers, under way side by side: plan → id."""
    with stack.api() as client:
        return {plan: register(client, plan, list(expected_of(plan))) for plan in PLANS}


@pytest.mark.parametrize("plan", PLANS)
def test_every_scenario_ends_as_the_specification_says(
    stack: Stack, campaigns: dict[str, str], plan: str
) -> None:
    """S-2…S-6, R-6…R-10, R-12, L-3: one final status each, by carrier and scenario."""
    expected = expected_of(plan)
    with stack.api() as client:
        campaign = wait_for(client, campaigns[plan], 150)
        messages = messages_of(client, campaigns[plan])
    wrong = differences(expected, messages)
    assert not wrong, "\n".join(wrong)
    assert campaign["counters"]["total"] == len(expected)
    assert all(message["carrier"] for message in messages.values() if message["status"] == "delivered")


@pytest.mark.parametrize("scenario", LINK_CUTTING)
def test_a_submit_without_an_answer_is_never_repeated(stack: Stack, scenario: str) -> None:
    """I3: the link drops with the answer outstanding; the outcome is unknown, nothing goes twice."""
    numbers = numbers_of(scenario, "0123", handset=5)
    with stack.api() as client:
        campaign_id = register(client, "sms", numbers)
        wait_for(client, campaign_id, 90)
        messages = messages_of(client, campaign_id)
    assert differences(dict.fromkeys(numbers, LINK_CUTTING[scenario]), messages) == []
    accepted = Counter((line["number"], line["carrier"]) for line in stack.ledger())
    assert all(accepted[number, carrier] <= 1 for number, carrier in accepted if number in numbers)


def test_misdelivery_check_excludes_numbers_that_changed_hands(stack: Stack) -> None:
    """M-1, M-4: recycled or unanswered is not sent; the answered checks are charged."""
    expected = {
        number: wanted
        for scenario, wanted in RECYCLING.items()
        for number in numbers_of(scenario, "0", handset=7)
    }
    reference = (date.today() - timedelta(days=700)).isoformat()  # noqa: DTZ011
    with stack.api() as client:
        campaign_id = register(client, "sms", list(expected), recycling_reference_on=reference)
        wait_for(client, campaign_id, 60)
        messages = messages_of(client, campaign_id)
    assert differences(expected, messages) == []


def test_long_text_arrives_whole_and_is_billed_by_the_table(stack: Stack) -> None:
    """S-1, B-1: 660 characters in at most ten segments, ten billable parts, emoji unharmed."""
    text = "あいうえお😀" * 94 + "終り"
    earlier = len(stack.ledger())
    with stack.api() as client:
        numbers = numbers_of("00", "0123", handset=9)
        campaign_id = register(client, "sms", numbers, sms_text=text)
        wait_for(client, campaign_id, 60)
        messages = messages_of(client, campaign_id)
    for number in numbers:
        lines = sorted(
            (
                line
                for line in stack.ledger()[earlier:]
                if (line["number"], line["carrier"]) == (number, messages[number]["carrier"])
            ),
            key=lambda line: line["segment"],
        )
        assert "".join(line["text"] for line in lines) == text
        assert messages[number]["parts"] == 10


def test_nothing_was_sent_twice_and_the_books_are_right(stack: Stack) -> None:
    """I2, I3, I4, I5, I12, I13 after all of the above."""
    check_database(stack.run["database_url"], stack.ledger())


def test_no_phone_number_in_logs_or_temporal(stack: Stack) -> None:
    """I10: ids only, in every log of the run and in every workflow history."""
    assert phone_numbers_in(stack.var / "log") == []
    cli = [str(binary("temporal")), "--address", stack.run["temporal_address"]]
    listing = subprocess.run(
        [*cli, "workflow", "list", "--limit", "1000", "-o", "json"], capture_output=True, check=True
    )
    workflows = json.loads(listing.stdout)
    assert len(workflows) > 100
    for workflow in workflows[:: max(1, len(workflows) // 60)]:
        execution = workflow["execution"]
        history = subprocess.run(
            [*cli, "workflow", "show", "-w", execution["workflowId"], "-o", "json"],
            capture_output=True,
            check=True,
        )
        assert not PHONE_NUMBER.search(history.stdout.decode()), execution["workflowId"]
