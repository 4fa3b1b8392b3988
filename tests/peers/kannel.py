"""Kannel (bearerbox and smsbox) as ESME: its configuration, and sending through its HTTP interface."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx

from tests.peers.availability import find_command
from tests.peers.processes import PeerProcess

# Kannel's bits for a delivery report: delivered, failed, buffered, accepted by the SMSC, refused by it.
DELIVERED, FAILED, ACCEPTED, REFUSED = 1, 2, 8, 16
_MASK = DELIVERED | FAILED | ACCEPTED | REFUSED
START_SECONDS = 20.0

_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = secret
smsbox-port = {smsbox}
smsbox-interface = 127.0.0.1
dlr-storage = internal
sms-resend-freq = 1
log-level = 0

group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = platform
smsc-password = simulator
system-type = ""
source-addr-ton = 5
source-addr-npi = 0
dest-addr-ton = 1
dest-addr-npi = 1
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 0

group = sendsms-user
username = tester
password = secret
concatenation = true
max-messages = 10

group = sms-service
keyword = default
max-messages = 0
text = none
"""


class Kannel:
    """Both boxes running, bound to an SMSC; ``reports`` are the delivery reports it got, as (type, text)."""

    def __init__(self, admin: int, sendsms: int, boxes: tuple[PeerProcess, PeerProcess]) -> None:
        self._admin, self._sendsms, self._boxes = admin, sendsms, boxes
        self.reports: list[tuple[int, str]] = []
        self._sink: asyncio.Server | None = None
        self._http = httpx.AsyncClient(timeout=10)

    async def send(self, number: str, text: str) -> None:
        """Send a text as UCS-2 and ask for every kind of delivery report."""
        assert self._sink is not None
        sink = self._sink.sockets[0].getsockname()[1]
        query = {
            "username": "tester",
            "password": "secret",
            "from": "SENDER",
            "to": "81" + number[1:],
            "coding": "2",
            "charset": "UTF-8",
            "text": text,
            "dlr-mask": str(_MASK),
            "dlr-url": f"http://127.0.0.1:{sink}/?type=%d&text=%A",
        }
        answer = await self._http.get(f"http://127.0.0.1:{self._sendsms}/cgi-bin/sendsms?{urlencode(query)}")
        assert answer.status_code == 202, answer.text

    async def status(self) -> str:
        """bearerbox's own words about itself and its link."""
        url = f"http://127.0.0.1:{self._admin}/status.txt?password=secret"
        return (await self._http.get(url)).text

    async def reported(self, kind: int, count: int = 1) -> list[str]:
        """Wait for so many reports of a kind; their texts."""
        try:
            async with asyncio.timeout(20.0):
                while True:
                    found = [text for one, text in self.reports if one == kind]
                    if len(found) >= count:
                        return found
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"reports {self.reports}\n{self._boxes[0].words()}") from None

    async def until_online(self) -> None:
        """Wait until it is bound and its smsbox takes texts."""
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    words = await self.status()
                    if "(online" in words and "smsbox:" in words:
                        return
                except httpx.TransportError:
                    pass
                for box in self._boxes:
                    assert box.exit_status is None, box.words()
                await asyncio.sleep(0.05)

    async def _report(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        query = httpx.URL(head.split(" ", 2)[1]).params
        self.reports.append((int(query["type"]), query.get("text", "")))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async def listen(self) -> None:
        """Take delivery reports."""
        self._sink = await asyncio.start_server(self._report, "127.0.0.1", 0)

    async def close(self) -> None:
        """Take no more."""
        if self._sink is not None:
            self._sink.close()
        await self._http.aclose()


@asynccontextmanager
async def kannel(folder: Path, smsc_port: int) -> AsyncIterator[Kannel]:
    """Run both boxes with an SMSC on ``smsc_port`` of this machine."""
    admin, smsbox, sendsms = _free_ports(3)
    configuration = folder / "kannel.conf"
    configuration.write_text(
        _CONFIGURATION.format(admin=admin, smsbox=smsbox, sendsms=sendsms, smsc=smsc_port), "utf-8"
    )
    commands = [find_command(name) for name in ("bearerbox", "smsbox")]
    async with AsyncExitStack() as running:
        boxes = []
        for command in commands:
            assert command is not None
            box = PeerProcess([command, "-v", "0", str(configuration)], folder, name=Path(command).name)
            boxes.append(await running.enter_async_context(box))
            if len(boxes) == 1:
                await _listening(smsbox, box)
        peer = Kannel(admin, sendsms, (boxes[0], boxes[1]))
        running.push_async_callback(peer.close)
        await peer.listen()
        await peer.until_online()
        yield peer


async def _listening(port: int, box: PeerProcess) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert box.exit_status is None, box.words()
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
