"""The control API: look at and change handsets, messages, link faults. JSON, no auth, loopback."""

import json
import time
from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.carriers import CARRIERS, MAAP_CARRIERS, Outcome
from simulator.faults import LINK_FIELDS, apply_changes, as_json, checked
from simulator.handset_control import HandsetControl
from simulator.http_tools import Endpoint, NoSuchThing, guarded, json_response, read_object
from simulator.ledger import utc_now
from simulator.maap.bots import Bot, Bots
from simulator.maap.operator import MaapOperator
from simulator.maap.webhooks import Webhooks
from simulator.network import Network
from simulator.numbers import national
from simulator.replies import Replies
from simulator.scripts import ReceiptForm
from simulator.smpp.centre import ShortMessageCentre
from simulator.smpp.receipts import Receipt


class Control:
    """HTTP handlers of the control API; ValueError becomes 400 with its text."""

    def __init__(
        self,
        network: Network,
        centres: dict[str, ShortMessageCentre],
        operators: dict[str, MaapOperator],
        webhooks: Webhooks,
        bots: Bots,
        replies: Replies,
    ) -> None:
        self._network = network
        self._centres = centres
        self._operators = operators
        self._webhooks = webhooks
        self._bots = bots
        self._replies = replies

    def routes(self) -> list[Route]:
        """All routes under /control."""
        table: list[tuple[str, str, Endpoint]] = [
            ("/bots/{carrier}/{bot_id}", "PUT", self._put_bot),
            ("/links/{carrier}", "POST", self._link),
            ("/receipts/{carrier}", "POST", self._inject_receipts),
            ("/webhooks/{carrier}", "POST", self._inject_webhook),
            ("/faults", "GET", self._get_faults),
            ("/faults", "PUT", self._put_faults),
            ("/reset", "POST", self._reset),
            ("/state", "GET", self._state),
        ]
        return [
            *HandsetControl(self._network, self._replies).routes(),
            *(Route("/control" + path, guarded(endpoint), methods=[how]) for path, how, endpoint in table),
        ]

    async def _put_bot(self, request: Request) -> Response:
        carrier, bot_id = request.path_params["carrier"], request.path_params["bot_id"]
        if carrier not in MAAP_CARRIERS:
            raise NoSuchThing("no such MaaP carrier")
        bot = _changed_bot(self._bots.get(carrier, bot_id), await read_object(request))
        self._bots.put(carrier, bot_id, bot)
        return json_response({"allow_subscribers": bot.allow_subscribers, "total": bot.total})

    # --- faults

    async def _link(self, request: Request) -> Response:
        centre = self._centres.get(request.path_params["carrier"])
        if centre is None:
            raise NoSuchThing("no such carrier")
        wishes = await read_object(request)
        drop, unbind = wishes.pop("drop", False), wishes.pop("unbind", False)
        if not isinstance(drop, bool) or not isinstance(unbind, bool):
            raise ValueError("drop and unbind must be true or false")
        lasting = {name: wishes.pop(name) for name in LINK_FIELDS if name in wishes}
        checked(centre.faults, lasting)
        self._network.change_rates(centre.carrier.name, wishes)
        apply_changes(centre.faults, lasting)
        if "silent" in lasting:
            centre.apply_silence()
        if unbind:
            centre.unbind_all()
        if drop:
            centre.drop_all()
        rates = self._network.own_rates[centre.carrier.name]
        return json_response(as_json(centre.faults) | {"rates": rates})

    async def _inject_receipts(self, request: Request) -> Response:
        """{message_id?, number?, outcome?, form?, err?, count?}: receipts nobody's submit asked for."""
        centre = self._centres.get(request.path_params["carrier"])
        if centre is None:
            raise NoSuchThing("no such carrier")
        count, receipt = _invented_receipt(await read_object(request), self._network.settings.smpp_system_id)
        for _ in range(count):
            centre.outbox.push(receipt)
        return json_response({"receipts": count}, 202)

    async def _inject_webhook(self, request: Request) -> Response:
        """Any JSON object, sent to the platform as it is."""
        carrier = request.path_params["carrier"]
        if carrier not in MAAP_CARRIERS:
            raise NoSuchThing("no such MaaP carrier")
        event = await read_object(request)
        self._webhooks.publish(carrier, self._network.new_id("event"), json.dumps(event, ensure_ascii=False))
        return json_response({"events": 1}, 202)

    async def _get_faults(self, request: Request) -> Response:
        return json_response(as_json(self._network.faults))

    async def _put_faults(self, request: Request) -> Response:
        self._network.change_faults(await read_object(request))
        return json_response(as_json(self._network.faults))

    # --- all of it

    async def _reset(self, request: Request) -> Response:
        wishes = await read_object(request)
        network = self._network
        network.reset_faults()
        for centre in self._centres.values():
            centre.reset()
        for operator in self._operators.values():
            operator.accepted = operator.refused = 0
        network.agenda.clear()
        network.messages.clear()
        self._replies.clear()
        network.handsets.reset()
        self._webhooks.clear()
        self._bots.reset()
        aside = await network.ledger.rotate() if wishes.get("ledger") is True else None
        return json_response({"reset": True, "ledger_moved_to": str(aside) if aside else None})

    async def _state(self, request: Request) -> Response:
        network = self._network
        carriers = {}
        for name in CARRIERS:
            operator = self._operators.get(name)
            carriers[name] = self._centres[name].as_json() | {
                "faults": as_json(network.links[name]),
                "rates": network.own_rates[name],
                "faults_met": dict(network.met[name]),
                "rcs": None if operator is None else operator.as_json(),
            }
        return json_response(
            {
                "time": utc_now(),
                "seed": network.seed,
                "time_scale": network.settings.time_scale,
                "messages_kept": len(network.messages),
                "planned": len(network.agenda),
                "faults": as_json(network.faults),
                "faults_met": dict(sum(network.met.values(), Counter())),
                "webhooks": self._webhooks.as_json(),
                "ledger": network.ledger.summary(),
                "bots": self._bots.as_json(),
                "carriers": carriers,
            }
        )


def _invented_receipt(wishes: dict[str, Any], system_id: str) -> tuple[int, Receipt]:
    unknown = wishes.keys() - {"message_id", "number", "outcome", "form", "err", "count"}
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    count = wishes.get("count", 1)
    number = national(str(wishes.get("number", "09000000000")))
    if type(count) is not int or not 1 <= count <= 100_000:
        raise ValueError("count must be 1 to 100000")
    if number is None:
        raise ValueError("number must be a Japanese mobile number")
    receipt = Receipt(
        system_id=system_id,
        message_id=str(wishes.get("message_id", "unknown-id")),
        source=(0, 0, "SENDER"),
        destination=(1, 1, "81" + number[1:]),
        submitted_at=time.time(),
        done_at=time.time(),
        outcome=Outcome(wishes.get("outcome", "delivered")).value,
        form=ReceiptForm(wishes.get("form", "full")).value,
        err=None if wishes.get("err") is None else str(wishes["err"]),
    )
    return count, receipt


def _changed_bot(bot: Bot, wishes: dict[str, Any]) -> Bot:
    allow = wishes.get("allow_subscribers", bot.allow_subscribers)
    generated = wishes.get("generated", bot.generated)
    if not isinstance(allow, bool):
        raise ValueError("allow_subscribers must be true or false")
    if type(generated) is not int or not 0 <= generated <= 9_999_999:
        raise ValueError("generated must be 0 to 9999999")
    subscribers = bot.subscribers
    if "subscribers" in wishes:
        numbers = [national(str(raw)) for raw in wishes["subscribers"]]
        subscribers = {number: utc_now() for number in numbers if number is not None}
    return Bot(allow, subscribers, generated)
