"""The request that registers a campaign: its form, for the documentation and for reading its head.

``api/campaign_reading.py`` reads the recipients, of which there may be 250,000.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.moments import GivenDay, GivenMoment
from domain.campaigns import MAX_NAME_CHARACTERS, MAX_RECIPIENTS
from domain.carriers import Carrier
from domain.follow_ups import MAX_VALID_HOURS, FollowUpTrigger
from domain.message_parts import RCS_MAX_CHARACTERS, SMS_MAX_CHARACTERS
from domain.messages import ChannelPlan
from domain.text_limits import (
    MAX_PHONE_NUMBER_LENGTH,
    MAX_TEXT_LENGTH,
    MAX_VARIABLE_NAME_LENGTH,
    MAX_VARIABLE_VALUE_LENGTH,
    MAX_VARIABLES,
)

# The rules of domain.campaigns answer for them, in the words of pages and API; the schema only tells them.
_TOLD = {"maxLength": MAX_TEXT_LENGTH}
_SMS = f"{SMS_MAX_CHARACTERS}文字以内(変数の差し込み後、UTF-16単位)。"
_RCS = f"{RCS_MAX_CHARACTERS:,}文字以内(変数の差し込み後、UTF-16単位)。"


VariableName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_VARIABLE_NAME_LENGTH)]
VariableValue = Annotated[str, StringConstraints(max_length=MAX_VARIABLE_VALUE_LENGTH)]


class Recipient(BaseModel):
    """One recipient."""

    model_config = ConfigDict(extra="forbid")

    phone_number: Annotated[
        str,
        Field(
            max_length=MAX_PHONE_NUMBER_LENGTH,
            description="日本の携帯電話番号。ハイフン・空白・全角・+81も受け付けます。",
            examples=["090-1234-5678"],
        ),
    ]
    variables: Annotated[
        dict[VariableName, VariableValue] | None,
        Field(
            max_length=MAX_VARIABLES,
            description=(
                "本文の{{変数名}}に差し込む値。変数名の全角・半角と前後の空白は区別しないため、"
                "区別なしに同じになる名前を1つの宛先に2つ書くことはできません。"
            ),
            examples=[{"氏名": "山田 花子"}],
        ),
    ] = None


def _whole(given: object) -> object:
    """To JSON schemas 24.0 is an integer."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


class FollowUpRequest(BaseModel):
    """The second message of each recipient (P-7, P-8)."""

    model_config = ConfigDict(extra="forbid")

    trigger: Annotated[
        FollowUpTrigger,
        Field(description="`delivered`: 1通目が到達したら送る。`reply`: 1通目に返信があったら送る。"),
    ]
    sms_text: Annotated[
        str | None,
        Field(description=f"2通目のSMS本文。1通目と同じ変数を使えます。{_SMS}", json_schema_extra=_TOLD),
    ] = None
    rcs_text: Annotated[
        str | None, Field(description=f"2通目の+メッセージ本文。{_RCS}", json_schema_extra=_TOLD)
    ] = None
    valid_for_hours: Annotated[
        int | None,
        Field(
            strict=True,
            ge=1,
            le=MAX_VALID_HOURS,
            description="`reply`のみ。1通目の到達からこの時間以内の返信に2通目を送る。省略時は期限なし。",
        ),
        BeforeValidator(_whole),
    ] = None


class CampaignHead(BaseModel):
    """A campaign without its recipients."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[
        str,
        Field(
            description=f"案件名({MAX_NAME_CHARACTERS}文字以内)。",
            json_schema_extra={"minLength": 1, "maxLength": MAX_NAME_CHARACTERS},
        ),
    ]
    channel: Annotated[ChannelPlan, Field(description="配信チャネル。")]
    sms_text: Annotated[str | None, Field(description=f"SMS本文。{_SMS}", json_schema_extra=_TOLD)] = None
    rcs_text: Annotated[
        str | None, Field(description=f"+メッセージ本文。{_RCS}", json_schema_extra=_TOLD)
    ] = None
    send_at: Annotated[
        GivenMoment | None,
        Field(description="配信日時(RFC 3339、時差付き、1年以内)。省略するとすぐに配信します。"),
    ] = None
    carriers: Annotated[
        list[Carrier] | None,
        Field(
            max_length=len(Carrier),
            description="このキャリアの宛先だけに配信します。省略時はすべて。",
            json_schema_extra={"minItems": 1},
        ),
    ] = None
    exclude_opt_outs: Annotated[
        bool, Field(strict=True, description="オプトアウトリストの宛先を除外します(オプション契約)。")
    ] = False
    recycling_reference_on: Annotated[
        GivenDay | None, Field(description="誤配信防止の基準日(オプション契約、本日まで)。")
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
