"""What was typed when a session ended, kept in the next one (decision 0042)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("user_sessions", "operator_sessions")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("kept_path", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("kept_form", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "kept_form")
        op.drop_column(table, "kept_path")
