"""Words for users, passwords and API keys: states, and what is wrong and how to mend it."""

from enum import StrEnum
from typing import Any

from domain.api_keys import MAX_NETWORKS, KeyScope
from domain.company_users import MAX_USER_NAME_CHARACTERS, AccountState, UserProblem
from domain.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, PasswordProblem
from domain.permissions import Permission
from web.wording.files import Explained
from web.wording.problems import FieldError

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    Permission: {
        Permission.SIGN_IN: "ログイン",
        Permission.VIEW_CAMPAIGNS: "案件の閲覧",
        Permission.SEND_CAMPAIGNS: "案件の登録・配信",
        Permission.SAVE_DRAFTS: "案件の下書き",
        Permission.VIEW_REPORTS: "レポート（配信ログ）の閲覧・ダウンロード",
        Permission.VIEW_ADDRESS_BOOK: "アドレス帳の閲覧・ダウンロード",
        Permission.EDIT_ADDRESS_BOOK: "アドレス帳の登録・編集・削除",
        Permission.MANAGE_OPT_OUTS: "オプトアウトリストの閲覧・ダウンロード・登録・削除",
        Permission.MANAGE_USERS: "ユーザーの登録・編集・削除、APIキー",
        Permission.USE_SUPPORT: "サポートサイトの利用",
    },
    AccountState: {
        AccountState.INVITED: "招待中",
        AccountState.INVITATION_EXPIRED: "招待の期限切れ",
        AccountState.ACTIVE: "利用中",
        AccountState.LOCKED: "ロック中",
    },
    KeyScope: {
        KeyScope.READ: "照会のみ",
        KeyScope.SEND: "照会と配信",
    },
}

PASSWORD_PROBLEMS: dict[PasswordProblem, Explained] = {
    PasswordProblem.TOO_SHORT: Explained(
        "新しいパスワードが短すぎます。", f"{MIN_PASSWORD_CHARACTERS}文字以上にしてください。"
    ),
    PasswordProblem.TOO_LONG: Explained(
        "新しいパスワードが長すぎます。", f"{MAX_PASSWORD_CHARACTERS}文字以内にしてください。"
    ),
    PasswordProblem.TOO_COMMON: Explained(
        "推測されやすいパスワードです。",
        "よく使われる言葉、名前、数字やキーの並びを避け、いくつかの言葉を組み合わせてください。",
    ),
    PasswordProblem.TELLS_THE_ACCOUNT: Explained(
        "ログインID、お名前、会社名などから推測されやすいパスワードです。",
        "これらと関係のない言葉を組み合わせてください。",
    ),
}

USER_PROBLEMS: dict[UserProblem, tuple[str, Explained]] = {
    UserProblem.NAME_MISSING: (
        "name",
        Explained("名前が入力されていません。", "画面やメールに表示する名前を入力してください。"),
    ),
    UserProblem.NAME_TOO_LONG: (
        "name",
        Explained(
            "この名前は使えません。",
            f"{MAX_USER_NAME_CHARACTERS}文字以内で、改行などを含めずに入力してください。",
        ),
    ),
    UserProblem.LOGIN_ID_NOT_AN_ADDRESS: (
        "login_id",
        Explained(
            "ログインIDがメールアドレスの形になっていません。",
            "半角で、taro@example.co.jp のように入力してください。",
        ),
    ),
    UserProblem.LOGIN_ID_IN_USE: (
        "login_id",
        Explained("このログインIDは、すでに登録されています。", "ユーザーの一覧をご確認ください。"),
    ),
    UserProblem.LOGIN_ID_NOT_AVAILABLE: (
        "login_id",
        Explained(
            "このログインIDは登録できません。",
            "以前に削除したユーザーを登録し直す場合などは、お客様窓口へご依頼ください。",
        ),
    ),
    UserProblem.ROLE_MISSING: (
        "role",
        Explained("権限が選ばれていません。", "権限の表を参考に、1つ選んでください。"),
    ),
    UserProblem.LAST_ADMINISTRATOR: (
        "role",
        Explained(
            "企業管理者が1人もいなくなるため、この操作はできません。",
            "先に、ほかのユーザーを企業管理者にしてください。",
        ),
    ),
    UserProblem.MAILED_LATELY: (
        "reset",
        Explained(
            "この方へは、続けてメールをお送りしたばかりです。",
            "届いたメールのうち、いちばん新しいものが使えます。届いていない場合は、10分ほど待ってからもう一度お試しください。",
        ),
    ),
    UserProblem.INVITED_TOO_MANY: (
        "login_id",
        Explained("短い時間に多くのユーザーが追加されました。", "数分待ってから、続きを追加してください。"),
    ),
    UserProblem.ONESELF: (
        "role",
        Explained("ご自身の権限の変更や削除はできません。", "ほかの企業管理者にご依頼ください。"),
    ),
}

KEY_SCOPE_HINTS: dict[KeyScope, str] = {
    KeyScope.READ: "案件とメッセージの状態を調べることだけができます。",
    KeyScope.SEND: "案件の登録（配信）と取り消しもできます。",
}

KEY_NAME_MISSING = FieldError(
    "name", "キーの名前が入力されていません。", "使うシステムなど、あとで見分けられる名前にしてください。"
)
TOO_MANY_NETWORKS = FieldError(
    "networks", f"IPアドレスは{MAX_NETWORKS}個までです。", "192.0.2.0/24 のように、範囲でまとめてください。"
)
KEY_SCOPE_MISSING = FieldError("scope", "できることが選ばれていません。", "どちらかを選んでください。")

CODE_WRONG = FieldError(
    "code",
    "確認コードが違うか、使用済みです。",
    "認証アプリに表示されている新しいコードを入力してください。5回続けて間違えると30分間ロックされます。",
)
PASSKEY_FAILED = FieldError(
    "passkey", "パスキーを確認できませんでした。", "もう一度お試しになるか、ほかの方法を使ってください。"
)
PASSWORD_WRONG = FieldError(
    "current_password", "現在のパスワードが違います。", "大文字と小文字をご確認ください。"
)
SAME_PASSWORD = FieldError(
    "new_password", "今までと同じパスワードです。", "新しいパスワードを入力してください。"
)
NOT_REPEATED = FieldError(
    "new_password_again",
    "確認のためのパスワードが一致しません。",
    "同じパスワードをもう一度入力してください。",
)
RESET_CODE_WRONG = FieldError(
    "code",
    "ログインIDまたは認証コードが違うか、認証コードの有効期限が切れています。",
    "メールの内容をご確認ください。5回間違えた場合は、認証コードを送り直してください。",
)


def explain_password(problem: PasswordProblem) -> FieldError:
    """Return what is wrong with a new password in words."""
    wording = PASSWORD_PROBLEMS[problem]
    return FieldError("new_password", wording.what, wording.mend)


def explain_user(problem: UserProblem) -> FieldError:
    """Return why a user cannot be added or changed in words."""
    field, wording = USER_PROBLEMS[problem]
    return FieldError(field, wording.what, wording.mend)


def wrong_networks(words: list[str]) -> FieldError:
    """Return which of the typed addresses are none."""
    listed = "、".join(words[:3]) + ("など" if len(words) > 3 else "")
    return FieldError(
        "networks",
        f"IPアドレスとして読み取れないものがあります（{listed}）。",
        "192.0.2.10 または 192.0.2.0/24 のように、1行に1つずつ入力してください。",
    )
