"""What a campaign costs at most (B-1, B-2, B-7, M-4)."""

from decimal import Decimal

import pytest

from domain.messages import ChannelPlan
from domain.prices import PriceKind, UnitPrices, highest_price, total_yen

PRICES = UnitPrices(sms_part=Decimal("3.30"), rcs_message=Decimal("8.25"), recycling_check=Decimal("1.10"))


@pytest.mark.parametrize(
    ("plan", "counts", "yen"),
    [
        (ChannelPlan.SMS, {PriceKind.SMS_PARTS: 10 + 2 * 3}, 52),
        (ChannelPlan.RCS, {PriceKind.RCS_MESSAGES: 13}, 107),
        # Three SMS parts (9.90) are dearer than a +Message, one (3.30) is not.
        (ChannelPlan.RCS_WITH_SMS_FALLBACK, {PriceKind.RCS_MESSAGES: 10, PriceKind.SMS_PARTS: 9}, 112),
    ],
)
def test_every_message_is_charged_once_at_its_dearest(
    plan: ChannelPlan, counts: dict[PriceKind, int], yen: int
) -> None:
    by_parts = {1: 10, 2: 3} if plan is not ChannelPlan.RCS_WITH_SMS_FALLBACK else {1: 10, 3: 3}
    lines = highest_price(plan, by_parts, PRICES, with_recycling_check=False)
    assert {line.kind: line.count for line in lines} == counts
    # Rounded down once per total: the lines keep their fractions.
    assert total_yen(lines) == yen


def test_every_recipient_is_looked_up() -> None:
    """M-4: the check is charged, sent or not."""
    lines = highest_price(ChannelPlan.SMS, {1: 3}, PRICES, with_recycling_check=True)
    assert [(line.kind, line.amount) for line in lines] == [
        (PriceKind.SMS_PARTS, Decimal("9.90")),
        (PriceKind.RECYCLING_CHECKS, Decimal("3.30")),
    ]
    assert total_yen(lines) == 13


def test_nothing_costs_nothing() -> None:
    assert highest_price(ChannelPlan.SMS, {}, PRICES, with_recycling_check=True) == ()
    assert total_yen(()) == 0
