"""What the API answers to those who read: one way of writing moments, and nothing that was not asked for."""

import re
from datetime import datetime, timedelta

import httpx
import pytest

from tests.api.problem_answers import problem_of
from tests.api.test_campaigns import request_of
from tests.services.support import now

# One id in all processes that collect these tests.
NOBODYS_ID = "01a22f00-0000-7000-8000-000000000000"
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


def moments_in(answer: object) -> list[str]:
    if isinstance(answer, dict):
        own = [value for name, value in answer.items() if name.endswith("_at") and value is not None]
        return own + [moment for value in answer.values() for moment in moments_in(value)]
    return [moment for value in answer for moment in moments_in(value)] if isinstance(answer, list) else []


@pytest.mark.parametrize("fraction", ["", ".5", ".123456"])
async def test_all_moments_are_written_alike(client: httpx.AsyncClient, fraction: str) -> None:
    """UTC with milliseconds, so that texts sort as times do; nothing is registered before it was created."""
    at = now() + timedelta(days=1)
    send_at = f"{at:%Y-%m-%dT%H:%M:%S}{fraction}+00:00"
    created = (await client.post("/campaigns", json=request_of(2, 820, send_at=send_at))).json()
    campaign = (await client.get(f"/campaigns/{created['id']}")).json()
    assert campaign["created_at"] <= campaign["registered_at"]
    assert datetime.fromisoformat(campaign["send_at"]) - datetime.fromisoformat(send_at) < timedelta(
        seconds=1
    )
    messages = (await client.get(f"/campaigns/{created['id']}/messages")).json()
    message = (await client.get(f"/messages/{messages['items'][0]['id']}")).json()
    listed = (await client.get("/campaigns")).json()
    for answer in (campaign, messages, message, listed):
        found = moments_in(answer)
        assert found
        assert all(MOMENT.fullmatch(moment) for moment in found), found


async def test_a_campaign_tells_its_reference_day(client: httpx.AsyncClient) -> None:
    """M-1: what was asked for can be read again."""
    request = request_of(1, 830, recycling_reference_on="2026-04-01")
    created = (await client.post("/campaigns", json=request)).json()
    campaign = (await client.get(f"/campaigns/{created['id']}")).json()
    assert campaign["recycling_reference_on"] == "2026-04-01"


@pytest.mark.parametrize(
    ("method", "path", "code", "field"),
    [
        ("GET", "/campaigns?state=registered", "unknown_parameter", "state"),
        ("GET", "/campaigns?Limit=1", "unknown_parameter", "Limit"),
        ("GET", "/campaigns?limit=1&limit=2", "duplicate_parameter", "limit"),
        ("GET", "/campaigns?cursor=a&cursor=a", "duplicate_parameter", "cursor"),
        ("GET", f"/campaigns/{NOBODYS_ID}?fields=name", "unknown_parameter", "fields"),
        ("GET", f"/campaigns/{NOBODYS_ID}/messages?status=read", "unknown_parameter", "status"),
        ("GET", f"/messages/{NOBODYS_ID}?a=", "unknown_parameter", "a"),
        ("POST", "/campaigns?dry_run=true", "unknown_parameter", "dry_run"),
        ("POST", f"/campaigns/{NOBODYS_ID}/cancel?force", "unknown_parameter", "force"),
    ],
)
async def test_a_parameter_nobody_knows_is_refused(
    client: httpx.AsyncClient, method: str, path: str, code: str, field: str
) -> None:
    """A misspelt filter must not answer with everything, a misspelt option not send."""
    path += "" if "?force" not in path else "=1"
    problem = problem_of(await client.request(method, path), 422, "invalid_request")
    assert [(error["code"], error["field"]) for error in problem["errors"]] == [(code, field)]


async def test_several_statuses_may_be_asked_for(client: httpx.AsyncClient) -> None:
    """The one parameter that comes as often as one likes."""
    assert (await client.get("/campaigns?status=registered&status=sending")).status_code == 200
