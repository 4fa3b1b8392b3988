"""All faults at once: the ledger stays the truth, and the simulator itself does not suffer."""

import asyncio
import itertools
from typing import Any

import httpx
import pytest

from simulator.faults import PRESETS
from tests.simulator.conftest import Maap, StartSimulator, ledger_of
from tests.simulator.smpp_client import BIND_TRANSCEIVER, RESP, SUBMIT, submit_body

# Ten times as much as the preset, so that a short run meets (nearly) everything.
MUCH = {
    name: min(1.0, value * 10) for name, value in PRESETS["misbehaving"].items() if name.endswith("_rate")
}
GENTLE = {
    "refused_connect_rate": 0.2,
    "refused_bind_rate": 0.2,
    "wrong_password_rate": 0.1,
    "slow_seconds": 0.05,
    "silent_seconds": 0.1,
    "silent_rate": 0.02,
}
BIND = b"platform\0simulator\0\0\x34\0\0\0"


class Sturdy:
    """Submits one message at a time over a raw connection; whatever comes, it says what it knows."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None
        self._sequence = 100

    async def submit(self, number: str) -> str:
        """accepted, refused (for certain) or unknown."""
        while self._writer is None:
            await self._bind()
        self._sequence += 1
        try:
            self._send(SUBMIT, self._sequence, submit_body(number, b"\x30\x42"))
            async with asyncio.timeout(0.3):
                while True:
                    command, status, sequence = await self._next()
                    if sequence == self._sequence and command == SUBMIT | RESP:
                        return "refused" if status else "accepted"
                    if sequence == self._sequence and command == 0x80000000:
                        return "refused"
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            self.close()
            return "unknown"

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _send(self, command: int, sequence: int, body: bytes = b"", status: int = 0) -> None:
        assert self._writer is not None
        head = b"".join(part.to_bytes(4, "big") for part in (16 + len(body), command, status, sequence))
        self._writer.write(head + body)

    async def _next(self) -> tuple[int, int, int]:
        head = await self._reader.readexactly(16)
        length, command, status, sequence = (int.from_bytes(head[at : at + 4], "big") for at in (0, 4, 8, 12))
        if not 16 <= length < 10_000:
            raise ConnectionError("out of step")
        await self._reader.readexactly(length - 16)
        if not command & RESP:
            self._send(command | RESP, sequence, b"\0" if command == 5 else b"")
        return command, status, sequence

    async def _bind(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            self._send(BIND_TRANSCEIVER, 1, BIND)
            async with asyncio.timeout(0.5):
                if (await self._next())[1] == 0:
                    return
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass
        self.close()


async def submit_rcs(maap: Maap, number: str) -> str:
    try:
        answer = await maap.send(number, within=0.3)
    except httpx.TransportError:
        return "unknown"
    if answer.status_code == 401:
        await maap.authorise()
    return {202: "accepted", 500: "unknown"}.get(answer.status_code, "refused")


async def test_the_ledger_has_a_line_if_and_only_if_it_was_accepted(
    start: StartSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = await start(seed=11, webhook_url="")
    numbers = (f"080100{n:05d}" for n in itertools.count(0, 2))  # docomo, with the app
    known: dict[str, str] = {}
    async with httpx.AsyncClient(base_url=simulator.http_url) as http:
        maap = await Maap(http).authorise()
        await http.put("/control/faults", json={"preset": "misbehaving"} | MUCH | GENTLE)

        async def sms() -> None:
            client = Sturdy(simulator.smpp_ports["docomo"])
            for number in itertools.islice(numbers, 12):
                known[number] = await client.submit(number)
            client.close()

        async def rcs() -> None:
            for number in itertools.islice(numbers, 5):
                known[number] = await submit_rcs(maap, number)

        await asyncio.gather(*(sms() for _ in range(12)), *(rcs() for _ in range(8)))
        state: dict[str, Any] = (await http.get("/control/state")).json()
    lines = {number: len(ledger_of(simulator, number)) for number in known}
    assert {number for number, end in known.items() if end == "refused" and lines[number]} == set()
    assert {number for number, end in known.items() if end == "accepted" and lines[number] != 1} == set()
    assert max(lines.values()) == 1
    assert set(known.values()) == {"accepted", "refused", "unknown"}
    assert len(state["faults_met"]) > 30
    said = capsys.readouterr().out
    assert "Traceback" not in said
    assert "failed" not in said.replace("webhook without a second try failed", "")
