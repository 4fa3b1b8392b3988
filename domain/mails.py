"""The mails of the platform: what each says (C-2, C-3, C-4). They are written when they are sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.permissions import Role
from domain.send_times import to_jst


class MailKind(StrEnum):
    """Why a mail is sent."""

    ACCOUNT_ISSUED = "account_issued"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of mail
    ACCOUNT_LOCKED = "account_locked"
    ROLE_CHANGED = "role_changed"
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    ACCOUNT_DELETED = "account_deleted"
    LOGIN_ID_TAKEN = "login_id_taken"


class MailState(StrEnum):
    """How far a mail is. ``EXPIRED``: what it was to tell was no longer valid when it could be sent."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class MailOrder:
    """The input of one mail's workflow; address and content stay in the database."""

    company_id: UUID
    mail_id: UUID


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What a mail is written from. ``secret`` is its password or code, ``details`` what else it tells."""

    kind: MailKind
    company_name: str
    user_name: str
    login_id: str
    portal_url: str
    secret: str | None = None
    expires_at: datetime | None = None
    details: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class MailContent:
    """A subject and a plain text."""

    subject: str
    text: str


ROLE_NAMES: dict[Role, str] = {
    Role.COMPANY_ADMIN: "企業管理者",
    Role.SENIOR_ADMIN: "上位管理者",
    Role.ADMIN: "管理者",
    Role.GENERAL_USER: "一般利用者",
}

# What happened to a second factor, by the word in ``details["change"]``.
FACTOR_CHANGES: dict[str, str] = {
    "totp_added": "認証アプリが登録されました。",
    "totp_removed": "認証アプリの登録が解除されました。",
    "passkey_added": "パスキーが登録されました。",
    "passkey_removed": "パスキーが削除されました。",
    "backup_codes_made": "バックアップコードが作り直されました。",
    "reset_by_administrator": "管理者によって、2段階認証の登録が解除されました。",
    "backup_code_used": "バックアップコードを使ったログインがありました。",
}

_NOT_YOU = "お心当たりがない場合は、すぐにパスワードを変更し、貴社の企業管理者へご連絡ください。"


def write_mail(facts: MailFacts) -> MailContent:
    """Return the mail. Texts are in Japanese; times are Japan's."""
    subject, lines = _WRITERS[facts.kind](facts)
    head = [facts.company_name, f"{facts.user_name} 様", ""]
    foot = [
        "",
        "--",
        "メッセージ配信ポータル",
        facts.portal_url,
        "このメールは送信専用です。ご返信いただいてもお答えできません。",
    ]
    return MailContent(f"【メッセージ配信ポータル】{subject}", "\n".join([*head, *lines, *foot]) + "\n")


def _account_issued(facts: MailFacts) -> tuple[str, list[str]]:
    return "アカウント発行のお知らせ", [
        "メッセージ配信ポータルのアカウントを発行しました。",
        "次の画面でログインし、新しいパスワードを設定してください。",
        "",
        f"ログイン: {facts.portal_url}/sign-in",
        f"ログインID: {facts.login_id}",
        f"仮パスワード: {facts.secret}",
        f"仮パスワードの有効期限: {_moment(facts.expires_at)}",
        "",
        "期限を過ぎた場合は、発行者（貴社の企業管理者または担当窓口）へパスワードの再設定をご依頼ください。",
        "仮パスワードは、ほかの人に教えないでください。",
    ]


def _password_reset(facts: MailFacts) -> tuple[str, list[str]]:
    return "パスワード再設定の認証コード", [
        "パスワードの再設定の依頼を受け付けました。",
        "次の画面で、認証コードと新しいパスワードを入力してください。",
        "",
        f"再設定の画面: {facts.portal_url}/password-reset/code",
        f"ログインID: {facts.login_id}",
        f"認証コード: {facts.secret}",
        f"認証コードの有効期限: {_moment(facts.expires_at)}（発行から1時間）",
        "",
        "新しい認証コードを発行すると、それまでの認証コードは使えなくなります。",
        "お心当たりがない場合は、何もする必要はありません。パスワードは変わりません。",
    ]


def _password_changed(facts: MailFacts) -> tuple[str, list[str]]:
    return "パスワード変更のお知らせ", [
        f"{_at(facts)}に、パスワードが変更されました。",
        "ほかの端末でのログインは、すべて終了しました。",
        "",
        _NOT_YOU,
    ]


def _where_locked(facts: MailFacts) -> list[str]:
    if (facts.details or {}).get("where") != "here":
        return []
    return [
        "間違えて入力した接続元からはログインできません。ほかの接続元からは、これまでどおりログインできます。"
    ]


def _account_locked(facts: MailFacts) -> tuple[str, list[str]]:
    return "アカウントロックのお知らせ", [
        "パスワードまたは確認コードが5回続けて間違えて入力されたため、アカウントをロックしました。",
        *_where_locked(facts),
        f"ロックは{_moment(facts.expires_at)}に自動で解除されます。",
        "",
        "パスワードをお忘れの場合は、ログインの画面の「パスワードを忘れた方」から再設定してください。",
        "ご自身の操作でない場合は、貴社の企業管理者へご連絡ください。",
    ]


def _role_changed(facts: MailFacts) -> tuple[str, list[str]]:
    details = facts.details or {}
    before, after = Role(details["role_before"]), Role(details["role_after"])
    return "権限変更のお知らせ", [
        "アカウントの権限が変更されました。",
        "",
        f"変更前: {ROLE_NAMES[before]}",
        f"変更後: {ROLE_NAMES[after]}",
        "",
        "ご不明な点は、貴社の企業管理者へお問い合わせください。",
    ]


def _second_factor_changed(facts: MailFacts) -> tuple[str, list[str]]:
    change = FACTOR_CHANGES[(facts.details or {})["change"]]
    return "2段階認証のお知らせ", [f"{_at(facts)}", change, "", _NOT_YOU]


def _account_deleted(facts: MailFacts) -> tuple[str, list[str]]:
    return "アカウント削除のお知らせ", [
        f"ログインID {facts.login_id} のアカウントは、貴社の企業管理者によって削除されました。",
        "今後はログインできません。",
    ]


def _login_id_taken(facts: MailFacts) -> tuple[str, list[str]]:
    return "アカウント発行についてのご連絡", [
        "貴社の企業管理者が、このメールアドレスでアカウントを発行しようとしました。",
        "このメールアドレスは、すでに別のご契約のログインIDとして使われているため、発行できませんでした。",
        "",
        f"ログインID: {facts.login_id}",
        "",
        "お使いになる場合は、別のメールアドレスでの発行を、貴社の企業管理者へご依頼ください。",
        "今お使いのアカウントとパスワードは変わりません。",
        "お心当たりがない場合は、何もする必要はありません。",
    ]


_WRITERS: dict[MailKind, Callable[[MailFacts], tuple[str, list[str]]]] = {
    MailKind.ACCOUNT_ISSUED: _account_issued,
    MailKind.PASSWORD_RESET: _password_reset,
    MailKind.PASSWORD_CHANGED: _password_changed,
    MailKind.ACCOUNT_LOCKED: _account_locked,
    MailKind.ROLE_CHANGED: _role_changed,
    MailKind.SECOND_FACTOR_CHANGED: _second_factor_changed,
    MailKind.ACCOUNT_DELETED: _account_deleted,
    MailKind.LOGIN_ID_TAKEN: _login_id_taken,
}


def _at(facts: MailFacts) -> str:
    return _moment(datetime.fromisoformat((facts.details or {})["at"]))


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{to_jst(at):%Y年%-m月%-d日 %H:%M}（日本時間）"
