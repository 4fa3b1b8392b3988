"""What is wrong with a request is never our fault: no 5xx for anything anybody can send, on any route.

Malformed headers, addresses, queries and fields go round over all routes, the same in every run: pages of
both sides signed in and not, the API with a key, callbacks with their token.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
from starlette.routing import Route

from tests.architecture.test_routes import routes_below
from tests.isolation.conftest import Whole
from tests.isolation.test_generated_requests import NAMES
from tests.isolation.test_two_companies import RANDOM
from tests.web.staff import Staff

HEADERS: list[dict[str, str | bytes]] = [
    {"Origin": "http://["},
    {"Origin": b"\xff\xfe"},
    {"Origin": "http://[::1"},
    {"Origin": "http://a]b"},
    {"Sec-Fetch-Site": b"\xff"},
    {"Host": "["},
    {"Host": "portal.test:99999999"},
    {"Host": b"\xe3\x83\x9d"},
    {"Cookie": "=;=;;=a; session"},
    {"Cookie": b'session="\\777\\400\xff"'},
    {"Cookie": "session=" + "a" * 4000},
    {"Cookie": "operator_session=\u007f; visitor=" + "%00" * 10},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary="},
    {"Content-Type": "multipart/form-data; boundary=" + "b" * 5000},
    {"Content-Type": b"multipart/form-data; boundary=\xff; charset=idna"},
    {"Content-Type": "multipart/form-data; boundary=b; charset=unicode_escape"},
    {"Content-Type": "multipart/form-data; boundary=b; charset=zlib_codec"},
    {"Content-Type": "application/x-www-form-urlencoded; charset=\x01"},
    {"Content-Type": ";;;=;"},
    {"Content-Length": "-1"},
    {"Content-Length": "9" * 30},
    {"Content-Length": "٣".encode()},
    {"User-Agent": b"\xff\x80"},
    {"User-Agent": "x" * 10_000},
    {"HX-Request": "true", "Accept": b"\xff"},
    {"Idempotency-Key": b"\xff"},
    {"If-None-Match": b"\xff", "If-Modified-Since": "Mon, 99 Foo 99999"},
    {"Range": "bytes=9-1,-,a-"},
    {"X-Forwarded-For": "]["},
]
VALUES = [
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\u202e",
    "9" * 400,
    "-" + "9" * 30,
    "9223372036854775808",
    "2147483648",
    "1e999",
    "nan",
    "٣٤",
    "①",
    "0001-01-01",
    "9999-12-31",
    "0000-00-00",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "10000-01-01",
    "25:61",
    "23:59",
    "00000000-0000-0000-0000-000000000000",
    "{{" * 500,
    "%zz%",
    "[]",
    "=" * 100,
    "x" * 3000,
]
QUERIES = ["%", "%00=%00", "=&=&&", "%ff=%ff", "a=%ED%A0%80", "cursor=%00", "&".join("a" * 500), "%F0%9F"]
# Each route gets every so manieth of them.
EVERY = 6
SEGMENTS = ["%00", "%ff", "%2e%2e%2f", "9" * 100, "%ED%A0%80", "%5B", "'", "%0d%0a", "あ"]


def all_routes(whole: Whole) -> list[tuple[str, str]]:
    """Method and address of every route, with ids that name nothing."""
    found = []
    for path, route in routes_below(list(whole.app.routes)):
        if isinstance(route, Route):
            found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


def filled(path: str, value: str = str(RANDOM)) -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


def values_from(number: int) -> Iterator[str]:
    """All values, beginning with another one for each route."""
    return iter([*VALUES[number % len(VALUES) :], *VALUES[: number % len(VALUES)]])


def encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


class Sender:
    """Sends requests as one kind of client and collects those that were answered with a 5xx."""

    def __init__(self, client: httpx.AsyncClient, token: dict[str, str] | None = None) -> None:
        self.client = client
        self.token = token or {}
        self.failed: list[str] = []
        self.sent = 0

    async def send(self, method: str, address: str, **options: Any) -> None:
        answer = await self.client.request(method, f"http://portal.test{address}", **options)
        self.sent += 1
        if answer.status_code >= 500:
            self.failed.append(f"{answer.status_code} {method} {address} {str(options)[:200]}")

    async def headers(self, routes: list[tuple[str, str]]) -> None:
        """Each malformed header on some of the routes, and each route with some of them."""
        for number, (method, path) in enumerate(routes):
            for headers in HEADERS[number % EVERY :: EVERY]:
                await self.send(method, filled(path), headers=headers, content=b"--b\r\na=%ff&b=\0")

    async def addresses(self, routes: list[tuple[str, str]]) -> None:
        """Each route with malformed parts of its path, and with malformed queries."""
        for number, (method, path) in enumerate(routes):
            for segment in SEGMENTS[number % EVERY :: EVERY]:
                await self.send(method, filled(path, segment))
            for query in QUERIES[number % EVERY :: EVERY]:
                await self.send(method, f"{filled(path)}?{query}")
            values = values_from(number)
            for name in NAMES[number % EVERY :: EVERY]:
                value = httpx.QueryParams({name: next(values, "\x01").encode("utf-8", "replace").decode()})
                await self.send(method, f"{filled(path)}?{value}")

    async def forms(self, routes: list[tuple[str, str]], ids: dict[str, str]) -> None:
        """Each form with every field malformed, in turn with every value, typed and as parts."""
        for number, (method, path) in enumerate(routes):
            address = "/".join(ids.get(part, part) for part in path.split("/"))
            for start in (0, len(VALUES) // 2):
                values = values_from(number + start)
                fields = [(name, next(values, "\0")) for name in NAMES] + list(self.token.items())
                typed = b"&".join(
                    name.encode() + b"=" + b"".join(b"%%%02x" % byte for byte in encoded(value))
                    for name, value in fields
                )
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                await self.send(method, address, content=typed, headers=kind)
            parts = b"".join(
                b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
                % (name.encode(), encoded(value))
                for name, value in fields
            )
            file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="\0\xff"\r\n\r\n\0\xff\r\n'
            kind = {"Content-Type": "multipart/form-data; boundary=b"}
            await self.send(method, address, content=parts + file + b"--b--\r\n", headers=kind)


def pages_of(whole: Whole, *, operators: bool) -> list[tuple[str, str]]:
    return [
        (method, path)
        for method, path in all_routes(whole)
        if not path.startswith(("/api", "/callbacks"))
        and path.startswith("/operator") is operators
        and path != "/health/ready"
    ]


async def test_strangers_requests_of_every_kind(whole: Whole) -> None:
    """Nobody is signed in; the forms open to everybody have their token."""
    async with whole.client() as client:
        client.cookies.clear()
        sender = Sender(client)
        routes = [*pages_of(whole, operators=False), *pages_of(whole, operators=True)]
        await sender.headers(routes)
        await sender.addresses(routes)
        staff = Staff(client)
        for page in ("/sign-in", "/password-reset", "/password-reset/code", "/operator/sign-in"):
            await staff.open(page)
            sender.token = {"csrf_token": dict(staff.page.forms[0].fields)["csrf_token"]}
            await sender.forms([("POST", page)], {})
    assert sender.failed == []
    assert sender.sent > 200


async def test_staffs_requests_of_every_kind(whole: Whole) -> None:
    """The administrator, with the session's token in every form, at a draft of the company."""
    async with whole.client() as client:
        staff = await Staff(client).sign_in("owner")
        sender = Sender(client, dict(staff.form_of("ログアウト").fields))
        routes = pages_of(whole, operators=False)
        await sender.headers(routes)
        await sender.addresses([route for route in routes if route[0] == "GET"])
        draft = {"{campaign_id}": str(whole.sakura.ids["campaign_id"][2])}
        forms = [route for route in routes if route[0] == "POST" and not route[1].startswith("/sign")]
        await sender.forms(forms, draft)
    assert sender.failed == []
    assert sender.sent > 200


async def test_programs_requests_of_every_kind(whole: Whole) -> None:
    campaign: dict[str, Any] = {"name": "r", "channel": "sms", "sms_text": "a"}
    recipient = {"phone_number": "09000000900", "variables": {"氏名": "a"}}
    bodies: list[bytes] = [b"", b"\0", b"\xff", b"[" * 100_000, b"9" * 5000, b'"\\ud800"', b"nul", b"{}" * 2]
    for value in VALUES:
        for name in ("name", "sms_text", "send_at", "recycling_reference_on", "channel", "carriers"):
            bodies += [json.dumps({**campaign, name: value, "recipients": [recipient]}).encode()]
        for changed in (
            {"phone_number": value},
            {"phone_number": "09000000900", "variables": {value: value}},
        ):
            bodies += [json.dumps({**campaign, "recipients": [changed]}).encode()]
        second = {"trigger": "reply", "sms_text": value, "valid_for_hours": 10**30}
        bodies.append(json.dumps({**campaign, "follow_up": second, "recipients": [recipient]}).encode())
    kind = {"Content-Type": "application/json"}
    async with whole.program(whole.sakura) as client:
        sender = Sender(client)
        routes = [(method, path) for method, path in all_routes(whole) if path.startswith("/api")]
        await sender.headers(routes)
        await sender.addresses(routes)
        for body in bodies:
            await sender.send("POST", "/api/v1/campaigns", content=body, headers=kind)
    assert sender.failed == []


async def test_carriers_requests_of_every_kind(whole: Whole) -> None:
    async with whole.client(Authorization="Bearer t") as client:
        sender = Sender(client)
        routes = [(method, path) for method, path in all_routes(whole) if path.startswith("/callbacks")]
        await sender.headers(routes)
        await sender.addresses(routes)
        for value in VALUES:
            event = {"msgId": value, "status": value, "timestamp": value, "userContact": value}
            for body in (
                {"RCSMessage": event},
                {"messageContact": {"userContact": value}, "RCSMessage": event},
            ):
                content = json.dumps({**body, "event": value, "text": value}).encode()
                await sender.send("POST", "/callbacks/maap/docomo", content=content)
    assert sender.failed == []


async def test_a_nul_is_taken_out_at_the_door(whole: Whole) -> None:
    """The rest of what was typed counts."""
    async with whole.client() as client:
        staff = await Staff(client).sign_in("owner")
        token = dict(staff.form_of("ログアウト").fields)
        answer = await client.post("/campaigns/new", data={**token, "name": "あ\0い", "source": "file"})
        assert answer.status_code == 422
        assert "あい" in answer.text
