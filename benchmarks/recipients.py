"""Numbers to send to: every first guess of the carrier is right, every handset has the app."""

from collections.abc import Iterator, Sequence
from itertools import cycle

from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel
from domain.phone_numbers import original_carrier

_PREFIXES = ("070", "080", "090")
# The simulator's rule for ordinary handsets: an even last digit has the +Message app.
_WITH_APP = range(0, 10_000, 2)


def numbers_for(channel: Channel) -> Iterator[str]:
    """Yield numbers without end in practice (millions), never one twice, one carrier after the other.

    Twice would count: an au number may get an SMS every 22 seconds only.
    """
    return _alternating([_numbers_of(carrier) for carrier in CARRIERS_OF_CHANNEL[channel]])


def _alternating(sources: Sequence[Iterator[str]]) -> Iterator[str]:
    for source in cycle(sources):
        number = next(source, None)
        if number is None:
            return
        yield number


def _numbers_of(carrier: Carrier) -> Iterator[str]:
    for prefix in _PREFIXES:
        for block in range(1_000, 10_000):
            if original_carrier(f"{prefix}{block}0000") is carrier:
                yield from (f"{prefix}{block}{rest:04}" for rest in _WITH_APP)
