"""Numbers as the sheet shows them: what people see in their list is what the message says (P-11)."""

import pytest

from domain.recipient_files.date_formats import NotShown
from domain.recipient_files.format_codes import UnknownFormat
from domain.recipient_files.number_formats import BUILT_IN_FORMATS, is_plain, show_number, show_text


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("12", "00000", "00012"),
        ("-7", "000", "-007"),
        ("3", "0#", "03"),
        ("0.1", "0%", "10%"),
        ("0.125", "0.0%", "12.5%"),
        ("600001", "000\\-0000", "060-0001"),
        ("600001", '"〒"000"-"0000', "〒060-0001"),
        ("9012345678", "000\\-0000\\-0000", "090-1234-5678"),
        ("1234567.891", "#,##0", "1,234,568"),
        ("1234567.891", "#,##0.00", "1,234,567.89"),
        ("1234567", "#,##0,", "1,235"),
        ("1.005", "0.00", "1.01"),
        ("2.5", "0", "3"),
        ("-0.4", "0", "0"),
        ("1e3", "0", "1000"),
        ("9.0123456789E10", "0", "90123456789"),
        ("0.30000000000000004", "0.0##############", "0.3"),
        ("-1234", "#,##0;[Red]\\-#,##0", "-1,234"),
        ("-1234", "#,##0_);\\(#,##0\\)", "(1,234)"),
        ("-1234", '#,##0;"▲ "#,##0', "▲ 1,234"),
        ("0", '#,##0;-#,##0;"-"', "-"),
        ("0", "#,###", ""),
        ("5", ";;;", ""),
        ("1234", "\\¥#,##0", "¥1,234"),
        ("1234.5", "[$¥-411]#,##0;\\-[$¥-411]#,##0", "¥1,235"),
        ("1234", '#,##0"円"', "1,234円"),
        ("1234", 'General"円"', "1234円"),
        ("-12", "General", "-12"),
        ("5", '"No."0', "No.5"),
        ("12345", "0.00E+00", "1.23E+04"),
        ("0.00012", "0.0E-0", "1.2E-4"),
        ("12345", "##0.0E+0", "12.3E+3"),
        ("0.5", "# ?/?", "1/2"),
        ("1.25", "# ??/??", "1 1/4"),
        ("3", "# ?/?", "3"),
        ("0.33", "# ?/8", "3/8"),
        ("1500", '[>=1000]#,##0,"千";0', "2千"),
        ("15", '[>=1000]#,##0,"千";0', "15"),
        ("12345678", '0000"万"0000', "1234万5678"),
        ("0.5", "@", "0.5"),
        ("123456789012", "0", "123456789012"),
    ],
)
def test_numbers_are_shown_as_their_format_shows_them(stored: str, code: str, shown: str) -> None:
    """P-11, P-12."""
    assert show_number(stored, code).text == shown


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("46296", "yyyy/m/d", "2026/10/1"),
        ("46296", 'yyyy"年"mm"月"dd"日"', "2026年10月01日"),
        ("46296", 'm"月"d"日"\\(aaa\\)', "10月1日(木)"),
        ("46296", "aaaa", "木曜日"),
        ("46296", "d-mmm-yy", "1-Oct-26"),
        ("46296", "dddd", "Thursday"),
        ("46296", '[$-411]ggge"年"m"月"d"日";@', "令和8年10月1日"),
        ("46296", "[$-411]ge.m.d", "R8.10.1"),
        ("43585", 'ggge"年"m"月"d"日"', "平成31年4月30日"),
        ("43586", 'ggge"年"', "令和1年"),
        ("43586", '[$-ja-JP-x-gannen]ggge"年"', "令和元年"),
        ("32515", 'ggee"年"', "昭64年"),
        ("46296", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "2026年10月1日"),
        ("46296.395833333", "yyyy/m/d h:mm", "2026/10/1 9:30"),
        ("46296.395833333", "yyyy/m/d", "2026/10/1"),
        ("0.999999", "h:mm:ss", "0:00:00"),
        ("0.75", 'AM/PM h"時"mm"分"', "PM 6時00分"),
        ("0.75", '[$-411]AM/PM h"時"mm"分"', "午後 6時00分"),
        ("0.5", "h:mm AM/PM", "12:00 PM"),
        ("0.00001", "mm:ss.00", "00:00.86"),
        ("1.5", "[h]:mm", "36:00"),
        ("1.5", "[hh]:mm:ss", "36:00:00"),
        ("0.0625", "[m]", "90"),
        ("1", "yyyy/m/d", "1900/1/1"),
        ("60", "yyyy/m/d", "1900/2/29"),
        ("61", "yyyy/m/d", "1900/3/1"),
    ],
)
def test_days_and_times_are_shown_by_the_calendar(stored: str, code: str, shown: str) -> None:
    """P-11: eras, weekdays, durations over a day, and the leap day of 1900 that never was."""
    assert show_number(stored, code) == (shown, True, False)


def test_days_counted_from_1904() -> None:
    """P-11: workbooks of old Macs."""
    assert show_number("44834", "yyyy/m/d", from_1904=True).text == "2026/10/1"
    assert show_number("0.5", "h:mm", from_1904=True).text == "12:00"


@pytest.mark.parametrize("stored", ["-1", "2958466", "-0.1"])
def test_a_day_outside_of_the_calendar_is_not_shown(stored: str) -> None:
    """P-11: the sheet shows ####."""
    with pytest.raises(NotShown):
        show_number(stored, "yyyy/m/d")


@pytest.mark.parametrize("code", ["[DBNum1]0", '"open', "0;0;0;@;0", "[>=x]0", "bbbb", "0 &# ?/x"])
def test_a_format_we_cannot_draw_is_said_to_be_so(code: str) -> None:
    """P-11: no other number than the sheet's is sent."""
    with pytest.raises(UnknownFormat):
        show_number("5", code)


def test_every_built_in_format_can_be_drawn() -> None:
    """P-11: those of the Japanese edition."""
    for code in BUILT_IN_FORMATS.values():
        assert show_number("46296.5", code).text
    assert show_number("46296", BUILT_IN_FORMATS[58]).text == "令和8年10月1日"
    assert show_number("0", BUILT_IN_FORMATS[41]).text == "-"


def test_texts_have_formats_too() -> None:
    """P-11."""
    assert show_text("山田", '@"様"') == "山田様"
    assert show_text("60", '0;0;0;"〒"@') == "〒60"
    assert show_text("山田", "0.00") == "山田"
    assert (is_plain("General"), is_plain("@"), is_plain("0")) == (True, True, False)
