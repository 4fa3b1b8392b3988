"""The magic numbers as a MaaP plays them, and revoke, expiry, switching off."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import Maap, ledger_of
from tests.simulator.webhook_server import WebhookServer


def reason(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["reason"]["code"]


EVENTS = {
    "00": ["delivered"],
    "04": ["failed"],
    "11": ["delivered"],
    "20": ["delivered", "displayed"],
    "21": ["delivered", "displayed"],
    "22": ["displayed"],
    "23": ["displayed", "delivered"],
    "26": ["failed"],
    "27": ["sent", "delivered"],
    "60": ["delivered", "delivered"],
    "62": ["failed", "delivered"],
    "64": ["teleported", "delivered"],
}


async def test_events(maap: Maap, hooks: WebhookServer) -> None:
    ids = {code: await maap.sent_id(f"0900000{code}00") for code in EVENTS}
    for code, statuses in EVENTS.items():
        await hooks.wait_for(ids[code], *statuses)


async def test_shape_of_an_event(http: httpx.AsyncClient, hooks: WebhookServer) -> None:
    maap = await Maap(http, "softbank", "bot-9").authorise()
    message_id = await maap.sent_id("09000002622")
    await hooks.wait_for(message_id, "failed")
    path, headers, event = next(row for row in hooks.received if row[2] in hooks.of(message_id))
    assert path == "/callbacks/maap/softbank"
    assert headers["authorization"] == "bearer hook-token"
    assert datetime.fromisoformat(event["RCSMessage"].pop("timestamp")).tzinfo is not None
    assert event == {
        "event": "messageStatus",
        "RCSMessage": {"msgId": message_id, "status": "failed"},
        "messageContact": {"userContact": "+819000002622"},
        "botId": "bot-9",
        "reason": {"code": 500, "text": "handset error"},
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("42", (429, 42902)),
        ("43", (429, 42901)),
        ("44", (400, 400)),
        ("45", (410, 410)),
        ("48", (404, 40401)),
    ],
)
async def test_refusals(simulator: Simulator, maap: Maap, code: str, expected: tuple[int, int]) -> None:
    number = f"0900000{code}00"
    assert (await maap.capability(number)).status_code == 200
    assert reason(await maap.send(number)) == expected
    assert ledger_of(simulator, number) == []


async def test_throttled_first_then_accepted(maap: Maap) -> None:
    answers = [await maap.send("09000004001") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 202]
    assert answers[0].headers["retry-after"] == "1"


async def test_capability_faults(maap: Maap) -> None:
    assert (await maap.capability("09000007500")).status_code == 503
    with pytest.raises(httpx.ReadTimeout):
        await maap.capability("09000007600", within=0.1)
    for code in ("03", "09"):
        assert reason(await maap.capability(f"0900000{code}00")) == (404, 40401)


async def test_lost_answers_are_in_the_ledger(simulator: Simulator, maap: Maap, hooks: WebhookServer) -> None:
    for code, lines in (("30", 1), ("31", 1), ("32", 0)):
        with pytest.raises(httpx.ReadTimeout):
            await maap.send(f"0900000{code}07", within=0.1)
        assert len(ledger_of(simulator, f"0900000{code}07")) == lines
    assert (await maap.send("09000003407")).status_code == 500
    for code in ("31", "34"):
        await hooks.wait_for(ledger_of(simulator, f"0900000{code}07")[0]["carrier_message_id"], "delivered")


async def test_event_before_the_answer(maap: Maap, hooks: WebhookServer) -> None:
    sending = asyncio.create_task(maap.sent_id("09000006100"))
    before = len(hooks.received)
    async with hooks.arrived:
        await asyncio.wait_for(hooks.arrived.wait_for(lambda: len(hooks.received) > before), 2)
    assert not sending.done()
    assert hooks.received[-1][2]["RCSMessage"]["msgId"] == await sending


async def test_revoke_stops_a_late_delivery(maap: Maap, hooks: WebhookServer) -> None:
    message_id = await maap.sent_id("09000001100")
    assert (await maap.revoke(message_id)).status_code == 204
    assert (await maap.revoke(message_id)).status_code == 204
    await asyncio.sleep(0.5)
    assert hooks.statuses_of(message_id) == ["cancelled"]


async def test_revoke_comes_too_late(maap: Maap, hooks: WebhookServer) -> None:
    delivered = await maap.sent_id("09000000000")
    await hooks.wait_for(delivered, "delivered")
    assert reason(await maap.revoke(delivered)) == (409, 40901)
    in_the_moment = await maap.sent_id("09000001300")
    await asyncio.sleep(0.1)
    assert hooks.statuses_of(in_the_moment) == []
    assert reason(await maap.revoke(in_the_moment)) == (409, 40901)
    await hooks.wait_for(in_the_moment, "delivered")


async def test_delivered_despite_the_revoke(maap: Maap, hooks: WebhookServer) -> None:
    message_id = await maap.sent_id("09000001200")
    assert (await maap.revoke(message_id)).status_code == 204
    await hooks.wait_for(message_id, "delivered")


async def test_revokes_that_fail(maap: Maap, hooks: WebhookServer) -> None:
    error, lost, effective = [await maap.sent_id(f"0900000{code}00") for code in ("70", "71", "72")]
    assert (await maap.revoke(error)).status_code == 503
    for message_id in (lost, effective):
        with pytest.raises(httpx.ReadTimeout):
            await maap.revoke(message_id, within=0.1)
    await hooks.wait_for(effective, "cancelled")
    assert hooks.statuses_of(error) == hooks.statuses_of(lost) == []


async def test_expiry_fails_what_was_never_delivered(maap: Maap, hooks: WebhookServer) -> None:
    def soon(seconds: float = 0.2) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()

    never = await maap.sent_id("09000001000", expiry=soon())
    late = await maap.sent_id("09000001101", expiry=soon())
    stubborn = await maap.sent_id("09000001201", expiry=soon())
    quick = await maap.sent_id("09000000003", expiry=soon(5))
    await hooks.wait_for(stubborn, "failed", "delivered")
    await hooks.wait_for(never, "failed")
    assert hooks.of(never)[0]["reason"]["code"] == 408
    assert hooks.statuses_of(late) == ["failed"]
    assert hooks.statuses_of(quick) == ["delivered"]
    assert (await maap.revoke(never)).status_code == 204


async def test_switched_off_handset_gets_it_later(
    http: httpx.AsyncClient, maap: Maap, hooks: WebhookServer
) -> None:
    handset = "/control/handsets/09010000106"
    await http.put(handset, json={"on": False, "scenario": "read_at_once"})
    message_id = await maap.sent_id("09010000106")
    await asyncio.sleep(0.6)
    assert hooks.statuses_of(message_id) == []
    await http.put(handset, json={"on": True})
    await hooks.wait_for(message_id, "delivered", "displayed")


async def test_endpoint_faults(http: httpx.AsyncClient, maap: Maap) -> None:
    await http.post("/control/links/docomo", json={"http_status": 503})
    assert reason(await maap.send("09010000108")) == (503, 503)
    await http.post("/control/links/docomo", json={"http_status": 0, "http_silent": True})
    with pytest.raises(httpx.ReadTimeout):
        await maap.capability("09010000108", within=0.1)
    await http.post("/control/links/docomo", json={"http_silent": False, "throttle": True})
    assert reason(await maap.send("09010000108")) == (429, 42901)
