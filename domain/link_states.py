"""The state of a connection to an outside party, in one form for all of them (N-5).

Gateways know more about themselves; this is what an operator's page can show side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from domain.carriers import Carrier, Channel

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LinkState:
    """One link as its process sees it now. Times are UTC.

    ``name`` is unique among the links of a process (``sms-docomo``, ``number-recycling``); ``channel`` and
    ``carrier`` are ``None`` for a party that is no carrier. ``since``: when ``is_up`` last changed, ``None``
    while nothing was tried. ``in_use`` of ``capacity`` calls or window slots are taken. ``throttled_since``
    is ``None`` once the party accepts again. ``receipts_pending`` are received and not yet acknowledged.
    ``last_error`` is a code or a short phrase of ours, never a number, a text or a secret; so are the values
    of ``details``, which hold what only this kind of link has (times in ISO 8601).
    """

    name: str
    channel: Channel | None
    carrier: Carrier | None
    is_up: bool
    since: datetime | None
    in_use: int
    capacity: int
    throttled_since: datetime | None = None
    receipts_pending: int = 0
    last_error: str | None = None
    last_error_at: datetime | None = None
    details: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


def carrier_link_name(channel: Channel, carrier: Carrier) -> str:
    """``sms-docomo``: the name of a carrier's link."""
    return f"{channel.value}-{carrier.value}"
