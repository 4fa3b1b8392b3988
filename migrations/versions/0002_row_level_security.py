"""Row-level security: the second guard between companies (decision 0028)."""

from collections.abc import Sequence

from alembic import op

from migrations.row_level_security import let_lookups_read, protect, release

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "api_keys",
    "billing_entries",
    "campaign_counters",
    "campaigns",
    "company_lanes",
    "company_users",
    "contracts",
    "messages",
    "official_accounts",
    "opt_outs",
    "recipient_upload_rows",
    "recipient_uploads",
    "recycling_checks",
    "sms_accounts",
    "submit_attempts",
    "submit_segments",
    "user_sessions",
)
LOOKED_UP = ("api_keys", "company_users", "official_accounts", "submit_segments", "user_sessions")

# Each finds the company of something that cannot be guessed, and tells nothing else. Run with the owner's
# rights; names are resolved now, not by the search path of whoever calls.
LOOKUPS = {
    "company_of_session(token_hash bytea)": """uuid RETURN (
        SELECT company_id FROM user_sessions s WHERE s.token_hash = company_of_session.token_hash)""",
    "company_of_login(login_id text)": """uuid RETURN (
        SELECT company_id FROM company_users u WHERE lower(u.login_id) = lower(company_of_login.login_id))""",
    "company_of_api_key(key_hash bytea)": """uuid RETURN (
        SELECT company_id FROM api_keys k WHERE k.key_hash = company_of_api_key.key_hash)""",
    "company_of_bot(bot_id text)": """uuid RETURN (
        SELECT company_id FROM official_accounts a WHERE a.bot_id = company_of_bot.bot_id)""",
    "companies_of_carrier_messages(channels text[], carriers text[], ids text[])": """uuid[] RETURN (
        SELECT array_agg(DISTINCT s.company_id) FROM unnest(channels, carriers, ids) AS r(channel, carrier, id)
        JOIN submit_segments s ON s.carrier_message_id = r.id AND s.carrier = r.carrier
            AND s.channel = r.channel)""",
}


def upgrade() -> None:
    protect("companies", "id")
    protect("receipts", unclaimed=True)
    for table in TABLES:
        protect(table)
    for table in LOOKED_UP:
        let_lookups_read(table)
    for signature, body in LOOKUPS.items():
        kind, expression = body.split(" ", 1)
        op.execute(
            f"CREATE FUNCTION {signature} RETURNS {kind} LANGUAGE sql STABLE PARALLEL SAFE"
            f" SECURITY DEFINER SET search_path = pg_catalog, pg_temp {expression}"
        )


def downgrade() -> None:
    for signature in LOOKUPS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in (*TABLES, "receipts", "companies"):
        release(table)
