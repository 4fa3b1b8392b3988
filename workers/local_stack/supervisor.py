"""Starts members, watches them, starts again what died, and stops all of them in order."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from workers.local_stack.child import Child, Command
from workers.local_stack.errors import StackError, StopRequested
from workers.local_stack.member import Member

POLL_SECONDS = 0.05
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0  # having run this long, the next death counts as the first again


@dataclass
class Watched:
    member: Member
    child: Child
    started_at: float
    pause: float
    restart_at: float | None = None


class Supervisor:
    def __init__(
        self,
        *,
        say: Callable[[str], None],
        stopping: Callable[[], bool],
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._first_pause = first_pause
        self._say = say
        self._stopping = stopping
        self._watched: list[Watched] = []

    def start(self, member: Member) -> None:
        member.before_start()
        child = Child(member.command)
        # Kept before it is started: whatever happens meanwhile, stop() knows of it.
        self._watched.append(Watched(member, child, time.monotonic(), self._first_pause))
        child.start()

    def wait_ready(self, member: Member, deadline: float) -> None:
        child = next(w.child for w in self._watched if w.member is member)
        while not member.is_ready():
            self._pause()
            if not child.running:
                raise StackError(_ended(member.title, child))
            if time.monotonic() > deadline:
                raise StackError(f"{member.title} does not answer.\n{_log(child)}")
        member.after_ready()

    def wait_for(self, condition: Callable[[], bool], complaint: str, deadline: float) -> None:
        while not condition():
            self._pause()
            if time.monotonic() > deadline:
                raise StackError(complaint)

    def run_task(self, title: str, command: Command, deadline: float) -> None:
        child = Child(command)
        child.start()
        try:
            while child.running:
                self._pause()
                if time.monotonic() > deadline:
                    raise StackError(f"{title}: not done in time.\n{_log(child)}")
        finally:
            child.finish(time.monotonic())
        if child.exit_code:
            raise StackError(_ended(title, child))

    def look_after(self) -> None:
        """Call it again and again: notices who died and starts again who is due."""
        now = time.monotonic()
        for watched in self._watched:
            if watched.child.running:
                continue
            if watched.restart_at is None:
                self._plan_restart(watched, now)
            elif now >= watched.restart_at:
                self._restart(watched)

    def stop(self, seconds: float) -> None:
        """Stage by stage, all of it within `seconds`; who does not go in time is ended."""
        began = time.monotonic()
        for stage in sorted({w.member.stop_stage for w in self._watched}):
            members = [w for w in self._watched if w.member.stop_stage == stage]
            for watched in members:
                watched.child.request_stop()
            for watched in members:
                if not watched.child.finish(began + seconds * watched.member.stop_share):
                    self._say(f"{watched.member.title} did not stop in time and was ended.")
        self._watched.clear()

    def _plan_restart(self, watched: Watched, now: float) -> None:
        watched.child.finish(now)  # whatever the dead one left running
        if now - watched.started_at > STEADY_SECONDS:
            watched.pause = self._first_pause
        watched.restart_at = now + watched.pause
        self._say(
            f"{watched.member.title} ended ({_status(watched.child)}); "
            f"starts again in {watched.pause:.0f} s. Log: {watched.child.command.log}"
        )
        watched.pause = min(watched.pause * 2, LONGEST_PAUSE)

    def _restart(self, watched: Watched) -> None:
        watched.restart_at = None
        watched.started_at = time.monotonic()
        try:
            watched.member.before_start()
            watched.child.start(keep_log=True)
        except (StackError, OSError) as error:
            self._say(f"{watched.member.title} cannot be started: {error}")

    def _pause(self) -> None:
        if self._stopping():
            raise StopRequested
        time.sleep(POLL_SECONDS)


def _ended(title: str, child: Child) -> str:
    return f"{title} ended while starting ({_status(child)}).\n{_log(child)}"


def _status(child: Child) -> str:
    code = child.exit_code or 0
    return f"signal {-code}" if code < 0 else f"exit status {code}"


def _log(child: Child) -> str:
    return f"{child.tail()}\nAll of it: {child.command.log}"
