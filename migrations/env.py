"""How alembic reaches the database; the address comes from ``migrations.run``."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel

import models  # noqa: F401  registers every table
from migrations.roles import put_roles_in_order
from models.columns import EnumText

# What waits for a table that somebody is at work on keeps everybody else waiting behind it: rather give up
# and be run again. A migration itself may take as long as it takes.
_PATIENCE = {"options": "-c lock_timeout=30s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"}


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column kinds as what they are in the database, so that old migrations never change."""
    return "sa.Text()" if kind == "type" and isinstance(item, EnumText) else False


def include_object(found: Any, _name: str | None, kind: str, is_reflected: bool, _other: Any) -> bool:
    """Leave out what PostgreSQL keeps beside a foreign key to a divided table: one to each of its months."""
    if kind == "foreign_key_constraint" and is_reflected:
        return not found.elements[0].target_fullname.startswith("log_months.")
    return True


def run() -> None:
    """Apply the migrations in one transaction, one runner at a time."""
    engine = create_engine(
        context.config.attributes["database_url"], poolclass=pool.NullPool, connect_args=_PATIENCE
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_item=render_item,
            include_object=include_object,
            compare_server_default=True,
        )
        with context.begin_transaction():
            # Two replicas that migrate at once must not interleave.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7203)")
            context.run_migrations()
            if context.config.attributes.get("put_roles_in_order"):
                put_roles_in_order(connection)


run()
