"""The second message a campaign sends (P-7, P-8)."""

from uuid import UUID

from sqlmodel import Field, SQLModel

from domain.follow_ups import FollowUpTrigger
from models.columns import enum_column, one_of, owned_by, parent_company_column, text_column


class FollowUpRow(SQLModel, table=True):
    """A campaign's follow-up, at most one. ``valid_for_hours``: of a reply, counted from the delivery."""

    __tablename__ = "follow_ups"
    __table_args__ = (owned_by("campaigns", "campaign_id"), one_of("trigger", FollowUpTrigger))

    company_id: UUID = parent_company_column()
    campaign_id: UUID = Field(primary_key=True)
    trigger: FollowUpTrigger = enum_column(FollowUpTrigger)
    sms_text: str | None = text_column(default=None, nullable=True)
    rcs_text: str | None = text_column(default=None, nullable=True)
    valid_for_hours: int | None = None
