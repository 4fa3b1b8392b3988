"""What was measured of one SMPP link, and its targets."""

from collections.abc import Iterator
from dataclasses import dataclass

SUBMITS_PER_SECOND = 500
RECEIPT_MS_P99 = 100
RECEIPTS_PER_SECOND = 100


@dataclass(frozen=True)
class LinkResult:
    """One link against node-smpp.

    ``submits`` were answered at ``submits_per_second`` and their receipts acknowledged at
    ``receipts_per_second``, both counted from the first submit. The milliseconds are from a receipt's leaving
    the SMSC to its deliver_sm_resp there, which follows the commit of its row, at 100 receipts a second.
    """

    window: int
    submits: int
    submits_per_second: float
    receipts: int
    receipts_per_second: float
    cpu_ms_per_submit: float
    receipts_at_100_per_second: int
    receipt_ms_p50: float
    receipt_ms_p99: float
    receipt_ms_max: float


# Title, what was measured, the target, whether it is reached.
LinkLine = tuple[str, str, str, bool]


def link_lines(result: LinkResult) -> Iterator[LinkLine]:
    """Return the lines of the table."""
    speed, back, late = result.submits_per_second, result.receipts_per_second, result.receipt_ms_p99
    target = f"≥ {SUBMITS_PER_SECOND}"
    yield f"SMPP link, window {result.window}: submits/s", f"{speed:.0f}", target, speed >= SUBMITS_PER_SECOND
    yield "  the same receipts back, /s", f"{back:.0f}", target, back >= SUBMITS_PER_SECOND
    complete = result.receipts == result.submits
    yield "  receipts of submits", f"{result.receipts:,}", f"= {result.submits:,}", complete
    yield "  our CPU ms per submit with its receipt", f"{result.cpu_ms_per_submit:.2f}", "", True
    title = f"  receipt → committed row at {RECEIPTS_PER_SECOND}/s, ms: p99"
    yield title, f"{late:.1f}", f"< {RECEIPT_MS_P99}", late < RECEIPT_MS_P99
    yield "    p50", f"{result.receipt_ms_p50:.1f}", "", True
    yield "    most", f"{result.receipt_ms_max:.1f}", "", True


def percentile(values: list[float], percent: float) -> float:
    """Return the value that ``percent`` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]
