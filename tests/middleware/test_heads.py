"""What a head may be, and the number every request gets."""

import re

import httpx
import pytest
import structlog
from pydantic import SecretStr
from structlog.testing import capture_logs

from middleware.request_ids import new_request_id
from workers.portal import build_app
from workers.settings import Settings

NUMBER = re.compile(r"\d{4}-\d{4}-\d{4}")


@pytest.fixture(scope="module")
def browser() -> httpx.AsyncClient:
    app = build_app(Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none")))

    @app.get("/health/broken")
    async def broken() -> None:
        structlog.get_logger().warning("about_to_break")
        raise RuntimeError

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/sign-in", {"X-Long": "x" * 33_000}, 431),
        ("/sign-in", {f"X-{number}": "1" for number in range(101)}, 431),
        ("/sign-in", {"Cookie": "; ".join(f"c{n}={'x' * 30}" for n in range(1000))}, 431),
        ("/sign-in?next=" + "x" * 9000, {}, 414),
        ("/" + "x" * 9000, {}, 414),
        ("/sign-in?next=%00", {}, 400),
        ("/sign-in%00", {}, 400),
        ("/api/v1/campaigns?cursor=%00", {}, 400),
        ("/sign-in", {"User-Agent": "a\0b"}, 400),
    ],
)
async def test_heads_beyond_any_browsers_are_refused(
    browser: httpx.AsyncClient, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await browser.get(path, headers=headers)
    assert answer.status_code == status
    assert NUMBER.search(answer.text)


async def test_heads_of_browsers_are_taken(browser: httpx.AsyncClient) -> None:
    headers = {"Cookie": "; ".join(f"c{number}={'x' * 200}" for number in range(20)), "X-Long": "x" * 20_000}
    assert (await browser.get("/sign-in?next=/campaigns", headers=headers)).status_code == 200


def test_numbers_are_digits_that_differ() -> None:
    numbers = {new_request_id() for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(NUMBER.fullmatch(number) for number in numbers)


@pytest.mark.parametrize("path", ["/no", "/operator/no", "/api/v1/no", "/api/v2", "/health/broken"])
async def test_an_error_says_the_number_that_stands_in_the_log(browser: httpx.AsyncClient, path: str) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await browser.get(path, headers={"X-Request-ID": "1111-1111-1111"})
    number = answer.headers["X-Request-ID"]
    assert NUMBER.fullmatch(number)
    assert number != "1111-1111-1111", "a client cannot choose it"
    if answer.headers["Content-Type"] == "application/problem+json":
        assert answer.json()["request_id"] == number
    elif path != "/health/broken":
        assert f"お問い合わせ番号: {number}" in answer.text
    assert lines
    assert {line["request_id"] for line in lines} == {number}
    assert {"request_refused", "request_failed"} & {line["event"] for line in lines}


async def test_every_answer_has_a_number_of_its_own(browser: httpx.AsyncClient) -> None:
    paths = ("/health/live", "/static/js/once.js", "/sign-in", "/metrics", "/api/v1/openapi.json")
    numbers = [(await browser.get(path)).headers["X-Request-ID"] for path in paths]
    assert len(set(numbers)) == len(paths)
