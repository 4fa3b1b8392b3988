"""The audit trails: one for each company, one for our own staff."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from domain.audit import ActorKind, AuditResult
from models.columns import enum_column, id_column, one_of, text_column, time_column


class AuditRow(SQLModel, table=True):
    """Something a person or a program did. Rows are added, never changed or removed.

    ``company_id`` is NULL in the trail of our own staff. ``hash`` seals the row and all before it.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint(
            "company_id", "position", name="audit_entries_position_key", postgresql_nulls_not_distinct=True
        ),
        one_of("actor_kind", ActorKind),
        one_of("result", AuditResult),
        Index("audit_entries_time_idx", "company_id", "at"),
    )

    id: UUID = id_column()
    company_id: UUID | None = Field(default=None, foreign_key="companies.id")
    position: int = Field(sa_type=BigInteger)
    at: datetime = time_column(nullable=False)
    actor_kind: ActorKind = enum_column(ActorKind)
    actor_id: UUID | None = None
    session_id: UUID | None = None
    remote_address: str | None = text_column(default=None, nullable=True)
    action: str = text_column()
    target_kind: str | None = text_column(default=None, nullable=True)
    target_id: UUID | None = None
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    result: AuditResult = enum_column(AuditResult)
    hash: bytes = Field(sa_type=LargeBinary)


class AuditChain(SQLModel, table=True):
    """The end of a trail. Its row is locked while an entry is added, so that there is one order."""

    __tablename__ = "audit_chains"
    __table_args__ = (
        UniqueConstraint("company_id", name="audit_chains_company_key", postgresql_nulls_not_distinct=True),
    )

    id: UUID = id_column()
    company_id: UUID | None = Field(default=None, foreign_key="companies.id")
    position: int = Field(sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)
