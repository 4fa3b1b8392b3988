"""What stands between a right password and the portal (C-2, C-4): the steps of a sign-in, and its limits."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# In a row, from one place (C-4).
MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=30)
# From all places together within LOCKED_FOR (NIST SP 800-63B): then only where the owner was one may try on.
MAX_FAILURES_OF_ALL = 100
# A place where the owner signed in is the owner's for so long.
KNOWN_FOR = timedelta(days=90)
# Between the password and the second factor nobody needs longer.
UNFINISHED_LIMIT = timedelta(minutes=10)
# After so long the password is asked for again before users, keys or a second factor are changed.
CONFIRMED_FOR = timedelta(minutes=15)
# A code of a reset mail (C-3).
RESET_CODE_LIFETIME = timedelta(hours=1)


class SignInStep(StrEnum):
    """What is still to do; ``DONE`` lets into the portal."""

    SECOND_FACTOR = "second_factor"
    NEW_PASSWORD = "new_password"  # noqa: S105 - a step, not a password
    ENROLMENT = "enrolment"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class SignInState:
    """What is known of a session and its user, read anew at every request."""

    has_second_factor: bool
    gave_second_factor: bool
    password_is_temporary: bool
    needs_second_factor: bool

    @property
    def step(self) -> SignInStep:
        """The next step. The factor comes before a new password, which would otherwise open the way to it."""
        if self.has_second_factor and not self.gave_second_factor:
            return SignInStep.SECOND_FACTOR
        if self.password_is_temporary:
            return SignInStep.NEW_PASSWORD
        if self.needs_second_factor and not self.has_second_factor:
            return SignInStep.ENROLMENT
        return SignInStep.DONE
