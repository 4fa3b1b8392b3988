"""I14: memory, open files and disk stay bounded, however long it runs."""

from statistics import median

from tests.soak.verdict.books import Books, Sample

_MEBIBYTE = 1024 * 1024
# Far above what any part needs at this pace, far below what a leak of some bytes a message comes to.
MOST_MEMORY = 700 * _MEBIBYTE
MOST_HANDLES = 500
# A message with its attempts, segments, receipts and charge takes some kilobytes, indexes included.
MOST_DISK = 64 * 1024
_GROWTH_SECONDS = 600.0
_MAY_GROW = 120 * _MEBIBYTE
_ENOUGH_MESSAGES = 500


def check_memory_and_handles(books: Books) -> None:
    """No part ever holds more than it may, nor much more at the end than in the middle."""
    for sample in books.samples:
        for part, held in sample.memory.items():
            assert held <= MOST_MEMORY, f"I14: {part} holds {held // _MEBIBYTE} MB at {sample.at:.0f} s"
        for part, held in sample.handles.items():
            assert held <= MOST_HANDLES, f"I14: {part} has {held} files open at {sample.at:.0f} s"
    if not books.samples or books.samples[-1].at < _GROWTH_SECONDS:
        return
    middle, end = _quarter(books.samples, 1), _quarter(books.samples, 3)
    for part in end[0].memory if end else ():
        before, after = _usual(middle, part), _usual(end, part)
        grown = after - before
        assert grown <= _MAY_GROW, f"I14: {part} grew from {before // _MEBIBYTE} to {after // _MEBIBYTE} MB"


def check_disk(books: Books) -> None:
    """The database grows by what messages are worth."""
    if len(books.samples) < 2:
        return
    first, last = books.samples[0], books.samples[-1]
    messages = last.messages - first.messages
    if messages < _ENOUGH_MESSAGES:
        return
    each = (last.database - first.database) / messages
    assert each <= MOST_DISK, f"I14: the database grew by {each:.0f} bytes a message"


def _quarter(samples: tuple[Sample, ...], number: int) -> list[Sample]:
    length = max(1, len(samples) // 4)
    return list(samples[number * length : (number + 1) * length])


def _usual(samples: list[Sample], part: str) -> int:
    return int(median([sample.memory[part] for sample in samples if part in sample.memory] or [0]))
