"""A request says one thing, however it is written, and is read in time that grows with its length."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.campaign_reading import read_campaign_request
from api.json_bodies import DuplicateMember, UnreadableJson, parse_json
from api.problems import ApiProblem
from domain.text_limits import MAX_VARIABLE_NAME_LENGTH, MAX_VARIABLE_VALUE_LENGTH, MAX_VARIABLES
from tests.api.problem_answers import problem_of
from tests.api.test_campaigns import request_of
from tests.services.support import Companies, now, numbers
from tests.support.growth import assert_linear

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"name":"a","name":"b"}', "name"),
        ('{"name":"a","name":"a"}', "name"),
        ('{"name":"a","\\u006eame":"b"}', "name"),
        ('{"recipients":[],"recipients":[]}', "recipients"),
        ('{"recipients":[{"phone_number":"1","phone_number":"2"}]}', "phone_number"),
        ('{"recipients":[{"variables":{"氏名":"a","\\u6c0f\\u540d":"b"}}]}', "氏名"),
        ('{"follow_up":{"trigger":"reply","trigger":"delivered"}}', "trigger"),
        ('[{"a":{"b":{"c":1,"c":2}}}]', "c"),
    ],
)
async def test_a_member_that_comes_twice_is_refused(client: httpx.AsyncClient, body: str, name: str) -> None:
    """At any depth, however the name is written, also where both say the same."""
    with pytest.raises(DuplicateMember):
        parse_json(body.encode())
    answer = await client.post("/campaigns", content=body.encode(), headers=JSON)
    [error] = problem_of(answer, 400, "malformed_json")["errors"]
    assert (error["code"], error["field"]) == ("duplicate_member", name)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf{}",
        '{"name":"氏"}'.encode("cp932"),
        '{"name":"a"}'.encode("utf-16"),
        b'{"name":NaN}',
        b'{"name":-Infinity}',
        b'{"name":"\\ud83d"}',
        b'{"\\udc00":1}',
        b'{"a":"\x01"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"9" * 5_000 + b"}",
        b"{'a':1}",
        b'{"a":1,}',
    ],
)
async def test_what_is_no_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    """RFC 8259; half a character is no text."""
    with pytest.raises(UnreadableJson):
        parse_json(body)
    problem_of(await client.post("/campaigns", content=body, headers=JSON), 400, "malformed_json")


def body_of(recipient: dict[str, Any], count: int) -> bytes:
    request = request_of(1, recipients=[recipient] * count)
    return json.dumps(request, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "recipient",
    [
        {"phone_number": "090", "variables": {f"v{number}": "山" for number in range(MAX_VARIABLES)}},
        {"phone_number": "090", "variables": {"a": "\u0315\u0300" * 500}},
        {"phone_number": "9" * 200},
        {"phone_number": "1", "variables": {"a" * 5_000: "1"}},
        {"variables": {"①": "1", "1": "2"}, "phone_number": "1"},
        {"nobody": {"knows": [["this"]]}},
    ],
)
def test_the_time_of_reading_a_request_grows_with_its_length(recipient: dict[str, Any]) -> None:
    """P-10: right or wrong, whatever the recipients are."""

    def read(body: bytes) -> None:
        with suppress(ApiProblem):
            read_campaign_request(body)

    assert_linear(lambda size: body_of(recipient, size // 100 + 1), read, 20_000)


def test_a_hundred_mistakes_are_told_and_that_there_are_more() -> None:
    """Whichever kind they are, and however many members or carriers nobody knows."""
    wrong: list[dict[str, Any]] = [
        request_of(recipients=[{"phone_number": 1}] * 300),
        request_of(recipients=[{"phone_number": "1", "variables": {f"v{n}": "1"}} for n in range(300)]),
        {f"member{n}": 1 for n in range(20_000)},
        request_of(carriers=["docomo"] * 20_000),
        request_of(follow_up={f"member{n}": 1 for n in range(20_000)}),
    ]
    for request in wrong:
        with pytest.raises(ApiProblem) as refused:
            read_campaign_request(json.dumps(request).encode())
        assert 1 <= len(refused.value.errors) <= 100
        if len(refused.value.errors) == 100:
            assert refused.value.errors[-1]["code"] == "more_errors"


CLASHES = [
    ("①", "1"),
    ("TEL", "ＴＥＬ"),
    ("ｱ", "ア"),
    ("氏名", "氏名 "),
    ("a b", "a\u3000 b"),
    ("か\u3099", "が"),
]


@pytest.mark.parametrize(("first", "second"), CLASHES)
async def test_names_that_are_the_same_in_a_text_are_refused_naming_both(
    client: httpx.AsyncClient, first: str, second: str
) -> None:
    """P-12: nobody gets somebody else's value; other recipients may write the name in the other way."""
    ambiguous = {"phone_number": numbers(1, 700)[0], "variables": {first: "1", second: "9"}}
    answer = await client.post("/campaigns", json=request_of(recipients=[ambiguous]))
    [error] = problem_of(answer, 422, "invalid_request")["errors"]
    assert (error["code"], error["field"], error["row"]) == (
        "duplicate_variable",
        "recipients[0].variables",
        1,
    )
    assert error["names"] == [first, second]
    assert first in error["detail"]
    each = [
        {"phone_number": n, "variables": {name: "9"}}
        for n, name in zip(numbers(2, 700), (first, second), strict=True)
    ]
    fine = await client.post("/campaigns", json=request_of(sms_text=f"{{{{{first}}}}}番", recipients=each))
    assert fine.json()["accepted"] == 2


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"": "1"}, "variable_name_missing"),
        ({"\u3000": "1"}, "variable_name_missing"),
        ({"\u200b": "1"}, "variable_name_missing"),
        ({"a" * (MAX_VARIABLE_NAME_LENGTH + 1): "1"}, "too_long"),
        ({"unused": "1" * (MAX_VARIABLE_VALUE_LENGTH + 1)}, "too_long"),
        ({"氏名": "1" * (MAX_VARIABLE_VALUE_LENGTH + 1)}, "too_long"),
        ({f"v{number}": "1" for number in range(MAX_VARIABLES + 1)}, "too_many_variables"),
    ],
)
async def test_names_and_values_have_their_limits(
    client: httpx.AsyncClient, variables: dict[str, str], code: str
) -> None:
    """P-12: whether or not a text uses them; the answer tells the limit and repeats no value."""
    recipient = {"phone_number": "09012340001", "variables": variables}
    answer = await client.post("/campaigns", json=request_of(recipients=[recipient]))
    [error] = problem_of(answer, 422, "invalid_request")["errors"]
    assert (error["code"], error["field"]) == (code, "recipients[0].variables")
    assert "1" * 200 not in answer.text
    if code != "variable_name_missing":
        assert error["limit"] in (MAX_VARIABLE_NAME_LENGTH, MAX_VARIABLE_VALUE_LENGTH, MAX_VARIABLES)


async def test_a_number_without_end_is_a_mistake(client: httpx.AsyncClient) -> None:
    """P-11: it is not repeated in the answer."""
    answer = await client.post("/campaigns", json=request_of(recipients=[{"phone_number": "9" * 900_000}]))
    [error] = problem_of(answer, 422, "invalid_request")["errors"]
    assert (error["code"], error["limit"], error["characters"]) == ("too_long", 100, 900_000)
    assert len(answer.content) < 2_000


BLANK = ["", " ", "\u3000", "\u200b", "\ufeff", "\t\r\n", "\x00", "\u2800", "\u3164"]


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"sms_text": ...}, "sms_text_missing", "sms_text"),
        ({"channel": "rcs", "rcs_text": ...}, "rcs_text_missing", "rcs_text"),
        ({"name": ...}, "name_missing", "name"),
        (
            {"follow_up": {"trigger": "delivered", "sms_text": ...}},
            "sms_text_missing",
            "follow_up.sms_text",
        ),
    ],
)
async def test_what_is_empty_once_cleaned_is_missing(
    client: httpx.AsyncClient, blank: str, changes: dict[str, Any], code: str, field: str
) -> None:
    """P-9: what decides is what can be seen of it."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        return blank if value is ... else value

    problem = problem_of(
        await client.post("/campaigns", json=request_of(1, **filled(changes))), 422, "campaign_refused"
    )
    assert (code, field) in {(error["code"], error["field"]) for error in problem["errors"]}


@pytest.mark.parametrize(
    "send_at",
    [
        1_800_000_000,
        "1800000000",
        1.8e9,
        "2026-12-01",
        "2026-12-01 10:00:00+09:00",
        "2026-12-01T10:00+09:00",
        "2026-12-01T10:00:00+0900",
        "2026-12-01T10:00:00 +09:00",
        "20261201T100000Z",
        "2026-13-01T10:00:00Z",
        "2026-12-01T24:00:00Z",
        "２０２６-12-01T10:00:00Z",
        "2026-12-01T10:00:00+99:00",
        ["2026-12-01T10:00:00Z"],
    ],
)
async def test_a_send_time_is_written_as_rfc_3339(client: httpx.AsyncClient, send_at: object) -> None:
    """P-3: one way of writing it, so that nobody sends at another time than meant."""
    problem = problem_of(
        await client.post("/campaigns", json=request_of(1, send_at=send_at)), 422, "invalid_request"
    )
    assert [error["field"] for error in problem["errors"]] == ["send_at"]


@pytest.mark.parametrize("day", [20_000, "20261201", "2026-12-01T00:00:00Z", "2026-02-30", "2026-W01-1"])
async def test_a_reference_day_is_written_as_rfc_3339(client: httpx.AsyncClient, day: object) -> None:
    """M-1: the same for a day."""
    problem = problem_of(
        await client.post("/campaigns", json=request_of(1, recycling_reference_on=day)),
        422,
        "invalid_request",
    )
    assert [error["field"] for error in problem["errors"]] == ["recycling_reference_on"]


@pytest.mark.parametrize(
    ("send_at", "code"),
    [
        ("9999-12-31T23:59:59Z", "send_time_too_far"),
        ("9999-12-31T23:59:59-23:59", "send_time_too_far"),
        ("9999-12-31T23:59:59+09:00", "send_time_too_far"),
        ("0001-01-01T00:00:00+14:00", "past_send_time"),
        ("0001-01-01T00:00:00+23:59", "past_send_time"),
        ("0001-01-01T00:00:00Z", "past_send_time"),
    ],
)
async def test_the_ends_of_the_calendar_are_too_far_or_past(
    client: httpx.AsyncClient, send_at: str, code: str
) -> None:
    """P-3: with a key and without one."""
    for headers in ({}, {"Idempotency-Key": str(uuid4())}):
        answer = await client.post("/campaigns", json=request_of(1, send_at=send_at), headers=headers)
        [error] = problem_of(answer, 422, "campaign_refused")["errors"]
        assert (error["code"], error["field"]) == (code, "send_at")


async def test_the_same_said_otherwise_is_the_same_request(
    client: httpx.AsyncClient, companies: Companies
) -> None:
    """The same moment in another zone, another order, a default said or not, characters that are not sent."""
    at = (now() + timedelta(days=2)).replace(microsecond=0)
    recipients = [{"phone_number": numbers(1, 720)[0], "variables": {"氏名": "山田", "TEL": "1"}}]
    key = {"Idempotency-Key": str(uuid4())}
    request = request_of(
        send_at=at.isoformat(), recipients=recipients, carriers=["au", "docomo"], sms_text="ガ{{氏名}}"
    )
    first = await client.post("/campaigns", json=request, headers=key)
    assert first.status_code == 201, first.text
    elsewhere = at.astimezone(tz=None).astimezone(now().tzinfo)
    ways: list[dict[str, Any]] = [
        {"send_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")},
        {"send_at": at.strftime("%Y-%m-%dT%H:%M:%S.000000z")},
        {"send_at": (at + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%S+09:00")},
        {"send_at": elsewhere.isoformat()},
        {"exclude_opt_outs": False, "follow_up": None, "rcs_text": None},
        {"carriers": ["docomo", "au", "au"]},
        {"sms_text": "カ\u3099{{氏名}}\u200b", "name": "API\u3000"},
        {"recipients": [{"variables": {"ＴＥＬ": "1", " 氏名": "山田"}, **_number(recipients)}]},
    ]
    for way in ways:
        again = await client.post("/campaigns", json={**request, **way}, headers=key)
        assert (again.status_code, again.headers.get("idempotency-replayed")) == (201, "true"), way
        assert again.json() == first.json()
    for other in (
        {"send_at": (at + timedelta(seconds=1)).isoformat()},
        {"carriers": ["au"]},
        {"rcs_text": "x"},
    ):
        problem_of(
            await client.post("/campaigns", json={**request, **other}, headers=key),
            409,
            "idempotency_conflict",
        )


def _number(recipients: list[dict[str, Any]]) -> dict[str, Any]:
    return {"phone_number": recipients[0]["phone_number"]}


@pytest.mark.parametrize(("hours", "status"), [(24.0, 201), (24, 201), (24.5, 422), ("24", 422), (True, 422)])
async def test_a_whole_number_is_one_however_it_is_written(
    client: httpx.AsyncClient, hours: object, status: int
) -> None:
    """P-8: JSON knows no integers; a text is none."""
    second = {"trigger": "reply", "sms_text": "はい", "valid_for_hours": hours}
    answer = await client.post("/campaigns", json=request_of(1, 740, follow_up=second))
    assert answer.status_code == status, answer.text
