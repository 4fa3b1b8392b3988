"""No SMS reaches an au number sooner after the last than the rule allows, whatever is mixed (S-8, I8).

The witness is the simulator's ledger, and the arrival its receipt tells. 22 seconds are 6 here.
"""

import signal
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.e2e import faults
from tests.e2e.faults import Numbers, register, wait_for_end, wait_for_lines
from tests.e2e.stack import WAITING_TIMES, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

PAUSE = timedelta(seconds=float(WAITING_TIMES["NUMBER_PAUSE_SECONDS"]))


def test_single_sends_fallbacks_and_a_restart_keep_the_pause(stack: Stack) -> None:
    """Two companies, both plans, the same two numbers; the carrier worker is started anew meanwhile."""
    numbers = [number for number in Numbers().take(40, ("au",)) if int(number[-1]) % 2][-2:]
    sent = [register(stack, "sms", numbers, company=company) for company in (0, 1)]
    sent.append(register(stack, "rcs_with_sms_fallback", numbers))
    wait_for_lines(stack, sent[0], 1)
    old = faults.send_signal(stack, "carrier worker", signal.SIGTERM)
    sent.append(register(stack, "sms", numbers[:1]))
    faults.wait_for_restart(stack, "carrier worker", old)
    for campaign in sent:
        statuses = wait_for_end(stack, campaign)
        assert set(statuses) == {"delivered"}
    for number in numbers:
        times = _submits_and_arrivals(stack, number)
        assert len(times) == (4 if number == numbers[0] else 3)
        for (_, arrived), (submitted, _) in pairwise(times):
            assert submitted - arrived >= PAUSE


def _submits_and_arrivals(stack: Stack, number: str) -> list[tuple[datetime, datetime]]:
    """When each SMS was accepted, by the ledger, and when it arrived, in that order."""
    submitted = sorted(
        datetime.fromisoformat(line["time"])
        for line in stack.ledger()
        if line["number"] == number and line["channel"] == "sms" and line["carrier"] == "au"
    )
    arrived = faults.query(
        stack, "SELECT delivered_at FROM messages WHERE phone_number = %s ORDER BY delivered_at", number
    )
    return list(zip(submitted, (row[0] for row in arrived), strict=True))
