"""I11: what the audit trail holds: no secret, no whole number, a seal over everything before."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from domain.audit import ActorKind, AuditAction, AuditEntry, AuditResult, masked_value, seal
from domain.messages import ChannelPlan

ID = UUID("01920000-0000-7000-8000-000000000001")
ENTRY = AuditEntry(ID, ActorKind.USER, ID, AuditAction.CAMPAIGN_EDITED, after={"recipients": 3})
AT = datetime(2026, 11, 27, 1, 2, 3, 456789, UTC)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("お問い合わせは 090-1234-5678 まで", "お問い合わせは 090****5678 まで"),
        ("０９０−１２３４−５６７８", "０９０****５６７８"),
        ("０９０１２３４５６７８", "０９０****５６７８"),
        ("+81 90 1234 5678", "+81******5678"),
        ("(03) 1234-5678", "031***5678"),
        ("staff.name+x@sakura.example", "s***@sakura.example"),
        ("2026-11-27 を 3 件、1234567890円", "2026-11-27 を 3 件、1234567890円"),
        (str(ID), str(ID)),
        ("\x00終わり", "終わり"),
    ],
)
def test_numbers_and_mail_addresses_are_masked_wherever_they_stand(written: str, kept: str) -> None:
    assert masked_value({"sms_text": [written]}) == {"sms_text": [kept]}


def test_secrets_are_left_out_by_their_names() -> None:
    value = {"password": "geheim", "new_password_hash": b"x", "api_token": None, "has_password": True}
    assert masked_value(value) == {
        "password": "•••",
        "new_password_hash": "•••",
        "api_token": None,
        "has_password": True,
    }


def test_values_become_json() -> None:
    value = {
        "plan": ChannelPlan.SMS,
        "on": date(2026, 4, 1),
        "at": AT,
        "who": ID,
        "share": 0.5,
        "set": ("a",),
    }
    assert masked_value(value) == {
        "plan": "sms",
        "on": "2026-04-01",
        "at": "2026-11-27T01:02:03.456789+00:00",
        "who": str(ID),
        "share": "0.5",
        "set": ["a"],
    }


@pytest.mark.parametrize(
    "change",
    [
        {"action": AuditAction.CAMPAIGN_CANCELLED},
        {"actor_id": None},
        {"company_id": None},
        {"remote_address": "192.0.2.1"},
        {"after": {"recipients": 4}},
        {"before": {}},
        {"result": AuditResult.DENIED},
        {"target_kind": "campaign"},
        {"session_id": ID},
    ],
)
def test_any_change_of_an_entry_breaks_its_seal(change: dict[str, object]) -> None:
    changed = replace(ENTRY, **change)  # type: ignore[arg-type]
    assert seal(b"", changed, 1, AT) != seal(b"", ENTRY, 1, AT)


def test_the_seal_covers_position_time_and_everything_before() -> None:
    seals = {
        seal(b"", ENTRY, 1, AT),
        seal(b"x", ENTRY, 1, AT),
        seal(b"", ENTRY, 2, AT),
        seal(b"", ENTRY, 1, AT.replace(microsecond=1)),
    }
    assert len(seals) == 4
