"""The limits of the API as programs can read them: in the description, and in headers of answers."""

from typing import Any

from api.settings import ApiSettings
from domain.campaigns import MAX_RECIPIENTS
from domain.rate_limits import LIMITS, REGISTRATIONS_AT_ONCE, LimitKind
from domain.text_limits import MAX_VARIABLE_NAME_LENGTH, MAX_VARIABLE_VALUE_LENGTH, MAX_VARIABLES

_RATE = LIMITS[LimitKind.API_REQUEST]
_PER_SECOND = round(1 / _RATE.refill_seconds)

LIMITS_TEXT = f"""\
- リクエスト数: 会社ごとに続けて{_RATE.burst:,}回まで、以後は毎秒{_PER_SECOND}回。残りは応答の
  `RateLimit-*`ヘッダー、超えた場合は429 (`rate_limited`)の`Retry-After`でわかります。
- 同時に処理する登録: 会社ごとに{REGISTRATIONS_AT_ONCE}件。続きは順番を待ち、待ちきれない場合は429
  (`too_many_at_once`)を返します。
- 1回の登録: 宛先{MAX_RECIPIENTS:,}件、変数名{MAX_VARIABLES}種類({MAX_VARIABLE_NAME_LENGTH}文字まで)、
  変数の値{MAX_VARIABLE_VALUE_LENGTH:,}文字まで。本文の大きさは`requestBody`の`x-limits`にあります。
"""

HEADERS: dict[str, Any] = {
    "RateLimit-Limit": {
        "description": "続けて送信できるリクエストの数(会社ごと)。",
        "schema": {"type": "integer", "minimum": 0, "examples": [_RATE.burst]},
    },
    "RateLimit-Remaining": {
        "description": "いま残っているリクエストの数。",
        "schema": {"type": "integer", "minimum": 0, "examples": [_RATE.burst - 1]},
    },
    "RateLimit-Reset": {
        "description": "リクエストがなければ、残りが上限に戻るまでの秒数。",
        "schema": {"type": "integer", "minimum": 0, "examples": [1]},
    },
    "Retry-After": {
        "description": "再送まで待つ秒数。",
        "schema": {"type": "integer", "minimum": 1, "examples": [2]},
    },
    "X-Request-ID": {
        "description": "リクエストの番号。お問い合わせの際にお知らせください。",
        "schema": {"type": "string", "examples": ["4821-7730-9154"]},
    },
    "WWW-Authenticate": {"description": "認証の方式。", "schema": {"type": "string", "examples": ["Bearer"]}},
}

# The rate only in answers to a valid key.
EVERY_ANSWER = {
    name: {"$ref": f"#/components/headers/{name}"}
    for name in HEADERS
    if name.startswith(("RateLimit-", "X-"))
}


def body_limits(settings: ApiSettings) -> dict[str, int]:
    """Return the limits of a registration in one request, in numbers."""
    return {
        "max_bytes": settings.max_campaign_bytes,
        "max_recipients": MAX_RECIPIENTS,
        "max_variables": MAX_VARIABLES,
        "max_variable_name_characters": MAX_VARIABLE_NAME_LENGTH,
        "max_variable_value_characters": MAX_VARIABLE_VALUE_LENGTH,
        "requests_in_a_row": _RATE.burst,
        "requests_per_second": _PER_SECOND,
        "registrations_at_once": REGISTRATIONS_AT_ONCE,
    }
