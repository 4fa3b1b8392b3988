"""A campaign's second message by program: asked for, checked, counted, answered (P-7, P-8, L-2)."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from domain.carrier_exchange import InboundMessage
from domain.carriers import Carrier, Channel
from services.database import NO_COMPANY
from services.inbound_messages import store_inbound
from tests.api.problem_answers import problem_of
from tests.api.test_campaigns import request_of
from tests.services.factories import Bench, an_id
from tests.services.support import Companies

FOLLOW_UP = {"trigger": "reply", "sms_text": "{{氏名}}様、承りました。", "valid_for_hours": 24}


async def test_a_second_message_is_registered_counted_and_shown(
    client: httpx.AsyncClient, companies: Companies
) -> None:
    body = (await client.post("/campaigns", json=request_of(1, 500, follow_up=FOLLOW_UP))).json()
    campaign = (await client.get(f"/campaigns/{body['id']}")).json()
    assert campaign["follow_up"] == {**FOLLOW_UP, "rcs_text": None}
    assert (campaign["counters"]["total"], campaign["second_counters"]["total"]) == (1, 0)

    (first,) = (await client.get(f"/campaigns/{body['id']}/messages")).json()["items"]
    bench = Bench(companies.database, companies.jobs_database, companies.first.company_id)
    await bench.submitted(bench.order(UUID(first["id"])), an_id())
    await bench.close(bench.closing(UUID(first["id"])))
    reply = InboundMessage(
        channel=Channel.SMS,
        carrier=Carrier.DOCOMO,
        phone_number=first["phone_number"],
        bot_id=None,
        carrier_message_id=None,
        text="はい",
        postback_data=None,
        occurred_at=None,
        destination="0312345678",
    )
    async with companies.database.transaction(NO_COMPANY) as session:
        await store_inbound(session, reply)

    listed = (await client.get(f"/campaigns/{body['id']}/messages")).json()["items"]
    assert [item["parent_id"] for item in listed] == [None, first["id"]]
    message = (await client.get(f"/messages/{first['id']}")).json()
    assert message["second_message_id"] == listed[1]["id"]
    (answer,) = message["replies"]
    assert (answer["channel"], answer["text"], answer["outcome"]) == ("sms", "はい", "second_message")
    campaign = (await client.get(f"/campaigns/{body['id']}")).json()
    assert (campaign["counters"]["delivered"], campaign["second_counters"]["total"]) == (1, 1)


async def test_without_a_follow_up_there_is_nothing_of_it(client: httpx.AsyncClient) -> None:
    body = (await client.post("/campaigns", json=request_of(1, 510))).json()
    campaign = (await client.get(f"/campaigns/{body['id']}")).json()
    assert (campaign["follow_up"], campaign["second_counters"]) == (None, None)


@pytest.mark.parametrize(
    ("follow_up", "field", "code"),
    [
        ({"trigger": "delivered"}, "follow_up.sms_text", "sms_text_missing"),
        ({"trigger": "delivered", "sms_text": "あ" * 661}, "follow_up.sms_text", "sms_text_too_long"),
        ({"trigger": "delivered", "sms_text": "{{会社}}様"}, "follow_up.sms_text", "unknown_variable"),
        ({"trigger": "delivered", "sms_text": "{{"}, "follow_up.sms_text", "malformed_variable"),
        (
            {"trigger": "delivered", "sms_text": "a", "valid_for_hours": 1},
            "follow_up.valid_for_hours",
            "follow_up_validity_invalid",
        ),
    ],
)
async def test_the_second_text_is_checked_like_the_first(
    client: httpx.AsyncClient, follow_up: dict[str, Any], field: str, code: str
) -> None:
    answer = await client.post("/campaigns", json=request_of(1, 520, follow_up=follow_up))
    (error,) = problem_of(answer, 422, "campaign_refused")["errors"]
    assert (error["field"], error["code"]) == (field, code)


async def test_a_row_whose_second_text_would_be_too_long_is_rejected(client: httpx.AsyncClient) -> None:
    """S-1: before registration, like a first text."""
    long = {"phone_number": "09020000530", "variables": {"氏名": "あ" * 300}}
    request = request_of(1, 531, follow_up={"trigger": "delivered", "sms_text": "{{氏名}}{{氏名}}{{氏名}}"})
    request["recipients"].append(long)
    body = (await client.post("/campaigns", json=request)).json()
    assert [(r["row"], r["reason"]) for r in body["rejected"]] == [(2, "too_long")]


@pytest.mark.parametrize(
    ("follow_up", "field"),
    [
        ({"trigger": "sunrise", "sms_text": "a"}, "follow_up.trigger"),
        ({"trigger": "reply", "sms_text": "a", "valid_for_hours": 0}, "follow_up.valid_for_hours"),
        ({"trigger": "reply", "sms_text": "a", "valid_for_hours": "1"}, "follow_up.valid_for_hours"),
        ({"trigger": "reply", "sms_text": "a", "colour": "red"}, "follow_up.colour"),
    ],
)
async def test_mistakes_of_form_name_their_place(
    client: httpx.AsyncClient, follow_up: dict[str, Any], field: str
) -> None:
    answer = await client.post("/campaigns", json=request_of(1, 540, follow_up=follow_up))
    errors = problem_of(answer, 422, "invalid_request")["errors"]
    assert [error["field"] for error in errors] == [field]
