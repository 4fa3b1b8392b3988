"""The ledger: every accepted submit, one JSON line, on disk before the submit is answered."""

import asyncio
import json
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger("simulator.ledger")


def utc_now() -> str:
    """The time as ISO 8601 UTC with milliseconds: 2026-11-25T01:00:00.123Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode_line(entry: dict[str, Any]) -> bytes:
    """One line; readable Japanese, except where a split surrogate pair forces escapes."""
    try:
        return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


class Ledger:
    """Append-only file with group commit: whoever waits while an fsync runs shares the next one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0  # bytes known to be on disk
        self.lines = 0
        self.counts: Counter[tuple[str, str]] = Counter()
        self._descriptor = -1
        self._waiting: list[tuple[bytes, str, str, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "ledger")

    def open(self) -> None:
        """Open or create the file; a half line left by a crash was never answered and is cut off."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        directory = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(directory)  # the file's name must survive as well
        os.close(directory)
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.size += len(line)
                self._count(json.loads(line))
        os.ftruncate(self._descriptor, self.size)

    async def close(self) -> None:
        """Write what waits, then close."""
        if self._flusher is not None:
            await self._flusher
        self._thread.shutdown()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    async def append(self, entry: dict[str, Any]) -> None:
        """Return once the entry is on disk. Raises OSError when it could not be written."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((encode_line(entry), entry["channel"], entry["carrier"], done))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        await done

    async def rotate(self) -> Path:
        """Put the file aside under a name with the time in it and begin an empty one; its new path."""
        while self._flusher is not None:
            await self._flusher
        os.close(self._descriptor)
        aside = self.path.with_name(f"ledger-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.jsonl")
        os.replace(self.path, aside)
        self.size, self.lines = 0, 0
        self.counts.clear()
        self.open()
        return aside

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                blob = b"".join(item[0] for item in batch)
                try:
                    await loop.run_in_executor(self._thread, self._write, blob)
                except OSError as error:
                    log.exception("ledger write failed", waiting=len(batch))
                    self._settle(batch, error)
                else:
                    self.size += len(blob)
                    self._settle(batch, None)
        finally:
            self._flusher = None

    def _settle(
        self, batch: list[tuple[bytes, str, str, asyncio.Future[None]]], error: OSError | None
    ) -> None:
        for _, channel, carrier, done in batch:
            if error is None:
                self.lines += 1
                self.counts[channel, carrier] += 1
            if done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    def _write(self, blob: bytes) -> None:
        try:
            written = 0
            while written < len(blob):
                written += os.write(self._descriptor, blob[written:])
            os.fsync(self._descriptor)
        except OSError:
            # What is not answered must not stay: it would read as accepted.
            os.ftruncate(self._descriptor, self.size)
            raise

    def _count(self, entry: dict[str, Any]) -> None:
        self.lines += 1
        self.counts[entry["channel"], entry["carrier"]] += 1

    def summary(self) -> dict[str, Any]:
        """Lines, bytes, and lines by channel and carrier."""
        by_channel: dict[str, dict[str, int]] = {}
        for (channel, carrier), count in sorted(self.counts.items()):
            by_channel.setdefault(channel, {})[carrier] = count
        return {"lines": self.lines, "bytes": self.size, "by_channel": by_channel}
