"""References of long SMS are counted for each number."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "number_references",
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("last_reference", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_number", name=op.f("number_references_pkey")),
    )


def downgrade() -> None:
    op.drop_table("number_references")
