"""People of our own side and their sign-ins: apart from company users, with tables of their own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from domain.operator_permissions import OperatorRole
from models.columns import counter_column, enum_column, id_column, one_of, text_column, time_column


class Operator(SQLModel, table=True):
    """Somebody who runs the platform. ``password_hash`` is argon2id in its encoded form.

    Without ``needs_second_factor``, as in demonstrations, the password alone is enough.
    """

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
    needs_second_factor: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    last_signed_in_at: datetime | None = time_column()
    created_at: datetime = time_column(default_now=True)


class OperatorSession(SQLModel, table=True):
    """An operator's browser; its columns mean what those of ``UserSession`` do."""

    __tablename__ = "operator_sessions"

    id: UUID = id_column()
    operator_id: UUID = Field(foreign_key="operators.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    created_at: datetime = time_column(default_now=True)
    confirmed_at: datetime = time_column(default_now=True)
    second_factor_at: datetime | None = time_column()
    device: str | None = text_column(default=None, nullable=True)
    address: str | None = text_column(default=None, nullable=True)
    kept_path: str | None = text_column(default=None, nullable=True)
    kept_form: bytes | None = Field(default=None, sa_type=LargeBinary)
    last_seen_at: datetime = time_column(default_now=True)
    expires_at: datetime = time_column(nullable=False)
    sealed_searches: bytes | None = Field(default=None, sa_type=LargeBinary)


class OperatorTotpSecret(SQLModel, table=True):
    """An operator's authenticator; see ``TotpSecret``."""

    __tablename__ = "operator_totp_secrets"

    operator_id: UUID = Field(primary_key=True, foreign_key="operators.id")
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    last_step: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0"), "nullable": False}
    )
    created_at: datetime = time_column(default_now=True)
    confirmed_at: datetime | None = time_column()


class OperatorBackupCode(SQLModel, table=True):
    """A code for a day without the authenticator; see ``BackupCode``."""

    __tablename__ = "operator_backup_codes"

    id: UUID = id_column()
    operator_id: UUID = Field(foreign_key="operators.id", index=True)
    code_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = time_column(default_now=True)
    used_at: datetime | None = time_column()
