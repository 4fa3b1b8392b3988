"""The rules of operators' accounts. Those of their sign-ins are everybody's (``domain/sign_in_steps.py``)."""

from collections.abc import Mapping

from domain.passwords import (
    MAX_PASSWORD_CHARACTERS,
    MIN_PASSWORD_CHARACTERS,
    PasswordProblem,
    context_words,
    password_problem,
)
from domain.visible_text import is_blank

_PASSWORD_PROBLEMS: Mapping[PasswordProblem, str] = {
    PasswordProblem.TOO_SHORT: f"It must have at least {MIN_PASSWORD_CHARACTERS} characters.",
    PasswordProblem.TOO_LONG: f"It must have at most {MAX_PASSWORD_CHARACTERS} characters.",
    PasswordProblem.TOO_COMMON: "It is too easy to guess: take several words that nobody expects.",
    PasswordProblem.TELLS_THE_ACCOUNT: "It is made of the login id or the name.",
}


def account_problem(login_id: str, name: str, password: str) -> str | None:
    """Return what is wrong with a new account, for the person at the terminal; ``None`` if nothing is.

    Takes up to some 50 ms of CPU: call it off the event loop.
    """
    if not login_id.strip() or any(character.isspace() for character in login_id.strip()):
        return "The login id must not be empty or hold spaces."
    if is_blank(name):
        return "The name must not be empty."
    if problem := password_problem(password, context_words(login_id, name)):
        return f"The password cannot be taken. {_PASSWORD_PROBLEMS[problem]}"
    return None
