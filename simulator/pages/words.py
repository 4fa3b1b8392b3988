"""The Japanese words of the pages."""

from simulator.handsets import Handset

CARRIER_WORDS = {"docomo": "docomo", "au": "au", "softbank": "SoftBank", "rakuten": "Rakuten"}
STATUS_WORDS = {
    "accepted": "網で受付済み",
    "pending": "網で受付済み",
    "sent": "網から送信中",
    "delivered": "到達",
    "displayed": "既読",
    "failed": "不達",
    "cancelled": "取り消し",
    "absent": "圏外・電源OFF",
    "unknown_subscriber": "番号なし",
    "barred": "受信拒否",
    "expired": "保管期限切れ",
    "wrong_carrier": "他社の番号",
    "undecided": "結果不明",
}
NOTICES = {
    "replied": "返信を送りました。",
    "tapped": "ボタンの応答を送りました。",
    "dialled": "電話をかけました（シミュレーターなので、実際にはかかりません）。",
    "read": "届いている +メッセージを既読にしました。",
    "nothing-new": "新しく既読にする +メッセージはありませんでした。",
    "changed": "端末を変更しました。",
    "off": "電源が切れているので、操作できません。先に電源を入れてください。",
    "no-message": "そのメッセージは端末にありません。一覧が新しくなっているので、もう一度お試しください。",
    "empty": "返信の文章を入力してください。",
    "too-long": "SMS の返信は 70 文字までです。短くしてください。",
    "link-changed": "回線の設定を変更しました。",
    "dropped": "接続を切りました。つなぎ直しは相手側の仕事です。",
    "unbound": "unbind を送りました。",
    "faults-changed": "故障の割合を変更しました。",
    "own-rates-changed": "この会社だけの割合を変更しました。空欄の故障は、全社の値のとおりに起こります。",
}
MAAP_FAULTS = "+メッセージのそのほか、番号照会"
# What a rate does, in a few words; docs/simulator.md has the rest.
FAULT_GROUPS: dict[str, dict[str, str]] = {
    "送信を受け付けない": {
        "throttle_rate": "混雑（0x58／429）で断る",
        "queue_full_rate": "待ち行列あふれ（0x14）で断る",
        "vendor_status_rate": "独自の番号で断る",
        "vendor_status": "その番号",
        "nack_rate": "generic_nack で断る",
        "drop_before_accept_rate": "受け付けずに切断する",
        "capacity_rate": "容量超過（429 42902）で断る",
        "server_error_rate": "503 で断る",
        "timeout_rate": "受け付けず、答えない（HTTP）",
    },
    "受け付けた送信への答え": {
        "lost_answer_rate": "受け付けて、答える前に切断する",
        "withheld_answer_rate": "受け付けて、答えない",
        "wrong_command_rate": "答えのコマンド番号が違う",
        "unterminated_answer_rate": "答えの末尾の NUL がない",
        "server_error_after_accept_rate": "受け付けて、500 と答える",
        "garbled_answer_rate": "202 の中身が JSON ではない",
        "slow_rate": "答えが遅い",
        "slow_seconds": "その秒数",
        "reordered_answer_rate": "答えの順番が前後する",
        "reordered_answer_seconds": "最大の秒数",
    },
    "送信のあとの回線": {
        "drop_after_answer_rate": "答えてすぐ切断する",
        "unbind_rate": "SMSC から unbind する",
        "silent_rate": "つながったまま黙る",
        "silent_seconds": "黙る秒数",
        "bad_length_rate": "あり得ない長さの PDU",
        "unknown_command_rate": "知らないコマンドが混ざる",
        "stray_nack_rate": "宛先のない generic_nack が混ざる",
    },
    "接続・bind・PDU": {
        "refused_connect_rate": "接続をすぐ切る",
        "refused_bind_rate": "bind を断る",
        "wrong_password_rate": "パスワード違いと答える",
        "byte_by_byte_rate": "1 バイトずつ届く",
        "joined_write_rate": "2 つの PDU がまとめて届く",
    },
    "結果通知とイベント": {
        "duplicate_receipt_rate": "結果通知が 2 回届く",
        "late_receipt_rate": "結果通知が遅れる",
        "late_receipt_seconds": "遅れる秒数",
        "early_receipt_rate": "答えより先に結果通知が届く",
        "lost_receipt_rate": "結果通知が届かない",
        "reordered_receipt_rate": "結果通知の順番が逆になる",
        "conflicting_receipt_rate": "反対の結果通知が続けて届く",
        "foreign_receipt_rate": "知らない ID の結果通知が混ざる",
    },
    "結果通知の形（SMS）": {
        "err_hex_rate": "結果通知の err が 0x1B",
        "err_letter_rate": "結果通知の err が E01",
        "other_date_rate": "結果通知の日付の桁数が違う",
        "empty_text_rate": "結果通知の本文が空（TLV だけ）",
        "no_tlvs_rate": "結果通知に TLV がない",
        "garbled_receipt_rate": "読めない結果通知",
        "long_length_rate": "sm_length が中身より長い",
        "unterminated_receipt_rate": "結果通知の途中の NUL がない",
    },
    "書き方の違い（内容は正しい）": {
        "wrong_coding_rate": "結果通知の文字コードが表示と違う",
        "header_rate": "結果通知の前にヘッダーがある",
        "payload_rate": "結果通知の本文が message_payload にある",
        "data_sm_rate": "結果通知が data_sm で来る",
        "unmarked_receipt_rate": "結果通知の印が TLV だけ",
        "unreadable_tlvs_rate": "結果通知の TLV が読めない",
        "loose_words_rate": "状態のことばの書き方が違う",
        "other_id_rate": "結果通知の ID の書き方が違う",
        "padded_id_rate": "受け付けの ID に空白が付く",
    },
    MAAP_FAULTS: {
        "expired_token_rate": "トークンが切れる（401）",
        "capability_error_rate": "能力確認が 503",
        "capability_timeout_rate": "能力確認に答えない",
        "revoke_error_rate": "取り消しが 503",
        "revoke_lost_rate": "取り消しが届かない",
        "revoke_unanswered_rate": "取り消したが、答えない",
        "malformed_webhook_rate": "壊れた webhook が混ざる",
        "directory_error_rate": "番号照会が 503",
        "directory_timeout_rate": "番号照会に答えない",
    },
}
FAULT_WORDS = {name: word for group in FAULT_GROUPS.values() for name, word in group.items()}
LINK_WORDS = {
    "silent": "つながったまま黙る（SMSC）",
    "throttle": "混雑で断り続ける",
    "refuse_bind": "bind を断る",
    "refuse_connect": "接続をすぐ切る",
    "http_silent": "HTTP に答えない（MaaP）",
    "submit_status": "submit を断る番号（0＝断らない）",
    "delay_seconds": "答えを遅らせる秒数",
    "jitter_seconds": "さらにばらつかせる秒数",
    "http_status": "HTTP を断る番号（0＝断らない）",
    "http_delay_seconds": "HTTP の答えを遅らせる秒数",
}


def grouped(number: str) -> str:
    """A national number as people write it: 090-1234-5678."""
    return f"{number[:3]}-{number[3:7]}-{number[7:]}"


def carrier_word(handset: Handset) -> str:
    """The carrier's name on a screen."""
    return CARRIER_WORDS[handset.carrier] if handset.carrier else "契約なし"
