"""The PDUs of ours that wait for an answer on one bind: sequence numbers and a timer each."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from gateways.smpp.pdu import MAX_SEQUENCE, RESPONSE_BIT, CommandId, Pdu

# An answer is its PDU, or ``None`` when none came: timer expired or link dropped. It never fails, so
# an answer nobody waits for any more leaves no trace.
Answer = asyncio.Future[Pdu | None]


@dataclass(frozen=True, slots=True)
class Request:
    """One PDU of ours without an answer yet. ``in_window`` holds for submit_sm."""

    response_id: int
    answer: Answer
    timer: asyncio.TimerHandle
    in_window: bool


class OpenRequests:
    """The unanswered requests of one bind by sequence number."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._requests: dict[int, Request] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._requests)

    def open(
        self, command_id: CommandId, timeout_s: float, on_timeout: Callable[[int], None], *, in_window: bool
    ) -> tuple[int, Answer]:
        """Return a fresh sequence number (1 to 0x7FFFFFFF, §3.2) and the future of its answer."""
        self._sequence = self._sequence % MAX_SEQUENCE + 1
        timer = self._loop.call_later(timeout_s, on_timeout, self._sequence)
        answer: Answer = self._loop.create_future()
        self._requests[self._sequence] = Request(command_id | RESPONSE_BIT, answer, timer, in_window)
        return self._sequence, answer

    def matching(self, pdu: Pdu) -> Request | None:
        """Return the request ``pdu`` answers: same sequence, and its response or a generic_nack."""
        request = self._requests.get(pdu.sequence)
        if request is None or pdu.command_id not in (request.response_id, CommandId.GENERIC_NACK):
            return None
        return request

    def close(self, sequence: int, answer: Pdu | None) -> Request:
        """End a request with its answer, or without."""
        request = self._requests.pop(sequence)
        request.timer.cancel()
        if not request.answer.done():
            request.answer.set_result(answer)
        return request

    def sequences(self) -> list[int]:
        """Return the sequence numbers still open."""
        return list(self._requests)

    def open_submits(self) -> list[Answer]:
        """Return the answers submit_sm still wait for."""
        return [request.answer for request in self._requests.values() if request.in_window]
