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
    API_KEY_REVOKED = "api_key_revoked"


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
        "ユーザーを追加しました", "「アカウント発行」のメールを送りました。届くまで数分かかることがあります。"
    ),
    Confirmation.USER_CHANGED: ConfirmationWords("ユーザーを変更しました"),
    Confirmation.USER_DELETED: ConfirmationWords("ユーザーを削除しました"),
    Confirmation.PASSWORD_RESET_MAILED: ConfirmationWords(
        "パスワードの再設定のメールを送りました", "届くまで数分かかることがあります。"
    ),
    Confirmation.SECOND_FACTOR_REMOVED: ConfirmationWords("2段階認証を解除しました"),
    Confirmation.API_KEY_REVOKED: ConfirmationWords("APIキーを無効にしました"),
}
