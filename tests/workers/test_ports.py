"""A port in use, or no port at all, is named together with the variable that changes it."""

import socket
from collections.abc import Iterator

import pytest

from workers.local_stack.errors import StackError
from workers.local_stack.ports import PORTS, free_port, is_free, read_ports, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_every_port_has_a_default_of_its_own() -> None:
    assert len(set(read_ports({}).values())) == len(PORTS)


def test_the_environment_sets_a_port() -> None:
    assert read_ports({"PORTAL_PORT": "9000"})["PORTAL_PORT"] == 9000


@pytest.mark.parametrize("text", ["web", "0", "65536", "-1", "８０００"])
def test_what_is_no_port_is_refused_by_name(text: str) -> None:
    with pytest.raises(StackError, match="PORTAL_PORT"):
        read_ports({"PORTAL_PORT": text})


def test_a_port_given_twice_names_both_variables() -> None:
    with pytest.raises(StackError, match=r"8233.*PORTAL_PORT.*TEMPORAL_UI_PORT"):
        read_ports({"PORTAL_PORT": "8233"})


def test_a_port_in_use_names_port_and_variable(taken: int) -> None:
    ports = read_ports({"POSTGRES_PORT": str(taken)})
    with pytest.raises(StackError, match=rf"Port {taken} \(PostgreSQL\) is in use.*POSTGRES_PORT="):
        require_free(ports, ["POSTGRES_PORT"])


def test_every_port_in_use_is_named_at_once(taken: int) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:  # noqa: S104 - a program that listens everywhere
        second = other.getsockname()[1]
        ports = read_ports({"PORTAL_PORT": str(taken), "TEMPORAL_PORT": str(second)})
        with pytest.raises(StackError, match=rf"(?s){taken}.*{second}"):
            require_free(ports, ["PORTAL_PORT", "TEMPORAL_PORT"])


def test_a_port_nobody_needs_may_be_in_use(taken: int) -> None:
    require_free(read_ports({"POSTGRES_PORT": str(taken)}), [])


def test_a_free_port_is_free() -> None:
    assert is_free(free_port())
