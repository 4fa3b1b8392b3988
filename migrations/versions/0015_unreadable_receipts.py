"""Reports that cannot be read are one row for each text, with a count."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.row_level_security import rewrite

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNREADABLE = sa.text("carrier_message_id IS NULL")


def upgrade() -> None:
    op.add_column(
        "receipts", sa.Column("times_received", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    # What is there already becomes one row for each text as well. All companies' rows are meant.
    rewrite(
        "receipts",
        """
        UPDATE receipts r SET times_received = g.times
        FROM (SELECT min(id::text)::uuid AS id, count(*) AS times FROM receipts
              WHERE carrier_message_id IS NULL GROUP BY carrier, channel, md5(raw)) g
        WHERE r.id = g.id AND g.times > 1
    """,
    )
    rewrite(
        "receipts",
        """
        DELETE FROM receipts r USING receipts first
        WHERE r.carrier_message_id IS NULL AND first.carrier_message_id IS NULL
          AND first.carrier = r.carrier AND first.channel = r.channel AND md5(first.raw) = md5(r.raw)
          AND first.id < r.id
    """,
    )
    op.create_index(
        "receipts_unreadable_key",
        "receipts",
        ["carrier", "channel", sa.text("md5(raw)")],
        unique=True,
        postgresql_where=UNREADABLE,
    )
    op.create_index(
        "receipts_unreadable_idx",
        "receipts",
        ["carrier", "channel", "received_at"],
        postgresql_where=UNREADABLE,
    )


def downgrade() -> None:
    op.drop_index("receipts_unreadable_idx", table_name="receipts")
    op.drop_index("receipts_unreadable_key", table_name="receipts")
    op.drop_column("receipts", "times_received")
