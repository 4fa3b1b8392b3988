"""The verdict of the long run itself: every check is shown books that a broken build would leave behind."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.soak.verdict import judge
from tests.soak.verdict.books import Attempt, Books, Line, Message, OpenReceipt, Sample, Window
from tests.soak.verdict.timing import check_opt_outs, check_schedules

NOON = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MEBIBYTE = 1024 * 1024


def delivered(serial: int, **changes: object) -> Message:
    """An SMS to docomo that went well."""
    attempt = Attempt(
        channel="sms",
        carrier="docomo",
        state="accepted",
        outcome="accepted",
        started_at=NOON,
        ended_at=NOON + SECOND,
        receipt_state="delivered",
        told_at=NOON + 2 * SECOND,
    )
    message = Message(
        id=f"message-{serial}",
        serial=str(serial),
        is_second=False,
        phone_number=f"0901000{serial:04}",
        plan="sms",
        status="delivered",
        channel="sms",
        carrier="docomo",
        closed_at=NOON + 3 * SECOND,
        charges=1,
        attempts=(attempt,),
    )
    return replace(message, **changes)  # type: ignore[arg-type]


def line(message: Message, segment: int = 1, segments: int = 1) -> Line:
    return Line(
        message.key,
        "sms",
        "docomo",
        message.phone_number,
        segment,
        segments,
        f"id-{message.serial}-{segment}",
        NOON,
    )


def books(*messages: Message, **changes: object) -> Books:
    """Books in which every message is on its handset."""
    lines = tuple(line(message) for message in messages)
    good = Books(messages=messages, lines=lines, handsets={line.carrier_message_id: True for line in lines})
    return replace(good, **changes)  # type: ignore[arg-type]


def unknown(serial: int, state: str = "accepted", **changes: object) -> Message:
    """The same message, of which nobody said a word."""
    told = delivered(serial)
    attempt = replace(told.attempts[0], state=state, outcome=state, receipt_state=None, told_at=None)
    return replace(told, **{"status": "unknown", "charges": 0, "attempts": (attempt,)} | changes)  # type: ignore[arg-type]


GOOD = [delivered(serial) for serial in range(8)]


def with_attempt(message: Message, **changes: object) -> Message:
    return replace(message, attempts=(replace(message.attempts[0], **changes),))  # type: ignore[arg-type]


def samples(memory: Callable[[float], int], handles: int = 40, database: int = 4_000) -> tuple[Sample, ...]:
    return tuple(
        Sample(at, {"portal": memory(at)}, {"portal": handles}, int(at * database), int(at))
        for at in range(0, 1_300, 10)
    )


def steady(_at: float) -> int:
    return 150 * MEBIBYTE


def test_good_books_agree() -> None:
    assert judge(books(*GOOD, samples=samples(steady))) == []


BROKEN: dict[str, tuple[Books, str]] = {
    "everything ends unknown": (
        books(*(replace(m, status="unknown", charges=0) for m in GOOD)),
        "I2: ended without a word that was on record: 8",
    ),
    "receipts are acknowledged and dropped": (
        books(*(unknown(serial) for serial in range(8))),
        "I2: receipts missing of 8",
    ),
    "answers are lost and receipts not adopted": (
        books(*(unknown(serial, "unknown") for serial in range(8))),
        "I2: receipts missing of 8",
    ),
    "nothing arrives, and nothing the script did explains it": (
        books(*(unknown(serial, "unknown") for serial in range(8)), lines=(), handsets={}),
        "I2: answers missing of 8",
    ),
    "an SMS that failed ends unknown": (
        books(with_attempt(delivered(1, status="unknown", charges=0), receipt_state="undelivered")),
        "I2: ended without a word",
    ),
    "a +Message expires although it was delivered": (
        books(delivered(1, status="expired", plan="rcs", charges=0)),
        "I2: ended without a word",
    ),
    "a throttled submit is given up": (
        books(with_attempt(unknown(1), state="waiting", outcome="throttled"), lines=(), handsets={}),
        "I1: given up although nothing had left",
    ),
    "a message ends without any attempt": (
        books(unknown(1, attempts=()), lines=(), handsets={}),
        "I1: given up although nothing had left",
    ),
    "delivered without a word": (
        books(with_attempt(delivered(1), receipt_state=None)),
        "I2: delivered without a carrier's word",
    ),
    "delivered by another carrier than said so": (
        books(delivered(1, carrier="au")),
        "I2: delivered without a carrier's word",
    ),
    "an attempt still waits": (
        books(with_attempt(delivered(1, status="undelivered", charges=0), state="waiting"), handsets={}),
        "I13: an attempt still waits",
    ),
    "an attempt is in flight": (
        books(with_attempt(delivered(1), state="in_flight")),
        "I13: an attempt still waits",
    ),
    "a matched receipt was never applied": (
        books(*GOOD, open_receipts=(OpenReceipt("id-1-1", GOOD[1].phone_number, is_matched=True),)),
        "I13: 1 receipts of own messages",
    ),
    "an own receipt found no message": (
        books(*GOOD, open_receipts=(OpenReceipt("id-1-1", GOOD[1].phone_number, is_matched=False),)),
        "I13: 1 receipts of own messages",
    ),
    "a workflow still runs": (books(*GOOD, running_workflows=1), "I13: 1 workflows still run"),
    "a charge is forgotten": (books(*GOOD[1:], delivered(0, charges=0)), "I5: arrived and not charged: 1"),
    "a delivery is taken for a failure": (
        books(delivered(1, status="undelivered", charges=0)),
        "I5: arrived and not charged: 1",
    ),
    "cancelled and sent all the same": (
        books(delivered(1, status="cancelled", charges=0)),
        "I5: arrived and not charged: 1",
    ),
    "charged without having arrived": (
        books(*GOOD, handsets={line(m).carrier_message_id: False for m in GOOD}),
        "I5: charged without having arrived: 8",
    ),
    "charged with a segment missing on the handset": (
        books(
            GOOD[1],
            lines=(line(GOOD[1], 1, 2), line(GOOD[1], 2, 2)),
            handsets={"id-1-1": True, "id-1-2": False},
        ),
        "I5: charged without having arrived: 1",
    ),
    "memory leaks": (
        books(*GOOD, samples=samples(lambda at: (150 + int(at / 4)) * MEBIBYTE)),
        "I14: portal grew",
    ),
    "memory without bounds": (
        books(*GOOD, samples=samples(lambda _: 800 * MEBIBYTE)),
        "I14: portal holds 800 MB",
    ),
    "files stay open": (books(*GOOD, samples=samples(steady, handles=600)), "I14: portal has 600 files"),
    "the disk fills": (books(*GOOD, samples=samples(steady, database=90_000)), "I14: the database grew"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_books_are_found(what: str) -> None:
    broken, complaint = BROKEN[what]
    assert any(said.startswith(complaint) for said in judge(broken)), judge(broken)


def scripted(message: Message, scenario: str) -> Message:
    return replace(message, phone_number=f"0900000{scenario}00")


EXPLAINED: dict[str, Books] = {
    "the script says so": books(*(scripted(unknown(serial), "25") for serial in range(8)), handsets={}),
    "a receipt the simulator kept back": books(*GOOD[1:], unknown(0), met=Counter(lost_receipt_rate=1)),
    "an answer the simulator kept back": books(
        unknown(0, "unknown"), lines=(), handsets={}, met=Counter(timeout_rate=1)
    ),
    "the simulator was killed with the receipt": books(
        unknown(0), windows=(Window("kill", NOON - MINUTE, NOON + MINUTE, frozenset({"receipts"})),)
    ),
    "two messages to one number, an answer lost": books(
        unknown(0, "unknown", phone_number=GOOD[1].phone_number), GOOD[1], met=Counter(nack_rate=1)
    ),
    "the word came after the end": books(
        with_attempt(replace(delivered(1), status="unknown", charges=0), told_at=NOON + MINUTE),
        met=Counter(lost_receipt_rate=1),
    ),
    "the carrier said at the revoke that it was delivered": books(
        with_attempt(delivered(1), receipt_state=None, revoke_outcome="already_delivered")
    ),
    "the carrier contradicted itself": books(
        delivered(1, status="undelivered", charges=0), met=Counter(conflicting_receipt_rate=1)
    ),
    "failed as a +Message, its SMS without an answer": books(
        unknown(
            0,
            plan="rcs_with_sms_fallback",
            attempts=(
                replace(delivered(0).attempts[0], channel="rcs", receipt_state="undelivered"),
                replace(unknown(0, "unknown").attempts[0]),
            ),
        ),
        lines=(),
        handsets={},
        met=Counter(timeout_rate=1),
    ),
    "a stranger's receipt waits": books(
        *GOOD, open_receipts=(OpenReceipt("nobodys-1", None, is_matched=False),)
    ),
    "cancelled before it left": books(
        with_attempt(delivered(1, status="cancelled", charges=0), state="waiting"), lines=(), handsets={}
    ),
    "nobody saw the handset: the simulator was killed": books(GOOD[1], handsets={}),
}


@pytest.mark.parametrize("what", EXPLAINED)
def test_what_the_script_did_is_no_fault(what: str) -> None:
    assert judge(EXPLAINED[what]) == []


def test_troubles_explain_only_the_attempts_they_met() -> None:
    """The diary is no blanket: before, after and of another carrier something else was wrong."""
    for window in (
        Window("before", NOON - 2 * MINUTE, NOON - MINUTE, frozenset({"receipts"})),
        Window("after", NOON + MINUTE, NOON + 2 * MINUTE, frozenset({"receipts"})),
        Window("elsewhere", NOON - MINUTE, NOON + MINUTE, frozenset({"receipts"}), frozenset({"au"})),
        Window("loses no receipt", NOON - MINUTE, NOON + MINUTE, frozenset({"answers"})),
    ):
        (said,) = judge(books(unknown(0), windows=(window,)))
        assert said.startswith("I2: receipts missing of 1"), window.what


def test_submits_before_their_time_are_found() -> None:
    """I7."""
    sent = books(GOOD[1])
    check_schedules(sent, {"1": NOON})
    with pytest.raises(AssertionError, match=r"^I7:"):
        check_schedules(sent, {"1": NOON + 2 * SECOND})


def test_submits_to_who_had_opted_out_are_found() -> None:
    """I6."""
    excluded = delivered(1, status="excluded", charges=0, attempts=())
    check_opt_outs(books(excluded, lines=(), handsets={}), frozenset({"1"}))
    for wrong in (books(excluded), books(GOOD[1], lines=(), handsets={})):
        with pytest.raises(AssertionError, match=r"^I6:"):
            check_opt_outs(wrong, frozenset({"1"}))
