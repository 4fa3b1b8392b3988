"""Rules about a company's users (C-1, C-2)."""

import pytest

from domain.company_users import UserProblem, keeps_an_administrator, login_id_problem, name_problem
from domain.permissions import Role
from domain.sign_in_steps import SignInState, SignInStep


@pytest.mark.parametrize(
    "login_id", ["taro@example.co.jp", "hanako.tanaka+sms@sub.example.com", "a@b.jp", "x_y-z@a-b.example"]
)
def test_a_mail_address_is_a_login_id(login_id: str) -> None:
    assert login_id_problem(login_id) is None


@pytest.mark.parametrize(
    "login_id",
    [
        "",
        "taro",
        "taro@",
        "@example.jp",
        "taro@example",
        "taro@@example.jp",
        ".taro@example.jp",
        "ta ro@example.jp",
        "taro@example.jp\nBcc: all@example.jp",
        "太郎@example.jp",
        "taro@example.jp,jiro@example.jp",
        '"taro"@example.jp',
        "taro@[192.0.2.1]",
        f"{'a' * 250}@b.jp",
    ],
)
def test_what_no_mail_reaches_is_none(login_id: str) -> None:
    assert login_id_problem(login_id) is UserProblem.LOGIN_ID_NOT_AN_ADDRESS


def test_names_fit_into_a_mail() -> None:
    assert name_problem("田中 花子") is None
    assert name_problem("　 ") is UserProblem.NAME_MISSING
    assert name_problem("田中\n花子") is UserProblem.NAME_TOO_LONG
    assert name_problem("長" * 101) is UserProblem.NAME_TOO_LONG


@pytest.mark.parametrize(
    ("before", "after", "administrators", "allowed"),
    [
        (Role.COMPANY_ADMIN, Role.COMPANY_ADMIN, 1, True),
        (Role.COMPANY_ADMIN, Role.ADMIN, 1, False),
        (Role.COMPANY_ADMIN, Role.ADMIN, 2, True),
        (Role.COMPANY_ADMIN, None, 1, False),
        (Role.COMPANY_ADMIN, None, 2, True),
        (Role.ADMIN, None, 1, True),
        (Role.ADMIN, Role.COMPANY_ADMIN, 1, True),
    ],
)
def test_a_company_keeps_an_administrator(
    before: Role, after: Role | None, administrators: int, allowed: bool
) -> None:
    assert keeps_an_administrator(before, after, administrators) is allowed


@pytest.mark.parametrize(
    ("has", "gave", "temporary", "needs", "step"),
    [
        (False, False, False, False, SignInStep.DONE),
        (True, True, False, True, SignInStep.DONE),
        (True, False, False, False, SignInStep.SECOND_FACTOR),
        # Else a stolen temporary password would be enough to choose an own one.
        (True, False, True, True, SignInStep.SECOND_FACTOR),
        (False, False, True, True, SignInStep.NEW_PASSWORD),
        (False, False, False, True, SignInStep.ENROLMENT),
        # The factor given in this session was removed since: the rule asks for a new one.
        (False, True, False, True, SignInStep.ENROLMENT),
    ],
)
def test_the_steps_of_a_sign_in(
    has: bool, gave: bool, temporary: bool, needs: bool, step: SignInStep
) -> None:
    """C-2, C-4: what is still to do follows from the rows, at every request."""
    assert SignInState(has, gave, temporary, needs).step is step
