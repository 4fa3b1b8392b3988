"""The two fields of a new password, wherever one is set."""

from starlette.datastructures import FormData

from services.password_changes import PasswordChange, judge_password
from web.forms.fields import text_of
from web.wording.accounts import (
    NOT_REPEATED,
    PASSWORD_WRONG,
    RESET_CODE_WRONG,
    SAME_PASSWORD,
    explain_password,
)
from web.wording.problems import FieldError


async def new_password_errors(form: FormData, login_id: str, *names: str) -> list[FieldError]:
    """Return what is wrong with the posted new password and its repetition."""
    new = text_of(form, "new_password")
    problem = await judge_password(new, login_id, *names)
    if problem is not None:
        return [explain_password(problem)]
    return [] if text_of(form, "new_password_again") == new else [NOT_REPEATED]


CHANGE_ERRORS: dict[PasswordChange, FieldError] = {
    PasswordChange.NOT_PROVEN: PASSWORD_WRONG,
    PasswordChange.SAME_AS_BEFORE: SAME_PASSWORD,
}
RESET_ERRORS: dict[PasswordChange, FieldError] = {
    PasswordChange.NOT_PROVEN: RESET_CODE_WRONG,
    PasswordChange.SAME_AS_BEFORE: SAME_PASSWORD,
}
