"""What the mails say (C-2, C-3, C-4)."""

from datetime import UTC, datetime

import pytest

from domain.mails import FACTOR_CHANGES, ROLE_NAMES, MailFacts, MailKind, write_mail
from domain.permissions import Role
from web.wording import word

AT = datetime(2026, 12, 1, 3, 4, tzinfo=UTC)
DETAILS = {
    MailKind.ROLE_CHANGED: {"role_before": "admin", "role_after": "senior_admin"},
    MailKind.SECOND_FACTOR_CHANGED: {"change": "totp_added", "at": AT.isoformat()},
    MailKind.PASSWORD_CHANGED: {"at": AT.isoformat()},
}


def facts(kind: MailKind) -> MailFacts:
    return MailFacts(
        kind,
        "さくら商事株式会社",
        "田中 花子",
        "hanako@sakura.example",
        "https://portal.example.jp",
        secret="ABCD-EFGH",
        expires_at=AT,
        details=DETAILS.get(kind),
    )


@pytest.mark.parametrize("kind", MailKind)
def test_every_mail_names_reader_company_and_portal(kind: MailKind) -> None:
    mail = write_mail(facts(kind))
    assert mail.subject.startswith("【メッセージ配信ポータル】")
    assert "\n" not in mail.subject
    assert mail.text.startswith("さくら商事株式会社\n田中 花子 様\n")
    assert "https://portal.example.jp" in mail.text


def test_the_account_issue_mail_tells_what_is_needed_to_sign_in() -> None:
    """C-2: login id, temporary password, its fourteen days, and whom to ask afterwards."""
    text = write_mail(facts(MailKind.ACCOUNT_ISSUED)).text
    for words in ("hanako@sakura.example", "ABCD-EFGH", "2026年12月1日 12:04", "/sign-in", "発行者"):
        assert words in text


def test_the_reset_mail_tells_the_code_and_its_hour() -> None:
    """C-3."""
    mail = write_mail(facts(MailKind.PASSWORD_RESET))
    assert "パスワード再設定の認証コード" in mail.subject
    for words in ("認証コード: ABCD-EFGH", "1時間", "/password-reset/code"):
        assert words in mail.text


@pytest.mark.parametrize(
    ("details", "is_said"), [({"where": "here"}, True), ({"where": "everywhere"}, False)]
)
def test_a_lock_says_where_it_holds(details: dict[str, str], is_said: bool) -> None:
    """C-4: what strangers guessed elsewhere keeps nobody from signing in here."""
    mail = write_mail(
        MailFacts(
            MailKind.ACCOUNT_LOCKED,
            "会社",
            "名前",
            "a@b.jp",
            "https://p.example",
            details=details,
            expires_at=AT,
        )
    )
    assert ("ほかの接続元からは、これまでどおりログインできます" in mail.text) is is_said
    assert "自動で解除されます" in mail.text


@pytest.mark.parametrize("kind", sorted(set(MailKind) - {MailKind.ACCOUNT_ISSUED, MailKind.PASSWORD_RESET}))
def test_no_other_mail_tells_a_secret(kind: MailKind) -> None:
    assert "ABCD-EFGH" not in write_mail(facts(kind)).text


def test_roles_are_called_as_on_the_pages() -> None:
    assert {role: word(role) for role in Role} == ROLE_NAMES


@pytest.mark.parametrize("change", FACTOR_CHANGES)
def test_every_change_of_a_second_factor_can_be_told(change: str) -> None:
    details = {"change": change, "at": AT.isoformat()}
    told = MailFacts(
        MailKind.SECOND_FACTOR_CHANGED, "会社", "名前", "a@b.jp", "https://p.example", details=details
    )
    assert FACTOR_CHANGES[change] in write_mail(told).text
