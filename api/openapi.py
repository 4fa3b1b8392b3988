"""The description of the API that programs and tools read (OpenAPI 3.1)."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.campaign_requests import CampaignRequest
from api.limits_described import EVERY_ANSWER, HEADERS, LIMITS_TEXT, body_limits
from api.problems import ANSWERS, MEDIA_TYPE, Problem, ProblemCode
from api.settings import ApiSettings
from api.wording import ERROR_CODES

DESCRIPTION = f"""\
SMSと+メッセージの配信API。

- 認証: 会社ごとのAPIキーを `Authorization: Bearer <APIキー>` で指定します。
- エラー: RFC 9457 (`application/problem+json`)。プログラムは `code` と `errors[].code` で判断してください。
  操作ごとに返りうる `code` は、応答の `x-problem-codes` にあります。
- 再送: `Idempotency-Key` を付けた登録は、同じキーで何度送っても1回だけ登録されます。
  2回目以降の応答には `Idempotency-Replayed: true` が付きます。最初のリクエストの処理中は409
  (`request_in_progress`)を返します。同じ日時を別の時差で書いたものなど、意味の同じ本文は同じリクエストです。
- 日時: RFC 3339。指定には時差が必要です。応答はUTC・ミリ秒(例: `2026-12-01T01:00:00.000Z`)です。
- 知らない項目・パラメーター、2回書かれた項目は、無視せずエラーにします。
- メッセージの状態: `accepted` → `sending` → `sent` → `delivered` / `undelivered` / `expired` /
  `carrier_undetermined` / `excluded` / `cancelled` / `unknown` のいずれか1つで終わります。
{LIMITS_TEXT}"""

TAGS = [
    {"name": "campaigns", "description": "案件の登録・照会・取消"},
    {"name": "messages", "description": "メッセージの照会"},
]

LICENSE = {"name": "All rights reserved", "identifier": "LicenseRef-Proprietary"}

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
            "Location": {
                "description": "案件のURL。",
                "schema": {"type": "string", "format": "uri-reference"},
            },
            "Idempotency-Replayed": {
                "description": "同じIdempotency-Keyの2回目以降の応答では`true`。",
                "schema": {"type": "string", "enum": ["true"]},
            },
        }
    }
}

# What every operation may answer, whatever it does.
_ALWAYS = (
    ProblemCode.UNAUTHORIZED,
    ProblemCode.INSUFFICIENT_SCOPE,
    ProblemCode.ADDRESS_NOT_ALLOWED,
    ProblemCode.INVALID_REQUEST,
    ProblemCode.TOO_MANY_REQUESTS,
    ProblemCode.RATE_LIMITED,
    ProblemCode.INTERNAL_ERROR,
    ProblemCode.TEMPORARILY_UNAVAILABLE,
)
_WITH_RETRY_AFTER = frozenset({429, 503})


def problems(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """Return the problem answers of a route that takes a key, for its description: ``codes``, and what may
    always come.
    """
    answers: dict[int | str, dict[str, Any]] = {}
    for code in sorted({*codes, *_ALWAYS}, key=lambda code: (ANSWERS[code][0], code)):
        status, title, detail = ANSWERS[code]
        answer = answers.setdefault(status, _answer_of(status))
        answer["x-problem-codes"].append(code.value)
        answer["description"] = " / ".join(f"`{value}`" for value in answer["x-problem-codes"])
        answer["content"][MEDIA_TYPE]["examples"][code.value] = {
            "summary": detail,
            "value": {
                "type": f"urn:message-delivery:problem:{code.value}",
                "title": title,
                "status": status,
                "detail": detail,
                "code": code.value,
                "request_id": "4821-7730-9154",
                "errors": [],
            },
        }
        if status in _WITH_RETRY_AFTER or code is ProblemCode.REQUEST_IN_PROGRESS:
            answer["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return answers


def _answer_of(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    headers = {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}} if status == 401 else {}
    return {
        "model": Problem,
        "headers": headers,
        "x-problem-codes": [],
        "content": {MEDIA_TYPE: {"schema": schema, "examples": {}}},
    }


def install_openapi(app: FastAPI, settings: ApiSettings) -> None:
    """Make ``app`` describe itself completely, once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, settings)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _described(app: FastAPI, settings: ApiSettings) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": "/api/v1"}],
        license_info=LICENSE,
    )
    components = schema["components"]
    schemas = components["schemas"]
    body = CampaignRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(body.pop("$defs"))
    schemas["CampaignRequest"] = body
    for name in ("CampaignRequest", "FollowUpRequest", "Recipient"):
        _without_defaults(schemas[name])
    schemas["ProblemError"]["properties"]["code"]["x-error-codes"] = ERROR_CODES
    components["headers"] = HEADERS
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"] = _only_problems(operation["responses"])
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _not_null(parameter["schema"])
            if "requestBody" in operation:
                operation["requestBody"]["x-limits"] = body_limits(settings)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return schema


def _without_defaults(schema: dict[str, Any]) -> None:
    """Generators take a member with a default for one that is always there, and then demand it."""
    for member in schema["properties"].values():
        member.pop("default", None)


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is not null: nothing in an address or a header is."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]}


def _only_problems(responses: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the responses without what FastAPI adds by itself, with the headers every answer has."""
    kept = {}
    for status, response in responses.items():
        if status.startswith(("4", "5")):
            response["content"].pop("application/json", None)
        if response["content"]:
            response["headers"] = {**response.get("headers", {}), **EVERY_ANSWER}
            kept[status] = response
    return kept
