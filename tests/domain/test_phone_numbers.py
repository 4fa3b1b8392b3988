"""Japanese mobile numbers as people and spreadsheets write them (P-11, S-2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.carriers import Carrier
from domain.phone_numbers import (
    NormalizedNumber,
    NotAMobileNumber,
    NumberRefusal,
    Repair,
    callable_number,
    international_number,
    is_mobile_number,
    mask_phone_number,
    normalize_phone_number,
    original_carrier,
    read_phone_number,
)

NUMBER = "09012345678"


@pytest.mark.parametrize("number", ["06012345678", "07012345678", "08012345678", NUMBER])
def test_takes_the_four_mobile_prefixes_as_they_are(number: str) -> None:
    """P-11: 060, 070, 080, 090."""
    assert normalize_phone_number(number) == NormalizedNumber(number, ())


@pytest.mark.parametrize(
    ("raw", "repairs"),
    [
        ("０９０１２３４５６７８", [Repair.FULL_WIDTH]),
        ("090-1234-5678", [Repair.SEPARATORS_REMOVED]),
        ("０９０－１２３４－５６７８", [Repair.FULL_WIDTH, Repair.SEPARATORS_REMOVED]),
        ("090‐1234‐5678", [Repair.SEPARATORS_REMOVED]),
        ("090ー1234ー5678", [Repair.SEPARATORS_REMOVED]),
        ("090−1234–5678", [Repair.SEPARATORS_REMOVED]),
        ("090ｰ1234—5678", [Repair.SEPARATORS_REMOVED]),
        ("090 1234　5678", [Repair.SEPARATORS_REMOVED]),
        ("(090)1234-5678", [Repair.SEPARATORS_REMOVED]),
        ("（090）1234-5678", [Repair.SEPARATORS_REMOVED]),
        ("090.1234.5678", [Repair.SEPARATORS_REMOVED]),
        ("'09012345678", [Repair.SEPARATORS_REMOVED]),
        ("\u202a09012345678\u202c", [Repair.SEPARATORS_REMOVED]),
        (" 09012345678\n", []),
        ("+819012345678", [Repair.COUNTRY_CODE_REMOVED]),
        ("+81 90-1234-5678", [Repair.SEPARATORS_REMOVED, Repair.COUNTRY_CODE_REMOVED]),
        ("+81 (0)90-1234-5678", [Repair.SEPARATORS_REMOVED, Repair.COUNTRY_CODE_REMOVED]),
        ("00819012345678", [Repair.COUNTRY_CODE_REMOVED]),
        ("010819012345678", [Repair.COUNTRY_CODE_REMOVED]),
        ("819012345678", [Repair.COUNTRY_CODE_REMOVED]),
        ("9012345678", [Repair.LEADING_ZERO_RESTORED]),
        ("9012345678.0", [Repair.SPREADSHEET_NUMBER, Repair.LEADING_ZERO_RESTORED]),
        ("9.012345678E+09", [Repair.SPREADSHEET_NUMBER, Repair.LEADING_ZERO_RESTORED]),
        ("9012345678.", [Repair.SPREADSHEET_NUMBER, Repair.LEADING_ZERO_RESTORED]),
        ("9,012,345,678", [Repair.SPREADSHEET_NUMBER, Repair.LEADING_ZERO_RESTORED]),
        ("-090-1234-5678", [Repair.SEPARATORS_REMOVED]),
        ("090﹣1234˗5678", [Repair.SEPARATORS_REMOVED]),
        ("＋81(0)90-1234-5678", [Repair.SEPARATORS_REMOVED, Repair.COUNTRY_CODE_REMOVED]),
        ("9.012345678e9", [Repair.SPREADSHEET_NUMBER, Repair.LEADING_ZERO_RESTORED]),
    ],
)
def test_mends_what_is_certain_and_says_so(raw: str, repairs: list[Repair]) -> None:
    """P-11: what was repaired is reported."""
    assert normalize_phone_number(raw) == NormalizedNumber(NUMBER, tuple(repairs))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", NumberRefusal.EMPTY),
        (" 　", NumberRefusal.EMPTY),
        ("-", NumberRefusal.EMPTY),
        ("なし", NumberRefusal.NOT_A_NUMBER),
        ("090-1234-5678（携帯）", NumberRefusal.NOT_A_NUMBER),
        ("090-1234-567X", NumberRefusal.NOT_A_NUMBER),
        ("0901234+5678", NumberRefusal.NOT_A_NUMBER),
        ("9" * 100, NumberRefusal.NOT_A_NUMBER),
        ("90123456.78", NumberRefusal.NOT_A_NUMBER),
        ("9012345678.5", NumberRefusal.NOT_A_NUMBER),
        ("0.9012345678", NumberRefusal.NOT_A_NUMBER),
        ("９０１２３４５６．７８", NumberRefusal.NOT_A_NUMBER),
        ("-9012345678", NumberRefusal.NOT_A_NUMBER),
        ("−9012345678", NumberRefusal.NOT_A_NUMBER),
        ("ー 9012345678", NumberRefusal.NOT_A_NUMBER),
        ("-90-1234-5678", NumberRefusal.NOT_A_NUMBER),
        ("-9.012345678E+09", NumberRefusal.NOT_A_NUMBER),
        ("▲9012345678", NumberRefusal.NOT_A_NUMBER),
        ("9012345678-", NumberRefusal.NOT_A_NUMBER),
        ("(9012345678)", NumberRefusal.NOT_A_NUMBER),
        ("9,012,345,67", NumberRefusal.NOT_A_NUMBER),
        ("9.0E+10", NumberRefusal.ROUNDED),
        ("9.0123456789E+10", NumberRefusal.WRONG_LENGTH),
        ("090-1234-5678 / 080-1234-5678", NumberRefusal.NOT_A_NUMBER),
        ("090-1234-5678 080-1234-5678", NumberRefusal.WRONG_LENGTH),
        ("090-1234-5678 内線12", NumberRefusal.NOT_A_NUMBER),
        ("9.01E+09", NumberRefusal.ROUNDED),
        ("9.01234568E+09", NumberRefusal.ROUNDED),
        ("9E+09", NumberRefusal.ROUNDED),
        ("8.19012E+11", NumberRefusal.ROUNDED),
        ("0901234567", NumberRefusal.WRONG_LENGTH),
        ("090123456789", NumberRefusal.WRONG_LENGTH),
        ("+8190123456789", NumberRefusal.WRONG_LENGTH),
        ("110", NumberRefusal.WRONG_LENGTH),
        ("0312345678", NumberRefusal.NOT_MOBILE),
        ("312345678", NumberRefusal.NOT_MOBILE),
        ("05012345678", NumberRefusal.NOT_MOBILE),
        ("0120123456", NumberRefusal.NOT_MOBILE),
        ("08001234567", NumberRefusal.NOT_MOBILE),
        ("07001234567", NumberRefusal.NOT_MOBILE),
        ("02012345678", NumberRefusal.MACHINE),
        ("02001234567890", NumberRefusal.MACHINE),
        ("+14155552671", NumberRefusal.FOREIGN),
        ("0114155552671", NumberRefusal.WRONG_LENGTH),
        ("00114155552671", NumberRefusal.FOREIGN),
    ],
)
def test_refuses_what_is_no_japanese_mobile_number_with_the_reason(raw: str, reason: NumberRefusal) -> None:
    """P-11: and never completes digits that a spreadsheet has rounded away."""
    assert read_phone_number(raw) is reason
    with pytest.raises(NotAMobileNumber) as refused:
        normalize_phone_number(raw)
    assert refused.value.reason is reason
    assert raw == "" or raw not in str(refused.value)


@pytest.mark.parametrize("digits", ["٠٩٠١٢٣٤٥٦٧٨", "090१२३४५६७८", "090①2345678"])
def test_takes_no_digits_of_other_scripts(digits: str) -> None:
    """P-11: only ASCII and full-width digits are digits of a Japanese number."""
    assert not is_mobile_number(digits)


def test_guesses_the_carrier_from_the_block() -> None:
    """S-2: a first guess, offline."""
    assert original_carrier("09012345678") is Carrier.AU


def test_guesses_every_carrier_for_some_block() -> None:
    """S-2: the data at hand knows all four."""
    blocks = {original_carrier(f"0{p}0{block}12345") for p in (7, 8, 9) for block in range(100, 1000)}
    assert blocks >= set(Carrier)


def test_guesses_nothing_for_what_is_no_mobile_number() -> None:
    """S-2."""
    assert original_carrier("0312345678") is None
    assert original_carrier("") is None


@pytest.mark.parametrize(
    ("number", "masked"), [(NUMBER, "090****5678"), ("0312345678", "031***5678"), ("110", "***"), ("", "")]
)
def test_masks_the_middle_of_a_number(number: str, masked: str) -> None:
    """Portal principle 4: masked by default."""
    assert mask_phone_number(number) == masked


@given(st.text())
def test_any_text_is_a_number_or_has_a_reason(text: str) -> None:
    """P-11."""
    number = read_phone_number(text)
    if isinstance(number, NormalizedNumber):
        assert read_phone_number(number.national) == NormalizedNumber(number.national, ())


_MOBILE = st.from_regex(r"0[6-9]0[1-9][0-9]{7}", fullmatch=True)
_SEPARATOR = st.sampled_from(["", "-", " ", "　", "ー", "－", "‐", "−"])


@given(
    _MOBILE, st.lists(_SEPARATOR, min_size=11, max_size=11), st.sampled_from(["0", "", "+81", "0081", "81"])
)
def test_reads_a_number_however_it_is_written(number: str, separators: list[str], start: str) -> None:
    """P-11: idempotent, and the same eleven digits come out."""
    written = start + "".join(d + s for d, s in zip(number[1:], separators, strict=False))
    assert normalize_phone_number(written).national == number


@given(_MOBILE)
def test_a_mask_hides_four_digits_of_a_mobile_number(number: str) -> None:
    """Portal principle 4."""
    assert mask_phone_number(number) == f"{number[:3]}****{number[7:]}"


def test_a_mobile_number_as_carriers_want_it_over_http() -> None:
    assert international_number("09012345678") == "+819012345678"


@pytest.mark.parametrize(
    "number", ["+819012345678", "9012345678", "090-1234-5678", "090123456789", "０９０１２３４５６７８", ""]
)
def test_only_the_national_form_becomes_international(number: str) -> None:
    """Anything else is a bug of the caller; the error does not quote it (I10)."""
    with pytest.raises(ValueError, match="not national with 11 digits") as caught:
        international_number(number)
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("03-1234-5678", "+81312345678"),
        ("０９０−１２３４−５６７８", "+819012345678"),
        ("0120-123-456", "+81120123456"),
        ("0570-012345", "+81570012345"),
        ("+81 3 1234 5678", "+81312345678"),
        ("+1 650 253 0000", "+16502530000"),
        ("110", None),
        ("0312345678 内線5", None),
        ("", None),
        ("電話", None),
        ("1" * 100, None),
    ],
)
def test_a_number_on_a_button_is_dialled_as_e164(written: str, dialled: str | None) -> None:
    """R-4: landlines and free-phone numbers as well as mobiles; short numbers have no such form."""
    assert callable_number(written) == dialled
