"""One SMPP connection: frames, bind state, enquire_link; what a submit means is the centre's affair."""

import asyncio
from typing import Protocol, cast

from simulator.chance import Fate
from simulator.faults import LinkFaults
from simulator.smpp import pdu
from simulator.smpp.wire import Wire

_BINDS = {
    pdu.BIND_RECEIVER: (False, True),
    pdu.BIND_TRANSMITTER: (True, False),
    pdu.BIND_TRANSCEIVER: (True, True),
}
_UNBOUND_SECONDS = 30.0


class Centre(Protocol):
    """What a session asks of its SMSC."""

    faults: LinkFaults
    enquire_link_seconds: float

    def refuses_connection(self) -> bool:
        """Whether a new connection is cut at once."""

    def wire_fate(self) -> Fate | None:
        """How the next PDU is written; None = in one piece."""

    def authenticate(self, system_id: str, password: str) -> int:
        """command_status for a bind: 0, or why not."""

    def session_opened(self, session: "SmppSession") -> None:
        """A TCP connection came in."""

    def session_bound(self, session: "SmppSession") -> None:
        """The session may now send or receive."""

    def session_heard(self, session: "SmppSession") -> None:
        """The session was silent and is no more."""

    def session_closed(self, session: "SmppSession") -> None:
        """The TCP connection is gone."""

    def submit(self, session: "SmppSession", sequence: int, body: bytes) -> None:
        """A submit_sm arrived; answer it through `session.respond`."""

    def receipt_answered(self, session: "SmppSession", sequence: int, status: int) -> None:
        """A deliver_sm_resp arrived."""


class SmppSession(asyncio.Protocol):
    """The SMSC's end of one connection."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._sequence = 0
        self._enquiry_open = False
        self._timer: asyncio.TimerHandle | None = None
        self.wire = Wire(centre.wire_fate, self._enquiry)
        self.system_id = ""
        self.sends = False
        self.receives = False
        self.outstanding = 0

    # --- transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)
        self.wire.opened(self._transport)
        self._centre.session_opened(self)
        self._timer = asyncio.get_running_loop().call_later(_UNBOUND_SECONDS, self._tick)
        if self._centre.refuses_connection():
            self.abort()
        elif self._centre.faults.silent:
            self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._buffer += data
        try:
            while frames := pdu.split_frames(self._buffer):
                for command, status, sequence, body in frames:
                    self._dispatch(command, status, sequence, body)
        except pdu.FrameError as error:
            # The stream can never be in step again.
            self._write(pdu.pack(pdu.GENERIC_NACK, error.status, 0))
            self.close()

    def pause_writing(self) -> None:
        """Called by the event loop: a peer that takes no answers gets no more questions read."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by the event loop."""
        if self._transport is not None and not self._centre.faults.silent:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._transport = None
        self.wire.closed()
        if self._timer is not None:
            self._timer.cancel()
        self._centre.session_closed(self)

    @property
    def alive(self) -> bool:
        """Whether bytes can still be written."""
        return self._transport is not None and not self._transport.is_closing() and not self.wire.muted

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self.wire.flush()
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def set_silent(self, silent: bool) -> None:
        """Stop or resume reading; what the peer sends meanwhile waits in the socket."""
        if self._transport is None or self._transport.is_closing():
            return
        if silent:
            self._transport.pause_reading()
        else:
            self._enquiry_open = False
            self._transport.resume_reading()

    def mute(self, seconds: float) -> None:
        """Neither read nor write for a while; the socket stays."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.pause_reading()
        self.wire.muted = True
        asyncio.get_running_loop().call_later(seconds, self._unmute)

    def _unmute(self) -> None:
        self.wire.muted = False
        self.wire.flush()
        self.set_silent(self._centre.faults.silent)
        self._centre.session_heard(self)

    def _write(self, data: bytes) -> None:
        self.wire.write(data)

    def _enquiry(self) -> bytes:
        self._sequence = self._sequence % 0x7FFFFFFE + 1
        return pdu.pack(pdu.ENQUIRE_LINK, 0, self._sequence)

    # --- what the centre sends

    def respond(self, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        """Answer a request."""
        self._write(pdu.pack(command | pdu.RESPONSE, status, sequence, body))

    def send(self, octets: bytes) -> None:
        """Write octets as they are, a PDU or something that only looks like one."""
        self._write(octets)

    def request(self, command: int, body: bytes = b"") -> int:
        """Send a request of our own; its sequence number."""
        self._sequence = self._sequence % 0x7FFFFFFE + 1
        self._write(pdu.pack(command, 0, self._sequence, body))
        return self._sequence

    # --- what arrives

    def _dispatch(self, command: int, status: int, sequence: int, body: bytes) -> None:
        if command == pdu.SUBMIT_SM:
            if self.sends:
                self._centre.submit(self, sequence, body)
            else:
                self.respond(command, pdu.ESME_RINVBNDSTS, sequence)
        elif command in (pdu.DELIVER_SM | pdu.RESPONSE, pdu.DATA_SM | pdu.RESPONSE):
            self._centre.receipt_answered(self, sequence, status)
        elif command == pdu.ENQUIRE_LINK:
            self.respond(command, pdu.ESME_ROK, sequence)
        elif command == pdu.ENQUIRE_LINK | pdu.RESPONSE:
            self._enquiry_open = False
        elif command in _BINDS:
            self._bind(command, sequence, body)
        elif command == pdu.UNBIND:
            self.respond(command, pdu.ESME_ROK, sequence)
            self.sends = self.receives = False
            self.close()
        elif command == pdu.UNBIND | pdu.RESPONSE:
            self.close()
        elif command == pdu.GENERIC_NACK:
            # The peer could not read one of ours: a receipt counts as refused for now.
            self._centre.receipt_answered(self, sequence, status or pdu.ESME_RSYSERR)
        elif not command & pdu.RESPONSE:
            self._write(pdu.pack(pdu.GENERIC_NACK, pdu.ESME_RINVCMDID, sequence))

    def _bind(self, command: int, sequence: int, body: bytes) -> None:
        if self.system_id:
            self.respond(command, pdu.ESME_RALYBND, sequence)
            return
        try:
            system_id, password = pdu.parse_bind(body)
        except pdu.PduError as error:
            self.respond(command, error.status, sequence)
            return
        status = self._centre.authenticate(system_id, password)
        if status:
            self.respond(command, status, sequence)
            return
        self.system_id = system_id
        self.sends, self.receives = _BINDS[command]
        version = pdu.tlv(pdu.TLV_INTERFACE_VERSION, b"\x34")
        self.respond(command, pdu.ESME_ROK, sequence, pdu.c_string("simulator") + version)
        self._rearm(self._centre.enquire_link_seconds)
        self._centre.session_bound(self)

    # --- enquire_link

    def _rearm(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._tick)

    def _tick(self) -> None:
        if self._centre.faults.silent or self.wire.muted:
            self._rearm(self._centre.enquire_link_seconds)
        elif not self.system_id or self._enquiry_open:
            self.abort()
        else:
            self._enquiry_open = True
            self.request(pdu.ENQUIRE_LINK)
            self._rearm(self._centre.enquire_link_seconds)
