"""I6, I7: nothing for who had opted out, nothing before its time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.soak.verdict.books import Books

# The ledger's clock and the database's are one machine's; rounding and reading take no more.
_ALLOWED = timedelta(seconds=1)


def check_schedules(books: Books, send_at: Mapping[str, datetime]) -> None:
    """No submit of a scheduled message before its time; ``send_at`` by serial number."""
    early = {
        line.key[0]: send_at[line.key[0]] - line.time
        for line in books.lines
        if line.key[0] in send_at and line.time < send_at[line.key[0]] - _ALLOWED
    }
    assert not early, f"I7: submitted before its time: {dict(list(early.items())[:3])}"


def check_opt_outs(books: Books, opted_out: frozenset[str]) -> None:
    """No submit to a number that was on the list before the campaign was registered; by serial number."""
    sent = sorted({line.key[0] for line in books.lines} & opted_out)
    assert not sent, f"I6: submitted to who had opted out: {sent[:3]}"
    kept = sorted(m.serial for m in books.messages if m.serial in opted_out and m.status != "excluded")
    assert not kept, f"I6: not excluded although opted out: {kept[:3]}"
