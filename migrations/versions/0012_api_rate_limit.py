"""A bucket for the requests of a company's programs."""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BEFORE = "kind IN ('sign_in', 'reset', 'reset_mail', 'wrong_key')"
_AFTER = "kind IN ('sign_in', 'reset', 'reset_mail', 'wrong_key', 'api_request')"


def upgrade() -> None:
    _replace(_AFTER)


def downgrade() -> None:
    op.execute("DELETE FROM rate_buckets WHERE kind = 'api_request'")
    _replace(_BEFORE)


def _replace(condition: str) -> None:
    op.drop_constraint(op.f("rate_buckets_kind_check"), "rate_buckets")
    op.create_check_constraint(op.f("rate_buckets_kind_check"), "rate_buckets", condition)
