"""How long to leave a number alone after an SMS arrived there (S-8)."""

from dataclasses import dataclass
from datetime import timedelta

from domain.carriers import Carrier


@dataclass(frozen=True, slots=True)
class SpacingRule:
    """``pause`` counts from the arrival of one SMS to the submit of the next.

    While the first one's receipt is outstanding the pause has not begun; after ``unresolved_after``
    without any receipt the number is treated as free again, so that a lost receipt blocks nobody.
    """

    pause: timedelta
    unresolved_after: timedelta


NUMBER_PAUSE = timedelta(seconds=22)

SPACING_OF_CARRIER: dict[Carrier, SpacingRule] = {
    Carrier.AU: SpacingRule(pause=NUMBER_PAUSE, unresolved_after=timedelta(minutes=10)),
}
