"""Every port the local stack listens on: its purpose, the variable that changes it, its default."""

import random
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workers.local_stack.errors import StackError

LOOPBACK = "127.0.0.1"
LOOPBACK_NAME = "localhost"  # the same machine, for people and their browsers
HIGHEST_PORT = 65535
UNUSED_RANGE = (20_000, 32_000)
_handed_out: set[int] = set()


@dataclass(frozen=True)
class Port:
    variable: str
    purpose: str
    default: int


PORTS = (
    Port("PORTAL_PORT", "the portal and API", 8000),
    Port("SIMULATOR_HTTP_PORT", "the carrier simulator", 18080),
    Port("SIMULATOR_SMPP_DOCOMO_PORT", "the simulator's SMPP port for docomo", 12775),
    Port("SIMULATOR_SMPP_AU_PORT", "the simulator's SMPP port for au", 12776),
    Port("SIMULATOR_SMPP_SOFTBANK_PORT", "the simulator's SMPP port for SoftBank", 12777),
    Port("SIMULATOR_SMPP_RAKUTEN_PORT", "the simulator's SMPP port for Rakuten", 12778),
    Port("MAIL_CATCHER_HTTP_PORT", "the page of the mail catcher", 18025),
    Port("MAIL_CATCHER_SMTP_PORT", "the mail catcher", 12525),
    Port("POSTGRES_PORT", "PostgreSQL", 15432),
    Port("TEMPORAL_PORT", "the Temporal server", 7233),
    Port("TEMPORAL_UI_PORT", "the Temporal UI", 8233),
    Port("MESSAGE_WORKER_HEALTH_PORT", "the health page of the message worker", 8101),
    Port("CARRIER_WORKER_HEALTH_PORT", "the health page of the carrier worker", 8102),
)


def read_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """Number of every port by variable name; refuses what is no port and what is given twice."""
    numbers: dict[str, int] = {}
    for port in PORTS:
        number = _number(port, environment.get(port.variable, ""))
        for other, taken in numbers.items():
            if taken == number:
                raise StackError(f"Port {number} is given twice: change {other} or {port.variable}.")
        numbers[port.variable] = number
    return numbers


def _number(port: Port, text: str) -> int:
    if not text:
        return port.default
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise StackError(f"{port.variable}={text} is no port number ({port.purpose}).")
    return int(text)


def require_free(numbers: Mapping[str, int], variables: Iterable[str]) -> None:
    """Names every port in use at once, with the variable that moves it."""
    wanted = set(variables)
    taken = [
        f"Port {numbers[port.variable]} ({port.purpose}) is in use. "
        f"End the program that uses it, or set another: {port.variable}={numbers[port.variable] + 1000}"
        for port in PORTS
        if port.variable in wanted and not is_free(numbers[port.variable])
    ]
    if taken:
        raise StackError("\n".join(taken))


def is_free(number: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections of the run before may still be in TIME_WAIT: they are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody uses right now, and never the same twice; for tests, which must not meet a running stack.

    Not drawn from the system's own range: what that hands out is taken by the next outgoing connection.
    """
    while True:
        number = random.randrange(*UNUSED_RANGE)  # noqa: S311 - no secret
        if number not in _handed_out and is_free(number):
            _handed_out.add(number)
            return number
