"""The request that registers a campaign: its form for the documentation, and reading a large one.

A request may hold 250,000 recipients. They are read in a worker thread by a plain loop, which gives way
to the event loop, and not by one long call into a validator, which does not.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from api.error_answers import validation_errors
from api.problems import ApiProblem, ProblemCode
from api.wording import MAX_ERRORS
from domain.campaigns import MAX_NAME_CHARACTERS, MAX_RECIPIENTS, CampaignContent
from domain.carriers import Carrier
from domain.follow_ups import MAX_VALID_HOURS, FollowUp, FollowUpTrigger
from domain.messages import ChannelPlan
from services.api_campaigns import ApiRecipient


class Recipient(BaseModel):
    """One recipient."""

    phone_number: Annotated[
        str,
        Field(
            description="日本の携帯電話番号。ハイフン・空白・全角・+81も受け付けます。",
            examples=["090-1234-5678"],
        ),
    ]
    variables: Annotated[
        dict[str, str],
        Field(description="本文の{{変数名}}に差し込む値。", examples=[{"氏名": "山田 花子"}]),
    ] = {}


class FollowUpRequest(BaseModel):
    """The second message of each recipient (P-7, P-8)."""

    model_config = ConfigDict(extra="forbid")

    trigger: Annotated[
        FollowUpTrigger,
        Field(description="`delivered`: 1通目が到達したら送る。`reply`: 1通目に返信があったら送る。"),
    ]
    sms_text: Annotated[str | None, Field(description="2通目のSMS本文。1通目と同じ変数を使えます。")] = None
    rcs_text: Annotated[str | None, Field(description="2通目の+メッセージ本文。")] = None
    valid_for_hours: Annotated[
        int | None,
        Field(
            strict=True,
            ge=1,
            le=MAX_VALID_HOURS,
            description="`reply`のみ。1通目の到達からこの時間以内の返信に2通目を送る。省略時は期限なし。",
        ),
    ] = None


class CampaignHead(BaseModel):
    """A campaign without its recipients."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(description=f"案件名({MAX_NAME_CHARACTERS}文字以内)。")]
    channel: Annotated[ChannelPlan, Field(description="配信チャネル。")]
    sms_text: Annotated[str | None, Field(description="SMS本文。660文字以内(変数の差し込み後)。")] = None
    rcs_text: Annotated[
        str | None, Field(description="+メッセージ本文。2,730文字以内(変数の差し込み後)。")
    ] = None
    send_at: Annotated[
        AwareDatetime | None, Field(description="配信日時(時差付き)。省略するとすぐに配信します。")
    ] = None
    carriers: Annotated[
        list[Carrier] | None, Field(description="このキャリアの宛先だけに配信します。省略時はすべて。")
    ] = None
    exclude_opt_outs: Annotated[
        bool, Field(strict=True, description="オプトアウトリストの宛先を除外します(オプション契約)。")
    ] = False
    recycling_reference_on: Annotated[
        date | None, Field(description="誤配信防止の基準日(オプション契約)。")
    ] = None
    follow_up: Annotated[
        FollowUpRequest | None, Field(description="2通目(連続配信・自動返信)。省略時は送りません。")
    ] = None


class CampaignRequest(CampaignHead):
    """A campaign to register."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "予約確認",
                    "channel": "rcs_with_sms_fallback",
                    "rcs_text": "{{氏名}}様、明日のご予約を承っております。",
                    "sms_text": "{{氏名}}様、明日のご予約を承っております。",
                    "recipients": [{"phone_number": "090-1234-5678", "variables": {"氏名": "山田 花子"}}],
                    "send_at": "2026-12-01T10:00:00+09:00",
                }
            ]
        }
    )

    recipients: Annotated[list[Recipient], Field(min_length=1, max_length=MAX_RECIPIENTS)]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request as it was understood. ``request_hash`` is the same for any way of writing the same."""

    content: CampaignContent
    recipients: list[ApiRecipient]
    request_hash: bytes


def read_campaign_request(body: bytes) -> ReadRequest:
    """Read a body; raise ``ApiProblem`` with every mistake of form. Takes seconds for a large one."""
    try:
        request = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise ApiProblem(ProblemCode.MALFORMED_JSON) from None
    del body
    if not isinstance(request, dict):
        raise _invalid([_mistake(None, "リクエスト本文はJSONオブジェクトで送信してください。")])
    listed = request.pop("recipients", None)
    mistakes: list[dict[str, Any]] = []
    head = _head_of(request, mistakes)
    recipients = _recipients_of(listed, mistakes)
    if head is None or mistakes:
        raise _invalid(mistakes)
    content = CampaignContent(
        name=head.name,
        channel_plan=head.channel,
        sms_text=head.sms_text,
        rcs_text=head.rcs_text,
        send_at=head.send_at,
        carriers=None if head.carriers is None else tuple(head.carriers),
        exclude_opt_outs=head.exclude_opt_outs,
        recycling_reference_on=head.recycling_reference_on,
        follow_up=FollowUp(**head.follow_up.model_dump()) if head.follow_up else None,
    )
    return ReadRequest(content, recipients, _hash_of(head, recipients))


def _head_of(request: Mapping[str, Any], mistakes: list[dict[str, Any]]) -> CampaignHead | None:
    try:
        return CampaignHead.model_validate(request)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        mistakes += validation_errors(list(found))
        return None


def _recipients_of(listed: object, mistakes: list[dict[str, Any]]) -> list[ApiRecipient]:
    if listed is None:
        mistakes.append({"code": "required", "field": "recipients", "detail": "必須の項目です。"})
        return []
    if not isinstance(listed, list) or not listed:
        mistakes.append(_mistake("recipients", "1件以上の宛先を配列で指定してください。"))
        return []
    recipients = []
    for index, item in enumerate(listed):
        problem = _form_of(item)
        if problem is None:
            recipients.append(ApiRecipient(item["phone_number"], item.get("variables") or {}))
            continue
        place, detail = problem
        mistakes.append({**_mistake(f"recipients[{index}]{place}", detail), "row": index + 1})
        if len(mistakes) >= MAX_ERRORS:
            break
    return recipients


def _form_of(item: object) -> tuple[str, str] | None:
    """Return where a recipient is not as it must be, and what is wrong; ``None`` if nothing is."""
    if not isinstance(item, dict):
        return "", "宛先はオブジェクトで指定してください。"
    if not isinstance(item.get("phone_number"), str):
        return ".phone_number", "電話番号を文字列で指定してください。"
    variables = item.get("variables")
    if variables is not None and not isinstance(variables, dict):
        return ".variables", "変数はオブジェクトで指定してください。"
    if variables and not all(isinstance(value, str) for value in variables.values()):
        return ".variables", "変数の値は文字列で指定してください。"
    if len(item) > 1 + ("variables" in item):
        return "", "phone_numberとvariables以外の項目は指定できません。"
    return None


def _hash_of(head: CampaignHead, recipients: list[ApiRecipient]) -> bytes:
    # Without one the hash is that of the time before there were any: keys are good for repetitions then too.
    unused = {"follow_up"} if head.follow_up is None else None
    digest = hashlib.sha256(head.model_dump_json(exclude=unused).encode())
    for recipient in recipients:
        values = [recipient.phone_number, recipient.variables]
        digest.update(json.dumps(values, sort_keys=True).encode())
    return digest.digest()


def _mistake(field: str | None, detail: str) -> dict[str, Any]:
    return {"code": "invalid_value", "field": field, "detail": detail}


def _invalid(mistakes: list[dict[str, Any]]) -> ApiProblem:
    return ApiProblem(ProblemCode.INVALID_REQUEST, mistakes[:MAX_ERRORS])
