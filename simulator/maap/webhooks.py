"""Webhooks to the platform: at least once, in order per message, however long the platform is down."""

import asyncio
import time
from collections import deque
from typing import Any

import structlog

from simulator.maap.http_client import WebhookClient, WebhookFailed
from simulator.settings import Settings

log = structlog.get_logger("simulator.webhooks")
_SENDERS = 16  # requests under way at once
_FIRST_BACKOFF = 0.5


class Webhooks:
    """A chain of events per key (message id); only the head of a chain is ever on its way."""

    def __init__(self, settings: Settings) -> None:
        self._template = settings.webhook_url
        self._max_backoff = settings.webhook_max_backoff
        self._client = WebhookClient(settings.webhook_timeout, settings.webhook_token.get_secret_value())
        self._token_of = settings.webhook_token_of
        self._chains: dict[str, deque[tuple[str, str]]] = {}
        self._failures: dict[str, int] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._senders: list[asyncio.Task[None]] = []
        self._single: set[asyncio.Task[None]] = set()
        self._outage = 0  # failed connections in a row
        self._closed_until = 0.0
        self.delivered = 0
        self.failed = 0

    @property
    def waiting(self) -> int:
        """Events not taken yet."""
        return sum(map(len, self._chains.values()))

    def start(self) -> None:
        """Begin to send."""
        self._senders = [asyncio.create_task(self._send_all()) for _ in range(_SENDERS)]

    async def stop(self) -> None:
        """Stop sending; what waits stays for `dump`."""
        for task in self._senders:
            task.cancel()
        for task in self._single:
            task.cancel()
        await asyncio.gather(*self._senders, *self._single, return_exceptions=True)
        self._client.close()

    def publish(self, carrier: str, key: str, body: str) -> None:
        """Send a JSON body after everything published before under the same key."""
        if not self._template:
            return
        chain = self._chains.get(key)
        if chain is None:
            self._chains[key] = deque(((carrier, body),))
            self._ready.put_nowait(key)
        else:
            chain.append((carrier, body))

    def publish_once(self, carrier: str, body: bytes, token: str | None = None) -> None:
        """Send a body once, whatever the answer; token: another than the right one."""
        if self._template:
            task = asyncio.create_task(self._send_once(carrier, body, token))
            self._single.add(task)
            task.add_done_callback(self._single.discard)

    def dump(self) -> list[tuple[str, str, str]]:
        """Everything not taken yet as (carrier, key, body), in order."""
        return [(carrier, key, body) for key, chain in self._chains.items() for carrier, body in chain]

    def restore(self, rows: list[tuple[str, str, str]]) -> None:
        """Publish what `dump` gave."""
        for carrier, key, body in rows:
            self.publish(carrier, key, body)

    def clear(self) -> None:
        """Forget everything not under way, and count anew."""
        self.delivered = self.failed = 0
        self._chains.clear()
        self._failures.clear()

    def as_json(self) -> dict[str, Any]:
        """Counts for the control API."""
        return {"waiting": self.waiting, "delivered": self.delivered, "failed_attempts": self.failed}

    async def _send_all(self) -> None:
        while True:
            key = await self._ready.get()
            pause = self._closed_until - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            chain = self._chains.get(key)
            if not chain:
                continue
            if await self._send(*chain[0]):
                self._taken(key, chain)
            else:
                self._retry_later(key)

    async def _send_once(self, carrier: str, body: bytes, token: str | None) -> None:
        try:
            await self._client.post(
                self._template.format(carrier=carrier), body, token or self._token_of(carrier)
            )
        except WebhookFailed as error:
            log.info("webhook without a second try failed", reason=str(error))

    async def _send(self, carrier: str, body: str) -> bool:
        try:
            url = self._template.format(carrier=carrier)
            status = await self._client.post(url, body.encode(), self._token_of(carrier))
        except WebhookFailed as error:
            if self._outage == 0:
                log.warning("webhook receiver unreachable", reason=str(error))
            # One gate for all: thousands of waiting messages must not hammer a platform that is down.
            self._outage += 1
            pause = min(self._max_backoff, _FIRST_BACKOFF * 2 ** min(self._outage // _SENDERS, 10))
            self._closed_until = time.monotonic() + pause
            return False
        if self._outage:
            log.info("webhook receiver reachable again")
        self._outage = 0
        self._closed_until = 0.0
        return 200 <= status < 300

    def _taken(self, key: str, chain: deque[tuple[str, str]]) -> None:
        self.delivered += 1
        self._failures.pop(key, None)
        if chain:
            chain.popleft()
        if chain:
            self._ready.put_nowait(key)
        elif self._chains.get(key) is chain:
            del self._chains[key]

    def _retry_later(self, key: str) -> None:
        self.failed += 1
        attempts = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(self._max_backoff, _FIRST_BACKOFF * 2 ** min(attempts - 1, 10))
        asyncio.get_running_loop().call_later(pause, self._ready.put_nowait, key)
