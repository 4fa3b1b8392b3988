"""What passwords are taken (C-2): by length and how soon they are guessed, not by kinds of characters."""

import pytest

from domain.passwords import PasswordProblem, context_words, password_problem

WORDS = context_words("hanako.tanaka@sakura.example", "田中 花子", "さくら商事株式会社")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "kx9fl q2pz 7wud",
        "猫が三匹で桜の下に集まった日",
        "rzvqmtkhwpln",
        "7" + "木漏れ日と珈琲と古い地図" + "3",
        "x9Lq2pZ7wRt4" * 10,
    ],
)
def test_long_and_unguessable_is_enough(password: str) -> None:
    """No composition rules: lower case alone, Japanese alone, spaces, all are fine."""
    assert password_problem(password, WORDS) is None


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("kX9#fLq2pZ7", PasswordProblem.TOO_SHORT),
        ("", PasswordProblem.TOO_SHORT),
        ("x" * 129, PasswordProblem.TOO_LONG),
        ("password1234", PasswordProblem.TOO_COMMON),
        ("P@ssw0rd2026", PasswordProblem.TOO_COMMON),
        ("qwertyuiop12", PasswordProblem.TOO_COMMON),
        ("1qaz2wsx3edc", PasswordProblem.TOO_COMMON),
        ("aaaaaaaaaaaa", PasswordProblem.TOO_COMMON),
        ("123456789012", PasswordProblem.TOO_COMMON),
        ("あいうえおかきくけこさし", PasswordProblem.TOO_COMMON),
        ("SakuraSakura2026", PasswordProblem.TELLS_THE_ACCOUNT),
        ("hanako.tanaka@sakura.example", PasswordProblem.TELLS_THE_ACCOUNT),
        ("さくら商事さくら商事2026", PasswordProblem.TELLS_THE_ACCOUNT),
        ("MessagePortal1", PasswordProblem.TELLS_THE_ACCOUNT),
    ],
)
def test_what_is_guessed_soon_is_refused(password: str, problem: PasswordProblem) -> None:
    """Common lists, keyboard walks, repetitions, and words the account tells."""
    assert password_problem(password, WORDS) is problem


def test_a_word_of_the_account_may_be_part_of_a_long_phrase() -> None:
    """A rule that refused every mention would only be worked around with a digit."""
    assert password_problem("tanaka と三毛猫の長い散歩 kx9", WORDS) is None


def test_sixty_four_characters_and_more_are_taken() -> None:
    """Long phrases are welcome, up to 128 characters, and all of them count."""
    assert password_problem("夜行列車の窓から見えた灯り" * 5 + "kx9flq2pz7", WORDS) is None
