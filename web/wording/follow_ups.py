"""Words for second messages and for what end users answer."""

from enum import StrEnum
from typing import Any

from domain.follow_ups import FollowUpTrigger, ReplyOutcome
from domain.messages import MessageStatus
from services.message_replies import ReceivedMessage

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    FollowUpTrigger: {
        FollowUpTrigger.DELIVERED: "到達したら送る（連続配信）",
        FollowUpTrigger.REPLY: "返信があったら送る（自動返信）",
    },
    ReplyOutcome: {
        ReplyOutcome.SECOND_MESSAGE: "2通目のきっかけになりました",
        ReplyOutcome.TOO_LATE: "返信の有効期間を過ぎていたため、2通目は送っていません",
        ReplyOutcome.ALREADY_ANSWERED: "2通目は1回だけのため、送っていません",
        ReplyOutcome.NO_FOLLOW_UP: "返信への2通目は設定されていません",
        ReplyOutcome.UNMATCHED: "この番号への配信が見つかりません",
    },
}

# How the second message is getting on that an answer set off, as it is now.
SECOND_STATES: dict[MessageStatus, str] = {
    MessageStatus.ACCEPTED: "2通目をまもなく送信します",
    MessageStatus.SENDING: "2通目を送信しています",
    MessageStatus.SENT: "2通目を送信しました（結果待ち）",
    MessageStatus.DELIVERED: "2通目が到達しました",
    MessageStatus.UNDELIVERED: "2通目は不達でした",
    MessageStatus.EXPIRED: "2通目は期限切れでした",
    MessageStatus.CARRIER_UNDETERMINED: "2通目はキャリア判定エラーでした",
    MessageStatus.EXCLUDED: "2通目は配信対象外でした",
    MessageStatus.CANCELLED: "2通目は取り消されました",
    MessageStatus.UNKNOWN: "2通目は結果不明です",
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


def reply_words(reply: ReceivedMessage) -> str:
    """Return what an end user's message led to, as it stands now and not as it was meant to go on."""
    if reply.outcome is ReplyOutcome.SECOND_MESSAGE and reply.second_status is not None:
        return SECOND_STATES[reply.second_status]
    return WORDS[ReplyOutcome][reply.outcome]
