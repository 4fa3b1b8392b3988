"""How a Japanese spreadsheet shows a number: format codes such as ``00000``, ``0%``, ``ggge"年"`` (P-11).

Format codes are those of ECMA-376 part 1, 18.8.30 and 18.8.31 (``numFmt``); the built-in ones are those of
the Japanese edition. What is shown is what is sent. A code that we cannot draw raises ``UnknownFormat``:
then the row says so, and no other number than the sheet's is sent. Pure functions, no file is read here.
"""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from domain.recipient_files.date_formats import NotShown, draw_date
from domain.recipient_files.digit_formats import draw_number
from domain.recipient_files.format_codes import Section, UnknownFormat, parse_format

_GENERAL_WIDTH = 11
"""Characters a spreadsheet shows of a number without a format; longer ones it rounds or writes as 1E+11."""

_ERA = '[$-411]ggge"年"m"月"d"日"'
_YEN, _YEN_2 = '"¥"#,##0', '"¥"#,##0.00'
# fmt: off
BUILT_IN_FORMATS: dict[int, str] = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: f'{_YEN};"¥"\\-#,##0', 6: f'{_YEN};[Red]"¥"\\-#,##0',
    7: f'{_YEN_2};"¥"\\-#,##0.00', 8: f'{_YEN_2};[Red]"¥"\\-#,##0.00',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: "[$-411]ge.m.d", 28: _ERA, 29: _ERA, 30: "m/d/yy", 31: 'yyyy"年"m"月"d"日"',
    32: 'h"時"mm"分"', 33: 'h"時"mm"分"ss"秒"', 34: 'yyyy"年"m"月"', 35: 'm"月"d"日"', 36: "[$-411]ge.m.d",
    37: "#,##0;\\-#,##0", 38: "#,##0;[Red]\\-#,##0", 39: "#,##0.00;\\-#,##0.00",
    40: "#,##0.00;[Red]\\-#,##0.00", 41: '#,##0;\\-#,##0;"-";@', 42: f'{_YEN};\\-{_YEN};"¥-";@',
    43: '#,##0.00;\\-#,##0.00;"-";@', 44: f'{_YEN_2};\\-{_YEN_2};"¥-";@',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: "[$-411]ge.m.d", 51: _ERA, 52: 'yyyy"年"m"月"', 53: 'm"月"d"日"', 54: _ERA,
    55: 'yyyy"年"m"月"', 56: 'm"月"d"日"', 57: "[$-411]ge.m.d", 58: _ERA,
}
# fmt: on


class Shown(NamedTuple):
    """A number as the sheet shows it. ``is_date``: by its calendar; ``is_cut``: the sheet shows less."""

    text: str
    is_date: bool = False
    is_cut: bool = False


def plain_number(stored: str) -> str:
    """Return the number a sheet's XML holds, such as ``9.0123456789E10``, in plain digits; at most 15.

    Raises ``UnknownFormat`` for what is no number.
    """
    try:
        number = Decimal(stored)
    except InvalidOperation as error:
        raise UnknownFormat(stored) from error
    if not number.is_finite():
        raise UnknownFormat(stored)
    digits = format(Decimal(format(number, ".15g")), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


@lru_cache(maxsize=50_000)
def show_number(stored: str, code: str, *, from_1904: bool = False) -> Shown:
    """Return how a sheet shows the number ``stored`` in its XML under the format ``code``.

    ``from_1904``: days are counted as old Macs did. Raises ``UnknownFormat``, and ``NotShown`` for dates
    that a sheet draws as ####.
    """
    number = plain_number(stored)
    value = Decimal(number)
    section, wants_sign = _section_for(value, parse_format(code))
    if section.is_general:
        body = number if wants_sign else number.lstrip("-")
        text = "".join(body if token.kind == "general" else token.text for token in section.tokens)
        return Shown(text.strip(), is_cut=len(number) > _GENERAL_WIDTH)
    if section.is_date:
        return Shown(draw_date(value, section, from_1904=from_1904).strip(), is_date=True)
    if section.has_text and not section.has_digits:
        return Shown("".join(number if t.kind == "text" else t.text for t in section.tokens).strip())
    return Shown(draw_number(abs(value), section, negative=wants_sign and value < 0).strip())


def show_text(value: str, code: str) -> str:
    """Return how a sheet shows a text under a format, such as 山田様 under ``@"様"``.

    Raises ``UnknownFormat``.
    """
    section = next((section for section in parse_format(code) if section.has_text), None)
    if section is None:
        return value
    return "".join(value if token.kind == "text" else token.text for token in section.tokens)


def _section_for(value: Decimal, sections: tuple[Section, ...]) -> tuple[Section, bool]:
    """Return the part of the code that holds for ``value``, and whether a minus is written before it."""
    numeric = [section for section in sections if not section.has_text or len(sections) == 1][:3]
    if any(section.condition for section in numeric):
        for section in numeric:
            if section.condition is None or section.condition.holds(value):
                return section, value < 0
        raise NotShown
    if len(numeric) == 1 or value > 0:
        return numeric[0], True
    if value < 0:
        return numeric[1], False
    return numeric[2] if len(numeric) == 3 else numeric[0], False


_GENERAL = re.compile("general", re.IGNORECASE)


def is_plain(code: str) -> bool:
    """Whether a format leaves every value as it is: none, or text."""
    return code == "@" or _GENERAL.fullmatch(code) is not None
