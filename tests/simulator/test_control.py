"""The control API and the table of scenarios."""

import asyncio
import re
from dataclasses import fields
from pathlib import Path

import httpx
from starlette.routing import Route

from simulator import Simulator
from simulator.faults import PRESETS, LinkFaults
from simulator.scenario_table import SCENARIOS
from tests.simulator.conftest import Maap, StartSimulator
from tests.simulator.smpp_client import Esme
from tests.simulator.webhook_server import WebhookServer

HANDSET = "/control/handsets/09010000080"


async def test_scenarios_are_listed_with_their_numbers(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/control/scenarios")).json()
    rows = {row["code"]: row for row in answer["scenarios"]}
    assert len(rows) == len(SCENARIOS) == len({row["name"] for row in rows.values()})
    assert rows["12"]["first_numbers"]["softbank"] == "09000001220"
    for row in rows.values():
        handset = (await http.get(f"/control/handsets/{row['first_numbers']['au']}")).json()
        assert handset["scenario"] == row["name"]
        assert handset["carrier"] == (None if row["nobody"] else "au")


async def test_changes_a_handset(simulator: Simulator, http: httpx.AsyncClient) -> None:
    changed = await http.put(HANDSET, json={"carrier": "au", "app": False, "scenario": "barred"})
    assert changed.json() == {
        "number": "09010000080",
        "carrier": "au",
        "app": False,
        "on": True,
        "auto_read": False,
        "scenario": "barred",
        "magic": False,
        "out_of_service_months": None,
    }
    async with await Esme.bound(simulator.smpp_ports["au"]) as esme:
        await esme.submit("09010000080")
        assert (await esme.receipt()).field("stat") == "REJECTD"
    assert len((await http.get("/control/handsets")).json()["handsets"]) == 1
    await http.post("/control/reset")
    assert (await http.get(HANDSET)).json()["carrier"] == "docomo"


async def test_a_reset_counts_anew(
    http: httpx.AsyncClient, docomo: Esme, maap: Maap, hooks: WebhookServer
) -> None:
    async def counts() -> dict[str, int]:
        state = (await http.get("/control/state")).json()
        centre, webhooks = state["carriers"]["docomo"], state["webhooks"]
        return {
            "waiting": webhooks["waiting"],
            "texts": centre["accepted"],
            "receipts": centre["receipts"]["acknowledged"],
            "messages": centre["rcs"]["accepted"],
            "events": webhooks["delivered"],
        }

    await docomo.submit("09010000082")
    await docomo.receipt()
    await docomo.call(0x15)  # answered in order: by then the receipt's answer was heard
    await hooks.wait_for(await maap.sent_id("09010000082"), "delivered")
    async with asyncio.timeout(5):
        while (before := await counts())["waiting"]:  # an event counts when its answer is back
            pass
    assert [name for name, count in before.items() if not count] == ["waiting"]
    await http.post("/control/reset")
    assert set((await counts()).values()) == {0}


async def test_refuses_bad_changes(http: httpx.AsyncClient) -> None:
    wishes: list[object] = [{"carrier": "nttpc"}, {"on": 1}, {"scenario": "nothing"}, {"colour": "red"}, []]
    for wish in wishes:
        assert (await http.put(HANDSET, json=wish)).status_code == 400
    assert (await http.put("/control/handsets/0312345678", json={})).status_code == 400
    assert (await http.get("/control/messages", params={"number": "1"})).status_code == 400


async def test_handsets_survive_a_restart(start: StartSimulator) -> None:
    first = await start()
    async with httpx.AsyncClient(base_url=first.http_url) as http:
        await http.put(HANDSET, json={"carrier": "rakuten", "out_of_service_months": ["2026-01"]})
    await first.stop()
    second = await start()
    handset = second.network.handsets.get("09010000080")
    assert (handset.carrier, handset.months) == ("rakuten", ("2026-01",))


async def test_messages_state_and_health(simulator: Simulator, http: httpx.AsyncClient, docomo: Esme) -> None:
    await docomo.submit("09010000081", "一通目")
    await docomo.receipt()
    (message,) = (await http.get("/control/messages", params={"number": "09010000081"})).json()["messages"]
    assert (message["text"], message["parts"][0]["status"]) == ("一通目", "delivered")
    assert len((await http.get("/control/messages")).json()["messages"]) == 1
    state = (await http.get("/control/state")).json()
    assert state["seed"] == 1
    assert (state["carriers"]["docomo"]["bound"], state["carriers"]["rakuten"]["rcs"]) == (1, None)
    health = await http.get("/health")
    assert health.status_code == 200
    assert health.json()["ports"] == {"http": simulator.http_port, **simulator.smpp_ports}


def test_the_documentation_lists_every_scenario() -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
    rows = [line.split(" | ")[:2] for line in text.splitlines() if re.match(r"\| \d\d \| `", line)]
    assert rows == [[f"| {scenario.code}", f"`{scenario.name}`"] for scenario in SCENARIOS]


def test_the_documentation_names_every_lasting_fault_preset_and_route(simulator: Simulator) -> None:
    text = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
    lasting = text.split("### Lasting, of one link")[1].split("## Ledger")[0]
    named = set(re.findall(r"`(\w+)`", lasting))
    assert {field.name for field in fields(LinkFaults)} | {"drop", "unbind"} <= named
    assert {f"`{preset}`" for preset in PRESETS} <= set(re.findall(r"`\w+`", text))
    places = {route.path.split("/{")[0] for route in simulator.routes() if isinstance(route, Route)}
    undocumented = {"/", "/favicon.ico", "/static", "/links/rates"}  # a redirect, and parts of pages
    assert {place for place in places - undocumented if place not in text} == set()
    actions = {
        route.path.rpartition("/")[2]
        for route in simulator.routes()
        if isinstance(route, Route) and route.path.startswith("/control/handsets/{number}/")
    }
    assert actions == {"reply", "read"}
    assert {action for action in actions if f"09012345678/{action}" not in text} == set()
