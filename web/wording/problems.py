"""Words for what keeps a campaign from being sent: what, where, and how to mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.campaigns import FOLLOW_UP_PREFIX, CampaignProblem, ProblemFound
from domain.carriers import Carrier
from domain.recipient_files import RowErrorCode
from domain.templates import TemplateProblemCode
from web.wording.campaigns import WORDS as CAMPAIGN_WORDS
from web.wording.files import FILE_PROBLEMS, ROW_ERRORS, Explained
from web.wording.steps import field_label

Detail = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error beside a field: ``field`` is the id of the control the summary leads to."""

    field: str
    what: str
    mend: str = ""
    # What else is wrong with the same field, where all of it is shown beside the field.
    more: tuple["FieldError", ...] = ()


UNREADABLE_PAGE = FieldError("main", "ページの指定を読み取れないため、最初のページを表示しています。")


def over_limit(field: str, label: str, characters: int, limit: int) -> FieldError:
    """Return that a field is too long: how long it is, and how long it may be."""
    what = f"{label}が長すぎます（{characters:,}文字）。"
    return FieldError(field, what, f"{limit:,}文字以内にしてください。")


PROBLEMS: dict[CampaignProblem, Explained] = {
    CampaignProblem.NAME_MISSING: Explained(
        "案件名が入力されていません。", "あとで見分けられる名前を入力してください。"
    ),
    CampaignProblem.NAME_TOO_LONG: Explained(
        "案件名が長すぎます（{characters}文字）。", "{limit}文字以内にしてください。"
    ),
    CampaignProblem.SMS_TEXT_MISSING: Explained(
        "SMSの本文が入力されていません。", "送る文章を入力してください。"
    ),
    CampaignProblem.SMS_TEXT_TOO_LONG: Explained(
        "SMSの本文が長すぎます（{characters}文字）。", "{limit}文字以内にしてください。"
    ),
    CampaignProblem.RCS_TEXT_MISSING: Explained(
        "+メッセージの本文が入力されていません。", "送る文章を入力してください。"
    ),
    CampaignProblem.RCS_TEXT_TOO_LONG: Explained(
        "+メッセージの本文が長すぎます（{characters}文字）。", "{limit}文字以内にしてください。"
    ),
    CampaignProblem.UNKNOWN_VARIABLE: Explained(
        "{where}の{line}行目の「{name}」という列が、宛先の一覧にありません。",
        "列の名前と同じ表記に直すか、ボタンから差し込んでください。",
    ),
    CampaignProblem.MALFORMED_VARIABLE: Explained(
        "{where}の{line}行目の{column}文字目に、{kind_word}。", "{{{{列名}}}}の形に直してください。"
    ),
    CampaignProblem.UNSHOWABLE_CHARACTER: Explained(
        "{where}の{line}行目の{column}文字目に、携帯電話で表示できない文字（外字など、{name}）があります。",
        "別の文字に置き換えてください。",
    ),
    CampaignProblem.MORE_PROBLEMS: Explained(
        "{where}には、ほかにも誤りが{count}か所あります。", "上の誤りを直してから、もう一度お試しください。"
    ),
    CampaignProblem.LINK_NOT_AVAILABLE: Explained(
        "{where}の「{name}」は、ご契約に含まれていないため差し込めません。", "本文から取り除いてください。"
    ),
    CampaignProblem.PAST_SEND_TIME: Explained(
        "配信日時が過ぎています。", "これからの日時を指定するか、「今すぐ送る」を選んでください。"
    ),
    CampaignProblem.SEND_TIME_TOO_FAR: Explained(
        "配信日時が先すぎます。", "1年以内の日時を指定してください。"
    ),
    CampaignProblem.RECIPIENTS_MISSING: Explained(
        "宛先がありません。", "ファイルをアップロードするか、電話番号を入力してください。"
    ),
    CampaignProblem.NO_VALID_RECIPIENT: Explained(
        "送信できる宛先が1件もありません。",
        "行ごとの理由を確認し、宛先を直してもう一度アップロードしてください。",
    ),
    CampaignProblem.TOO_MANY_RECIPIENTS: Explained(
        "宛先が多すぎます。", "1つの案件は{limit}件までです。宛先を分けて、別の案件にしてください。"
    ),
    CampaignProblem.PHONE_COLUMN_MISSING: Explained(
        "電話番号の列が選ばれていません。", "ファイルの確認の画面で、電話番号が入っている列を選んでください。"
    ),
    CampaignProblem.UNREADABLE_FILE: Explained(
        "宛先のファイルを読み取れません（{kind_word}）。",
        "ファイルの確認の画面で理由を確認し、直したファイルを選び直してください。",
    ),
    CampaignProblem.OPTION_NOT_CONTRACTED: Explained(
        "「{option_word}」は、ご契約に含まれていません。", "設定から外してください。"
    ),
    CampaignProblem.NOTICE_REQUIRED: Explained(
        "1時間に10,000件を超える配信には、事前のご連絡が必要です。",
        "宛先を10,000件以内に分けるか、担当窓口へご連絡ください。",
    ),
    CampaignProblem.REFERENCE_DATE_MISSING: Explained(
        "基準日が入力されていません。", "番号を確認した日（会員登録日など）を入力してください。"
    ),
    CampaignProblem.REFERENCE_DATE_INVALID: Explained(
        "基準日が未来の日付です。", "本日以前の日付を入力してください。"
    ),
    CampaignProblem.SEND_TIME_UNREADABLE: Explained(
        "配信日時が入力されていないか、日付や時刻として読み取れません。", "日付と時刻を入力してください。"
    ),
    CampaignProblem.CARRIERS_MISSING: Explained(
        "キャリアが選ばれていません。",
        "送るキャリアを1つ以上選ぶか、「すべてのキャリアに送る」を選んでください。",
    ),
    CampaignProblem.NO_CARRIER_FOR_CHANNEL: Explained(
        "選ばれたキャリアでは、このチャネルで送れません。",
        "キャリアを選び直してください。+メッセージは、ドコモ・au・ソフトバンクで送れます。",
    ),
    CampaignProblem.FOLLOW_UP_VALIDITY_INVALID: Explained(
        "返信の有効期間を読み取れません。", "1〜{limit}の数字で入力するか、空欄にしてください。"
    ),
}

TEMPLATE_PROBLEMS: dict[TemplateProblemCode, str] = {
    TemplateProblemCode.UNCLOSED: "閉じていない「{{」があります",
    TemplateProblemCode.UNOPENED: "始まりのない「}}」があります",
    TemplateProblemCode.EMPTY_NAME: "列名のない「{{}}」があります",
    TemplateProblemCode.NAME_TOO_LONG: "100文字を超える列名があります",
    TemplateProblemCode.FULL_WIDTH_BRACES: "全角の「｛｛」または「｝｝」があります（半角で入力してください）",
    TemplateProblemCode.UNKNOWN_VARIABLE: "宛先の一覧にない列名があります",
}

OPTIONS: dict[str, str] = {"opt_out": "オプトアウトの除外", "recycling_check": "誤配信防止"}


def explain(found: ProblemFound) -> FieldError:
    """Return one problem in words, its particulars filled in."""
    wording = PROBLEMS[found.problem]
    particulars = {**_particulars(found.detail), "where": field_label(found.field)}
    what = wording.what.format_map(particulars)
    if found.field.startswith(FOLLOW_UP_PREFIX) and "{where}" not in wording.what:
        # The same rules as of the first message: the words must say which of the two they are about.
        what = f"2通目の{what}"
    return FieldError(found.field, what, wording.mend.format_map(particulars))


def _kind_word(kind: str | int) -> str:
    """Return what kind of bad placeholder, or of unreadable file, a problem is about."""
    for words in (TEMPLATE_PROBLEMS, {code: wording.what for code, wording in FILE_PROBLEMS.items()}):
        for member, what in words.items():
            if member.value == kind:
                return what
    return ROW_ERRORS[RowErrorCode.UNREADABLE_FROM_HERE].what


_FORMATS: dict[str, Callable[[str | int], str]] = {
    "kind": _kind_word,
    "option": lambda option: OPTIONS[str(option)],
    "carrier": lambda carrier: CAMPAIGN_WORDS[Carrier][Carrier(str(carrier))],
}


def _particulars(detail: Detail) -> dict[str, str]:
    words = {key: f"{value:,}" if isinstance(value, int) else value for key, value in detail.items()}
    words |= {f"{key}_word": _FORMATS[key](detail[key]) for key in _FORMATS.keys() & detail.keys()}
    return words
