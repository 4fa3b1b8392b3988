"""A text as the first recipient would receive it, with its counts: the numbers beside the text fields.

Counting is the domain's; this only puts values in and asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from domain.carriers import Channel
from domain.message_parts import (
    RCS_MAX_CHARACTERS,
    SMS_MAX_CHARACTERS,
    PartTable,
    characters_left_in_part,
    count_characters,
    parts_for,
)
from domain.templates import MalformedTemplate, TextTooLong, clean_text, parse_template
from services.check_samples import first_variables
from services.recipient_uploads import StoredUpload
from web.access import SignedIn


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendered text and what it counts. ``parts`` and ``left`` are ``None`` where parts are not billed."""

    channel: Channel
    text: str
    characters: int
    limit: int
    parts: int | None
    left: int | None
    has_variables: bool
    # Some columns have no value to show: their names stand there and are counted.
    lacks_values: bool = False

    @property
    def is_too_long(self) -> bool:
        """Whether it cannot be sent as it is."""
        return self.characters > self.limit

    @property
    def is_last_part(self) -> bool:
        """Whether no part more is possible: what is left is left of the message."""
        return self.left is not None and self.characters + self.left >= self.limit


def previews_of(
    texts: Mapping[Channel, str], values: Mapping[str, str], part_table: PartTable
) -> dict[Channel, Preview]:
    """Return a preview of every text of a message, with the ``values`` of the first recipient."""
    return {channel: _preview(channel, text, values, part_table) for channel, text in texts.items()}


async def first_values(
    session: AsyncSession, viewer: SignedIn, upload: StoredUpload | None
) -> Mapping[str, str]:
    """Return the variables of the first recipient of a list, whole; a program's list has no file to read."""
    if upload is None:
        return {}
    if not upload.shape.first_rows:
        return await first_variables(session, viewer.caller, upload.id)
    row = upload.shape.first_rows[0]
    columns = [column for column in upload.shape.columns if column.key and column.index < len(row)]
    return {column.key: row[column.index] for column in columns}


def _preview(channel: Channel, text: str, values: Mapping[str, str], part_table: PartTable) -> Preview:
    try:
        template = parse_template(text).fill_links_for_counting()
        shown = {key: values.get(key) or f"（{key}）" for key in template.variables}
        text, has_variables = template.render(shown), bool(shown)
        lacks_values = any(not values.get(key) for key in template.variables)
    except TextTooLong as endless:
        return Preview(channel, "", endless.characters, _limit_of(channel, part_table), None, None, False)
    except MalformedTemplate:
        # What is wrong with it is said beside the field; until then it counts as it stands.
        text, has_variables, lacks_values = clean_text(text), False, False
    characters, limit = count_characters(text), _limit_of(channel, part_table)
    if channel is Channel.RCS:
        return Preview(channel, text, characters, limit, None, None, has_variables, lacks_values)
    fits = characters <= limit
    parts = parts_for(characters, part_table) if fits else None
    left = characters_left_in_part(characters, part_table) if fits else None
    return Preview(channel, text, characters, limit, parts, left, has_variables, lacks_values)


def _limit_of(channel: Channel, part_table: PartTable) -> int:
    return RCS_MAX_CHARACTERS if channel is Channel.RCS else min(SMS_MAX_CHARACTERS, part_table[-1])
