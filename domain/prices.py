"""What a campaign costs at most, from counts and the contract's unit prices (B-1, B-2, B-3, M-4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from domain.messages import ChannelPlan


class PriceKind(StrEnum):
    """What a line of a price counts."""

    SMS_PARTS = "sms_parts"
    RCS_MESSAGES = "rcs_messages"
    SECOND_SMS_PARTS = "second_sms_parts"
    SECOND_RCS_MESSAGES = "second_rcs_messages"
    RECYCLING_CHECKS = "recycling_checks"


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """Yen without tax, with fractions down to 1/100."""

    sms_part: Decimal
    rcs_message: Decimal
    recycling_check: Decimal


@dataclass(frozen=True, slots=True)
class PriceLine:
    """``amount`` is ``count`` × ``unit_price``, exact, in yen."""

    kind: PriceKind
    count: int
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        """Exact yen of the line."""
        return self.count * self.unit_price


def whole_yen(amount: Decimal) -> int:
    """Return ``amount`` as shown: rounded down to the yen, once per total and never per line."""
    return int(amount.to_integral_value(ROUND_DOWN))


def total_yen(lines: tuple[PriceLine, ...]) -> int:
    """Return the sum of the exact amounts, rounded down to the yen."""
    return whole_yen(sum((line.amount for line in lines), Decimal(0)))


def highest_price(
    plan: ChannelPlan,
    messages_by_parts: Mapping[int, int],
    prices: UnitPrices,
    *,
    second_by_parts: Mapping[int, int] | None = None,
    with_recycling_check: bool,
) -> tuple[PriceLine, ...]:
    """Return what the campaign costs if every message is delivered, line by line.

    ``messages_by_parts``: SMS parts → number of messages (any key where the plan sends no SMS). A
    +Message with fallback is charged once (B-7): at most the dearer of the two. ``second_by_parts``: the
    same for the second messages, as if every first one set off its second (P-7, P-8).
    """
    total = sum(messages_by_parts.values())
    sms_parts, rcs_messages = _dearest(plan, messages_by_parts, prices)
    second_sms_parts, second_rcs_messages = _dearest(plan, second_by_parts or {}, prices)
    counts = {
        PriceKind.SMS_PARTS: (sms_parts, prices.sms_part),
        PriceKind.RCS_MESSAGES: (rcs_messages, prices.rcs_message),
        PriceKind.SECOND_SMS_PARTS: (second_sms_parts, prices.sms_part),
        PriceKind.SECOND_RCS_MESSAGES: (second_rcs_messages, prices.rcs_message),
        PriceKind.RECYCLING_CHECKS: (total if with_recycling_check else 0, prices.recycling_check),
    }
    return tuple(PriceLine(kind, count, price) for kind, (count, price) in counts.items() if count)


def _dearest(plan: ChannelPlan, messages_by_parts: Mapping[int, int], prices: UnitPrices) -> tuple[int, int]:
    """Return SMS parts and +Messages if each message goes the dearer way the plan has."""
    sms_parts = rcs_messages = 0
    for parts, messages in messages_by_parts.items():
        as_sms = plan is ChannelPlan.SMS or (
            plan.may_send_sms and parts * prices.sms_part > prices.rcs_message
        )
        if as_sms:
            sms_parts += parts * messages
        else:
            rcs_messages += messages
    return sms_parts, rcs_messages
