"""Everything that goes wrong is a problem answer with a code (RFC 9457)."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.database import Database
from tests.api.problem_answers import problem_of
from tests.api.test_campaigns import request_of
from tests.services.support import Companies, now


async def count_of(companies: Companies) -> int:
    return int(await companies.one("SELECT count(*) FROM campaigns"))


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"name": ""}, "name", "name_missing"),
        ({"name": "あ" * 101}, "name", "name_too_long"),
        ({"sms_text": None}, "sms_text", "sms_text_missing"),
        ({"sms_text": "あ" * 661}, "sms_text", "sms_text_too_long"),
        ({"sms_text": "{{住所}}"}, "sms_text", "unknown_variable"),
        ({"sms_text": "{{氏名"}, "sms_text", "malformed_variable"),
        ({"sms_text": "{{オプトアウトURL}}"}, "sms_text", "link_not_available"),
        ({"channel": "rcs"}, "rcs_text", "rcs_text_missing"),
        ({"channel": "rcs", "rcs_text": "あ" * 2731}, "rcs_text", "rcs_text_too_long"),
        ({"send_at": "2020-01-01T00:00:00+09:00"}, "send_at", "past_send_time"),
        ({"send_at": "2999-01-01T00:00:00+09:00"}, "send_at", "send_time_too_far"),
        ({"carriers": []}, "carriers", "carriers_missing"),
        (
            {"recycling_reference_on": "2999-01-01"},
            "recycling_reference_on",
            "reference_date_invalid",
        ),
        ({"recipients": [{"phone_number": "117"}], "sms_text": "x"}, "recipients", "no_valid_recipient"),
    ],
)
async def test_refuses_a_bad_campaign(
    client: httpx.AsyncClient, companies: Companies, changes: dict[str, Any], field: str, code: str
) -> None:
    """What, where, how to mend it; nothing half-registered."""
    before = await count_of(companies)
    problem = problem_of(
        await client.post("/campaigns", json=request_of(1, **changes)), 422, "campaign_refused"
    )
    error = problem["errors"][0]
    assert (error["field"], error["code"]) == (field, code)
    assert error["detail"]
    assert await count_of(companies) == before


async def test_names_the_place_of_a_bad_variable(client: httpx.AsyncClient) -> None:
    """What and where."""
    answer = await client.post("/campaigns", json=request_of(1, sms_text="{{氏名}}様\nご住所 {{住所}}"))
    (error,) = problem_of(answer, 422, "campaign_refused")["errors"]
    assert (error["name"], error["line"], error["column"]) == ("住所", 2, 5)
    assert "「住所」(2行5文字目)" in error["detail"]


async def test_says_why_no_recipient_is_left(client: httpx.AsyncClient) -> None:
    """P-11: no valid recipient."""
    recipients = [{"phone_number": "117"}, {"phone_number": "02012345678"}]
    answer = await client.post("/campaigns", json=request_of(sms_text="x", recipients=recipients))
    errors = problem_of(answer, 422, "campaign_refused")["errors"]
    assert [(error["code"], error.get("row")) for error in errors] == [
        ("no_valid_recipient", None),
        ("number_wrong_length", 1),
        ("number_machine", 2),
    ]
    assert "02012345678" not in answer.text


async def test_refuses_options_without_a_contract(stranger: httpx.AsyncClient) -> None:
    """O-4, M."""
    answer = await stranger.post("/campaigns", json=request_of(1, exclude_opt_outs=True))
    (error,) = problem_of(answer, 422, "campaign_refused")["errors"]
    assert (error["code"], error["option"]) == ("option_not_contracted", "opt_out")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("required", "name"), ("required", "channel"), ("required", "recipients")}),
        ([], {("invalid_value", None)}),
        (request_of(1, channel="fax"), {("invalid_value", "channel")}),
        # A misspelt send_at must not send at once.
        (request_of(1, sendAt="2026-12-01T10:00:00+09:00"), {("unknown_field", "sendAt")}),
        (request_of(1, send_at="2026-12-01T10:00:00"), {("time_zone_missing", "send_at")}),
        (request_of(1, send_at="tomorrow"), {("invalid_value", "send_at")}),
        (request_of(recipients=[]), {("invalid_value", "recipients")}),
        (request_of(recipients="all"), {("invalid_value", "recipients")}),
        (
            request_of(recipients=[{"phone_number": 9012345678}]),
            {("invalid_value", "recipients[0].phone_number")},
        ),
        (
            request_of(recipients=[{"phone_number": "1"}, {"phone_number": "2", "variables": {"a": 1}}]),
            {("invalid_value", "recipients[1].variables")},
        ),
        (request_of(recipients=[{"phone_number": "1", "name": "x"}]), {("invalid_value", "recipients[0]")}),
    ],
)
async def test_names_every_mistake_of_form(
    client: httpx.AsyncClient, body: object, expected: set[tuple[str, str | None]]
) -> None:
    problem = problem_of(await client.post("/campaigns", json=body), 422, "invalid_request")
    assert {(error["code"], error["field"]) for error in problem["errors"]} == expected


async def test_reads_only_json_of_a_bearable_size(client: httpx.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    for malformed in (b"", b"{", b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a": NaN}', b"\xff"):
        answer = await client.post("/campaigns", content=malformed, headers=json_type)
        problem_of(answer, 400, "malformed_json")
    answer = await client.post("/campaigns", data={"name": "x"})
    problem_of(answer, 415, "unsupported_media_type")
    answer = await client.post("/campaigns", content=b" " * 1_000_001, headers=json_type)
    problem_of(answer, 413, "body_too_large")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_refuses_an_unusable_idempotency_key(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/campaigns", json=request_of(1), headers={"Idempotency-Key": key})
    problem_of(answer, 400, "invalid_idempotency_key")


async def test_refuses_too_many_variables(client: httpx.AsyncClient) -> None:
    recipients = [{"phone_number": "09012345678", "variables": {str(n): "x" for n in range(101)}}]
    problem = problem_of(
        await client.post("/campaigns", json=request_of(recipients=recipients)), 422, "invalid_request"
    )
    assert problem["errors"][0]["code"] == "too_many_variables"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer wrong", "Basic {key}", "{key}"])
async def test_lets_nobody_in_without_a_key(
    anonymous: httpx.AsyncClient, companies: Companies, authorization: str | None
) -> None:
    headers = {"Authorization": authorization.format(key=companies.first.api_key)} if authorization else {}
    for path in ("/campaigns", "/campaigns/nonsense", "/messages/nonsense"):
        answer = await anonymous.get(f"/api/v1{path}", headers=headers)
        problem_of(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_unknown_addresses_and_methods(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    problem_of(await client.get("/nothing"), 404, "not_found")
    problem_of(await anonymous.get("/api/v2/campaigns"), 404, "not_found")
    not_allowed = await client.delete("/campaigns")
    problem_of(not_allowed, 405, "method_not_allowed")
    assert not_allowed.headers["allow"]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "many"}, {"status": "lost"}])
async def test_refuses_bad_queries(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    problem = problem_of(await client.get("/campaigns", params=query), 422, "invalid_request")
    assert problem["errors"][0]["field"].startswith(next(iter(query)))


async def test_refuses_a_made_up_cursor(client: httpx.AsyncClient) -> None:
    problem_of(await client.get("/campaigns", params={"cursor": "42"}), 400, "invalid_cursor")


async def test_says_when_to_come_back_while_the_database_is_down(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    """Database down."""
    app.state.database = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    for answer in (await client.get("/campaigns"), await client.post("/campaigns", json=request_of(1))):
        problem_of(answer, 503, "temporarily_unavailable")
        assert int(answer.headers["retry-after"]) > 0


async def test_an_unforeseen_error_tells_nothing(client: httpx.AsyncClient, app: FastAPI) -> None:
    app.state.database = object()
    answer = await client.get("/campaigns")
    problem_of(answer, 500, "internal_error")
    assert "object" not in answer.text


async def test_answers_are_not_stored(client: httpx.AsyncClient) -> None:
    """Answers hold phone numbers."""
    assert (await client.get("/campaigns")).headers["cache-control"] == "no-store"


async def test_the_description_is_complete(anonymous: httpx.AsyncClient) -> None:
    """OpenAPI: every operation with its problems, security and schemas that resolve."""
    schema = (await anonymous.get("/api/v1/openapi.json")).json()
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {
        "POST /campaigns",
        "GET /campaigns",
        "GET /campaigns/{campaign_id}",
        "GET /campaigns/{campaign_id}/messages",
        "POST /campaigns/{campaign_id}/cancel",
        "GET /messages/{message_id}",
    }
    for operation in operations.values():
        assert operation["security"] == [{"ApiKey": []}]
        for status, answer in operation["responses"].items():
            expected = "application/json" if status.startswith("2") else "application/problem+json"
            assert list(answer["content"]) == [expected], status
    assert operations["POST /campaigns"]["requestBody"]["required"]
    assert schema["servers"] == [{"url": "/api/v1"}]
    text = json.dumps(schema)
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.split('"')[0] in schema["components"]["schemas"]


async def test_scheduled_times_are_taken_with_any_offset(client: httpx.AsyncClient) -> None:
    """P-3."""
    at = (now() + timedelta(hours=2)).replace(microsecond=0)
    created = await client.post("/campaigns", json=request_of(1, 900, send_at=at.isoformat()))
    campaign = (await client.get(f"/campaigns/{created.json()['id']}")).json()
    assert campaign["send_at"].startswith(at.strftime("%Y-%m-%dT%H:%M:%S"))
