"""The links to the outside, and what an operator may want of one (N-5)."""

import math
from enum import StrEnum

from domain.carriers import Carrier, Channel


class Link(StrEnum):
    """One way to one outside party; its task queue has the same name and carries its calls only."""

    SMS_DOCOMO = "sms-docomo"
    SMS_AU = "sms-au"
    SMS_SOFTBANK = "sms-softbank"
    SMS_RAKUTEN = "sms-rakuten"
    RCS_DOCOMO = "rcs-docomo"
    RCS_AU = "rcs-au"
    RCS_SOFTBANK = "rcs-softbank"
    NUMBER_RECYCLING = "number-recycling"

    @property
    def channel(self) -> Channel | None:
        """The channel, ``None`` for the number directory."""
        return None if self is Link.NUMBER_RECYCLING else Channel(self.value.split("-")[0])

    @property
    def carrier(self) -> Carrier | None:
        """The carrier, ``None`` for the number directory."""
        return None if self is Link.NUMBER_RECYCLING else Carrier(self.value.split("-")[1])


def link_of(channel: Channel, carrier: Carrier) -> Link:
    """Return the link to a carrier; ``ValueError`` where there is none (R-6)."""
    return Link(f"{channel.value}-{carrier.value}")


# Below, a queue would hand out less than one call in ten seconds; above, no link of any carrier goes.
LOWEST_RATE = 0.1
HIGHEST_RATE = 2000.0
LONGEST_REASON = 200


def is_possible_rate(per_second: float) -> bool:
    """Whether a contract can say so many submits a second. Stopping a link is not a rate but a switch."""
    return math.isfinite(per_second) and LOWEST_RATE <= per_second <= HIGHEST_RATE


def effective_rate(contract_rate: float, *, is_stopped: bool) -> float:
    """Return how many calls a second the link's queue may hand out: the contract's, or none."""
    return 0.0 if is_stopped else contract_rate
