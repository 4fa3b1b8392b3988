"""Our processes and servers die, stand still, or are all away at once."""

import contextlib
import signal
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]

from benchmarks.processes import processes_of
from tests.e2e import faults
from tests.soak.troubles.scene import ANSWERS, RECEIPTS, Scene

KILLED = ("carrier worker", "message worker", "portal", "postgres", "temporal")
FROZEN = ("carrier worker", "message worker", "portal", "temporal", "simulator")
WORKERS = ("carrier worker", "message worker")


class Killed:
    """kill -9 of one part; the launcher starts it again."""

    loses = ANSWERS
    seconds = (0.0, 0.0)

    def __init__(self, part: str) -> None:
        self.name = f"kill {part}"
        self._part = part

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        old = faults.send_signal(scene.stack, self._part)
        return lambda: faults.wait_for_restart(scene.stack, self._part, old)


class SimulatorKilled(Killed):
    """The carriers die, with every receipt that was on its way; the ledger stays."""

    loses = RECEIPTS

    def __init__(self) -> None:
        super().__init__("simulator")

    def begin(self, scene: Scene) -> Callable[[], None]:
        scene.witness.simulator_dies()
        restarted = super().begin(scene)

        def back() -> None:
            restarted()
            health = f"{scene.stack.run['simulator_url']}/health"
            faults.wait_until("the simulator answers", lambda: faults.answers(health), 60)

        return back


class Frozen:
    """SIGSTOP: a part that neither works nor dies, such as a machine that swaps, or a server out of reach."""

    loses = ANSWERS

    def __init__(self, *parts: str, seconds: tuple[float, float] = (10.0, 45.0)) -> None:
        self.name = f"freeze {' and '.join(parts)}"
        self.seconds = seconds
        self._parts = parts

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        stopped = [faults.send_signal(scene.stack, part, signal.SIGSTOP) for part in self._parts]

        def back() -> None:
            for pid in stopped:
                with contextlib.suppress(psutil.NoSuchProcess):
                    psutil.Process(pid).send_signal(signal.SIGCONT)

        return back


class AllWorkersDown:
    """kill -9 of both workers, and of whatever the launcher starts in their place, three times."""

    name = "all workers down"
    loses = ANSWERS
    seconds = (0.0, 0.0)

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        old = {}
        for _ in range(3):
            for part in WORKERS:
                old[part] = faults.send_signal(scene.stack, part)
            for part in WORKERS:
                faults.wait_for_restart(scene.stack, part, old[part])
        return lambda: None


class SlowDatabase:
    """Every server process of PostgreSQL stands still for four of five seconds."""

    name = "database slow"
    loses = ANSWERS
    seconds = (5.0, 20.0)

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        self._signal(scene, signal.SIGSTOP)
        return lambda: self._signal(scene, signal.SIGCONT)

    def step(self, scene: Scene, passed: float) -> None:
        """Let it breathe in every fifth second."""
        self._signal(scene, signal.SIGCONT if passed % 5 >= 4 else signal.SIGSTOP)

    @staticmethod
    def _signal(scene: Scene, number: signal.Signals) -> None:
        with contextlib.suppress(psutil.Error, KeyError):
            root = psutil.Process(processes_of(scene.stack.process.pid)["postgres"])
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    process.send_signal(number)
