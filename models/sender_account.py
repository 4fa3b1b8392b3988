"""Whom a message comes from: the SMS sender number or name and the +Message official account (N-3)."""

from uuid import UUID

from sqlmodel import SQLModel

from models.columns import company_column, id_column, text_column


class SmsAccount(SQLModel, table=True):
    """The sender shown on an SMS: digits, or up to 11 letters and digits."""

    __tablename__ = "sms_accounts"

    company_id: UUID = company_column()
    id: UUID = id_column()
    sender: str = text_column()


class OfficialAccount(SQLModel, table=True):
    """The +Message account; ``bot_id`` is its name at the three carriers' platforms."""

    __tablename__ = "official_accounts"

    company_id: UUID = company_column()
    id: UUID = id_column()
    name: str = text_column()
    bot_id: str = text_column(unique=True)
