"""A few recipients as they would receive the message, for the check page (P-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.campaigns import CampaignContent
from domain.carriers import Channel
from domain.message_parts import count_characters
from domain.phone_numbers import mask_phone_number
from domain.templates import Template, parse_template

SHOWN_ROWS = 3

# The longest one is where a text breaks; the others are what comes first in the file.
_SAMPLES = text("""
    SELECT row_number, phone_number, variables, parts, second_parts FROM recipient_upload_rows
    WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL
      AND row_number = CAST(:longest AS integer)
    UNION ALL (
        SELECT row_number, phone_number, variables, parts, second_parts FROM recipient_upload_rows
        WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL
          AND row_number IS DISTINCT FROM CAST(:longest AS integer)
        ORDER BY row_number LIMIT :shown
    )
""")


@dataclass(frozen=True, slots=True)
class SampleTexts:
    """The texts of one message with a recipient's values; ``parts`` are SMS parts (0 without an SMS)."""

    sms_text: str | None
    rcs_text: str | None
    sms_characters: int
    rcs_characters: int
    parts: int


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One recipient with its message, and with the second one if the campaign has a follow-up."""

    row_number: int
    masked_number: str
    first: SampleTexts
    second: SampleTexts | None


_FIRST = text("""
    SELECT variables FROM recipient_upload_rows
    WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL ORDER BY row_number LIMIT 1
""")


async def first_variables(session: AsyncSession, caller: Caller, upload_id: UUID) -> dict[str, str]:
    """Return the values of the first recipient that can be sent to; empty before the first check."""
    key = {"company_id": caller.company_id, "upload_id": upload_id}
    found: dict[str, str] | None = (await session.execute(_FIRST, key)).scalar_one_or_none()
    return found or {}


async def sample_rows(
    session: AsyncSession, caller: Caller, content: CampaignContent, upload_id: UUID, longest_row: int | None
) -> tuple[SampleRow, ...]:
    """Return up to three recipients in the order of the file, the one with the longest text among them."""
    rows = await session.execute(
        _SAMPLES,
        {
            "company_id": caller.company_id,
            "upload_id": upload_id,
            "longest": longest_row,
            "shown": SHOWN_ROWS - (longest_row is not None),
        },
    )
    first, second = _templates(content.texts), _templates(content.second_texts)
    samples = [_sample(row, first, second) for row in rows]
    return tuple(sorted(samples, key=lambda sample: sample.row_number))


def _templates(texts: Mapping[Channel, str]) -> dict[Channel, Template]:
    return {channel: parse_template(body).fill_links_for_counting() for channel, body in texts.items()}


def _sample(row: Row[Any], first: dict[Channel, Template], second: dict[Channel, Template]) -> SampleRow:
    return SampleRow(
        row_number=row.row_number,
        masked_number=mask_phone_number(row.phone_number),
        first=_texts(first, row.variables, row.parts),
        second=_texts(second, row.variables, row.second_parts or 0) if second else None,
    )


def _texts(templates: dict[Channel, Template], variables: dict[str, str], parts: int) -> SampleTexts:
    texts = {channel: template.render(variables) for channel, template in templates.items()}
    sms, rcs = texts.get(Channel.SMS), texts.get(Channel.RCS)
    return SampleTexts(
        sms_text=sms,
        rcs_text=rcs,
        sms_characters=count_characters(sms or ""),
        rcs_characters=count_characters(rcs or ""),
        parts=parts,
    )
