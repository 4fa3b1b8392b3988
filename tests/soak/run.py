"""The run itself: traffic and troubles for a while, then healing, then the verdict."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Event, Thread

from tests.e2e.faults import query
from tests.e2e.stack import Stack
from tests.soak.traffic import Traffic
from tests.soak.troubles import Troubles
from tests.soak.troubles.scene import Scene
from tests.soak.verdict import complaints, judge
from tests.soak.verdict.loading import load_books
from tests.soak.verdict.sending import check_books, check_links, wait_until_all_ended
from tests.soak.verdict.timing import check_opt_outs, check_schedules
from tests.soak.witness import Witness

# Long enough to notice a delivery before it is over, short enough to see everything end in a short run. The
# expiry is far above the minute after which a receipt is adopted: a late adoption is told from a lost one.
WAITING_TIMES = {
    "FALLBACK_AFTER_SECONDS": "15",
    "EXPIRES_AFTER_SECONDS": "180",
    "CARRIER_CALL_SECONDS": "40",
    "FREEZE_LEAD_SECONDS": "2",
    "SWEEP_EVERY_SECONDS": "2",
    # As in earnest: it is one of the things to be held.
    "NUMBER_PAUSE_SECONDS": "22",
    "SIMULATOR_TIME_SCALE": "0.02",
    "SIMULATOR_WEBHOOK_MAX_BACKOFF": "5",
}
# After the last fault: the longest wait of a message with each carrier in turn, and lost time besides.
_DRAIN_SECONDS = 900.0
_STEP_SECONDS = 0.2
_SAMPLE_SECONDS = 10.0


class NotAsItMustBe(AssertionError):
    """The verdict: everything that does not agree, one line each."""


def mixed_run(
    stack: Stack,
    *,
    seed: int,
    seconds: float,
    rate: float,
    kills: bool,
    log: Callable[[str], None],
    clock: Path | None = None,
    disk: Path | None = None,
    logs: Path | None = None,
    tries_links: bool = True,
) -> Counter[str]:
    """Send about ``rate`` messages a second for ``seconds``; return the statuses, or raise what is wrong."""
    query(stack, "UPDATE contracts SET hourly_capacity = 1000000, opt_out_enabled = true")
    witness = Witness(stack)
    traffic = Traffic(stack, Random(f"traffic {seed}"))
    scene = Scene(stack, witness, Random(f"troubles {seed}"), clock, disk)
    with _Background(Troubles(scene, kills, log)) as troubles:
        _send(traffic, witness, troubles, seconds, rate, log)
    log(f"healed; waiting for the last of {traffic.messages} messages")
    statuses = wait_until_all_ended(stack, _DRAIN_SECONDS)
    witness.sample()
    wrong = _verdict(stack, witness, traffic, logs or stack.var)
    if tries_links:
        wrong += complaints([lambda: check_links(stack, traffic.numbers)])
    if wrong:
        raise NotAsItMustBe("\n".join([f"{dict(statuses)}", *wrong]))
    return statuses


def _send(
    traffic: Traffic,
    witness: Witness,
    troubles: "_Background",
    seconds: float,
    rate: float,
    log: Callable[[str], None],
) -> None:
    began = time.monotonic()
    told = sampled = began
    while (passed := time.monotonic() - began) < seconds:
        troubles.raise_what_failed()
        if traffic.messages < passed * rate:
            traffic.send_one()
        else:
            time.sleep(_STEP_SECONDS)
        if time.monotonic() - sampled > _SAMPLE_SECONDS:
            sampled = time.monotonic()
            witness.sample()
        if time.monotonic() - told > 60:
            told = time.monotonic()
            log(f"{passed / 60:.0f} min: {len(traffic.sent)} campaigns, {traffic.messages} messages")


def _verdict(stack: Stack, witness: Witness, traffic: Traffic, logs: Path) -> list[str]:
    books = load_books(stack, witness)
    send_at = {s: c.send_at for c in traffic.sent if c.send_at is not None for s in c.numbers}
    opted_out = frozenset(s for c in traffic.sent if not c.was_cancelled for s in c.opted_out)
    wrong = complaints(
        [
            lambda: check_books(stack, traffic.sent, logs),
            lambda: check_schedules(books, send_at),
            lambda: check_opt_outs(books, opted_out),
        ]
    )
    return wrong + judge(books)


class _Background:
    """Troubles in a thread of their own: traffic that waits for a stopped database must not keep it so."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._over = Event()
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="troubles")

    def __enter__(self) -> "_Background":
        self._troubles.begin()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._troubles.end()
        self.raise_what_failed()

    def raise_what_failed(self) -> None:
        """Raise in the caller's thread what went wrong in the other."""
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        while not self._over.wait(_STEP_SECONDS):
            try:
                self._troubles.step()
            except Exception as failure:
                self._failure = failure
                return
