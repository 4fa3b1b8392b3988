"""The description of the API that programs and tools read (OpenAPI 3.1)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.campaign_requests import CampaignRequest
from api.problems import ANSWERS, MEDIA_TYPE, Problem

DESCRIPTION = """\
SMSと+メッセージの配信API。

- 認証: 会社ごとのAPIキーを `Authorization: Bearer <APIキー>` で指定します。
- エラー: RFC 9457 (`application/problem+json`)。プログラムは `code` と `errors[].code` で判断してください。
- 再送: `Idempotency-Key` を付けた登録は、同じキーで何度送っても1回だけ登録されます。
  2回目以降の応答には `Idempotency-Replayed: true` が付きます。
- 日時: 時差付きのISO 8601。
- メッセージの状態: `accepted` → `sending` → `sent` → `delivered` / `undelivered` / `expired` /
  `carrier_undetermined` / `excluded` / `cancelled` / `unknown` のいずれか1つで終わります。
"""

TAGS = [
    {"name": "campaigns", "description": "案件の登録・照会・取消"},
    {"name": "messages", "description": "メッセージの照会"},
]

# The body is read by hand (its size), so its description is put in by hand.
CAMPAIGN_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CampaignRequest"}}},
    }
}

REGISTERED: dict[int | str, dict[str, Any]] = {
    201: {
        "headers": {
            "Location": {"description": "案件のURL。", "schema": {"type": "string"}},
            "Idempotency-Replayed": {
                "description": "同じIdempotency-Keyの2回目以降の応答では`true`。",
                "schema": {"type": "string", "enum": ["true"]},
            },
        }
    }
}

_TITLES = {status: title for status, title, _ in reversed(ANSWERS.values())} | {
    400: "Bad request",
    403: "Forbidden",
    409: "Conflict",
    422: "Invalid content",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the problem answers of a route for its description; 500 is always possible.

    A route that takes a key may refuse it (403), and strangers who try too many (429).
    """
    of_keys = (403, 429) if 401 in statuses else ()
    return {
        status: {
            "model": Problem,
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({*statuses, *of_keys, 500})
    }


def install_openapi(app: FastAPI) -> None:
    """Make ``app`` describe itself completely, once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": "/api/v1"}],
    )
    schemas = schema["components"]["schemas"]
    body = CampaignRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(body.pop("$defs"))
    schemas["CampaignRequest"] = body
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"] = _only_problems(operation["responses"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return schema


def _only_problems(responses: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the responses without what FastAPI adds by itself: JSON errors, and a 422 that never comes."""
    kept = {}
    for status, response in responses.items():
        if status.startswith(("4", "5")):
            response["content"].pop("application/json", None)
        if response["content"]:
            kept[status] = response
    return kept
