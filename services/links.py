"""What is wanted of each link: the rate of its contract, and whether operators stopped it (N-5).

The wish is kept here, so it survives restarts of everything; the task queues are told by whoever notices a
difference (``workflows/link_queues.py``). A stop holds all companies alike: it is never keyed by one.
What operators change is on record: such a transaction is one of ``OWN_STAFF``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import AuditAction
from domain.callers import OperatorCaller
from domain.links import LONGEST_REASON, Link, effective_rate, is_possible_rate
from domain.visible_text import trim
from services.audit import record_audit

_SEED = text("""
    INSERT INTO links (link, contract_rate)
    SELECT * FROM unnest(CAST(:links AS text[]), CAST(:rates AS float8[]))
    ON CONFLICT (link) DO NOTHING
""")

_WANTED = """
    SELECT l.link, l.contract_rate, l.rate_changed_at, r.name AS rate_changed_by, l.is_stopped, l.stopped_at,
           s.name AS stopped_by, l.stop_reason, l.version, l.applied_rate, l.applied_at
    FROM links l
    LEFT JOIN operators r ON r.id = l.rate_changed_by
    LEFT JOIN operators s ON s.id = l.stopped_by
"""
_ALL = text(f"{_WANTED} ORDER BY l.link")
_ONE = text(f"{_WANTED} WHERE l.link = :link")
# Whoever tells a queue its rate holds the row meanwhile: an older wish can never overtake a newer one.
_ONE_TO_APPLY = text(f"{_WANTED} WHERE l.link = :link FOR UPDATE OF l")

_STOP = text("""
    UPDATE links SET is_stopped = true, stopped_by = :operator_id, stopped_at = clock_timestamp(),
        stop_reason = :reason, version = version + 1
    WHERE link = :link AND version = :version AND NOT is_stopped RETURNING old.stop_reason, old.contract_rate
""")

_RESUME = text("""
    UPDATE links SET is_stopped = false, stopped_by = NULL, stopped_at = NULL, stop_reason = NULL,
        version = version + 1
    WHERE link = :link AND version = :version AND is_stopped RETURNING old.stop_reason, old.contract_rate
""")

_CHANGE_RATE = text("""
    UPDATE links SET contract_rate = :rate, rate_changed_by = :operator_id,
        rate_changed_at = clock_timestamp(), version = version + 1
    WHERE link = :link AND version = :version RETURNING old.stop_reason, old.contract_rate
""")

_APPLIED = text("""
    UPDATE links SET applied_rate = :rate, applied_at = clock_timestamp() WHERE link = :link
""")


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A link as operators want it. Rates are calls per second; ``applied_rate`` is what its queue was last
    told, ``None`` before the first time. ``…_by`` are names of operators."""

    link: Link
    contract_rate: float
    rate_changed_at: datetime | None
    rate_changed_by: str | None
    is_stopped: bool
    stopped_at: datetime | None
    stopped_by: str | None
    stop_reason: str | None
    version: int
    applied_rate: float | None
    applied_at: datetime | None

    @property
    def rate(self) -> float:
        """What its queue may hand out a second: the contract's rate, 0 while stopped."""
        return effective_rate(self.contract_rate, is_stopped=self.is_stopped)

    @property
    def is_applied(self) -> bool:
        """Whether the queue was told what is wanted."""
        return self.applied_rate == self.rate


class LinkNotFound(LookupError):
    """No process has ever served this link here."""


class LinkChangedMeanwhile(Exception):
    """Somebody else stopped, resumed or changed the link after the form was shown."""


class UnusableRate(ValueError):
    """A rate no contract can have."""


async def ensure_links(session: AsyncSession, rates: Mapping[Link, float]) -> None:
    """Put links on record that are not yet, at these rates; those on record keep what operators chose."""
    await session.execute(
        _SEED, {"links": [link.value for link in rates], "rates": [float(rate) for rate in rates.values()]}
    )


async def wanted_links(session: AsyncSession) -> list[WantedLink]:
    """Return what is wanted of every link on record, in the order of ``Link``."""
    wanted = {Link(row.link): _wanted(row) for row in await session.execute(_ALL)}
    return [wanted[link] for link in Link if link in wanted]


async def wanted_link(session: AsyncSession, link: Link, *, to_apply: bool = False) -> WantedLink:
    """Return what is wanted of one link; ``to_apply`` holds its row until the transaction ends.

    Raises ``LinkNotFound``.
    """
    row = (await session.execute(_ONE_TO_APPLY if to_apply else _ONE, {"link": link.value})).one_or_none()
    if row is None:
        raise LinkNotFound(link.value)
    return _wanted(row)


async def stop_link(
    session: AsyncSession, caller: OperatorCaller, link: Link, version: int, reason: str
) -> None:
    """Let nothing more out over the link; what waits is kept. Raises ``LinkChangedMeanwhile``."""
    reason = trim(reason)[:LONGEST_REASON]
    await _change(session, _STOP, link, version, {"operator_id": caller.operator_id, "reason": reason})
    after = {"link": link.value, "reason": reason}
    await record_audit(session, caller, AuditAction.LINK_STOPPED, after=after)


async def resume_link(session: AsyncSession, caller: OperatorCaller, link: Link, version: int) -> None:
    """Let out what waits, at the contract's rate. Raises ``LinkChangedMeanwhile``."""
    old = await _change(session, _RESUME, link, version, {})
    before, after = {"reason": old.stop_reason}, {"link": link.value}
    await record_audit(session, caller, AuditAction.LINK_RESUMED, before=before, after=after)


async def change_contract_rate(
    session: AsyncSession, caller: OperatorCaller, link: Link, version: int, per_second: float
) -> None:
    """Note another rate of the link's contract. Raises ``UnusableRate`` and ``LinkChangedMeanwhile``."""
    if not is_possible_rate(per_second):
        raise UnusableRate(per_second)
    change = {"operator_id": caller.operator_id, "rate": per_second}
    old = await _change(session, _CHANGE_RATE, link, version, change)
    before = {"contract_rate": f"{old.contract_rate:g}"}
    after = {"link": link.value, "contract_rate": f"{per_second:g}"}
    await record_audit(session, caller, AuditAction.CONTRACT_RATE_CHANGED, before=before, after=after)


async def note_applied(session: AsyncSession, link: Link, rate: float) -> None:
    """Note that the link's queue was told ``rate``."""
    await session.execute(_APPLIED, {"link": link.value, "rate": rate})


async def _change(
    session: AsyncSession, statement: Any, link: Link, version: int, change: Mapping[str, object]
) -> Row[Any]:
    """Return the reason and the rate there were."""
    changed = await session.execute(statement, {"link": link.value, "version": version, **change})
    old = changed.one_or_none()
    if old is None:
        raise LinkChangedMeanwhile(link.value)
    return old


def _wanted(row: Row[Any]) -> WantedLink:
    return WantedLink(**{**row._asdict(), "link": Link(row.link)})
