"""What somebody typed to search for by personal data: kept with the session, so that no address holds it.

A search for a phone number or a login id is posted, kept here under a random word, and the browser is led to
an address with that word: it can be reloaded, paged through and come back to, and tells nobody anything. The
texts are sealed, end with the session, and only the latest few are kept.
"""

import json
import secrets
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts import BothSides
from services.secret_box import SecretBox, UnreadableSecret
from services.sessions import AccountSession

MOST_KEPT = 20
LONGEST_KEPT = 1_000
_PURPOSE = "stored searches"
_WORD_BYTES = 9

_LOAD = BothSides("SELECT sealed_searches FROM {sessions} WHERE {owned} AND id = :id")
_LOCK = BothSides("SELECT sealed_searches FROM {sessions} WHERE {owned} AND id = :id FOR NO KEY UPDATE")
_STORE = BothSides("UPDATE {sessions} SET sealed_searches = :sealed WHERE {owned} AND id = :id")


class KeptFor(StrEnum):
    """What a text was kept for; it is found for nothing else."""

    NUMBER_SEARCH = "number_search"
    LOGIN_ID_SEARCH = "login_id_search"
    # The id of a message whose whole number was asked for, which is on record (I11).
    NUMBER_SHOWN = "number_shown"


async def keep_search(
    session: AsyncSession, user: AccountSession, kind: KeptFor, typed: str, box: SecretBox
) -> str:
    """Keep what was typed and return the word for it; the same text has the same word for a session."""
    key = {**user.account.key, "id": user.session_id}
    sealed = (await session.execute(_LOCK.of(user.account), key)).scalar_one_or_none()
    kept = _opened(sealed, user.session_id, box)
    new = (kind.value, typed[:LONGEST_KEPT])
    word = next((word for word, *earlier in kept if tuple(earlier) == new), None)
    word = word or secrets.token_urlsafe(_WORD_BYTES)
    kept = [(word, *new), *(one for one in kept if one[0] != word)][:MOST_KEPT]
    sealed = box.seal(json.dumps(kept).encode(), owner=user.session_id, purpose=_PURPOSE)
    await session.execute(_STORE.of(user.account), {**key, "sealed": sealed})
    return word


async def find_search(
    session: AsyncSession, user: AccountSession, kind: KeptFor, word: str, box: SecretBox
) -> str | None:
    """Return what was typed; ``None`` when it is another session's, or so old that it is gone."""
    key = {**user.account.key, "id": user.session_id}
    sealed = (await session.execute(_LOAD.of(user.account), key)).scalar_one_or_none()
    kept = _opened(sealed, user.session_id, box)
    return next(
        (typed for known, known_kind, typed in kept if (known, known_kind) == (word, kind.value)), None
    )


def _opened(sealed: bytes | None, session_id: UUID, box: SecretBox) -> list[tuple[str, str, str]]:
    """Return word, kind and text of what is kept, the latest first."""
    if sealed is None:
        return []
    try:
        kept = json.loads(box.open(bytes(sealed), owner=session_id, purpose=_PURPOSE))
    except UnreadableSecret:
        return []
    return [(word, kind, typed) for word, kind, typed in kept]
