"""The checker itself: books that a broken build would leave behind must turn it red."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.e2e.faults import Numbers, Sent, assert_delivered, register
from tests.e2e.invariants import check_connection
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

_ONE = "SELECT id FROM messages WHERE campaign_id = %(campaign)s ORDER BY id LIMIT 1"
_ATTEMPT = f"SELECT id FROM submit_attempts WHERE message_id = ({_ONE})"  # noqa: S608

_IN_FLIGHT = "state = 'in_flight', outcome = NULL, ended_at = NULL, started_at = now() - interval '10 min'"

# What is wrong, how it comes about (every change is rolled back), and the invariant that must say so.
BREAKS: dict[str, tuple[tuple[str, ...], str]] = {
    "a message of a completed campaign never ended": (
        (f"UPDATE messages SET status = 'sent', closed_at = NULL WHERE id = ({_ONE})",),  # noqa: S608
        "I2",
    ),
    "a submit without an attempt row": (
        (
            f"DELETE FROM submit_segments WHERE attempt_id = ({_ATTEMPT})",  # noqa: S608
            f"DELETE FROM submit_attempts WHERE message_id = ({_ONE})",  # noqa: S608
        ),
        "I3",
    ),
    "an accepted attempt that no carrier knows": (
        (f"UPDATE submit_segments SET carrier_message_id = 'x' WHERE attempt_id = ({_ATTEMPT})",),  # noqa: S608
        "I4",
    ),
    "a delivery that is not charged": (
        (f"DELETE FROM billing_entries WHERE message_id = ({_ONE})",),  # noqa: S608
        "I5",
    ),
    "a charge of one part too many": (
        (f"UPDATE billing_entries SET parts = parts + 1 WHERE message_id = ({_ONE})",),  # noqa: S608
        "I5",
    ),
    "a receipt counted twice": (
        ("UPDATE campaign_counters SET delivered = delivered + 1 WHERE campaign_id = %(campaign)s",),
        "I12",
    ),
    "an attempt that waits although its message ended as unknown": (
        (
            f"UPDATE submit_attempts SET state = 'waiting' WHERE message_id = ({_ONE})",  # noqa: S608
            f"UPDATE messages SET status = 'unknown' WHERE id = ({_ONE})",  # noqa: S608
            f"DELETE FROM billing_entries WHERE message_id = ({_ONE})",  # noqa: S608
            "UPDATE campaign_counters SET delivered = delivered - 1, unknown = unknown + 1,"
            " billable_parts = billable_parts - 1 WHERE campaign_id = %(campaign)s",
        ),
        "I13",
    ),
    "an attempt in flight for ten minutes": (
        (
            f"UPDATE submit_attempts SET {_IN_FLIGHT} WHERE message_id = ({_ONE})",  # noqa: S608
        ),
        "I13",
    ),
}


@pytest.fixture(scope="module")
def sent(stack: Stack) -> Sent:
    """A campaign that went well."""
    campaign = register(stack, "sms", Numbers().take(4))
    assert_delivered(stack, campaign)
    return campaign


@pytest.fixture
def connection(stack: Stack) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A connection of which nothing is ever committed."""
    with psycopg.connect(stack.run["database_url"], row_factory=dict_row) as opened:
        yield opened
        opened.rollback()


@pytest.mark.parametrize("what", BREAKS)
def test_broken_rows_are_found(
    stack: Stack, sent: Sent, connection: psycopg.Connection[dict[str, Any]], what: str
) -> None:
    """One row changed as a bug would; before the change everything is right."""
    statements, invariant = BREAKS[what]
    ledger = stack.ledger()
    check_connection(connection, ledger)
    for statement in statements:
        changed = connection.execute(statement, {"campaign": sent.id})
        assert changed.rowcount == 1
    with pytest.raises(AssertionError, match=rf"^{invariant}:"):
        check_connection(connection, ledger)


def test_a_second_accepted_submit_is_found(
    stack: Stack, sent: Sent, connection: psycopg.Connection[dict[str, Any]]
) -> None:
    """I3: the same segment twice in the ledger, under an id of its own."""
    ledger = stack.ledger()
    ledger.append(sent.lines(stack)[0] | {"carrier_message_id": "second"})
    with pytest.raises(AssertionError, match=r"^I3:"):
        check_connection(connection, ledger)


def test_a_line_missing_in_the_ledger_is_found(
    stack: Stack, sent: Sent, connection: psycopg.Connection[dict[str, Any]]
) -> None:
    """I4: we believe that a carrier took what it never saw."""
    missing = sent.lines(stack)[0]
    with pytest.raises(AssertionError, match=r"^I4:"):
        check_connection(connection, [line for line in stack.ledger() if line != missing])
