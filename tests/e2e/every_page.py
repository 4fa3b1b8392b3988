"""Everybody who can open a page, and the addresses of the running application with ids filled in."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from api.headers import is_for_programs
from domain.links import Link
from domain.send_times import to_jst
from tests.architecture.test_routes import application_routes
from tests.e2e.pages import FormClient, csv_of
from tests.e2e.stack import Stack, wait_for
from tests.e2e.test_mails import OWN, mail_to
from tests.web.test_second_factor import code

LOGIN_ID = "barrierefrei@sakura.example"
DELETED = "geloescht@sakura.example"
OPERATOR_SIGN_IN = "/operator/sign-in"
# This one is stopped while its pages are looked at: the test's own campaigns do not need it.
STOPPED = Link.NUMBER_RECYCLING


@dataclass(frozen=True)
class Person:
    """Somebody at some point of their work; ``http`` holds the cookies of that moment."""

    name: str
    http: httpx.Client


class OperatorClient(FormClient):
    """Fills in the forms of the operators' side."""

    def __init__(self, portal: str, operator: dict[str, str]) -> None:
        self.http = httpx.Client(base_url=portal, follow_redirects=True, timeout=60)
        self.answer = self.http.get(OPERATOR_SIGN_IN)
        self.send("ログインする", login_id=operator["login_id"], password=operator["password"])


def page_routes(method: str = "GET") -> list[str]:
    """Paths of everything a browser can open, or send a form to, as the running application declares them."""
    return [
        path
        for path, route in application_routes()
        if method in (route.methods or ()) and not is_for_programs(path)
    ]


def addresses_of(path: str, ids: dict[str, list[str]]) -> list[str]:
    """The path with every id there is for it; a new kind of id has to be added to ``ids_of``."""
    name = re.search(r"\{(\w+)\}", path)
    if name is None:
        return [path]
    return [
        address for identity in ids[name[1]] for address in addresses_of(path.replace(name[0], identity), ids)
    ]


def ids_of(stack: Stack, campaigns: list[str]) -> dict[str, list[str]]:
    """Ids of the company's data, one or some of each kind."""
    with psycopg.connect(stack.run["database_url"]) as connection:

        def first(query: str, *values: Any) -> list[str]:
            return [str(row[0]) for row in connection.execute(query, values).fetchall()]

        return {
            "campaign_id": campaigns,
            "message_id": first("SELECT id FROM messages WHERE campaign_id::text = %s LIMIT 1", campaigns[0]),
            "user_id": first("SELECT id FROM company_users WHERE login_id = 'admin@sakura.example'"),
            "key_id": first(
                "SELECT k.id FROM api_keys k JOIN company_users USING (company_id) WHERE login_id = %s",
                LOGIN_ID,
            ),
            "passkey_id": first("SELECT id FROM passkeys WHERE name = %s", LOGIN_ID),
            "own_user_id": first("SELECT id FROM company_users WHERE login_id = %s", LOGIN_ID),
            "link": [Link.SMS_AU.value, STOPPED.value],
            "company_id": first("SELECT company_id FROM company_users WHERE login_id = %s", DELETED),
            "deleted_user_id": first("SELECT id FROM company_users WHERE login_id = %s", DELETED),
            "operator_id": first("SELECT id FROM operators ORDER BY login_id"),
        }


def make_campaigns(stack: Stack, staff: FormClient) -> list[str]:
    """A finished campaign, one for later, a draft with rows to mend; returns their ids."""
    day = to_jst(datetime.now(UTC)).date() + timedelta(days=2)
    later = {"when": "scheduled", "send_at__date": str(day), "send_at__time": "10:00"}
    numbers = ("080-7777-0001", "080-7777-0002")
    made = [
        compose_campaign(staff, name, numbers, options) for name, options in (("済", {}), ("予約", later))
    ]
    with stack.api() as client:
        wait_for(client, made[0], 60)
    draft = compose_campaign(
        staff, "下書き", ("080-7777-0003", "０８０－７７７７－０００４", "03-1234-5678"), None
    )
    return [*made, draft]


def compose_campaign(
    staff: FormClient, name: str, numbers: tuple[str, ...], options: dict[str, str] | None
) -> str:
    """Through the portal's forms; sent to the two of ``numbers`` unless ``options`` is ``None``. Its id."""
    rows: list[tuple[str, ...]] = [(number, "山田 花子", "9:00") for number in numbers]
    staff.open("/campaigns/new")
    staff.send("次へ進む", name=name, file=("名簿.csv", csv_of(rows, "utf-8-sig")))
    staff.send("この列で次へ進む")
    words = "{{氏名}}様へのお知らせです。"
    staff.send("次へ進む", channel_plan="rcs_with_sms_fallback", rcs_text=words, sms_text=words)
    staff.send("確認へ進む", file=None, **(options or {}))
    if options is not None:
        staff.open(f"/campaigns/{staff.path_id}/check")
        staff.send("2件")
    return staff.path_id


def people(stack: Stack, staff: FormClient) -> Iterator[Person]:
    """One after another, each at a point where pages open that open for nobody else.

    A new 企業管理者 goes the whole way: temporary password, authenticator, second sign-in. An operator, too.
    """
    portal = stack.run["portal_url"]
    yield Person("nobody", httpx.Client(base_url=portal, timeout=60))
    staff.open("/users/new")
    staff.send("追加してメールを送る", login_id=LOGIN_ID, name="新人 三郎", role="company_admin")
    temporary = re.search(r"仮パスワード: (\S+)", mail_to(stack, LOGIN_ID)["text"])
    assert temporary is not None
    newcomer = FormClient(portal, {"login_id": LOGIN_ID, "password": temporary[1]})
    yield Person("with a temporary password", newcomer.http)
    newcomer.send("このパスワードにする", new_password=OWN, new_password_again=OWN)
    newcomer.open("/account/second-factor")
    newcomer.send("認証アプリを設定する")
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', newcomer.answer.text)
    assert secret is not None
    yield Person("setting up an authenticator", newcomer.http)
    newcomer.send("確認して設定する", code=code(base64.b32decode(secret[1].replace(" ", ""))))
    _add_passkey(stack)
    halfway = FormClient(portal, {"login_id": LOGIN_ID, "password": OWN})
    yield Person("before the second factor", halfway.http)
    yield Person("企業管理者", newcomer.http)
    _delete_user(stack, staff)
    yield from _operators(stack)


def _operators(stack: Stack) -> Iterator[Person]:
    """One sets an authenticator up, is asked for it, and takes it away in the end; another looks on."""
    portal, (chief, duty, *_) = stack.run["portal_url"], stack.run["operators"]
    with stopped_link(stack) as operator:
        helped = OperatorClient(portal, duty)
        helped.open("/operator/account/second-factor")
        helped.send("認証アプリを設定する")
        secret = re.search(r'class="secret">([A-Z2-7 ]+)<', helped.answer.text)
        assert secret is not None
        yield Person("operator setting up an authenticator", helped.http)
        helped.send("確認して設定する", code=code(base64.b32decode(secret[1].replace(" ", ""))))
        halfway = OperatorClient(portal, duty)
        assert halfway.answer.url.path == "/operator/sign-in/second-factor"
        yield Person("operator before the second factor", halfway.http)
        yield Person("operator with a second factor", helped.http)
        yield Person("operator", operator.http)
        assert chief["role"] == "operator_admin"
        helped.open("/operator/account/second-factor/totp/remove")
        helped.send("認証アプリの登録を解除する")


def _delete_user(stack: Stack, staff: FormClient) -> None:
    staff.open("/users/new")
    staff.send("追加してメールを送る", login_id=DELETED, name="退職 五郎", role="admin")
    with psycopg.connect(stack.run["database_url"]) as connection:
        row = connection.execute("SELECT id FROM company_users WHERE login_id = %s", (DELETED,)).fetchone()
    assert row is not None
    staff.open(f"/users/{row[0]}/delete")
    staff.send("このユーザーを削除する")


def _add_passkey(stack: Stack) -> None:
    with psycopg.connect(stack.run["database_url"]) as connection:
        connection.execute(
            "INSERT INTO passkeys (company_id, user_id, name, credential_id, public_key)"
            " SELECT company_id, id, login_id, 'credential', '' FROM company_users WHERE login_id = %s",
            (LOGIN_ID,),
        )


@contextmanager
def stopped_link(stack: Stack) -> Iterator[OperatorClient]:
    """An operator, and one link stopped for as long."""
    operator = OperatorClient(stack.run["portal_url"], stack.run["operators"][0])
    operator.open(f"/operator/links/{STOPPED}/stop")
    operator.send("送信を止める", reason="画面の確認")
    try:
        yield operator
    finally:
        operator.open(f"/operator/links/{STOPPED}/resume")
        operator.send("送信を再開する")
