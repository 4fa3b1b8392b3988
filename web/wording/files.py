"""Words for recipient lists: what is wrong with a file or a row, what was repaired, how to mend it (P-11)."""

from enum import StrEnum
from typing import Any, NamedTuple

from domain.phone_numbers import NumberRefusal, Repair
from domain.recipient_files import CellRepair, FileFormat, FileProblemCode, RowErrorCode, TextEncoding


class Explained(NamedTuple):
    """What is wrong, and how to mend it."""

    what: str
    mend: str


WORDS: dict[type[StrEnum], dict[Any, str]] = {
    FileFormat: {
        FileFormat.CSV: "CSV（カンマ区切り）",
        FileFormat.TSV: "TSV（タブ区切り）",
        FileFormat.XLSX: "Excelブック（xlsx）",
    },
    TextEncoding: {
        TextEncoding.UTF_8: "UTF-8",
        TextEncoding.CP932: "Shift_JIS（CP932）",
        TextEncoding.EUC_JP: "EUC-JP",
        TextEncoding.ISO_2022_JP: "ISO-2022-JP（JIS）",
        TextEncoding.UTF_16_LE: "UTF-16（LE）",
        TextEncoding.UTF_16_BE: "UTF-16（BE）",
    },
    Repair: {
        Repair.FULL_WIDTH: "全角の数字を半角に直しました",
        Repair.SEPARATORS_REMOVED: "ハイフンや空白を取り除きました",
        Repair.COUNTRY_CODE_REMOVED: "+81を国内の番号に直しました",
        Repair.LEADING_ZERO_RESTORED: "Excelで消えた先頭の0を補いました",
        Repair.SPREADSHEET_NUMBER: "Excelの数値の表記（小数・指数）を番号に直しました",
    },
    CellRepair: {
        CellRepair.CHARACTERS_REMOVED: "送信できない制御文字を取り除きました",
        CellRepair.BLANKS_REMOVED: "値の前後の空白を取り除きました",
        CellRepair.FORMULA_UNWRAPPED: '「="…"」の囲みを外しました',
        CellRepair.GUARD_REMOVED: "ダウンロードしたときに付いた、先頭の「'」を外しました",
        CellRepair.DATE_WRITTEN_OUT: "Excelの日付・時刻を、シートの表示のとおりの文字にしました",
        CellRepair.NUMBER_WRITTEN_OUT: (
            "Excelの数値を、シートの表示のとおりの文字にしました（00012、10%、1,234など）"
        ),
        CellRepair.DIGITS_WRITTEN_OUT: ("Excelが省略して表示している長い数値を、すべての桁で書き出しました"),
    },
    NumberRefusal: {
        NumberRefusal.EMPTY: "空欄です",
        NumberRefusal.NOT_A_NUMBER: "電話番号ではない文字が入っています",
        NumberRefusal.ROUNDED: "指数の表記になり、下の桁が失われています",
        NumberRefusal.WRONG_LENGTH: "桁数が正しくありません",
        NumberRefusal.NOT_MOBILE: "携帯電話の番号ではありません",
        NumberRefusal.MACHINE: "020で始まる番号（機器用）です",
        NumberRefusal.FOREIGN: "海外の番号です",
    },
}

ROW_ERRORS: dict[RowErrorCode, Explained] = {
    RowErrorCode.NUMBER_EMPTY: Explained("電話番号が空欄です", "携帯電話の番号を入力してください。"),
    RowErrorCode.NUMBER_NOT_A_NUMBER: Explained(
        "電話番号ではない文字が入っています", "数字だけの番号に直してください。"
    ),
    RowErrorCode.NUMBER_ROUNDED: Explained(
        "Excelの指数表記になり、番号の下の桁が失われています",
        "元の名簿から番号を入れ直し、セルの書式を「文字列」にしてください。",
    ),
    RowErrorCode.NUMBER_WRONG_LENGTH: Explained(
        "電話番号の桁数が正しくありません", "11桁の携帯電話番号に直してください。"
    ),
    RowErrorCode.NUMBER_NOT_MOBILE: Explained(
        "携帯電話の番号ではありません", "060・070・080・090で始まる番号に直してください。"
    ),
    RowErrorCode.NUMBER_MACHINE: Explained(
        "020で始まる番号（機器用）には送れません", "携帯電話の番号に直すか、行を削除してください。"
    ),
    RowErrorCode.NUMBER_FOREIGN: Explained(
        "海外の番号には送れません", "日本の携帯電話の番号に直すか、行を削除してください。"
    ),
    RowErrorCode.DUPLICATE: Explained(
        "同じ番号が前の行にあります", "1つの番号に送るのは1通だけです。この行は送信しません。"
    ),
    RowErrorCode.MISSING_VARIABLE: Explained(
        "本文に差し込む値が空欄です", "この列に値を入力するか、本文から差し込みを外してください。"
    ),
    RowErrorCode.TOO_LONG: Explained(
        "値を差し込むと本文が長すぎます", "この行の値を短くするか、本文を短くしてください。"
    ),
    RowErrorCode.UNSHOWABLE_CHARACTER: Explained(
        "携帯電話で表示できない文字（外字など）が入っています", "別の文字に置き換えてください。"
    ),
    RowErrorCode.CELL_ERROR_VALUE: Explained(
        "Excelのエラー（#N/Aなど）のセルです", "Excelで数式を直すか、値を入力してください。"
    ),
    RowErrorCode.CELL_NOT_SHOWN: Explained(
        "Excelで「####」と表示される日付・時刻です", "Excelで正しい日付を入力してください。"
    ),
    RowErrorCode.CELL_UNKNOWN_FORMAT: Explained(
        "Excelの表示形式を読み取れないため、表示のとおりに送れません",
        "セルの書式を「文字列」にして、送る文字を入力してください。",
    ),
    RowErrorCode.CELL_DIGITS_LOST: Explained(
        "16桁以上の数値のため、Excelで下の桁が失われています",
        "セルの書式を「文字列」にしてから、元の番号を入力してください。",
    ),
    RowErrorCode.TOO_MANY_CELLS: Explained(
        "見出しより列が多くあります",
        '値の中にカンマがある場合は、値を「"」で囲んでください。',
    ),
    RowErrorCode.BROKEN_QUOTES: Explained(
        '引用符「"」の対応が取れていません', "引用符を閉じるか、取り除いてください。"
    ),
    RowErrorCode.TOO_MANY_ROWS: Explained(
        "宛先が上限を超えています", "1つの案件は250,000件までです。ファイルを分けてください。"
    ),
    RowErrorCode.UNREADABLE_FROM_HERE: Explained(
        "この行から先を読み取れません", "この行の引用符と改行を確認し、保存し直してください。"
    ),
}

FILE_PROBLEMS: dict[FileProblemCode, Explained] = {
    FileProblemCode.EMPTY: Explained(
        "ファイルが空です", "宛先の入ったファイルか確認し、もう一度選んでください。"
    ),
    FileProblemCode.NOT_A_TABLE: Explained(
        "宛先の一覧として読み取れないファイルです",
        "CSV、TSV、またはExcel（xlsx）の形式で保存したファイルを選んでください。",
    ),
    FileProblemCode.UNKNOWN_ENCODING: Explained(
        "文字コードを判別できませんでした",
        "Excelの「名前を付けて保存」で「CSV UTF-8」を選んで保存し直してください。",
    ),
    FileProblemCode.UNREADABLE_WORKBOOK: Explained(
        "Excelブックが壊れていて開けません", "Excelで開いて保存し直すか、CSVで保存してください。"
    ),
    FileProblemCode.ENCRYPTED_WORKBOOK: Explained(
        "パスワードの付いたExcelブックは読み取れません", "パスワードを外して保存したものを選んでください。"
    ),
    FileProblemCode.OLD_EXCEL: Explained(
        "古い形式のExcelブック（xls）です", "「Excelブック（xlsx）」またはCSVで保存し直してください。"
    ),
    FileProblemCode.OTHER_SPREADSHEET: Explained(
        "対応していない表計算の形式です", "「Excelブック（xlsx）」またはCSVで保存し直してください。"
    ),
    FileProblemCode.TOO_LARGE: Explained(
        "表が大きすぎて開けません", "使わない行・列・シートを削除するか、CSVで保存してください。"
    ),
    FileProblemCode.BROKEN_HEADER: Explained(
        "見出しの行を読み取れません", '1行目の引用符「"」を確認してください。'
    ),
    FileProblemCode.NO_HEADER: Explained(
        "見出しの行がないファイルとして、1行目から宛先にしました",
        "列は「列A」「列B」の名前で差し込めます。見出しがあるときは、下で見出しの行を選んでください。",
    ),
    FileProblemCode.NO_ROWS: Explained(
        "宛先の行がありません", "見出しの下に、1行に1件ずつ宛先を入れてください。"
    ),
    FileProblemCode.EVERYTHING_HIDDEN: Explained(
        "シートのすべての行が非表示になっています", "Excelで行を再表示して、保存し直してください。"
    ),
    FileProblemCode.ALL_ROWS_HIDDEN: Explained(
        "表示されている宛先の行がありません",
        "フィルターなどで隠れた行も宛先にするときは、下で選んでください。",
    ),
    FileProblemCode.TOO_MANY_COLUMNS: Explained("列が多すぎます", "差し込みに使わない列を削除してください。"),
    FileProblemCode.DUPLICATE_COLUMN: Explained(
        "同じ名前の列が2つ以上あります", "どちらかの列の名前を変えるか、削除してください。"
    ),
    FileProblemCode.RESERVED_COLUMN: Explained(
        "システムで使う名前の列があります", "この列は差し込みに使えません。使う場合は名前を変えてください。"
    ),
    FileProblemCode.NO_PHONE_COLUMN: Explained(
        "電話番号の列が見つかりません", "電話番号が入っている列を選んでください。"
    ),
}
