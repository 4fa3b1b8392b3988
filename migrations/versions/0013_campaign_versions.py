"""A campaign's version, and what was typed into a draft before it was finished (decision 0041)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "campaigns", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    empty = sa.text("'{}'")
    op.add_column("campaigns", sa.Column("typed", JSONB(), server_default=empty, nullable=False))
    op.add_column("campaigns", sa.Column("unread", ARRAY(sa.Text()), server_default=empty, nullable=False))


def downgrade() -> None:
    for column in ("unread", "typed", "version"):
        op.drop_column("campaigns", column)
