"""What an operator sees of one carrier's MaaP."""

from dataclasses import dataclass
from datetime import datetime

from domain.carriers import Carrier, Channel
from domain.link_states import LinkState, carrier_link_name


@dataclass(frozen=True, slots=True)
class MaapState:
    """A carrier link as the operator sees it. Times are UTC, ``None`` = not yet.

    ``token_valid_until`` is ``None`` without a usable token. ``in_flight`` of ``capacity`` calls are under
    way. ``throttled_since`` is ``None`` once a message is accepted again. ``last_error`` is a code (HTTP
    status, reason code or kind of failure), never a text.
    """

    carrier: Carrier
    is_up: bool
    since: datetime | None
    token_valid_until: datetime | None
    in_flight: int
    capacity: int
    throttled_since: datetime | None
    last_error: str | None
    last_error_at: datetime | None
    last_success_at: datetime | None

    def in_general(self) -> LinkState:
        """Return the form in which the operator's page shows links of any kind."""
        times = {"token_valid_until": self.token_valid_until, "last_success_at": self.last_success_at}
        return LinkState(
            name=carrier_link_name(Channel.RCS, self.carrier),
            channel=Channel.RCS,
            carrier=self.carrier,
            is_up=self.is_up,
            since=self.since,
            in_use=self.in_flight,
            capacity=self.capacity,
            throttled_since=self.throttled_since,
            last_error=self.last_error,
            last_error_at=self.last_error_at,
            details={name: time.isoformat() for name, time in times.items() if time},
        )
