"""Days, times and durations of spreadsheets, with Japanese eras and weekdays (ECMA-376, 18.8.31).

A spreadsheet counts days: 1 is 1900-01-01 (0 is the day before, shown as 1900/1/0), 60 a 29 February 1900
that never was, 2958465 is 9999-12-31. Parts of a day are fractions.
"""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import NamedTuple

from domain.recipient_files.format_codes import Section, Token, UnknownFormat

_SECONDS_OF_DAY = 86_400
_LAST_DAY = 2_958_465
_DAYS_OF_1904 = 1_462
_LEAP_DAY_THAT_NEVER_WAS = 60
_JAPANESE = ("411", "JA-JP")
_SYSTEM_FORMATS = {
    # Long date and time of the system, in Japan.
    "F800": tuple(map(Token, ("date", "literal") * 3, ("yyyy", "年", "m", "月", "d", "日"))),
    "F400": tuple(map(Token, ("date", "literal") * 2 + ("date",), ("h", ":", "mm", ":", "ss"))),
}
_ERAS = (
    (date(2019, 5, 1), "令和", "R"),
    (date(1989, 1, 8), "平成", "H"),
    (date(1926, 12, 25), "昭和", "S"),
    (date(1912, 7, 30), "大正", "T"),
    (date(1868, 1, 25), "明治", "M"),
)
_WEEKDAYS = "月火水木金土日"
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# fmt: off
_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


class NotShown(ValueError):
    """The sheet shows #### instead of this value."""


class _Moment(NamedTuple):
    """A day as a spreadsheet counts it, and the seconds of that day."""

    serial: int
    seconds: int

    @property
    def day(self) -> tuple[int, int, int]:
        """Year, month, day as shown."""
        if self.serial == 0:
            return (1900, 1, 0)
        if self.serial == _LEAP_DAY_THAT_NEVER_WAS:
            return (1900, 2, 29)
        found = self.date
        return (found.year, found.month, found.day)

    @property
    def date(self) -> date:
        """The day of the calendar; weekdays before March 1900 are those of the sheet, one off."""
        start = date(1899, 12, 30) if self.serial > _LEAP_DAY_THAT_NEVER_WAS else date(1899, 12, 31)
        return start + timedelta(days=self.serial)


def draw_date(value: Decimal, section: Section, *, from_1904: bool) -> str:
    """Return a day, time or duration as ``section`` shows it; raise ``NotShown``, ``UnknownFormat``."""
    tokens = _SYSTEM_FORMATS.get(section.locale, section.tokens)
    if from_1904 and value >= 0 and any(t.kind == "date" and t.text[0] in "ydgea" for t in tokens):
        value += _DAYS_OF_1904
    if value < 0 or value >= _LAST_DAY + 1:
        raise NotShown
    places = _places_of_seconds(tokens)
    unit = 10**places
    total = int((value * _SECONDS_OF_DAY * unit).quantize(Decimal(1), ROUND_HALF_UP))
    seconds, fraction = divmod(total, unit)
    moment = _Moment(seconds // _SECONDS_OF_DAY, seconds % _SECONDS_OF_DAY)
    half_days = any(token.text in ("AM/PM", "A/P") for token in tokens)
    japanese = section.locale.startswith(_JAPANESE)
    drawn = []
    behind_point = 0
    for at, token in enumerate(tokens):
        if token.kind == "date":
            first_year = "元" if "GANNEN" in section.locale else "1"
            minutes = token.text[0] == "m" and len(token.text) < 3 and _is_minutes(tokens, at)
            drawn.append(_draw_token(moment, token.text, minutes, half_days, japanese, first_year))
        elif token.kind == "elapsed":
            size = {"h": 3600, "m": 60, "s": 1}[token.text[0]]
            drawn.append(str(seconds // size).zfill(len(token.text)))
        elif token.kind == "digit":
            drawn.append(str(fraction).zfill(places)[behind_point])
            behind_point += 1
        elif token.kind in ("literal", "point", "slash", "comma"):
            drawn.append(token.text)
        elif token.kind != "text":
            raise UnknownFormat(token.text)
    return "".join(drawn)


def _places_of_seconds(tokens: tuple[Token, ...]) -> int:
    """Count the zeros of ``ss.00``; other digits have no place in a date."""
    places = sum(token.kind == "digit" for token in tokens)
    if places and not any(
        token.kind == "point" and before.text[0] == "s" for before, token in pairwise(tokens) if before.text
    ):
        raise UnknownFormat("digits in a date")
    return places


def _is_minutes(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether an ``m`` stands behind hours or before seconds; otherwise it is a month."""
    timed = [
        (i, t.text[0]) for i, t in enumerate(tokens) if t.kind in ("date", "elapsed") and t.text[0] != "A"
    ]
    place = [i for i, _ in timed].index(at)
    before = timed[place - 1][1] if place else ""
    after = timed[place + 1][1] if place + 1 < len(timed) else ""
    return before == "h" or after == "s"


def _draw_token(
    moment: _Moment, letters: str, minutes: bool, half_days: bool, japanese: bool, first_year: str
) -> str:
    hour, minute, second = moment.seconds // 3600, moment.seconds // 60 % 60, moment.seconds % 60
    if letters == "AM/PM":
        return (("午前", "午後") if japanese else ("AM", "PM"))[hour >= 12]
    if letters == "A/P":
        return "AP"[hour >= 12]
    if letters[0] in "hs" or minutes:
        shown_hour = (hour % 12 or 12) if half_days else hour
        return str({"h": shown_hour, "m": minute, "s": second}[letters[0]]).zfill(min(len(letters), 2))
    return _draw_day(moment, letters, first_year)


def _draw_day(moment: _Moment, letters: str, first_year: str) -> str:
    year, month, day = moment.day
    size = len(letters)
    match letters[0]:
        case "y":
            return f"{year % 100:02}" if size < 3 else f"{year:04}"
        case "m" if size > 2:
            name = _ENGLISH_MONTHS[month - 1]
            return {3: name[:3], 4: name, 5: name[0]}.get(size, name)
        case "m":
            return str(month).zfill(size)
        case "d" if size > 2:
            name = _ENGLISH_DAYS[moment.date.weekday()]
            return name[:3] if size == 3 else name
        case "d":
            return str(day).zfill(size)
        case "a":
            name = _WEEKDAYS[moment.date.weekday()]
            return name if size == 3 else f"{name}曜日"
        case _:
            return _draw_era(moment.date, letters, first_year)


def _draw_era(day: date, letters: str, first_year: str) -> str:
    start, name, initial = next(era for era in _ERAS if day >= era[0])
    if letters[0] == "g":
        return {1: initial, 2: name[0]}.get(len(letters), name)
    year = day.year - start.year + 1
    return first_year if year == 1 and len(letters) == 1 else str(year).zfill(len(letters))
