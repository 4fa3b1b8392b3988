"""A second factor for operators, their sessions as company users have them, login ids of deleted users."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The service desk knows a login id and nothing else (C-5). One that was freed belongs to nobody any more.
LOOKUP = """
    CREATE FUNCTION company_of_deleted_login(login_id text) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN (
        SELECT company_id FROM company_users u
        WHERE lower(u.login_id) = lower(company_of_deleted_login.login_id)
          AND u.deleted_at IS NOT NULL AND u.released_at IS NULL)
"""


def _time(name: str, *, default_now: bool = False, nullable: bool = True) -> sa.Column[object]:
    default = sa.text("now()") if default_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _of_operator(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f(f"{table}_operator_id_fkey"))


def upgrade() -> None:
    op.add_column(
        "operators",
        sa.Column("needs_second_factor", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("operators", _time("last_signed_in_at"))
    op.add_column("operator_sessions", _time("confirmed_at", default_now=True, nullable=False))
    op.add_column("operator_sessions", _time("second_factor_at"))
    op.add_column("operator_sessions", sa.Column("device", sa.Text(), nullable=True))
    op.add_column("operator_sessions", sa.Column("address", sa.Text(), nullable=True))
    op.create_table(
        "operator_totp_secrets",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _time("created_at", default_now=True, nullable=False),
        _time("confirmed_at"),
        _of_operator("operator_totp_secrets"),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("operator_totp_secrets_pkey")),
    )
    op.create_table(
        "operator_backup_codes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _time("created_at", default_now=True, nullable=False),
        _time("used_at"),
        _of_operator("operator_backup_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_backup_codes_pkey")),
    )
    op.create_index(op.f("operator_backup_codes_operator_id_idx"), "operator_backup_codes", ["operator_id"])
    op.execute(LOOKUP)


def downgrade() -> None:
    op.execute("DROP FUNCTION company_of_deleted_login(text)")
    for table in ("operator_backup_codes", "operator_totp_secrets"):
        op.drop_table(table)
    for name in ("confirmed_at", "second_factor_at", "device", "address"):
        op.drop_column("operator_sessions", name)
    for name in ("needs_second_factor", "last_signed_in_at"):
        op.drop_column("operators", name)
