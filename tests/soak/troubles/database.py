"""Somebody holds rows, or all connections: a forgotten transaction, a report that runs wild."""

import contextlib
from collections.abc import Callable

import psycopg

from tests.soak.troubles.scene import ANSWERS, NOTHING, Scene

# What is held, and by which statement; the messages are those of the campaigns under way.
HELD = {
    "messages": "SELECT id FROM messages WHERE status IN ('accepted', 'sending', 'sent')"
    " LIMIT 200 FOR UPDATE",
    "lanes": "SELECT company_id FROM company_lanes FOR UPDATE",
    "counters": "SELECT campaign_id FROM campaign_counters ORDER BY campaign_id DESC LIMIT 50 FOR UPDATE",
}


class RowsHeld:
    """``BEGIN; SELECT … FOR UPDATE`` and nothing more; the server may end it, as it may any such session."""

    loses = ANSWERS
    seconds = (5.0, 25.0)

    def __init__(self, what: str) -> None:
        self.name = f"rows held: {what}"
        self._statement = HELD[what]

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        connection = psycopg.connect(scene.stack.run["database_url"], connect_timeout=10)
        # Others hold such rows for a moment: a deadlock with them is theirs to lose, or ours.
        with contextlib.suppress(psycopg.Error):
            connection.execute("SET lock_timeout = '5s'")
            connection.execute(self._statement)

        def back() -> None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

        return back


class ConnectionsExhausted:
    """Every connection the server has to give is taken; what runs keeps its own."""

    name = "connections exhausted"
    loses = NOTHING
    seconds = (5.0, 20.0)
    _MOST = 500

    def missing(self, _scene: Scene) -> str | None:
        return None

    def begin(self, scene: Scene) -> Callable[[], None]:
        taken: list[psycopg.Connection[tuple[object, ...]]] = []
        with contextlib.suppress(psycopg.OperationalError):
            while len(taken) < self._MOST:
                taken.append(psycopg.connect(scene.stack.run["database_url"], connect_timeout=5))

        def back() -> None:
            for connection in taken:
                with contextlib.suppress(psycopg.Error):
                    connection.close()

        return back
