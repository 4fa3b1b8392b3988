"""Words that confirm what a form has done, shown once on the page it leads to."""

from enum import StrEnum
from typing import NamedTuple


class Confirmation(StrEnum):
    """What was done. The value travels in a cookie: it names the deed and holds nothing about anybody."""

    DRAFT_SAVED = "draft_saved"
    DRAFT_DELETED = "draft_deleted"
    CAMPAIGN_COPIED = "campaign_copied"
    COPY_NAME_SHORTENED = "copy_name_shortened"
    COPIED_AS_CHANGED = "copied_as_changed"
    CAMPAIGN_SENT = "campaign_sent"
    CAMPAIGN_SCHEDULED = "campaign_scheduled"
    SCHEDULE_CHANGED = "schedule_changed"
    SCHEDULE_CANCELLED = "schedule_cancelled"
    CAMPAIGN_STOPPED = "campaign_stopped"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_DELETED = "user_deleted"
    PASSWORD_RESET_MAILED = "password_reset_mailed"  # noqa: S105 - a word, no password
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    LOCK_LIFTED = "lock_lifted"
    SECOND_FACTOR_RULE_CHANGED = "second_factor_rule_changed"
    PASSKEY_REMOVED = "passkey_removed"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    SESSION_ENDED = "session_ended"
    OTHER_SESSIONS_ENDED = "other_sessions_ended"
    API_KEY_REVOKED = "api_key_revoked"
    LINK_STOPPED = "link_stopped"
    LINK_RESUMED = "link_resumed"
    LINK_RATE_CHANGED = "link_rate_changed"


class ConfirmationWords(NamedTuple):
    """A heading, and what there is to know besides."""

    title: str
    more: str = ""


CONFIRMATIONS: dict[Confirmation, ConfirmationWords] = {
    Confirmation.DRAFT_SAVED: ConfirmationWords(
        "下書きを保存しました", "まだ送信していません。続きは、いつでも入力できます。"
    ),
    Confirmation.DRAFT_DELETED: ConfirmationWords("下書きを削除しました"),
    Confirmation.CAMPAIGN_COPIED: ConfirmationWords(
        "コピーして、新しい下書きを作りました", "元の案件は変わっていません。"
    ),
    Confirmation.COPY_NAME_SHORTENED: ConfirmationWords(
        "コピーして、新しい下書きを作りました",
        "案件名が長いため、「…（コピー）」で終わるように短くしました。必要なら直してください。",
    ),
    Confirmation.COPIED_AS_CHANGED: ConfirmationWords(
        "コピーして、新しい下書きを作りました",
        "元の案件は、画面を開いた後に変更されています。変更後の内容をコピーしました。",
    ),
    Confirmation.CAMPAIGN_SENT: ConfirmationWords(
        "配信を受け付けました", "まもなく送信が始まります。この画面で結果を確認できます。"
    ),
    Confirmation.CAMPAIGN_SCHEDULED: ConfirmationWords("配信を予約しました"),
    Confirmation.SCHEDULE_CHANGED: ConfirmationWords(
        "予約を変更しました", "これまでの予約は取りやめ、下の内容だけを送ります。"
    ),
    Confirmation.SCHEDULE_CANCELLED: ConfirmationWords("予約を取り消しました"),
    Confirmation.CAMPAIGN_STOPPED: ConfirmationWords("配信を中止しました"),
    Confirmation.USER_ADDED: ConfirmationWords(
        "ユーザーを追加しました",
        "「アカウント発行」のメールを、登録したログインIDの宛先に送ります。届くまで数分かかることがあります。",
    ),
    Confirmation.USER_CHANGED: ConfirmationWords("ユーザーを変更しました"),
    Confirmation.USER_DELETED: ConfirmationWords("ユーザーを削除しました"),
    Confirmation.PASSWORD_RESET_MAILED: ConfirmationWords(
        "パスワードの再設定を受け付けました", "ご本人にメールを送ります。届くまで数分かかることがあります。"
    ),
    Confirmation.SECOND_FACTOR_REMOVED: ConfirmationWords("2段階認証を解除しました"),
    Confirmation.LOCK_LIFTED: ConfirmationWords("ロックを解除しました", "すぐにログインをやり直せます。"),
    Confirmation.SECOND_FACTOR_RULE_CHANGED: ConfirmationWords(
        "2段階認証の決まりを保存しました", "対象の方は、次回の操作で設定の画面に進みます。"
    ),
    Confirmation.PASSKEY_REMOVED: ConfirmationWords("パスキーを削除しました"),
    Confirmation.AUTHENTICATOR_REMOVED: ConfirmationWords("認証アプリの登録を解除しました"),
    Confirmation.SESSION_ENDED: ConfirmationWords("選んだ端末をログアウトしました"),
    Confirmation.OTHER_SESSIONS_ENDED: ConfirmationWords(
        "ほかの端末をすべてログアウトしました", "この端末はログインしたままです。"
    ),
    Confirmation.LINK_STOPPED: ConfirmationWords(
        "送信の停止を登録しました", "待っている送信は失われません。再開すると続きから送ります。"
    ),
    Confirmation.LINK_RESUMED: ConfirmationWords("送信の再開を登録しました"),
    Confirmation.LINK_RATE_CHANGED: ConfirmationWords("契約速度の変更を登録しました"),
    Confirmation.API_KEY_REVOKED: ConfirmationWords("APIキーを無効にしました"),
}
