"""What a session has searched for by personal data, sealed, so that no address holds it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("user_sessions", "operator_sessions")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("sealed_searches", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "sealed_searches")
