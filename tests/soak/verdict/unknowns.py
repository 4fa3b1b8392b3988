"""結果不明 and 期限切れ: each has a reason in the script, or the build lost what it should have known."""

from tests.e2e.magic_numbers import EXPECTED
from tests.soak.verdict.books import Attempt, Books, Message, ends, some

_COLUMN = {"sms": 0, "rcs_with_sms_fallback": 1, "rcs": 2}
_WITHOUT_WORD = frozenset({"unknown", "expired"})
# Faults by rate that cost a submit its answer; those that end a bind cost all answers of its window.
_LOSES_AN_ANSWER = (
    "lost_answer_rate",
    "withheld_answer_rate",
    "wrong_command_rate",
    "timeout_rate",
    "server_error_rate",
    "server_error_after_accept_rate",
    "garbled_answer_rate",
    "nack_rate",
    "vendor_status_rate",
)
_ENDS_A_BIND = (
    "drop_before_accept_rate",
    "drop_after_answer_rate",
    "unbind_rate",
    "silent_rate",
    "bad_length_rate",
)
_BIND_WINDOW = 20
_LOSES_A_RECEIPT = ("lost_receipt_rate", "garbled_receipt_rate")
# The most answers that one trouble can cost: what is with the carriers at that moment.
_OF_ONE_TROUBLE = 60
_NOT_LEFT = frozenset({"throttled", "not_sent", "capacity_exceeded"})
_ARRIVED = frozenset({"delivered", "read"})
_DECIDING = _ARRIVED | {"undelivered", "wrong_carrier"}


def by_script(message: Message) -> bool:
    """Whether the magic number ends so, or its end does not matter."""
    if message.scenario is None or message.scenario not in EXPECTED:
        return message.scenario is not None
    expected = EXPECTED[message.scenario][_COLUMN[message.plan]]
    return expected is None or expected.status in _WITHOUT_WORD


def check_words_count(books: Books) -> None:
    """No message ends without a word while a deciding one was on record before."""
    wrong = [
        message
        for message in ends(books, *_WITHOUT_WORD)
        # Any other word on an earlier attempt has sent the message on.
        if any(_was_told(message, attempt, _ARRIVED) for attempt in message.attempts)
        or any(_was_told(message, attempt, _DECIDING) for attempt in message.attempts[-1:])
    ]
    assert not wrong, f"I2: ended without a word that was on record: {some(wrong)}"


def check_all_left(books: Books) -> None:
    """What certainly had not left is sent, not given up."""
    wrong = [m for m in ends(books, "unknown") if not m.attempts or _has_not_left(m.attempts[-1])]
    assert not wrong, f"I1: given up although nothing had left: {some(wrong)}"


def check_unknown_is_explained(books: Books) -> None:
    """Answers and receipts are only missing as often as the script takes them away."""
    shared = books.shared_numbers()
    without_answer, without_receipt = [], []
    for message in ends(books, *_WITHOUT_WORD):
        if by_script(message) or not message.attempts:
            continue
        last = message.attempts[-1]
        arrived = bool(books.arrived_on(message))
        if last.state == "unknown" and (not arrived or message.phone_number in shared):
            without_answer.append(message)
        elif not books.explained(last, "receipts"):
            # Accepted; or arrived, and of a number of its own: its receipt is to be adopted.
            without_receipt.append(message)
    answers = _answers_lost(books)
    assert len(without_answer) <= answers, (
        f"I2: answers missing of {some(without_answer)}; the script takes away {answers} at most"
    )
    receipts = sum(books.met[name] for name in _LOSES_A_RECEIPT)
    assert len(without_receipt) <= receipts, (
        f"I2: receipts missing of {some(without_receipt)}; the script takes away {receipts} at most"
    )


def _answers_lost(books: Books) -> int:
    by_rate = sum(books.met[name] for name in _LOSES_AN_ANSWER)
    by_bind = _BIND_WINDOW * sum(books.met[name] for name in _ENDS_A_BIND)
    return by_rate + by_bind + _OF_ONE_TROUBLE * len(books.windows)


def _was_told(message: Message, attempt: Attempt, words: frozenset[str]) -> bool:
    """Whether one of the words on the attempt was committed before the message ended."""
    is_word = attempt.receipt_state in words and attempt.told_at is not None
    return is_word and (message.closed_at is None or attempt.told_at < message.closed_at)  # type: ignore[operator]


def _has_not_left(attempt: Attempt) -> bool:
    return attempt.state == "waiting" or attempt.outcome in _NOT_LEFT
