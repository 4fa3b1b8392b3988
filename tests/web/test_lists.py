"""Lists: a search has an address, pages go both ways with a count, and there is a way back (P-5)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from domain.log_months import ended_before
from domain.send_times import to_jst
from tests.web.conftest import Portal
from tests.web.operators import make_operators, sign_in_as
from tests.web.staff import Staff, make_check, make_draft

TODAY = to_jst(datetime.now(UTC)).date()
OLDEST = to_jst(ended_before(datetime.now(UTC))).date()
NUMBER = re.compile(r"0[6-9]0[-%]?\d{4}[-%]?\d{4}|\+81|%2B81")


def message_links(staff: Staff) -> list[str]:
    return [link for link in staff.page.links if link.startswith("/messages/")]


def way(staff: Staff, words: str) -> str:
    """The address of one of the ways to another page."""
    return next(
        found[1].replace("&amp;", "&")
        for found in re.finditer(
            r'<a class="button button--small" href="([^"]+)">([^<]+)<', staff.response.text
        )
        if found[2] == words
    )


async def long_log(owner: Staff, count: int = 120) -> str:
    # One registration makes them all.
    people = "phone\n" + "".join(f"090300{number:05}\n" for number in range(count))
    await make_check(owner, name=f"ページの試し{count}", people=people, sms_text="お知らせ")
    await owner.send("件を配信する")
    return owner.campaign_id


async def test_a_search_by_number_is_an_address_that_can_be_reloaded_and_come_back_to(owner: Staff) -> None:
    """P-5: "did it reach Mr X?" — search, open, go back; no address, link or cookie holds the number."""
    await make_check(owner, name="問い合わせ")
    await owner.send("件を配信する")
    await owner.open("/log")
    await owner.send("検索する", phone_number="080-1234-0003", status="accepted")
    assert (owner.response.status_code, owner.response.request.method) == (200, "GET")
    found, address = message_links(owner), str(owner.response.url)
    assert found
    assert "090****0001" not in owner.page.text
    assert 'value="080-1234-0003"' in owner.response.text
    await owner.open(address)
    assert message_links(owner) == found, "reloaded"
    await owner.open(found[0])
    back = next(link for link in owner.page.links if link.startswith("/log?"))
    await owner.open(back)
    assert message_links(owner) == found
    assert parse_qs(urlsplit(back).query) == parse_qs(urlsplit(address).query)
    assert not [seen for seen in owner.addresses if NUMBER.search(seen)]
    assert not [cookie for cookie in owner.client.cookies.jar if NUMBER.search(cookie.value or "")]


async def test_a_search_is_its_sessions_alone(owner: Staff, somebody: Callable[[], Staff]) -> None:
    """I9, I10: somebody else who has the address is told to type the number again, and shown nothing."""
    await owner.open("/log")
    await owner.send("検索する", phone_number="080-1234-0003")
    address = str(owner.response.url)
    colleague = await somebody().sign_in("senior")
    assert (await colleague.open(address)).status_code == 422
    assert "電話番号をもう一度入力してください" in colleague.page.text
    assert not message_links(colleague)
    assert "0003" not in colleague.page.text


async def test_a_word_of_a_search_shows_no_number(owner: Staff) -> None:
    """I11: a whole number is shown after it was asked for on record, not by a word made in another way."""
    campaign = await long_log(owner, 1)
    await owner.open(f"/log?campaign={campaign}")
    message = message_links(owner)[0]
    await owner.open("/log")
    await owner.send("検索する", phone_number=message.rsplit("/", 1)[1])
    word = parse_qs(urlsplit(str(owner.response.url)).query)["search"][0]
    await owner.open(f"{message}?search={word}")
    assert "09030000000" not in owner.page.text
    await owner.send("番号をすべて表示する")
    assert "09030000000" in owner.page.text
    assert owner.response.request.method == "GET", "can be reloaded and come back to"


@pytest.mark.parametrize("number", ["03-1234-5678", "1", "東京", "0" * 400])
async def test_a_number_that_cannot_be_read_keeps_the_other_conditions(owner: Staff, number: str) -> None:
    """P-5: said beside the field, in the log and among received messages alike."""
    await owner.open("/log")
    answer = await owner.send("検索する", phone_number=number, status="delivered", carrier="au")
    assert answer.status_code == 422
    assert "電話番号を読み取れません" in owner.page.text
    assert {"status=delivered", "carrier=au"} <= set(urlsplit(str(answer.url)).query.split("&"))
    await owner.open("/log/received")
    assert (await owner.send("検索する", phone_number=number)).status_code == 422
    assert "電話番号を読み取れません" in owner.page.text


async def test_pages_go_both_ways_and_say_which_rows_they_show(owner: Staff) -> None:
    """L-1: first, previous, next, last; the search goes along; rows stay where they are."""
    campaign = await long_log(owner)
    await owner.open(f"/log?campaign={campaign}")
    assert "120件中 1–50件" in owner.page.text
    first = message_links(owner)
    await owner.open(way(owner, "次へ"))
    assert "120件中 51–100件" in owner.page.text
    second = message_links(owner)
    await owner.open(way(owner, "次へ"))
    assert "120件中 101–120件" in owner.page.text
    third = message_links(owner)
    assert "次へ" not in re.findall(r"button--small[^>]*>([^<]+)<", owner.response.text)
    await owner.open(way(owner, "前へ"))
    assert (message_links(owner), "120件中 51–100件" in owner.page.text) == (second, True)
    await owner.open(way(owner, "最後"))
    assert "120件中 71–120件" in owner.page.text
    last = message_links(owner)
    assert last[-20:] == third
    await owner.open(way(owner, "前へ"))
    assert "120件中 21–70件" in owner.page.text
    await owner.open(way(owner, "最初"))
    assert message_links(owner) == first
    assert len({*first, *second, *third}) == 120


async def test_the_way_back_leads_to_the_page_one_came_from(owner: Staff) -> None:
    """P-5: campaign, state and page, from where the browser says, from the last list, never elsewhere."""
    campaign = await long_log(owner, 60)
    await owner.open(f"/log?campaign={campaign}&status=accepted")
    await owner.open(way(owner, "次へ"))
    here = urlsplit(str(owner.response.url))
    message = message_links(owner)[0]
    await owner.open(message)
    assert f"{here.path}?{here.query}" in owner.page.links
    await owner.open("/log?status=delivered")
    asked = {"Referer": f"http://portal.test{here.path}?{here.query}"}
    other = await owner.client.get(message, headers=asked)
    assert f"campaign={campaign}" in other.text, "another tab is told by the browser"
    for evil in (
        "https://evil.example/log?x=1",
        "//evil.example/log",
        "/sign-out",
        "javascript:alert(1)",
        "/log\n?",
    ):
        await owner.open(f"{message}?{urlencode({'back': evil})}")
        assert not [link for link in owner.page.links if "evil" in link or "alert" in link]
        assert "/sign-out" not in owner.page.links


async def test_the_list_of_campaigns_is_come_back_to_as_well(owner: Staff) -> None:
    campaign = await make_draft(owner, name="戻り道の案件")
    await owner.open(f"/campaigns?{urlencode({'status': 'draft', 'q': '戻り道'})}")
    assert "1件中 1–1件" in owner.page.text
    await owner.open(f"/campaigns/{campaign}")
    back = next(link for link in owner.page.links if link.startswith("/campaigns?"))
    assert parse_qs(urlsplit(back).query) == {"status": ["draft"], "q": ["戻り道"]}


async def test_a_search_for_a_login_id_can_be_reloaded_too(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    """C-5: on the operators' side as well; the mail address stands in no address."""
    await make_operators(portal.jobs_database)
    desk = await sign_in_as(somebody(), "service_desk")
    await desk.open("/operator/login-ids")
    await desk.send("探す", login_id="nobody@nowhere.example")
    assert (desk.response.status_code, desk.response.request.method) == (422, "GET")
    await desk.open(str(desk.response.url))
    assert "nobody@nowhere.example" in desk.response.text
    assert not [seen for seen in desk.addresses if "nowhere" in seen]


ADMIN_LISTS = ("/log", "/audit")


@pytest.mark.parametrize("path", ADMIN_LISTS)
async def test_an_end_before_the_beginning_is_said_beside_the_field(owner: Staff, path: str) -> None:
    """P-5: not "nothing found"; the other conditions stay."""
    days = {"from": str(TODAY), "until": str(TODAY - timedelta(days=9))}
    answer = await owner.open(f"{path}?{urlencode(days)}")
    assert answer.status_code == 422
    assert "終わりの日付が、始まりの日付より前です" in owner.page.text
    assert "条件に合う" not in owner.page.text
    assert 'id="until-error"' in answer.text
    assert f'value="{TODAY}"' in answer.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=never", "「never」を読み取れない"),
        ("until=2026-13-45", "「2026-13-45」を読み取れない"),
        ("cursor=broken", "ページの指定を読み取れない"),
        ("cursor=-", "ページの指定を読み取れない"),
    ],
)
@pytest.mark.parametrize("path", ADMIN_LISTS)
async def test_what_cannot_be_read_is_said_and_the_rest_is_shown(
    owner: Staff, path: str, query: str, words: str
) -> None:
    answer = await owner.open(f"{path}?{query}")
    assert answer.status_code == 200
    assert words in owner.page.text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/log", "status"),
        ("/log", "channel"),
        ("/log", "carrier"),
        ("/log", "sequence"),
        ("/log", "campaign"),
        ("/audit", "person"),
        ("/audit", "action"),
        ("/campaigns", "status"),
    ],
)
async def test_no_condition_is_dropped_silently(owner: Staff, path: str, field: str) -> None:
    answer = await owner.open(f"{path}?{field}=%3Cb%3Enonsense")
    assert answer.status_code == 200
    assert "「<b>nonsense」を読み取れないため、条件から外しました" in owner.page.text


async def test_dates_before_the_log_begins_are_told_from_empty_days(owner: Staff) -> None:
    """L-1: three months; a beginning before them is shown from there on, an end before them is none."""
    before = OLDEST - timedelta(days=30)
    answer = await owner.open(f"/log?from={before}&until={TODAY}")
    assert (answer.status_code, "結果が出てから3か月まで" in owner.page.text) == (200, True)
    answer = await owner.open(f"/log?until={before}")
    assert (answer.status_code, "表示できる期間" in owner.page.text) == (422, True)
    answer = await owner.open(f"/log?from={TODAY + timedelta(days=2)}")
    assert (answer.status_code, "未来の日付です" in owner.page.text) == (422, True)
    assert (await owner.open(f"/log?from={OLDEST}&until=9999-12-31")).status_code == 200


async def test_a_file_is_not_made_of_other_conditions_than_asked_for(owner: Staff) -> None:
    """I11: the trail's file would hold more than was meant."""
    await owner.open("/audit?action=signed_in")
    form = owner.form_of("CSV").filled(until="2026-99-99")
    answer = await owner.client.post("/audit/file", data=form)
    assert answer.headers["content-type"].startswith("text/html")
    assert "「2026-99-99」を読み取れない" in answer.text


@pytest.mark.parametrize(
    "typed",
    [
        "ﾘﾏｲﾝﾄﾞ",
        "リマインド",
        "ＦＩＲＥＦＯＸ",
        "firefox",
        "ｆｉｒｅ",
        "100%_",
        "１００％",
        "  ＦｉｒｅＦｏｘ ",
    ],
)
async def test_a_name_is_found_however_wide_it_is_typed(owner: Staff, typed: str) -> None:
    """P-2: widths and case do not matter; % and _ are characters."""
    campaign = await make_draft(owner, name="リマインド FireFox 100%_済")
    await make_draft(owner, name="ほかの案件 1000")
    await owner.open(f"/campaigns?{urlencode({'q': typed})}")
    assert f"/campaigns/{campaign}" in owner.page.links
    assert "ほかの案件" not in owner.page.text


@pytest.mark.parametrize("typed", ["%", "_", "\\", "％％％", "'"])
async def test_nothing_that_is_typed_is_a_wildcard(owner: Staff, typed: str) -> None:
    await make_draft(owner, name="どれにも当たらない")
    await owner.open(f"/campaigns?{urlencode({'q': typed})}")
    assert "どれにも当たらない" not in owner.page.text


async def test_a_name_that_is_too_long_to_be_one_is_said(owner: Staff) -> None:
    answer = await owner.open(f"/campaigns?q={'a' * 300}")
    assert (answer.status_code, "案件名が長すぎます" in owner.page.text) == (422, True)
