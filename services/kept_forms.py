"""What somebody had typed when a session ended, kept in the next session until its page is open again.

One form for each session, sealed by the edge (``web/kept_forms.py``); it goes with the session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts import BothSides
from services.company_lookups import enter_company_of_session
from services.session_tokens import token_hash
from services.sessions import AccountSession


@dataclass(frozen=True, slots=True)
class KeptForm:
    """The page it belongs to, and its fields, sealed."""

    path: str
    sealed: bytes


_KEEP = BothSides("""
    UPDATE {sessions} SET kept_path = :path, kept_form = :sealed WHERE token_hash = :token_hash
""")
_LOAD = BothSides("SELECT kept_form FROM {sessions} WHERE {owned} AND id = :id")
_FORGET = BothSides("UPDATE {sessions} SET kept_path = NULL, kept_form = NULL WHERE {owned} AND id = :id")


async def keep_form(session: AsyncSession, token: str, kept: KeptForm, *, of_operator: bool) -> bool:
    """Keep a form in the session of ``token``, in place of an older one; tell whether there is one."""
    key: Mapping[str, Any] = {"token_hash": token_hash(token), "path": kept.path, "sealed": kept.sealed}
    if of_operator:
        done = await session.execute(_KEEP.of_operators, key)
    else:
        await enter_company_of_session(session, token_hash(token))
        done = await session.execute(_KEEP.of_users, key)
    return bool(done.rowcount)  # type: ignore[attr-defined]


async def kept_form(session: AsyncSession, user: AccountSession) -> KeptForm | None:
    """Return the form that is kept in a session."""
    if user.kept_path is None:
        return None
    key = {**user.account.key, "id": user.session_id}
    sealed = (await session.execute(_LOAD.of(user.account), key)).scalar_one_or_none()
    return KeptForm(user.kept_path, sealed) if sealed else None


async def forget_form(session: AsyncSession, user: AccountSession) -> None:
    """Forget it: it was shown, and has been sent."""
    await session.execute(_FORGET.of(user.account), {**user.account.key, "id": user.session_id})
