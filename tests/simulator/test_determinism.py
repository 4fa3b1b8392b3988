"""The same seed gives every message the same faults, in whatever order messages come."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx

from simulator import Simulator
from simulator.chance import Chance, Fate
from simulator.faults import Faults
from tests.simulator.conftest import StartSimulator
from tests.simulator.smpp_client import Esme

# Faults that leave the link as it is, so that every message gets as far in every run.
RATES = {
    "throttle_rate": 0.2,
    "vendor_status_rate": 0.1,
    "duplicate_receipt_rate": 0.2,
    "err_hex_rate": 0.2,
    "no_tlvs_rate": 0.2,
    "foreign_receipt_rate": 0.2,
    "reordered_answer_rate": 0.5,
    "reordered_answer_seconds": 0.05,
}
NUMBERS = [f"090100003{n:02d}" for n in range(40)]

Met = dict[str, list[Any]]


async def one_run(simulator: Simulator, order: list[str]) -> Met:
    """What each number met: the statuses of three submits and the kinds of its receipts."""
    met: Met = {}
    async with httpx.AsyncClient(base_url=simulator.http_url) as http:
        await http.post("/control/reset")
        await http.put("/control/faults", json=RATES)
        async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:

            async def submit(number: str) -> None:
                met[number] = [(await esme.submit(number))[0] for _ in range(3)]

            await asyncio.gather(*(submit(number) for number in order))
            outbox = simulator.centres["docomo"].outbox
            while len(simulator.network.agenda) or outbox.waiting or not esme.receipts.empty():
                try:
                    receipt = await esme.receipt(within=0.05)
                except TimeoutError:
                    continue
                number = "0" + receipt.source[2:]
                met[number].append((receipt.field("stat"), receipt.field("err"), bool(receipt.tlvs)))
    return {number: [*seen[:3], *sorted(seen[3:])] for number, seen in met.items()}


async def test_the_same_seed_gives_the_same_faults_in_any_order(start: StartSimulator) -> None:
    simulator = await start(seed=7)
    first = await one_run(simulator, NUMBERS)
    shuffled = random.Random(1).sample(NUMBERS, len(NUMBERS))
    assert await one_run(simulator, shuffled) == first
    simulator.network.chance = Chance(8, 1000)
    assert await one_run(simulator, NUMBERS) != first
    assert len({str(seen) for seen in first.values()}) > 5, "numbers meet different things"


def test_rates_are_kept() -> None:
    """Each fault happens about as often as asked, independently of the others."""
    chance, faults = Chance(1, 10), Faults(slow_rate=0.1, nack_rate=0.5)
    fates = [Fate(chance.next_key("docomo", "sms", n), faults, Counter()) for n in range(4000)]
    slow = [fate.meets("slow_rate") for fate in fates]
    nacked = [fate.meets("nack_rate") for fate in fates]
    assert 320 < sum(slow) < 480
    assert 1850 < sum(nacked) < 2150
    assert 130 < sum(a and b for a, b in zip(slow, nacked, strict=True)) < 270


def test_the_next_try_of_the_same_message_has_its_own_fate() -> None:
    chance = Chance(1, 2)
    keys = [chance.next_key("au", "sms", "x"), chance.next_key("au", "sms", "x")]
    assert keys[0] != keys[1]
    assert chance.next_key("au", "sms", "y") not in keys
    chance.reset()
    assert chance.next_key("au", "sms", "x") == keys[0]
