"""Words for what became of a message, each with one sentence that explains it (L-3)."""

from enum import StrEnum
from typing import Any

from domain.carrier_exchange import (
    Capability,
    ReceiptState,
    RecyclingOutcome,
    RevokeOutcome,
    SubmitOutcome,
)
from domain.messages import FallbackReason, MessageStatus, StatusReason

WORDS: dict[type[StrEnum], dict[Any, str]] = {
    MessageStatus: {
        MessageStatus.ACCEPTED: "受付済み",
        MessageStatus.SENDING: "送信中",
        MessageStatus.SENT: "送信済み",
        MessageStatus.DELIVERED: "到達",
        MessageStatus.UNDELIVERED: "不達",
        MessageStatus.EXPIRED: "期限切れ",
        MessageStatus.CARRIER_UNDETERMINED: "キャリア判定エラー",
        MessageStatus.EXCLUDED: "配信対象外",
        MessageStatus.CANCELLED: "取消",
        MessageStatus.UNKNOWN: "結果不明",
    },
    StatusReason: {
        StatusReason.ABSENT: "圏外・電源OFF",
        StatusReason.UNKNOWN_SUBSCRIBER: "番号なし",
        StatusReason.BARRED: "受信拒否",
        StatusReason.REJECTED: "キャリアが受け付けず",
        StatusReason.NOT_CAPABLE: "+メッセージ未対応",
        StatusReason.CAPACITY_EXCEEDED: "キャリアの混雑",
        StatusReason.NETWORK_FAILURE: "通信障害",
        StatusReason.OPTED_OUT: "オプトアウト",
        StatusReason.RECYCLED: "誤配信防止（履歴あり）",
        StatusReason.LOOKUP_FAILED: "誤配信防止（DB照会エラー）",
        StatusReason.DUPLICATE: "重複",
        StatusReason.OTHER_CARRIER: "キャリア指定外",
        StatusReason.CONTENT_INVALID: "本文の形式エラー",
        StatusReason.NO_RECEIPT: "結果の通知なし",
    },
    FallbackReason: {
        FallbackReason.NOT_CAPABLE: "+メッセージ未対応のため",
        FallbackReason.NOT_DELIVERED_IN_TIME: "時間内に到達しなかったため",
        FallbackReason.CAPACITY_EXCEEDED: "+メッセージが混雑していたため",
        FallbackReason.REJECTED: "+メッセージが受け付けられなかったため",
        FallbackReason.CARRIER_UNDETERMINED: "+メッセージのキャリアを判定できなかったため",
        FallbackReason.RCS_UNDELIVERED: "+メッセージが不達だったため",
    },
    SubmitOutcome: {
        SubmitOutcome.ACCEPTED: "キャリアが受け付けました",
        SubmitOutcome.WRONG_CARRIER: "このキャリアの番号ではありませんでした",
        SubmitOutcome.NOT_CAPABLE: "+メッセージを使えない端末でした",
        SubmitOutcome.REJECTED: "キャリアが受け付けませんでした",
        SubmitOutcome.CAPACITY_EXCEEDED: "キャリアが混雑していました",
        SubmitOutcome.UNKNOWN: "受け付けられたか確認できませんでした（再送はしません）",
        SubmitOutcome.THROTTLED: "キャリアの指示で待機しました",
        SubmitOutcome.NOT_SENT: "キャリアに接続できませんでした",
    },
    ReceiptState: {
        ReceiptState.SENT: "キャリアが送信しました",
        ReceiptState.DELIVERED: "到達しました",
        ReceiptState.UNDELIVERED: "不達の通知がありました",
        ReceiptState.WRONG_CARRIER: "このキャリアの番号ではないと通知がありました",
        ReceiptState.READ: "開封されました",
        ReceiptState.REVOKED: "破棄されました",
        ReceiptState.UNKNOWN: "結果不明の通知がありました",
    },
    Capability: {
        Capability.CAPABLE: "+メッセージを利用できます",
        Capability.NOT_CAPABLE: "+メッセージを利用できません",
        Capability.WRONG_CARRIER: "このキャリアの番号ではありませんでした",
        Capability.UNAVAILABLE: "確認できませんでした",
    },
    RevokeOutcome: {
        RevokeOutcome.REVOKED: "破棄できました",
        RevokeOutcome.ALREADY_DELIVERED: "すでに到達していました",
        RevokeOutcome.FAILED: "破棄できませんでした",
    },
    RecyclingOutcome: {
        RecyclingOutcome.NOT_RECYCLED: "履歴なし",
        RecyclingOutcome.RECYCLED: "履歴あり",
        RecyclingOutcome.LOOKUP_FAILED: "DB照会エラー",
    },
}

STATUS_MEANINGS: dict[MessageStatus, str] = {
    MessageStatus.ACCEPTED: "登録されました。順番に送信します。",
    MessageStatus.SENDING: "キャリアへ送信しています。",
    MessageStatus.SENT: "キャリアが受け付けました。端末に届いたという通知を待っています。",
    MessageStatus.DELIVERED: "端末に届きました。",
    MessageStatus.UNDELIVERED: "届きませんでした。理由の欄をご覧ください。再送はされません。",
    MessageStatus.EXPIRED: "72時間以内に届かなかったため、キャリアに破棄を依頼しました。",
    MessageStatus.CARRIER_UNDETERMINED: "どのキャリアの番号か判定できませんでした。課金されません。",
    MessageStatus.EXCLUDED: "配信しない条件に当てはまったため、送信していません。",
    MessageStatus.CANCELLED: "送信する前に取り消されました。",
    MessageStatus.UNKNOWN: "届いたかどうか分かりません。二重に届かないよう、再送はしません。",
}

REASON_MEANINGS: dict[StatusReason, str] = {
    StatusReason.ABSENT: "電源が入っていないか、電波の届かない場所にありました。",
    StatusReason.UNKNOWN_SUBSCRIBER: "使われていない番号です。名簿をご確認ください。",
    StatusReason.BARRED: "端末または契約の設定で、受信が拒否されています。",
    StatusReason.REJECTED: "キャリアが本文や宛先を受け付けませんでした。",
    StatusReason.NOT_CAPABLE: "+メッセージアプリが使われていません。",
    StatusReason.CAPACITY_EXCEEDED: "キャリアの処理量の上限を超えました。",
    StatusReason.NETWORK_FAILURE: "キャリアの設備または回線に障害がありました。",
    StatusReason.OPTED_OUT: "オプトアウトリストに登録されている番号です。",
    StatusReason.RECYCLED: "基準日より後に、番号の持ち主が変わった可能性があります。",
    StatusReason.LOOKUP_FAILED: "番号の利用履歴を確認できなかったため、送信していません。",
    StatusReason.DUPLICATE: "同じ番号が同じ案件の中にありました。",
    StatusReason.OTHER_CARRIER: "キャリア別配信で選ばれていないキャリアの番号です。",
    StatusReason.CONTENT_INVALID: "本文がキャリアの決まりに合いませんでした。",
    StatusReason.NO_RECEIPT: "待ち時間の上限までに、キャリアから結果の通知がありませんでした。",
}
