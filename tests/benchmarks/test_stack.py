"""The stack of a measurement has nothing to do with one that somebody runs."""

from pathlib import Path

from benchmarks.stack import stack_environment
from workers.local_stack.ports import PORTS, read_ports


def test_takes_over_no_address_of_a_running_product() -> None:
    found = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql://real",
        "TEMPORAL_ADDRESS": "real:7233",
        "SMPP_AU_URL": "smpp://real",
        "SIMULATOR_DATA_DIR": "/real",
        "PORTAL_PORT": "8000",
        "FALLBACK_AFTER_SECONDS": "1",
        "PGPASSWORD": "real",
    }

    environment = stack_environment(found, Path("/data"))
    chosen = stack_environment(found, Path("/data"), "mine:7233")

    assert environment["PATH"] == "/bin"
    assert environment["VAR_DIR"] == "/data"
    assert not any("real" in value for value in environment.values())
    assert "FALLBACK_AFTER_SECONDS" not in environment
    # A server to measure with is named on purpose.
    assert "TEMPORAL_ADDRESS" not in environment
    assert chosen["TEMPORAL_ADDRESS"] == "mine:7233"
    assert len(read_ports(environment)) == len(PORTS)
    assert environment["PORTAL_PORT"] != "8000"
