"""Failed sign-ins are counted for each place they come from; so are tries of a reset code (decision 0038)."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.row_level_security import protect

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_KINDS_BEFORE = ("sign_in", "reset", "reset_mail", "wrong_key", "api_request")
_NEW_KINDS = (
    "reset_mail_of_all",
    "reset_code",
    "notice_mail",
    "issuer_mail",
    "invitation",
    "refused_page",
    "refused_pages",
)


def _allow_kinds(kinds: Sequence[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("rate_buckets_kind_check"), "rate_buckets")
    op.create_check_constraint(op.f("rate_buckets_kind_check"), "rate_buckets", f"kind IN ({listed})")


def _place() -> list[sa.Column[object]]:
    return [
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "sign_in_places",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        *_place(),
        sa.ForeignKeyConstraint(
            ["company_id", "user_id"],
            ["company_users.company_id", "company_users.id"],
            name=op.f("sign_in_places_company_id_user_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("company_id", "user_id", "place", name=op.f("sign_in_places_pkey")),
    )
    protect("sign_in_places")
    op.create_table(
        "operator_sign_in_places",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        *_place(),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("operator_sign_in_places_operator_id_fkey")
        ),
        sa.PrimaryKeyConstraint("operator_id", "place", name=op.f("operator_sign_in_places_pkey")),
    )
    op.drop_column("password_resets", "tries")
    _allow_kinds((*_KINDS_BEFORE, *_NEW_KINDS))


def downgrade() -> None:
    op.execute("DELETE FROM rate_buckets")
    _allow_kinds(_KINDS_BEFORE)
    op.add_column(
        "password_resets", sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.drop_table("operator_sign_in_places")
    op.drop_table("sign_in_places")
