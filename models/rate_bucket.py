"""How much a stranger may still try: token buckets that all replicas share."""

from datetime import datetime

from sqlalchemy import Float, LargeBinary
from sqlmodel import Field, SQLModel

from domain.rate_limits import LimitKind
from models.columns import enum_column, one_of, time_column


class RateBucket(SQLModel, table=True):
    """The tokens a key had at ``counted_at``; ``key_hash`` is the SHA-256 of an address or a login id.

    Unlogged: nothing is lost with it but a few minutes of counting.
    """

    __tablename__ = "rate_buckets"
    __table_args__ = (one_of("kind", LimitKind), {"prefixes": ["UNLOGGED"]})

    kind: LimitKind = enum_column(LimitKind, primary_key=True)
    key_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    tokens: float = Field(sa_type=Float)
    counted_at: datetime = time_column(nullable=False)
