"""Words of the operators' side."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.link_conditions import LinkCondition
from domain.links import Link
from domain.operator_permissions import OperatorRole
from web.formats import moment_short

# What an authenticator calls the operators' side, apart from the portal's.
OPERATOR_ISSUER = "配信運用"

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    OperatorRole: {
        OperatorRole.OPERATOR_ADMIN: "運用責任者",
        OperatorRole.OPERATOR: "運用担当者",
        OperatorRole.SERVICE_DESK: "サービスデスク",
    },
    Link: {
        Link.SMS_DOCOMO: "NTTドコモ SMS",
        Link.SMS_AU: "au SMS",
        Link.SMS_SOFTBANK: "ソフトバンク SMS",
        Link.SMS_RAKUTEN: "楽天モバイル SMS",
        Link.RCS_DOCOMO: "NTTドコモ +メッセージ",
        Link.RCS_AU: "au +メッセージ",
        Link.RCS_SOFTBANK: "ソフトバンク +メッセージ",
        Link.NUMBER_RECYCLING: "誤配信防止DB",
    },
    LinkCondition: {
        LinkCondition.STOPPED: "停止中",
        LinkCondition.ABANDONED: "担当プロセスなし",
        LinkCondition.DOWN: "不通",
        LinkCondition.PARTLY_UP: "一部不通",
        LinkCondition.THROTTLED: "流量制限中",
        LinkCondition.UP: "正常",
    },
}

LINK_CONDITION_MEANINGS: dict[LinkCondition, str] = {
    LinkCondition.STOPPED: "運用者が送信を止めています。待っている送信は失われず、再開すると順に送られます。",
    LinkCondition.ABANDONED: "この回線を受け持つキャリア用プロセスから報告がありません。"
    "プロセスが動いているかを確認してください。",
    LinkCondition.DOWN: "相手に接続できていません。自動で再接続を続けています。"
    "送信は失われず、つながると再開します。",
    LinkCondition.PARTLY_UP: "一部のプロセスだけが接続できています。送信は続いています。",
    LinkCondition.THROTTLED: "相手が「今は受け付けられない」と答えたため、間隔を空けて送っています。",
    LinkCondition.UP: "相手とつながっています。+メッセージと誤配信防止DBは、最後のやり取りで判断します。",
}

# What only links of one kind tell of themselves (`LinkState.details`).
LINK_DETAILS: dict[str, str] = {
    "binds": "接続数",
    "binds_wanted": "接続数の目標",
    "token_valid_until": "アクセストークンの期限",
    "last_success_at": "最後に成功した時刻",
    "circuit": "遮断器",
    "consecutive_failures": "連続した失敗",
    "circuit_opened_at": "遮断した時刻",
    "circuit_open_until": "次に試す時刻",
}
CIRCUIT_POSITIONS: dict[str, str] = {
    "closed": "通している",
    "open": "遮断中",
    "half_open": "試しに1件だけ通す",
}


def link_detail(key: str, value: str) -> tuple[str, str]:
    """Return one of a link's own details as (name, value) for the page; times in Japan's clock."""
    name = LINK_DETAILS.get(key, key)
    if key == "circuit":
        return name, CIRCUIT_POSITIONS.get(value, value)
    if key.endswith(("_at", "_until")):
        try:
            return name, moment_short(datetime.fromisoformat(value))
        except ValueError:
            return name, value
    return name, value
