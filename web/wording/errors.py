"""Words for error pages: what happened, and what to do now."""

from datetime import timedelta
from typing import NamedTuple


class ErrorPage(NamedTuple):
    """A heading, what it means, and how to go on."""

    title: str
    what: str
    mend: str


# 419 is no HTTP status we send: it names the 403 of a form whose page was out of date.
ERROR_PAGES: dict[int, ErrorPage] = {
    400: ErrorPage(
        "送信された内容を読み取れませんでした",
        "入力内容が途中で途切れたか、壊れた形で届きました。",
        "前の画面に戻り、もう一度操作してください。登録や送信は行われていません。",
    ),
    403: ErrorPage(
        "この操作を行う権限がありません",
        "お使いのアカウントの権限では、この画面を開いたり操作したりすることができません。",
        "必要な場合は、貴社の企業管理者に権限の変更をご相談ください。",
    ),
    404: ErrorPage(
        "ページが見つかりません",
        "アドレスが間違っているか、表示しようとした案件や配信ログがありません。",
        "案件一覧からもう一度お探しください。配信ログは3か月を過ぎると表示されません。",
    ),
    405: ErrorPage(
        "この操作は受け付けられません",
        "このアドレスでは、行おうとした操作ができません。",
        "ホームに戻り、もう一度操作してください。",
    ),
    409: ErrorPage(
        "この案件は、もう変更できません",
        "別の画面で登録や取り消しが行われたか、配信が始まりました。",
        "案件一覧から開き直して、今の状態をご確認ください。この操作では何も変わっていません。",
    ),
    413: ErrorPage(
        "ファイルが大きすぎます",
        "アップロードできるファイルは50MBまでです。",
        "宛先に使わない列を減らすか、ファイルを分けて、もう一度アップロードしてください。",
    ),
    419: ErrorPage(
        "画面の有効期限が切れています",
        "長い時間が経ったか、別のタブでログインし直したため、この画面からの操作を受け付けられませんでした。",
        "前の画面を開き直して、もう一度操作してください。登録や送信は行われていません。",
    ),
    500: ErrorPage(
        "画面を表示できませんでした",
        "システムの内部で問題が起きました。ご不便をおかけして申し訳ありません。",
        "少し待ってからもう一度お試しください。送信の操作の直後であれば、先に案件一覧で状態をご確認ください。"
        "同じ操作を繰り返しても、二重に送信されることはありません。",
    ),
    503: ErrorPage(
        "ただいま画面を表示できません",
        "データベースに接続できません。登録済みの配信は失われません。",
        "数分待ってから、もう一度開いてください。送信の操作の直後であれば、復旧後に案件一覧で状態をご確認ください。",
    ),
}


def too_many_requests(wait: timedelta) -> ErrorPage:
    """Return the page of somebody who tried too often, with the time that remains."""
    minutes, seconds = divmod(int(wait.total_seconds()), 60)
    remaining = (
        f"{minutes}分{seconds}秒" if minutes and seconds else f"{minutes}分" if minutes else f"{seconds}秒"
    )
    return ErrorPage(
        "しばらく待ってからお試しください",
        "同じネットワークからの操作が続いたため、安全のため一時的に受け付けを止めています。",
        f"あと{remaining}待ってから、もう一度操作してください。入力した内容は保存されていません。",
    )


OTHER_ERROR = ErrorPage(
    "操作を完了できませんでした",
    "予期しない問題が起きました。",
    "ホームに戻り、もう一度操作してください。",
)

# On the operators' side, where the usual words would speak of a company's campaigns. 419 is a 403 as well, so
# the words of 403 hold for both.
OPERATOR_ERROR_PAGES: dict[int, ErrorPage] = {
    403: ErrorPage(
        "この操作は受け付けられませんでした",
        "お使いの運用アカウントに権限がないか、画面を開いてから長い時間が経っています。何も変更されていません。",
        "画面を開き直しても続けられないときは、運用責任者に権限をご確認ください。",
    ),
    404: ErrorPage(
        "ページが見つかりません",
        "アドレスが間違っているか、表示しようとしたものがありません。",
        "「回線」の画面からもう一度お探しください。",
    ),
}
