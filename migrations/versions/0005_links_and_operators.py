"""Operators and their sign-ins; links: what is wanted and what is reported; departures of companies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_LINKS = (
    "link IN ('sms-docomo', 'sms-au', 'sms-softbank', 'sms-rakuten', 'rcs-docomo', 'rcs-au', 'rcs-softbank', "
    "'number-recycling')"
)


def upgrade() -> None:
    for table in ("company_lanes", "submit_attempts"):
        op.add_column(table, sa.Column("departs_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("number_lanes", sa.Column("pause", sa.Interval(), nullable=True))
    op.create_index(
        "submit_attempts_in_flight_idx",
        "submit_attempts",
        ["started_at"],
        postgresql_where=sa.text("state = 'in_flight'"),
    )
    _operators()
    _links()
    op.create_table(
        "link_states",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("is_up", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_use", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("throttled_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipts_pending", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(_LINKS, name=op.f("link_states_link_check")),
        sa.PrimaryKeyConstraint("link", "process", name=op.f("link_states_pkey")),
    )


def _operators() -> None:
    op.create_table(
        "operators",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("login_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('operator_admin', 'operator', 'service_desk')", name=op.f("operators_role_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("operators_pkey")),
    )
    op.create_index("operators_login_id_key", "operators", [sa.text("lower(login_id)")], unique=True)
    op.create_table(
        "operator_sessions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("operator_sessions_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_sessions_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("operator_sessions_token_hash_key")),
    )
    op.create_index(op.f("operator_sessions_operator_id_idx"), "operator_sessions", ["operator_id"])


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("contract_rate", sa.Float(53), nullable=False),
        sa.Column("rate_changed_by", sa.Uuid(), nullable=True),
        sa.Column("rate_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_stopped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("stopped_by", sa.Uuid(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("applied_rate", sa.Float(53), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_LINKS, name=op.f("links_link_check")),
        sa.CheckConstraint("contract_rate > 0", name=op.f("links_contract_rate_check")),
        sa.ForeignKeyConstraint(
            ["rate_changed_by"], ["operators.id"], name=op.f("links_rate_changed_by_fkey")
        ),
        sa.ForeignKeyConstraint(["stopped_by"], ["operators.id"], name=op.f("links_stopped_by_fkey")),
        sa.PrimaryKeyConstraint("link", name=op.f("links_pkey")),
    )


def downgrade() -> None:
    for table in ("link_states", "links", "operator_sessions", "operators"):
        op.drop_table(table)
    op.drop_index("submit_attempts_in_flight_idx", table_name="submit_attempts")
    op.drop_column("number_lanes", "pause")
    for table in ("submit_attempts", "company_lanes"):
        op.drop_column(table, "departs_at")
