"""The portal behind a real server, and Chromium in front of it, without the rest of the product."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from playwright.async_api import Browser, async_playwright

from tests.web.conftest import ENCRYPTION_KEY, Portal, make_portal
from web.settings import WebSettings
from workers.local_stack.ports import free_port


@asynccontextmanager
async def portal_in_browser(portal: Portal) -> AsyncIterator[tuple[str, Browser]]:
    """Yield the address of a served portal, and a browser."""
    port = free_port()
    address = f"http://localhost:{port}"
    made = make_portal(portal.database, portal.jobs_database)
    made.app.state.web_settings = WebSettings(
        portal_url=address, cookie_secure=False, encryption_key=ENCRYPTION_KEY, failure_seconds=0.01
    )
    server = uvicorn.Server(uvicorn.Config(made.app, host="127.0.0.1", port=port, log_config=None))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    serving = asyncio.create_task(server.serve())
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield address, chromium
        await chromium.close()
    server.should_exit = True
    await serving
