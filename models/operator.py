"""People of our own side and their sign-ins: apart from company users, with tables of their own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from domain.operator_permissions import OperatorRole
from models.columns import counter_column, enum_column, id_column, one_of, text_column, time_column


class Operator(SQLModel, table=True):
    """Somebody who runs the platform. ``password_hash`` is argon2id in its encoded form."""

    __tablename__ = "operators"
    __table_args__ = (
        one_of("role", OperatorRole),
        Index("operators_login_id_key", text("lower(login_id)"), unique=True),
    )

    id: UUID = id_column()
    login_id: str = text_column()
    name: str = text_column()
    role: OperatorRole = enum_column(OperatorRole)
    password_hash: str = text_column()
    failed_sign_ins: int = counter_column()
    locked_until: datetime | None = time_column()
    created_at: datetime = time_column(default_now=True)


class OperatorSession(SQLModel, table=True):
    """An operator's browser; ``token_hash`` is SHA-256 of the cookie's random token."""

    __tablename__ = "operator_sessions"

    id: UUID = id_column()
    operator_id: UUID = Field(foreign_key="operators.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime = time_column(default_now=True)
    last_seen_at: datetime = time_column(default_now=True)
    expires_at: datetime = time_column(nullable=False)
