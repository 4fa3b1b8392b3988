"""What a password must be (C-2): long, not well known, not made of words the account itself tells.

There are no rules about kinds of characters: they make passwords weaker and people unhappy (OWASP ASVS 5.0,
6.2). What counts is how many guesses an attacker needs who knows common passwords, names, keyboard walks and
this account (zxcvbn, with its lists of 30,000 passwords and some 90,000 words and names).
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum

from zxcvbn import zxcvbn

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 128
# How long the password of an invitation works (C-2).
TEMPORARY_PASSWORD_LIFETIME = timedelta(days=14)

# 10⁸ guesses: out of reach for everybody who has to ask us, and for the common lists of who stole a hash.
_LOWEST_SCORE = 3
# The estimate takes time that grows with the length; what is longer than this only gets better.
_JUDGED_CHARACTERS = 64
# What must be left of a password without the words its owner would be guessed by.
_LEAST_OF_ITS_OWN = 8
_SHORTEST_WORD = 3
_PRODUCT_WORDS = ("message", "messaging", "portal", "メッセージ配信ポータル", "メッセージ", "ポータル")
_COMPANY_FORMS = re.compile(r"株式会社|有限会社|合同会社|一般社団法人|\(株\)|（株）|㈱")


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    TELLS_THE_ACCOUNT = "tells_the_account"


def context_words(login_id: str, *names: str) -> tuple[str, ...]:
    """Return the words somebody would try first for an account: its login id, its names, the product."""
    return tuple(dict.fromkeys(_words((login_id, *names, *_PRODUCT_WORDS))))


def length_problem(password: str) -> PasswordProblem | None:
    """Return what is wrong with the length of ``password``: before any work that grows with it."""
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return PasswordProblem.TOO_SHORT
    if len(password) > MAX_PASSWORD_CHARACTERS:
        return PasswordProblem.TOO_LONG
    return None


def password_problem(password: str, context: Iterable[str] = ()) -> PasswordProblem | None:
    """Return what is wrong with ``password``, ``None`` if it will do.

    ``context`` comes from ``context_words``. Takes up to some 50 ms of CPU: call it off the event loop.
    """
    if (problem := length_problem(password)) is not None:
        return problem
    words = sorted(context, key=len, reverse=True)
    rest = password.casefold()
    for word in words:
        rest = rest.replace(word, "")
    if len(rest) < _LEAST_OF_ITS_OWN:
        return PasswordProblem.TELLS_THE_ACCOUNT
    if _score(password, words) >= _LOWEST_SCORE:
        return None
    told = _score(password, ()) >= _LOWEST_SCORE
    return PasswordProblem.TELLS_THE_ACCOUNT if told else PasswordProblem.TOO_COMMON


def _score(password: str, words: Iterable[str]) -> int:
    judged = password[:_JUDGED_CHARACTERS]
    return int(zxcvbn(judged, user_inputs=list(words), max_length=_JUDGED_CHARACTERS)["score"])


def _words(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        folded = _COMPANY_FORMS.sub(" ", text).casefold()
        for word in (folded.strip(), *re.split(r"[^\w]+|_", folded)):
            if len(word) >= _SHORTEST_WORD and word not in ("co", "com", "example", "www"):
                yield word
