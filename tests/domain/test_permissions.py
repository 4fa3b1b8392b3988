"""C-1: the role table, exactly as in docs/requirements.md."""

from itertools import pairwise

import pytest

from domain.permissions import Permission, Role, allows

# 企業管理者, 上位管理者, 管理者, 一般利用者
TABLE = {
    Permission.SIGN_IN: "✓✓✓✓",
    Permission.VIEW_CAMPAIGNS: "✓✓✓✓",
    Permission.SEND_CAMPAIGNS: "✓✓✓–",
    Permission.SAVE_DRAFTS: "✓✓✓✓",
    Permission.VIEW_REPORTS: "✓✓––",
    Permission.VIEW_ADDRESS_BOOK: "✓✓✓✓",
    Permission.EDIT_ADDRESS_BOOK: "✓✓✓–",
    Permission.MANAGE_OPT_OUTS: "✓✓––",
    Permission.MANAGE_USERS: "✓–––",
    Permission.USE_SUPPORT: "✓✓✓✓",
}
ROLES = (Role.COMPANY_ADMIN, Role.SENIOR_ADMIN, Role.ADMIN, Role.GENERAL_USER)


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(Permission)
    assert set(ROLES) == set(Role)


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_the_table_says_and_nothing_else(role: Role, permission: Permission) -> None:
    assert allows(role, permission) is (TABLE[permission][ROLES.index(role)] == "✓")


def test_a_higher_role_may_everything_a_lower_one_may() -> None:
    for higher, lower in pairwise(ROLES):
        assert all(allows(higher, p) for p in Permission if allows(lower, p))
