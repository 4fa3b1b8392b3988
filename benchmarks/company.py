"""The company that sends: campaigns over the API, figures from the database and the ledger."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import tuple_row

from benchmarks.errors import BenchmarkFailed
from domain.carriers import Channel
from workers.local_stack.run_file import RunInformation

HOURLY_CAPACITY = 1_000_000
_REQUEST_SECONDS = 120.0


@dataclass(frozen=True)
class Progress:
    """How far a campaign is."""

    status: str
    total: int
    closed: int


class Company:
    """The first demo company of a running stack."""

    def __init__(self, run: RunInformation) -> None:
        company = run.companies[0]
        self.users = {user.role: user for user in company.users}
        headers = {"Authorization": f"Bearer {company.api_key}"}
        self._api = httpx.Client(base_url=run.api_url, headers=headers, timeout=_REQUEST_SECONDS)
        self._simulator = httpx.Client(base_url=run.simulator_url, timeout=_REQUEST_SECONDS)
        self._database = psycopg.connect(run.database_url, autocommit=True, row_factory=tuple_row)

    def __enter__(self) -> "Company":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.close()
        self._simulator.close()
        self._database.close()

    def raise_capacity(self) -> None:
        """Take the contract's lane out of the way, or it would be what is measured."""
        self._database.execute("UPDATE contracts SET hourly_capacity = %s", [HOURLY_CAPACITY])

    def register(self, channel: Channel, numbers: Sequence[str]) -> tuple[UUID, datetime]:
        """Register a campaign to be sent now; its id and when the API had answered."""
        body = {
            "name": f"Benchmark {channel.value}",
            "channel": channel.value,
            f"{channel.value}_text": "{{氏名}}様、明日10時のご予約を承っております。",
            "recipients": [
                {"phone_number": number, "variables": {"氏名": "山田 花子"}} for number in numbers
            ],
        }
        answer = self._api.post("/campaigns", json=body)
        answered_at = datetime.now(UTC)
        if answer.status_code != 201:
            raise BenchmarkFailed(f"POST /campaigns answered {answer.status_code}: {answer.text[:500]}")
        registered = answer.json()
        if registered["accepted"] != len(numbers):
            raise BenchmarkFailed(f"Only {registered['accepted']} of {len(numbers)} numbers were accepted.")
        return UUID(registered["id"]), answered_at

    def progress(self, campaign_id: UUID) -> Progress:
        """Return the counters row of a campaign, as the pages read it."""
        row = self._database.execute(
            """
            SELECT c.status, n.total, n.delivered + n.undelivered + n.expired + n.carrier_undetermined
                   + n.excluded + n.cancelled + n.unknown
            FROM campaigns c JOIN campaign_counters n ON (n.company_id, n.campaign_id) = (c.company_id, c.id)
            WHERE c.id = %s
            """,
            [campaign_id],
        ).fetchone()
        if row is None:
            raise BenchmarkFailed("The registered campaign is not in the database.")
        return Progress(*row)

    def statuses(self, campaign_id: UUID) -> dict[str, int]:
        """Count messages by status, from the messages themselves."""
        rows = self._database.execute(
            "SELECT status, count(*) FROM messages WHERE campaign_id = %s GROUP BY status", [campaign_id]
        )
        return dict(rows.fetchall())

    def last_closed_at(self, campaign_id: UUID) -> datetime:
        """Return when the last message got its final status (by the same machine's clock)."""
        row = self._database.execute(
            "SELECT max(closed_at) FROM messages WHERE campaign_id = %s", [campaign_id]
        ).fetchone()
        if row is None or not isinstance(row[0], datetime):
            raise BenchmarkFailed("No message was closed.")
        return row[0]

    def some_message_ids(self, campaign_id: UUID, count: int) -> list[UUID]:
        """Return messages from all over a campaign."""
        rows = self._database.execute(
            "SELECT id FROM messages WHERE campaign_id = %s ORDER BY random() LIMIT %s", [campaign_id, count]
        )
        return [row[0] for row in rows]

    def cancel(self, campaign_id: UUID) -> int:
        """Cancel a campaign; how many messages that took back."""
        answer = self._api.post(f"/campaigns/{campaign_id}/cancel").raise_for_status()
        return int(answer.json()["cancelled"])

    def ledger_end(self) -> int:
        """Return how long the simulator's ledger is now."""
        return int(self._simulator.get("/ledger/summary").raise_for_status().json()["bytes"])

    def ledger_since(self, position: int) -> Iterable[dict[str, str]]:
        """Return the submits the carriers have accepted since."""
        answer = self._simulator.get("/ledger", params={"since": position}).raise_for_status()
        return [json.loads(line) for line in answer.text.splitlines()]
