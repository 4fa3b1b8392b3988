"""A member of staff in front of a browser without JavaScript."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.web.html_forms import Form, Page, read_page

PEOPLE = (
    "電話番号,氏名,予約日時\n"
    "090-1234-0001,山田 花子,4月1日 10:00\n"
    "９０１２３４０００２,鈴木 一郎,4月1日 11:30\n"
    "+81 80 1234 0003,佐藤 さくら,4月2日 9:00\n"
)
SMS_TEXT = "{{氏名}}様 ご予約は{{予約日時}}です。"


class Staff:
    """Opens pages and sends their forms; remembers every address it was led to."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.addresses: list[str] = []
        self.response = httpx.Response(200)
        self.page = Page()

    async def sign_in(self, who: str, company: str = "sakura") -> "Staff":
        await self.open("/sign-in")
        login: dict[str, Any] = {
            "login_id": f"{who}@{company}.example",
            "password": f"Demo-{company}-{who}-2026",
        }
        await self.send("ログインする", **login)
        assert self.at == "/", self.page.text
        return self

    async def open(self, address: str) -> httpx.Response:
        return self._keep(await self.client.get(address, follow_redirects=True))

    async def send(
        self, button: str, *, file: tuple[str, bytes] | None = None, **values: Any
    ) -> httpx.Response:
        """Press the button whose words contain ``button``, with some fields filled in."""
        form, name, value = self._button(button)
        fields = form.filled(**values)
        if name:
            fields[name] = [value]
        files = {"file": file} if file else None
        action = form.action or self.at
        answer = await self.client.request(
            form.method.upper(), action, data=fields, files=files, follow_redirects=True
        )
        return self._keep(answer)

    def has_button(self, words: str) -> bool:
        return any(words in label for form in self.page.forms for label, _, _ in form.buttons)

    def form_of(self, button: str) -> Form:
        return self._button(button)[0]

    @property
    def at(self) -> str:
        """The path of the page that is open."""
        return urlsplit(str(self.response.url)).path

    @property
    def campaign_id(self) -> str:
        return self.at.split("/")[2]

    def _button(self, words: str) -> tuple[Form, str, str]:
        for form in self.page.forms:
            for label, name, value in form.buttons:
                if words in label:
                    return form, name, value
        raise AssertionError(f"no button {words!r} at {self.at}: {self.page.text}")

    def _keep(self, response: httpx.Response) -> httpx.Response:
        self.response = response
        self.addresses += [str(step.url) for step in (*response.history, response)]
        if response.headers.get("content-type", "").startswith("text/html"):
            self.page = read_page(response.text)
            self.addresses += self.page.links + [form.action for form in self.page.forms]
            assert not self.page.problems, self.page.problems
        return response


async def make_draft(
    staff: Staff,
    *,
    name: str = "予約の確認",
    people: str = PEOPLE,
    sms_text: str = SMS_TEXT,
    **content: Any,
) -> str:
    """Compose a campaign up to the settings; return its id."""
    await staff.open("/campaigns/new")
    await staff.send("次へ進む", name=name, file=("名簿.csv", people.encode()))
    await staff.send("この列で次へ進む")
    campaign_id = staff.campaign_id
    await staff.send("次へ進む", sms_text=sms_text, **content)
    assert staff.at.endswith("/options"), staff.page.text
    return campaign_id


async def make_check(staff: Staff, *, options: dict[str, Any] | None = None, **draft: Any) -> str:
    """Compose a campaign up to the page before the paid action; return its id."""
    campaign_id = await make_draft(staff, **draft)
    await staff.send("確認へ進む", **(options or {}))
    if staff.at.endswith("/rows"):
        await staff.open(f"/campaigns/{campaign_id}/check")
    return campaign_id
