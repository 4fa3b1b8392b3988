"""The number-recycling directory: three months in a row, the window, all errors."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from simulator.number_recycling import (
    NumberRecycling,
    month_index,
    month_name,
    newest_month,
    two_years_before,
    was_recycled,
)

TOKEN = {"authorization": "Bearer simulator"}
TODAY = NumberRecycling.today()


async def check(http: httpx.AsyncClient, number: str, since: date | str, **headers: str) -> httpx.Response:
    return await http.post(
        "/number-recycling/v0.2/check",
        json={"phoneNumber": "+81" + number[1:], "specifiedDate": str(since)},
        headers=TOKEN | headers,
    )


def months(*names: str) -> list[int]:
    return [month_index(name) for name in names]


@pytest.mark.parametrize(
    ("out", "since", "newest", "expected"),
    [
        (("2026-01", "2026-02", "2026-03"), "2026-01", "2026-03", True),
        (("2026-01", "2026-02", "2026-03"), "2026-02", "2026-06", False),
        (("2026-01", "2026-02", "2026-03"), "2025-06", "2026-02", False),
        (("2026-01", "2026-02", "2026-04"), "2025-06", "2026-06", False),
        (("2025-11", "2025-12", "2026-01"), "2025-06", "2026-06", True),
        (("2026-03", "2026-01", "2026-05", "2026-02"), "2025-06", "2026-06", True),
        ((), "2025-06", "2026-06", False),
    ],
)
def test_three_months_in_a_row(out: tuple[str, ...], since: str, newest: str, expected: bool) -> None:
    assert was_recycled(months(*out), month_index(since), month_index(newest)) is expected


def test_newest_month_appears_on_the_fifth_working_day() -> None:
    # 1 November 2026 is a Sunday: Friday the 6th is the fifth weekday.
    assert month_name(newest_month(date(2026, 11, 5))) == "2026-09"
    assert month_name(newest_month(date(2026, 11, 6))) == "2026-10"
    assert month_name(newest_month(date(2026, 1, 31))) == "2025-12"
    assert two_years_before(date(2028, 2, 29)) == date(2026, 2, 28)


async def test_magic_numbers(http: httpx.AsyncClient) -> None:
    long_ago = two_years_before(TODAY)
    answers = {}
    for code in ("00", "50", "57", "58"):
        answers[code] = (await check(http, f"0900000{code}00", long_ago)).json()["phoneNumberRecycled"]
    assert answers == {"00": False, "50": True, "57": False, "58": True}
    assert (await check(http, "09000005000", TODAY)).json() == {"phoneNumberRecycled": False}
    errors = {}
    for code in ("51", "52", "54", "55", "56"):
        answer = await check(http, f"0900000{code}00", long_ago)
        errors[code] = (answer.status_code, answer.json()["code"])
    assert errors == {
        "51": (500, "INTERNAL"),
        "52": (404, "IDENTIFIER_NOT_FOUND"),
        "54": (403, "PERMISSION_DENIED"),
        "55": (422, "SERVICE_NOT_APPLICABLE"),
        "56": (503, "UNAVAILABLE"),
    }


async def test_silent_directory(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await http.post(
            "/number-recycling/v0.2/check",
            json={"phoneNumber": "+819000005300", "specifiedDate": str(TODAY)},
            headers=TOKEN,
            timeout=0.1,
        )


async def test_own_months_of_a_handset(http: httpx.AsyncClient) -> None:
    newest = newest_month(TODAY)
    rows = [month_name(newest - back) for back in (2, 1, 0)]
    handset = "/control/handsets/09010000070"
    assert (await http.put(handset, json={"out_of_service_months": rows})).status_code == 200
    first_day = date.fromisoformat(rows[0] + "-01")
    last_day_before_second = date.fromisoformat(rows[1] + "-01") - timedelta(days=1)
    assert (await check(http, "09010000070", first_day)).json()["phoneNumberRecycled"] is True
    assert (await check(http, "09010000070", last_day_before_second)).json()["phoneNumberRecycled"] is True
    later = last_day_before_second + timedelta(days=1)
    assert (await check(http, "09010000070", later)).json()["phoneNumberRecycled"] is False
    assert (await http.put(handset, json={"out_of_service_months": ["2026-13"]})).status_code == 400


async def test_dates_out_of_range(http: httpx.AsyncClient) -> None:
    border = two_years_before(TODAY)
    assert (await check(http, "09010000071", border)).status_code == 200
    for day in (border - timedelta(days=1), TODAY + timedelta(days=1)):
        answer = await check(http, "09010000071", day)
        assert (answer.status_code, answer.json()["code"]) == (400, "OUT_OF_RANGE")


async def test_correlator_token_and_bad_requests(http: httpx.AsyncClient) -> None:
    url, good = "/number-recycling/v0.2/check", {"phoneNumber": "+819010000072", "specifiedDate": str(TODAY)}
    answer = await check(http, "09010000072", TODAY, **{"x-correlator": "abc"})
    assert answer.headers["x-correlator"] == "abc"
    refused = await http.post(url, json=good)
    assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHENTICATED")
    cases: list[tuple[Any, int, str]] = [
        ([], 400, "INVALID_ARGUMENT"),
        (good | {"phoneNumber": "09010000072"}, 400, "INVALID_ARGUMENT"),
        (good | {"specifiedDate": "2026-02-30"}, 400, "INVALID_ARGUMENT"),
        (good | {"specifiedDate": "20260201"}, 400, "INVALID_ARGUMENT"),
        ({"specifiedDate": str(TODAY)}, 422, "MISSING_IDENTIFIER"),
        (good | {"phoneNumber": "+81312345678"}, 404, "IDENTIFIER_NOT_FOUND"),
    ]
    for body, status, code in cases:
        answer = await http.post(url, json=body, headers=TOKEN)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    newest = await http.get("/number-recycling/v0.2/database", headers=TOKEN)
    assert newest.json() == {"newestMonth": month_name(newest_month(TODAY))}
