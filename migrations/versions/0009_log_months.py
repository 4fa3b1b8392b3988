"""The log in months, each to be dropped whole (decision 0031)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from migrations.log_months import create_functions, drop_functions
from migrations.row_level_security import let_lookups_read, protect

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

JST = timezone(timedelta(hours=9))
MONTHS_AHEAD = 3


class Table(NamedTuple):
    """A table as it was and as it is now: keys, what it refers to, what finds its rows."""

    name: str
    month_of: str
    key: str
    old_key: str
    refers: dict[str, str]
    old_refers: dict[str, str]
    indexes: tuple[str, ...]
    # Of the old rows in the order of the new columns: an added one is the last.
    rows: str
    room: int = 100
    added: str = ""


MESSAGES = Table(
    name="messages",
    month_of="id",
    key="company_id, id",
    old_key="company_id, id",
    refers={"company_id, campaign_id": "campaigns (company_id, id)"},
    old_refers={
        "company_id, campaign_id": "campaigns (company_id, id)",
        "company_id, parent_message_id": "messages (company_id, id)",
    },
    indexes=(
        "CREATE INDEX messages_campaign_idx ON messages (company_id, campaign_id, id)",
        "CREATE INDEX messages_phone_number_idx ON messages (company_id, phone_number)",
    ),
    rows="""SELECT t.*, s.id FROM log_months.messages t
        LEFT JOIN log_months.messages s ON s.company_id = t.company_id AND s.parent_message_id = t.id""",
    room=70,
    added="second_message_id uuid",
)
CHECKS = Table(
    name="recycling_checks",
    month_of="message_id",
    key="company_id, message_id",
    old_key="company_id, message_id",
    refers={"company_id, message_id": "messages (company_id, id)"},
    old_refers={"company_id, message_id": "messages (company_id, id)"},
    indexes=(),
    rows="SELECT * FROM log_months.recycling_checks",
)
ATTEMPTS = Table(
    name="submit_attempts",
    month_of="message_id",
    key="company_id, message_id, id",
    old_key="company_id, id",
    refers={"company_id, message_id": "messages (company_id, id)"},
    old_refers={"company_id, message_id": "messages (company_id, id)"},
    indexes=(
        "ALTER TABLE submit_attempts ADD CONSTRAINT submit_attempts_once_key"
        " UNIQUE (company_id, message_id, channel, carrier, number)",
        "CREATE INDEX submit_attempts_in_flight_idx ON submit_attempts (started_at) WHERE state = 'in_flight'",
    ),
    rows="SELECT * FROM log_months.submit_attempts",
    room=80,
)
SEGMENTS = Table(
    name="submit_segments",
    month_of="message_id",
    key="company_id, message_id, attempt_id, segment",
    old_key="company_id, attempt_id, segment",
    refers={"company_id, message_id, attempt_id": "submit_attempts (company_id, message_id, id)"},
    old_refers={"company_id, attempt_id": "submit_attempts (company_id, id)"},
    indexes=(
        "CREATE INDEX submit_segments_carrier_message_id_idx"
        " ON submit_segments (carrier_message_id, carrier, channel)",
    ),
    rows="""SELECT t.*, a.message_id FROM log_months.submit_segments t
        JOIN log_months.submit_attempts a ON a.company_id = t.company_id AND a.id = t.attempt_id""",
    added="message_id uuid NOT NULL",
)
# What is referred to comes before what refers to it.
TABLES = (MESSAGES, CHECKS, ATTEMPTS, SEGMENTS)

LOOKUP = """
    CREATE FUNCTION companies_of_carrier_messages(channels text[], carriers text[], ids text[]) RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN (
        SELECT array_agg(DISTINCT s.company_id) FROM unnest(channels, carriers, ids) AS r(channel, carrier, id)
        JOIN public.submit_segments s ON s.carrier_message_id = r.id AND s.carrier = r.carrier
            AND s.channel = r.channel)
"""


def upgrade() -> None:
    # Nobody but the owner may enter it: rows are reached through the table they are a month of.
    op.execute("CREATE SCHEMA log_months")
    op.execute("DROP FUNCTION companies_of_carrier_messages(text[], text[], text[])")
    for table in ("billing_entries", "inbound_messages", "pending_starts"):
        op.drop_constraint(op.f(f"{table}_company_id_message_id_fkey"), table, type_="foreignkey")
    op.create_foreign_key(
        op.f("billing_entries_company_id_fkey"), "billing_entries", "companies", ["company_id"], ["id"]
    )
    _put_aside()
    for divided in TABLES:
        _create(divided.name, divided.added, f"PARTITION BY RANGE ({divided.month_of})")
    for divided in TABLES:
        _add_keys(divided.name, divided.key, divided.refers, divided.indexes)
    create_functions()
    _make_months()
    for divided in TABLES:
        op.execute(f"INSERT INTO {divided.name} {divided.rows}")
    _finish()


def downgrade() -> None:
    op.execute("DROP FUNCTION companies_of_carrier_messages(text[], text[], text[])")
    op.drop_constraint(
        op.f("pending_starts_company_id_message_id_fkey"), "pending_starts", type_="foreignkey"
    )
    drop_functions()
    _put_aside()
    for divided in TABLES:
        _create(divided.name, "", f"WITH (fillfactor = {divided.room})")
    op.drop_column("messages", "second_message_id")
    op.drop_column("submit_segments", "message_id")
    for divided in TABLES:
        _add_keys(divided.name, divided.old_key, divided.old_refers, divided.indexes)
    op.execute(
        "CREATE UNIQUE INDEX messages_parent_key ON messages (company_id, parent_message_id)"
        " WHERE parent_message_id IS NOT NULL"
    )
    for divided in TABLES:
        _copy_back(divided)
    _finish()
    op.execute("DROP SCHEMA log_months CASCADE")
    op.drop_constraint(op.f("billing_entries_company_id_fkey"), "billing_entries", type_="foreignkey")
    # Charges and answers of months that were dropped have nothing to refer to any more.
    for table in ("billing_entries", "inbound_messages"):
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_company_id_message_id_fkey"
            " FOREIGN KEY (company_id, message_id) REFERENCES messages (company_id, id) NOT VALID"
        )


def _put_aside() -> None:
    for divided in reversed(TABLES):
        op.execute(f"ALTER TABLE {divided.name} SET SCHEMA log_months")
        # The owner copies the rows of all companies.
        op.execute(f"ALTER TABLE log_months.{divided.name} NO FORCE ROW LEVEL SECURITY")


def _create(table: str, added: str, how: str) -> None:
    columns = f"LIKE log_months.{table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
    op.execute(f"CREATE TABLE {table} ({columns}{added and ', ' + added}) {how}")


def _add_keys(table: str, key: str, refers: dict[str, str], indexes: Sequence[str]) -> None:
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({key})")
    for columns, target in refers.items():
        name = "_".join((table, *columns.split(", "), "fkey"))
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target}")
    for statement in indexes:
        op.execute(statement)


def _make_months() -> None:
    """From the oldest message's month on."""
    rows = op.get_bind().execute(sa.text("SELECT min(id::text) FROM log_months.messages"))
    oldest: str | None = rows.scalar_one()
    today = datetime.now(JST).date().replace(day=1)
    month = today
    if oldest is not None:
        milliseconds = UUID(oldest).int >> 80
        month = min(today, datetime.fromtimestamp(milliseconds / 1000, JST).date().replace(day=1))
    last = today
    for _ in range(MONTHS_AHEAD):
        last = _next(last)
    while month <= last:
        bounds = {"month": f"{month:%Y_%m}", "first": _first_id(month), "next": _first_id(_next(month))}
        op.get_bind().execute(sa.text("SELECT make_log_month(:month, :first, :next)"), bounds)
        month = _next(month)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _first_id(month: date) -> UUID:
    at = datetime(month.year, month.month, 1, tzinfo=JST)
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _copy_back(table: Table) -> None:
    columns = sa.inspect(op.get_bind()).get_columns(table.name)
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    op.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM log_months.{table.name}")  # noqa: S608


def _finish() -> None:
    for divided in reversed(TABLES):
        op.execute(f"DROP TABLE log_months.{divided.name}")
    for divided in TABLES:
        protect(divided.name)
    let_lookups_read("submit_segments")
    op.execute(LOOKUP)
    op.create_foreign_key(
        op.f("pending_starts_company_id_message_id_fkey"),
        "pending_starts",
        "messages",
        ["company_id", "message_id"],
        ["company_id", "id"],
    )
