"""The page of the carriers' links: how each is, and the switches of its faults."""

from dataclasses import fields
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.carriers import CARRIERS
from simulator.faults import PRESETS, Faults, LinkFaults, apply_changes, as_json, checked
from simulator.maap.operator import MaapOperator
from simulator.network import Network
from simulator.pages.render import fields_of, page, see
from simulator.pages.words import CARRIER_WORDS, FAULT_GROUPS, FAULT_WORDS, LINK_WORDS, MAAP_FAULTS
from simulator.smpp.centre import ShortMessageCentre

SWITCHES = ("silent", "throttle", "refuse_bind", "refuse_connect", "http_silent")
AMOUNTS = ("submit_status", "delay_seconds", "jitter_seconds", "http_status", "http_delay_seconds")
_MAAP_ONLY = "http_"
_DIRECTORY_ONLY = "directory_"


class LinkPages:
    """HTTP handlers of /links."""

    def __init__(
        self,
        network: Network,
        centres: dict[str, ShortMessageCentre],
        operators: dict[str, MaapOperator],
    ) -> None:
        self._network = network
        self._centres = centres
        self._operators = operators

    def routes(self) -> list[Route]:
        """The page and its forms."""
        return [
            Route("/links", self._page, methods=["GET"]),
            Route("/links/rates", self._rates, methods=["POST"]),
            Route("/links/{carrier}", self._link, methods=["POST"]),
            Route("/links/{carrier}/rates", self._own_page, methods=["GET"]),
            Route("/links/{carrier}/rates", self._own_rates, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        return self._show(request)

    def _show(self, request: Request, mistake: str = "", status: int = 200) -> Response:
        network, rates = self._network, as_json(self._network.faults)
        met = {name: sum(counts[name] for counts in network.met.values()) for name in FAULT_WORDS}
        return page(
            "links.html",
            request,
            status,
            links=[self._card(name) for name in CARRIERS],
            groups={
                title: [(name, rates[name], word, met[name], None) for name, word in group.items()]
                for title, group in FAULT_GROUPS.items()
            },
            rates_on=[name for name in FAULT_WORDS if name.endswith("_rate") and rates[name]],
            words=FAULT_WORDS,
            own={name: sorted(own) for name, own in network.own_rates.items() if own},
            seed=network.seed,
            ledger=network.ledger.summary()["lines"],
            mistake=mistake,
        )

    def _card(self, name: str) -> dict[str, Any]:
        operator, faults = self._operators.get(name), as_json(self._network.links[name])
        shown = [field for field in LINK_WORDS if operator or not field.startswith(_MAAP_ONLY)]
        return {
            "name": name,
            "word": CARRIER_WORDS[name],
            "smsc": self._centres[name].as_json(),
            "maap": operator.as_json() if operator else None,
            "switches": [(field, LINK_WORDS[field], faults[field]) for field in shown if field in SWITCHES],
            "amounts": [(field, LINK_WORDS[field], faults[field]) for field in shown if field in AMOUNTS],
            "drop_on_submit": faults["drop_on_submit"],
            "troubled": faults != as_json(LinkFaults()),
        }

    async def _link(self, request: Request) -> Response:
        centre = self._centres.get(request.path_params["carrier"])
        if centre is None:
            return _no_carrier(request)
        form = await fields_of(request)
        if form.get("do") == "drop":
            centre.drop_all()
            return see("/links", done="dropped")
        if form.get("do") == "unbind":
            centre.unbind_all()
            return see("/links", done="unbound")
        if form.get("do") in ("heal", "misbehave"):
            preset = "none" if form["do"] == "heal" else "misbehaving"
            self._network.change_rates(centre.carrier.name, {"preset": preset})
            if preset != "none":
                return see("/links", done="faults-changed")
        wishes: dict[str, Any] = as_json(LinkFaults())
        if form.get("do") != "heal":
            wishes = {name: name in form for name in SWITCHES}
            wishes["drop_on_submit"] = form.get("drop_on_submit", "")
        try:
            amounts = {name: form[name] for name in AMOUNTS if name in form and form.get("do") != "heal"}
            wishes |= _numbers(amounts, LinkFaults())
            apply_changes(centre.faults, wishes)
        except ValueError as error:
            return self._show(request, str(error), 400)
        centre.apply_silence()
        return see("/links", done="link-changed")

    async def _rates(self, request: Request) -> Response:
        form = await fields_of(request)
        try:
            if form.get("preset", "") in PRESETS:
                self._network.change_faults({"preset": form["preset"]})
            else:
                names = {field.name for field in fields(Faults)}
                asked = {name: value for name, value in form.items() if name in names}
                self._network.change_faults(_numbers(asked, Faults()))
        except ValueError as error:
            return self._show(request, str(error), 400)
        return see("/links", done="faults-changed")

    # --- the rates of one carrier alone

    async def _own_page(self, request: Request) -> Response:
        name = request.path_params["carrier"]
        return self._show_own(request, {}) if name in CARRIERS else _no_carrier(request)

    def _show_own(
        self, request: Request, typed: dict[str, str], mistake: str = "", status: int = 200
    ) -> Response:
        network, name = self._network, request.path_params["carrier"]
        everybodys = as_json(network.faults)
        values = network.own_rates[name] | typed
        return page(
            "link_rates.html",
            request,
            status,
            carrier=name,
            groups={
                title: [
                    (fault, values.get(fault, ""), word, network.met[name][fault], everybodys[fault])
                    for fault, word in group.items()
                ]
                for title, group in self._groups_of(name).items()
            },
            seed=network.seed,
            mistake=mistake,
        )

    def _groups_of(self, name: str) -> dict[str, dict[str, str]]:
        """What can happen at a carrier: the directory is nobody's, and not everybody has a MaaP."""
        return {
            title: {fault: word for fault, word in group.items() if not fault.startswith(_DIRECTORY_ONLY)}
            for title, group in FAULT_GROUPS.items()
            if title != MAAP_FAULTS or name in self._operators
        }

    async def _own_rates(self, request: Request) -> Response:
        name = request.path_params["carrier"]
        if name not in CARRIERS:
            return _no_carrier(request)
        form = await fields_of(request)
        known = {fault for group in self._groups_of(name).values() for fault in group}
        typed = {fault: value.strip() for fault, value in form.items() if fault in known}
        if form.get("do") == "clear":
            typed = dict.fromkeys(self._network.own_rates[name], "")
        try:
            numbers = _numbers({fault: value for fault, value in typed.items() if value}, Faults())
            self._network.change_rates(name, {fault: numbers.get(fault) for fault in typed})
        except ValueError as error:
            return self._show_own(request, typed, str(error), 400)
        return see(f"/links/{name}/rates", done="own-rates-changed")


def _no_carrier(request: Request) -> Response:
    return page("missing.html", request, 404, asked=request.path_params["carrier"])


def _numbers(form: dict[str, str], target: Faults | LinkFaults) -> dict[str, Any]:
    """The numbers of a form's fields, in the types of the target's. Raises ValueError saying what to mend."""
    known = as_json(target)
    numbers: dict[str, Any] = {}
    for name, raw in form.items():
        word = FAULT_WORDS.get(name) or LINK_WORDS[name]
        try:
            numbers[name] = int(raw, 0) if isinstance(known[name], int) else float(raw)
            checked(target, {name: numbers[name]})
        except ValueError:
            limits = "0 から 1 までの数" if name.endswith("_rate") else "0 以上の数"
            raise ValueError(f"「{word}」は{limits}で入力してください。入力された値：{raw}") from None
    return numbers
