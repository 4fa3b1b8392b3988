"""A tiny SMPP client of the tests' own, so that the simulator's codec is not checked against itself."""

import asyncio
import re
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Self

BIND_RECEIVER, BIND_TRANSMITTER, SUBMIT, DELIVER, UNBIND, BIND_TRANSCEIVER, ENQUIRE = 1, 2, 4, 5, 6, 9, 0x15
DATA = 0x103
RESP = 0x80000000
PASSWORD = "simulator"


@dataclass
class Receipt:
    """A deliver_sm as received."""

    sequence: int
    source: str
    destination: str
    esm_class: int
    text: bytes
    tlvs: dict[int, bytes]

    def field(self, name: str) -> str:
        found = re.search(rf"{name}:(\S*)", self.text.decode("latin-1"))
        return found.group(1) if found else ""


def cut_c_string(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(b"\0", at)
    return body[at:end].decode(), end + 1


def read_receipt(sequence: int, body: bytes) -> Receipt:
    _, at = cut_c_string(body, 0)
    source, at = cut_c_string(body, at + 2)
    destination, at = cut_c_string(body, at + 2)
    esm_class = body[at]
    _, at = cut_c_string(body, at + 3)
    _, at = cut_c_string(body, at)
    length, at = body[at + 4], at + 5
    text, at = body[at : at + length], at + length
    tlvs = {}
    while at < len(body):
        tag, size = struct.unpack_from(">HH", body, at)
        tlvs[tag] = body[at + 4 : at + 4 + size]
        at += 4 + size
    return Receipt(sequence, source, destination, esm_class, text, tlvs)


def submit_body(
    to: str,
    data: bytes,
    *,
    esm_class: int = 0,
    coding: int = 8,
    registered: int = 1,
    validity: str = "",
    tlvs: bytes = b"",
) -> bytes:
    """A submit_sm body; `to` is a national number, sent as TON 1 international."""
    return b"".join(
        (
            b"\0\x05\0SENDER\0\x01\x01",
            f"81{to[1:]}".encode() + b"\0",
            bytes((esm_class, 0, 0)) + b"\0" + validity.encode() + b"\0",
            bytes((registered, 0, coding, 0, len(data))) + data,
            tlvs,
        )
    )


class Esme:
    """One connection; receipts land in `receipts`, acknowledged unless `acknowledge` is False."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.receipts: asyncio.Queue[Receipt] = asyncio.Queue()
        self.events: list[str] = []  # the order in which answers and receipts came
        self.requests: list[int] = []
        self.acknowledge: bool = True
        self.bodies: asyncio.Queue[bytes] = asyncio.Queue()  # of deliveries nobody acknowledges or reads
        self.raw = False
        self.last_sequence = 0
        self.closed = asyncio.Event()
        self._sequence = 0
        self._open: dict[int, asyncio.Future[tuple[int, int, bytes]]] = {}
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def bound(cls, port: int, command: int = BIND_TRANSCEIVER) -> Self:
        esme = await cls.connect(port)
        assert (await esme.bind(command))[1] == 0
        return esme

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()
        await asyncio.wait_for(self._task, 5)

    def send(self, command: int, body: bytes = b"", status: int = 0, sequence: int | None = None) -> int:
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)
        return sequence

    def expect(self, sequence: int) -> asyncio.Future[tuple[int, int, bytes]]:
        self._open[sequence] = asyncio.get_running_loop().create_future()
        return self._open[sequence]

    async def call(self, command: int, body: bytes = b"") -> tuple[int, int, bytes]:
        """(command, status, body) of the answer."""
        return await asyncio.wait_for(self.expect(self.send(command, body)), 5)

    async def bind(
        self, command: int = BIND_TRANSCEIVER, system_id: str = "platform", password: str = PASSWORD
    ) -> tuple[int, int, bytes]:
        body = f"{system_id}\0{password}\0\0".encode() + b"\x34\0\0\0"
        return await self.call(command, body)

    async def submit(self, to: str, text: str = "こんにちは", **options: object) -> tuple[int, str]:
        """(command_status, message id)."""
        body = submit_body(to, text.encode("utf-16-be", "surrogatepass"), **options)  # type: ignore[arg-type]
        _, status, answer = await self.call(SUBMIT, body)
        return status, answer.rstrip(b"\0").decode()

    async def receipt(self, within: float = 5.0) -> Receipt:
        return await asyncio.wait_for(self.receipts.get(), within)

    async def no_receipt(self, within: float = 0.3) -> bool:
        await asyncio.sleep(within)
        return self.receipts.empty()

    def confirm(self, receipt: Receipt, status: int = 0) -> None:
        self.send(DELIVER | RESP, b"\0", status, receipt.sequence)

    async def _read(self) -> None:
        try:
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await self.reader.readexactly(16))
                self._handle(command, status, sequence, await self.reader.readexactly(length - 16))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()

    def _handle(self, command: int, status: int, sequence: int, body: bytes) -> None:
        if command & RESP:
            self.events.append("answer")
            waiting = self._open.pop(sequence, None)
            if waiting is not None and not waiting.done():
                waiting.set_result((command, status, body))
            return
        self.requests.append(command)
        if command in (DELIVER, DATA) and not self.acknowledge and self.raw:
            self.last_sequence = sequence
            self.bodies.put_nowait(body)
        elif command == DELIVER:
            self.events.append("receipt")
            receipt = read_receipt(sequence, body)
            self.receipts.put_nowait(receipt)
            if self.acknowledge:
                self.confirm(receipt)
        elif self.acknowledge:
            self.send(command | RESP, b"", 0, sequence)
