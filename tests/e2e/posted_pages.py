"""Pages that answer a sent form: forms with errors, check pages, what is shown once. Collected over HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from playwright.sync_api import Route

from tests.e2e.every_page import DELETED, LOGIN_ID, Person, page_routes
from tests.e2e.pages import Visit
from tests.e2e.stack import Stack
from tests.e2e.test_mails import mail_to
from tests.web.html_forms import Form, read_page

# Forms that never answer with a page: they lead to one, or hand out a file, a part of a page, or JSON.
NO_PAGE = {
    "/account/end-other-sessions",
    "/account/passkeys/options",
    "/account/passkeys/{passkey_id}/remove",
    "/account/second-factor",
    "/account/second-factor/totp/remove",
    "/account/sessions/{session_id}/end",
    "/api-keys/{key_id}/revoke",
    "/audit/file",
    "/campaigns/new/autosave",
    "/campaigns/{campaign_id}/content/autosave",
    "/campaigns/{campaign_id}/content/preview",
    "/campaigns/{campaign_id}/copy",
    "/campaigns/{campaign_id}/options/autosave",
    "/campaigns/{campaign_id}/recipients/autosave",
    "/messages/{message_id}/number",
    "/operator/account/end-other-sessions",
    "/operator/account/second-factor",
    "/operator/account/second-factor/totp/remove",
    "/operator/account/sessions/{session_id}/end",
    "/operator/audit/file",
    "/operator/login-ids/{company_id}/{deleted_user_id}",
    "/operator/operators/{operator_id}/unlock",
    "/operator/sign-out",
    "/sign-in/passkey",
    "/sign-in/passkey/options",
    "/sign-out",
    "/users/second-factor",
    "/users/{user_id}/reset",
}
_NEW_PASSWORD = "夜行列車の窓から見えた灯り"


@dataclass(frozen=True)
class PostedPage:
    """A page as it answered a form, whole with its headers."""

    address: str
    status: int
    headers: Mapping[str, str]
    body: str

    def show(self, seen: Visit) -> str:
        """Open it in the browser, which asks its address and gets this answer; returns its name."""
        url = f"{seen.portal}{self.address}"

        def answer(route: Route) -> None:
            route.fulfill(status=self.status, headers=dict(self.headers), body=self.body)

        seen.page.route(url, answer)
        seen.page.goto(url)
        seen.page.unroute(url)
        return f"POST {self.address} ({self.status})"


@dataclass
class PostedPages:
    """Every different answer to a form: by its address without ids, status and first heading."""

    routes: dict[str, re.Pattern[str]] = field(
        default_factory=lambda: {
            path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in page_routes("POST")
        }
    )
    found: dict[tuple[str, int, str], PostedPage] = field(default_factory=dict)
    _tried: set[tuple[str, frozenset[str]]] = field(default_factory=set)

    def watch(self, http: httpx.Client) -> None:
        """Keep from now on what answers this client's forms."""
        if self._keep not in http.event_hooks["response"]:
            http.event_hooks = {"response": [self._keep]}

    def without(self) -> set[str]:
        """The forms of which no page was seen."""
        return set(self.routes) - {path for path, _, _ in self.found}

    def send_empty(self, http: httpx.Client, address: str, html: str) -> None:
        """Send every form of a page that asks for something, with nothing filled in; each kind once."""
        for form in read_page(html).forms:
            if form.method != "post" or not form.asked:
                continue
            action = form.action or address
            kind = (self._route(action), frozenset(form.asked))
            if kind not in self._tried:
                self._tried.add(kind)
                http.post(action, data=form.empty())

    def _route(self, path: str) -> str:
        return path if path in self.routes else next(r for r, p in self.routes.items() if p.fullmatch(path))

    def _keep(self, response: httpx.Response) -> None:
        is_page = response.headers.get("content-type", "").startswith("text/html")
        path = response.request.url.path
        # A search leads to an address with a word for what was typed: that page is its answer.
        is_search = "search" in response.request.url.params and path in self.routes
        if not is_page or not (response.request.method == "POST" or is_search):
            return
        response.read()
        if not response.text.lstrip().startswith("<!doctype html>"):
            return
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", response.text, re.DOTALL)
        headers = {
            name: value
            for name, value in response.headers.items()
            if name
            in ("content-type", "content-security-policy", "referrer-policy", "x-content-type-options")
        }
        key = (self._route(path), response.status_code, heading[1] if heading else "")
        self.found.setdefault(key, PostedPage(path, response.status_code, headers, response.text))


def press(http: httpx.Client, address: str, button: str, **values: str) -> httpx.Response:
    """Open a page and press a button, whatever the answer is."""
    form = _form(http.get(address, follow_redirects=True).text, button)
    answer = http.post(form.action or address, data=form.filled(**values))
    found = answer.headers.get("location", "")
    return http.get(found) if "search=" in found else answer


def _form(html: str, button: str) -> Form:
    return next(
        form for form in read_page(html).forms if any(button in label for label, _, _ in form.buttons)
    )


def send_forms(
    stack: Stack, person: Person, pages: Mapping[str, str], ids: Mapping[str, list[str]], posted: PostedPages
) -> None:
    """Do whatever answers with a page as this person: first what is filled in, then every form empty."""
    if person.name == "企業管理者":
        _deeds_of_administrator(person.http, ids)
    elif person.name == "operator with a second factor":
        press(person.http, "/operator/account/second-factor/backup-codes", "新しいコードを作る")
    elif person.name == "operator":
        _deeds_of_operator(person.http, ids)
        forgetful = httpx.Client(base_url=stack.run["portal_url"], timeout=60)
        posted.watch(forgetful)
        _deeds_of_forgetful(stack, forgetful)
    for address, html in pages.items():
        posted.send_empty(person.http, address, html)


def _deeds_of_administrator(http: httpx.Client, ids: Mapping[str, list[str]]) -> None:
    """What shows a page when it is done, and what is refused although the form was filled in."""
    finished, scheduled, draft = ids["campaign_id"]
    press(http, "/api-keys/new", "APIキーを作る", name="画面の確認", scope="read")
    press(http, "/account/second-factor/backup-codes", "新しいコードを作る")
    press(http, f"/messages/{ids['message_id'][0]}", "番号をすべて表示する")
    for log in ("/log", "/log/received"):
        for number in ("080-7777-0001", "5"):
            press(http, log, "検索する", phone_number=number)
    edit = f"/campaigns/{scheduled}/edit"
    confirm = _form(press(http, edit, "変更内容の確認へ進む").text, "予約に変更する")
    http.post(confirm.action, data=confirm.filled(check_token="old"))
    press(http, f"/campaigns/{scheduled}/cancel", "予約を取り消す", version="0")
    press(http, f"/campaigns/{draft}/check", "件を配信する", recipients="9")
    press(http, f"/campaigns/{draft}/content", "次へ進む", sms_text="別の本文", version="0")
    press(http, f"/campaigns/{draft}/file", "この読み方で読み直す", header_row="4")
    press(http, f"/campaigns/{draft}/content", "次へ進む", action="preview")
    press(http, f"/campaigns/{draft}/options", "確認へ進む", when="scheduled")
    token = dict(_form(http.get("/").text, "ログアウト").fields)
    http.post(f"/campaigns/{finished}/delete", data=token)
    for action in ("delete", "second-factor"):
        http.post(f"/users/{ids['own_user_id'][0]}/{action}", data=token)
    http.post("/users/new", data={"csrf_token": "of another session"})


def _deeds_of_operator(http: httpx.Client, ids: Mapping[str, list[str]]) -> None:
    """Another operator was quicker; a deleted login id is found; nobody takes away the own second factor."""
    links = ids["link"]
    for link, action, button in (
        (links[0], "stop", "送信を止める"),
        (links[1], "resume", "送信を再開する"),
        (links[0], "rate", "契約速度を変更する"),
    ):
        press(http, f"/operator/links/{link}/{action}", button, reason="画面の確認", rate="50", version="999")
    press(http, "/operator/login-ids", "探す", login_id=DELETED)
    token = dict(_form(http.get("/operator/links").text, "ログアウト").fields)
    http.post(f"/operator/operators/{ids['operator_id'][0]}/second-factor", data=token)


def _deeds_of_forgetful(stack: Stack, http: httpx.Client) -> None:
    """From the question for a code to the new password; ends the sessions of ``LOGIN_ID``."""
    press(http, "/password-reset", "認証コードを送る", login_id=LOGIN_ID)
    found = re.search(r"認証コード: (\S+)", mail_to(stack, LOGIN_ID, "パスワード再設定の認証コード")["text"])
    assert found is not None
    new = {"new_password": _NEW_PASSWORD, "new_password_again": _NEW_PASSWORD}
    for code in ("WRONG", found[1]):
        press(http, "/password-reset/code", "パスワードを設定する", login_id=LOGIN_ID, code=code, **new)
