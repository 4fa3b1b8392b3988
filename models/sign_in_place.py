"""Where sign-ins to an account come from: counts of what was wrong, and whether its owner was there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from models.columns import counter_column, owned_by, parent_company_column, time_column


class SignInPlace(SQLModel, table=True):
    """One place of one user. ``place`` is a hash of the address on the network (``place_of``).

    ``failures`` are those in a row, ``locked_until`` the end of the lock they led to; ``known_at`` is when
    the owner was last here.
    """

    __tablename__ = "sign_in_places"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    user_id: UUID = Field(primary_key=True)
    place: bytes = Field(sa_type=LargeBinary, primary_key=True)
    failures: int = counter_column()
    failed_at: datetime | None = time_column()
    locked_until: datetime | None = time_column()
    known_at: datetime | None = time_column()


class OperatorSignInPlace(SQLModel, table=True):
    """The same of an operator."""

    __tablename__ = "operator_sign_in_places"

    operator_id: UUID = Field(primary_key=True, foreign_key="operators.id")
    place: bytes = Field(sa_type=LargeBinary, primary_key=True)
    failures: int = counter_column()
    failed_at: datetime | None = time_column()
    locked_until: datetime | None = time_column()
    known_at: datetime | None = time_column()
