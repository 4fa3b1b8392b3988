"""What is wrong, where, and how to mend it; nothing half-registered."""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.send_times import to_jst
from tests.web.conftest import Portal
from tests.web.staff import PEOPLE, Staff, make_check, make_draft

TODAY = to_jst(datetime.now(UTC)).date()


def old_excel() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


def other_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ファイルが空です"),
        (b"\n\n", "ファイルが空です"),
        ("電話番号,氏名\n".encode(), "宛先の行がありません"),
        ("電話番号,電話番号\n09012340001,1\n".encode(), "同じ名前の列が2つ以上あります"),
        (b"%PDF-1.7 \n1 0 obj", "宛先の一覧として読み取れないファイルです"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 40, "読み取れない"),
        ("電話番号\n".encode() + b"\xff\xfe\xfd\n", "文字コードを判別できませんでした"),
        (old_excel(), "古い形式のExcelブック（xls）です"),
        (other_archive(), "宛先の一覧として読み取れないファイルです"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_with_its_reason(
    owner: Staff, content: bytes, words: str
) -> None:
    """P-11: the file's name, what is wrong, how to mend it; the name of the campaign is not lost."""
    await owner.open("/campaigns/new")
    answer = await owner.send("次へ進む", name="だめなファイル", file=("名簿.csv", content))
    if answer.status_code != 422:
        pytest.fail(owner.page.text)
    assert words in owner.page.text
    assert 'aria-describedby="file-hint file-error"' in answer.text
    assert ("name", "だめなファイル") in owner.form_of("次へ進む").fields
    await owner.open("/campaigns?q=だめなファイル")
    assert "条件に合う案件はありません" in owner.page.text


async def test_a_file_without_a_number_column_asks_which_one_it_is(owner: Staff) -> None:
    """P-11: nothing is guessed in silence."""
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", name="列なし", file=("a.csv", "氏名,住所\n山田,東京\n".encode()))
    assert "電話番号の列が見つかりません" in owner.page.text
    answer = await owner.send("この列で次へ進む")
    assert answer.status_code == 422
    assert "番号が入っている列を選んでください" in owner.page.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "source": "typed", "typed": "09012340001"}, "案件名が入力されていません"),
        ({"name": "長" * 101, "source": "typed", "typed": "09012340001"}, "案件名が長すぎます（101文字）"),
        ({"name": "名前", "source": "file"}, "宛先のファイルが選ばれていません"),
        ({"name": "名前", "source": "typed", "typed": " \n "}, "電話番号が入力されていません"),
        ({"name": "名前", "source": "keep"}, "宛先"),
    ],
)
async def test_the_first_step_names_what_is_missing(owner: Staff, fields: dict[str, Any], words: str) -> None:
    """P-9, P-10."""
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", **fields)
    assert owner.response.status_code == 422 or fields["source"] == "keep"
    assert words in owner.page.text


@pytest.mark.parametrize(
    ("sms_text", "words"),
    [
        ("", "SMSの本文が入力されていません"),
        ("あ" * 661, "SMSの本文が長すぎます（661文字）。660文字以内にしてください。"),
        ("こんにちは\n{{住所}}", "2行目の「住所」という列が、宛先の一覧にありません"),
        ("{{氏名様", "1行目の1文字目に、閉じていない「{{」があります"),
        ("｛｛氏名｝｝様", "全角の「｛｛」"),
        ("{{}}様", "列名のない"),
        ("{{短縮URL1}}", "ご契約に含まれていないため差し込めません"),
    ],
)
async def test_a_text_that_cannot_be_sent_says_where(owner: Staff, sms_text: str, words: str) -> None:
    """S-1, P-12: line, place and way out, beside the field and in the summary."""
    campaign_id = await make_draft(owner)
    await owner.open(f"/campaigns/{campaign_id}/content")
    answer = await owner.send("次へ進む", sms_text=sms_text)
    assert answer.status_code == 422
    assert words.replace(" ", "") in owner.page.text.replace(" ", "")
    assert 'href="#sms_text"' in answer.text
    assert "data-error-summary" in answer.text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"when": "scheduled", "send_at__date": "2020-01-01", "send_at__time": "10:00"},
            "配信日時が過ぎています",
        ),
        (
            {"when": "scheduled", "send_at__date": "2020/13/1", "send_at__time": "25:00"},
            "配信日時が入力されていないか",
        ),
        (
            {
                "when": "scheduled",
                "send_at__date": str(TODAY + timedelta(days=800)),
                "send_at__time": "10:00",
            },
            "配信日時が先すぎます",
        ),
        ({"carrier_choice": "some"}, "キャリアが選ばれていません"),
        ({"recycling_check": "yes"}, "基準日が入力されていません"),
        (
            {"recycling_check": "yes", "recycling_reference_on": str(TODAY + timedelta(days=3))},
            "基準日が未来の日付です",
        ),
    ],
)
async def test_settings_that_cannot_be_are_refused(
    owner: Staff, settings: dict[str, Any], words: str
) -> None:
    """P-3, P-4, M-1."""
    await make_draft(owner)
    answer = await owner.send("確認へ進む", **settings)
    assert answer.status_code == 422
    assert words in owner.page.text


async def test_options_without_a_contract_are_neither_shown_nor_taken(visitor: Staff) -> None:
    """O-4, M-1: the second demo company has neither option."""
    await visitor.sign_in("owner", "midori")
    await make_draft(visitor)
    assert "オプトアウト" not in visitor.page.text
    assert "誤配信防止" not in visitor.page.text
    await visitor.send("確認へ進む", exclude_opt_outs="yes", recycling_check="yes")
    await visitor.open(f"/campaigns/{visitor.campaign_id}/check")
    assert "基準日" not in visitor.page.text
    assert visitor.has_button("3件を配信する")


async def test_a_list_without_anybody_to_send_to_cannot_be_sent(portal: Portal, owner: Staff) -> None:
    """P-11: no button, the reasons, and no way around the page."""
    campaign_id = await make_check(owner, people="電話番号,氏名,予約日時\n03-1234-5678,会社,明日\n")
    assert "送信できる宛先が1件もありません" in owner.page.text
    assert not owner.has_button("件を配信する")
    token = dict(owner.form_of("ログアウト").fields)
    answer = await owner.client.post(f"/campaigns/{campaign_id}/send", data={**token, "recipients": "0"})
    assert answer.status_code == 422
    statement = text("SELECT status FROM campaigns WHERE id = CAST(:id AS uuid)")
    async with portal.jobs_database.transaction() as session:
        assert (await session.execute(statement, {"id": campaign_id})).scalar_one() == "draft"


async def test_rows_that_become_too_long_are_errors_before_registration(owner: Staff) -> None:
    """S-1: over 660 characters for one recipient is that row's error."""
    people = PEOPLE + f"07012340009,{'長' * 70},明日\n"
    await make_check(owner, people=people, sms_text="{{氏名}}" + "あ" * 600)
    assert owner.has_button("3件を配信する")
    await owner.open(f"/campaigns/{owner.campaign_id}/rows")
    assert "値を差し込むと本文が長すぎます（670文字。660文字まで）" in owner.page.text


async def test_a_draft_without_recipients_is_led_to_the_first_step(owner: Staff) -> None:
    """P-9: the check page names what is missing, each line leading to its step."""
    await make_draft(owner)
    await owner.send("下書き保存")
    assert "続きを入力する" in owner.page.text
    assert f"/campaigns/{owner.campaign_id}/options" in owner.page.links


ENDLESS = "{{" * 5_001


async def test_a_text_without_end_is_neither_read_nor_kept(owner: Staff) -> None:
    """P-9: not even as a draft; writing on shows how long it is."""
    content = f"/campaigns/{await make_draft(owner)}/content"
    await owner.open(content)
    token = dict(owner.form_of("保存").fields)["csrf_token"]
    texts = {"channel_plan": "rcs_with_sms_fallback", "sms_text": "a", "rcs_text": "a"}
    usual = {**texts, "follow_up_trigger": "delivered", "follow_up_rcs_text": "a", "csrf_token": token}
    for field, words in {
        "sms_text": "SMSの本文が長すぎます（10,002文字）",
        "rcs_text": "+メッセージの本文が長すぎます（10,002文字）",
        "follow_up_sms_text": "2通目のSMSの本文が長すぎます（10,002文字）",
    }.items():
        form = {**usual, field: ENDLESS}
        for action in ("next", "save"):
            refused = await owner.client.post(content, data={**form, "action": action})
            assert (refused.status_code, words in refused.text) == (422, True)
        shown = await owner.client.post(f"{content}/preview", data=form)
        assert (shown.status_code, "10,002" in shown.text) == (200, True)
    await owner.open(content)
    assert ENDLESS not in owner.page.text
