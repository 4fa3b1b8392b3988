"""What carriers post to us, in every spelling and in none (R-5, R-8…R-10, R-13, O-1 STOP texts)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.carrier_exchange import LONGEST_MESSAGE_ID, DeliveryReceipt, InboundMessage, ReceiptState
from domain.carriers import Carrier, Channel
from domain.messages import StatusReason
from domain.rcs_files import FileState, MediaFileEvent
from gateways.maap import NEW_USER_POSTBACK, UnreadableEvent, WebhookEvent, WhyUnreadable, parse_webhook
from gateways.maap.statuses import MaapProfile, submit_result
from gateways.maap.transport import Answer

CONTACT = {"userContact": "+819012345678"}


def parse(event: Any) -> WebhookEvent:
    (only,) = parse_webhook(Carrier.DOCOMO, json.dumps(event).encode())
    return only


def status_event(status: Any, **more: Any) -> dict[str, Any]:
    message = {"msgId": "Mz1", "status": status, "timestamp": "2026-11-23T01:02:03.123Z", **more}
    return {"event": "messageStatus", "RCSMessage": message, "messageContact": CONTACT, "botId": "bot"}


def receipt(event: Any) -> DeliveryReceipt:
    parsed = parse(event)
    assert isinstance(parsed, DeliveryReceipt)
    return parsed


def inbound(event: Any) -> InboundMessage:
    parsed = parse(event)
    assert isinstance(parsed, InboundMessage)
    return parsed


def test_receipt_holds_what_the_carrier_said() -> None:
    event = status_event("delivered")
    body = json.dumps(event)
    assert parse_webhook(Carrier.DOCOMO, body.encode()) == (
        DeliveryReceipt(
            channel=Channel.RCS,
            carrier=Carrier.DOCOMO,
            carrier_message_id="Mz1",
            state=ReceiptState.DELIVERED,
            reason=None,
            carrier_code="delivered",
            occurred_at=datetime(2026, 11, 23, 1, 2, 3, 123000, tzinfo=UTC),
            phone_number="09012345678",
            bot_id="bot",
            raw=body,
        ),
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("sent", ReceiptState.SENT),
        ("delivered", ReceiptState.DELIVERED),
        ("DELIVERED", ReceiptState.DELIVERED),
        (" Delivered ", ReceiptState.DELIVERED),
        ("displayed", ReceiptState.READ),
        ("read", ReceiptState.READ),
        ("failed", ReceiptState.UNDELIVERED),
        ("cancelled", ReceiptState.REVOKED),
        ("canceled", ReceiptState.REVOKED),
        ("revoked", ReceiptState.REVOKED),
        ("CANCELED  ", ReceiptState.REVOKED),
        ("un-delivered", ReceiptState.UNDELIVERED),
        ("DELIVERY_FAILED", ReceiptState.UNDELIVERED),
        ("Expired", ReceiptState.UNDELIVERED),
        ("teleported", ReceiptState.UNKNOWN),
        (5, ReceiptState.UNKNOWN),
    ],
)
def test_every_spelling_of_a_status_is_understood(status: Any, state: ReceiptState) -> None:
    """R-13 reads, R-9 revokes; an unmapped word is kept, never an error."""
    parsed = receipt(status_event(status))
    assert parsed.state is state
    assert parsed.carrier_code == str(status).strip()
    assert str(status) in parsed.raw


@pytest.mark.parametrize(
    ("reason", "state", "status_reason", "code"),
    [
        ({"code": 40401, "text": "no app"}, ReceiptState.UNDELIVERED, StatusReason.NOT_CAPABLE, "40401"),
        ({"code": "408"}, ReceiptState.UNDELIVERED, StatusReason.ABSENT, "408"),
        (410, ReceiptState.UNDELIVERED, StatusReason.BARRED, "410"),
        ({"code": 40402}, ReceiptState.WRONG_CARRIER, None, "40402"),
        ({"code": 31337}, ReceiptState.UNDELIVERED, None, "31337"),
        ({"text": "handset error"}, ReceiptState.UNDELIVERED, None, "handset error"),
        ({"code": 0, "text": "handset error"}, ReceiptState.UNDELIVERED, None, "handset error"),
        ({"code": 0, "text": "Expired"}, ReceiptState.UNDELIVERED, StatusReason.ABSENT, "Expired"),
        ("handset error", ReceiptState.UNDELIVERED, None, "handset error"),
        (None, ReceiptState.UNDELIVERED, None, "failed"),
        ([], ReceiptState.UNDELIVERED, None, "failed"),
        ({"code": True}, ReceiptState.UNDELIVERED, None, "failed"),
    ],
)
def test_failure_reasons_come_from_the_table(
    reason: Any, state: ReceiptState, status_reason: StatusReason | None, code: str
) -> None:
    """L-3 不達 with reason; S-3/R-6 a "failed" that means "not my subscriber"."""
    for event in (status_event("failed", reason=reason), {**status_event("failed"), "reason": reason}):
        parsed = receipt(event)
        assert (parsed.state, parsed.reason, parsed.carrier_code) == (state, status_reason, code)


def test_reason_of_a_delivered_message_is_no_failure() -> None:
    assert receipt(status_event("delivered", reason={"code": 40402})).state is ReceiptState.DELIVERED


@pytest.mark.parametrize(
    "event",
    [
        {"event": "messageStatus", "status": "delivered", "msgId": "Mz1", "userContact": "+819012345678"},
        {
            "event": "MESSAGESTATUS",
            "RCSMessage": {"status": None, "msgId": None},
            "status": "delivered",
            "msgId": "Mz1",
            "messageContact": CONTACT,
        },
        {"RCSMessage": {"status": "delivered", "msgId": "Mz1"}, "messageContact": CONTACT},
        {"event": None, "RCSMessage": {"status": "delivered", "msgId": "Mz1"}, "messageContact": CONTACT},
    ],
)
def test_fields_are_found_wherever_the_carrier_puts_them(event: Any) -> None:
    parsed = receipt(event)
    assert (parsed.state, parsed.carrier_message_id) == (ReceiptState.DELIVERED, "Mz1")
    assert parsed.phone_number == "09012345678"


@pytest.mark.parametrize("message_id", ["Mz1", " Mz1", "Mz1  \n", "\u0000Mz1", "\u3000Mz1"])
def test_an_id_is_read_in_one_way_in_answers_and_events(message_id: str) -> None:
    body = json.dumps({"RCSMessage": {"msgId": message_id, "status": "pending"}}).encode()
    answered = submit_result(MaapProfile(), Answer(202, json.loads(body)))
    assert answered.carrier_message_id == "Mz1"
    assert receipt(status_event("delivered", msgId=message_id)).carrier_message_id == "Mz1"


@pytest.mark.parametrize(
    "event",
    [
        {"event": "message_status", "RCSMessage": {"msgId": "Mz1", "status": "delivered"}},
        {"event": " messageStatus ", "RCSMessage": {"msgId": "Mz1", "status": "delivered"}},
        {"event": "", "status": "delivered", "msgId": "Mz1"},
        # What cannot be read in one place does not hide what can be in another.
        {"event": "messageStatus", "RCSMessage": {"msgId": " ", "status": ""}}
        | {"msgId": "Mz1", "status": "delivered"},
        {"event": "messageStatus", "RCSMessage": {"msgId": {}, "status": []}}
        | {"msgId": "Mz1", "status": "delivered"},
        {"event": "messageStatus", "RCSMessage": None, "msgId": "Mz1", "status": "delivered"},
        {"event": "messageStatus", "RCSMessage": {"msgId": "m" * 300, "status": "delivered"}, "msgId": "Mz1"},
    ],
)
def test_a_field_that_cannot_be_read_never_wins_over_one_that_can(event: Any) -> None:
    parsed = receipt({**event, "botId": None, "messageContact": {"userContact": "TEL:+819012345678 "}})
    assert (parsed.state, parsed.carrier_message_id) == (ReceiptState.DELIVERED, "Mz1")
    assert (parsed.phone_number, parsed.bot_id) == ("09012345678", None)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-11-23T10:00:00+09:00", datetime(2026, 11, 23, 1, tzinfo=UTC)),
        ("2026-11-23T01:00:00", datetime(2026, 11, 23, 1, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1_700_000_000, None),
        (None, None),
    ],
)
def test_timestamps_are_utc_or_nothing(timestamp: Any, expected: datetime | None) -> None:
    assert receipt(status_event("read", timestamp=timestamp)).occurred_at == expected


@pytest.mark.parametrize(
    ("contact", "number"),
    [
        ("tel:+81-90-1234-5678", "09012345678"),
        ("sip:+819012345678@example.jp;user=phone", "09012345678"),
        ("819012345678", "09012345678"),
        ("09012345678", "09012345678"),
        ("+14251234567", None),
        ("anonymous", None),
        (None, None),
        (["+819012345678"], None),
    ],
)
def test_contact_becomes_a_national_number(contact: Any, number: str | None) -> None:
    event = {**status_event("read"), "messageContact": {"userContact": contact}}
    assert receipt(event).phone_number == number


@pytest.mark.parametrize("message_id", [None, "", {}, "m" * (LONGEST_MESSAGE_ID + 1)])
def test_receipt_without_a_usable_id_is_kept(message_id: Any) -> None:
    assert receipt(status_event("delivered", msgId=message_id)).carrier_message_id is None


@pytest.mark.parametrize("kind", ["reply", "action"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_tap_brings_its_identifier(kind: str, wrapped: bool) -> None:
    """R-5: the suggestion's 識別子 and its label."""
    tapped = {"response": {kind: {"displayText": "確認", "postback": {"data": "rsv:ok"}}}}
    message = {"msgId": "Up1", **({"suggestedResponse": tapped} if wrapped else tapped)}
    event = {"event": "response", "RCSMessage": message, "messageContact": CONTACT, "botId": "bot"}
    parsed = inbound(event)
    assert (parsed.text, parsed.postback_data) == ("確認", "rsv:ok")
    assert (parsed.phone_number, parsed.bot_id, parsed.carrier_message_id) == ("09012345678", "bot", "Up1")
    assert inbound({**event, "event": None}).postback_data == "rsv:ok"


@pytest.mark.parametrize("name", ["message", None])
def test_text_from_the_end_user_comes_in(name: str | None) -> None:
    event = {
        "event": name,
        "RCSMessage": {"msgId": "Up2", "textMessage": "配信停止"},
        "messageContact": CONTACT,
    }
    parsed = inbound(event)
    assert (parsed.text, parsed.postback_data, parsed.bot_id) == ("配信停止", None, None)


def test_new_user_is_told_by_its_postback() -> None:
    """R-14: a subscription."""
    parsed = inbound({"event": "newUser", "RCSMessage": {"msgId": "U"}, "messageContact": CONTACT})
    assert parsed.postback_data == NEW_USER_POSTBACK


@pytest.mark.parametrize(
    ("body", "why", "name"),
    [
        (b"", WhyUnreadable.NOT_JSON, None),
        (b"\xff\x00{", WhyUnreadable.NOT_JSON, None),
        (b"[" * 200_000, WhyUnreadable.NOT_JSON, None),
        (b'"text"', WhyUnreadable.NOT_AN_OBJECT, None),
        (b"{}", WhyUnreadable.UNKNOWN_EVENT, None),
        (b'{"event":"sunrise"}', WhyUnreadable.UNKNOWN_EVENT, "sunrise"),
        (b'{"event":"isTyping","RCSMessage":{"isTyping":"active"}}', WhyUnreadable.NOT_USED, "isTyping"),
        (b'{"event":"fileStatus","file":{"status":"ready"}}', WhyUnreadable.NO_FILE, "fileStatus"),
        (b'{"event":"alias"}', WhyUnreadable.NOT_USED, "alias"),
        (
            b'{"event":"messageStatus","RCSMessage":{"status":"pending"}}',
            WhyUnreadable.NOT_USED,
            "messageStatus",
        ),
        (b'{"event":"messageStatus","RCSMessage":{"msgId":"M"}}', WhyUnreadable.NO_STATUS, "messageStatus"),
        (b'{"event":"message","RCSMessage":{"textMessage":"x"}}', WhyUnreadable.NO_SENDER, "message"),
    ],
)
def test_what_cannot_be_used_is_kept_with_the_reason(
    body: bytes, why: WhyUnreadable, name: str | None
) -> None:
    """docs/carriers.md §2: unknown events are answered 200."""
    (event,) = parse_webhook(Carrier.AU, body)
    assert isinstance(event, UnreadableEvent)
    assert (event.carrier, event.why, event.event) == (Carrier.AU, why, name)
    assert event.raw == body.decode("utf-8", "replace").replace("\x00", "\ufffd")


@pytest.mark.parametrize(
    ("file", "state", "url", "code"),
    [
        (
            {"fileId": "f1", "status": "ready", "fileUrl": "https://m/f1"},
            FileState.READY,
            "https://m/f1",
            None,
        ),
        ({"fileId": "f1", "status": "failed", "reason": {"code": 415}}, FileState.FAILED, None, "415"),
        ({"fileId": "f1", "status": "pending"}, FileState.PENDING, None, None),
        ({"fileId": "f1", "status": "gone"}, FileState.UNKNOWN, None, "gone"),
    ],
)
@pytest.mark.parametrize("place", ["file", "RCSMessage", None])
def test_a_file_becomes_usable_or_is_refused(
    file: dict[str, Any], state: FileState, url: str | None, code: str | None, place: str | None
) -> None:
    """R-2: media are put on the platform first; its word on them comes later."""
    event = {"event": "fileStatus", "botId": "bot"}
    parsed = parse({**event, place: file} if place else {**event, **file})
    assert isinstance(parsed, MediaFileEvent)
    assert (parsed.carrier, parsed.bot_id, parsed.file.file_id) == (Carrier.DOCOMO, "bot", "f1")
    assert (parsed.file.state, parsed.file.url, parsed.file.carrier_code) == (state, url, code)


def test_array_is_one_event_each() -> None:
    body = json.dumps([status_event("sent"), status_event("delivered"), 7]).encode()
    sent, delivered, seven = parse_webhook(Carrier.SOFTBANK, body)
    assert isinstance(sent, DeliveryReceipt)
    assert isinstance(delivered, DeliveryReceipt)
    assert isinstance(seven, UnreadableEvent)
    assert (sent.state, delivered.state) == (ReceiptState.SENT, ReceiptState.DELIVERED)
    assert ("delivered" in sent.raw, "delivered" in delivered.raw) == (False, True)
