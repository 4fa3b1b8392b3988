"""Whose account something is about, a company user's or an operator's, and SQL that is written for both.

The two kinds of people have tables of their own (decision 0021). How failures are counted, sessions kept and
codes checked is the same: each statement is written once and names its tables by these words (decision 0030).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import TextClause, text

from domain.callers import Caller, OperatorCaller

_OF_USERS: Mapping[str, str] = {
    "accounts": "company_users",
    "sessions": "user_sessions",
    "authenticators": "totp_secrets",
    "backup_codes": "backup_codes",
    "places": "sign_in_places",
    # The row of an account, called ``a``; rows that belong to it; what a new one of those begins with.
    "account": "a.company_id = :company_id AND a.id = :account_id",
    "owned": "company_id = :company_id AND user_id = :account_id",
    "owner": "company_id, user_id",
    "owner_values": ":company_id, :account_id",
    # What a passkey was asked is over with the token it was asked under.
    "forget_challenge": "challenge = NULL, ",
    "is_there": "a.deleted_at IS NULL",
    "is_own_since": "temporary_until = NULL, password_changed_at = :now, ",
    "may_sign_in": "a.deleted_at IS NULL AND (a.temporary_until IS NULL OR a.temporary_until > :now)",
    "has_factor": """(
        EXISTS (SELECT FROM totp_secrets
                WHERE company_id = :company_id AND user_id = :account_id AND confirmed_at IS NOT NULL)
        OR EXISTS (SELECT FROM passkeys WHERE company_id = :company_id AND user_id = :account_id))""",
}
_OF_OPERATORS: Mapping[str, str] = {
    "accounts": "operators",
    "sessions": "operator_sessions",
    "authenticators": "operator_totp_secrets",
    "backup_codes": "operator_backup_codes",
    "places": "operator_sign_in_places",
    "account": "a.id = :account_id",
    "owned": "operator_id = :account_id",
    "owner": "operator_id",
    "owner_values": ":account_id",
    "forget_challenge": "",
    "is_there": "true",
    "is_own_since": "",
    "may_sign_in": "true",
    "has_factor": """
        EXISTS (SELECT FROM operator_totp_secrets
                WHERE operator_id = :account_id AND confirmed_at IS NOT NULL)""",
}


@dataclass(frozen=True, slots=True)
class Account:
    """A company user, or an operator: then ``company_id`` is ``None``."""

    company_id: UUID | None
    id: UUID

    @property
    def key(self) -> dict[str, object]:
        """What a statement of ``BothSides`` finds the account's rows by."""
        if self.company_id is None:
            return {"account_id": self.id}
        return {"company_id": self.company_id, "account_id": self.id}

    def caller(self, remote_address: str | None = None) -> Caller | OperatorCaller:
        """Return the account's owner before there is a session, for the audit trail."""
        if self.company_id is None:
            return OperatorCaller(self.id, remote_address=remote_address)
        return Caller(self.company_id, self.id, remote_address=remote_address)


class BothSides:
    """A statement for the tables of company users and the same for those of operators."""

    def __init__(self, statement: str) -> None:
        self.of_users = text(statement.format(**_OF_USERS))
        self.of_operators = text(statement.format(**_OF_OPERATORS))

    def of(self, account: Account) -> TextClause:
        """Return the statement for the side of ``account``; run it with its ``key``."""
        return self.of_operators if account.company_id is None else self.of_users
