"""A draft keeps what was typed, finished or not; only going forward needs more (P-9, X-8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.send_times import to_jst
from tests.web.staff import SMS_TEXT, Staff, make_draft

DAY = str(to_jst(datetime.now(UTC)).date() + timedelta(days=30))
UNFINISHED: list[tuple[str, dict[str, Any]]] = [
    ("content", {"sms_text": "{{氏名様 閉じていない"}),
    ("content", {"sms_text": "長" * 700}),
    ("content", {"sms_text": "   "}),
    ("content", {"follow_up_trigger": "none", "follow_up_sms_text": "まだ選んでいない2通目"}),
    ("content", {"follow_up_trigger": "reply", "follow_up_valid_for_hours": "ずっと"}),
    ("content", {"channel_plan": "rcs", "rcs_text": "", "sms_text": "送り方を変えても残る"}),
    ("options", {"when": "scheduled", "send_at__date": DAY, "send_at__time": ""}),
    ("options", {"when": "scheduled", "send_at__date": "来週の月曜", "send_at__time": "朝"}),
    ("options", {"when": "now", "send_at__date": DAY, "send_at__time": "09:00"}),
    ("options", {"carrier_choice": "some", "carriers": []}),
    ("options", {"recycling_check": "yes", "recycling_reference_on": "２月３０日"}),
    ("options", {"when": "scheduled", "send_at__date": "2020-01-01", "send_at__time": "10:00"}),
]


async def test_every_way_out_keeps_it(owner: Staff) -> None:
    """Back and save alike; the step shows it again just as it was typed."""
    campaign_id = await make_draft(owner)
    for number, (step, typed) in enumerate(UNFINISHED):
        await owner.open(f"/campaigns/{campaign_id}/{step}")
        await owner.send("戻る" if number % 2 else "下書き保存", **typed)
        assert owner.response.status_code == 200, typed
        await owner.open(f"/campaigns/{campaign_id}/{step}")
        shown = owner.form_of("下書き保存").filled()
        for name, value in typed.items():
            expected = value if isinstance(value, list) else [value]
            assert shown.get(name.replace("__", "-"), []) == expected, typed


async def test_a_forward_button_that_is_refused_has_saved_all_the_same(owner: Staff) -> None:
    """Whoever closes the browser at the error page finds the text again."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    assert (await owner.send("次へ進む", sms_text="{{まだない列}}様")).status_code == 422
    await owner.send("次へ進む", sms_text="{{氏名}}様")
    assert owner.at.endswith("/options"), "one's own saving is no conflict"
    await owner.open(f"/campaigns/{campaign_id}/content")
    assert ("sms_text", "{{氏名}}様") in owner.form_of("次へ進む").fields


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"when": "scheduled", "send_at__date": DAY, "send_at__time": ""}, "配信日時が入力されていないか"),
    ({"when": "scheduled", "send_at__date": "", "send_at__time": "10:00"}, "配信日時が入力されていないか"),
    ({"recycling_check": "yes", "recycling_reference_on": "きのう"}, "基準日が入力されていません"),
]


async def test_what_cannot_be_read_is_never_taken_for_something_else(owner: Staff) -> None:
    """P-3, M-1: half a time does not mean "now", half a date does not mean "without the check"."""
    campaign_id = await make_draft(owner)
    for typed, words in UNREADABLE:
        await owner.open(f"/campaigns/{campaign_id}/options")
        await owner.send("下書き保存", **typed)
        await owner.open(f"/campaigns/{campaign_id}/check")
        assert words in owner.page.text
        assert not owner.has_button("3件")


async def test_enter_in_a_field_goes_forward(owner: Staff) -> None:
    """Browsers press the first submit button: it must not be 戻る."""
    campaign_id = await make_draft(owner)
    for step in ("recipients", "content", "options"):
        await owner.open(f"/campaigns/{campaign_id}/{step}")
        assert owner.form_of("下書き保存").buttons[0][0] in ("次へ進む", "確認へ進む")


async def test_a_new_campaign_without_anything_is_a_draft_as_well(owner: Staff) -> None:
    await owner.open("/campaigns/new")
    await owner.send("下書き保存", name="あとで宛先を選ぶ", source="typed", typed="")
    assert "下書きを保存しました" in owner.page.text
    await owner.open(f"/campaigns/{owner.campaign_id}/recipients")
    assert ("name", "あとで宛先を選ぶ") in owner.form_of("次へ進む").fields


async def test_a_page_saves_itself_in_the_background(owner: Staff) -> None:
    """What the script does while one types: saved as typed, and the version goes on with it."""
    campaign_id = await make_draft(owner)
    address = f"/campaigns/{campaign_id}/content"
    await owner.open(address)
    form = owner.form_of("次へ進む")
    first = await owner.client.post(f"{address}/autosave", data=form.filled(sms_text="一度目"))
    assert first.json().keys() == {"version", "saved_at", "address"}
    stale = await owner.client.post(f"{address}/autosave", data=form.filled(sms_text="古い画面から"))
    assert (stale.status_code, "別の方か別のタブ" in stale.json()["message"]) == (409, True)
    follows = form.filled(sms_text="二度目", version=first.json()["version"])
    assert (await owner.client.post(f"{address}/autosave", data=follows)).status_code == 200
    endless = form.filled(sms_text="長" * 10_001, version=first.json()["version"])
    assert (await owner.client.post(f"{address}/autosave", data=endless)).status_code == 422
    await owner.open(address)
    assert ("sms_text", "二度目") in owner.form_of("次へ進む").fields
    fresh = await owner.client.post(
        "/campaigns/new/autosave",
        data={**form.empty(), "csrf_token": form.filled()["csrf_token"], "name": "新"},
    )
    await owner.open(fresh.json()["address"])
    assert ("name", "新") in owner.form_of("次へ進む").fields
    assert SMS_TEXT not in owner.page.text
