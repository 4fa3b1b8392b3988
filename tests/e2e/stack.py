"""Starts the product on free ports and a folder of its own, with shortened waiting times."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from workers.local_stack.ports import PORTS, free_port

ROOT = Path(__file__).resolve().parents[2]
# au's 22 s become 6 s, 10 minutes 5 s and 72 hours 32 s; the simulator's "11 minutes" become 19.8 s,
# late enough for a revoke on a busy machine to come before them.
WAITING_TIMES = {
    "FALLBACK_AFTER_SECONDS": "5",
    "EXPIRES_AFTER_SECONDS": "32",
    "FREEZE_LEAD_SECONDS": "2",
    "NUMBER_PAUSE_SECONDS": "6",
    "SWEEP_EVERY_SECONDS": "1",
    "SIMULATOR_TIME_SCALE": "0.03",
    "SIMULATOR_SEED": "1",
}


@dataclass(frozen=True)
class Stack:
    """A running product; ``run`` is the content of run.json, ``var`` its folder."""

    process: subprocess.Popen[bytes]
    var: Path
    run: dict[str, Any]

    def api(self, company: int = 0) -> httpx.Client:
        """A client of the JSON API with one company's key."""
        key = self.run["companies"][company]["api_key"]
        return httpx.Client(
            base_url=self.run["api_url"], headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    def ledger(self) -> list[dict[str, Any]]:
        """Everything the carriers accepted so far."""
        answer = httpx.get(f"{self.run['simulator_url']}/ledger", timeout=30)
        return [json.loads(line) for line in answer.text.splitlines()]


def start_stack(var: Path, launcher: Sequence[str] = ("-m", "workers"), **environment: str) -> Stack:
    """Start the product as `make run HEADLESS=1` does and wait until everything answers.

    ``launcher``: what to hand to Python instead, for processes that start under other conditions.
    """
    ports = {port.variable: str(free_port()) for port in PORTS}
    process = subprocess.Popen(
        [sys.executable, *launcher, "run", "--headless"],
        cwd=ROOT,
        env={**os.environ, **WAITING_TIMES, **ports, "VAR_DIR": str(var), **environment},
        stdout=(var / "console.log").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    run_file = var / "run.json"
    deadline = time.monotonic() + 90
    while not run_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError((var / "console.log").read_text("utf-8"))
        time.sleep(0.2)
    return Stack(process, var, json.loads(run_file.read_text("utf-8")))


def stop_stack(stack: Stack) -> int:
    """Stop it as an operator would; returns the exit status."""
    stack.process.send_signal(signal.SIGTERM)
    return stack.process.wait(timeout=30)


def wait_for(client: httpx.Client, campaign_id: str, seconds: float) -> dict[str, Any]:
    """Wait until every message of a campaign has ended; returns the campaign."""
    deadline = time.monotonic() + seconds
    while True:
        campaign: dict[str, Any] = client.get(f"/campaigns/{campaign_id}").raise_for_status().json()
        if campaign["status"] == "completed":
            return campaign
        assert time.monotonic() < deadline, campaign
        time.sleep(0.3)


def messages_of(client: httpx.Client, campaign_id: str) -> dict[str, dict[str, Any]]:
    """All messages of a campaign by phone number."""
    found: dict[str, dict[str, Any]] = {}
    cursor = None
    while True:
        query: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = client.get(f"/campaigns/{campaign_id}/messages", params=query).raise_for_status().json()
        found |= {item["phone_number"]: item for item in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found
