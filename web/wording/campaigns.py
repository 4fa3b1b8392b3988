"""Words for campaigns, roles and what a campaign may use."""

from enum import StrEnum
from typing import Any

from domain.campaigns import CampaignStatus
from domain.carriers import Carrier, Channel
from domain.messages import ChannelPlan
from domain.permissions import Role

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    CampaignStatus: {
        CampaignStatus.DRAFT: "下書き",
        CampaignStatus.REGISTERED: "配信待ち",
        CampaignStatus.SENDING: "配信中",
        CampaignStatus.COMPLETED: "完了",
        CampaignStatus.CANCELLED: "取消",
    },
    ChannelPlan: {
        ChannelPlan.SMS: "SMS",
        ChannelPlan.RCS: "+メッセージ",
        ChannelPlan.RCS_WITH_SMS_FALLBACK: "+メッセージ → SMSフォールバック",
    },
    Channel: {
        Channel.SMS: "SMS",
        Channel.RCS: "+メッセージ",
    },
    Carrier: {
        Carrier.DOCOMO: "NTTドコモ",
        Carrier.AU: "au",
        Carrier.SOFTBANK: "ソフトバンク",
        Carrier.RAKUTEN: "楽天モバイル",
    },
    Role: {
        Role.COMPANY_ADMIN: "企業管理者",
        Role.SENIOR_ADMIN: "上位管理者",
        Role.ADMIN: "管理者",
        Role.GENERAL_USER: "一般利用者",
    },
}

CHANNEL_PLAN_HINTS: dict[ChannelPlan, str] = {
    ChannelPlan.SMS: "すべての携帯電話に届きます。文字数に応じて課金通数が増えます。",
    ChannelPlan.RCS: "+メッセージアプリを使っている方だけに届きます（ドコモ・au・ソフトバンク）。"
    "文字数にかかわらず1通です。",
    ChannelPlan.RCS_WITH_SMS_FALLBACK: "まず+メッセージで送ります。"
    "使えない方や、10分以内に届かない方にはSMSで送ります。",
}
