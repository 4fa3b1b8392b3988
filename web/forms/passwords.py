"""The two fields of a new password, wherever one is set."""

from starlette.datastructures import FormData

from domain.passwords import MAX_PASSWORD_CHARACTERS, PasswordProblem, length_problem
from services.password_changes import PasswordChange, judge_password
from web.forms.fields import text_of
from web.wording.accounts import (
    NOT_REPEATED,
    PASSWORD_WRONG,
    RESET_CODE_WRONG,
    SAME_PASSWORD,
    explain_password,
)
from web.wording.problems import FieldError, over_limit


def typing_errors(form: FormData) -> list[FieldError]:
    """Return what is wrong with length and repetition of the posted new password: no work for strangers."""
    new = text_of(form, "new_password")
    problem = length_problem(new)
    if problem is PasswordProblem.TOO_LONG:
        return [over_limit("new_password", "新しいパスワード", len(new), MAX_PASSWORD_CHARACTERS)]
    if problem is not None:
        return [explain_password(problem)]
    return [] if text_of(form, "new_password_again") == new else [NOT_REPEATED]


async def new_password_errors(form: FormData, login_id: str, *names: str) -> list[FieldError]:
    """Return what is wrong with the posted new password and its repetition."""
    new = text_of(form, "new_password")
    if errors := typing_errors(form):
        return errors
    problem = await judge_password(new, login_id, *names)
    return [] if problem is None else [explain_password(problem)]


CHANGE_ERRORS: dict[PasswordChange, FieldError] = {
    PasswordChange.NOT_PROVEN: PASSWORD_WRONG,
    PasswordChange.SAME_AS_BEFORE: SAME_PASSWORD,
}
RESET_ERRORS: dict[PasswordChange, FieldError] = {
    PasswordChange.NOT_PROVEN: RESET_CODE_WRONG,
    PasswordChange.SAME_AS_BEFORE: SAME_PASSWORD,
}
