"""What was measured, the targets beside it, and the two forms it is handed out in."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.link_results import LinkResult, link_lines


@dataclass(frozen=True)
class EngineResult:
    """The bare engine on one plan."""

    messages_per_second: float
    cpu_ms_by_process: Mapping[str, float]

    @property
    def cpu_ms_per_message(self) -> float:
        """All processes together."""
        return sum(self.cpu_ms_by_process.values())


@dataclass(frozen=True)
class ThroughputResult:
    """One channel."""

    messages: int
    messages_per_second: float
    cpu_ms_by_process: Mapping[str, float]
    events: float
    transitions: float
    engine: EngineResult | None = None

    @property
    def cpu_ms_per_message(self) -> float:
        """All processes together."""
        return sum(self.cpu_ms_by_process.values())

    @property
    def ratio(self) -> float | None:
        """How much of the bare engine's speed is left."""
        return self.messages_per_second / self.engine.messages_per_second if self.engine else None

    @property
    def cpu_ratio(self) -> float | None:
        """The same told by CPU time, which other programs on the machine disturb far less."""
        return self.engine.cpu_ms_per_message / self.cpu_ms_per_message if self.engine else None


@dataclass(frozen=True)
class Block:
    """One measured campaign of an ageing pair; CPU of all processes together."""

    messages_per_second: float
    cpu_ms_per_message: float


@dataclass(frozen=True)
class AgeingResult:
    """A stack with ``further_messages`` behind it beside a fresh one, in pairs one right after the other.

    Both halves of a pair meet the same weather on the machine, so their ratios tell what the age does.
    """

    further_messages: int
    pairs: tuple[tuple[Block, Block], ...]

    @property
    def after_ratio(self) -> float:
        """Speed of the aged stack against the fresh one, the median of the pairs."""
        return median(aged.messages_per_second / fresh.messages_per_second for fresh, aged in self.pairs)

    @property
    def after_cpu_ratio(self) -> float:
        """The same for CPU time per message."""
        return median(aged.cpu_ms_per_message / fresh.cpu_ms_per_message for fresh, aged in self.pairs)


@dataclass(frozen=True)
class UploadResult:
    """A list through the portal, from the upload to the check page, and from there to registered."""

    rows: int
    check_seconds: float
    register_seconds: float
    peak_mb: float


@dataclass
class Results:
    """Everything one run measured; a section that did not run is missing."""

    sms: ThroughputResult | None = None
    rcs: ThroughputResult | None = None
    engine: dict[str, EngineResult] = field(default_factory=dict)
    ageing: AgeingResult | None = None
    upload: UploadResult | None = None
    link: LinkResult | None = None
    load_average: float | None = None

    def joined(self) -> "Results":
        """Return the same with the engine's speed inside each channel."""
        sms = replace(self.sms, engine=self.engine.get("sms")) if self.sms else None
        rcs = replace(self.rcs, engine=self.engine.get("rcs")) if self.rcs else None
        return replace(self, sms=sms, rcs=rcs)


def as_json(results: Results) -> dict[str, Any]:
    """Return what goes into ``var/bench.json``."""
    joined = results.joined()
    content: dict[str, Any] = {}
    for name, channel in (("sms", joined.sms), ("rcs", joined.rcs)):
        if channel is not None:
            content[name] = _channel_json(channel)
        elif name in joined.engine:
            content[name] = _rounded(_engine_json(joined.engine[name]))
    if joined.ageing is not None:
        ratios = {"after_ratio": joined.ageing.after_ratio, "after_cpu_ratio": joined.ageing.after_cpu_ratio}
        content["ageing"] = _rounded(asdict(joined.ageing) | ratios)
    if joined.upload is not None:
        content["upload"] = _rounded(asdict(joined.upload))
    if joined.link is not None:
        content["link"] = _rounded(asdict(joined.link))
    if joined.load_average is not None:
        content["load_average_before"] = joined.load_average
    return content


def _channel_json(result: ThroughputResult) -> dict[str, Any]:
    content = {
        "messages": result.messages,
        "messages_per_second": result.messages_per_second,
        "engine_messages_per_second": None,
        "ratio": result.ratio,
        "cpu_ms_per_message": result.cpu_ms_per_message,
        "events": result.events,
        "transitions": result.transitions,
        "cpu_ratio": result.cpu_ratio,
        "cpu_ms_by_process": result.cpu_ms_by_process,
    }
    if result.engine is not None:
        content |= _engine_json(result.engine)
    return {name: _rounded(value) for name, value in content.items()}


def _engine_json(result: EngineResult) -> dict[str, Any]:
    return {f"engine_{name}": value for name, value in asdict(result).items()} | {
        "engine_cpu_ms_per_message": result.cpu_ms_per_message
    }


def write_json(results: Results, path: Path) -> None:
    """Write ``var/bench.json``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(results), indent=2) + "\n", "utf-8")


def table(results: Results) -> str:
    """Return everything for people, each number beside its target."""
    joined = results.joined()
    lines = [("", "measured", "target", "")]
    if joined.sms is not None:
        lines += _channel_lines("SMS", joined.sms, target=35)
    if joined.rcs is not None:
        lines += _channel_lines("+Message", joined.rcs, target=30)
    for name, engine in joined.engine.items():
        if getattr(joined, name) is None:
            lines.append((f"{name}: bare engine, messages/s", f"{engine.messages_per_second:.1f}", "", ""))
            lines.append(("  CPU ms per message", f"{engine.cpu_ms_per_message:.1f}", "", ""))
    if joined.ageing is not None:
        lines += _ageing_lines(joined.ageing)
    if joined.upload is not None:
        lines += _upload_lines(joined.upload)
    if joined.link is not None:
        rows = link_lines(joined.link)
        lines += [(title, value, target, _verdict(reached)) for title, value, target, reached in rows]
    return "\n".join(_aligned(lines))


Line = tuple[str, str, str, str]


def _channel_lines(title: str, result: ThroughputResult, *, target: int) -> Iterator[Line]:
    speed = result.messages_per_second
    yield f"{title}: messages/s", f"{speed:.1f}", f"≥ {target}", _verdict(speed >= target)
    if result.engine is not None and result.ratio is not None:
        yield "  bare engine, messages/s", f"{result.engine.messages_per_second:.1f}", "", ""
        yield "  ratio", f"{result.ratio:.2f}", "≥ 0.6", _verdict(result.ratio >= 0.6)
    yield "  CPU ms per message", f"{result.cpu_ms_per_message:.1f}", "", ""
    for name, milliseconds in result.cpu_ms_by_process.items():
        yield f"    {name}", f"{milliseconds:.1f}", "", ""
    if result.engine is not None:
        yield "    bare engine, CPU ms per message", f"{result.engine.cpu_ms_per_message:.1f}", "", ""
        yield "    bare engine : all, by CPU", f"{result.cpu_ratio:.2f}", "", ""
    yield "  history events per message", f"{result.events:.1f}", "", ""
    yield "  state transitions per message", f"{result.transitions:.1f}", "", ""


def _ageing_lines(result: AgeingResult) -> Iterator[Line]:
    ratio, cpu = result.after_ratio, result.after_cpu_ratio
    title = f"After {result.further_messages:,} more: messages/s, aged : fresh"
    yield title, f"{ratio:.2f}", "≥ 0.9", _verdict(ratio >= 0.9)
    yield "  CPU ms per message, aged : fresh", f"{cpu:.2f}", "≤ 1.1", _verdict(cpu <= 1.1)
    for fresh, aged in result.pairs:
        speeds = f"{fresh.messages_per_second:.1f} : {aged.messages_per_second:.1f}"
        cpus = f"{fresh.cpu_ms_per_message:.1f} : {aged.cpu_ms_per_message:.1f} ms"
        yield "    a pair, fresh : aged", f"{speeds}, {cpus}", "", ""


def _upload_lines(result: UploadResult) -> Iterator[Line]:
    check, register, peak = result.check_seconds, result.register_seconds, result.peak_mb
    yield f"Upload of {result.rows:,} rows: checked, s", f"{check:.1f}", "≤ 20", _verdict(check <= 20)
    yield "  registered, s", f"{register:.1f}", "≤ 15", _verdict(register <= 15)
    yield "  most memory of the portal, MB", f"{peak:.0f}", "< 500", _verdict(peak < 500)


def _verdict(reached: bool) -> str:
    return "" if reached else "not reached"


def _aligned(lines: Iterable[Line]) -> list[str]:
    rows = list(lines)
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name.ljust(wide[0])}  {value.rjust(wide[1])}  {target.ljust(wide[2])}  {verdict}".rstrip()
        for name, value, target, verdict in rows
    ]


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
