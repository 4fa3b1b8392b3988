"""Rules of misdelivery prevention (誤配信防止): how far back a number is looked up (M-1, M-2)."""

from datetime import date

# M-2. A parameter of the rule below, because a contract may look back less far.
LOOK_BACK_YEARS = 2


def clamp_reference_date(reference_date: date, today: date, years: int = LOOK_BACK_YEARS) -> date:
    """Return the date to ask the directory for: an earlier one counts as ``years`` ago (M-2).

    ``today`` is the date in Japan. A date in the future stays: whether it is allowed is not a
    question of how far to look back.
    """
    return max(reference_date, _years_before(today, years))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        # 29 February has no counterpart: the last day of that month, as the Civil Code (art. 143) counts.
        return day.replace(year=day.year - years, day=28)
