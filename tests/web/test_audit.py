"""The audit trail as the company's administrator sees it (C-1, I11), and what pages put into it."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from domain.send_times import to_jst
from tests.web.staff import Staff, make_draft
from web.wording.audit import value_words


async def test_the_administrator_sees_who_did_what(owner: Staff, somebody: Callable[[], Staff]) -> None:
    """Also what was refused: somebody opened a page that is not for their role."""
    staff = await somebody().sign_in("staff")
    assert (await staff.open("/audit")).status_code == 403
    await owner.open("/audit")
    for words in ("操作履歴", "一般 三郎", "権限のない操作", "ログイン", "127.0.0.1", "拒否"):
        assert words in owner.page.text
    assert "みどり" not in owner.page.text


async def test_only_the_administrator_is_offered_it(somebody: Callable[[], Staff]) -> None:
    for who in ("senior", "admin", "staff"):
        member = await somebody().sign_in(who)
        assert "/audit" not in member.page.links
        assert (await member.client.post("/audit/file")).status_code == 403


async def test_filters_narrow_it(owner: Staff) -> None:
    await owner.open("/audit?action=sign_in_failed")
    assert "条件に合う記録はありません" in owner.page.text
    await owner.open("/audit?action=signed_in&from=2020-01-01&until=2020-01-02")
    assert "条件に合う記録はありません" in owner.page.text
    await owner.open("/audit?action=signed_in&until=9999-12-31")
    assert "企業 花子" in owner.page.text


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=-1", "cursor=99999999999999999999", "cursor=%00", "cursor=１"]
)
async def test_a_made_up_page_leads_to_the_first(owner: Staff, query: str) -> None:
    await owner.open(f"/audit?{query}")
    assert owner.at == "/audit"
    assert owner.response.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["person=x", "action=nonsense", "from=99999-1-1", "until=0000-00-00", "from=0001-01-01", "person="],
)
async def test_nonsense_counts_as_not_asked_for(owner: Staff, query: str) -> None:
    assert (await owner.open(f"/audit?{query}")).status_code == 200


async def test_the_file_is_safe_to_open_and_its_download_on_record(owner: Staff) -> None:
    """L-4: a name that looks like a formula stays text."""
    campaign_id = await make_draft(owner, name='=HYPERLINK("http://evil")')
    await owner.open(f"/campaigns/{campaign_id}/delete")
    await owner.send("削除する")
    await owner.open("/audit")
    answer = await owner.send("CSVでダウンロードする")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    day = f"{to_jst(datetime.now(UTC)):%Y%m%d}"
    named = quote(f"操作履歴_{day}.csv", safe="")
    assert answer.headers["content-disposition"].endswith(f"filename*=UTF-8''{named}")
    heading, newest, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heading[4] == "操作"
    assert newest[4] == "操作履歴のダウンロード"
    assert any("下書きの削除" in row and "HYPERLINK" in row[6] for row in rows)
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)


async def test_a_whole_number_is_shown_on_demand_and_that_is_on_record(owner: Staff) -> None:
    """Portal principle: numbers are masked by default."""
    campaign_id = await make_draft(owner)
    await owner.send("確認へ進む")
    await owner.open(f"/campaigns/{campaign_id}/check")
    await owner.send("件を配信する")
    await owner.open(f"/log?campaign={campaign_id}")
    assert "09012340001" not in owner.response.text
    (link,) = [a for a in owner.page.links if a.startswith("/messages/")][-1:]
    await owner.open(link)
    assert "0901234000" not in owner.response.text
    await owner.send("番号をすべて表示する")
    assert "09012340001" in owner.page.text
    await owner.open("/audit?action=numbers_shown")
    assert "電話番号の表示" in owner.page.text
    assert link in owner.page.links


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("channel_plan", "rcs_with_sms_fallback", "+メッセージ → SMSフォールバック"),
        ("carriers", ["docomo", "au"], "NTTドコモ、au"),
        ("send_at", "2026-11-30T01:43:31.925086+00:00", "2026/11/30 10:43"),
        ("recipients", 250_000, "250,000"),
        ("exclude_opt_outs", True, "はい"),
        ("follow_up", {"sms_text": "続き"}, "SMSの本文: 続き"),
        ("carriers", [], "（なし）"),
        ("channel_plan", "of an older version", "of an older version"),
    ],
)
def test_values_are_written_as_people_read_them(name: str, value: object, words: str) -> None:
    assert value_words(value, name) == words


async def test_changes_of_users_and_keys_are_on_record(owner: Staff) -> None:
    """I11, C-2: who let whom in."""
    await owner.open("/users/new")
    await owner.send("追加", login_id="new@sakura.example", name="新人 五郎", role="general_user")
    await owner.open("/audit?action=user_invited")
    for words in ("ユーザーの追加", "新人 五郎", "n***@sakura.example", "一般利用者"):
        assert words in owner.page.text
    assert "new@sakura.example" not in owner.response.text
