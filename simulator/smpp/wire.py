"""How the octets of PDUs get onto a connection: as a rule at once, else a byte at a time or two together."""

import asyncio
from collections import deque
from collections.abc import Callable

from simulator.chance import Fate

_BYTE_SECONDS = 0.001
_COMPANION_SECONDS = 0.05  # how long a PDU waits for another one to share its write


class Wire:
    """Writes in order. muted: nothing is written until `flush`, all of it kept.

    fate: asked before every PDU, None = write it at once. enquiry: the octets of an enquire_link, for a
    PDU that is to share its write and finds no other.
    """

    def __init__(self, fate: Callable[[], Fate | None], enquiry: Callable[[], bytes]) -> None:
        self._fate = fate
        self._enquiry = enquiry
        self._transport: asyncio.Transport | None = None
        self._portions: deque[bytes] = deque()
        self._waits_for_company = b""
        self._timer: asyncio.TimerHandle | None = None
        self.muted = False

    def opened(self, transport: asyncio.Transport) -> None:
        """Write to this transport from now on."""
        self._transport = transport

    def closed(self) -> None:
        """The connection is gone."""
        self._transport = None
        self._portions.clear()
        if self._timer is not None:
            self._timer.cancel()

    def write(self, octets: bytes) -> None:
        """Write a PDU after all earlier ones."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._waits_for_company:
            octets, self._waits_for_company = self._waits_for_company + octets, b""
            self._put(octets)
            return
        fate = self._fate()
        if fate is not None and fate.meets("byte_by_byte_rate"):
            for octet in octets:
                self._portions.append(bytes((octet,)))
            self._arm()
        elif fate is not None and fate.meets("joined_write_rate"):
            self._waits_for_company = octets
            asyncio.get_running_loop().call_later(_COMPANION_SECONDS, self._alone, octets)
        else:
            self._put(octets)

    def flush(self) -> None:
        """Write what still waits, in one piece."""
        octets = b"".join(self._portions) + self._waits_for_company
        self._portions.clear()
        self._waits_for_company = b""
        if octets and not self.muted and self._transport is not None:
            self._transport.write(octets)

    def _put(self, octets: bytes) -> None:
        if self.muted or self._portions:
            self._portions.append(octets)
            self._arm()
        elif self._transport is not None:
            self._transport.write(octets)

    def _alone(self, octets: bytes) -> None:
        if self._waits_for_company is octets and self._transport is not None:
            self._waits_for_company = b""
            self._put(octets + self._enquiry())

    def _arm(self) -> None:
        if self._timer is None or self._timer.cancelled():
            self._timer = asyncio.get_running_loop().call_later(_BYTE_SECONDS, self._portion)

    def _portion(self) -> None:
        self._timer = None
        if self.muted or self._transport is None or not self._portions:
            return
        self._transport.write(self._portions.popleft())
        if self._portions:
            self._arm()
