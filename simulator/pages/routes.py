"""Pages of the handsets: a list, one phone, and what a person does with it."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.carriers import CARRIERS, RCS_HOLD_SECONDS
from simulator.handset_changes import changed_handset
from simulator.handsets import Handset
from simulator.maap.operator import MaapOperator
from simulator.messages import Message
from simulator.network import Network
from simulator.numbers import national
from simulator.pages.content import content_of, is_loopback
from simulator.pages.link_routes import LinkPages
from simulator.pages.opening import open_address
from simulator.pages.render import fields_of, page, see, static_routes
from simulator.pages.screen import build_screen
from simulator.pages.words import carrier_word
from simulator.replies import NothingToAnswer, Replies
from simulator.scenario_table import SCENARIOS
from simulator.smpp.centre import ShortMessageCentre
from simulator.smpp.texts import MAX_CHARACTERS

_LISTED = 100
_Page = Callable[[Request, Handset], Awaitable[Response]]


class Pages:
    """HTTP handlers of all pages; whatever changes something is a POST that ends in a redirect."""

    def __init__(
        self,
        network: Network,
        centres: dict[str, ShortMessageCentre],
        operators: dict[str, MaapOperator],
        replies: Replies,
    ) -> None:
        self._network = network
        self._replies = replies
        self._links = LinkPages(network, centres, operators)

    def routes(self) -> list[Route]:
        """All pages."""
        phone = "/handsets/{number}"
        return [
            Route("/", self._home, methods=["GET"]),
            Route("/handsets", self._list, methods=["GET"]),
            self._of_handset(phone, "GET", self._phone),
            self._of_handset(phone + "/reply", "POST", self._reply),
            self._of_handset(phone + "/tap", "POST", self._tap),
            self._of_handset(phone + "/read", "POST", self._read),
            self._of_handset(phone + "/change", "POST", self._change),
            self._of_handset(phone + "/open/{key}/{place}", "GET", self._address),
            self._of_handset(phone + "/open/{key}/{place}", "POST", self._open),
            *self._links.routes(),
            *static_routes(),
        ]

    def _of_handset(self, path: str, method: str, handler: _Page) -> Route:
        async def endpoint(request: Request) -> Response:
            number = national(request.path_params["number"])
            if number is None:
                asked = request.path_params["number"]
                return page("missing.html", request, 404, asked=asked)
            return await handler(request, self._network.handsets.get(number))

        return Route(path, endpoint, methods=[method])

    # --- looking

    async def _home(self, request: Request) -> Response:
        return see("/handsets")

    async def _list(self, request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()
        number = national(asked)
        part = number or "".join(filter(str.isdigit, asked))
        found = self._network.messages.recent_numbers(part, _LISTED)
        if number and number not in found:
            found.append(number)
        rows = [self._row(self._network.handsets.get(item)) for item in found]
        return page("handsets.html", request, asked=asked, rows=rows, most=_LISTED)

    def _row(self, handset: Handset) -> dict[str, Any]:
        replies = self._replies.of(handset.number)
        screen = build_screen(handset, self._network.messages, replies, None, most=1)
        last = screen.bubbles[-1] if screen.bubbles else None
        return {"handset": handset, "carrier": carrier_word(handset), "screen": screen, "last": last}

    async def _phone(self, request: Request, handset: Handset) -> Response:
        app = request.query_params.get("app")
        screen = build_screen(handset, self._network.messages, self._replies.of(handset.number), app)
        held = CARRIERS[handset.carrier].hold_seconds if handset.carrier else 0.0
        return page(
            "handset.html",
            request,
            handset=handset,
            carrier=carrier_word(handset),
            screen=screen,
            scenarios=SCENARIOS,
            sms_hold=_span(held * self._network.settings.time_scale) if held else "",
            rcs_hold=_span(RCS_HOLD_SECONDS * self._network.settings.time_scale),
            longest=MAX_CHARACTERS if screen.app == "sms" else 2730,
        )

    # --- doing

    async def _reply(self, request: Request, handset: Handset) -> Response:
        fields = await fields_of(request)
        app = "rcs" if fields.get("app") == "rcs" else "sms"
        text = fields.get("text", "").replace("\r\n", "\n").strip()
        if not text:
            return self._back(handset, app, "empty")
        return self._answer(handset, app, {"text": text, "channel": app}, "replied")

    async def _tap(self, request: Request, handset: Handset) -> Response:
        fields = await fields_of(request)
        message = self._message(handset, fields.get("key", ""))
        tapped = content_of(message).suggestion(fields.get("place", "")) if message else None
        if message is None or tapped is None:
            return self._back(handset, "rcs", "no-message")
        wish: dict[str, Any] = {"text": tapped.label, "message_id": message.key, "channel": "rcs"}
        if tapped.postback is not None:
            wish["postback_data"] = tapped.postback
        if tapped.kind != "reply":
            wish["action"] = True
        done = self._answer(handset, "rcs", wish, "dialled" if tapped.kind == "dial" else "tapped")
        if tapped.kind == "url" and handset.on:
            return see(f"/handsets/{handset.number}/open/{message.key}/{tapped.place}")
        return done

    async def _read(self, request: Request, handset: Handset) -> Response:
        if not handset.on:
            return self._back(handset, "rcs", "off")
        return self._back(handset, "rcs", "read" if self._replies.read(handset.number) else "nothing-new")

    async def _change(self, request: Request, handset: Handset) -> Response:
        """Fields: on, app, auto_read ("yes" or "no"), carrier (a name, "" = nobody's), scenario."""
        fields = await fields_of(request)
        wishes: dict[str, Any] = {
            name: fields[name] == "yes" for name in ("on", "app", "auto_read") if name in fields
        }
        if "carrier" in fields:
            wishes["carrier"] = fields["carrier"] or None
        if "scenario" in fields:
            wishes["scenario"] = fields["scenario"]
        try:
            changed = changed_handset(handset, wishes)
        except ValueError as error:
            return page("missing.html", request, 400, asked=str(error))
        self._network.handsets.change(changed)
        self._network.handsets.save()
        return self._back(handset, fields.get("screen", ""), "changed")

    async def _address(self, request: Request, handset: Handset) -> Response:
        return self._opened(request, handset, None)

    async def _open(self, request: Request, handset: Handset) -> Response:
        address = self._address_of(request, handset)
        if address is None or not is_loopback(address) or not handset.on:
            return self._opened(request, handset, None)
        return self._opened(request, handset, await open_address(address))

    # --- helpers

    def _answer(self, handset: Handset, app: str, wish: dict[str, Any], done: str) -> Response:
        if not handset.on:
            return self._back(handset, app, "off")
        try:
            self._replies.send(handset.number, wish)
        except NothingToAnswer:
            return self._back(handset, app, "no-message")
        except ValueError:
            return self._back(handset, app, "too-long")
        return self._back(handset, app, done)

    def _opened(self, request: Request, handset: Handset, opened: Any) -> Response:
        address = self._address_of(request, handset)
        if address is None:
            return self._back(handset, "", "no-message")
        local = is_loopback(address)
        return page("address.html", request, handset=handset, address=address, local=local, opened=opened)

    def _address_of(self, request: Request, handset: Handset) -> str | None:
        message = self._message(handset, request.path_params["key"])
        return content_of(message).address(request.path_params["place"]) if message else None

    def _message(self, handset: Handset, key: str) -> Message | None:
        shown = reversed(self._network.messages.of(handset.number))
        return next((message for message in shown if message.key == key and message.delivered), None)

    def _back(self, handset: Handset, app: str, done: str) -> Response:
        return see(f"/handsets/{handset.number}", app=app, done=done)


def _span(seconds: float) -> str:
    for size, word in ((3600, "時間"), (60, "分")):
        if seconds >= size:
            return f"{seconds / size:.3g} {word}"
    return f"{seconds:.3g} 秒"
