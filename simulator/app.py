"""All carriers in one asyncio process: put together, started, stopped."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from simulator.carriers import CARRIERS, MAAP_CARRIERS
from simulator.control import Control
from simulator.http_tools import json_response
from simulator.ledger_routes import LedgerRoutes
from simulator.maap.bots import Bots
from simulator.maap.files import Files
from simulator.maap.operator import MaapOperator
from simulator.maap.routes import MaapRoutes
from simulator.maap.webhooks import Webhooks
from simulator.network import Network
from simulator.number_recycling import NumberRecycling
from simulator.pages.routes import Pages
from simulator.pending import load_pending, save_pending
from simulator.replies import Replies
from simulator.settings import Settings
from simulator.smpp.centre import ShortMessageCentre

log = structlog.get_logger("simulator")


class PortUnavailable(Exception):
    """A listener could not be opened; the text names service, address and port."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: the entry point owns them, and tests run several simulators."""
        yield


class Simulator:
    """One simulator. Ports 0 in the settings become free ones.

    After `start`: `http_port`, `smpp_ports` (by carrier) and `http_url` are the real ones; `network`,
    `centres`, `operators`, `webhooks`, `bots` and `replies` are there for tests.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.http_port = settings.http_port
        self.smpp_ports = settings.smpp_ports()
        self._servers: asyncio.Task[None] | None = None

    @property
    def http_url(self) -> str:
        """Root of everything HTTP, without a slash at the end."""
        return f"http://{self.settings.host}:{self.http_port}"

    async def start(self) -> None:
        """Open the ledger and all five listeners. Raises PortUnavailable, nothing left open."""
        sockets = self._bind_all()
        self._build()
        self.network.ledger.open()
        load_pending(self._pending_path, self.network, self.centres, self.webhooks)
        for name, centre in self.centres.items():
            await centre.start(sockets[name])
        await self._start_http(sockets["http"])
        self.webhooks.start()
        self.network.agenda.start()
        log.info("simulator started", http=self.http_port, smpp=self.smpp_ports, seed=self.network.seed)

    async def stop(self) -> None:
        """Unbind, close, write down what is still to be sent. Takes less than two seconds."""
        if self._servers is None:
            return
        self.network.stopping.set()
        self.network.agenda.stop()
        await self.network.settle()
        # Before the sessions go: what they have not acknowledged is in the outboxes now.
        for centre in self.centres.values():
            await centre.stop()
        self._server.should_exit = True
        await self._servers
        self._servers = None
        await self.webhooks.stop()
        await self.network.ledger.close()
        self.network.handsets.save()
        save_pending(self._pending_path, self.network, self.centres, self.webhooks)
        log.info("simulator stopped")

    @property
    def _pending_path(self) -> Path:
        return self.settings.data_dir / "pending.json"

    def _build(self) -> None:
        settings = self.settings
        self.network = Network(settings)
        self.webhooks = Webhooks(settings)
        self.bots = Bots(settings.data_dir / "bots.json")
        self.centres = {name: ShortMessageCentre(self.network, item) for name, item in CARRIERS.items()}
        self.operators = {
            name: MaapOperator(self.network, CARRIERS[name], self.webhooks, self.bots)
            for name in MAAP_CARRIERS
        }
        self.replies = Replies(self.network, self.centres, self.operators, self.webhooks)

    def _bind_all(self) -> dict[str, socket.socket]:
        wanted = {"http": self.http_port, **self.smpp_ports}
        sockets: dict[str, socket.socket] = {}
        try:
            for service, port in wanted.items():
                sockets[service] = _bind(service, self.settings.host, port)
        except PortUnavailable:
            for sock in sockets.values():
                sock.close()
            raise
        ports = {service: sock.getsockname()[1] for service, sock in sockets.items()}
        self.http_port = ports.pop("http")
        self.smpp_ports = ports
        return sockets

    def routes(self) -> list[BaseRoute]:
        """Everything HTTP answers, once started."""
        files = Files(self.settings.data_dir / "files", self.webhooks, lambda: self.http_url)
        return [
            *MaapRoutes(self.network, self.operators, files).routes(),
            *NumberRecycling(self.network).routes(),
            *Control(
                self.network, self.centres, self.operators, self.webhooks, self.bots, self.replies
            ).routes(),
            *Pages(self.network, self.centres, self.operators, self.replies).routes(),
            *LedgerRoutes(self.network.ledger).routes(),
            Route("/health", self._health, methods=["GET"]),
        ]

    async def _start_http(self, sock: socket.socket) -> None:
        config = uvicorn.Config(
            Starlette(routes=self.routes()),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # paths hold phone numbers
            server_header=False,
            timeout_keep_alive=75,  # longer than clients keep idle connections: no races on reuse
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._servers = asyncio.create_task(self._server.serve(sockets=[sock]))
        while not self._server.started:
            if self._servers.done():
                await self._servers
            await asyncio.sleep(0.002)

    async def _health(self, request: Request) -> Response:
        listening = {name: centre.listening for name, centre in self.centres.items()}
        healthy = all(listening.values())
        ports = {"http": self.http_port, **self.smpp_ports}
        status = {"status": "ok" if healthy else "degraded", "ports": ports, "smpp": listening}
        return json_response(status, 200 if healthy else 503)


def _bind(service: str, host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's delay off only where it reads TCP here.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise PortUnavailable(
            f"cannot listen for {service} on {host} port {port}: {os.strerror(error.errno or 0)}"
        ) from error
    sock.setblocking(False)
    return sock
