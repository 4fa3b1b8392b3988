"""What goes into the audit trail: who did what, personal data masked, each entry sealing all before (I11)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.phone_numbers import mask_phone_number


class AuditAction(StrEnum):
    """What was done, or tried. The database takes any word, so that a new one needs no migration."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_UNLOCKED = "account_unlocked"
    SIGNED_OUT = "signed_out"
    SESSIONS_ENDED = "sessions_ended"
    PERMISSION_DENIED = "permission_denied"
    CAMPAIGN_REGISTERED = "campaign_registered"
    CAMPAIGN_EDITED = "campaign_edited"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    DRAFT_DELETED = "draft_deleted"
    NUMBERS_SHOWN = "numbers_shown"
    AUDIT_EXPORTED = "audit_exported"
    USER_INVITED = "user_invited"
    USER_CHANGED = "user_changed"
    USER_DELETED = "user_deleted"
    RESET_SENT = "reset_sent"
    SECOND_FACTOR_GIVEN = "second_factor_given"
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    BACKUP_CODES_MADE = "backup_codes_made"
    SECOND_FACTOR_RESET = "second_factor_reset"
    SECOND_FACTOR_RULE_CHANGED = "second_factor_rule_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    LOGIN_ID_RELEASED = "login_id_released"
    API_KEY_MADE = "api_key_made"
    API_KEY_REVOKED = "api_key_revoked"
    OPERATOR_CREATED = "operator_created"
    UNKNOWN_LOGIN = "unknown_login"
    LINK_STOPPED = "link_stopped"
    LINK_RESUMED = "link_resumed"
    CONTRACT_RATE_CHANGED = "contract_rate_changed"


_ONLY_OPERATORS = (
    AuditAction.UNKNOWN_LOGIN,
    AuditAction.OPERATOR_CREATED,
    AuditAction.ACCOUNT_UNLOCKED,
    AuditAction.LINK_STOPPED,
    AuditAction.LINK_RESUMED,
    AuditAction.CONTRACT_RATE_CHANGED,
)
# What a trail can hold, to choose from.
COMPANY_ACTIONS = tuple(action for action in AuditAction if action not in _ONLY_OPERATORS)
OPERATOR_ACTIONS = (
    AuditAction.SIGNED_IN,
    AuditAction.SIGN_IN_FAILED,
    AuditAction.ACCOUNT_LOCKED,
    AuditAction.SIGNED_OUT,
    AuditAction.SESSIONS_ENDED,
    AuditAction.PERMISSION_DENIED,
    AuditAction.AUDIT_EXPORTED,
    AuditAction.SECOND_FACTOR_GIVEN,
    AuditAction.SECOND_FACTOR_ADDED,
    AuditAction.SECOND_FACTOR_REMOVED,
    AuditAction.BACKUP_CODES_MADE,
    AuditAction.SECOND_FACTOR_RESET,
    AuditAction.LOGIN_ID_RELEASED,
    *_ONLY_OPERATORS,
)


class AuditResult(StrEnum):
    """How it ended. ``FAILED``: a wrong password; ``DENIED``: the role may not do it."""

    OK = "ok"
    FAILED = "failed"
    DENIED = "denied"


class ActorKind(StrEnum):
    """Who acts: a company's user, its program with an API key, our staff, or the platform by itself."""

    USER = "user"
    API_KEY = "api_key"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a trail. ``company_id`` is ``None`` in the trail of our own staff.

    ``target_kind`` is a noun of the glossary (``campaign``), ``target_id`` its row. ``before`` and
    ``after`` hold what changed; what they hold is masked by ``sealed`` if the caller forgot.
    """

    company_id: UUID | None
    actor_kind: ActorKind
    actor_id: UUID | None
    action: str
    result: AuditResult = AuditResult.OK
    session_id: UUID | None = None
    remote_address: str | None = None
    target_kind: str | None = None
    target_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


REMOVED = "•••"
_SECRET_NAMES = re.compile("password|secret|token|hash|totp|(reset|backup)_code", re.IGNORECASE)
# As people write them, full width included; runs that begin otherwise are counts, dates and times.
_NUMBER = re.compile(r"(?<![\d-])(?:[+＋]\d|[(（]?[0０])[\d()（）\s－−‐‑–—ー-]{8,16}\d(?![\d-])")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_MAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+(?:\.[\w-]+)+)")


def masked_value(value: Any, name: str = "") -> Any:
    """Return a value as JSON takes it, with secrets left out and phone numbers and mail addresses masked."""
    if name and _SECRET_NAMES.search(name) and value is not None and not isinstance(value, (bool, int)):
        return REMOVED
    if isinstance(value, Mapping):
        return {str(key): masked_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [masked_value(item) for item in value]
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return masked_text(value.value if isinstance(value, StrEnum) else str(value))


def masked_text(text: str) -> str:
    """Return ``text`` without NUL, its phone numbers and mail addresses masked (090****5678, o***@…)."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    if _UUID.fullmatch(text) or _MOMENT.match(text):
        return text
    text = _MAIL.sub(r"\1***@\2", text)
    return _NUMBER.sub(lambda found: mask_phone_number(re.sub(r"[^\d+]", "", found[0])), text)


def content_of(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry as JSON takes it, by the names of its columns."""
    return {
        "company_id": entry.company_id and str(entry.company_id),
        "actor_kind": str(entry.actor_kind),
        "actor_id": entry.actor_id and str(entry.actor_id),
        "session_id": entry.session_id and str(entry.session_id),
        "remote_address": entry.remote_address,
        "action": str(entry.action),
        "target_kind": entry.target_kind,
        "target_id": entry.target_id and str(entry.target_id),
        "before": entry.before,
        "after": entry.after,
        "result": str(entry.result),
    }


def seal(previous: bytes, entry: AuditEntry, position: int, at: datetime) -> bytes:
    """Return the hash of an entry and of all before it: SHA-256 of the last one's and the canonical entry.

    ``append_audit_entry`` in the database computes the same; whoever checks a trail uses this one.
    """
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    content = {**content_of(entry), "position": position, "at": moment}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(previous + canonical.encode()).digest()
