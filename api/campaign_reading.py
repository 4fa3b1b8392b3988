"""Reading a request that registers a campaign, and what it means apart from how it is written.

A request may hold 250,000 recipients. They are read in a worker thread by a plain loop, which gives way
to the event loop, and not by one long call into a validator, which does not.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from api.campaign_requests import CampaignHead
from api.error_answers import validation_errors
from api.json_bodies import DuplicateMember, UnreadableJson, parse_json
from api.problems import ApiProblem, ProblemCode
from api.recipient_forms import RecipientForms
from api.wording import MAX_ERRORS, at_most
from domain.campaigns import CampaignContent
from domain.follow_ups import FollowUp
from domain.templates import clean_text
from domain.text_limits import MAX_TEXT_LENGTH
from domain.visible_text import trim
from services.api_campaigns import ApiRecipient

# More members or carriers than there are cannot all be wrong one by one: a validator lists each.
_MOST_MEMBERS = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A request as it was understood. ``request_hash`` is the same for any way of writing the same."""

    content: CampaignContent
    recipients: list[ApiRecipient]
    request_hash: bytes


def read_campaign_request(body: bytes | bytearray) -> ReadRequest:
    """Read a body (a bytearray is emptied); raise ``ApiProblem`` with every mistake of form.

    Takes seconds for a large one.
    """
    request = _object_in(body)
    del body
    listed = request.pop("recipients", None)
    mistakes: list[dict[str, Any]] = []
    head = _head_of(request, mistakes)
    recipients = _recipients_of(listed, mistakes)
    if head is None or mistakes:
        # The error's traceback holds these for a while.
        request.clear()
        recipients.clear()
        if isinstance(listed, list):
            listed.clear()
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
    return ReadRequest(content, recipients, _hash_of(content, recipients))


def _object_in(body: bytes | bytearray) -> dict[str, Any]:
    try:
        request = parse_json(body)
    except UnreadableJson:
        raise ApiProblem(ProblemCode.MALFORMED_JSON) from None
    except DuplicateMember as twice:
        name = twice.name[:MAX_ERRORS]
        detail = f"同じオブジェクトに「{name}」が2つ以上あります。どちらの値か決められません。"
        error = {"code": "duplicate_member", "field": name, "detail": detail}
        raise ApiProblem(ProblemCode.MALFORMED_JSON, [error]) from None
    if not isinstance(request, dict):
        raise _invalid([_mistake(None, "リクエスト本文はJSONオブジェクトで送信してください。")])
    return request


def _head_of(request: Mapping[str, Any], mistakes: list[dict[str, Any]]) -> CampaignHead | None:
    for field, value in ((None, request), *request.items()):
        if isinstance(value, dict | list) and len(value) > _MOST_MEMBERS:
            mistakes.append(_mistake(field, "項目が多すぎます。"))
    if mistakes:
        return None
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
    forms = RecipientForms()
    recipients = []
    for index, item in enumerate(listed):
        mistake = forms.mistake_in(item)
        if mistake is None:
            recipients.append(ApiRecipient(item["phone_number"], forms.by_key(item.get("variables") or {})))
            listed[index] = None  # what is read is not kept a second time
            continue
        field = f"recipients[{index}]{mistake.pop('field')}"
        mistakes.append({**mistake, "field": field, "row": index + 1})
        if len(mistakes) > MAX_ERRORS:
            break
    return recipients


def _hash_of(content: CampaignContent, recipients: list[ApiRecipient]) -> bytes:
    """Return a digest of what is asked for: the same moment in any offset, the same text however written."""
    second = content.follow_up
    digest = hashlib.sha256(
        json.dumps(
            [
                _normal(content.name),
                content.channel_plan,
                _normal(content.sms_text),
                _normal(content.rcs_text),
                # Counted, not shifted: the ends of the calendar have no other zone.
                content.send_at and (content.send_at - _EPOCH) // timedelta(microseconds=1),
                content.carriers and sorted(set(content.carriers)),
                content.exclude_opt_outs,
                content.recycling_reference_on and content.recycling_reference_on.isoformat(),
                second
                and [
                    second.trigger,
                    _normal(second.sms_text),
                    _normal(second.rcs_text),
                    second.valid_for_hours,
                ],
            ]
        ).encode()
    )
    for recipient in recipients:
        values = [recipient.phone_number, recipient.variables]
        digest.update(json.dumps(values, sort_keys=True).encode())
    return digest.digest()


def _normal(text: str | None) -> str | None:
    """Return a text as it is kept; one that is too long is refused, whatever it says."""
    return text if text is None or len(text) > MAX_TEXT_LENGTH else trim(clean_text(text))


def _mistake(field: str | None, detail: str) -> dict[str, Any]:
    return {"code": "invalid_value", "field": field, "detail": detail}


def _invalid(mistakes: list[dict[str, Any]]) -> ApiProblem:
    return ApiProblem(ProblemCode.INVALID_REQUEST, at_most(mistakes))
