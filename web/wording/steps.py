"""Words for the fields of a draft's steps, where two versions of them stand side by side."""

from collections.abc import Mapping

from domain.carriers import Carrier
from domain.follow_ups import FollowUpTrigger
from domain.messages import ChannelPlan
from web.wording.campaigns import WORDS
from web.wording.follow_ups import WORDS as FOLLOW_UP_WORDS

_LABELS = {
    "name": "案件名",
    "upload_id": "宛先",
    "phone_column": "電話番号の列",
    "channel_plan": "送り方",
    "rcs_text": "+メッセージの本文",
    "sms_text": "SMSの本文",
    "follow_up_trigger": "2通目を送る",
    "follow_up_rcs_text": "2通目の+メッセージの本文",
    "follow_up_sms_text": "2通目のSMSの本文",
    "follow_up_valid_for_hours": "返信の有効期間（時間）",
    "when": "配信のしかた",
    "send_at-date": "配信日",
    "send_at-time": "配信時刻",
    "carrier_choice": "送る相手のキャリア",
    "carriers": "送るキャリア",
    "exclude_opt_outs": "オプトアウトリストの番号を除く",
    "recycling_check": "誤配信防止",
    "recycling_reference_on": "誤配信防止の基準日",
    "source": "宛先の指定方法",
    "typed": "入力した電話番号",
}
TYPED_TEXTS = ("name", "rcs_text", "sms_text", "follow_up_rcs_text", "follow_up_sms_text", "typed")
"""Fields somebody may have written at length; shown where they cannot be saved any more."""

_CHOICES: Mapping[str, Mapping[str, str]] = {
    "channel_plan": {plan.value: WORDS[ChannelPlan][plan] for plan in ChannelPlan},
    "follow_up_trigger": {
        "none": "送らない",
        **{trigger.value: FOLLOW_UP_WORDS[FollowUpTrigger][trigger] for trigger in FollowUpTrigger},
    },
    "when": {"now": "今すぐ送る", "scheduled": "日時を指定して予約する"},
    "source": {"keep": "今の宛先", "file": "ファイル", "typed": "電話番号を直接入力"},
    "carrier_choice": {"all": "すべてのキャリアに送る", "some": "キャリアを選んで送る"},
    "carriers": {carrier.value: WORDS[Carrier][carrier] for carrier in Carrier},
    "exclude_opt_outs": {"yes": "除く", "": "除かない"},
    "recycling_check": {"yes": "使う", "": "使わない"},
}
EMPTY = "（空欄）"


def field_label(name: str) -> str:
    """Return what a field is called on its page."""
    return _LABELS.get(name, name)


def field_value(name: str, value: str | list[str]) -> str:
    """Return what was typed or chosen, in words."""
    choices = _CHOICES.get(name, {})
    if isinstance(value, list):
        return "、".join(choices.get(each, each) for each in value) or "（選択なし）"
    return choices.get(value, value) or EMPTY
