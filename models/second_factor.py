"""What a user signs in with besides the password: an authenticator, passkeys, backup codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, text
from sqlmodel import Field, SQLModel

from models.columns import id_column, owned_by, parent_company_column, text_column, time_column


class TotpSecret(SQLModel, table=True):
    """A user's authenticator. Without ``confirmed_at`` it is only being set up.

    ``last_step`` is the newest step of time whose code was used: each counts once.
    """

    __tablename__ = "totp_secrets"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    user_id: UUID = Field(primary_key=True)
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    last_step: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0"), "nullable": False}
    )
    created_at: datetime = time_column(default_now=True)
    confirmed_at: datetime | None = time_column()


class BackupCode(SQLModel, table=True):
    """A code for a day without the authenticator, good once; its keyed hash."""

    __tablename__ = "backup_codes"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    id: UUID = id_column()
    user_id: UUID = Field(index=True)
    code_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = time_column(default_now=True)
    used_at: datetime | None = time_column()


class Passkey(SQLModel, table=True):
    """A public key whose private half never leaves a user's device (WebAuthn)."""

    __tablename__ = "passkeys"
    __table_args__ = (owned_by("company_users", "user_id"),)

    company_id: UUID = parent_company_column()
    id: UUID = id_column()
    user_id: UUID = Field(index=True)
    name: str = text_column()
    credential_id: bytes = Field(sa_type=LargeBinary, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(
        default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0"), "nullable": False}
    )
    created_at: datetime = time_column(default_now=True)
    last_used_at: datetime | None = time_column()
