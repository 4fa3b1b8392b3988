"""The log and a message's page (L-1, L-2); numbers stay out of addresses."""

import re

from tests.web.staff import Staff, make_check

NUMBER = re.compile(r"0[6-9]0[-%]?\d{4}[-%]?\d{4}|\+81|%2B81")


async def send_campaign(owner: Staff, name: str) -> str:
    campaign_id = await make_check(owner, name=name)
    await owner.send("3件を配信する")
    return campaign_id


async def test_finds_messages_by_number_without_writing_it_into_an_address(owner: Staff) -> None:
    """L-1, P-5: the number is posted, also for the next page; lists show it masked."""
    await send_campaign(owner, "検索の元")
    await owner.open("/log")
    await owner.send("検索する", phone_number="+81 80-1234-0003")
    assert owner.response.status_code == 200
    assert "080****0003" in owner.page.text
    assert "090****0001" not in owner.page.text
    assert owner.at == "/log"


async def test_other_filters_are_a_plain_address(owner: Staff) -> None:
    """P-5: a filtered log can be bookmarked."""
    await send_campaign(owner, "絞り込み")
    await owner.open("/log")
    await owner.send("検索する", status="delivered")
    assert "status=delivered" in str(owner.response.url)
    assert "条件に合う配信はありません" in owner.page.text
    await owner.open("/log?status=nonsense&from=never&cursor=broken")
    assert owner.response.status_code == 200


async def test_something_that_is_no_number_is_said_beside_the_field(owner: Staff) -> None:
    """P-5: as in the list of recipients (P-11)."""
    await owner.open("/log")
    answer = await owner.send("検索する", phone_number="03-1234-5678")
    assert answer.status_code == 422
    assert "電話番号を読み取れません（携帯電話の番号ではありません）" in owner.page.text


async def test_a_message_shows_its_story_and_not_the_way_to_temporal(owner: Staff) -> None:
    """L-2: everything of one message, masked until asked for. The Temporal UI is for operators alone."""
    campaign_id = await send_campaign(owner, "一件の詳細")
    await owner.open(f"/log?campaign={campaign_id}")
    await owner.open(next(link for link in owner.page.links if link.startswith("/messages/")))
    for words in ("配信の詳細", "一件の詳細", "受付", "登録者 企業 花子"):
        assert words in owner.page.text
    assert "temporal" not in owner.response.text.lower()


async def test_no_phone_number_in_any_address(owner: Staff) -> None:
    """Portal rules: addresses end up in logs and histories."""
    campaign_id = await send_campaign(owner, "番号はどこにも")
    for address in ("/", "/campaigns", "/log", f"/campaigns/{campaign_id}", f"/log?campaign={campaign_id}"):
        await owner.open(address)
    await owner.send("検索する", phone_number="090-1234-0001")
    await owner.open(next(link for link in owner.page.links if link.startswith("/messages/")))
    assert len(owner.addresses) > 100
    assert [address for address in owner.addresses if NUMBER.search(address)] == []


async def test_long_logs_come_page_by_page(owner: Staff) -> None:
    """L-1: keyset pages, with and without a number."""
    people = "phone\n" + "".join(f"090300{number:05}\n" for number in range(60))
    await make_check(owner, name="長いログ", people=people, sms_text="お知らせ")
    await owner.send("60件を配信する")
    await owner.open(f"/log?campaign={owner.campaign_id}")
    first = {link for link in owner.page.links if link.startswith("/messages/")}
    await owner.open(next(link for link in owner.page.links if "cursor=" in link))
    second = {link for link in owner.page.links if link.startswith("/messages/")}
    assert (len(first), len(second), len(first & second)) == (50, 10, 0)
