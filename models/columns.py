"""Column kinds every table is built from, so that one noun has one shape everywhere."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Dialect, ForeignKeyConstraint, MetaData, Text, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
).naming_convention


def id_column() -> Any:
    """Time-ordered id made by PostgreSQL (UUIDv7), so that new rows stay together on disk."""
    return Field(default=None, primary_key=True, sa_column_kwargs={"server_default": text("uuidv7()")})


def company_column() -> Any:
    """The owner; first part of every key, so that no row is ever reached by a bare id."""
    return Field(primary_key=True, foreign_key="companies.id")


def parent_company_column() -> Any:
    """The owner of a row that hangs on another one: its foreign key to that row vouches for the company."""
    return Field(primary_key=True)


class EnumText(TypeDecorator[StrEnum]):
    """An enumeration stored as readable text and loaded as its member."""

    impl = Text
    cache_ok = True

    def __init__(self, enumeration: type[StrEnum]) -> None:
        super().__init__()
        self.enumeration = enumeration

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """Refuse a word that is not in the enumeration before the database does."""
        return None if value is None else self.enumeration(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return the member."""
        return None if value is None else self.enumeration(value)


def enum_column(enumeration: type[StrEnum], *, default: Any = ..., primary_key: bool = False) -> Any:
    """A required word of an enumeration. Pair it with ``one_of`` for the CHECK."""
    return Field(default=default, sa_type=EnumText(enumeration), primary_key=primary_key)


def optional_enum_column(enumeration: type[StrEnum]) -> Any:
    """A word of an enumeration, or nothing yet."""
    return Field(default=None, sa_type=EnumText(enumeration), nullable=True)


def time_column(*, default_now: bool = False, nullable: bool = True) -> Any:
    """A point in time (timestamptz)."""
    kwargs: dict[str, Any] = {"nullable": nullable}
    if default_now:
        kwargs |= {"server_default": text("now()"), "nullable": False}
    return Field(default=None, sa_type=DateTime(timezone=True), sa_column_kwargs=kwargs)


def text_column(
    *, default: Any = ..., nullable: bool = False, primary_key: bool = False, unique: bool = False
) -> Any:
    """Text of any length."""
    return Field(default=default, sa_type=Text, nullable=nullable, primary_key=primary_key, unique=unique)


def counter_column() -> Any:
    """A count that starts at zero."""
    return Field(default=0, sa_column_kwargs={"server_default": text("0"), "nullable": False})


def one_of(column: str, values: Iterable[StrEnum]) -> CheckConstraint:
    """Allow only the values of an enumeration (stored as text, NULL where the column is nullable)."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def by_month_of(message_id: str) -> dict[str, str]:
    """Divide a table by the month in a message's time-ordered id, for months to be dropped whole (L-1).

    Each key of the table has to contain that column.
    """
    return {"postgresql_partition_by": f"RANGE ({message_id})"}


def owned_by(table: str, column: str) -> ForeignKeyConstraint:
    """A foreign key within one company: (company_id, column) → (company_id, id)."""
    return ForeignKeyConstraint(["company_id", column], [f"{table}.company_id", f"{table}.id"])
