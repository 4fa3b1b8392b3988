"""Link faults and faults by rate, asked for through the control API."""

import asyncio

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import StartSimulator, ledger_of
from tests.simulator.smpp_client import ENQUIRE, SUBMIT, UNBIND, Esme, submit_body
from tests.simulator.webhook_server import WebhookServer

LINK = "/control/links/docomo"


async def test_drop_and_unbind(simulator: Simulator, http: httpx.AsyncClient, docomo: Esme) -> None:
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as other:
        await http.post(LINK, json={"unbind": True})
        await asyncio.wait_for(other.closed.wait(), 2)
        assert UNBIND in other.requests
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as other:
        await http.post(LINK, json={"drop": True})
        await asyncio.wait_for(other.closed.wait(), 2)
        assert UNBIND not in other.requests


async def test_silence_keeps_the_socket_and_serves_late(
    simulator: Simulator, http: httpx.AsyncClient, docomo: Esme
) -> None:
    await http.post(LINK, json={"silent": True})
    answer = asyncio.create_task(docomo.submit("09010000050"))
    assert await docomo.no_receipt(0.15)
    assert not answer.done()
    assert not docomo.closed.is_set()
    assert ledger_of(simulator, "09010000050") == []
    await http.post(LINK, json={"silent": False})
    assert (await answer)[0] == 0
    await docomo.receipt()


async def test_throttle_refuse_bind_refuse_connect(
    simulator: Simulator, http: httpx.AsyncClient, docomo: Esme
) -> None:
    faults = {"throttle": True, "refuse_bind": True}
    await http.post(LINK, json=faults)
    assert (await docomo.submit("09010000051"))[0] == 0x58
    async with await Esme.connect(simulator.smpp_ports["docomo"]) as other:
        assert (await other.bind())[1] == 0x0D
    await http.post(LINK, json={"refuse_connect": True})
    async with await Esme.connect(simulator.smpp_ports["docomo"]) as other:
        await asyncio.wait_for(other.closed.wait(), 2)
    await http.post(LINK, json=dict.fromkeys(faults, False) | {"submit_status": 0x0600})
    assert (await docomo.submit("09010000051"))[0] == 0x0600


@pytest.mark.parametrize(("moment", "lines"), [("before", 0), ("after", 1)])
async def test_drop_on_submit(simulator: Simulator, http: httpx.AsyncClient, moment: str, lines: int) -> None:
    number = f"0901000005{lines + 2}"
    await http.post(LINK, json={"drop_on_submit": moment})
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        esme.send(SUBMIT, submit_body(number, b"\x30\x42", registered=0))
        await asyncio.wait_for(esme.closed.wait(), 2)
    assert len(ledger_of(simulator, number)) == lines
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        assert (await esme.submit("09010000054", registered=0))[0] == 0


async def test_window_overflow_is_throttled(start: StartSimulator) -> None:
    simulator = await start(smpp_window=3)
    async with httpx.AsyncClient(base_url=simulator.http_url) as http:
        await http.post(LINK, json={"delay_seconds": 0.1})
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        statuses = [
            status for status, _ in await asyncio.gather(*(esme.submit("09010000055") for _ in range(5)))
        ]
    assert sorted(statuses) == [0, 0, 0, 0x58, 0x58]


async def test_rates(simulator: Simulator, http: httpx.AsyncClient, docomo: Esme) -> None:
    await http.put("/control/faults", json={"duplicate_receipt_rate": 1})
    await docomo.submit("09010000056")
    first, second = await docomo.receipt(), await docomo.receipt()
    assert first.field("id") == second.field("id")
    await http.put(
        "/control/faults",
        json={"duplicate_receipt_rate": 0, "late_receipt_rate": 1, "late_receipt_seconds": 0.3},
    )
    await docomo.submit("09010000056")
    assert await docomo.no_receipt(0.2)
    await docomo.receipt()
    await http.put("/control/faults", json={"late_receipt_rate": 0, "throttle_rate": 1})
    assert (await docomo.submit("09010000056"))[0] == 0x58
    await http.put("/control/faults", json={"throttle_rate": 0, "lost_answer_rate": 1})
    docomo.send(SUBMIT, submit_body("09010000057", b"\x30\x42", registered=0))
    await asyncio.wait_for(docomo.closed.wait(), 2)
    assert len(ledger_of(simulator, "09010000057")) == 1


async def test_jitter_answers_out_of_order(http: httpx.AsyncClient, docomo: Esme) -> None:
    await http.post(LINK, json={"jitter_seconds": 0.1})
    order: list[int] = []

    async def submit(position: int) -> None:
        assert (await docomo.submit("09010000059", registered=0))[0] == 0
        order.append(position)

    await asyncio.gather(*(submit(position) for position in range(12)))
    assert order != sorted(order)


async def test_invented_receipts_and_events(
    http: httpx.AsyncClient, docomo: Esme, hooks: WebhookServer
) -> None:
    wish = {"message_id": "x1", "outcome": "barred", "count": 3}
    assert (await http.post("/control/receipts/docomo", json=wish)).status_code == 202
    assert [(await docomo.receipt()).field("id") for _ in range(3)] == ["x1"] * 3
    for bad in ({"outcome": "eaten"}, {"count": 0}, {"colour": 1}):
        assert (await http.post("/control/receipts/docomo", json=bad)).status_code == 400
    event = {"event": "isTyping", "RCSMessage": {"msgId": "invented", "status": "active"}}
    assert (await http.post("/control/webhooks/au", json=event)).status_code == 202
    await hooks.wait_for("invented", "active")


async def test_bad_wishes_change_nothing(http: httpx.AsyncClient, docomo: Esme) -> None:
    for wish in ({"silence": True}, {"silent": 1}, {"throttle": True, "submit_status": "x"}, [1]):
        assert (await http.post(LINK, json=wish)).status_code == 400
    assert (await http.put("/control/faults", json={"throttle_rate": 2})).status_code == 400
    assert (await http.post("/control/links/nobody", json={})).status_code == 404
    assert (await docomo.call(ENQUIRE))[1] == 0
    assert (await docomo.submit("09010000058", registered=0))[0] == 0
