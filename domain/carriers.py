"""The mobile carriers and the order in which they are tried (S-2, S-3, R-6)."""

from collections.abc import Iterable
from enum import StrEnum


class Carrier(StrEnum):
    """A mobile network operator in Japan."""

    DOCOMO = "docomo"
    AU = "au"
    SOFTBANK = "softbank"
    RAKUTEN = "rakuten"


class Channel(StrEnum):
    """How one message reaches a handset."""

    SMS = "sms"
    RCS = "rcs"


# By market share: the order of last resort when nothing is known about a number.
MARKET_ORDER = (Carrier.DOCOMO, Carrier.AU, Carrier.SOFTBANK, Carrier.RAKUTEN)

CARRIERS_OF_CHANNEL: dict[Channel, tuple[Carrier, ...]] = {
    Channel.SMS: MARKET_ORDER,
    # Rakuten takes no part in +Message.
    Channel.RCS: (Carrier.DOCOMO, Carrier.AU, Carrier.SOFTBANK),
}


def carrier_order(guesses: Iterable[Carrier | None]) -> tuple[Carrier, ...]:
    """Return all carriers, each once: the guesses in their order, then by market share.

    ``guesses`` are ordered from the most to the least trusted; ``None`` means no guess.
    """
    return tuple(dict.fromkeys([*(guess for guess in guesses if guess), *MARKET_ORDER]))


def next_carrier(order: Iterable[Carrier], channel: Channel, refused: Iterable[Carrier]) -> Carrier | None:
    """Return the carrier to try next, each at most once (S-3), or ``None`` when all refused (S-5)."""
    tried = set(refused)
    return next((c for c in order if c in CARRIERS_OF_CHANNEL[channel] and c not in tried), None)
