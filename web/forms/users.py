"""The form of a company's user: login id, name, role."""

from dataclasses import dataclass

from starlette.datastructures import FormData

from domain.company_users import (
    MAX_LOGIN_ID_CHARACTERS,
    MAX_USER_NAME_CHARACTERS,
    UserProblem,
    UserProfile,
    login_id_problem,
    name_problem,
)
from domain.permissions import Role
from domain.visible_text import trim
from web.forms.fields import choice_of, text_of
from web.wording.accounts import explain_user
from web.wording.problems import FieldError, over_limit


@dataclass(frozen=True, slots=True)
class UserForm:
    """The fields as posted."""

    login_id: str = ""
    name: str = ""
    role: Role | None = None

    @classmethod
    def of(cls, form: FormData) -> "UserForm":
        """Read the form."""
        return cls(
            text_of(form, "login_id").strip(), trim(text_of(form, "name")), choice_of(form, "role", Role)
        )

    def errors(self, *, is_new: bool) -> list[FieldError]:
        """Return what is wrong with it; the login id only counts for a new user."""
        found = [login_id_problem(self.login_id)] if is_new else []
        found += [name_problem(self.name), UserProblem.ROLE_MISSING if self.role is None else None]
        limits = (
            ("login_id", "ログインID", self.login_id if is_new else "", MAX_LOGIN_ID_CHARACTERS),
            ("name", "名前", self.name, MAX_USER_NAME_CHARACTERS),
        )
        long = [over_limit(field, label, len(s), most) for field, label, s, most in limits if len(s) > most]
        others = [explain_user(problem) for problem in found if problem is not None]
        fields = {error.field for error in long}
        return [*long, *(error for error in others if error.field not in fields)]

    @property
    def profile(self) -> UserProfile:
        """What the services take, once there are no errors."""
        return UserProfile(self.name, self.role or Role.GENERAL_USER)
