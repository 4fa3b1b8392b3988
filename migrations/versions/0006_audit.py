"""Audit trails: append-only, sealed entry by entry (decision 0029)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.row_level_security import protect

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit_chains",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="audit_chains_company_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="audit_chains_pkey"),
        sa.UniqueConstraint(
            "company_id", name="audit_chains_company_key", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("remote_address", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'api_key', 'operator', 'system')",
            name=op.f("audit_entries_actor_kind_check"),
        ),
        sa.CheckConstraint("result IN ('ok', 'failed', 'denied')", name=op.f("audit_entries_result_check")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name="audit_entries_company_id_fkey"),
        sa.PrimaryKeyConstraint("id", name="audit_entries_pkey"),
        sa.UniqueConstraint(
            "company_id", "position", name="audit_entries_position_key", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index("audit_entries_time_idx", "audit_entries", ["company_id", "at"])
    # Of our own staff, hence shown to the jobs' role only: rows without a company.
    protect("audit_chains")
    protect("audit_entries")
    # Beside the missing grants: it holds for the owner as well.
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS
        $$ BEGIN RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME; END $$
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)


def downgrade() -> None:
    op.drop_table("audit_entries")
    op.drop_table("audit_chains")
    op.execute("DROP FUNCTION refuse_change()")
