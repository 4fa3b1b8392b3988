"""A peer as a process of its own, which is gone when its block is left, whatever happened in it."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_SECONDS = 3.0
_PR_SET_PDEATHSIG = 1
_LINE_OCTETS = 4 * 1024 * 1024
_prctl = ctypes.CDLL(None).prctl  # loaded before any fork


class PeerProcess:
    """``async with PeerProcess(command, folder):`` runs a program until the block is left.

    Its standard error goes to ``folder``/``name``.log. With ``talks``, its standard input and output are
    lines for the test to write and read; otherwise its output goes to the log as well. It is ended by its
    own process id: asked, then killed. If the test run itself is killed, the kernel ends it.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        *,
        name: str = "peer",
        talks: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = folder / f"{name}.log"
        self._command = list(command)
        self._folder = folder
        self._talks = talks
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE if self._talks else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self._talks else log,
                stderr=log,
                preexec_fn=_die_with_the_test_run,
                limit=_LINE_OCTETS,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._started.pid

    @property
    def exit_status(self) -> int | None:
        """``None`` while it runs."""
        return self._started.returncode

    async def line(self, within: float = 10.0) -> str:
        """The next line it writes. Fails, with its log, when none comes in time or it has ended."""
        assert self._started.stdout is not None
        try:
            async with asyncio.timeout(within):
                octets = await self._started.stdout.readline()
        except TimeoutError:
            raise AssertionError(f"{self._command[0]} wrote nothing\n{self.words()}") from None
        assert octets, f"{self._command[0]} has ended\n{self.words()}"
        return octets.decode("utf-8").rstrip("\n")

    def write(self, line: str) -> None:
        """Give it a line."""
        assert self._started.stdin is not None
        self._started.stdin.write(line.encode("utf-8") + b"\n")

    def words(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    async def stop(self) -> None:
        """End it: asked first, killed when it does not follow. What it writes meanwhile is thrown away."""
        process = self._started
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is not None:
                return
            with suppress(ProcessLookupError, TimeoutError):
                process.send_signal(sign)
                # Waiting without reading would hang on a full pipe.
                await asyncio.wait_for(process.communicate(), STOP_SECONDS)

    @property
    def _started(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "not started"
        return self._process


def _die_with_the_test_run() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
