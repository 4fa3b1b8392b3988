"""Our own staff's audit trail is written and read by what names itself our own staff (decision 0029)."""

from collections.abc import Sequence

from alembic import op

from migrations.row_level_security import OWN_COMPANIES

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("audit_chains", "audit_entries")
# No company has this id; a transaction names it to act for our own staff (services/database.py).
_OWN_STAFF = "'00000000-0000-0000-0000-000000000000'::uuid"


def upgrade() -> None:
    condition = f"company_id IS NULL AND {_OWN_STAFF} = ANY ({OWN_COMPANIES})"
    for table in _TABLES:
        op.execute(f"CREATE POLICY own_staff ON {table} USING ({condition}) WITH CHECK ({condition})")
    op.create_check_constraint(op.f("companies_id_check"), "companies", f"id <> {_OWN_STAFF}")


def downgrade() -> None:
    op.drop_constraint("companies_id_check", "companies", type_="check")
    for table in _TABLES:
        op.execute(f"DROP POLICY own_staff ON {table}")
