"""A few recipients as they would receive the message, for the check page (P-9)."""

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
    SELECT row_number, phone_number, variables, parts FROM recipient_upload_rows
    WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL
      AND row_number = CAST(:longest AS integer)
    UNION ALL (
        SELECT row_number, phone_number, variables, parts FROM recipient_upload_rows
        WHERE company_id = :company_id AND upload_id = :upload_id AND problems IS NULL
          AND row_number IS DISTINCT FROM CAST(:longest AS integer)
        ORDER BY row_number LIMIT :shown
    )
""")


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One recipient: the texts with its values; ``parts`` are SMS parts (0 without an SMS)."""

    row_number: int
    masked_number: str
    sms_text: str | None
    rcs_text: str | None
    sms_characters: int
    rcs_characters: int
    parts: int


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
    templates = {
        channel: parse_template(body).fill_links_for_counting() for channel, body in content.texts.items()
    }
    samples = [_sample(row, templates) for row in rows]
    return tuple(sorted(samples, key=lambda sample: sample.row_number))


def _sample(row: Row[Any], templates: dict[Channel, Template]) -> SampleRow:
    texts = {channel: template.render(row.variables) for channel, template in templates.items()}
    sms, rcs = texts.get(Channel.SMS), texts.get(Channel.RCS)
    return SampleRow(
        row_number=row.row_number,
        masked_number=mask_phone_number(row.phone_number),
        sms_text=sms,
        rcs_text=rcs,
        sms_characters=count_characters(sms or ""),
        rcs_characters=count_characters(rcs or ""),
        parts=row.parts,
    )
