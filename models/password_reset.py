"""The one code with which a user may set a new password (C-3)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.columns import owned_by, parent_company_column, time_column


class PasswordReset(SQLModel, table=True):
    """One row a user, so one live code: a new one takes the place of the old. Tries are counted
    for each place they come from (``LimitKind.RESET_CODE``).

    ``code_hash`` is keyed with the key of the settings: the table alone lets nobody try codes.
    """

    __tablename__ = "password_resets"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    user_id: UUID = Field(primary_key=True)
    code_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = time_column(default_now=True)
    expires_at: datetime = time_column(nullable=False)
