"""Lists as offices have them, from the upload to the check page: what is shown is sent (P-10, P-11)."""

import csv
import io
from urllib.parse import unquote

from tests.domain.recipient_file_samples import CellSource, number, xlsx_file
from tests.web.staff import Staff

HEADER: list[CellSource] = ["携帯番号", "氏名"]


async def upload(staff: Staff, name: str, content: bytes) -> None:
    await staff.open("/campaigns/new")
    await staff.send("次へ進む", name="名簿の確認", file=(name, content))
    assert staff.at.endswith("/file"), staff.page.text


async def go_on(staff: Staff, text: str) -> str:
    """Take the column that was found, write the text, go on to the rows; return the campaign's id."""
    await staff.send("この列で次へ進む")
    campaign_id = staff.campaign_id
    await staff.send("次へ進む", sms_text=text)
    await staff.send("確認へ進む")
    await staff.open(f"/campaigns/{campaign_id}/rows")
    return campaign_id


async def test_hidden_rows_are_counted_asked_about_and_left_out(owner: Staff) -> None:
    """P-11: filtered rows are no recipients in silence; every page on the way says so."""
    rows: list[list[CellSource]] = [HEADER, ["09000000001", "会員"], ["09000000002", "退会済み"]]
    file = xlsx_file(rows, row_attributes={3: ' hidden="1"'}).getvalue()
    await upload(owner, "名簿.xlsx", file)
    for words in ("非表示になっている行が1行あります", "宛先に含めていません", "1行（ほかに非表示の1行）"):
        assert words in owner.page.text
    campaign_id = await go_on(owner, "{{氏名}}様")
    assert "シートで非表示の1行には送りません" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert "シートで非表示のため除く 1行" in owner.page.text
    assert owner.has_button("1件を配信する")
    await owner.open(f"/campaigns/{campaign_id}/file")
    await owner.send("非表示の行も宛先に含める")
    assert "宛先に含めています" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert owner.has_button("2件を配信する")
    assert "退会済み様" in owner.page.text


async def test_what_the_sheet_shows_is_in_the_message_and_what_it_does_not_show_is_refused(
    owner: Staff,
) -> None:
    """P-11, P-12: 00012 and not 12; what was written out is told."""
    rows: list[list[CellSource]] = [
        HEADER,
        ["09000000001", number("12", 2)],
        ["09000000002", number("-1", 1)],
    ]
    await upload(owner, "名簿.xlsx", xlsx_file(rows, formats=["00000"]).getvalue())
    assert "00012" in owner.page.text
    campaign_id = await go_on(owner, "会員番号{{氏名}}")
    assert "シートの表示のとおりの文字にしました" in owner.page.text
    assert "Excelで「####」と表示される日付・時刻です" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert "会員番号00012" in owner.page.text


async def test_an_encoding_in_doubt_is_chosen_by_what_comes_out(owner: Staff) -> None:
    """P-11: both readings are offered; the choice is what is sent."""
    await upload(owner, "a.csv", b"tel,name\r\n09000000000,\xd5\xb7\r\n09000000001,\xc5\xb5\r\n")
    for words in ("文字コードを自動で決めきれませんでした", "ﾕｷ", "շ"):
        assert words in owner.page.text
    await owner.send("この文字コードで読む", encoding="utf-8")
    assert "UTF-8" in owner.page.text
    assert "決めきれませんでした" not in owner.page.text
    await owner.send("この読み方で読み直す", encoding="cp932")
    campaign_id = await go_on(owner, "{{name}}様")
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert "ﾕｷ様" in owner.page.text


async def test_the_header_can_be_chosen_or_left_out(owner: Staff) -> None:
    """P-11: a file without names is read from its first row; a title is no header."""
    await upload(owner, "a.csv", b"09000000001,Sato\n09000000002,Abe\n")
    for words in ("見出しの行がないファイルとして", "列A", "なし（1行目から宛先）", "2行"):
        assert words in owner.page.text
    await owner.send("この読み方で読み直す", header_row="1")
    assert "1行目" in owner.page.text
    assert "宛先の行数 1行" in owner.page.text
    await upload(owner, "b.csv", "会員名簿\n\n電話番号,氏名\n09000000001,山田\n".encode())
    for words in ("3行目（それより上の行は読みません）", "1行目: 会員名簿", "宛先の行数 1行"):
        assert words in owner.page.text


async def test_a_reading_that_is_impossible_changes_nothing_and_says_why(owner: Staff) -> None:
    """P-11."""
    await upload(owner, "a.csv", "電話番号,氏名\n09000000001,山田\n".encode())
    answer = await owner.send("この読み方で読み直す", header_row="2")
    assert answer.status_code == 422
    assert "宛先の行がありません" in owner.page.text
    await owner.open(f"/campaigns/{owner.campaign_id}/file")
    assert "宛先の行数 1行" in owner.page.text


async def test_another_sheet_can_be_read_only_if_it_is_there(owner: Staff) -> None:
    """P-11: whatever a form sends."""
    await upload(owner, "a.xlsx", xlsx_file([HEADER, ["09000000001", "山田"]]).getvalue())
    form = owner.form_of("この読み方で読み直す")
    for fields in ({"sheet": "../x"}, {"header_row": "9" * 30}, {"encoding": "rot13"}, {"hidden_rows": "x"}):
        answer = await owner.client.post(form.action, data=form.filled(**fields))
        assert answer.status_code == 303
    await owner.open(f"/campaigns/{owner.campaign_id}/file")
    assert "シート「宛先」" in owner.page.text


async def test_our_own_list_of_refused_rows_is_taken_back_mended(owner: Staff) -> None:
    """P-11, L-4: guarded in every cell, named after the campaign, and the same text as in the first file."""
    content = "携帯番号,=氏名,特典\n090-0000-0000,山田,x\n090-0000-00,鈴木,-10%OFF\n"
    await upload(owner, "a.csv", content.encode("cp932"))
    campaign_id = await go_on(owner, "{{=氏名}}様 {{特典}}")
    answer = await owner.open(f"/campaigns/{campaign_id}/error-rows.csv")
    named = unquote(answer.headers["content-disposition"].partition("filename*=UTF-8''")[2])
    assert named.startswith("送信できない行_名簿の確認_20")
    text = answer.content.decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text))
    assert header[:4] == ["携帯番号", "'=氏名", "特典", "元の行番号"]
    assert row[2] == "'-10%OFF"
    await upload(owner, named, text.replace("090-0000-00,", "090-0000-0001,").encode("utf-8-sig"))
    assert "「送信できない行」のファイルとして読みました" in owner.page.text
    assert "元の行番号" not in [field for _, field in owner.form_of("この列で次へ進む").fields]
    campaign_id = await go_on(owner, "{{=氏名}}様 {{特典}}")
    assert "ダウンロードしたときに付いた、先頭の「'」を外しました（1行）" in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert "鈴木様 -10%OFF" in owner.page.text


async def test_what_was_mended_and_refused_is_told_by_kind(owner: Staff) -> None:
    """P-11: nothing is silently different between the list and the message."""
    rows = ['="09000000001",="00123"', "090-0000-0002,山田　　", "09000000003,\ue000田", "90000000.06,x"]
    await upload(owner, "a.csv", "\r\n".join(["tel,氏名", *rows, "\x1a"]).encode("cp932"))
    campaign_id = await go_on(owner, "{{氏名}}様")
    for words in (
        '「="…"」の囲みを外しました（1行）',
        "値の前後の空白を取り除きました（1行）",
        "ハイフンや空白を取り除きました（1行）",
        "携帯電話で表示できない文字（外字など）が入っています",
        "電話番号ではない文字が入っています",
    ):
        assert words in owner.page.text
    assert "6行目" not in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert "00123様" in owner.page.text


async def test_typed_numbers_are_no_file_and_are_mended_where_they_were_typed(owner: Staff) -> None:
    """P-10: lines as they were typed; going back shows them again."""
    await owner.open("/campaigns/new")
    await owner.send("次へ進む", name="急ぎ", source="typed", typed="090-1111-0001\n\n0901111000")
    assert owner.at.endswith("/content")
    campaign_id = owner.campaign_id
    await owner.send("次へ進む", sms_text="本日は休業します。")
    await owner.send("確認へ進む")
    assert "行番号は、入力した電話番号の行です" in owner.page.text
    assert "3行目" in owner.page.text
    for words in ("表計算ソフト", "ファイル", "CSV"):
        assert words not in owner.page.text
    await owner.open(f"/campaigns/{campaign_id}/file")
    assert owner.at.endswith("/recipients")
    assert ("typed", "090-1111-0001\n\n0901111000") in owner.form_of("次へ進む").fields
    await owner.send("次へ進む", typed="090-1111-0001\n\n09011110003")
    await owner.open(f"/campaigns/{campaign_id}/check")
    assert owner.has_button("2件を配信する")


async def test_a_list_without_a_single_good_row_says_what_to_do(owner: Staff) -> None:
    """P-11: the missing button is explained."""
    await upload(owner, "a.csv", "電話番号,氏名\n03-1234-5678,山田\n".encode())
    await go_on(owner, "{{氏名}}様")
    assert "送信できる宛先が1件もないため、このままでは配信できません" in owner.page.text
    assert "もう一度アップロードしてください" in owner.page.text
