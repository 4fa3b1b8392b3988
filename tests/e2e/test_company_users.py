"""Section 9 in a browser: two companies, four roles, and the mails in the catcher (P-6, C-1 to C-5)."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, expect

from tests.e2e.every_page import compose_campaign
from tests.e2e.pages import FormClient, Visit, visit
from tests.e2e.stack import Stack
from tests.e2e.test_browser import user_of
from tests.e2e.test_mails import OWN

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(240)]

# C-1 by hand: what the menu shows, and which addresses open, if they are typed in.
ROLES = ("company_admin", "senior_admin", "admin", "general_user")
SENDERS = {"company_admin", "senior_admin", "admin"}
REPORTERS = {"company_admin", "senior_admin"}
ADMINISTRATORS = {"company_admin"}
MENU = {
    "ホーム": set(ROLES),
    "案件一覧": set(ROLES),
    "案件を作る": set(ROLES),
    "配信ログ": REPORTERS,
    "ユーザー": ADMINISTRATORS,
    "操作履歴": ADMINISTRATORS,
    "使い方": set(ROLES),
}
ADDRESSES = {
    "/campaigns": set(ROLES),
    "/campaigns/new": set(ROLES),
    "/account": set(ROLES),
    "/help": set(ROLES),
    "/log": REPORTERS,
    "/log/received": REPORTERS,
    "/users": ADMINISTRATORS,
    "/users/new": ADMINISTRATORS,
    "/users/second-factor": ADMINISTRATORS,
    "/audit": ADMINISTRATORS,
    "/api-keys": ADMINISTRATORS,
    "/api-keys/new": ADMINISTRATORS,
}
# Where another company's people or campaigns could stand; a role that may not look is refused.
LISTS = ("/", "/campaigns", "/log", "/users", "/audit")
SURNAME, DRAFT = "巡回", "巡回の案件"
ANOTHER = "夜行列車の窓から見えた灯り"


@dataclass
class Walk:
    """The first company's administrator, the catcher's page, and who was invited: one browser each."""

    owner: Visit
    catcher: Visit
    staff: dict[str, Visit]
    draft_id: str

    def mail(self, role: str, subject: str) -> str:
        """Wait for a mail on the catcher's page and open it; returns its text."""
        deadline = time.monotonic() + 60
        while True:
            self.catcher.open("/")
            rows = self.catcher.page.get_by_role("row").filter(has_text=login_of(role))
            if (found := rows.filter(has_text=subject)).count():
                found.first.get_by_role("link").click()
                return self.catcher.page.locator("pre").inner_text()
            assert time.monotonic() < deadline, f"no {subject} to {role}"
            time.sleep(0.3)


def login_of(role: str) -> str:
    """None is a part of another, so that each finds its own line in a list."""
    return f"dai{ROLES.index(role) + 1}@junkai.example"


def told(mail: str, name: str) -> str:
    found = re.search(rf"^{name}: (\S+)", mail, re.MULTILINE)
    assert found, f"{name} is not in the mail"
    return found[1]


@pytest.fixture(scope="module")
def walk(stack: Stack, browser: Browser) -> Iterator[Walk]:
    """C-2: the administrator invites one person a role; each reads the mail and chooses a password."""
    portal, owner_user = stack.run["portal_url"], user_of(stack, "company_admin", company=0)
    numbers = ("080-7777-1001", "080-7777-1002")
    draft_id = compose_campaign(FormClient(portal, owner_user), DRAFT, numbers, None)
    with ExitStack() as open_browsers:

        def opened(address: str = portal) -> Visit:
            return open_browsers.enter_context(visit(browser, address))

        made = Walk(opened(), opened(stack.run["mail_url"]), {role: opened() for role in ROLES}, draft_id)
        made.owner.sign_in(owner_user)
        for role in ROLES:
            _invite(made.owner, role)
        for role in ROLES:
            _first_sign_in(made, role)
        yield made


def _invite(owner: Visit, role: str) -> None:
    if owner.path != "/users":
        owner.follow("ユーザー", exact=True)
    owner.follow("ユーザーを追加する")
    _fill_in_user(owner, login_of(role), role)
    expect(_row(owner, role)).to_contain_text("招待中")


def _row(owner: Visit, role: str) -> Locator:
    return owner.page.get_by_role("row").filter(has_text=login_of(role))


def _fill_in_user(owner: Visit, login_id: str, role: str) -> None:
    owner.page.get_by_label("ログインID").fill(login_id)
    owner.page.get_by_label("名前").fill(f"{SURNAME} {ROLES.index(role) + 1}")
    owner.page.locator(f"[name=role][value={role}]").check()
    owner.press("追加してメールを送る")


def _first_sign_in(walk: Walk, role: str) -> None:
    """The temporary password leads to one page only, and is worth nothing afterwards."""
    newcomer, temporary = walk.staff[role], told(walk.mail(role, "アカウント発行"), "仮パスワード")
    _type_pair(newcomer, login_of(role), temporary)
    newcomer.shows("新しいパスワードの設定")
    newcomer.open("/campaigns")
    assert newcomer.path == "/sign-in/new-password"
    assert newcomer.page.get_by_role("navigation").count() == 0
    _choose(newcomer, OWN)
    newcomer.press("このパスワードにする")
    expect(newcomer.page.get_by_role("heading", level=1)).to_have_text("ホーム")


def _type_pair(staff: Visit, login_id: str, password: str) -> None:
    if staff.path != "/sign-in":
        staff.open("/sign-in")
    staff.page.get_by_label("ログインID").fill(login_id)
    staff.page.get_by_label("パスワード").fill(password)
    staff.press("ログインする")


def _ask(staff: Visit, address: str) -> APIResponse:
    """What the browser of ``staff`` gets for an address, without the time to draw it."""
    return staff.page.request.get(f"{staff.portal}{address}")


def _choose(staff: Visit, password: str) -> None:
    for field in ("new_password", "new_password_again"):
        staff.page.locator(f"[name={field}]").fill(password)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_and_opens_what_the_table_says_and_no_more(walk: Walk, role: str) -> None:
    """C-1: the menu, the addresses behind it, and the button that sends."""
    staff = walk.staff[role]
    staff.open("/")
    menu = staff.page.get_by_role("navigation", name="主なメニュー").get_by_role("link").all_inner_texts()
    assert menu == [words for words, roles in MENU.items() if role in roles]
    for address, roles in ADDRESSES.items():
        assert _ask(staff, address).status == (200 if role in roles else 403), address
    if role not in ADMINISTRATORS:
        staff.open("/users")
        staff.shows("この操作を行う権限がありません")
    staff.open(f"/campaigns/{walk.draft_id}/check")
    staff.shows("送信内容の確認")
    assert staff.page.get_by_role("button", name="2件を配信する").count() == (role in SENDERS)


def test_a_forgotten_password_is_set_anew_with_the_code_of_a_mail(walk: Walk) -> None:
    """C-3: the mail's code opens once, the old password is over, and so are the sessions."""
    staff, login_id = walk.staff["senior_admin"], login_of("senior_admin")
    staff.page.get_by_role("button", name="ログアウト").click()
    staff.follow("パスワードを忘れた方")
    staff.page.get_by_label("ログインID").fill(login_id)
    staff.press("認証コードを送る")
    code = told(walk.mail("senior_admin", "パスワード再設定の認証コード"), "認証コード")
    for expected in ("パスワードを設定しました", "認証コードが違うか"):
        if staff.path != "/password-reset/code":
            staff.open("/password-reset/code")
            staff.page.get_by_label("ログインID").fill(login_id)
        staff.page.get_by_label("認証コード").fill(code)
        _choose(staff, ANOTHER)
        staff.press("パスワードを設定する")
        staff.shows(expected)
        staff.open("/sign-in")
    _type_pair(staff, login_id, OWN)
    staff.shows("ログインIDまたはパスワードが違います")
    staff.sign_in({"login_id": login_id, "password": ANOTHER})


def test_five_wrong_passwords_lock_and_the_mail_says_so(walk: Walk) -> None:
    """C-4: the right password gets the same answer then, and the administrator sees the lock."""
    staff, login_id = walk.staff["general_user"], login_of("general_user")
    staff.page.get_by_role("button", name="ログアウト").click()
    answers = set()
    for password in (*["まちがい"] * 5, OWN):
        _type_pair(staff, login_id, password)
        answers.add(staff.page.locator("[data-error-summary]").inner_text())
    assert len(answers) == 1
    mail = walk.mail("general_user", "アカウントロック")
    assert "5回続けて" in mail
    assert re.search(r"ロックは\d+年\d+月\d+日 \d\d:\d\d（日本時間）に自動で解除されます", mail)
    walk.owner.open("/users")
    expect(_row(walk.owner, "general_user")).to_contain_text("ロック中")
    expect(_row(walk.owner, "general_user")).to_contain_text("に自動で解除")


def test_a_deleted_user_is_out_at_once_and_is_not_added_again(walk: Walk) -> None:
    """C-5: with the hint whom to ask; the person is told by mail."""
    walk.owner.open("/users")
    _row(walk.owner, "admin").get_by_role("link", name="削除").click()
    walk.owner.shows("登録し直すときは、お客様窓口へのご依頼が必要です", login_of("admin"))
    walk.owner.press("このユーザーを削除する")
    expect(_row(walk.owner, "admin")).to_have_count(0)
    walk.staff["admin"].open("/campaigns")
    assert walk.staff["admin"].path == "/sign-in"
    _type_pair(walk.staff["admin"], login_of("admin"), OWN)
    walk.staff["admin"].shows("ログインIDまたはパスワードが違います")
    walk.owner.open("/users/new")
    _fill_in_user(walk.owner, login_of("admin"), "admin")
    walk.owner.shows("お客様窓口へご依頼ください")
    assert "削除" in walk.mail("admin", "アカウント削除")


@pytest.mark.parametrize("role", ROLES)
def test_the_second_company_sees_nothing_of_it(stack: Stack, browser: Browser, walk: Walk, role: str) -> None:
    """I9, C-1: neither in a list of any role, nor by address, nor by trying to invite the same person."""
    walk.owner.open("/users")
    edit = _row(walk.owner, "senior_admin").get_by_role("link", name="編集").get_attribute("href")
    assert edit
    with visit(browser, stack.run["portal_url"]) as stranger:
        stranger.sign_in(user_of(stack, role, company=1))
        for address in LISTS:
            content = _ask(stranger, address).text()
            assert SURNAME not in content, address
            assert "junkai.example" not in content, address
        for address in (f"/campaigns/{walk.draft_id}", f"/campaigns/{walk.draft_id}/check"):
            assert _ask(stranger, address).status == 404, address
        for address in (edit, edit.replace("edit", "delete"), edit.replace("edit", "reset")):
            assert _ask(stranger, address).status == (404 if role in ADMINISTRATORS else 403), address
        if role in ADMINISTRATORS:
            _invite_in_vain(walk, stranger, "senior_admin")


def _invite_in_vain(walk: Walk, stranger: Visit, role: str) -> None:
    """It looks like any other invitation; only the mail tells, and it names nobody. Taken back in the end."""
    _invite(stranger, role)
    mail = walk.mail(role, "アカウント発行についてのご連絡")
    assert "別のご契約のログインIDとして使われている" in mail
    assert "仮パスワード" not in mail
    stranger.open("/users")
    _row(stranger, role).get_by_role("link", name="削除").click()
    stranger.press("このユーザーを削除する")
    expect(_row(stranger, role)).to_have_count(0)
    walk.owner.open("/users")
    expect(_row(walk.owner, role)).to_contain_text("利用中")
    walk.staff[role].open("/campaigns")
    assert walk.staff[role].path == "/campaigns"
