"""One request of a stranger or of one company is not felt by the others, nor by the machine's memory (N-1).

The portal runs as a process of its own. While a request is made, the health check and another company's page
are asked for again and again: how long they wait is compared with how long they wait on the same machine
without it, which other tests may keep busy.
"""

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.isolation.portal_process import Bystanders, PortalProcess, portal_process
from tests.services.support import Companies, open_companies
from tests.web.staff import Staff

MOST_MEMORY_MB = 500
MEGABYTE = 1024 * 1024
Sender = Callable[[PortalProcess], None]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def companies(database_url: str) -> AsyncIterator[Companies]:
    async with open_companies(database_url) as made:
        yield made


@pytest.fixture(scope="module")
def portal(
    companies: Companies, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PortalProcess]:
    with portal_process(database_url, tmp_path_factory.mktemp("portal")) as process:
        yield process


async def cookie_of(portal: PortalProcess, who: str, company: str) -> str:
    async with httpx.AsyncClient(base_url=portal.url, timeout=60) as client:
        await Staff(client).sign_in(who, company)
        return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def idle(portal: PortalProcess) -> tuple[str, float]:
    """Another company's cookie, and how long its pages take while nothing else happens."""
    cookie = await cookie_of(portal, "owner", "midori")
    with Bystanders(portal, cookie) as bystanders:
        time.sleep(2)  # noqa: ASYNC251 - the time of a measurement
    assert bystanders.statuses == {200}
    return cookie, bystanders.p99()


def head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()


def exchange(portal: PortalProcess, *parts: bytes, wait: float = 60) -> int | None:
    """Send all that is taken; the answer's status, ``None`` if there was none."""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=wait) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass
        try:
            while b"\r\n" not in answer and (more := connection.recv(65536)):
                answer += more
        except OSError:
            return None
    return int(answer.split()[1]) if answer else None


def chunked(data: bytes, times: int) -> Iterator[bytes]:
    piece = b"%x\r\n%s\r\n" % (len(data), data)
    for _ in range(times):
        yield piece
    yield b"0\r\n\r\n"


def a_head_of_60_megabytes(portal: PortalProcess) -> None:
    status = exchange(portal, b"GET /sign-in HTTP/1.1\r\nX-Long: ", *[b"x" * MEGABYTE] * 60)
    assert status in (431, None)


def heads_that_do_not_come(portal: PortalProcess) -> None:
    halves = [socket.create_connection(("127.0.0.1", portal.port)) for _ in range(150)]
    for half in halves:
        half.sendall(b"GET /sign-in HTTP/1.1\r\nX-Half: ")
    time.sleep(1)
    for half in halves:
        half.close()


def a_file_for_the_sign_in_form(portal: PortalProcess) -> None:
    """200 MB without a length, in a part that would be written to /tmp."""
    multipart = head(
        "POST", "/sign-in", "Transfer-Encoding: chunked", "Content-Type: multipart/form-data; boundary=b"
    )
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    sent = (b"%x\r\n%s\r\n" % (len(part), part), *chunked(b"x" * MEGABYTE, 200))
    assert exchange(portal, multipart, *sent) in (413, None)


def fields_for_every_public_form(portal: PortalProcess) -> None:
    for path in ("/sign-in", "/password-reset", "/password-reset/code", "/operator/sign-in"):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
            form = head("POST", path, "Transfer-Encoding: chunked", f"Content-Type: {kind}")
            assert exchange(portal, form, *chunked(b"a=1&" * 50_000, 20)) in (413, None)
        announced = head("POST", path, "Content-Length: 50000000")
        assert exchange(portal, announced) == 413


STRANGERS = (
    a_head_of_60_megabytes,
    heads_that_do_not_come,
    a_file_for_the_sign_in_form,
    fields_for_every_public_form,
)


@pytest.mark.parametrize("send", STRANGERS)
def test_nobody_feels_a_strangers_request(
    portal: PortalProcess, idle: tuple[str, float], send: Sender
) -> None:
    cookie, usual = idle
    before = portal.memory()
    with Bystanders(portal, cookie) as bystanders:
        send(portal)
        time.sleep(0.3)
    assert bystanders.statuses == {200}
    assert bystanders.p99() < 0.3 + 3 * usual
    assert portal.memory() - before < 40, "megabytes"


def largest_list() -> bytes:
    """50 MB, as a company's largest list may be."""
    row = "090-{:04d}-{:04d},{},{}\r\n"
    rows = [row.format(n // 10_000 % 10_000, n % 10_000, "山田 花子", "あ" * 55) for n in range(235_000)]
    return ("電話番号,氏名,備考\r\n" + "".join(rows)).encode()[: 50 * MEGABYTE]


def largest_request() -> bytes:
    """240,000 recipients; one member too many, so that all of it is read and nothing of it is kept."""
    recipients = [
        {"phone_number": f"090{n:08d}", "variables": {"氏名": "山田 花子", "備考": "あ" * 30}}
        for n in range(240_000)
    ]
    campaign = {
        "name": "r",
        "channel": "sms",
        "sms_text": "{{氏名}}様",
        "no_such": 1,
        "recipients": recipients,
    }
    return json.dumps(campaign, ensure_ascii=False).encode()


async def test_a_company_can_send_a_text_of_any_kind_without_being_felt(
    portal: PortalProcess, idle: tuple[str, float], companies: Companies
) -> None:
    """Texts of hundreds of kilobytes in each field, as many braces as fit."""
    cookie, usual = idle
    key = f"Authorization: Bearer {companies.first.api_key}"
    requests = []
    for text in ("{" * 300_000, "{{a}}" * 40_000, "{{" * 100_000):
        for fields in ({"sms_text": text}, {"follow_up": {"trigger": "delivered", "sms_text": text}}):
            campaign = {"name": "r", "channel": "sms", "sms_text": "a", **fields}
            requests.append({**campaign, "recipients": [{"phone_number": "09000000900"}]})
    with Bystanders(portal, cookie) as bystanders:
        for request in requests:
            body = json.dumps(request).encode()
            post = head(
                "POST",
                "/api/v1/campaigns",
                key,
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            )
            assert exchange(portal, post, body) == 422
    assert bystanders.statuses == {200}
    assert bystanders.p99() < 0.3 + 3 * usual


@pytest.mark.slow
async def test_the_four_largest_requests_at_once_are_not_felt(
    portal: PortalProcess, idle: tuple[str, float], companies: Companies, tmp_path: Path
) -> None:
    """Two of a program, two of a browser, of one company: in turn, or told to come again."""
    cookie, usual = idle
    writer = await cookie_of(portal, "senior", "sakura")
    async with httpx.AsyncClient(base_url=portal.url, headers={"Cookie": writer}, timeout=60) as client:
        page = Staff(client)
        await page.open("/campaigns/new")
        token = page.form_of("ログアウト").fields
    listed, request = largest_list(), largest_request()
    statuses: list[int] = []

    def upload() -> None:
        with httpx.Client(base_url=portal.url, headers={"Cookie": writer}, timeout=170) as client:
            data = {"name": "大きな案件", "source": "file", "csrf_token": dict(token)["csrf_token"]}
            statuses.append(client.post("/campaigns/new", data=data, files={"file": listed}).status_code)

    def register() -> None:
        headers = {
            "Authorization": f"Bearer {companies.first.api_key}",
            "Content-Type": "application/json",
        }
        with httpx.Client(base_url=portal.url, headers=headers, timeout=170) as client:
            statuses.append(client.post("/api/v1/campaigns", content=request).status_code)

    threads = [threading.Thread(target=target) for target in (upload, register, upload, register)]
    with Bystanders(portal, cookie) as bystanders:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(statuses, bystanders.p99(), usual, max(bystanders.seconds), portal.peak_memory())
    assert len(statuses) == 4
    assert set(statuses) <= {303, 422, 429, 503}
    assert {303, 422} & set(statuses), "the first of them is served"
    assert bystanders.statuses == {200}
    assert bystanders.p99() < 0.3 + 3 * usual
    assert portal.peak_memory() < MOST_MEMORY_MB
