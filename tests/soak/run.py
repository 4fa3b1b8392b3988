"""The run itself: traffic and troubles for a while, then healing, then the verdict."""

import time
from collections import Counter
from collections.abc import Callable
from random import Random

from tests.e2e.faults import query
from tests.e2e.stack import Stack
from tests.soak.traffic import Traffic
from tests.soak.troubles import Troubles
from tests.soak.verdict import check_books, check_links, wait_until_all_ended

# Long enough to notice a delivery before it is over, short enough to see everything end in a short run.
WAITING_TIMES = {
    "FALLBACK_AFTER_SECONDS": "15",
    "EXPIRES_AFTER_SECONDS": "60",
    "CARRIER_CALL_SECONDS": "20",
    "FREEZE_LEAD_SECONDS": "2",
    "SWEEP_EVERY_SECONDS": "2",
    # As in earnest: it is one of the things to be held.
    "NUMBER_PAUSE_SECONDS": "22",
    "SIMULATOR_TIME_SCALE": "0.02",
    "SIMULATOR_WEBHOOK_MAX_BACKOFF": "5",
}
# After the last fault: the longest wait of a message with each carrier in turn, and lost time besides.
_DRAIN_SECONDS = 600.0


def mixed_run(
    stack: Stack, *, seed: int, seconds: float, rate: float, kills: bool, log: Callable[[str], None]
) -> Counter[str]:
    """Send about ``rate`` messages a second for ``seconds``; return the statuses, or raise what is wrong."""
    query(stack, "UPDATE contracts SET hourly_capacity = 1000000")
    traffic = Traffic(stack, Random(f"traffic {seed}"))
    troubles = Troubles(stack, Random(f"troubles {seed}"), kills, log)
    troubles.begin()
    began = time.monotonic()
    told = began
    while (passed := time.monotonic() - began) < seconds:
        if traffic.messages < passed * rate:
            traffic.send_one()
        else:
            time.sleep(0.2)
        troubles.step()
        if time.monotonic() - told > 60:
            told = time.monotonic()
            log(f"{passed / 60:.0f} min: {len(traffic.sent)} campaigns, {traffic.messages} messages")
    troubles.end()
    log(f"healed; waiting for the last of {traffic.messages} messages")
    statuses = wait_until_all_ended(stack, _DRAIN_SECONDS)
    check_books(stack, traffic.sent)
    check_links(stack, traffic.numbers)
    return statuses
