"""The reference that joins the segments of a long SMS on the handset.

A handset puts segments together by sender and reference, of which most carriers carry the low 8 bits. Drawn
at random, two long texts on their way to one number share it once in 256 times and arrive mixed up. So each
number counts its own, over all senders and processes: one comes back after 256 other long texts to it.
"""

from collections import Counter
from collections.abc import Sequence
from secrets import randbelow

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# UTF-16 units that every carrier takes in one piece: no header, no reference.
SINGLE_UNITS = 70
_REFERENCES = 65_536

# Numbers in one order, so that batches never wait for each other in a circle.
_TAKE = text("""
    INSERT INTO number_references AS r (phone_number, last_reference, used_at)
    SELECT phone_number, first, clock_timestamp()
    FROM unnest(CAST(:phone_numbers AS text[]), CAST(:firsts AS int[])) AS n(phone_number, first)
    ORDER BY phone_number
    ON CONFLICT (phone_number) DO UPDATE
    SET last_reference = (r.last_reference + :step) % :references, used_at = excluded.used_at
    RETURNING phone_number, last_reference
""")


def needs_reference(body: str) -> bool:
    """Whether a carrier may have to cut the text into segments."""
    return len(body.encode("utf-16-be", "replace")) > 2 * SINGLE_UNITS


async def take_references(session: AsyncSession, phone_numbers: Sequence[str | None]) -> list[int]:
    """Take the next reference (0 to 65535) of each number, a different one for each time it is named.

    ``None`` asks for none and gets 0. A number that had no long text for a week begins anywhere.
    """
    times = Counter(number for number in phone_numbers if number is not None)
    if not times:
        return [0] * len(phone_numbers)
    numbers = sorted(times)
    # A number is hardly ever twice in one batch; then all others skip a few.
    step = max(times.values())
    parameters = {
        "phone_numbers": numbers,
        "firsts": [randbelow(_REFERENCES) for _ in numbers],
        "step": step,
        "references": _REFERENCES,
    }
    rows = await session.execute(_TAKE, parameters)
    following = {row.phone_number: row.last_reference - step for row in rows}
    references = []
    for number in phone_numbers:
        if number is not None:
            following[number] += 1
        references.append(following[number] % _REFERENCES if number is not None else 0)
    return references
