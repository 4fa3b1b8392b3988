"""Words for what happened to a message, event by event, and for what is charged."""

from enum import StrEnum
from typing import Any

from domain.billing import ChargeKind
from domain.carrier_exchange import (
    Capability,
    ReceiptState,
    RecyclingOutcome,
    RevokeOutcome,
    SubmitOutcome,
)
from domain.follow_ups import ReplyOutcome
from domain.messages import MessageStatus, StatusReason
from domain.prices import PriceKind
from services.message_timeline import TimelineEvent, TimelineKind
from web.wording import follow_ups, messages

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    TimelineKind: {
        TimelineKind.ACCEPTED: "受付",
        TimelineKind.RECYCLING_CHECKED: "誤配信防止の照会",
        TimelineKind.CAPABILITY_CHECKED: "+メッセージ対応の確認",
        TimelineKind.WAITING: "送信の順番待ち",
        TimelineKind.SUBMIT_STARTED: "キャリアへ送信",
        TimelineKind.SUBMIT_ANSWERED: "キャリアの応答",
        TimelineKind.RECEIPT: "配信結果の通知",
        TimelineKind.REVOKE_REQUESTED: "+メッセージの破棄依頼",
        TimelineKind.READ: "開封",
        TimelineKind.REPLY: "返信の受信",
        TimelineKind.SECOND_MESSAGE: "2通目の配信",
        TimelineKind.BILLED: "課金の記録",
        TimelineKind.CLOSED: "終了",
    },
    ChargeKind: {
        ChargeKind.DELIVERY: "配信",
        ChargeKind.RECYCLING_CHECK: "誤配信防止の照会",
    },
    PriceKind: {
        PriceKind.SMS_PARTS: "SMS",
        PriceKind.RCS_MESSAGES: "+メッセージ",
        PriceKind.SECOND_SMS_PARTS: "2通目のSMS",
        PriceKind.SECOND_RCS_MESSAGES: "2通目の+メッセージ",
        PriceKind.RECYCLING_CHECKS: "誤配信防止の照会",
    },
}

_OUTCOMES: dict[TimelineKind, type[StrEnum]] = {
    TimelineKind.RECYCLING_CHECKED: RecyclingOutcome,
    TimelineKind.CAPABILITY_CHECKED: Capability,
    TimelineKind.SUBMIT_ANSWERED: SubmitOutcome,
    TimelineKind.RECEIPT: ReceiptState,
    TimelineKind.REVOKE_REQUESTED: RevokeOutcome,
    TimelineKind.REPLY: ReplyOutcome,
    TimelineKind.SECOND_MESSAGE: MessageStatus,
    TimelineKind.CLOSED: MessageStatus,
}
_ALL: dict[type[StrEnum], dict[Any, str]] = {**messages.WORDS, **follow_ups.WORDS, **WORDS}


# About one carrier only; that a message is left out for its carrier (キャリア指定外) is told at its end.
_WRONG_CARRIER = (SubmitOutcome.WRONG_CARRIER, ReceiptState.WRONG_CARRIER, Capability.WRONG_CARRIER)


def reason_words(event: TimelineEvent) -> str:
    """Return why an event came out as it did; empty where the outcome has said so already.

    A carrier that says "not mine" (a ported or unknown number) reports the same reason as a message which
    is left out since its carrier was not chosen: that word would be wrong here.
    """
    if event.reason is None or event.outcome in _WRONG_CARRIER:
        return ""
    return messages.WORDS[StatusReason][event.reason]


def outcome_words(event: TimelineEvent) -> str:
    """Return what came of an event, in words; empty where the event says it all."""
    if event.kind is TimelineKind.BILLED and event.outcome:
        return f"{WORDS[ChargeKind][ChargeKind(event.outcome)]} {event.parts:,}通"
    if event.kind is TimelineKind.SUBMIT_STARTED and event.parts:
        return f"{event.parts:,}通"
    if event.kind is TimelineKind.RECEIPT and event.outcome and (event.parts or 1) > 1:
        return f"{_ALL[ReceiptState][ReceiptState(event.outcome)]}（{event.parts:,}通とも）"
    enumeration = _OUTCOMES.get(event.kind)
    if enumeration is None:
        return ""
    if event.outcome is None:
        return "応答を待っています" if event.kind is TimelineKind.REVOKE_REQUESTED else ""
    return _ALL[enumeration][enumeration(event.outcome)]
