"""Record the histories that ``test_replay.py`` replays, and their fingerprints.

    .venv/bin/python -m tests.workflows.record_histories            records what is missing
    .venv/bin/python -m tests.workflows.record_histories NAME …     records these anew
    .venv/bin/python -m tests.workflows.record_histories --all      records everything anew

A stored history stands for messages in flight for 72 hours. So after a change of a workflow's commands:

1. put the change behind ``workflow.patched("what-changed")``;
2. keep the old file (rename it to ``NAME.before_WHAT_CHANGED.json``): it must go on replaying for as long as
   messages of that time may be running, four days after the release;
3. record NAME anew; the fingerprint is written with it.
"""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory

from tests.support.servers import Server
from tests.workflows.fingerprints import STORED, fingerprint, store, stored
from tests.workflows.scenarios import NAMES, id_of, run_scenario
from workers.graceful_exit import exit_now
from workers.local_stack.ports import free_port
from workers.local_stack.temporal import EmbeddedTemporal

FOLDER = Path(__file__).with_name("histories")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def scrubbed(history: WorkflowHistory) -> str:
    """Return the history as JSON without what differs from machine to machine; times are kept."""
    document = _without_machine(json.loads(history.to_json()))
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    ours = {str(id_of(name)) for name in NAMES}
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        if found[0] in ours or found[0].startswith("01920000-"):
            return found[0]
        return numbers.setdefault(found[0], f"00000000-0000-4000-8000-{len(numbers) + 1:012d}")

    return _UUID.sub(number, text)


def _without_machine(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_machine(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_machine(inner) for inner in value]
    if key in ("identity", "buildId", "workerInstanceKey"):
        return key
    if key == "stackTrace":
        return ""
    if key == "name" and isinstance(value, str) and value.startswith("recorder"):
        return "sticky"
    return value


async def record(names: Sequence[str], address: str) -> None:
    """Run the scenarios and write what they leave behind."""
    client = await Client.connect(address, identity="recorder")
    fingerprints = stored() if STORED.exists() else {}
    for name in names:
        finished = await run_scenario(client, name)
        (FOLDER / f"{name}.json").write_text(scrubbed(finished.history), encoding="utf-8")
        fingerprints[name] = fingerprint(finished.history)
        print(f"{name}: {finished.events} events, {finished.transitions} state transitions")
    store({name: fingerprints[name] for name in NAMES})


def main(arguments: Sequence[str]) -> None:
    """Start a server of our own, record, stop it."""
    FOLDER.mkdir(exist_ok=True)
    missing = [name for name in NAMES if not (FOLDER / f"{name}.json").exists()]
    names = list(NAMES) if "--all" in arguments else list(arguments) or missing
    if unknown := set(names) - set(NAMES):
        raise SystemExit(f"No such scenario: {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedTemporal(
            port=free_port(), ui_port=None, log=Path(folder) / "temporal.log", database=None
        )
        with Server(server.member(os.environ)):
            asyncio.run(record(names, server.address))


if __name__ == "__main__":
    main(sys.argv[1:])
    exit_now(0)
