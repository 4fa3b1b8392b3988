"""Invitations, second factors, password resets, mails, API key limits, rate limits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.row_level_security import protect

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _time(name: str, *, default_now: bool = False, nullable: bool = True) -> sa.Column[object]:
    default = sa.text("now()") if default_now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["company_id", "user_id"],
        ["company_users.company_id", "company_users.id"],
        name=op.f(f"{table}_company_id_user_id_fkey"),
    )


# A login id freed by the service desk can be there twice; only its living owner signs in with it.
LOOKUP = """
    CREATE OR REPLACE FUNCTION company_of_login(login_id text) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN (
        SELECT company_id FROM company_users u
        WHERE lower(u.login_id) = lower(company_of_login.login_id){living})
"""
LIVING = " AND u.deleted_at IS NULL AND u.released_at IS NULL"
COMPANY_TABLES = ("mails", "password_resets", "totp_secrets", "backup_codes", "passkeys")


def upgrade() -> None:
    _accounts()
    _api_keys()
    _mails()
    _second_factors()
    op.execute(LOOKUP.format(living=LIVING))
    op.create_table(
        "password_resets",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _time("created_at", default_now=True, nullable=False),
        _time("expires_at", nullable=False),
        _of_user("password_resets"),
        sa.PrimaryKeyConstraint("company_id", "user_id", name=op.f("password_resets_pkey")),
    )
    op.create_table(
        "rate_buckets",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        _time("counted_at", nullable=False),
        sa.CheckConstraint(
            "kind IN ('sign_in', 'reset', 'reset_mail', 'wrong_key')", name=op.f("rate_buckets_kind_check")
        ),
        sa.PrimaryKeyConstraint("kind", "key_hash", name=op.f("rate_buckets_pkey")),
        prefixes=["UNLOGGED"],
    )
    for table in COMPANY_TABLES:
        protect(table)


def _accounts() -> None:
    # Companies from before keep signing in as they did; new ones begin with the rule for administrators.
    op.add_column(
        "companies",
        sa.Column(
            "second_factor_roles",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'::text[]"),
            nullable=False,
        ),
    )
    op.alter_column("companies", "second_factor_roles", server_default=sa.text("'{company_admin}'::text[]"))
    for name in (
        "temporary_until",
        "password_changed_at",
        "last_signed_in_at",
        "deleted_at",
        "released_at",
    ):
        op.add_column("company_users", _time(name))
    op.drop_index("company_users_login_id_key", table_name="company_users")
    op.create_index(
        "company_users_login_id_key",
        "company_users",
        [sa.literal_column("lower(login_id)")],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.add_column("user_sessions", _time("confirmed_at", default_now=True, nullable=False))
    op.add_column("user_sessions", _time("second_factor_at"))
    op.add_column("user_sessions", sa.Column("challenge", sa.LargeBinary(), nullable=True))
    op.add_column("user_sessions", sa.Column("device", sa.Text(), nullable=True))
    op.add_column("user_sessions", sa.Column("address", sa.Text(), nullable=True))


def _api_keys() -> None:
    op.add_column("api_keys", sa.Column("hint", sa.Text(), nullable=True))
    # Keys from before could send; whoever makes one from now on says what it may do.
    op.add_column("api_keys", sa.Column("scope", sa.Text(), server_default="send", nullable=False))
    op.alter_column("api_keys", "scope", server_default=None)
    op.create_check_constraint(op.f("api_keys_scope_check"), "api_keys", "scope IN ('read', 'send')")
    op.add_column(
        "api_keys",
        sa.Column(
            "networks", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
    )
    op.add_column("api_keys", sa.Column("created_by_user_id", sa.Uuid(), nullable=True))
    op.add_column("api_keys", _time("last_used_at"))
    op.create_foreign_key(
        op.f("api_keys_company_id_created_by_user_id_fkey"),
        "api_keys",
        "company_users",
        ["company_id", "created_by_user_id"],
        ["company_id", "id"],
    )


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        _id(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        _time("expires_at"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=True),
        _time("created_at", default_now=True, nullable=False),
        _time("closed_at"),
        sa.CheckConstraint(
            "kind IN ('account_issued', 'password_reset', 'password_changed', 'account_locked', 'role_changed', 'second_factor_changed', 'account_deleted')",
            name=op.f("mails_kind_check"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'expired')", name=op.f("mails_state_check")
        ),
        _of_user("mails"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("mails_pkey")),
    )
    op.create_index(op.f("mails_user_id_idx"), "mails", ["user_id"])
    op.create_index("mails_queued_idx", "mails", ["created_at"], postgresql_where=sa.text("state = 'queued'"))


def _second_factors() -> None:
    op.create_table(
        "totp_secrets",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _time("created_at", default_now=True, nullable=False),
        _time("confirmed_at"),
        _of_user("totp_secrets"),
        sa.PrimaryKeyConstraint("company_id", "user_id", name=op.f("totp_secrets_pkey")),
    )
    op.create_table(
        "backup_codes",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        _id(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _time("created_at", default_now=True, nullable=False),
        _time("used_at"),
        _of_user("backup_codes"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("backup_codes_pkey")),
    )
    op.create_index(op.f("backup_codes_user_id_idx"), "backup_codes", ["user_id"])
    op.create_table(
        "passkeys",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        _id(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _time("created_at", default_now=True, nullable=False),
        _time("last_used_at"),
        _of_user("passkeys"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("passkeys_pkey")),
        sa.UniqueConstraint("credential_id", name=op.f("passkeys_credential_id_key")),
    )
    op.create_index(op.f("passkeys_user_id_idx"), "passkeys", ["user_id"])


def downgrade() -> None:
    op.execute(LOOKUP.format(living=""))
    for table in ("rate_buckets", "password_resets", "passkeys", "backup_codes", "totp_secrets", "mails"):
        op.drop_table(table)
    op.drop_constraint(op.f("api_keys_company_id_created_by_user_id_fkey"), "api_keys")
    op.drop_constraint(op.f("api_keys_scope_check"), "api_keys")
    for name in ("hint", "scope", "networks", "created_by_user_id", "last_used_at"):
        op.drop_column("api_keys", name)
    for name in ("confirmed_at", "second_factor_at", "challenge", "device", "address"):
        op.drop_column("user_sessions", name)
    op.drop_index("company_users_login_id_key", table_name="company_users")
    op.create_index(
        "company_users_login_id_key", "company_users", [sa.literal_column("lower(login_id)")], unique=True
    )
    for name in ("temporary_until", "password_changed_at", "last_signed_in_at", "deleted_at", "released_at"):
        op.drop_column("company_users", name)
    op.drop_column("companies", "second_factor_roles")
