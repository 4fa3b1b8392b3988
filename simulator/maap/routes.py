"""The MaaP endpoints over HTTP: /maap/{carrier}/…"""

import asyncio
import json
from collections.abc import Awaitable, Callable

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.http_tools import json_response, keep_silent
from simulator.maap.errors import MaapError, bad_request
from simulator.maap.files import Files
from simulator.maap.misfortunes import Silence
from simulator.maap.oauth import OAuthError
from simulator.maap.operator import CAPABILITIES, MaapOperator
from simulator.messages import iso
from simulator.network import Network
from simulator.numbers import international

Handler = Callable[[MaapOperator, Request], Awaitable[Response]]
_CAPABLE = json.dumps({"capabilities": CAPABILITIES}, separators=(",", ":")).encode()
_MAX_PAGE, _DEFAULT_PAGE = 10_000, 1_000


class MaapRoutes:
    """HTTP in front of the operators; authentication, faults and error bodies in one place."""

    def __init__(self, network: Network, operators: dict[str, MaapOperator], files: Files) -> None:
        self._network = network
        self._operators = operators
        self._files = files

    def routes(self) -> list[Route]:
        """Most used first: routes are matched in order."""
        bot = "/maap/{carrier}/rcs/bot/v1/{bot_id}"
        return [
            self._route(bot + "/messages", "POST", self._submit),
            self._route(bot + "/contactCapabilities", "GET", self._capability),
            self._route(bot + "/messages/{message_id}/status", "PUT", self._change_status),
            self._route(bot + "/messages/{message_id}/status", "GET", self._status),
            self._route(bot + "/subscribers", "GET", self._subscribers),
            self._route(bot + "/files", "POST", self._upload),
            self._route(bot + "/files/{file_id}", "GET", self._describe_file),
            self._route(bot + "/files/{file_id}", "DELETE", self._delete_file),
            Route("/maap/{carrier}/oauth2/v1/token", self._token, methods=["POST"]),
            Route("/maap/{carrier}/content/{file_id}", self._content, methods=["GET"]),
        ]

    def _route(self, path: str, method: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                operator = self._operator(request)
                await self._apply_faults(operator)
                if self._network.new_fate(operator.carrier.name, "request").meets("expired_token_rate"):
                    operator.tokens.revoke_all()
                if not operator.tokens.accepts(request.headers.get("authorization", "")):
                    raise MaapError(401, 401, "missing, unknown or expired token")
                return await handler(operator, request)
            except MaapError as error:
                return _error(error)
            except Silence:
                return await keep_silent(request, self._network.stopping)

        return Route(path, endpoint, methods=[method])

    def _operator(self, request: Request) -> MaapOperator:
        operator = self._operators.get(request.path_params["carrier"])
        if operator is None:
            raise MaapError(404, 404, "no such operator")
        return operator

    async def _apply_faults(self, operator: MaapOperator) -> None:
        faults = operator.faults
        if faults.http_delay_seconds:
            await asyncio.sleep(faults.http_delay_seconds)
        if faults.http_silent:
            raise Silence
        if faults.http_status:
            raise MaapError(faults.http_status, faults.http_status, "fault asked for by the control API")

    async def _token(self, request: Request) -> Response:
        try:
            operator = self._operator(request)
            await self._apply_faults(operator)
            form = (await request.body()).decode("utf-8", "replace")
            granted = operator.tokens.issue(request.headers.get("authorization", ""), form)
        except OAuthError as refused:
            headers = {"www-authenticate": "Basic"} if refused.status == 401 else None
            return json_response({"error": refused.error}, refused.status, headers)
        except MaapError as error:
            return _error(error)
        except Silence:
            return await keep_silent(request, self._network.stopping)
        return json_response(granted, 200, {"cache-control": "no-store"})

    async def _submit(self, operator: MaapOperator, request: Request) -> Response:
        try:
            accepted = await operator.submit(request.path_params["bot_id"], await request.body())
        except MaapError:
            operator.refused += 1
            raise
        return Response(accepted, 202, media_type="application/json")

    async def _capability(self, operator: MaapOperator, request: Request) -> Response:
        # "+81…" sent without escaping arrives as " 81…"; spaces are dropped by the number parser.
        operator.check_capability(request.query_params.get("userContact", ""))
        return Response(_CAPABLE, 200, media_type="application/json")

    async def _change_status(self, operator: MaapOperator, request: Request) -> Response:
        try:
            wanted = json.loads(await request.body())["RCSMessage"]["status"]
        except (ValueError, KeyError, TypeError):
            raise bad_request("RCSMessage.status is missing") from None
        if wanted not in ("cancelled", "canceled"):
            raise bad_request('the only status that can be asked for is "cancelled"')
        operator.revoke(request.path_params["message_id"])
        return Response(status_code=204)

    async def _status(self, operator: MaapOperator, request: Request) -> Response:
        message = operator.message(request.path_params["message_id"])
        shown = {
            "msgId": message.message_id,
            "status": message.status,
            "timestamp": iso(message.displayed_at or message.delivered_at or message.accepted_at),
        }
        return json_response({"RCSMessage": shown})

    async def _subscribers(self, operator: MaapOperator, request: Request) -> Response:
        bot = operator.bots.get(operator.carrier.name, request.path_params["bot_id"])
        if not bot.allow_subscribers:
            raise MaapError(403, 403, "allowSubscribers is off for this bot")
        try:
            start = int(request.query_params.get("cursor") or 0)
            limit = int(request.query_params.get("limit") or _DEFAULT_PAGE)
        except ValueError:
            raise bad_request("cursor and limit must be numbers this API gave or 1 to 10000") from None
        if start < 0 or not 1 <= limit <= _MAX_PAGE:
            raise bad_request("cursor and limit must be numbers this API gave or 1 to 10000")
        rows = [
            {"userContact": international(number), "subscribedAt": since}
            for number, since in bot.page(start, limit)
        ]
        following = start + len(rows)
        return json_response(
            {"subscribers": rows, "next": str(following) if following < bot.total and rows else None}
        )

    async def _upload(self, operator: MaapOperator, request: Request) -> Response:
        async with request.form(max_files=4, max_fields=8) as form:
            content = form.get("fileContent")
            if not isinstance(content, UploadFile):
                raise bad_request("fileContent must be a file")
            file_type, until = form.get("fileType", ""), form.get("until", "")
            if not isinstance(file_type, str) or not isinstance(until, str):
                raise bad_request("fileType and until must be text")
            taken = self._files.add(
                operator.carrier.name,
                request.path_params["bot_id"],
                file_type,
                until,
                await content.read(),
            )
        return json_response(taken, 202)

    async def _describe_file(self, operator: MaapOperator, request: Request) -> Response:
        place = request.path_params
        return json_response(self._files.describe(operator.carrier.name, place["bot_id"], place["file_id"]))

    async def _delete_file(self, operator: MaapOperator, request: Request) -> Response:
        place = request.path_params
        self._files.delete(operator.carrier.name, place["bot_id"], place["file_id"])
        return Response(status_code=204)

    async def _content(self, request: Request) -> Response:
        try:
            media_type, content = self._files.get(request.path_params["file_id"])
        except MaapError as error:
            return _error(error)
        return Response(content, 200, media_type=media_type)


def _error(error: MaapError) -> Response:
    return json_response({"reason": {"code": error.code, "text": error.text}}, error.status, error.headers)
