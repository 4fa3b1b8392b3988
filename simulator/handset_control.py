"""The control API's part about handsets: look at them, change them, read and answer on them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.handset_changes import changed_handset
from simulator.handsets import scenarios_as_json
from simulator.http_tools import Endpoint, NoSuchThing, guarded, json_response, read_object
from simulator.network import Network
from simulator.numbers import national
from simulator.replies import NothingToAnswer, Replies

_MOST_MESSAGES = 1000


class HandsetControl:
    """HTTP handlers under /control/handsets, and the messages handsets show."""

    def __init__(self, network: Network, replies: Replies) -> None:
        self._network = network
        self._replies = replies

    def routes(self) -> list[Route]:
        """All of them."""
        table: list[tuple[str, str, Endpoint]] = [
            ("/scenarios", "GET", self._scenarios),
            ("/handsets/{number}", "GET", self._get),
            ("/handsets/{number}", "PUT", self._put),
            ("/handsets/{number}/reply", "POST", self._reply),
            ("/handsets/{number}/read", "POST", self._read),
            ("/handsets", "GET", self._list),
            ("/messages", "GET", self._messages),
        ]
        return [Route("/control" + path, guarded(endpoint), methods=[how]) for path, how, endpoint in table]

    async def _scenarios(self, request: Request) -> Response:
        return json_response(scenarios_as_json())

    async def _get(self, request: Request) -> Response:
        return json_response(self._network.handsets.get(number_of(request)).as_json())

    async def _list(self, request: Request) -> Response:
        return json_response({"handsets": [item.as_json() for item in self._network.handsets.changed()]})

    async def _put(self, request: Request) -> Response:
        number, wishes = number_of(request), await read_object(request)
        handset = changed_handset(self._network.handsets.get(number), wishes)
        self._network.handsets.change(handset)
        self._network.handsets.save()
        return json_response(handset.as_json())

    async def _reply(self, request: Request) -> Response:
        try:
            return json_response(self._replies.send(number_of(request), await read_object(request)), 202)
        except NothingToAnswer as error:
            raise NoSuchThing(str(error)) from None

    async def _read(self, request: Request) -> Response:
        return json_response({"displayed": self._replies.read(number_of(request))})

    async def _messages(self, request: Request) -> Response:
        raw = request.query_params.get("number")
        limit = int(request.query_params.get("limit") or _MOST_MESSAGES)
        if raw is None:
            found = self._network.messages.latest(limit)
        else:
            number = national(raw)
            if number is None:
                raise ValueError("number must be a Japanese mobile number")
            found = self._network.messages.of(number)[-limit:]
        return json_response({"messages": [message.as_json() for message in found]})


def number_of(request: Request) -> str:
    """The national number in the path. Raises ValueError."""
    number = national(request.path_params["number"])
    if number is None:
        raise ValueError("number must be a Japanese mobile number")
    return number
