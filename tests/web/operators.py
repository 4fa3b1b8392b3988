"""The operators' side over the real services: accounts, links, and queues that note what they are told."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text

from domain.link_states import LinkState
from domain.links import Link
from services.database import NO_COMPANY, OWN_STAFF, Database, JobsDatabase
from services.link_states import report_links
from services.links import ensure_links, note_applied, wanted_link
from services.operators import DEMO_OPERATORS, ensure_demo_operators
from tests.web.staff import Staff
from workflows.link_queues import QueueState

PASSWORDS = {operator.role.value: (operator.login_id, operator.password) for operator in DEMO_OPERATORS}


@dataclass
class FakeLinkQueues:
    """Temporal's queues. ``is_up=False`` is a Temporal that does not answer."""

    database: Database
    waiting: dict[Link, int] = field(default_factory=dict)
    told: list[tuple[Link, float]] = field(default_factory=list)
    is_up: bool = True

    async def states(self) -> dict[Link, QueueState]:
        if not self.is_up:
            return {}
        return {link: QueueState(self.waiting.get(link, 0), None) for link in Link}

    async def apply(self, link: Link) -> bool:
        if not self.is_up:
            return False
        async with self.database.transaction(NO_COMPANY) as session:
            wanted = await wanted_link(session, link)
            await note_applied(session, link, wanted.rate)
        self.told.append((link, wanted.rate))
        return True


async def make_operators(database: JobsDatabase) -> None:
    async with database.transaction(OWN_STAFF) as session:
        await ensure_demo_operators(session)
        await ensure_links(session, dict.fromkeys(Link, 50.0))


async def sign_in_as(staff: Staff, role: str) -> Staff:
    await staff.open("/operator/sign-in")
    login_id, password = PASSWORDS[role]
    await staff.send("ログインする", login_id=login_id, password=password)
    assert staff.at == "/operator/links", staff.page.text
    return staff


def link_state(link: Link, *, is_up: bool = True, last_error: str | None = None) -> LinkState:
    at = datetime.now(UTC) if last_error else None
    return LinkState(
        link.value, link.channel, link.carrier, is_up, None, 3, 10, last_error=last_error, last_error_at=at
    )


async def report(database: Database, process: str, *states: LinkState) -> None:
    async with database.transaction(NO_COMPANY) as session:
        await report_links(session, process, states)


async def require_factor(database: JobsDatabase, role: str) -> None:
    """Treat a demonstration operator as one of a real deployment."""
    async with database.transaction(OWN_STAFF) as session:
        statement = text("UPDATE operators SET needs_second_factor = true WHERE lower(login_id) = :login_id")
        await session.execute(statement, {"login_id": PASSWORDS[role][0]})


async def forget_confirmation(database: Database) -> None:
    """As if every operator's password had been given a quarter of an hour ago."""
    async with database.transaction(OWN_STAFF) as session:
        await session.execute(
            text("UPDATE operator_sessions SET confirmed_at = confirmed_at - interval '15 minutes'")
        )
