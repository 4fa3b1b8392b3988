"""What the processes cost."""

import os
import subprocess
import sys

import pytest

from benchmarks.processes import PeakMemory, cpu_seconds, name_of, per_message
from workers.local_stack.services import SERVICES


def test_every_service_of_the_stack_is_recognised() -> None:
    names = {service.name: name_of(("python", *service.arguments)) for service in SERVICES}

    assert names == {
        "simulator": "simulator",
        "mail-catcher": "mail catcher",
        "message-worker": "message worker",
        "carrier-worker": "carrier worker",
        "portal": "portal",
    }
    assert name_of(("temporal", "server", "start-dev", "--ip", "127.0.0.1")) == "temporal"
    assert name_of(("unshare", "-U", "postgres", "-D", "/data")) == "postgres"
    assert name_of(("python", "-m", "http.server")) is None


def test_milliseconds_per_message() -> None:
    assert per_message({"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 2.0}, 100) == {"a": 20.0, "b": 0.0}


def test_ended_children_count() -> None:
    before = cpu_seconds(os.getpid())
    burn = "import time; end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)

    assert cpu_seconds(os.getpid()) - before >= 0.15


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a short peak falls between two samples")
def test_a_short_peak_is_seen() -> None:
    with PeakMemory(os.getpid()) as memory:
        block = b"x" * 60_000_000
        del block

    assert memory.megabytes >= 60
