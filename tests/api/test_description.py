"""The description (OpenAPI) says what programs and generators have to know."""

from typing import Any

import httpx
import pytest

from api.problems import ProblemCode
from api.wording import ERROR_CODES
from domain.campaigns import MAX_RECIPIENTS, CampaignProblem
from domain.rate_limits import LIMITS, LimitKind

OPERATIONS = {
    "create_campaign",
    "list_campaigns",
    "get_campaign",
    "list_campaign_messages",
    "cancel_campaign",
    "get_message",
}


@pytest.fixture
async def described(anonymous: httpx.AsyncClient) -> dict[str, Any]:
    description: dict[str, Any] = (await anonymous.get("/api/v1/openapi.json")).json()
    return description


def operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in described["paths"].values() for operation in path.values()]


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    """What generators call their functions: renaming one breaks programs."""
    assert {operation["operationId"] for operation in operations(described)} == OPERATIONS
    assert described["info"]["license"]["name"]


def test_every_code_an_operation_answers_is_told(described: dict[str, Any]) -> None:
    """By status, with an example of each."""
    told = set()
    for operation in operations(described):
        for status, response in operation["responses"].items():
            if not status.startswith(("4", "5")):
                continue
            codes = response["x-problem-codes"]
            assert set(codes) == set(response["content"]["application/problem+json"]["examples"])
            assert all(code in response["description"] for code in codes)
            told |= set(codes)
    # What no operation answers: an address or a method that is none.
    assert set(ProblemCode) - told == {"method_not_allowed", "request_failed"}
    codes = described["components"]["schemas"]["ProblemError"]["properties"]["code"]["x-error-codes"]
    assert set(codes) == set(ERROR_CODES) >= set(CampaignProblem)


def test_who_has_to_wait_is_told_for_how_long(described: dict[str, Any]) -> None:
    """429, 503 and a request at work; what is left of the rate is in every answer to a key."""
    for operation in operations(described):
        for status in ("429", "503"):
            assert "Retry-After" in operation["responses"][status]["headers"]
        for response in operation["responses"].values():
            assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(response["headers"])
    assert "Retry-After" in described["paths"]["/campaigns"]["post"]["responses"]["409"]["headers"]


def test_limits_can_be_read_by_programs(described: dict[str, Any]) -> None:
    """In the schema where it has words for them, else in numbers beside it."""
    schemas = described["components"]["schemas"]
    campaign, recipient = schemas["CampaignRequest"]["properties"], schemas["Recipient"]
    assert campaign["name"]["maxLength"] == 100
    assert campaign["recipients"]["maxItems"] == MAX_RECIPIENTS
    assert {campaign[text]["maxLength"] for text in ("sms_text", "rcs_text")} == {10_000}
    assert recipient["additionalProperties"] is False
    assert schemas["CampaignRequest"]["additionalProperties"] is False
    variables = recipient["properties"]["variables"]["anyOf"][0]
    assert variables["maxProperties"] == 100
    assert variables["propertyNames"]["maxLength"] == 100
    assert variables["additionalProperties"]["maxLength"] == 2_730
    limits = described["paths"]["/campaigns"]["post"]["requestBody"]["x-limits"]
    assert limits["max_bytes"] == 1_000_000
    assert limits["requests_in_a_row"] == LIMITS[LimitKind.API_REQUEST].burst


def test_what_may_be_left_out_is_optional_to_generators(described: dict[str, Any]) -> None:
    """A default would make it required in generated types."""
    schemas = described["components"]["schemas"]
    for name in ("CampaignRequest", "FollowUpRequest", "Recipient"):
        assert not any("default" in member for member in schemas[name]["properties"].values())
    assert schemas["Recipient"]["required"] == ["phone_number"]


async def test_too_large_a_body_is_told_the_limit(client: httpx.AsyncClient) -> None:
    """413: in bytes."""
    answer = await client.post(
        "/campaigns", content=b"1" * 1_000_001, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["limit"] == 1_000_000


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "end",
        "-" + "0" * 32,
        "0" * 33,
        "0" * 31 + "G",
        "urn:uuid:" + "0" * 32,
        "０" * 32,
        "a" * 5_000,
    ],
)
async def test_a_cursor_is_one_of_ours(client: httpx.AsyncClient, cursor: str) -> None:
    """As the description says; an empty one must not begin from the start again."""
    for path in ("/campaigns", "/campaigns/00000000-0000-0000-0000-000000000000/messages"):
        answer = await client.get(path, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("key", ["a" * 256, "キー".encode(), "a\tb", b"a\x7f"])
async def test_a_key_of_a_request_is_as_described(client: httpx.AsyncClient, key: str | bytes) -> None:
    """1 to 255 printable characters, once."""
    headers = [(b"Idempotency-Key", key if isinstance(key, bytes) else key.encode())]
    for sent in (headers, [(b"Idempotency-Key", b"a"), (b"Idempotency-Key", b"b")]):
        answer = await client.post("/campaigns", json={}, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
