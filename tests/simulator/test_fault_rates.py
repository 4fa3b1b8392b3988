"""Faults by rate: each does what docs/simulator.md says, and the ledger has a line iff accepted."""

import asyncio
import itertools
import re
import struct
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator import Simulator
from simulator.faults import PRESETS, Faults
from tests.simulator.conftest import ledger_of
from tests.simulator.smpp_client import BIND_TRANSCEIVER, RESP, SUBMIT, UNBIND, Esme, submit_body

FAULTS = "/control/faults"
_numbers = itertools.count(9010000200)


def a_number(app: bool = True) -> str:
    """An ordinary docomo number of this test alone, with the +Message app if wished."""
    number = f"0{next(_numbers)}"
    return number if (int(number[-1]) % 2 == 0) is app else a_number(app)


def pdu(command: int, body: bytes) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, 0, 1) + body


async def turn_on(http: httpx.AsyncClient, **faults: Any) -> None:
    answer = await http.put(FAULTS, json={"preset": "none", **faults})
    assert answer.status_code == 200, answer.text


def test_the_documentation_lists_every_fault_with_its_preset() -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:yes|no|) ?\| ([\d.]+|–) \|$", text, re.MULTILINE)
    listed = {name: None if value == "–" else float(value) for name, value in rows}
    known = {field.name: PRESETS["misbehaving"].get(field.name) for field in fields(Faults)}
    assert list(listed) == list(known)
    assert listed == known


def test_the_misbehaving_preset_turns_every_fault_on() -> None:
    rates = {field.name for field in fields(Faults) if field.name.endswith("_rate")}
    assert {name for name in rates if 0 < PRESETS["misbehaving"].get(name, 0) <= 0.1} == rates


# -- Submits that are not accepted, answers of accepted ones ----------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status"),
    [("throttle_rate", 0x58), ("queue_full_rate", 0x14), ("vendor_status_rate", 0x0401)],
)
async def test_refused_by_status(
    simulator: Simulator, http: httpx.AsyncClient, docomo: Esme, fault: str, status: int
) -> None:
    await turn_on(http, **{fault: 1})
    number = a_number()
    assert (await docomo.submit(number))[0] == status
    assert ledger_of(simulator, number) == []


async def test_nacked(simulator: Simulator, http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, nack_rate=1)
    number = a_number()
    command, status, _ = await docomo.call(SUBMIT, submit_body(number, b"\x30\x42"))
    assert (command, status) == (0x80000000, 3)
    assert ledger_of(simulator, number) == []


@pytest.mark.parametrize(
    ("fault", "lines", "answered"),
    [
        ("drop_before_accept_rate", 0, False),
        ("lost_answer_rate", 1, False),
        ("drop_after_answer_rate", 1, True),
        ("unbind_rate", 1, True),
    ],
)
async def test_the_link_suffers(
    simulator: Simulator, http: httpx.AsyncClient, fault: str, lines: int, answered: bool
) -> None:
    number = a_number()
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        await turn_on(http, **{fault: 1})
        answer = esme.expect(esme.send(SUBMIT, submit_body(number, b"\x30\x42", registered=0)))
        await asyncio.wait_for(esme.closed.wait(), 2)
        assert answer.done() is answered
        assert (UNBIND in esme.requests) is (fault == "unbind_rate")
    assert len(ledger_of(simulator, number)) == lines


async def test_impossible_lengths(simulator: Simulator, http: httpx.AsyncClient) -> None:
    await turn_on(http, bad_length_rate=1)
    number, lengths = a_number(), set()
    for _ in range(8):
        reader, writer = await asyncio.open_connection("127.0.0.1", simulator.smpp_ports["docomo"])
        writer.write(pdu(BIND_TRANSCEIVER, b"platform\0simulator\0\0\x34\0\0\0"))
        await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big") - 4)
        writer.write(pdu(SUBMIT, submit_body(number, b"\x30\x42", registered=0)))
        lengths.add(int.from_bytes(await reader.readexactly(4), "big"))
        writer.close()
    assert lengths == {0, 8, 0x7FFFFFFF}
    assert len(ledger_of(simulator, number)) == 8


@pytest.mark.parametrize("fault", ["withheld_answer_rate", "wrong_command_rate"])
async def test_no_answer_but_a_receipt(
    simulator: Simulator, http: httpx.AsyncClient, docomo: Esme, fault: str
) -> None:
    await turn_on(http, **{fault: 1})
    number = a_number()
    answer = docomo.expect(docomo.send(SUBMIT, submit_body(number, b"\x30\x42")))
    receipt = await docomo.receipt()
    assert [line["carrier_message_id"] for line in ledger_of(simulator, number)] == [receipt.field("id")]
    assert not answer.done() or answer.result()[0] != SUBMIT | RESP
    assert not docomo.closed.is_set()


async def test_odd_pdus_around_a_good_answer(http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, unknown_command_rate=1, stray_nack_rate=1, unterminated_answer_rate=1)
    status, message_id = await docomo.submit(a_number())
    assert status == 0
    assert message_id == (await docomo.receipt()).field("id")
    assert 0x42 in docomo.requests


async def test_slow_and_reordered(http: httpx.AsyncClient, docomo: Esme) -> None:
    await turn_on(http, slow_rate=1, slow_seconds=0.3)
    before = time.monotonic()
    assert (await docomo.submit(a_number(), registered=0))[0] == 0
    assert time.monotonic() - before > 0.29
    await turn_on(http, reordered_answer_rate=1, reordered_answer_seconds=0.2)
    order: list[int] = []

    async def submit(position: int) -> None:
        assert (await docomo.submit(a_number(), registered=0))[0] == 0
        order.append(position)

    await asyncio.gather(*(submit(position) for position in range(10)))
    assert order != sorted(order)
