"""Words for the check before a send: warnings, and what was found in a row of the list."""

from collections.abc import Iterable

from domain.campaigns import MAX_RECIPIENTS, NOTICE_THRESHOLD_PER_HOUR
from domain.phone_numbers import Repair
from domain.recipient_files import CellRepair, RowErrorCode, RowProblem
from services.campaign_check import CheckChange, CheckWarning
from web.wording.files import ROW_ERRORS, WORDS, Explained

WARNINGS: dict[CheckWarning, Explained] = {
    CheckWarning.NOTICE_THRESHOLD: Explained(
        f"{NOTICE_THRESHOLD_PER_HOUR:,}件を超える配信です",
        "1時間に10,000件を超える配信は、事前のご連絡をお願いしています。ご連絡がお済みかご確認ください。",
    ),
    CheckWarning.NIGHT: Explained(
        "夜間（21時〜8時）にかかる配信です",
        "着信音で休んでいる方を起こすことがあります。急ぎでなければ、日中の予約をご検討ください。",
    ),
    CheckWarning.ROWS_REJECTED: Explained(
        "送信できない行があります",
        "それらの行には送らず、送信できる宛先だけに送ります。理由は「宛先の内訳」から確認できます。",
    ),
    CheckWarning.ROWS_HIDDEN: Explained(
        "シートで非表示の行は、宛先に含めていません",
        "送る場合は、「ファイルの読み取り結果」で含めるか、Excelで再表示して保存したファイルを選んでください。",
    ),
    CheckWarning.RECIPIENTS_OPTED_OUT: Explained(
        "オプトアウトリストにある番号が含まれています",
        "オプトアウトした方です。除く場合は、配信の設定で「オプトアウトリストの番号を除く」を選んでください。",
    ),
}

_TEXT_NAMES = {
    "sms_text": "SMSの本文",
    "rcs_text": "+メッセージの本文",
    "follow_up_sms_text": "2通目のSMSの本文",
    "follow_up_rcs_text": "2通目の+メッセージの本文",
}


CHANGES: dict[CheckChange, str] = {
    CheckChange.NAME: "案件名",
    CheckChange.TEXT: "本文",
    CheckChange.SETTINGS: "配信の設定",
    CheckChange.LIST: "宛先",
    CheckChange.RECIPIENTS: "件数",
    CheckChange.PRICE: "料金",
}


def changed_words(changes: Iterable[CheckChange]) -> str:
    """Return the heading that names what has changed since a check was shown."""
    what = "と".join(CHANGES[change] for change in CheckChange if change in changes)
    return f"確認した後に、{what or '内容'}が変わりました"


def problem_what(problem: RowProblem) -> str:
    """Return what is wrong with a row, with what was counted."""
    what = ROW_ERRORS[problem.code].what
    if problem.code is RowErrorCode.DUPLICATE and problem.first_row:
        return f"同じ番号が{problem.first_row:,}行目にあります"
    if problem.code is RowErrorCode.TOO_LONG and problem.measured and problem.limit:
        return f"{what}（{problem.measured:,}文字。{problem.limit:,}文字まで）"
    if problem.code is RowErrorCode.TOO_MANY_ROWS:
        return f"{what}（{problem.limit or MAX_RECIPIENTS:,}件まで）"
    return what


def problem_mend(problem: RowProblem) -> str:
    """Return how to mend a row."""
    return ROW_ERRORS[problem.code].mend


def problem_column(problem: RowProblem) -> str:
    """Return where in the row it is: a column, or the text the row's values go into."""
    return _TEXT_NAMES.get(problem.column or "", problem.column or "行全体")


def repair_word(repair: str) -> str:
    """Return what was repaired; ``repair`` is the value of a ``Repair`` or a ``CellRepair``."""
    kinds: tuple[type[Repair] | type[CellRepair], ...] = (Repair, CellRepair)
    for kind in kinds:
        for member, words in WORDS[kind].items():
            if member.value == repair:
                return words
    raise KeyError(repair)
