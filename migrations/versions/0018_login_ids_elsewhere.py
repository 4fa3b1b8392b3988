"""Invitations of login ids that are another company's look like all others (decision 0040)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = (
    "account_issued",
    "password_reset",
    "password_changed",
    "account_locked",
    "role_changed",
    "second_factor_changed",
    "account_deleted",
)
# Whose a login id is, never who was only told that it is somebody else's.
_OF_LOGIN = """
    CREATE OR REPLACE FUNCTION company_of_login(login_id text) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN (
        SELECT company_id FROM public.company_users u
        WHERE lower(u.login_id) = lower(company_of_login.login_id)
          AND u.deleted_at IS NULL AND u.released_at IS NULL{more})
"""
_OF_DELETED_LOGIN = """
    CREATE OR REPLACE FUNCTION company_of_deleted_login(login_id text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN (
        SELECT company_id FROM public.company_users u
        WHERE lower(u.login_id) = lower(company_of_deleted_login.login_id)
          AND u.deleted_at IS NOT NULL AND u.released_at IS NULL{more})
"""


def upgrade() -> None:
    op.add_column("company_users", sa.Column("taken_elsewhere_at", sa.DateTime(timezone=True), nullable=True))
    _index("released_at IS NULL AND taken_elsewhere_at IS NULL")
    _mails((*_KINDS, "login_id_taken"))
    for function in (_OF_LOGIN, _OF_DELETED_LOGIN):
        op.execute(function.format(more=" AND u.taken_elsewhere_at IS NULL"))


def downgrade() -> None:
    """Invitations that led nowhere go; their mails with them."""
    for function in (_OF_LOGIN, _OF_DELETED_LOGIN):
        op.execute(function.format(more=""))
    for table in ("mails", "company_users"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM mails WHERE kind = 'login_id_taken'")
    op.execute(
        "UPDATE company_users SET released_at = now(), deleted_at = coalesce(deleted_at, now())"
        " WHERE taken_elsewhere_at IS NOT NULL"
    )
    for table in ("mails", "company_users"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _mails(_KINDS)
    _index("released_at IS NULL")
    op.drop_column("company_users", "taken_elsewhere_at")


def _index(condition: str) -> None:
    op.drop_index("company_users_login_id_key", "company_users")
    op.create_index(
        "company_users_login_id_key",
        "company_users",
        [sa.text("lower(login_id)")],
        unique=True,
        postgresql_where=sa.text(condition),
    )


def _mails(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("mails_kind_check"), "mails")
    op.create_check_constraint(op.f("mails_kind_check"), "mails", f"kind IN ({listed})")
