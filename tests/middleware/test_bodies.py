"""Every body is counted and watched, whatever its head says."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from starlette.responses import PlainTextResponse, Response

from middleware.bodies import BodyLimits, set_body_holder
from middleware.large_bodies import LARGE_FROM_BYTES, LargeBodies

LIMIT = 4 * LARGE_FROM_BYTES
SMALL = 1000


def application(large: LargeBodies, patience_seconds: float) -> FastAPI:
    """Counts what is posted; /small takes 1,000 bytes. The company is the address's last part."""
    app = FastAPI()

    @app.post("/{place}/{company}")
    async def take(request: Request, place: str, company: str) -> dict[str, int]:
        set_body_holder(request.scope, company)
        return {"bytes": len(await request.body())}

    @app.post("/form")
    async def form(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.form())))

    def limit_of(path: str) -> int:
        return SMALL if path.startswith(("/small", "/form")) else LIMIT

    async def unhandled(_request: Request, error: HTTPException) -> Response:
        return PlainTextResponse("", error.status_code, error.headers)

    app.add_exception_handler(HTTPException, unhandled)  # type: ignore[arg-type]
    app.add_middleware(
        BodyLimits,
        limit_of=limit_of,
        large=large,
        patience_seconds=patience_seconds,
    )
    return app


def client(large: LargeBodies | None = None, *, patience_seconds: float = 5.0) -> httpx.AsyncClient:
    app = application(large or LargeBodies(LIMIT), patience_seconds)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://portal.test")


async def pieces(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 100):
        yield b"x" * min(100, size - start)


@pytest.mark.parametrize(("size", "status"), [(0, 200), (1000, 200), (1001, 413), (50_000, 413)])
async def test_bytes_are_counted_with_and_without_a_length(size: int, status: int) -> None:
    async with client() as program:
        assert (await program.post("/small/a", content=b"x" * size)).status_code == status
        assert (await program.post("/small/a", content=pieces(size))).status_code == status


async def test_files_of_a_form_are_counted_like_its_fields() -> None:
    async with client() as browser:
        posted = await browser.post("/form", files={"file": b"x" * 100}, data={"name": "a"})
        assert (posted.status_code, posted.text) == (200, "2")
        assert (await browser.post("/form", files={"file": b"x" * 2000})).status_code == 413


async def test_a_length_that_is_too_small_is_not_believed() -> None:
    async with client() as program:
        answer = await program.post("/small/a", content=pieces(5000), headers={"Content-Length": "10"})
        assert answer.status_code == 413


async def test_a_body_that_stops_coming_is_given_up() -> None:
    async def stopping() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(60)

    async with client(patience_seconds=0.05) as program:
        answer = await program.post("/small/a", content=stopping())
        assert (answer.status_code, answer.headers["Connection"]) == (408, "close")


async def test_a_body_that_drips_is_given_up() -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    async with client(patience_seconds=0.1) as program:
        assert (await program.post("/large/a", content=dripping())).status_code == 408


async def test_large_bodies_wait_for_their_turn_and_give_it_back() -> None:
    large = LargeBodies(LIMIT, patience_seconds=0.01)
    body = b"x" * (LARGE_FROM_BYTES + 1)
    async with client(large) as program:
        place = await large.enter("other", LIMIT)
        refused = await program.post("/large/a", content=body)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
        unannounced = await program.post("/large/a", content=pieces(len(body)))
        assert unannounced.status_code == 503
        assert (await program.post("/large/other", content=body)).status_code == 429
        assert (await program.post("/large/a", content=b"small")).status_code == 200
        large.leave(place)
        for _ in range(3):
            assert (await program.post("/large/a", content=body)).status_code == 200
