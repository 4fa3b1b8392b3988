"""Rules about a company's users: what a login id is, who may be changed by whom (C-1, C-2, C-5)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from domain.permissions import Permission, Role, allows
from domain.visible_text import is_blank

MAX_USER_NAME_CHARACTERS = 100
MAX_LOGIN_ID_CHARACTERS = 254

# One address, as people type it; whether it exists only a mail can tell. No quoted local parts, no address
# literals, nothing outside ASCII: mail servers on the way refuse those.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


class UserProblem(StrEnum):
    """Why a company's user cannot be added or changed."""

    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    LOGIN_ID_NOT_AN_ADDRESS = "login_id_not_an_address"
    LOGIN_ID_IN_USE = "login_id_in_use"
    # Deleted before: only the service desk can help (C-5). Another company's is never told (decision 0040).
    LOGIN_ID_NOT_AVAILABLE = "login_id_not_available"
    ROLE_MISSING = "role_missing"
    LAST_ADMINISTRATOR = "last_administrator"
    ONESELF = "oneself"
    MAILED_LATELY = "mailed_lately"
    INVITED_TOO_MANY = "invited_too_many"


class AccountState(StrEnum):
    """How a user's account stands, for the list of users."""

    INVITED = "invited"
    INVITATION_EXPIRED = "invitation_expired"
    ACTIVE = "active"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class UserProfile:
    """What an administrator enters about a user."""

    name: str
    role: Role


def login_id_problem(login_id: str) -> UserProblem | None:
    """Return what is wrong with a new login id; it is a mail address, because mails go to it (C-2)."""
    if len(login_id) > MAX_LOGIN_ID_CHARACTERS or not _ADDRESS.fullmatch(login_id):
        return UserProblem.LOGIN_ID_NOT_AN_ADDRESS
    return None


def name_problem(name: str) -> UserProblem | None:
    """Return what is wrong with a user's name. Control characters could forge the lines of a mail."""
    if is_blank(name):
        return UserProblem.NAME_MISSING
    if len(name) > MAX_USER_NAME_CHARACTERS or any(not character.isprintable() for character in name):
        return UserProblem.NAME_TOO_LONG
    return None


def keeps_an_administrator(role_before: Role, role_after: Role | None, administrators: int) -> bool:
    """Whether a company still has somebody who manages its users; ``role_after=None`` is a deletion."""
    stays = role_after is not None and allows(role_after, Permission.MANAGE_USERS)
    return stays or not allows(role_before, Permission.MANAGE_USERS) or administrators > 1
