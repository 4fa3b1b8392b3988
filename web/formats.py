"""Numbers and times as the pages write them: thousands separated, Japan's clock."""

from datetime import date, datetime
from decimal import Decimal

from markupsafe import Markup

from domain.phone_numbers import mask_phone_number
from domain.send_times import to_jst
from web.access import now

_WEEKDAYS = "月火水木金土日"


def thousands(number: int | Decimal) -> str:
    """1234567 → 1,234,567; a price keeps its fraction only where it has one."""
    if isinstance(number, Decimal):
        number = int(number) if number == int(number) else number.normalize()
    return f"{number:,}"


def per_second(rate: float | None) -> str:
    """A rate in calls per second, with no more digits than it has: 50/秒, 0.5/秒."""
    return "–" if rate is None else f"{rate:,.2f}".rstrip("0").rstrip(".") + "/秒"


def percent(part: int, whole: int) -> str:
    """Share in per cent, rounded down to one digit: 100% is all of them and 0% is none."""
    if not whole:
        return "–"
    thousandths = part * 1000 // whole
    return "0.1%未満" if part and not thousandths else f"{thousandths / 10:.1f}%"


def moment(at: datetime | None) -> str:
    """A point in time, to the minute: 2025年4月1日（火）09:05."""
    if at is None:
        return "–"
    local = to_jst(at)
    return f"{day(local.date())}{local:%H:%M}"


def moment_short(at: datetime | None) -> str:
    """A point in time for a file, to the second."""
    return "–" if at is None else f"{to_jst(at):%Y/%m/%d %H:%M:%S}"


def moment_exact(at: datetime | None) -> str:
    """A point in time to the second, with its weekday: 2026/11/30（月）23:52:46."""
    if at is None:
        return "–"
    local = to_jst(at)
    return f"{local:%Y/%m/%d}（{_WEEKDAYS[local.weekday()]}）{local:%H:%M:%S}"


def moment_in_list(at: datetime | None, *, always_year: bool = False) -> str:
    """A point in time in a column of many: 11/30（月）23:52, with the year where it is not this one."""
    if at is None:
        return "–"
    local = to_jst(at)
    year = "" if local.year == to_jst(now()).year and not always_year else f"{local.year}/"
    return f"{year}{local:%m/%d}（{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def moment_cell(at: datetime | None) -> Markup:
    """The same as HTML: the whole moment is there on pointing at it, and for programs."""
    if at is None:
        return Markup("–")
    machine = to_jst(at).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        machine, moment_exact(at), moment_in_list(at)
    )


def day(on: date | None) -> str:
    """A date with its weekday: 2025年4月1日（火）."""
    if on is None:
        return "–"
    return f"{on.year}年{on.month}月{on.day}日（{_WEEKDAYS[on.weekday()]}）"


def duration(seconds: float) -> str:
    """How long something takes: 約5分, 約2時間10分."""
    minutes = max(round(seconds / 60), 1)
    if minutes < 60:
        return f"約{minutes}分"
    hours, rest = divmod(minutes, 60)
    return f"約{hours}時間{rest}分" if rest else f"約{hours}時間"


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str | None) -> str:
    """What a browser calls itself, as its owner knows it: Chrome（Windows）."""
    told = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in told), "不明なブラウザ")
    system = next((name for mark, name in _SYSTEMS if mark in told), "")
    return f"{browser}（{system}）" if system else browser


def excerpt(words: str, longest: int = 101) -> str:
    """The beginning of a long value, and a mark that it goes on."""
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def masked(number: str | None) -> str:
    """A phone number with its middle hidden: 090****5678."""
    return "–" if number is None else mask_phone_number(number)
