"""`python -m simulator` as an operator meets it."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import pytest

PORTS = ("HTTP", "SMPP_DOCOMO", "SMPP_AU", "SMPP_SOFTBANK", "SMPP_RAKUTEN")


async def run(folder: Path, **changes: str) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIMULATOR_")}
    environment |= {f"SIMULATOR_{port}_PORT": "0" for port in PORTS} | {"SIMULATOR_DATA_DIR": str(folder)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        env=environment | changes,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_signals_end_it_cleanly_even_with_requests_hanging(tmp_path: Path) -> None:
    process = await run(tmp_path)
    assert process.stdout is not None
    started = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    reader, writer = await asyncio.open_connection("127.0.0.1", started["smpp"]["docomo"])
    url = f"http://127.0.0.1:{started['http']}"
    async with httpx.AsyncClient(base_url=url, timeout=10) as http:
        assert (await http.get("/health")).json()["status"] == "ok"
        headers = {"authorization": "Bearer simulator"}
        body = {"phoneNumber": "+819000005300", "specifiedDate": time.strftime("%Y-%m-%d")}
        hanging = asyncio.create_task(http.post("/number-recycling/v0.2/check", json=body, headers=headers))
        await asyncio.sleep(0.2)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest, errors = await asyncio.wait_for(process.communicate(), 10)
        took = time.monotonic() - asked
        assert (await hanging).status_code == 503
    writer.close()
    assert (process.returncode, errors) == (0, b"")
    assert took < 2
    assert json.loads(rest.splitlines()[-1])["event"] == "simulator stopped"
    assert b"9000005300" not in rest
    assert (await reader.read()) == b""


@pytest.mark.parametrize("port", ["HTTP", "SMPP_RAKUTEN"])
async def test_port_in_use_is_one_line_and_status_1(tmp_path: Path, port: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        process = await run(tmp_path, **{f"SIMULATOR_{port}_PORT": str(number)})
        _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 1
    (line,) = errors.decode().splitlines()
    assert f"port {number}" in line
    assert "in use" in line
