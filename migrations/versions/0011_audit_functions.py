"""An audit trail grows by the database's own function only (decision 0039)."""

from collections.abc import Sequence

from alembic import op

from migrations.audit_functions import CREATE, DROP

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Who may write the tables themselves is put in order by migrations/roles.py.
    for statement in CREATE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DROP:
        op.execute(statement)
