"""Invariants that hold after every scenario, checked against ledger and database (I2–I5, I10, I12, I13)."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

PHONE_NUMBER = re.compile(r"(?<![0-9a-f-])(?:0|\+?81)[6789]0-?\d{4}-?\d{4}(?![0-9a-f])")


def check_database(database_url: str, ledger: list[dict[str, Any]]) -> None:
    """Raise ``AssertionError`` naming the invariant that does not hold."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        check_connection(connection, ledger)


def check_connection(connection: psycopg.Connection[dict[str, Any]], ledger: list[dict[str, Any]]) -> None:
    """The same, as seen by an open transaction (with changes that nobody else will ever see)."""
    _messages_have_ended(connection)
    _no_submit_twice(connection, ledger)
    _charges_follow_deliveries(connection)
    _counters_equal_recount(connection)
    _nothing_stuck(connection)


def _rows(connection: psycopg.Connection[dict[str, Any]], query: str) -> list[dict[str, Any]]:
    return connection.execute(query).fetchall()


def _messages_have_ended(connection: psycopg.Connection[dict[str, Any]]) -> None:
    open_messages = _rows(
        connection,
        "SELECT m.id, m.status FROM messages m JOIN campaigns c ON c.id = m.campaign_id "
        "WHERE c.status IN ('completed', 'cancelled') AND m.status IN ('accepted', 'sending', 'sent')",
    )
    assert open_messages == [], f"I2: messages without a final status: {open_messages[:3]}"


def _no_submit_twice(connection: psycopg.Connection[dict[str, Any]], ledger: list[dict[str, Any]]) -> None:
    accepted = Counter(
        (line["channel"], line["carrier"], line["number"], line["text"], line["segment"]) for line in ledger
    )
    attempts = Counter(
        (row["channel"], row["carrier"], row["phone_number"], row["body"])
        for row in _rows(
            connection,
            "SELECT a.channel, a.carrier, m.phone_number, a.body FROM submit_attempts a "
            "JOIN messages m ON m.id = a.message_id",
        )
    )
    for (channel, carrier, number, text, segment), times in accepted.items():
        planned = sum(
            count
            for (a_channel, a_carrier, a_number, body), count in attempts.items()
            if (a_channel, a_carrier, a_number) == (channel, carrier, number) and text in body
        )
        assert times <= planned, f"I3: {times} accepted submits of segment {segment}, {planned} attempts"
    known = {line["carrier_message_id"] for line in ledger}
    for row in _rows(connection, "SELECT carrier_message_id FROM submit_segments WHERE outcome = 'accepted'"):
        assert row["carrier_message_id"] in known, "I4: an accepted attempt is not in the ledger"


def _charges_follow_deliveries(connection: psycopg.Connection[dict[str, Any]]) -> None:
    wrong = _rows(
        connection,
        "SELECT m.id FROM messages m LEFT JOIN billing_entries b "
        "ON b.message_id = m.id AND b.charge_kind = 'delivery' GROUP BY m.id, m.status, m.channel, m.parts "
        "HAVING count(b.id) <> CASE WHEN m.status = 'delivered' THEN 1 ELSE 0 END "
        "OR coalesce(max(b.parts), 0) <> CASE WHEN m.status = 'delivered' THEN m.parts ELSE 0 END",
    )
    assert wrong == [], f"I5: a delivered message has one charge of its parts, any other none: {wrong[:3]}"


def _counters_equal_recount(connection: psycopg.Connection[dict[str, Any]]) -> None:
    wrong = _rows(
        connection,
        """SELECT to_jsonb(c) AS counters, to_jsonb(n) AS recount FROM campaign_counters c LEFT JOIN (
            SELECT m.campaign_id, CASE WHEN m.parent_message_id IS NULL THEN 1 ELSE 2 END AS sequence,
                count(*) AS total, count(m.submitted_at) AS submitted,
                count(*) FILTER (WHERE m.status = 'delivered') AS delivered,
                count(*) FILTER (WHERE m.status = 'undelivered') AS undelivered,
                count(*) FILTER (WHERE m.status = 'expired') AS expired,
                count(*) FILTER (WHERE m.status = 'unknown') AS unknown,
                count(*) FILTER (WHERE m.status = 'excluded') AS excluded,
                count(*) FILTER (WHERE m.status = 'cancelled') AS cancelled,
                count(*) FILTER (WHERE m.status = 'carrier_undetermined') AS carrier_undetermined,
                count(m.read_at) AS read, coalesce(sum(b.parts), 0) AS billable_parts
            FROM messages m LEFT JOIN billing_entries b
                ON b.message_id = m.id AND b.charge_kind = 'delivery'
            GROUP BY 1, 2) n ON n.campaign_id = c.campaign_id AND n.sequence = c.sequence
        WHERE (c.total, c.submitted, c.delivered, c.undelivered, c.expired, c.unknown, c.excluded,
               c.cancelled, c.carrier_undetermined, c.read, c.billable_parts)
          IS DISTINCT FROM (
               coalesce(n.total, 0), coalesce(n.submitted, 0), coalesce(n.delivered, 0),
               coalesce(n.undelivered, 0), coalesce(n.expired, 0), coalesce(n.unknown, 0),
               coalesce(n.excluded, 0), coalesce(n.cancelled, 0),
               coalesce(n.carrier_undetermined, 0), coalesce(n.read, 0),
               coalesce(n.billable_parts, 0))""",
    )
    assert wrong == [], f"I12: counters differ from a recount: {wrong[:2]}"


def _nothing_stuck(connection: psycopg.Connection[dict[str, Any]]) -> None:
    in_flight = _rows(
        connection,
        "SELECT id FROM submit_attempts WHERE state = 'in_flight' AND started_at < now() - interval '5 min'",
    )
    assert in_flight == [], f"I13: attempts in flight for more than five minutes: {in_flight[:3]}"
    # Of a cancelled message, or one whose +Message was delivered, an attempt may wait that nobody needs.
    waiting = _rows(
        connection,
        "SELECT a.id FROM submit_attempts a JOIN messages m ON m.company_id = a.company_id "
        "AND m.id = a.message_id WHERE a.state = 'waiting' "
        "AND m.status NOT IN ('accepted', 'sending', 'sent', 'cancelled', 'delivered')",
    )
    assert waiting == [], f"I13: attempts that wait although their message has ended: {waiting[:3]}"


def phone_numbers_in(folder: Path) -> list[str]:
    """Return the places in log files that hold a phone number (I10); there must be none."""
    found = []
    for path in sorted(folder.rglob("*.log")):
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), start=1):
            if PHONE_NUMBER.search(line):
                found.append(f"{path.name}:{number}")
    return found
