"""A scriptable SMSC on real TCP: tests say what it answers, and look at what it got."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from gateways.smpp.bodies import BindTransceiver, ShortMessage
from gateways.smpp.command_status import CommandStatus
from gateways.smpp.pdu import CommandId, Pdu, PduStream


class Peer:
    """One connection of an ESME, seen from the SMSC."""

    def __init__(self, smsc: "FakeSmsc", writer: asyncio.StreamWriter) -> None:
        self._smsc = smsc
        self._writer = writer
        self.received: list[Pdu] = []
        self.gone = False
        self._sequence = 1000

    def write(self, octets: bytes) -> None:
        """Send octets as they are."""
        self._writer.write(octets)

    def send(self, command_id: int, status: int, sequence: int, body: bytes = b"") -> None:
        """Send one PDU."""
        self.write(Pdu(command_id, status, sequence, body).encode())

    def accept(self, pdu: Pdu, message_id: str = "") -> None:
        """Answer a submit_sm with a message id."""
        number = f"id-{len(self._smsc.submits)}"
        self.send(CommandId.SUBMIT_SM_RESP, 0, pdu.sequence, (message_id or number).encode() + b"\0")

    def refuse(self, pdu: Pdu, status: int, body: bytes = b"") -> None:
        """Answer a submit_sm with an error status."""
        self.send(CommandId.SUBMIT_SM_RESP, status, pdu.sequence, body)

    def deliver(self, message: ShortMessage) -> int:
        """Send a deliver_sm; returns its sequence number."""
        self._sequence += 1
        self.send(CommandId.DELIVER_SM, 0, self._sequence, message.encode())
        return self._sequence

    def request(self, command_id: int) -> int:
        """Send a request without a body; returns its sequence number."""
        self._sequence += 1
        self.send(command_id, 0, self._sequence)
        return self._sequence

    def drop(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()

    def got(self, command_id: int) -> list[Pdu]:
        """PDUs of one kind received so far."""
        return [pdu for pdu in self.received if pdu.command_id == command_id]

    def answer_to(self, sequence: int) -> Pdu | None:
        """What the ESME answered to a request of ours."""
        answers = [p for p in self.received if p.sequence == sequence and p.command_id & 0x8000_0000]
        return answers[0] if answers else None


class FakeSmsc:
    """Accepts binds and submits unless told otherwise."""

    def __init__(self) -> None:
        self.bind_status = 0
        self.binds: list[BindTransceiver] = []
        self.peers: list[Peer] = []
        self.submits: list[ShortMessage] = []
        self.mute = False
        self.answers_unbind = True
        self.on_submit: Callable[[Peer, Pdu], Awaitable[None] | None] = Peer.accept
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0
        # What it shows its visitors: TLS from the first byte on.
        self.tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """Where the ESME should go."""
        return f"smpp://platform:p%40ss@127.0.0.1:{self.port}"

    @property
    def peer(self) -> Peer:
        """The newest connection."""
        return self.peers[-1]

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def listen(self) -> None:
        """Open the port; the same one after a restart."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Close the port and every connection."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await self._server.wait_closed()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(self, writer)
        self.peers.append(peer)
        self._writers.append(writer)
        stream = PduStream()
        try:
            while octets := await reader.read(65536):
                for pdu in stream.feed(octets):
                    peer.received.append(pdu)
                    if not self.mute:
                        await self._answer(peer, pdu)
        except ConnectionError:
            pass
        finally:
            peer.gone = True
            writer.close()

    async def _answer(self, peer: Peer, pdu: Pdu) -> None:
        if pdu.command_id == CommandId.BIND_TRANSCEIVER:
            self.binds.append(BindTransceiver.decode(pdu.body))
            body = b"" if self.bind_status else b"fake\0"
            peer.send(CommandId.BIND_TRANSCEIVER_RESP, self.bind_status, pdu.sequence, body)
        elif pdu.command_id == CommandId.SUBMIT_SM:
            self.submits.append(ShortMessage.decode(pdu.body))
            if (done := self.on_submit(peer, pdu)) is not None:
                await done
        elif pdu.command_id == CommandId.ENQUIRE_LINK:
            peer.send(CommandId.ENQUIRE_LINK_RESP, CommandStatus.ESME_ROK, pdu.sequence)
        elif pdu.command_id == CommandId.UNBIND and self.answers_unbind:
            peer.send(CommandId.UNBIND_RESP, CommandStatus.ESME_ROK, pdu.sequence)


async def until(condition: Callable[[], object], timeout_s: float = 3.0) -> None:
    """Wait until a condition holds; fails after ``timeout_s``."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - conditions of any kind
            await asyncio.sleep(0.002)
