"""Finding the column that holds the phone numbers, and reading its cells (P-11)."""

import re
import unicodedata
from collections.abc import Sequence

from domain.phone_numbers import NormalizedNumber, NumberRefusal, is_mobile_number, read_phone_number
from domain.recipient_files.records import CellFault, WorkbookCell
from domain.recipient_files.shapes import Column, PhoneColumn
from domain.visible_text import is_blank

_IGNORED = re.compile(r"[\s_\-.()（）・:：#№]+")

# Names that say mobile, then names that say phone: 電話番号 beside 携帯番号 is the landline.
# fmt: off
_MOBILE_NAMES = frozenset(
    {
        "携帯電話番号", "携帯番号", "携帯電話", "携帯", "携帯tel", "ケータイ", "ケータイ番号", "スマホ",
        "スマホ番号", "スマートフォン番号", "sms番号", "sms送信先", "mobile", "mobilephone",
        "mobilenumber", "mobilephonenumber", "mobileno", "mobiletel", "cell", "cellphone",
        "cellphonenumber", "cellular", "smartphone", "msisdn",
    }
)
_PHONE_NAMES = frozenset(
    {
        "電話番号", "電話", "tel", "telno", "tel番号", "phone", "phonenumber", "phoneno", "telephone",
        "telephonenumber", "telnumber", "宛先", "宛先番号", "宛先電話番号", "送信先", "送信先番号",
        "送信先電話番号", "配信先", "配信先番号", "連絡先電話番号", "顧客電話番号", "お客様電話番号",
        "ご連絡先電話番号", "recipient", "recipientnumber",
    }
)
# fmt: on
_MOSTLY = 0.5
_NOT_DIGITS = re.compile(r"[^0-9]+")


def find_phone_column(
    columns: Sequence[Column], first_rows: Sequence[Sequence[str]], hidden: Sequence[int] = ()
) -> PhoneColumn | None:
    """Return the column with the numbers, ``None`` if neither names nor values point to one.

    One among ``hidden`` (indexes) is at most a guess: nobody looks at it.

    ``certain`` is only a name that one column has alone, and whose first values do not speak against it.
    Values alone give a guess, and only when a single column is mostly mobile numbers.
    """
    shares = [_share_of_mobiles(first_rows, column.index) for column in columns]
    for names in (_MOBILE_NAMES, _PHONE_NAMES):
        named = [column.index for column in columns if _folded(column.name) in names]
        fitting = [index for index in named if shares[index] != 0]
        if fitting:
            best = max(fitting, key=lambda index: shares[index] or 0)
            return PhoneColumn(best, certain=len(named) == 1 and best not in hidden)
    mostly = [column.index for column in columns if (shares[column.index] or 0) > _MOSTLY]
    if len(mostly) == 1:
        return PhoneColumn(mostly[0], certain=False)
    named = [c.index for c in columns if _folded(c.name) in _MOBILE_NAMES | _PHONE_NAMES]
    return PhoneColumn(named[0], certain=False) if named else None


def is_phone_name(name: str) -> bool:
    """Whether a column of this name holds phone numbers."""
    return _folded(name) in _MOBILE_NAMES or _folded(name) in _PHONE_NAMES


def _folded(name: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())


def _share_of_mobiles(rows: Sequence[Sequence[str]], index: int) -> float | None:
    """Return how many of the non-blank values are mobile numbers, ``None`` without values."""
    values = [row[index] for row in rows if index < len(row) and not is_blank(row[index])]
    if not values:
        return None
    return sum(map(is_mobile_number, values)) / len(values)


def read_phone_cell(shown: str, behind: WorkbookCell | None) -> NormalizedNumber | NumberRefusal:
    """Return the number in a cell: what the sheet shows, unless what is ``behind`` it says another thing.

    A number without its zero may be shown with it, and a whole one as 9.01E+09.
    """
    if behind is None:
        return read_phone_number(shown)
    if behind.fault is CellFault.DIGITS_LOST:
        return NumberRefusal.ROUNDED
    if behind.fault in (CellFault.ERROR_VALUE, CellFault.NOT_SHOWN) or not behind.number.isdecimal():
        return NumberRefusal.NOT_A_NUMBER
    as_stored = read_phone_number(behind.number)
    as_shown = as_stored if behind.fault else read_phone_number(shown)
    if isinstance(as_shown, NumberRefusal):
        # Thousands and 9.01E+09 are the same digits in another dress; anything else is another number.
        same = "E" in shown or _NOT_DIGITS.sub("", shown).lstrip("0") == behind.number
        return as_stored if same or behind.fault else as_shown
    if isinstance(as_stored, NumberRefusal) or as_stored.national == as_shown.national:
        return as_shown
    return NumberRefusal.NOT_A_NUMBER
