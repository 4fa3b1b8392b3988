"""Registering, reading and cancelling campaigns by program (P-2, P-3, P-9)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from api.answers import RejectionReason
from domain.recipient_files import RowErrorCode
from tests.api.problem_answers import problem_of
from tests.services.support import Companies, now, numbers


def request_of(count: int = 2, first: int = 0, **changes: Any) -> dict[str, Any]:
    recipients = [{"phone_number": n, "variables": {"氏名": "山田"}} for n in numbers(count, first)]
    usual = {"name": "API", "channel": "sms", "sms_text": "{{氏名}}様、明日です。", "recipients": recipients}
    return {**usual, **changes}


MIXED = [
    {"phone_number": "+81 90-2000-0001", "variables": {"氏名": "山田"}},
    {"phone_number": "03-1234-5678", "variables": {"氏名": "佐藤"}},
    {"phone_number": "09020000001", "variables": {"氏名": "鈴木"}},
    {"phone_number": "09020000004"},
    {"phone_number": ""},
    {"phone_number": "09020000006", "variables": {"氏名": "あ" * 700}},
    {"phone_number": "09020000007", "variables": {"氏名": "田中\x00"}},
]


async def test_registers_what_can_be_sent_and_names_the_rest(
    client: httpx.AsyncClient, app: FastAPI, companies: Companies
) -> None:
    """P-11: the row, the number as given, the reason."""
    response = await client.post("/campaigns", json=request_of(recipients=MIXED))
    assert response.status_code == 201, response.text
    body = response.json()
    assert set(body) == {"id", "status", "accepted", "rejected"}
    assert (body["status"], body["accepted"]) == ("registered", 2)
    assert [(r["row"], r["phone_number"], r["reason"]) for r in body["rejected"]] == [
        (2, "03-1234-5678", "number_not_mobile"),
        (3, "09020000001", "duplicate"),
        (4, "09020000004", "missing_variable"),
        (5, "", "number_empty"),
        (6, "09020000006", "too_long"),
    ]
    assert response.headers["location"] == f"/api/v1/campaigns/{body['id']}"
    assert [str(campaign) for _, campaign in app.state.delivery.started] == [body["id"]]

    messages = (await client.get(f"/campaigns/{body['id']}/messages")).json()
    assert [item["phone_number"] for item in messages["items"]] == ["09020000001", "09020000007"]
    assert messages["next_cursor"] is None
    assert set(messages["items"][0]) == {
        "id", "parent_id", "phone_number", "channel", "carrier", "status", "reason", "parts", "accepted_at",
        "submitted_at", "delivered_at", "read_at", "closed_at",
    }  # fmt: skip
    message = (await client.get(f"/messages/{messages['items'][0]['id']}")).json()
    assert (message["status"], message["campaign_id"], message["row"]) == ("accepted", body["id"], 1)

    campaign = (await client.get(f"/campaigns/{body['id']}")).json()
    assert (campaign["status"], campaign["channel"]) == ("registered", "sms")
    assert campaign["counters"]["total"] == 2
    listed = (await client.get("/campaigns", params={"status": "registered"})).json()
    assert listed["items"][0]["id"] == body["id"]


async def test_ten_retries_at_once_are_one_campaign(client: httpx.AsyncClient, companies: Companies) -> None:
    """A retried POST registers once; who comes while it is at work is told to come back, and is answered."""
    request = request_of(3, 100, recipients=[{"phone_number": n} for n in [*numbers(3, 100), "1"]])
    request["sms_text"] = "明日です。"
    key = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(client.post("/campaigns", json=request, headers=key) for _ in range(10)))
    registered = [answer for answer in answers if answer.status_code == 201]
    for answer in set(answers) - set(registered):
        problem_of(answer, 409, "request_in_progress")
        assert int(answer.headers["retry-after"]) >= 1
    first = [answer for answer in registered if "idempotency-replayed" not in answer.headers]
    assert len(first) == 1
    again = await client.post("/campaigns", json=request, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert {answer.text for answer in registered} == {again.text}
    assert [r["row"] for r in again.json()["rejected"]] == [4]
    count = "SELECT count(*) FROM messages WHERE campaign_id = :id"
    assert await companies.one(count, id=again.json()["id"]) == 3


async def test_one_key_for_two_requests_is_a_conflict(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    """The same in another order is the same; anything else is not; keys belong to a company."""
    key = {"Idempotency-Key": "order-1"}
    request = request_of(1, 200)
    first = await client.post("/campaigns", json=request, headers=key)
    reordered = dict(reversed(request.items()))
    again = await client.post("/campaigns", json=reordered, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    other = await client.post("/campaigns", json={**request, "name": "別"}, headers=key)
    problem_of(other, 409, "idempotency_conflict")
    theirs = await stranger.post("/campaigns", json=request, headers=key)
    assert theirs.json()["id"] != first.json()["id"]


async def test_a_refused_request_leaves_its_key_free(client: httpx.AsyncClient) -> None:
    """Nothing half-registered."""
    key = {"Idempotency-Key": "mended"}
    problem_of(
        await client.post("/campaigns", json=request_of(name=""), headers=key), 422, "campaign_refused"
    )
    assert (await client.post("/campaigns", json=request_of(1, 300), headers=key)).status_code == 201


async def test_a_scheduled_campaign_waits_and_can_be_cancelled(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    """P-3: and a second cancel answers the same."""
    send_at = (now() + timedelta(days=1)).isoformat()
    created = (await client.post("/campaigns", json=request_of(2, 400, send_at=send_at))).json()
    for _ in range(2):
        cancelled = await client.post(f"/campaigns/{created['id']}/cancel")
        assert cancelled.status_code == 200
        assert cancelled.json() == {
            "id": created["id"],
            "status": "cancelled",
            "cancelled": 2,
            "already_handed_over": 0,
        }
    assert {str(campaign) for campaign in app.state.delivery.changed} == {created["id"]}
    campaign = (await client.get(f"/campaigns/{created['id']}")).json()
    assert (campaign["status"], campaign["counters"]["cancelled"]) == ("cancelled", 2)


async def test_a_completed_campaign_cannot_be_cancelled(
    client: httpx.AsyncClient, companies: Companies
) -> None:
    """P-3."""
    created = (await client.post("/campaigns", json=request_of(1, 500))).json()
    await companies.rows("UPDATE campaigns SET status = 'completed' WHERE id = :id", id=created["id"])
    problem_of(await client.post(f"/campaigns/{created['id']}/cancel"), 409, "campaign_not_cancellable")


async def test_pages_of_messages(client: httpx.AsyncClient) -> None:
    """Every message once, in the order of the recipients."""
    created = (await client.post("/campaigns", json=request_of(7, 600))).json()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
        page = (await client.get(f"/campaigns/{created['id']}/messages", params=query)).json()
        seen += [item["phone_number"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == numbers(7, 600)


async def test_other_companies_find_nothing(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    """I9: another company's id, a random one and nonsense get the very same answer."""
    created = (await client.post("/campaigns", json=request_of(1, 700))).json()
    (message,) = (await client.get(f"/campaigns/{created['id']}/messages")).json()["items"]
    for campaign_id in (created["id"], uuid4(), "nonsense"):
        for answer in (
            await stranger.get(f"/campaigns/{campaign_id}"),
            await stranger.get(f"/campaigns/{campaign_id}/messages"),
            await stranger.post(f"/campaigns/{campaign_id}/cancel"),
        ):
            problem_of(answer, 404, "not_found")
    for message_id in (message["id"], uuid4(), "nonsense"):
        problem_of(await stranger.get(f"/messages/{message_id}"), 404, "not_found")
    assert created["id"] not in (await stranger.get("/campaigns")).text


async def test_a_temporal_that_is_down_does_not_stop_a_registration(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    """Decision 0008: the row is the outbox."""
    app.state.delivery.failure = RuntimeError("down")
    response = await client.post("/campaigns", json=request_of(1, 800))
    assert response.status_code == 201
    cancelled = await client.post(f"/campaigns/{response.json()['id']}/cancel")
    assert cancelled.status_code == 200


def test_every_reason_a_recipient_can_be_left_out_for_has_its_word() -> None:
    """P-11: what only files can have aside; a reason without a word would be an error of ours."""
    of_files = {
        RowErrorCode.TOO_MANY_CELLS,
        RowErrorCode.BROKEN_QUOTES,
        RowErrorCode.TOO_MANY_ROWS,
        RowErrorCode.UNREADABLE_FROM_HERE,
        *(code for code in RowErrorCode if code.startswith("cell_")),
    }
    assert {code.value for code in set(RowErrorCode) - of_files} == {
        reason.value for reason in RejectionReason
    }


async def test_a_character_nobody_can_show_leaves_its_recipient_out(client: httpx.AsyncClient) -> None:
    """P-11."""
    people = [
        {"phone_number": n, "variables": {"氏名": name}}
        for n, name in zip(numbers(2, 950), "\ue000山", strict=True)
    ]
    body = (await client.post("/campaigns", json=request_of(recipients=people))).json()
    assert (body["accepted"], [r["reason"] for r in body["rejected"]]) == (1, ["unshowable_character"])
