"""On whose behalf something is done: the only source of the company in every query."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.permissions import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, or a program with an API key (``user_id`` and ``role`` are then ``None``)."""

    company_id: UUID
    user_id: UUID | None = None
    role: Role | None = None
    # Whence, for the audit trail only.
    session_id: UUID | None = field(default=None, compare=False)
    api_key_id: UUID | None = field(default=None, compare=False)
    remote_address: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class OperatorCaller:
    """Somebody of our own side who is signed in; ``operator_id`` is ``None`` for the command line."""

    operator_id: UUID | None
    # Whence, for the audit trail only.
    session_id: UUID | None = field(default=None, compare=False)
    remote_address: str | None = field(default=None, compare=False)


COMMAND_LINE = OperatorCaller(None)
