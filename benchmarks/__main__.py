"""``python -m benchmarks``: start the product, measure it, stop it; a table, and ``var/bench.json``."""

import os
import signal
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from benchmarks.ageing import measure_ageing
from benchmarks.company import HOURLY_CAPACITY, Company
from benchmarks.delivery import DeliveryBenchmark
from benchmarks.engine import measure_engine
from benchmarks.errors import BenchmarkFailed
from benchmarks.link import RECEIPTS, SUBMITS, measure_link, what_is_missing
from benchmarks.results import Results, table, write_json
from benchmarks.stack import LINK_RATE, Stack, data_folder, running_stack
from benchmarks.upload import measure_upload
from domain.carriers import Channel
from domain.messages import ChannelPlan
from workers.graceful_exit import exit_now
from workers.local_stack.settings import ROOT

PLANS = {Channel.SMS: ChannelPlan.SMS, Channel.RCS: ChannelPlan.RCS}


class Section(StrEnum):
    """What can be measured."""

    SMS = "sms"
    RCS = "rcs"
    ENGINE = "engine"
    UPLOAD = "upload"
    LINK = "link"


def main(
    messages: Annotated[int, typer.Option(min=50, help="Messages of each channel.")] = 3000,
    sections: Annotated[str, typer.Option(help="Some of them, with commas.")] = "sms,rcs,engine,upload,link",
    after: Annotated[int, typer.Option(min=0, help="Is it slower after so many SMS?")] = 0,
    temporal: Annotated[
        str | None, typer.Option(help="host:port of a Temporal server of yours; else the embedded one.")
    ] = None,
) -> None:
    """Measure on a product of its own, data in var/bench-…, everything else as shipped."""
    try:
        chosen = [Section(name.strip()) for name in sections.split(",") if name.strip()]
    except ValueError:
        _fail(f"--sections takes {', '.join(Section)}, with commas between.", 2)
    signal.signal(signal.SIGTERM, _interrupted)
    _say(
        f"Raised for the measurement: the contract's lane to {HOURLY_CAPACITY:,}/h, the links' rates to "
        f"{LINK_RATE}/s. Everything else as shipped."
    )
    try:
        with data_folder() as var:
            results = measure(var, chosen, messages, temporal)
            if after:
                _say(f"{after:,} SMS, then beside a fresh product in pairs of {messages:,} …")
                results.ageing = measure_ageing(var, messages, after)
    except BenchmarkFailed as failure:
        _fail(str(failure), 1)
    except KeyboardInterrupt:
        _fail("Interrupted.", 130)
    write_json(results, ROOT / "var" / "bench.json")
    _say("\n" + table(results))
    exit_now(0)


def measure(var: Path, sections: Sequence[Section], messages: int, temporal: str | None = None) -> Results:
    """Run the sections; a channel and the bare engine on its plan follow each other closely."""
    results = Results(load_average=os.getloadavg()[0])
    if Section.LINK in sections:
        _measure_link(results, var)
    if not set(sections) - {Section.LINK}:
        return results
    wanted = [channel for channel in PLANS if Section(channel.value) in sections]
    with running_stack(var, temporal) as stack, Company(stack.run) as company:
        company.raise_capacity()
        for channel in wanted or (PLANS if Section.ENGINE in sections else ()):
            if channel in wanted:
                _measure_channel(results, stack, company, channel, messages)
            if Section.ENGINE in sections:
                _say(f"The bare engine, {messages:,} messages on the plan {channel.value} …")
                results.engine[channel.value] = measure_engine(var, PLANS[channel], messages)
        if Section.UPLOAD in sections:
            _say("A list of 250,000 rows through the portal …")
            results.upload = measure_upload(stack, company)
    return results


def _measure_link(results: Results, var: Path) -> None:
    if missing := what_is_missing():
        _say(f"The SMPP link is left out: {missing}.")
        return
    _say(f"One SMPP link against node-smpp: {SUBMITS:,} submits, then {RECEIPTS:,} receipts at 100/s …")
    results.link = measure_link(var)


def _measure_channel(
    results: Results, stack: Stack, company: Company, channel: Channel, messages: int
) -> None:
    _say(f"{messages:,} messages by {channel.value} …")
    result = DeliveryBenchmark(stack, company, channel).measure(messages)
    if channel is Channel.SMS:
        results.sms = result
    else:
        results.rcs = result


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(reason: str, status: int) -> NoReturn:
    print(reason, file=sys.stderr, flush=True)
    exit_now(status)


if __name__ == "__main__":
    typer.run(main)
