"""Is the product slower after many messages? An aged stack beside a fresh one, measured in pairs."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.company import Company
from benchmarks.delivery import DeliveryBenchmark
from benchmarks.results import AgeingResult, Block
from benchmarks.stack import running_stack
from domain.carriers import Channel

# Registered in one request at a time.
LARGEST_CAMPAIGN = 10_000
PAIRS = 5


def measure_ageing(var: Path, messages: int, further: int) -> AgeingResult:
    """Send ``further`` SMS through one stack, then measure it and a fresh one in turn, fresh first."""
    with ExitStack() as stacks:
        aged = _delivery(stacks, var / "aged")
        done = 0
        for size in _sizes(further):
            sent = aged.send(size)
            done += size
            cpu = sum(sent.cpu_ms.values())
            print(f"  {done:,} of {further:,}: {size / sent.seconds:.1f}/s, {cpu:.1f} ms each", flush=True)
        fresh = _delivery(stacks, var / "fresh")
        # Plans, caches and pools of the fresh one fill up first.
        fresh.send(messages)
        pairs = tuple((_block(fresh, messages), _block(aged, messages)) for _ in range(PAIRS))
    return AgeingResult(further, pairs)


def _delivery(stacks: ExitStack, var: Path) -> DeliveryBenchmark:
    var.mkdir()
    stack = stacks.enter_context(running_stack(var))
    company = stacks.enter_context(Company(stack.run))
    company.raise_capacity()
    return DeliveryBenchmark(stack, company, Channel.SMS)


def _block(benchmark: DeliveryBenchmark, messages: int) -> Block:
    sent = benchmark.send(messages)
    return Block(messages / sent.seconds, sum(sent.cpu_ms.values()))


def _sizes(messages: int) -> Iterator[int]:
    while messages > 0:
        yield min(messages, LARGEST_CAMPAIGN)
        messages -= LARGEST_CAMPAIGN
