"""Who of our own side may do what. Operators are never company users, and company users never operators."""

from enum import StrEnum


class OperatorRole(StrEnum):
    """The kinds of operators."""

    OPERATOR_ADMIN = "operator_admin"
    OPERATOR = "operator"
    SERVICE_DESK = "service_desk"


class OperatorPermission(StrEnum):
    """What a page of the operators' side asks for."""

    SIGN_IN = "sign_in"
    VIEW_LINKS = "view_links"
    SWITCH_LINKS = "switch_links"
    CHANGE_LINK_RATES = "change_link_rates"
    VIEW_AUDIT = "view_audit"
    RESET_SECOND_FACTORS = "reset_second_factors"
    RELEASE_LOGIN_IDS = "release_login_ids"


_EVERYONE = frozenset(OperatorRole)
_ENGINEERS = frozenset({OperatorRole.OPERATOR_ADMIN, OperatorRole.OPERATOR})
_ADMINS = frozenset({OperatorRole.OPERATOR_ADMIN})
_DESK = frozenset({OperatorRole.OPERATOR_ADMIN, OperatorRole.SERVICE_DESK})

ROLES_OF_OPERATOR_PERMISSION: dict[OperatorPermission, frozenset[OperatorRole]] = {
    OperatorPermission.SIGN_IN: _EVERYONE,
    # The service desk answers "why has nothing arrived?", and changes nothing of a link.
    OperatorPermission.VIEW_LINKS: _EVERYONE,
    OperatorPermission.SWITCH_LINKS: _ENGINEERS,
    OperatorPermission.CHANGE_LINK_RATES: _ADMINS,
    OperatorPermission.VIEW_AUDIT: _ADMINS,
    OperatorPermission.RESET_SECOND_FACTORS: _ADMINS,
    # C-5: the service desk, and nobody of a company.
    OperatorPermission.RELEASE_LOGIN_IDS: _DESK,
}


def operator_allows(role: OperatorRole, permission: OperatorPermission) -> bool:
    """Return whether ``role`` holds ``permission``."""
    return role in ROLES_OF_OPERATOR_PERMISSION[permission]
