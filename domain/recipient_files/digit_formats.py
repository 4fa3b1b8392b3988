"""Numbers under a format of digits: 00000, #,##0.00, 0%, 000-0000, 0.0E+00, # ?/? (ECMA-376, 18.8.31)."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from domain.recipient_files.format_codes import Section, Token, UnknownFormat

_GROUP = 3


def draw_number(value: Decimal, section: Section, *, negative: bool) -> str:
    """Return ``value``, not negative, as ``section`` shows it; rounded half up, as spreadsheets do."""
    tokens = list(section.tokens)
    if not section.has_digits:
        text = "".join(token.text for token in tokens)
        return f"-{text}" if negative and text else text
    if "slash" in section.kinds:
        return _draw_fraction(value, tokens, negative=negative)
    value *= Decimal(100) ** sum(token.kind == "percent" for token in tokens)
    value /= Decimal(1000) ** _scaling_commas(tokens)
    if "exponent" in section.kinds:
        return _draw_scientific(value, tokens, negative=negative)
    point = next((at for at, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    whole_tokens, decimal_tokens = tokens[:point], tokens[point:]
    places = sum(token.kind == "digit" for token in decimal_tokens)
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, decimals = format(rounded, "f").partition(".")
    drawn = _draw_whole(whole, whole_tokens) + _draw_decimals(decimals, decimal_tokens)
    return f"-{drawn}" if negative and rounded else drawn


def _scaling_commas(tokens: list[Token]) -> int:
    """Count the commas behind the last digit: each divides by a thousand."""
    last = max(at for at, token in enumerate(tokens) if token.kind == "digit")
    scaling = 0
    for token in tokens[last + 1 :]:
        if token.kind != "comma":
            break
        scaling += 1
    return scaling


def _draw_whole(digits: str, tokens: list[Token]) -> str:
    """Fill the places before the point from the right; what is left over stands at the first place."""
    places = [at for at, token in enumerate(tokens) if token.kind == "digit"]
    if not places:
        # ".5" of the code ".0": no place for a zero.
        lead = digits if digits != "0" else ""
        return "".join(_literal(token) for token in tokens) + lead
    grouped = any(token.kind == "comma" and places[0] < at < places[-1] for at, token in enumerate(tokens))
    left = "" if digits == "0" else digits
    drawn: list[str] = []
    count = 0
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.kind != "digit":
            drawn.append(_literal(token))
            continue
        taken = left if at == places[0] else left[-1:]
        left = left[: len(left) - len(taken)]
        for digit in reversed(taken or {"0": "0", "?": " ", "#": ""}[token.text]):
            if grouped and count and count % _GROUP == 0:
                drawn.append("," if digit != " " else " ")
            drawn.append(digit)
            count += 1
    return "".join(reversed(drawn))


def _draw_decimals(digits: str, tokens: list[Token]) -> str:
    significant = len(digits.rstrip("0"))
    drawn = []
    place = 0
    for token in tokens:
        if token.kind == "point":
            drawn.append(".")
        elif token.kind == "digit":
            shown = digits[place] if place < significant or token.text == "0" else ""
            drawn.append(shown if shown or token.text != "?" else " ")
            place += 1
        else:
            drawn.append(_literal(token))
    return "".join(drawn)


def _literal(token: Token) -> str:
    if token.kind in ("literal", "percent"):
        return token.text
    if token.kind == "comma":
        return ""
    raise UnknownFormat(token.text)


def _draw_scientific(value: Decimal, tokens: list[Token], *, negative: bool) -> str:
    at = next(index for index, token in enumerate(tokens) if token.kind == "exponent")
    mantissa, behind = tokens[:at], tokens[at + 1 :]
    point = next((index for index, token in enumerate(mantissa) if token.kind == "point"), at)
    width = sum(token.kind == "digit" for token in mantissa[:point]) or 1
    places = sum(token.kind == "digit" for token in mantissa[point:])
    exponent = value.adjusted() if value else 0
    exponent -= exponent % width if width > 1 else 0
    step = Decimal(1).scaleb(-places)
    scaled = value.scaleb(-exponent).quantize(step, ROUND_HALF_UP)
    if scaled >= Decimal(10) ** width:
        exponent += width
        scaled = value.scaleb(-exponent).quantize(step, ROUND_HALF_UP)
    whole, _, decimals = format(scaled, "f").partition(".")
    sign = "-" if exponent < 0 else "+" if tokens[at].text[1] == "+" else ""
    power = _draw_whole(str(abs(exponent)), behind)
    drawn = (
        f"{_draw_whole(whole, mantissa[:point])}{_draw_decimals(decimals, mantissa[point:])}E{sign}{power}"
    )
    return f"-{drawn}" if negative else drawn


def _draw_fraction(value: Decimal, tokens: list[Token], *, negative: bool) -> str:
    """# ?/?, # ??/?? and # ?/8: the nearest fraction with so many digits below, or with that one."""
    code = "".join(token.text for token in tokens if token.kind in ("digit", "slash", "literal"))
    head, _, below = code.partition("/")
    below = below.strip()
    whole_code, _, above = head.rstrip().rpartition(" ")
    if not above or set(above) - set("0#?") or set(whole_code.strip()) - set("0#?"):
        raise UnknownFormat(code)
    whole = int(value) if whole_code.strip() else 0
    rest = Fraction(value) - whole
    if below.isdigit() and below.strip("0"):
        nearest = Fraction(round(rest * int(below)), int(below))
        upper, lower = round(rest * int(below)), int(below)
    elif below and not set(below) - set("0#?"):
        nearest = rest.limit_denominator(10 ** len(below) - 1)
        upper, lower = nearest.numerator, nearest.denominator
    else:
        raise UnknownFormat(code)
    if whole_code.strip() and nearest == 1:
        whole, upper = whole + 1, 0
    parts = [str(whole)] if whole or (whole_code.strip() and not upper) else []
    parts += [f"{upper}/{lower}"] if upper or not whole_code.strip() else []
    drawn = " ".join(parts)
    return f"-{drawn}" if negative else drawn
