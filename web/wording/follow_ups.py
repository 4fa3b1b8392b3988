"""Words for second messages and for what end users answer."""

from enum import StrEnum
from typing import Any

from domain.follow_ups import FollowUpTrigger, ReplyOutcome

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    FollowUpTrigger: {
        FollowUpTrigger.DELIVERED: "到達したら送る（連続配信）",
        FollowUpTrigger.REPLY: "返信があったら送る（自動返信）",
    },
    ReplyOutcome: {
        ReplyOutcome.SECOND_MESSAGE: "2通目を配信します",
        ReplyOutcome.TOO_LATE: "返信の有効期間を過ぎていたため、2通目は送りません",
        ReplyOutcome.ALREADY_ANSWERED: "2通目は1回だけのため、もう送りません",
        ReplyOutcome.NO_FOLLOW_UP: "返信への2通目は設定されていません",
        ReplyOutcome.UNMATCHED: "この番号への配信が見つかりません",
    },
}

_HINTS: dict[FollowUpTrigger, str] = {
    FollowUpTrigger.DELIVERED: "1通目が端末に届いたことを確認してから、すぐに送ります。",
    FollowUpTrigger.REPLY: "受け取った方が1通目に返信したときに送ります。"
    "文章の返信にも、ボタンの操作にも応えます。",
}

FOLLOW_UP_CHOICES = tuple(
    (trigger.value, WORDS[FollowUpTrigger][trigger], hint) for trigger, hint in _HINTS.items()
)
"""The choices of the form: value, label, hint."""
