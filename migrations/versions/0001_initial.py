"""Initial tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("companies_pkey")),
    )
    op.create_table(
        "known_carriers",
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("known_carriers_carrier_check")
        ),
        sa.PrimaryKeyConstraint("phone_number", name=op.f("known_carriers_pkey")),
    )
    op.create_table(
        "number_lanes",
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("number_lanes_carrier_check")
        ),
        sa.PrimaryKeyConstraint("carrier", "phone_number", name=op.f("number_lanes_pkey")),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("carrier_message_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("carrier_code", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("phone_number", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("receipts_carrier_check")
        ),
        sa.CheckConstraint("channel IN ('sms', 'rcs')", name=op.f("receipts_channel_check")),
        sa.CheckConstraint(
            "reason IN ('absent', 'unknown_subscriber', 'barred', 'rejected', 'not_capable', 'capacity_exceeded', 'network_failure', 'opted_out', 'recycled', 'lookup_failed', 'duplicate', 'other_carrier', 'content_invalid', 'no_receipt')",
            name=op.f("receipts_reason_check"),
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'delivered', 'undelivered', 'wrong_carrier', 'read', 'revoked', 'unknown')",
            name=op.f("receipts_state_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("receipts_pkey")),
        sa.UniqueConstraint(
            "carrier_message_id",
            "carrier",
            "channel",
            "state",
            name=op.f("receipts_carrier_message_id_carrier_channel_state_key"),
        ),
    )
    op.create_index("receipts_message_idx", "receipts", ["company_id", "message_id"], unique=False)
    op.create_index(
        "receipts_open_idx",
        "receipts",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("applied_at IS NULL"),
    )
    op.create_table(
        "api_keys",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("api_keys_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("key_hash", name=op.f("api_keys_key_hash_key")),
    )
    op.create_table(
        "company_lanes",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("company_lanes_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("company_lanes_pkey")),
    )
    op.create_table(
        "company_users",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("login_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('company_admin', 'senior_admin', 'admin', 'general_user')",
            name=op.f("company_users_role_check"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("company_users_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("company_users_pkey")),
    )
    op.create_index(
        "company_users_login_id_key", "company_users", [sa.literal_column("lower(login_id)")], unique=True
    )
    op.create_table(
        "contracts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("hourly_capacity", sa.Integer(), nullable=False),
        sa.Column("may_exceed_notice_threshold", sa.Boolean(), nullable=False),
        sa.Column("part_table", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("sms_part_price_yen", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("rcs_message_price_yen", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("recycling_check_price_yen", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("opt_out_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("recycling_check_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("contracts_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("contracts_pkey")),
    )
    op.create_table(
        "official_accounts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bot_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("official_accounts_company_id_fkey")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("official_accounts_pkey")),
        sa.UniqueConstraint("bot_id", name=op.f("official_accounts_bot_id_key")),
    )
    op.create_table(
        "opt_outs",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("opt_outs_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", "phone_number", name=op.f("opt_outs_pkey")),
    )
    op.create_table(
        "recipient_uploads",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("shape", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("phone_column", sa.Integer(), nullable=True),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("valid_rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source IN ('file', 'typed', 'api')", name=op.f("recipient_uploads_source_check")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("recipient_uploads_company_id_fkey")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("recipient_uploads_pkey")),
    )
    op.create_table(
        "sms_accounts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("sms_accounts_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("sms_accounts_pkey")),
    )
    op.create_table(
        "campaigns",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel_plan", sa.Text(), nullable=False),
        sa.Column("sms_text", sa.Text(), nullable=True),
        sa.Column("rcs_text", sa.Text(), nullable=True),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carriers", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("exclude_opt_outs", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("recycling_reference_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "channel_plan IN ('sms', 'rcs', 'rcs_with_sms_fallback')",
            name=op.f("campaigns_channel_plan_check"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'registered', 'sending', 'completed', 'cancelled')",
            name=op.f("campaigns_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "created_by_user_id"],
            ["company_users.company_id", "company_users.id"],
            name=op.f("campaigns_company_id_created_by_user_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "upload_id"],
            ["recipient_uploads.company_id", "recipient_uploads.id"],
            name=op.f("campaigns_company_id_upload_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("campaigns_company_id_fkey")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("campaigns_pkey")),
    )
    op.create_index(
        "campaigns_open_idx",
        "campaigns",
        ["registered_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('registered', 'sending')"),
    )
    op.create_index("campaigns_request_key_key", "campaigns", ["company_id", "request_key"], unique=True)
    op.create_table(
        "recipient_upload_rows",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=True),
        sa.Column(
            "variables",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("cells", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "upload_id"],
            ["recipient_uploads.company_id", "recipient_uploads.id"],
            name=op.f("recipient_upload_rows_company_id_upload_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "upload_id", "row_number", name=op.f("recipient_upload_rows_pkey")
        ),
    )
    op.create_table(
        "user_sessions",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "user_id"],
            ["company_users.company_id", "company_users.id"],
            name=op.f("user_sessions_company_id_user_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("user_sessions_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("user_sessions_token_hash_key")),
    )
    op.create_index(op.f("user_sessions_user_id_idx"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "campaign_counters",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("submitted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("undelivered", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expired", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("carrier_undetermined", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("excluded", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancelled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unknown", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("read", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("billable_parts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "campaign_id"],
            ["campaigns.company_id", "campaigns.id"],
            name=op.f("campaign_counters_company_id_campaign_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "campaign_id", name=op.f("campaign_counters_pkey")),
    )
    op.create_table(
        "messages",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column(
            "variables",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("fallback_reason", sa.Text(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("messages_carrier_check")
        ),
        sa.CheckConstraint("channel IN ('sms', 'rcs')", name=op.f("messages_channel_check")),
        sa.CheckConstraint(
            "fallback_reason IN ('not_capable', 'not_delivered_in_time', 'capacity_exceeded', 'rejected', 'carrier_undetermined', 'rcs_undelivered')",
            name=op.f("messages_fallback_reason_check"),
        ),
        sa.CheckConstraint(
            "reason IN ('absent', 'unknown_subscriber', 'barred', 'rejected', 'not_capable', 'capacity_exceeded', 'network_failure', 'opted_out', 'recycled', 'lookup_failed', 'duplicate', 'other_carrier', 'content_invalid', 'no_receipt')",
            name=op.f("messages_reason_check"),
        ),
        sa.CheckConstraint(
            "status IN ('accepted', 'sending', 'sent', 'delivered', 'undelivered', 'expired', 'carrier_undetermined', 'excluded', 'cancelled', 'unknown')",
            name=op.f("messages_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "campaign_id"],
            ["campaigns.company_id", "campaigns.id"],
            name=op.f("messages_company_id_campaign_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("messages_pkey")),
    )
    op.create_index("messages_campaign_idx", "messages", ["company_id", "campaign_id", "id"], unique=False)
    op.create_index("messages_phone_number_idx", "messages", ["company_id", "phone_number"], unique=False)
    op.create_table(
        "billing_entries",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("charge_kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("usage_month", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'rcs')", name=op.f("billing_entries_channel_check")),
        sa.CheckConstraint(
            "charge_kind IN ('delivery', 'recycling_check')", name=op.f("billing_entries_charge_kind_check")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "message_id"],
            ["messages.company_id", "messages.id"],
            name=op.f("billing_entries_company_id_message_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("billing_entries_pkey")),
        sa.UniqueConstraint(
            "company_id",
            "message_id",
            "charge_kind",
            name=op.f("billing_entries_company_id_message_id_charge_kind_key"),
        ),
    )
    op.create_index(
        "billing_entries_usage_month_idx", "billing_entries", ["company_id", "usage_month"], unique=False
    )
    op.create_table(
        "recycling_checks",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('not_recycled', 'recycled', 'lookup_failed')",
            name=op.f("recycling_checks_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "message_id"],
            ["messages.company_id", "messages.id"],
            name=op.f("recycling_checks_company_id_message_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "message_id", name=op.f("recycling_checks_pkey")),
    )
    op.create_table(
        "submit_attempts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capability", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("carrier_code", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_state", sa.Text(), nullable=True),
        sa.Column("receipt_reason", sa.Text(), nullable=True),
        sa.Column("receipt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "capability IN ('capable', 'not_capable', 'wrong_carrier', 'unavailable')",
            name=op.f("submit_attempts_capability_check"),
        ),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("submit_attempts_carrier_check")
        ),
        sa.CheckConstraint("channel IN ('sms', 'rcs')", name=op.f("submit_attempts_channel_check")),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'wrong_carrier', 'not_capable', 'rejected', 'capacity_exceeded', 'unknown', 'throttled', 'not_sent')",
            name=op.f("submit_attempts_outcome_check"),
        ),
        sa.CheckConstraint(
            "reason IN ('absent', 'unknown_subscriber', 'barred', 'rejected', 'not_capable', 'capacity_exceeded', 'network_failure', 'opted_out', 'recycled', 'lookup_failed', 'duplicate', 'other_carrier', 'content_invalid', 'no_receipt')",
            name=op.f("submit_attempts_reason_check"),
        ),
        sa.CheckConstraint(
            "receipt_reason IN ('absent', 'unknown_subscriber', 'barred', 'rejected', 'not_capable', 'capacity_exceeded', 'network_failure', 'opted_out', 'recycled', 'lookup_failed', 'duplicate', 'other_carrier', 'content_invalid', 'no_receipt')",
            name=op.f("submit_attempts_receipt_reason_check"),
        ),
        sa.CheckConstraint(
            "receipt_state IN ('sent', 'delivered', 'undelivered', 'wrong_carrier', 'read', 'revoked', 'unknown')",
            name=op.f("submit_attempts_receipt_state_check"),
        ),
        sa.CheckConstraint(
            "revoke_outcome IN ('revoked', 'already_delivered', 'failed')",
            name=op.f("submit_attempts_revoke_outcome_check"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'in_flight', 'accepted', 'refused', 'unknown')",
            name=op.f("submit_attempts_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "message_id"],
            ["messages.company_id", "messages.id"],
            name=op.f("submit_attempts_company_id_message_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("submit_attempts_pkey")),
        sa.UniqueConstraint(
            "company_id", "message_id", "channel", "carrier", "number", name="submit_attempts_once_key"
        ),
    )
    op.create_table(
        "submit_segments",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("carrier_message_id", sa.Text(), nullable=True),
        sa.Column("carrier_code", sa.Text(), nullable=True),
        sa.Column("receipt_state", sa.Text(), nullable=True),
        sa.Column("receipt_reason", sa.Text(), nullable=True),
        sa.Column("receipt_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "carrier IN ('docomo', 'au', 'softbank', 'rakuten')", name=op.f("submit_segments_carrier_check")
        ),
        sa.CheckConstraint("channel IN ('sms', 'rcs')", name=op.f("submit_segments_channel_check")),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'wrong_carrier', 'not_capable', 'rejected', 'capacity_exceeded', 'unknown', 'throttled', 'not_sent')",
            name=op.f("submit_segments_outcome_check"),
        ),
        sa.CheckConstraint(
            "receipt_reason IN ('absent', 'unknown_subscriber', 'barred', 'rejected', 'not_capable', 'capacity_exceeded', 'network_failure', 'opted_out', 'recycled', 'lookup_failed', 'duplicate', 'other_carrier', 'content_invalid', 'no_receipt')",
            name=op.f("submit_segments_receipt_reason_check"),
        ),
        sa.CheckConstraint(
            "receipt_state IN ('sent', 'delivered', 'undelivered', 'wrong_carrier', 'read', 'revoked', 'unknown')",
            name=op.f("submit_segments_receipt_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "attempt_id"],
            ["submit_attempts.company_id", "submit_attempts.id"],
            name=op.f("submit_segments_company_id_attempt_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "attempt_id", "segment", name=op.f("submit_segments_pkey")),
    )
    op.create_index(
        "submit_segments_carrier_message_id_idx",
        "submit_segments",
        ["carrier_message_id", "carrier", "channel"],
        unique=False,
    )
    # Rows of these tables are rewritten in place several times; free room on the page keeps the
    # update out of the indexes.
    op.execute("ALTER TABLE messages SET (fillfactor = 70)")
    op.execute("ALTER TABLE submit_attempts SET (fillfactor = 80)")
    op.execute("ALTER TABLE campaign_counters SET (fillfactor = 30)")
    op.execute("ALTER TABLE company_lanes SET (fillfactor = 30)")


def downgrade() -> None:
    op.drop_index("submit_segments_carrier_message_id_idx", table_name="submit_segments")
    op.drop_table("submit_segments")
    op.drop_table("submit_attempts")
    op.drop_table("recycling_checks")
    op.drop_index("billing_entries_usage_month_idx", table_name="billing_entries")
    op.drop_table("billing_entries")
    op.drop_index("messages_phone_number_idx", table_name="messages")
    op.drop_index("messages_campaign_idx", table_name="messages")
    op.drop_table("messages")
    op.drop_table("campaign_counters")
    op.drop_index(op.f("user_sessions_user_id_idx"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_table("recipient_upload_rows")
    op.drop_index("campaigns_request_key_key", table_name="campaigns")
    op.drop_index(
        "campaigns_open_idx",
        table_name="campaigns",
        postgresql_where=sa.text("status IN ('registered', 'sending')"),
    )
    op.drop_table("campaigns")
    op.drop_table("sms_accounts")
    op.drop_table("recipient_uploads")
    op.drop_table("opt_outs")
    op.drop_table("official_accounts")
    op.drop_table("contracts")
    op.drop_index("company_users_login_id_key", table_name="company_users")
    op.drop_table("company_users")
    op.drop_table("company_lanes")
    op.drop_table("api_keys")
    op.drop_index("receipts_open_idx", table_name="receipts", postgresql_where=sa.text("applied_at IS NULL"))
    op.drop_index("receipts_message_idx", table_name="receipts")
    op.drop_table("receipts")
    op.drop_table("number_lanes")
    op.drop_table("known_carriers")
    op.drop_table("companies")
