"""What is wanted of each link: the rate of its contract, and whether operators stopped it (N-5).

The wish is kept here, so it survives restarts of everything; the task queues are told by whoever notices a
difference (``workflows/link_queues.py``). A stop holds all companies alike: it is never keyed by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.links import LONGEST_REASON, Link, effective_rate, is_possible_rate

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
    WHERE link = :link AND version = :version AND NOT is_stopped RETURNING link
""")

_RESUME = text("""
    UPDATE links SET is_stopped = false, stopped_by = NULL, stopped_at = NULL, stop_reason = NULL,
        version = version + 1
    WHERE link = :link AND version = :version AND is_stopped RETURNING link
""")

_CHANGE_RATE = text("""
    UPDATE links SET contract_rate = :rate, rate_changed_by = :operator_id,
        rate_changed_at = clock_timestamp(), version = version + 1
    WHERE link = :link AND version = :version RETURNING link
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


async def stop_link(session: AsyncSession, operator_id: UUID, link: Link, version: int, reason: str) -> None:
    """Let nothing more out over the link; what waits is kept. Raises ``LinkChangedMeanwhile``."""
    change = {"operator_id": operator_id, "reason": reason.strip()[:LONGEST_REASON]}
    await _change(session, _STOP, link, version, change)


async def resume_link(session: AsyncSession, link: Link, version: int) -> None:
    """Let out what waits, at the contract's rate. Raises ``LinkChangedMeanwhile``."""
    await _change(session, _RESUME, link, version, {})


async def change_contract_rate(
    session: AsyncSession, operator_id: UUID, link: Link, version: int, per_second: float
) -> None:
    """Note another rate of the link's contract. Raises ``UnusableRate`` and ``LinkChangedMeanwhile``."""
    if not is_possible_rate(per_second):
        raise UnusableRate(per_second)
    change = {"operator_id": operator_id, "rate": per_second}
    await _change(session, _CHANGE_RATE, link, version, change)


async def note_applied(session: AsyncSession, link: Link, rate: float) -> None:
    """Note that the link's queue was told ``rate``."""
    await session.execute(_APPLIED, {"link": link.value, "rate": rate})


async def _change(
    session: AsyncSession, statement: Any, link: Link, version: int, change: Mapping[str, object]
) -> None:
    changed = await session.execute(statement, {"link": link.value, "version": version, **change})
    if changed.scalar_one_or_none() is None:
        raise LinkChangedMeanwhile(link.value)


def _wanted(row: Row[Any]) -> WantedLink:
    return WantedLink(**{**row._asdict(), "link": Link(row.link)})
