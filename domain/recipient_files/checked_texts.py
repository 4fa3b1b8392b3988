"""The texts that every row of a list must be able to fill, under the limits of their channels (P-11, S-1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.campaigns import FOLLOW_UP_PREFIX
from domain.carriers import Channel
from domain.message_parts import RCS_MAX_CHARACTERS, SMS_MAX_CHARACTERS, PartTable
from domain.templates import Template

SMS = "sms_text"
SECOND_SMS = f"{FOLLOW_UP_PREFIX}{SMS}"


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text every row must be able to fill: ``name`` is what an error calls it, such as ``sms_text``.

    ``max_characters`` and ``max_bytes`` (R-2) are ``None`` for no limit, as with target URLs (U-1).
    """

    name: str
    template: Template
    max_characters: int | None = None
    max_bytes: int | None = None


def second_texts(templates: Mapping[Channel, Template], part_table: PartTable) -> tuple[CheckedText, ...]:
    """Return the texts of the second message, under the limits of the first (P-7, P-8)."""
    limits = {Channel.SMS: min(SMS_MAX_CHARACTERS, part_table[-1]), Channel.RCS: RCS_MAX_CHARACTERS}
    return tuple(
        CheckedText(f"{FOLLOW_UP_PREFIX}{channel.value}_text", template, limits[channel])
        for channel, template in templates.items()
    )
