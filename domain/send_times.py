"""When a campaign may be sent, when its recipients are fixed, and when it disturbs (P-3, O-3, S-7).

Every time is aware; ``now`` is handed in. People type and read JST, whatever the server's zone.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")

FREEZE_LEAD = timedelta(minutes=15)
FARTHEST_AHEAD = timedelta(days=366)

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of what is to go at once: past by every clock, however wrong."""

NIGHT_STARTS = time(21, 0)
NIGHT_ENDS = time(8, 0)


class InvalidSendTime(ValueError):
    """A send time that cannot be taken; ``send_at`` is the time asked for."""

    def __init__(self, send_at: datetime) -> None:
        super().__init__(send_at.isoformat())
        self.send_at = send_at


class PastSendTime(InvalidSendTime):
    """The send time is not in the future."""


class TooFarSendTime(InvalidSendTime):
    """The send time is more than a year ahead."""


def jst_datetime(day: date, at: time) -> datetime:
    """Return the moment that a date and a time typed on a screen mean (P-3)."""
    return datetime.combine(day, at.replace(tzinfo=None), JST)


def to_jst(moment: datetime) -> datetime:
    """Return an aware time as Japan's clocks show it. Raises ``ValueError`` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(JST)


def check_send_at(send_at: datetime, now: datetime, farthest: timedelta = FARTHEST_AHEAD) -> None:
    """Raise ``PastSendTime`` or ``TooFarSendTime`` unless it lies ahead, within ``farthest`` (P-3)."""
    if send_at.tzinfo is None:
        raise ValueError("a time without a zone")
    # Compared as it is: at the ends of the calendar other zones have no time for it.
    if send_at <= now:
        raise PastSendTime(send_at)
    if send_at - now > farthest:
        raise TooFarSendTime(send_at)


def freeze_at(send_at: datetime | None, registered_at: datetime, lead: timedelta = FREEZE_LEAD) -> datetime:
    """Return when the opt-out list is read: 15 minutes before the send, registration if later (O-3).

    ``send_at`` is ``None`` for a send at once: the list is then that of the registration.
    """
    return registered_at if send_at is None else max(send_at - lead, registered_at)


def earliest_end(starts_at: datetime, messages: int, per_hour: int) -> datetime:
    """Return when the last of ``messages`` leaves at the company's capacity of ``per_hour`` (S-7, R-11)."""
    if messages < 0 or per_hour < 1:
        raise ValueError("messages and capacity cannot be negative")
    return starts_at + timedelta(hours=1) * messages / per_hour


def is_night(moment: datetime) -> bool:
    """Whether people in Japan are likely to be disturbed: 21:00 up to, not including, 08:00 JST."""
    at = to_jst(moment).time()
    return at >= NIGHT_STARTS or at < NIGHT_ENDS


def reaches_night(starts_at: datetime, ends_at: datetime) -> bool:
    """Whether any of a send from ``starts_at`` to ``ends_at`` falls into the night."""
    if is_night(starts_at) or is_night(ends_at):
        return True
    # Both ends lie in daytime: the night is between them exactly if the days differ.
    return to_jst(starts_at).date() != to_jst(ends_at).date()
