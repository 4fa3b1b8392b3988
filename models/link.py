"""The links to the outside: what is wanted of each, and what each process that holds it reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from domain.links import Link as LinkName
from models.columns import counter_column, enum_column, one_of, text_column, time_column


class Link(SQLModel, table=True):
    """What is wanted of a link: the rate of its contract, and whether operators stopped it.

    ``contract_rate`` is calls per second. ``version`` counts what operators changed: a form shown before
    somebody else's change does nothing. ``applied_rate`` is what the task queue was last told, at
    ``applied_at``; a worker tells it again when it differs from what is wanted.
    """

    __tablename__ = "links"
    __table_args__ = (one_of("link", LinkName), CheckConstraint("contract_rate > 0", name="contract_rate"))

    link: LinkName = enum_column(LinkName, primary_key=True)
    contract_rate: float = Field(sa_type=Float(53))
    rate_changed_by: UUID | None = Field(default=None, foreign_key="operators.id")
    rate_changed_at: datetime | None = time_column()
    is_stopped: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    stopped_by: UUID | None = Field(default=None, foreign_key="operators.id")
    stopped_at: datetime | None = time_column()
    stop_reason: str | None = text_column(default=None, nullable=True)
    version: int = counter_column()
    applied_rate: float | None = Field(default=None, sa_type=Float(53), nullable=True)
    applied_at: datetime | None = time_column()


class LinkState(SQLModel, table=True):
    """A link as one process sees it (``domain/link_states.py``), written every few seconds.

    ``reported_at`` is the heartbeat: an old one is of a process that hangs or is gone.
    """

    __tablename__ = "link_states"
    __table_args__ = (one_of("link", LinkName),)

    link: LinkName = enum_column(LinkName, primary_key=True)
    process: str = text_column(primary_key=True)
    is_up: bool
    since: datetime | None = time_column()
    in_use: int
    capacity: int
    throttled_since: datetime | None = time_column()
    receipts_pending: int = counter_column()
    last_error: str | None = text_column(default=None, nullable=True)
    last_error_at: datetime | None = time_column()
    details: dict[str, Any] = Field(sa_type=JSONB, sa_column_kwargs={"nullable": False})
    reported_at: datetime = time_column(default_now=True)
