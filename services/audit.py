"""Writing the audit trail, in the transaction of the change it tells of (I11).

Call ``record_audit`` last: the end of the company's trail stays locked until the commit, and everything else
a transaction locks comes before it, so that none waits for another in a circle.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditAction, AuditEntry, AuditResult, content_of, masked_value
from domain.callers import Caller, OperatorCaller
from domain.rate_limits import LimitKind
from services.database import OWN_STAFF
from services.rate_limits import take_token

# Numbers the entry, seals it and moves the trail's end: what nobody can do but this function (decision 0039).
_APPEND = text("SELECT append_audit_entry(CAST(:entry AS jsonb))")


async def record_audit(
    session: AsyncSession,
    caller: Caller | OperatorCaller,
    action: AuditAction,
    *,
    target: tuple[str, UUID] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    result: AuditResult = AuditResult.OK,
) -> None:
    """Note what a company's user or program did, or one of our own staff, in the trail of their side.

    ``target``: noun and id; values are masked here. The transaction is one of ``trail_of(caller)``.
    """
    actor_kind, actor_id = _actor(caller)
    await append_entry(
        session,
        AuditEntry(
            company_id=caller.company_id if isinstance(caller, Caller) else None,
            actor_kind=actor_kind,
            actor_id=actor_id,
            session_id=caller.session_id,
            remote_address=caller.remote_address,
            action=action,
            target_kind=target[0] if target else None,
            target_id=target[1] if target else None,
            before=before,
            after=after,
            result=result,
        ),
    )


async def record_refusal(
    session: AsyncSession, caller: Caller | OperatorCaller, what: Mapping[str, Any], now: datetime
) -> None:
    """Note that somebody asked for what the role may not do; then once an hour for all further ones.

    Nobody fills a trail by opening a page again and again, and others' entries are found in it.
    """
    who = str(_actor(caller)[1])
    if await take_token(session, LimitKind.REFUSED_PAGE, who, now) is not None:
        if await take_token(session, LimitKind.REFUSED_PAGES, who, now) is not None:
            return
        what = {**what, "further_ones_left_out": True}
    denied = AuditAction.PERMISSION_DENIED
    await record_audit(session, caller, denied, after=what, result=AuditResult.DENIED)


async def append_entry(session: AsyncSession, entry: AuditEntry) -> None:
    """Add an entry to its company's trail, or to that of our own staff (an ``OWN_STAFF`` transaction)."""
    entry = replace(entry, before=_masked(entry.before), after=_masked(entry.after))
    written = json.dumps(content_of(entry), ensure_ascii=False)
    await session.execute(_APPEND, {"entry": written})


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return only what differs, as it was and as it is."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def trail_of(caller: Caller | OperatorCaller) -> UUID:
    """Return whose transaction writes and reads the caller's trail: the company's, or our own staff's."""
    return caller.company_id if isinstance(caller, Caller) else OWN_STAFF


def _actor(caller: Caller | OperatorCaller) -> tuple[ActorKind, UUID | None]:
    if isinstance(caller, OperatorCaller):
        kind = ActorKind.SYSTEM if caller.operator_id is None else ActorKind.OPERATOR
        return kind, caller.operator_id
    if caller.user_id is None and caller.api_key_id is None:
        return ActorKind.SYSTEM, None
    if caller.user_id is None:
        return ActorKind.API_KEY, caller.api_key_id
    return ActorKind.USER, caller.user_id


def _masked(values: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if values is None:
        return None
    masked: Mapping[str, Any] = masked_value(values)
    return masked
