"""Receipts and texts on their way to the platform: kept until a deliver_sm_resp says they were taken."""

import asyncio
from collections import deque
from collections.abc import Callable

from simulator.faults import LinkFaults
from simulator.smpp.pdu import ESME_RX_P_APPN, ESME_RX_R_APPN
from simulator.smpp.receipts import Receipt
from simulator.smpp.session import SmppSession
from simulator.smpp.texts import HandsetText

_RETRY_SECONDS = 1.0  # after a deliver_sm_resp with an error

Delivery = Receipt | HandsetText


class ReceiptOutbox:
    """Queue of one SMSC; round robin over every bound receiver and transceiver of a system id."""

    def __init__(
        self, body: Callable[[Delivery], bytes], faults: LinkFaults, window: int, timeout: float
    ) -> None:
        self._body = body
        self._faults = faults
        self._window = window
        self._timeout = timeout
        self._queue: deque[Delivery] = deque()
        self._sessions: deque[SmppSession] = deque()
        self._in_flight: dict[SmppSession, dict[int, tuple[Delivery, asyncio.TimerHandle]]] = {}
        self._resting: list[Delivery] = []
        self.acknowledged = 0
        self.refused = 0
        self.redelivered = 0

    @property
    def waiting(self) -> int:
        """Receipts nobody has acknowledged yet."""
        return len(self._queue) + len(self._resting) + sum(map(len, self._in_flight.values()))

    def as_json(self) -> dict[str, int]:
        """Counts for the control API."""
        return {
            "waiting": self.waiting,
            "acknowledged": self.acknowledged,
            "refused": self.refused,
            "redelivered": self.redelivered,
        }

    def push(self, receipt: Delivery) -> None:
        """Take a receipt or a text; it leaves only when acknowledged, or refused for good."""
        self._queue.append(receipt)
        self.pump()

    def session_bound(self, session: SmppSession) -> None:
        """A new way out."""
        self._sessions.append(session)
        self._in_flight[session] = {}
        self.pump()

    def session_closed(self, session: SmppSession) -> None:
        """Whatever this session did not acknowledge goes out again, oldest first."""
        if session not in self._in_flight:
            return
        self._sessions.remove(session)
        open_receipts = list(self._in_flight.pop(session).values())
        for receipt, timer in reversed(open_receipts):
            timer.cancel()
            self._requeue(receipt)
        self.pump()

    def answered(self, session: SmppSession, sequence: int, status: int) -> None:
        """A deliver_sm_resp; an unknown sequence number is ignored."""
        found = self._in_flight.get(session, {}).pop(sequence, None)
        if found is None:
            return
        receipt, timer = found
        timer.cancel()
        if status == 0:
            self.acknowledged += 1
        elif status in (ESME_RX_P_APPN, ESME_RX_R_APPN):
            self.refused += 1
        else:
            self._resting.append(receipt)
            asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._rested, receipt)
        self.pump()

    def pump(self) -> None:
        """Send as much as windows allow."""
        if self._faults.silent:
            return
        while self._queue:
            receipt = self._queue.popleft()
            session = self._next_session(receipt.system_id)
            if session is None:
                self._queue.appendleft(receipt)
                return
            sequence = session.request(receipt.command, self._body(receipt))
            timer = asyncio.get_running_loop().call_later(
                self._timeout, self._timed_out, session, sequence, receipt
            )
            self._in_flight[session][sequence] = (receipt, timer)

    def dump(self) -> list[Delivery]:
        """Every receipt not acknowledged."""
        in_flight = [found[0] for table in self._in_flight.values() for found in table.values()]
        return in_flight + sorted(self._resting, key=lambda receipt: receipt.done_at) + list(self._queue)

    def clear(self) -> None:
        """Forget every receipt, and count anew."""
        for table in self._in_flight.values():
            for _, timer in table.values():
                timer.cancel()
            table.clear()
        self._queue.clear()
        self._resting.clear()
        self.acknowledged = self.refused = self.redelivered = 0

    def _next_session(self, system_id: str) -> SmppSession | None:
        for _ in range(len(self._sessions)):
            session = self._sessions[0]
            self._sessions.rotate(-1)
            if (
                session.alive
                and session.receives
                and session.system_id == system_id
                and len(self._in_flight[session]) < self._window
            ):
                return session
        return None

    def _timed_out(self, session: SmppSession, sequence: int, receipt: Delivery) -> None:
        self._in_flight.get(session, {}).pop(sequence, None)
        self._requeue(receipt)
        self.pump()

    def _rested(self, receipt: Delivery) -> None:
        if receipt in self._resting:
            self._resting.remove(receipt)
            self._requeue(receipt)
            self.pump()

    def _requeue(self, receipt: Delivery) -> None:
        self.redelivered += 1
        self._queue.appendleft(receipt)
