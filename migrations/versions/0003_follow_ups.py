"""Second messages and messages of end users."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.row_level_security import let_lookups_read, protect, rewrite

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("sms_text", sa.Text(), nullable=True),
        sa.Column("rcs_text", sa.Text(), nullable=True),
        sa.Column("valid_for_hours", sa.Integer(), nullable=True),
        sa.CheckConstraint("trigger IN ('delivered', 'reply')", name=op.f("follow_ups_trigger_check")),
        sa.ForeignKeyConstraint(
            ["company_id", "campaign_id"],
            ["campaigns.company_id", "campaigns.id"],
            name=op.f("follow_ups_company_id_campaign_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "campaign_id", name=op.f("follow_ups_pkey")),
    )
    op.add_column("messages", sa.Column("parent_message_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("messages_company_id_parent_message_id_fkey"),
        "messages",
        "messages",
        ["company_id", "parent_message_id"],
        ["company_id", "id"],
    )
    op.create_index(
        "messages_parent_key",
        "messages",
        ["company_id", "parent_message_id"],
        unique=True,
        postgresql_where=sa.text("parent_message_id IS NOT NULL"),
    )
    op.create_table(
        "pending_starts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "message_id"],
            ["messages.company_id", "messages.id"],
            name=op.f("pending_starts_company_id_message_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "message_id", name=op.f("pending_starts_pkey")),
    )
    op.create_index("pending_starts_created_at_idx", "pending_starts", ["created_at"])
    op.add_column(
        "campaign_counters",
        sa.Column("sequence", sa.Integer(), server_default=sa.text("1"), nullable=False),
    )
    op.drop_constraint("campaign_counters_pkey", "campaign_counters", type_="primary")
    op.create_primary_key(
        "campaign_counters_pkey", "campaign_counters", ["company_id", "campaign_id", "sequence"]
    )
    op.add_column("recipient_upload_rows", sa.Column("second_parts", sa.Integer(), nullable=True))
    _create_inbound_messages()
    for table in ("follow_ups", "pending_starts", "inbound_messages"):
        protect(table)
    # An answer by SMS is for one of the companies that send from the address it was sent to.
    let_lookups_read("sms_accounts")
    op.execute(
        "CREATE FUNCTION companies_of_senders(senders text[]) RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE"
        " SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN ("
        " SELECT array_agg(DISTINCT a.company_id) FROM public.sms_accounts a WHERE a.sender = ANY (senders))"
    )


def _create_inbound_messages() -> None:
    op.create_table(
        "inbound_messages",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("carrier_key", sa.Text(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("postback_data", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'rcs')", name=op.f("inbound_messages_channel_check")),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("inbound_messages_carrier_check")
        ),
        sa.CheckConstraint(
            "outcome IN ('second_message', 'too_late', 'already_answered', 'no_follow_up', 'unmatched')",
            name=op.f("inbound_messages_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("inbound_messages_company_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "message_id"],
            ["messages.company_id", "messages.id"],
            name=op.f("inbound_messages_company_id_message_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("inbound_messages_pkey")),
        sa.UniqueConstraint(
            "company_id",
            "channel",
            "carrier",
            "carrier_key",
            name=op.f("inbound_messages_company_id_channel_carrier_carrier_key_key"),
        ),
    )
    op.create_index("inbound_messages_message_idx", "inbound_messages", ["company_id", "message_id"])
    op.create_index("inbound_messages_phone_number_idx", "inbound_messages", ["company_id", "phone_number"])


def downgrade() -> None:
    op.execute("DROP FUNCTION companies_of_senders(text[])")
    op.execute("DROP POLICY lookups ON sms_accounts")
    op.drop_table("inbound_messages")
    op.drop_column("recipient_upload_rows", "second_parts")
    rewrite("campaign_counters", "DELETE FROM campaign_counters WHERE sequence <> 1")
    op.drop_constraint("campaign_counters_pkey", "campaign_counters", type_="primary")
    op.create_primary_key("campaign_counters_pkey", "campaign_counters", ["company_id", "campaign_id"])
    op.drop_column("campaign_counters", "sequence")
    op.drop_table("pending_starts")
    op.drop_index("messages_parent_key", "messages")
    op.drop_constraint("messages_company_id_parent_message_id_fkey", "messages", type_="foreignkey")
    op.drop_column("messages", "parent_message_id")
    op.drop_table("follow_ups")
