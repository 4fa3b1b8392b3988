"""Writing the audit trail, in the transaction of the change it tells of (I11).

Call ``record_audit`` last: the end of the company's trail stays locked until the commit, and everything else
a transaction locks comes before it, so that none waits for another in a circle.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit import ActorKind, AuditAction, AuditEntry, AuditResult, masked_value, seal
from domain.callers import Caller, OperatorCaller
from services.database import OWN_STAFF

# Makes a trail's first row, or locks the one that is there.
_LOCK_END = text("""
    INSERT INTO audit_chains AS chain (company_id, position, hash) VALUES (:company_id, 0, '')
    ON CONFLICT (company_id) DO UPDATE SET position = chain.position
    RETURNING id, position, hash, clock_timestamp() AS now
""")

_APPEND = text("""
    WITH moved AS (
        UPDATE audit_chains SET position = :position, hash = :hash WHERE id = :chain_id
    )
    INSERT INTO audit_entries
        (company_id, position, at, actor_kind, actor_id, session_id, remote_address, action, target_kind,
         target_id, before, after, result, hash)
    VALUES (:company_id, :position, :at, :actor_kind, :actor_id, :session_id, :remote_address, :action,
            :target_kind, :target_id, CAST(:before AS jsonb), CAST(:after AS jsonb), :result, :hash)
""")


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


async def append_entry(session: AsyncSession, entry: AuditEntry) -> None:
    """Add an entry to its company's trail, or to that of our own staff (an ``OWN_STAFF`` transaction)."""
    entry = replace(entry, before=_masked(entry.before), after=_masked(entry.after))
    end = (await session.execute(_LOCK_END, {"company_id": entry.company_id})).one()
    position = end.position + 1
    await session.execute(
        _APPEND,
        {
            "chain_id": end.id,
            "company_id": entry.company_id,
            "position": position,
            "at": end.now,
            "actor_kind": entry.actor_kind.value,
            "actor_id": entry.actor_id,
            "session_id": entry.session_id,
            "remote_address": entry.remote_address,
            "action": str(entry.action),
            "target_kind": entry.target_kind,
            "target_id": entry.target_id,
            "before": _json(entry.before),
            "after": _json(entry.after),
            "result": entry.result.value,
            "hash": seal(end.hash, entry, position, end.now),
        },
    )


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
    if caller.user_id is None:
        return ActorKind.API_KEY, caller.api_key_id
    return ActorKind.USER, caller.user_id


def _masked(values: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if values is None:
        return None
    masked: Mapping[str, Any] = masked_value(values)
    return masked


def _json(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, ensure_ascii=False)
