"""Children are watched, started again, and stopped in order and in time."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.local_stack.child import Child, Command
from workers.local_stack.errors import StackError, StopRequested
from workers.local_stack.member import Member
from workers.local_stack.supervisor import Supervisor

NOTE = "import sys, pathlib; note = pathlib.Path(sys.argv[1]).open('a', buffering=1).write\n"
OBEDIENT = NOTE + (
    "import signal, time\n"
    "def leave(*_): note(sys.argv[2] + ' stops\\n'); sys.exit()\n"
    "signal.signal(signal.SIGTERM, leave); note(sys.argv[2] + ' starts\\n'); time.sleep(60)"
)
STUBBORN = NOTE + (
    "import signal, subprocess, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen(['sleep', '60']); note(f'{child.pid}\\n'); time.sleep(60)"
)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def member(notes: Path, name: str, code: str, stage: int = 0, share: float = 1.0) -> Member:
    return Member(
        title=name,
        command=Command(
            name=name,
            arguments=(sys.executable, "-c", code, str(notes), name),
            log=notes.parent / f"{name}.log",
        ),
        is_ready=lambda: notes.exists() and name in notes.read_text("utf-8"),
        stop_stage=stage,
        stop_share=share,
    )


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def supervise(said: list[str] | None = None, *, stopping: bool = False) -> Supervisor:
    return Supervisor(say=(said if said is not None else []).append, stopping=lambda: stopping)


def test_stops_in_order_of_the_stages(notes: Path) -> None:
    supervisor = supervise()
    members = [
        member(notes, name, OBEDIENT, stage) for name, stage in (("last", 2), ("first", 0), ("middle", 1))
    ]
    for each in members:
        supervisor.start(each)
        supervisor.wait_ready(each, time.monotonic() + 10)
    supervisor.stop(10)
    stops = [line for line in notes.read_text("utf-8").splitlines() if line.endswith("stops")]
    assert stops == ["first stops", "middle stops", "last stops"]


def test_ends_who_does_not_stop_and_what_it_started(notes: Path) -> None:
    said: list[str] = []
    supervisor = supervise(said)
    supervisor.start(member(notes, "stubborn", STUBBORN, share=0.5))
    eventually(lambda: notes.exists() and notes.read_text("utf-8").endswith("\n"))
    grandchild = int(notes.read_text("utf-8"))
    began = time.monotonic()
    supervisor.stop(1.0)
    assert time.monotonic() - began < 1.5
    assert said == ["stubborn did not stop in time and was ended."]
    eventually(lambda: not alive(grandchild))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_starts_again_who_died_later_each_time(notes: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(say=said.append, stopping=lambda: False, first_pause=0.1)
    supervisor.start(member(notes, "fragile", NOTE + "note('x'); sys.exit(3)"))

    def started(times: int) -> bool:
        supervisor.look_after()
        return notes.exists() and len(notes.read_text("utf-8")) >= times

    eventually(lambda: started(3))
    supervisor.stop(1.0)
    assert "fragile ended (exit status 3); starts again in" in said[0]
    assert len(said) >= 2


def test_dying_while_starting_shows_the_end_of_the_log(notes: Path) -> None:
    supervisor = supervise()
    broken = member(notes, "broken", "raise SystemExit('no such setting')")
    supervisor.start(broken)
    with pytest.raises(StackError, match=r"broken ended while starting \(exit status 1\)\.\nno such setting"):
        supervisor.wait_ready(broken, time.monotonic() + 10)
    supervisor.stop(1.0)


def test_a_stop_interrupts_the_start(notes: Path) -> None:
    supervisor = supervise(stopping=True)
    never = member(notes, "never", "import time; time.sleep(60)")
    supervisor.start(never)
    with pytest.raises(StopRequested):
        supervisor.wait_ready(never, time.monotonic() + 10)
    supervisor.stop(1.0)


def test_a_failing_task_is_reported(notes: Path) -> None:
    command = Command(name="task", arguments=(sys.executable, "-c", "exit(2)"), log=notes.parent / "task.log")
    with pytest.raises(StackError, match="Migrations ended while starting \\(exit status 2\\)"):
        supervise().run_task("Migrations", command, time.monotonic() + 10)


def test_logs_of_earlier_starts_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "it.log"
    for number in range(5):
        child = Child(Command(name="it", arguments=("echo", str(number)), log=log))
        child.start()
        child.finish(time.monotonic() + 5)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["it.log", "it.log.1", "it.log.2", "it.log.3"]
    assert [(tmp_path / name).read_text("utf-8").strip() for name in kept] == ["4", "3", "2", "1"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux only")
def test_a_killed_launcher_takes_its_children_with_it(notes: Path) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from workers.local_stack.child import Child, Command\n"
        "child = Child(Command('c', ('sleep', '60'), pathlib.Path(sys.argv[1] + '.log')))\n"
        "child.start(); pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(60)"
    )
    launcher = Child(Command("l", (sys.executable, "-c", code, str(notes)), notes.parent / "l.log"))
    launcher.start()
    eventually(lambda: notes.exists() and notes.read_text("utf-8") != "")
    pid = int(notes.read_text("utf-8"))
    assert alive(pid)
    assert launcher.pid is not None
    os.kill(launcher.pid, signal.SIGKILL)
    launcher.finish(time.monotonic() + 5)
    eventually(lambda: not alive(pid))
