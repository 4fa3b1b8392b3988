"""The mail catcher's pages, and the same as JSON for programs."""

import html
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.http_tools import json_response
from simulator.mail.mailbox import CaughtMail, Mailbox

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.7 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .5rem; border-bottom: 1px solid #ccc; vertical-align: top; }
a { color: #0017c1; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f5f5f8; padding: 1rem; font: inherit; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { td, th { display: block; border: 0; padding: .1rem; } tr { display: block;
  border-bottom: 1px solid #ccc; padding: .5rem 0; } thead { display: none; } dl { display: block; } }
"""


class MailPages:
    """`/` lists, `/mails/7` shows one, `/mails.json` tells programs, `/health` says that it runs."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def routes(self) -> list[BaseRoute]:
        """Everything the catcher answers over HTTP."""
        return [
            Route("/", self._list),
            Route("/mails.json", self._json),
            Route("/mails/{number:int}", self._one),
            Route("/style.css", self._style),
            Route("/health", self._health),
        ]

    async def _list(self, request: Request) -> Response:
        mails = self._mailbox.mails()
        rows = "".join(
            f"<tr><td>{_moment(mail)}</td><td>{html.escape(mail.recipient)}</td>"
            f'<td><a href="/mails/{mail.number}">{html.escape(mail.subject) or "（件名なし）"}</a>'
            f"{_copies(mail)}</td></tr>"
            for mail in mails
        )
        table = (
            "<table><thead><tr><th>受信日時</th><th>宛先</th><th>件名</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
        empty = "<p>まだメールは届いていません。届いたら、このページを再読み込みしてください。</p>"
        return _page("受信したメール", table if mails else empty)

    async def _one(self, request: Request) -> Response:
        mail = self._mailbox.mail(request.path_params["number"])
        if mail is None:
            missing = '<p>このメールはありません。</p><p><a href="/">一覧へ戻る</a></p>'
            return _page("メールが見つかりません", missing, 404)
        facts = {
            "差出人": mail.sender,
            "宛先": mail.recipient,
            "受信日時": _moment(mail),
            "Message-ID": mail.message_id,
        }
        head = "".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
        text = f"{_copies(mail)}<pre>{html.escape(mail.text)}</pre>"
        body = f'<p><a href="/">一覧へ戻る</a></p><dl>{head}</dl>{text}'
        return _page(html.escape(mail.subject), body)

    async def _json(self, request: Request) -> Response:
        mails = self._mailbox.mails()
        return json_response(
            {"mails": [{**vars(mail), "received_at": mail.received_at.isoformat()} for mail in mails]}
        )

    async def _style(self, request: Request) -> Response:
        return PlainTextResponse(_STYLE, media_type="text/css", headers=_HEADERS)

    async def _health(self, request: Request) -> Response:
        return json_response({"status": "ok", "mails": len(self._mailbox.mails())})


def _page(title: str, body: str, status: int = 200) -> Response:
    page = (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel="stylesheet" href="/style.css"></head>'
        f"<body><h1>{title}</h1>{body}"
        "<p>実際の宛先には送られていません。この環境の中だけで受け取ったメールです。</p></body></html>"
    )
    return HTMLResponse(page, status, _HEADERS)


def _moment(mail: CaughtMail) -> str:
    return f"{mail.received_at.astimezone(ZoneInfo('Asia/Tokyo')):%Y/%m/%d %H:%M:%S}"


def _copies(mail: CaughtMail) -> str:
    return f"（同じメールを{mail.copies}回受信）" if mail.copies > 1 else ""
