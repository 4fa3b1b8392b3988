"""How far back a number is looked up (M-2)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.misdelivery import clamp_reference_date


@pytest.mark.parametrize(
    ("reference", "today", "asked"),
    [
        (date(2026, 1, 1), date(2026, 11, 23), date(2026, 1, 1)),
        (date(2024, 11, 23), date(2026, 11, 23), date(2024, 11, 23)),
        (date(2024, 11, 22), date(2026, 11, 23), date(2024, 11, 23)),
        (date(1990, 1, 1), date(2026, 11, 23), date(2024, 11, 23)),
        (date(1990, 1, 1), date(2028, 2, 29), date(2026, 2, 28)),
        (date(1990, 1, 1), date(2026, 2, 28), date(2024, 2, 28)),
        (date(2027, 1, 1), date(2026, 11, 23), date(2027, 1, 1)),
    ],
)
def test_earlier_date_counts_as_two_years_ago(reference: date, today: date, asked: date) -> None:
    """M-2, leap days and future dates included."""
    assert clamp_reference_date(reference, today) == asked


def test_contract_may_look_back_less_far() -> None:
    assert clamp_reference_date(date(2000, 1, 1), date(2026, 3, 1), years=1) == date(2025, 3, 1)


@given(st.dates(min_value=date(1900, 1, 1)), st.dates(min_value=date(1900, 1, 1)))
def test_clamped_date_is_never_earlier_and_clamping_again_changes_nothing(
    reference: date, today: date
) -> None:
    asked = clamp_reference_date(reference, today)
    assert asked >= reference
    assert clamp_reference_date(asked, today) == asked
