"""Statuses against attempts and receipts, charges against handsets, and that nothing is left lying about."""

from tests.e2e.magic_numbers import EXPECTED
from tests.soak.verdict.books import Books, Message, ends, some

_WITHOUT_WORD = frozenset({"unknown", "expired"})
_ARRIVED = frozenset({"delivered", "read"})


def check_deliveries_have_a_word(books: Books) -> None:
    """A message is delivered because a carrier said so, of the channel and carrier it names."""
    wrong = [
        message
        for message in ends(books, "delivered")
        if not any(
            (a.channel, a.carrier) == (message.channel, message.carrier)
            and (a.receipt_state in _ARRIVED or a.revoke_outcome == "already_delivered")
            for a in message.attempts
        )
    ]
    assert not wrong, f"I2: delivered without a carrier's word: {some(wrong)}"


def check_no_attempt_waits(books: Books) -> None:
    """Whatever has ended has no submit still to come; one cancelled or excluded never had."""
    wrong = [
        message
        for message in books.messages
        if any(attempt.state == "in_flight" for attempt in message.attempts)
        or (
            message.attempts
            and message.attempts[-1].state == "waiting"
            and message.status not in ("cancelled", "excluded")
        )
    ]
    assert not wrong, f"I13: an attempt still waits: {some(wrong)}"


def check_inbox_is_empty(books: Books) -> None:
    """Only reports for ids nobody was given may wait; one for a lost answer where two could be meant."""
    ours = {line.carrier_message_id for line in books.lines}
    shared = books.shared_numbers()
    left = [
        receipt.carrier_message_id
        for receipt in books.open_receipts
        if receipt.is_matched or (receipt.carrier_message_id in ours and receipt.phone_number not in shared)
    ]
    assert not left, f"I13: {len(left)} receipts of own messages were never applied: {left[:3]}"


def check_no_workflow_runs(books: Books) -> None:
    """What has ended has ended in Temporal as well."""
    assert not books.running_workflows, f"I13: {books.running_workflows} workflows still run"


def check_charges_have_arrived(books: Books) -> None:
    """Nobody pays for what is on no handset, but where a carrier said so against its own handset."""
    paid = [
        message
        for message in books.messages
        if message.charges and books.is_witnessed(message) and not books.arrived_on(message)
    ]
    contradicted = books.met["conflicting_receipt_rate"] + sum(m.scenario == "62" for m in paid)
    assert len(paid) <= contradicted, (
        f"I5: charged without having arrived: {some(paid)}; carriers contradict {contradicted} times"
    )


def check_arrivals_are_charged(books: Books) -> None:
    """What is on a handset is delivered and charged; the other ends are for what the script contradicts."""
    free = [
        message
        for message in books.messages
        if books.arrived_on(message)
        and not message.charges
        and message.status not in _WITHOUT_WORD
        and not _may_end_otherwise(message)
    ]
    contradicted = books.met["conflicting_receipt_rate"]
    assert len(free) <= contradicted, (
        f"I5: arrived and not charged: {some(free)}; carriers contradict {contradicted} times"
    )


def _may_end_otherwise(message: Message) -> bool:
    """Whether the magic number's end is another one although the handset has it."""
    if message.scenario is None:
        return False
    column = {"sms": 0, "rcs_with_sms_fallback": 1, "rcs": 2}[message.plan]
    expected = EXPECTED.get(message.scenario, (None, None, None))[column]
    return expected is None or expected.status != "delivered"
