"""Who may do what: the role table of the service as data (C-1)."""

from enum import StrEnum


class Role(StrEnum):
    """The four kinds of company users."""

    COMPANY_ADMIN = "company_admin"
    SENIOR_ADMIN = "senior_admin"
    ADMIN = "admin"
    GENERAL_USER = "general_user"


class Permission(StrEnum):
    """One row of the role table."""

    SIGN_IN = "sign_in"
    VIEW_CAMPAIGNS = "view_campaigns"
    SEND_CAMPAIGNS = "send_campaigns"
    SAVE_DRAFTS = "save_drafts"
    VIEW_REPORTS = "view_reports"
    VIEW_ADDRESS_BOOK = "view_address_book"
    EDIT_ADDRESS_BOOK = "edit_address_book"
    MANAGE_OPT_OUTS = "manage_opt_outs"
    MANAGE_USERS = "manage_users"
    USE_SUPPORT = "use_support"


_EVERYONE = frozenset(Role)
_SENDERS = frozenset({Role.COMPANY_ADMIN, Role.SENIOR_ADMIN, Role.ADMIN})
_REPORTERS = frozenset({Role.COMPANY_ADMIN, Role.SENIOR_ADMIN})

ROLES_OF_PERMISSION: dict[Permission, frozenset[Role]] = {
    Permission.SIGN_IN: _EVERYONE,
    Permission.VIEW_CAMPAIGNS: _EVERYONE,
    Permission.SEND_CAMPAIGNS: _SENDERS,
    Permission.SAVE_DRAFTS: _EVERYONE,
    Permission.VIEW_REPORTS: _REPORTERS,
    Permission.VIEW_ADDRESS_BOOK: _EVERYONE,
    Permission.EDIT_ADDRESS_BOOK: _SENDERS,
    Permission.MANAGE_OPT_OUTS: _REPORTERS,
    Permission.MANAGE_USERS: frozenset({Role.COMPANY_ADMIN}),
    Permission.USE_SUPPORT: _EVERYONE,
}


def allows(role: Role, permission: Permission) -> bool:
    """Return whether ``role`` holds ``permission``."""
    return role in ROLES_OF_PERMISSION[permission]
