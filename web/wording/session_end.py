"""Words for the end of a session, and for what becomes of what was typed."""

from enum import StrEnum

from web.wording.confirmations import ConfirmationWords


class TypedAtTheEnd(StrEnum):
    """What became of the fields of a form that was posted when the session had ended."""

    KEPT = "kept"
    KEPT_WITHOUT_FILE = "kept_without_file"
    NOTHING_TYPED = "nothing_typed"
    TOO_LARGE = "too_large"


_ENDED = "時間が経過したためログアウトしました。"
_KEPT = "ログインすると、入力していた画面に戻ります。まだ保存も送信もしていません。"

SESSION_ENDED: dict[TypedAtTheEnd, ConfirmationWords] = {
    TypedAtTheEnd.KEPT: ConfirmationWords(f"{_ENDED}入力内容は残っています", _KEPT),
    TypedAtTheEnd.KEPT_WITHOUT_FILE: ConfirmationWords(
        f"{_ENDED}入力内容は残っています",
        f"{_KEPT}選んだファイルは残せないため、もう一度選んでください。",
    ),
    TypedAtTheEnd.NOTHING_TYPED: ConfirmationWords(
        _ENDED.rstrip("。"),
        "安全のため、30分間操作がないとログアウトします。操作は行われていません。"
        "ログインして、もう一度操作してください。",
    ),
    TypedAtTheEnd.TOO_LARGE: ConfirmationWords(
        _ENDED.rstrip("。"),
        "入力内容が大きいため、残せませんでした。ブラウザの「戻る」で前の画面を開き、"
        "入力内容をコピーしてから、ログインしてください。操作は行われていません。",
    ),
}
