"""GET /ledger and /ledger/summary: the witness, for the checker that compares it with the platform."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from simulator.http_tools import json_response
from simulator.ledger import Ledger

_CHUNK = 256 * 1024


class LedgerRoutes:
    """Reads the file only up to what is known to be on disk."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def routes(self) -> list[Route]:
        """Both routes."""
        return [
            Route("/ledger", self._stream, methods=["GET"]),
            Route("/ledger/summary", self._summary, methods=["GET"]),
        ]

    async def _summary(self, request: Request) -> Response:
        return json_response(self._ledger.summary())

    async def _stream(self, request: Request) -> Response:
        raw = request.query_params.get("since", "0")
        if not raw.isascii() or not raw.isdigit():
            return json_response({"error": "since must be a byte offset, as x-ledger-end gave it"}, 400)
        end = self._ledger.size
        start = min(int(raw), end)
        if 0 < start < end and await asyncio.to_thread(self._inside_line, start):
            return json_response({"error": "since is not the beginning of a line"}, 400)
        headers = {"x-ledger-end": str(end)}
        return StreamingResponse(self._read(start, end), 200, headers, "application/x-ndjson")

    def _inside_line(self, offset: int) -> bool:
        with self._ledger.path.open("rb") as file:
            file.seek(offset - 1)
            return file.read(1) != b"\n"

    async def _read(self, start: int, end: int) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(self._ledger.path.open, "rb")
        with file:
            file.seek(start)
            while start < end:
                chunk = await asyncio.to_thread(file.read, min(_CHUNK, end - start))
                if not chunk:
                    return
                start += len(chunk)
                yield chunk
