"""A large list through the portal, as a person's browser sends it: seconds, and the portal's memory."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

import httpx

from benchmarks.company import Company
from benchmarks.errors import BenchmarkFailed
from benchmarks.processes import PeakMemory
from benchmarks.recipients import numbers_for
from benchmarks.results import UploadResult
from benchmarks.stack import Stack
from domain.carriers import Channel
from domain.send_times import to_jst
from workers.local_stack.run_file import DemoUser

ROWS = 250_000
TEXT = "{{氏名}}様、{{店舗}}でのご予約（{{日時}}）を承っております。"
_REQUEST_SECONDS = 300.0
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')


def csv_file(rows: int) -> bytes:
    """Return a list of ``rows`` people: a number and three variables."""
    lines = (f"{number},山田 花子{i % 977},新宿南口店,11月26日 {i % 24}時" for i, number in _numbered(rows))
    return "\r\n".join(("電話番号,氏名,店舗,日時", *lines, "")).encode()


def _numbered(rows: int) -> Iterator[tuple[int, str]]:
    return enumerate(islice(numbers_for(Channel.SMS), rows))


def measure_upload(stack: Stack, company: Company, rows: int = ROWS) -> UploadResult:
    """Upload, check and register a campaign for tomorrow, then cancel it: nothing is sent."""
    content = csv_file(rows)
    with Browser(stack.run.portal_url) as browser, PeakMemory(stack.processes["portal"]) as memory:
        browser.sign_in(company.users["company_admin"])
        began = time.monotonic()
        campaign_id = browser.upload(content)
        browser.write(campaign_id)
        form = browser.check(campaign_id)
        checked = time.monotonic()
        browser.send(campaign_id, form)
        registered = time.monotonic()
    if form["recipients"] != str(rows):
        raise BenchmarkFailed(f"The check page counts {form['recipients']} recipients of {rows}.")
    total = company.progress(campaign_id).total
    cancelled = company.cancel(campaign_id)
    if (total, cancelled) != (rows, rows):
        raise BenchmarkFailed(f"{rows} rows, but {total} registered and {cancelled} cancelled.")
    return UploadResult(rows, checked - began, registered - checked, memory.megabytes)


class Browser:
    """A person's way through the portal, without JavaScript."""

    def __init__(self, portal_url: str) -> None:
        self._client = httpx.Client(base_url=portal_url, timeout=_REQUEST_SECONDS)
        self._token = ""

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def sign_in(self, user: DemoUser) -> None:
        """Open a session."""
        self._token = self._hidden("/sign-in")["csrf_token"]
        self._post("/sign-in", {"login_id": user.login_id, "password": user.password, "next": "/"})
        self._token = self._hidden("/campaigns/new")["csrf_token"]

    def upload(self, content: bytes) -> UUID:
        """Step 1: name and file, then the column with the numbers."""
        fields = {"name": "Benchmark upload", "source": "file"}
        place = self._post("/campaigns/new", fields, content)
        campaign_id = UUID(place.split("/")[2])
        self._post(f"/campaigns/{campaign_id}/file", {"phone_column": "0"})
        return campaign_id

    def write(self, campaign_id: UUID) -> None:
        """Step 2: the text."""
        fields = {"channel_plan": "sms", "sms_text": TEXT, "rcs_text": "", "action": "next"}
        self._post(f"/campaigns/{campaign_id}/content", fields)

    def check(self, campaign_id: UUID) -> dict[str, str]:
        """Step 3: tomorrow at ten, which checks every row; the hidden fields of the page before the send."""
        tomorrow = to_jst(datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        options = {"when": "scheduled", "send_at-date": tomorrow, "send_at-time": "10:00"}
        self._post(
            f"/campaigns/{campaign_id}/options", {**options, "carrier_choice": "all", "action": "next"}
        )
        return self._hidden(f"/campaigns/{campaign_id}/check")

    def send(self, campaign_id: UUID, form: dict[str, str]) -> None:
        """Register with the numbers that were shown."""
        shown = {name: form[name] for name in ("check_token", "recipients")}
        self._post(f"/campaigns/{campaign_id}/send", shown)

    def _hidden(self, path: str) -> dict[str, str]:
        answer = self._client.get(path)
        if answer.status_code != 200:
            raise BenchmarkFailed(f"GET {path} of the portal answered {answer.status_code}.")
        return dict(_HIDDEN.findall(answer.text))

    def _post(self, path: str, fields: dict[str, str], file: bytes | None = None) -> str:
        files = {"file": ("recipients.csv", file, "text/csv")} if file is not None else None
        answer = self._client.post(path, data={"csrf_token": self._token, **fields}, files=files)
        if answer.status_code != 303:
            found = re.findall(r'class="[^"]*error[^"]*"[^>]*>([^<]+)<', answer.text)
            raise BenchmarkFailed(f"POST {path} of the portal answered {answer.status_code}: {found[:3]}")
        return answer.headers["location"]
