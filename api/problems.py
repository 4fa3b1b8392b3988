"""Problem answers (RFC 9457): one shape for everything that goes wrong, with codes programs can rely on."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from middleware.request_ids import current_request_id

MEDIA_TYPE = "application/problem+json"


class ProblemCode(StrEnum):
    """What went wrong with a request as a whole."""

    MALFORMED_JSON = "malformed_json"
    INVALID_CURSOR = "invalid_cursor"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    UNAUTHORIZED = "unauthorized"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    REQUEST_IN_PROGRESS = "request_in_progress"
    CAMPAIGN_NOT_CANCELLABLE = "campaign_not_cancellable"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID_REQUEST = "invalid_request"
    CAMPAIGN_REFUSED = "campaign_refused"
    TOO_MANY_REQUESTS = "too_many_requests"
    RATE_LIMITED = "rate_limited"
    TOO_MANY_AT_ONCE = "too_many_at_once"
    REQUEST_TIMEOUT = "request_timeout"
    REQUEST_FAILED = "request_failed"
    INTERNAL_ERROR = "internal_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"


# Status, title in short, and in the reader's language what to do.
ANSWERS: dict[ProblemCode, tuple[int, str, str]] = {
    ProblemCode.MALFORMED_JSON: (400, "Malformed JSON", "リクエスト本文をJSONとして読み取れません。"),
    ProblemCode.INVALID_CURSOR: (
        400,
        "Invalid cursor",
        "cursorが正しくありません。直前の応答のnext_cursorをそのまま指定してください。",
    ),
    ProblemCode.INVALID_IDEMPOTENCY_KEY: (
        400,
        "Invalid Idempotency-Key",
        "Idempotency-Keyは1〜255文字の半角英数字・記号で指定してください。",
    ),
    ProblemCode.UNAUTHORIZED: (
        401,
        "Unauthorized",
        "APIキーが指定されていないか、無効です。Authorization: Bearer <APIキー> を指定してください。",
    ),
    ProblemCode.INSUFFICIENT_SCOPE: (
        403,
        "Insufficient scope",
        "このAPIキーは照会専用です。登録や取消には「照会と配信」のキーを使ってください。",
    ),
    ProblemCode.ADDRESS_NOT_ALLOWED: (
        403,
        "Address not allowed",
        "このAPIキーは、接続元のIPアドレスからは使えません。ポータルの「APIキー」で許可したアドレスをご確認ください。",
    ),
    ProblemCode.NOT_FOUND: (404, "Not found", "指定されたものが見つかりません。IDとURLをご確認ください。"),
    ProblemCode.METHOD_NOT_ALLOWED: (405, "Method not allowed", "このURLでは使えないメソッドです。"),
    ProblemCode.IDEMPOTENCY_CONFLICT: (
        409,
        "Idempotency-Key already used",
        "このIdempotency-Keyは別の内容のリクエストで使用済みです。内容を変える場合は新しいキーを指定してください。",
    ),
    ProblemCode.REQUEST_IN_PROGRESS: (
        409,
        "Request in progress",
        "同じIdempotency-Keyのリクエストを処理しています。Retry-After秒後に、同じキーで再送してください。",
    ),
    ProblemCode.CAMPAIGN_NOT_CANCELLABLE: (
        409,
        "Campaign not cancellable",
        "下書きまたは配信が完了した案件は取り消せません。",
    ),
    ProblemCode.BODY_TOO_LARGE: (
        413,
        "Body too large",
        "リクエスト本文が大きすぎます。宛先を分けて登録してください。",
    ),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: (
        415,
        "Unsupported media type",
        "Content-Type: application/json で送信してください。",
    ),
    ProblemCode.INVALID_REQUEST: (
        422,
        "Invalid request",
        "リクエストの項目に誤りがあります。errorsの各項目を修正してください。",
    ),
    ProblemCode.CAMPAIGN_REFUSED: (
        422,
        "Campaign refused",
        "案件を登録できません。何も登録されていません。errorsの各項目を修正してください。",
    ),
    ProblemCode.TOO_MANY_REQUESTS: (
        429,
        "Too many requests",
        "無効なAPIキーでのリクエストが続いたため、受け付けを止めています。"
        "Retry-After秒後に、正しいキーで再送してください。",
    ),
    ProblemCode.RATE_LIMITED: (
        429,
        "Rate limited",
        "リクエストが多すぎます。処理していません。Retry-After秒後に再送してください。"
        "残りの回数は応答のRateLimit-Remainingでわかります。",
    ),
    ProblemCode.TOO_MANY_AT_ONCE: (
        429,
        "Too many at once",
        "同時に登録できる案件の数を超えています。何も登録されていません。"
        "Retry-After秒後に、同じIdempotency-Keyで再送してください。",
    ),
    ProblemCode.REQUEST_TIMEOUT: (
        408,
        "Request timeout",
        "リクエスト本文が時間内に届きませんでした。何も登録されていません。",
    ),
    ProblemCode.REQUEST_FAILED: (400, "Request failed", "リクエストを処理できません。"),
    ProblemCode.INTERNAL_ERROR: (
        500,
        "Internal error",
        "システムエラーが発生しました。同じIdempotency-Keyで再送しても二重に登録されることはありません。",
    ),
    ProblemCode.TEMPORARILY_UNAVAILABLE: (
        503,
        "Temporarily unavailable",
        "一時的に処理できません。Retry-After秒後に、同じIdempotency-Keyで再送してください。",
    ),
}


class ProblemError(BaseModel):
    """One thing to mend. Further members hold its particulars, such as ``limit`` and ``characters``."""

    model_config = ConfigDict(extra="allow")

    code: Annotated[str, Field(examples=["unknown_variable"])]
    field: Annotated[str | None, Field(examples=["sms_text"])] = None
    row: Annotated[int | None, Field(description="Position of the recipient, from 1.", examples=[None])] = (
        None
    )
    detail: Annotated[str, Field(examples=["変数「氏名」の列が宛先にありません。"])]


class Problem(BaseModel):
    """A problem answer (RFC 9457). Decide by ``code``; ``title`` and ``detail`` are for people."""

    type: Annotated[str, Field(examples=["urn:message-delivery:problem:campaign_refused"])]
    title: Annotated[str, Field(examples=["Campaign refused"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=["案件を登録できません。"])]
    code: ProblemCode
    request_id: Annotated[
        str, Field(description="お問い合わせ番号。X-Request-IDヘッダーと同じ。", examples=["4821-7730-9154"])
    ]
    errors: Annotated[
        list[ProblemError], Field(description="What to mend, at most 100; empty where nothing can be.")
    ]


class ApiProblem(Exception):
    """Ends a request with a problem answer."""

    def __init__(
        self,
        code: ProblemCode,
        errors: Sequence[Mapping[str, Any]] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.errors = errors
        self.headers = headers


def problem_response(
    code: ProblemCode,
    errors: Sequence[Mapping[str, Any]] = (),
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the answer for ``code``; ``status`` replaces its usual one."""
    usual, title, detail = ANSWERS[code]
    body = {
        "type": f"urn:message-delivery:problem:{code.value}",
        "title": title,
        "status": status or usual,
        "detail": detail,
        "code": code.value,
        "request_id": current_request_id(),
        "errors": list(errors),
    }
    return JSONResponse(body, status or usual, headers, media_type=MEDIA_TYPE)
