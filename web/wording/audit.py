"""Words of the audit trail."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.audit import ActorKind, AuditAction, AuditResult
from domain.carriers import Carrier
from domain.links import Link
from domain.messages import ChannelPlan
from domain.operator_permissions import OperatorRole
from domain.permissions import Role
from domain.send_times import to_jst
from services.audit_log import AuditLine
from web.wording import campaigns, operators

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    AuditAction: {
        AuditAction.SIGNED_IN: "ログイン",
        AuditAction.SIGN_IN_FAILED: "ログインの失敗（パスワードか確認コードの違い）",
        AuditAction.ACCOUNT_LOCKED: "アカウントのロック（続けて5回の失敗）",
        AuditAction.SIGNED_OUT: "ログアウト",
        AuditAction.SESSIONS_ENDED: "ほかの端末のログインの終了",
        AuditAction.ACCOUNT_UNLOCKED: "ロックの解除",
        AuditAction.PERMISSION_DENIED: "権限のない操作",
        AuditAction.CAMPAIGN_REGISTERED: "案件の配信登録",
        AuditAction.CAMPAIGN_EDITED: "配信予約の変更",
        AuditAction.CAMPAIGN_CANCELLED: "案件の取消",
        AuditAction.DRAFT_DELETED: "下書きの削除",
        AuditAction.NUMBERS_SHOWN: "電話番号の表示",
        AuditAction.AUDIT_EXPORTED: "操作履歴のダウンロード",
        AuditAction.USER_INVITED: "ユーザーの追加",
        AuditAction.USER_CHANGED: "ユーザーの変更",
        AuditAction.USER_DELETED: "ユーザーの削除",
        AuditAction.RESET_SENT: "パスワード再設定メールの送信",
        AuditAction.SECOND_FACTOR_GIVEN: "2段階認証の確認",
        AuditAction.SECOND_FACTOR_ADDED: "2段階認証の登録",
        AuditAction.SECOND_FACTOR_REMOVED: "2段階認証の登録の解除",
        AuditAction.BACKUP_CODES_MADE: "バックアップコードの作成",
        AuditAction.SECOND_FACTOR_RESET: "2段階認証の解除",
        AuditAction.SECOND_FACTOR_RULE_CHANGED: "2段階認証の必須設定の変更",
        AuditAction.PASSWORD_CHANGED: "パスワードの変更",
        AuditAction.LOGIN_ID_RELEASED: "削除されたログインIDの解放",
        AuditAction.API_KEY_MADE: "APIキーの発行",
        AuditAction.API_KEY_REVOKED: "APIキーの失効",
        AuditAction.OPERATOR_CREATED: "運用者アカウントの作成（コマンド）",
        AuditAction.UNKNOWN_LOGIN: "登録のないログインIDでのログイン",
        AuditAction.LINK_STOPPED: "回線の送信停止",
        AuditAction.LINK_RESUMED: "回線の送信再開",
        AuditAction.CONTRACT_RATE_CHANGED: "回線の契約速度の変更",
    },
    AuditResult: {
        AuditResult.OK: "成功",
        AuditResult.FAILED: "失敗",
        AuditResult.DENIED: "拒否",
    },
    ActorKind: {
        ActorKind.USER: "ユーザー",
        ActorKind.API_KEY: "APIキー",
        ActorKind.OPERATOR: "サービス運用担当者",
        ActorKind.SYSTEM: "システム",
    },
}

COMPANY_LEAD = "だれが・いつ・何をしたかの記録です。"
OPERATOR_LEAD = "運用者のだれが・いつ・何をしたかの記録です。"

TARGETS = {
    "campaign": "案件",
    "message": "配信",
    "page": "画面",
    "further_ones_left_out": "以後1時間の同じ記録を省略",
    "user": "ユーザー",
    "api_key": "APIキー",
    "operator": "運用者",
}

FIELDS = {
    "name": "名前",
    "channel_plan": "チャネル",
    "sms_text": "SMSの本文",
    "rcs_text": "+メッセージの本文",
    "send_at": "配信日時",
    "carriers": "キャリアの限定",
    "exclude_opt_outs": "オプトアウトの除外",
    "recycling_reference_on": "誤配信防止の基準日",
    "recipients": "宛先の件数",
    "upload_id": "宛先リスト",
    "cancelled": "取り消した件数",
    "handed_over": "キャリアに渡した件数",
    "failed_sign_ins": "続けて失敗した回数",
    "permission": "必要な権限",
    "page": "画面",
    "further_ones_left_out": "以後1時間の同じ記録を省略",
    "method": "操作の種類",
    "count": "件数",
    "follow_up": "2通目",
    "login_id": "ログインID",
    "company": "ご利用企業",
    "login_id_mark": "入力されたログインIDの符号（同じ入力は同じ符号）",
    "factor": "方法",
    "link": "回線",
    "reason": "停止の理由",
    "contract_rate": "契約速度（件/秒）",
    "role": "権限",
    "roles": "対象の権限",
    "scope": "できること",
    "networks": "接続元の限定",
    "person": "操作した人",
    "action": "操作",
    "from": "日付（から）",
    "until": "日付（まで）",
}


_KINDS: dict[str, dict[Any, str]] = {
    "channel_plan": campaigns.WORDS[ChannelPlan],
    "carriers": campaigns.WORDS[Carrier],
    "role": campaigns.WORDS[Role] | operators.WORDS[OperatorRole],
    "link": operators.WORDS[Link],
    "roles": campaigns.WORDS[Role],
    "factor": {"authenticator": "認証アプリ", "passkey": "パスキー", "backup_code": "バックアップコード"},
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def actor_word(line: AuditLine) -> str:
    """Return who acted: a name, else what kind of actor; who tries login ids nobody has is not known."""
    if line.action == AuditAction.UNKNOWN_LOGIN:
        return "（不明）"
    return line.actor_name or WORDS[ActorKind][line.actor_kind]


def action_word(action: str) -> str:
    """Return the word for an action; one that is no longer in the code is shown as it was written."""
    try:
        return WORDS[AuditAction][AuditAction(action)]
    except ValueError:
        return action


def target_words(line: AuditLine) -> str:
    """Return what was acted upon: its kind and its name, or what the entry itself still says of it."""
    told = {**line.before, **line.after}
    if line.target_kind is None:
        # A link and a page have no id.
        if "link" in told:
            return f"回線 {value_words(told['link'], 'link')}"
        return f"画面 {told['page']}" if told.get("page") else ""
    name = line.target_name or told.get("name") or told.get("login_id")
    kind = TARGETS.get(line.target_kind, line.target_kind)
    return f"{kind} {name}" if name else kind


def field_word(name: str) -> str:
    """Return the word for a value's name."""
    return FIELDS.get(name, name)


def value_words(value: Any, name: str = "") -> str:
    """Return the value called ``name`` as the page and the file show it."""
    if isinstance(value, str) and value in _KINDS.get(name, {}):
        return _KINDS[name][value]
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{to_jst(datetime.fromisoformat(value)):%Y/%m/%d %H:%M}"
    if value is None:
        return "（なし）"
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "、".join(value_words(item, name) for item in value) or "（なし）"
    if isinstance(value, dict):
        return "、".join(f"{field_word(key)}: {value_words(item, key)}" for key, item in value.items())
    return str(value)
