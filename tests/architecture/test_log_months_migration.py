"""Migration 0009 divides tables that are in use: every row is where it was, both ways (decision 0031)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command

from migrations.run import alembic_config, upgrade
from tests.support.postgres import jobs_url, owner_url

BEFORE = "0008"
COMPANY, CAMPAIGN, ATTEMPT = UUID(int=1), UUID(int=2), UUID(int=3)
# Registered in May 2026, answered in August.
FIRST = UUID("019de3a0-0000-7000-8000-000000000001")
SECOND = UUID("019fc000-0000-7000-8000-000000000002")


@pytest.fixture
def used(fresh_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database as the version before left it, with a first and a second message in it."""
    config = alembic_config(owner_url(fresh_database_url))
    command.downgrade(config, BEFORE)
    upgrade(owner_url(fresh_database_url), to=BEFORE)
    with psycopg.connect(jobs_url(fresh_database_url), autocommit=True) as connection:
        _fill(connection)
        yield connection


def _fill(connection: psycopg.Connection[Any]) -> None:
    rows: dict[str, list[tuple[object, ...]]] = {
        "companies (id, name)": [(COMPANY, "会社")],
        "campaigns (company_id, id, name, channel_plan, status)": [
            (COMPANY, CAMPAIGN, "案件", "sms", "completed")
        ],
        "messages (company_id, id, campaign_id, parent_message_id, row_number, phone_number, status)": [
            (COMPANY, FIRST, CAMPAIGN, None, 2, "09012345678", "delivered"),
            (COMPANY, SECOND, CAMPAIGN, FIRST, 2, "09012345678", "accepted"),
        ],
        "recycling_checks (company_id, message_id, outcome)": [(COMPANY, FIRST, "not_recycled")],
        "submit_attempts (company_id, id, message_id, channel, carrier, number, state, body, parts,"
        " reference)": [(COMPANY, ATTEMPT, FIRST, "sms", "au", 1, "accepted", "本文", 1, 7)],
        "submit_segments (company_id, attempt_id, segment, channel, carrier, outcome, carrier_message_id)": [
            (COMPANY, ATTEMPT, 1, "sms", "au", "accepted", "a-1")
        ],
        "billing_entries (company_id, message_id, charge_kind, channel, parts, usage_month)": [
            (COMPANY, FIRST, "delivery", "sms", 1, "2026-05-01")
        ],
        "pending_starts (company_id, message_id)": [(COMPANY, SECOND)],
    }
    for table, values in rows.items():
        for value in values:
            places = ", ".join("%s" for _ in value)
            columns = table.partition("(")[2]
            connection.execute(
                f"INSERT INTO {table.partition(' ')[0]} ({columns} VALUES ({places})",  # noqa: S608
                value,
            )


def _one(connection: psycopg.Connection[Any], statement: str) -> Any:
    return connection.execute(statement).fetchone()


def test_rows_move_into_their_months(used: psycopg.Connection[Any], fresh_database_url: str) -> None:
    upgrade(owner_url(fresh_database_url))
    assert _one(
        used,
        "SELECT m.second_message_id, s.parent_message_id, s.second_message_id, m.tableoid::regclass::text,"
        " s.tableoid::regclass::text FROM messages m JOIN messages s ON s.id = m.second_message_id",
    ) == (SECOND, FIRST, None, "log_months.messages_2026_05", "log_months.messages_2026_08")
    assert _one(used, "SELECT message_id, attempt_id, tableoid::regclass::text FROM submit_segments") == (
        FIRST,
        ATTEMPT,
        "log_months.submit_segments_2026_05",
    )
    for table in ("recycling_checks", "submit_attempts", "billing_entries", "pending_starts"):
        assert _one(used, f"SELECT count(*) FROM {table}") == (1,), table  # noqa: S608
    assert _one(used, "SELECT companies_of_carrier_messages('{sms}', '{au}', '{a-1}')") == ([COMPANY],)


def test_and_back_again(used: psycopg.Connection[Any], fresh_database_url: str) -> None:
    upgrade(owner_url(fresh_database_url))
    command.downgrade(alembic_config(owner_url(fresh_database_url)), BEFORE)
    upgrade(owner_url(fresh_database_url), to=BEFORE)
    assert _one(used, "SELECT count(*), count(parent_message_id) FROM messages") == (2, 1)
    assert _one(used, "SELECT attempt_id FROM submit_segments") == (ATTEMPT,)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        used.execute("DELETE FROM messages WHERE id = %s", [FIRST])
