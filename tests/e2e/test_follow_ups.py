"""Second messages through the whole product: after a delivery, after an answer (P-7, P-8)."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.e2e.invariants import check_database
from tests.e2e.stack import Stack, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

RCS, BY_SMS = "09000000008", "09000000908"
"""A docomo handset with the app, and one without. (At au, four SMS to one number take more than a minute.)"""


def register(client: httpx.Client, trigger: str) -> tuple[str, str]:
    """Register a campaign to both numbers; return its id and the mark of its second texts."""
    mark = uuid.uuid4().hex[:6]
    campaign = {
        "name": f"2通目 {mark}",
        "channel": "rcs_with_sms_fallback",
        "sms_text": f"1通目{mark}",
        "rcs_text": f"1通目{mark}",
        "follow_up": {"trigger": trigger, "sms_text": f"2通目{mark}", "rcs_text": f"2通目{mark}"},
        "recipients": [{"phone_number": number} for number in (RCS, BY_SMS)],
    }
    answer = client.post("/campaigns", json=campaign)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"]), f"2通目{mark}"


def wait_until(is_so: Callable[[], bool], seconds: float = 45) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def second_messages(client: httpx.Client, campaign_id: str) -> list[dict[str, Any]]:
    items = client.get(f"/campaigns/{campaign_id}/messages").raise_for_status().json()["items"]
    return [item for item in items if item["parent_id"]]


def delivered_seconds(client: httpx.Client, campaign_id: str) -> int:
    campaign = client.get(f"/campaigns/{campaign_id}").raise_for_status().json()
    return int(campaign["second_counters"]["delivered"])


def test_every_delivery_and_every_answer_gets_one_second_message(stack: Stack) -> None:
    """P-7, P-8, I3: also when the answer comes twice. The ledger is the witness."""
    with stack.api() as client:
        after_delivery, first_text = register(client, "delivered")
        wait_for(client, after_delivery, 60)
        wait_until(lambda: delivered_seconds(client, after_delivery) == 2)
        channels = {item["phone_number"]: item["channel"] for item in second_messages(client, after_delivery)}
        assert channels == {RCS: "rcs", BY_SMS: "sms"}

        after_reply, second_text = register(client, "reply")
        wait_for(client, after_reply, 60)
        assert second_messages(client, after_reply) == []
        for number, words in ((RCS, {"text": "確認", "postback_data": "rsv:ok"}), (BY_SMS, {"text": "はい"})):
            control = f"{stack.run['simulator_url']}/control/handsets/{number}/reply"
            httpx.post(control, json={**words, "copies": 2}).raise_for_status()
        wait_until(lambda: delivered_seconds(client, after_reply) == 2)
        replies = {
            item["phone_number"]: client.get(f"/messages/{item['parent_id']}").json()["replies"]
            for item in second_messages(client, after_reply)
        }
    assert [(r["text"], r["postback_data"], r["outcome"]) for r in replies[RCS]] == [
        ("確認", "rsv:ok", "second_message")
    ]
    assert [r["text"] for r in replies[BY_SMS]] == ["はい"]
    sent = Counter(line["text"] for line in stack.ledger() if line["number"] in (RCS, BY_SMS))
    assert (sent[first_text], sent[second_text]) == (2, 2)
    check_database(stack.run["database_url"], stack.ledger())
