"""Finding the column that holds the phone numbers (P-11)."""

import re
import unicodedata
from collections.abc import Sequence

from domain.phone_numbers import is_mobile_number
from domain.recipient_files.shapes import Column, PhoneColumn

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


def find_phone_column(columns: Sequence[Column], first_rows: Sequence[Sequence[str]]) -> PhoneColumn | None:
    """Return the column with the numbers, ``None`` if neither names nor values point to one.

    ``certain`` is only a name that one column has alone, and whose first values do not speak against it.
    Values alone give a guess, and only when a single column is mostly mobile numbers.
    """
    shares = [_share_of_mobiles(first_rows, column.index) for column in columns]
    for names in (_MOBILE_NAMES, _PHONE_NAMES):
        named = [column.index for column in columns if _folded(column.name) in names]
        fitting = [index for index in named if shares[index] != 0]
        if fitting:
            best = max(fitting, key=lambda index: shares[index] or 0)
            return PhoneColumn(best, certain=len(named) == 1)
    mostly = [column.index for column in columns if (shares[column.index] or 0) > _MOSTLY]
    if len(mostly) == 1:
        return PhoneColumn(mostly[0], certain=False)
    named = [c.index for c in columns if _folded(c.name) in _MOBILE_NAMES | _PHONE_NAMES]
    return PhoneColumn(named[0], certain=False) if named else None


def _folded(name: str) -> str:
    return _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())


def _share_of_mobiles(rows: Sequence[Sequence[str]], index: int) -> float | None:
    """Return how many of the non-blank values are mobile numbers, ``None`` without values."""
    values = [row[index] for row in rows if index < len(row) and row[index].strip()]
    if not values:
        return None
    return sum(map(is_mobile_number, values)) / len(values)
