"""A campaign's second message as it is stored beside the campaign (P-7, P-8)."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.follow_ups import FIRST_MESSAGE, SECOND_MESSAGE, FollowUp, FollowUpTrigger
from domain.templates import clean_text

FOLLOW_UP_COLUMNS = """
    f.trigger AS follow_up_trigger, f.sms_text AS follow_up_sms_text, f.rcs_text AS follow_up_rcs_text,
    f.valid_for_hours AS follow_up_valid_for_hours
"""
JOIN_FOLLOW_UP = "LEFT JOIN follow_ups f ON f.company_id = c.company_id AND f.campaign_id = c.id"
"""Beside a campaign ``c``; ``follow_up_of`` reads the columns."""

SEQUENCE = f"CASE WHEN m.parent_message_id IS NULL THEN {FIRST_MESSAGE} ELSE {SECOND_MESSAGE} END"
"""Which of a campaign's two counters a message ``m`` belongs to."""

_SAVE = text("""
    INSERT INTO follow_ups (company_id, campaign_id, trigger, sms_text, rcs_text, valid_for_hours)
    VALUES (:company_id, :campaign_id, :trigger, :sms_text, :rcs_text, :valid_for_hours)
    ON CONFLICT (company_id, campaign_id) DO UPDATE
    SET trigger = excluded.trigger, sms_text = excluded.sms_text, rcs_text = excluded.rcs_text,
        valid_for_hours = excluded.valid_for_hours
""")

_REMOVE = text("DELETE FROM follow_ups WHERE company_id = :company_id AND campaign_id = :campaign_id")


async def save_follow_up(session: AsyncSession, key: Mapping[str, UUID], follow_up: FollowUp | None) -> None:
    """Make ``follow_up`` that of the campaign ``key`` (company_id, campaign_id); ``None`` removes it."""
    if follow_up is None:
        await session.execute(_REMOVE, key)
        return
    columns = asdict(cleaned(follow_up))
    await session.execute(_SAVE, {**key, **columns, "trigger": follow_up.trigger.value})


def cleaned(follow_up: FollowUp) -> FollowUp:
    """Return a follow-up as it is stored: texts cleaned, for PostgreSQL takes no NUL."""
    sms, rcs = follow_up.sms_text, follow_up.rcs_text
    return replace(
        follow_up,
        sms_text=None if sms is None else clean_text(sms),
        rcs_text=None if rcs is None else clean_text(rcs),
    )


def follow_up_of(row: Row[Any]) -> FollowUp | None:
    """Return the follow-up in a row that has ``FOLLOW_UP_COLUMNS``."""
    if row.follow_up_trigger is None:
        return None
    return FollowUp(
        trigger=FollowUpTrigger(row.follow_up_trigger),
        sms_text=row.follow_up_sms_text,
        rcs_text=row.follow_up_rcs_text,
        valid_for_hours=row.follow_up_valid_for_hours,
    )
