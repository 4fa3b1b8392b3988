"""Clients that generators make of our description compile, agree with their types, and send."""

import asyncio
import json
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from scripts.npm import find_node
from scripts.peer_packages import API_CLIENTS, API_GENERATOR, is_installed, is_target_installed
from tests.services.support import Companies, numbers

pytestmark = pytest.mark.peer
NODE, PYTHON = API_CLIENTS / "node", API_CLIENTS / "python"


@pytest_asyncio.fixture(loop_scope="session")
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The API on a port of its own. Who connects before it serves waits in the socket."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        host, port = listening.getsockname()
        yield f"http://{host}:{port}/api/v1"
        server.should_exit = True
        await serving


async def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a program to its end and return what it says; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **environment},
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


async def describe(address: str, folder: Path) -> Path:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{address}/openapi.json")
    described = folder / "openapi.json"
    described.write_bytes(answer.content)
    return described


async def sent(companies: Companies, said: str, name: str, phone: str) -> None:
    """Hold what a client has read against the database."""
    told: dict[str, Any] = json.loads(said)
    assert told == {
        "id": told["id"],
        "accepted": 1,
        "name": name,
        "phone_numbers": [phone],
        "refused": "invalid_cursor",
    }
    message = "SELECT phone_number FROM messages WHERE campaign_id = :id"
    assert await companies.one(message, id=told["id"]) == phone


@pytest.mark.skipif(not is_installed(NODE), reason="no packages of tests/api/clients/node: make peers")
@pytest.mark.skipif(find_node() is None, reason="no node")
async def test_a_typescript_client_compiles_and_sends(
    address: str, companies: Companies, tmp_path: Path
) -> None:
    """openapi-typescript, tsc --strict, openapi-fetch: the least recipient has a number only."""
    node, modules = find_node(), NODE / "node_modules"
    assert node is not None
    (tmp_path / "node_modules").symlink_to(modules)
    for name in ("send.mts", "tsconfig.json"):
        shutil.copy(NODE / name, tmp_path)
    described = await describe(address, tmp_path)
    generator = modules / "openapi-typescript" / "bin" / "cli.js"
    await run(node, generator, described, "-o", tmp_path / "schema.d.ts", folder=tmp_path)
    await run(node, modules / "typescript" / "bin" / "tsc", folder=tmp_path)
    [phone] = numbers(1, 970)
    arguments = (address, companies.first.api_key, str(uuid4()), phone)
    await sent(companies, await run(node, "send.mjs", *arguments, folder=tmp_path), "TypeScript", phone)


needs_generator = pytest.mark.skipif(
    not is_target_installed(API_GENERATOR), reason="no packages of tests/api/clients/python: make peers"
)


async def generate_python(address: str, folder: Path) -> None:
    """Make the package and put the program beside it."""
    described = await describe(address, folder)
    config = folder / "config.yml"
    config.write_text("package_name_override: delivery_api\npost_hooks: []\n", "utf-8")
    generate = (sys.executable, "-m", "openapi_python_client", "generate", "--path", described)
    output = ("--config", config, "--output-path", folder / "delivery_api", "--meta", "none")
    await run(*generate, *output, folder=folder, PYTHONPATH=str(API_GENERATOR.site))
    shutil.copy(PYTHON / "send.py", folder)


@needs_generator
async def test_a_python_client_sends(address: str, companies: Companies, tmp_path: Path) -> None:
    """openapi-python-client: the least recipient has a number only."""
    await generate_python(address, tmp_path)
    [phone] = numbers(1, 971)
    arguments = (address, companies.first.api_key, str(uuid4()), phone)
    path = str(API_GENERATOR.site)
    await sent(
        companies,
        await run(sys.executable, "send.py", *arguments, folder=tmp_path, PYTHONPATH=path),
        "Python",
        phone,
    )


@needs_generator
@pytest.mark.slow
async def test_a_python_client_agrees_with_its_types(address: str, tmp_path: Path) -> None:
    """mypy --strict of a program that uses what is generated, and of that."""
    await generate_python(address, tmp_path)
    await run(sys.executable, "-m", "mypy", "--strict", "--config-file", "", "send.py", folder=tmp_path)
