"""What is charged for a message, and to which month it belongs (B-1, B-2, B-3, B-7, B-8)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.carriers import Channel

_JST = ZoneInfo("Asia/Tokyo")

RCS_BILLABLE_WITHIN = timedelta(hours=72)
"""A +Message is charged when delivered within this time of its submit (B-2)."""


class ChargeKind(StrEnum):
    """What a charge is for. A message has at most one of each (B-7)."""

    DELIVERY = "delivery"
    RECYCLING_CHECK = "recycling_check"


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge of ``parts`` units (1 for everything but SMS) in the month beginning ``usage_month``."""

    kind: ChargeKind
    channel: Channel | None
    parts: int
    usage_month: date


def usage_month(at: datetime) -> date:
    """Return the first day of the month, in Japan, of a point in time."""
    return at.astimezone(_JST).date().replace(day=1)


def delivery_charge(
    channel: Channel, parts: int, *, submitted_at: datetime, delivered_at: datetime
) -> Charge | None:
    """Return the charge for a delivered message, or ``None`` when it came too late (R-10, B-2).

    ``submitted_at``: when a carrier first accepted it on this channel. An SMS counts ``parts`` in that month,
    however long before it was registered (B-8); a +Message is one in the month of the send.
    """
    if channel is Channel.SMS:
        return Charge(ChargeKind.DELIVERY, channel, parts, usage_month(submitted_at))
    if delivered_at - submitted_at > RCS_BILLABLE_WITHIN:
        return None
    return Charge(ChargeKind.DELIVERY, channel, 1, usage_month(submitted_at))


def recycling_check_charge(checked_at: datetime) -> Charge:
    """Return the charge for an answered misdelivery check, whether the message was sent or not (M-4)."""
    return Charge(ChargeKind.RECYCLING_CHECK, None, 1, usage_month(checked_at))
