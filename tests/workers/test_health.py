"""A worker's health page: who can reach it."""

import asyncio

import httpx
import pytest

from workers.health import health_server
from workers.local_stack.ports import free_port


async def _is_ready() -> bool:
    return True


@pytest.mark.parametrize(
    ("towards", "answering"),
    [
        (None, {"127.0.0.2"}),
        ("127.0.0.1", {"127.0.0.1", "127.0.0.2"}),
        ("localhost", {"127.0.0.1", "127.0.0.2"}),
    ],
)
async def test_answers_where_it_is_told_and_on_the_way_to_one_host(
    towards: str | None, answering: set[str]
) -> None:
    """The metrics of a worker are for one of its networks, not for the carriers' and the relay's."""
    port, found = free_port(), set()
    async with health_server("127.0.0.2", port, _is_ready, towards=towards), httpx.AsyncClient() as client:
        for host in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            try:
                answer = await client.get(f"http://{host}:{port}/health/ready")
            except httpx.ConnectError:
                continue
            assert answer.json() == {"status": "ready"}
            found.add(host)
    assert found == answering


async def test_waits_for_a_name_nobody_knows_yet() -> None:
    with pytest.raises(TimeoutError):
        async with (
            asyncio.timeout(0.2),
            health_server("127.0.0.1", free_port(), _is_ready, towards="no.invalid"),
        ):
            pass
