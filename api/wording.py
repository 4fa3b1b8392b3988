"""What is wrong with a campaign, in the words of the developer who reads the problem answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.campaigns import CampaignProblem, ProblemFound
from domain.recipient_files import RowErrorCode
from services.campaign_check import CampaignCheck

MAX_ERRORS = 100

# Where the API's name of a field is another one than the domain's.
_FIELDS = {
    "channel_plan": "channel",
    "follow_up_sms_text": "follow_up.sms_text",
    "follow_up_rcs_text": "follow_up.rcs_text",
    "follow_up_valid_for_hours": "follow_up.valid_for_hours",
}

_PROBLEMS: dict[CampaignProblem, str] = {
    CampaignProblem.NAME_MISSING: "案件名を指定してください。",
    CampaignProblem.NAME_TOO_LONG: "案件名は{limit}文字以内にしてください(現在{characters}文字)。",
    CampaignProblem.SMS_TEXT_MISSING: "このchannelではsms_textが必要です。",
    CampaignProblem.SMS_TEXT_TOO_LONG: "sms_textは{limit}文字以内にしてください(現在{characters}文字)。",
    CampaignProblem.RCS_TEXT_MISSING: "このchannelではrcs_textが必要です。",
    CampaignProblem.RCS_TEXT_TOO_LONG: "rcs_textは{limit}文字以内にしてください(現在{characters}文字)。",
    CampaignProblem.UNKNOWN_VARIABLE: (
        "変数「{name}」({line}行{column}文字目)が、どの宛先のvariablesにもありません。"
    ),
    CampaignProblem.MALFORMED_VARIABLE: (
        "{line}行{column}文字目の「{name}」が正しくありません。変数は{{{{変数名}}}}の形で書いてください。"
    ),
    CampaignProblem.UNSHOWABLE_CHARACTER: (
        "{line}行{column}文字目の文字({name})は携帯電話で表示できません。別の文字にしてください。"
    ),
    CampaignProblem.MORE_PROBLEMS: "この本文には、ほかにも誤りが{count}か所あります。",
    CampaignProblem.LINK_NOT_AVAILABLE: "「{name}」はご契約のオプションに含まれていません。",
    CampaignProblem.PAST_SEND_TIME: "send_atには未来の日時を指定してください。",
    CampaignProblem.SEND_TIME_TOO_FAR: "send_atは1年以内の日時を指定してください。",
    CampaignProblem.RECIPIENTS_MISSING: "recipientsを指定してください。",
    CampaignProblem.NO_VALID_RECIPIENT: "配信できる宛先がありません。",
    CampaignProblem.TOO_MANY_RECIPIENTS: "宛先は1案件{limit}件までです。案件を分けて登録してください。",
    CampaignProblem.PHONE_COLUMN_MISSING: "電話番号の列がありません。",
    CampaignProblem.UNREADABLE_FILE: "宛先を読み取れません。",
    CampaignProblem.OPTION_NOT_CONTRACTED: "ご契約にないオプションです。",
    CampaignProblem.NOTICE_REQUIRED: "{limit}件を超える配信には事前のご連絡が必要です。",
    CampaignProblem.REFERENCE_DATE_MISSING: "基準日を指定してください。",
    CampaignProblem.REFERENCE_DATE_INVALID: "基準日には本日以前の日付を指定してください。",
    CampaignProblem.FOLLOW_UP_VALIDITY_INVALID: (
        "valid_for_hoursは、triggerがreplyのときに1〜{limit}で指定してください。"
    ),
    CampaignProblem.SEND_TIME_UNREADABLE: "send_atを日時として読み取れません。",
    CampaignProblem.CARRIERS_MISSING: "carriersにキャリアを1つ以上指定してください。",
    CampaignProblem.NO_CARRIER_FOR_CHANNEL: "carriersに、このchannelで配信できるキャリアがありません。",
}

_ROWS: dict[RowErrorCode, str] = {
    RowErrorCode.NUMBER_EMPTY: "電話番号がありません。",
    RowErrorCode.NUMBER_NOT_A_NUMBER: "電話番号として読み取れません。",
    RowErrorCode.NUMBER_ROUNDED: "電話番号の桁が失われています(指数表記)。",
    RowErrorCode.NUMBER_WRONG_LENGTH: "電話番号の桁数が正しくありません。",
    RowErrorCode.NUMBER_NOT_MOBILE: "携帯電話の番号(060/070/080/090)ではありません。",
    RowErrorCode.NUMBER_MACHINE: "020で始まる番号には配信できません。",
    RowErrorCode.NUMBER_FOREIGN: "国外の番号には配信できません。",
    RowErrorCode.DUPLICATE: "同じ電話番号が前の宛先にあります。",
    RowErrorCode.MISSING_VARIABLE: "変数の値がありません。",
    RowErrorCode.UNSHOWABLE_CHARACTER: "携帯電話で表示できない文字(外字など)があります。",
    RowErrorCode.TOO_LONG: "変数を差し込むと文字数の上限を超えます。",
}


# Beside the problems of a campaign: what can be wrong with the form of a request.
_FORM_CODES = (
    "duplicate_member",
    "duplicate_parameter",
    "duplicate_variable",
    "invalid_value",
    "more_errors",
    "required",
    "time_zone_missing",
    "too_long",
    "too_many_variables",
    "unknown_field",
    "unknown_parameter",
    "variable_name_missing",
)
ERROR_CODES = sorted({*_FORM_CODES, "body_too_large", *CampaignProblem, *(code.value for code in _ROWS)})
"""Every word that ``errors[].code`` may be."""


def campaign_errors(check: CampaignCheck) -> list[dict[str, Any]]:
    """Return every problem of a refused campaign, and, if no recipient is left, why the first are not."""
    errors = [_problem_error(found) for found in check.problems]
    if not check.valid_rows:
        errors += [
            {
                "code": row.problems[0].code.value,
                "field": "recipients",
                "row": row.row_number,
                "detail": _ROWS.get(row.problems[0].code, "この宛先には配信できません。"),
            }
            for row in check.errors
        ]
    return at_most(errors)


def at_most(errors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the errors of one answer: all of them, or the first and word that there are more."""
    if len(errors) <= MAX_ERRORS:
        return list(errors)
    more = "ほかにも誤りがあります。ここまでの項目を修正して、もう一度送信してください。"
    return [*errors[: MAX_ERRORS - 1], {"code": "more_errors", "field": None, "detail": more}]


def _problem_error(found: ProblemFound) -> dict[str, Any]:
    field = _FIELDS.get(found.field, found.field)
    detail: Mapping[str, str | int] = found.detail
    wording = _PROBLEMS[found.problem].format_map({key: _grouped(value) for key, value in detail.items()})
    return {**detail, "code": found.problem.value, "field": field, "detail": wording}


def _grouped(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value
