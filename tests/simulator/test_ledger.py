"""The ledger: one durable line per accepted submit, before its answer."""

import asyncio
import errno
import json
import os
import re
from pathlib import Path

import httpx
import pytest

from simulator.ledger import Ledger
from tests.simulator.conftest import Maap, StartSimulator, ledger_of
from tests.simulator.smpp_client import Esme


def entry(number: str) -> dict[str, object]:
    return {"channel": "sms", "carrier": "docomo", "number": number}


def count_lines(path: str) -> int:
    return len(Path(path).read_text().splitlines())


async def test_lines_of_both_channels(start: StartSimulator) -> None:
    simulator = await start()
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        _, sms_id = await esme.submit("09010000060", "確認番号は1234です")
    async with httpx.AsyncClient(base_url=simulator.http_url) as http:
        maap = await Maap(http).authorise()
        rcs_id = await maap.sent_id("09010000060", expiry="2099-01-01T00:00:00Z")
        answer = await http.get("/ledger")
        summary = (await http.get("/ledger/summary")).json()
    sms, rcs = ledger_of(simulator, "09010000060")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", sms.pop("time"))
    assert sms == {
        "channel": "sms",
        "carrier": "docomo",
        "number": "09010000060",
        "segment": 1,
        "segments": 1,
        "reference": None,
        "text": "確認番号は1234です",
        "carrier_message_id": sms_id,
        "sender": "SENDER",
        "subscriber": True,
    }
    assert (rcs["channel"], rcs["segment"], rcs["text"]) == ("rcs", 1, "ご予約は11/25です")
    assert (rcs["carrier_message_id"], rcs["bot_id"]) == (rcs_id, "bot1")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert len(answer.text.splitlines()) == 2
    assert int(answer.headers["x-ledger-end"]) == summary["bytes"] == len(answer.content)
    assert summary["by_channel"] == {"rcs": {"docomo": 1}, "sms": {"docomo": 1}}


async def test_streams_from_an_offset_and_survives_a_restart(start: StartSimulator) -> None:
    first = await start()
    async with await Esme.bound(first.smpp_ports["docomo"]) as esme:
        _, first_id = await esme.submit("09010000061", registered=0)
    await first.stop()
    second = await start()
    async with (
        httpx.AsyncClient(base_url=second.http_url) as http,
        await Esme.bound(second.smpp_ports["docomo"]) as esme,
    ):
        offset = (await http.get("/ledger")).headers["x-ledger-end"]
        _, second_id = await esme.submit("09010000061", registered=0)
        rest = (await http.get("/ledger", params={"since": offset})).text.splitlines()
        assert (await http.get("/ledger", params={"since": "5"})).status_code == 400
        assert (await http.get("/ledger", params={"since": "x"})).status_code == 400
        assert (await http.get("/ledger/summary")).json()["lines"] == 2
        moved = (await http.post("/control/reset", json={"ledger": True})).json()["ledger_moved_to"]
        assert (await http.get("/ledger")).content == b""
    assert [json.loads(line)["carrier_message_id"] for line in rest] == [second_id]
    assert count_lines(moved) == 2
    assert first_id != second_id


async def test_waiting_entries_share_an_fsync_and_none_returns_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    real = os.fsync

    def counting(descriptor: int) -> None:
        real(descriptor)
        synced.append(os.fstat(descriptor).st_size)

    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.open()
    monkeypatch.setattr(os, "fsync", counting)

    async def append(number: int) -> None:
        await ledger.append(entry(f"{number:011d}"))
        assert f"{number:011d}".encode() in ledger.path.read_bytes()[: synced[-1]]

    await asyncio.gather(*(append(number) for number in range(50)))
    assert len(synced) <= 2
    assert ledger.lines == 50
    await ledger.close()


async def test_half_a_line_left_by_a_crash_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    whole = json.dumps(entry("09000000000")).encode() + b"\n"
    path.write_bytes(whole + b'{"channel": "sm')
    ledger = Ledger(path)
    ledger.open()
    await ledger.append(entry("09000000001"))
    await ledger.close()
    assert [json.loads(line)["number"] for line in path.read_text().splitlines()] == [
        "09000000000",
        "09000000001",
    ]


async def test_full_disk_refuses_the_submit(start: StartSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = await start()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with (
        httpx.AsyncClient(base_url=simulator.http_url) as http,
        await Esme.bound(simulator.smpp_ports["docomo"]) as esme,
    ):
        maap = await Maap(http).authorise()
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            assert (await esme.submit("09010000062"))[0] == 0x08
            assert (await maap.send("09010000062")).status_code == 500
        assert ledger_of(simulator, "09010000062") == []
        assert (await esme.submit("09010000062", registered=0))[0] == 0
    assert len(ledger_of(simulator, "09010000062")) == 1
