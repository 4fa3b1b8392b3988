"""The scenarios, as data. Numbers 090-0000-SSCN play scenario SS (see docs/simulator.md)."""

from simulator.carriers import Outcome
from simulator.receipt_scenarios import RECEIPT_SCENARIOS
from simulator.scripts import (
    Answer,
    Capability,
    DirectoryAnswer,
    EventStep,
    RcsScript,
    ReceiptForm,
    ReceiptStep,
    Revoke,
    Scenario,
    SmsScript,
    Strangers,
    directory,
    rcs_ends,
    rcs_late,
    rcs_refused,
    sms_ends,
)

# SMS is delivered, and so is +Message, unless the title or the script says otherwise.
MINUTE, HOUR = 60.0, 3600.0
THROTTLED, QUEUE_FULL, SUBMIT_FAILED, VENDOR_STATUS = 0x58, 0x14, 0x45, 0x0600
_NEVER = RcsScript(events=())

SCENARIOS: tuple[Scenario, ...] = (
    # --- 00-09 the ordinary outcomes
    Scenario("00", "delivered", "delivered"),
    Scenario("01", "absent", "圏外: UNDELIV; +Message never", sms_ends(ReceiptStep(Outcome.ABSENT)), _NEVER),
    Scenario("02", "switched_off", "電源OFF: docomo holds 1 h then EXPIRED, others UNDELIV", on=False),
    Scenario(
        "03", "unknown_subscriber", "番号なし", sms_ends(ReceiptStep(Outcome.UNKNOWN_SUBSCRIBER)), app=False
    ),
    Scenario(
        "04",
        "barred",
        "受信拒否",
        sms_ends(ReceiptStep(Outcome.BARRED)),
        rcs_ends(EventStep("failed", reason_code=410)),
    ),
    Scenario("05", "wrong_carrier_everywhere", "no carrier knows the number", nobody=True),
    Scenario("06", "ported", "others refuse by their preset"),
    Scenario("07", "ported_at_once", "others refuse in the answer", strangers=Strangers.AT_ONCE),
    Scenario("08", "ported_by_receipt", "others accept, refuse by receipt", strangers=Strangers.BY_RECEIPT),
    Scenario("09", "no_app", "no +Message app; SMS delivered", app=False),
    # --- 10-19 late deliveries
    Scenario("10", "app_uninstalled", "capable, accepted, never delivered; SMS delivered", rcs=_NEVER),
    Scenario("11", "late_11_minutes", "delivered after 11 min unless revoked", rcs=rcs_late(11 * MINUTE)),
    Scenario(
        "12",
        "late_despite_revoke",
        "as 11, even when revoked (204)",
        rcs=rcs_late(11 * MINUTE, Revoke.IGNORED),
    ),
    Scenario(
        "13",
        "delivered_when_revoked",
        "delivered as the revoke comes (409)",
        rcs=rcs_ends(revoke=Revoke.ALREADY_DELIVERED),
    ),
    Scenario("14", "late_9_59", "delivered after 9:59 unless revoked", rcs=rcs_late(599)),
    Scenario("15", "late_10_00", "delivered after 10:00 unless revoked", rcs=rcs_late(600)),
    Scenario("16", "late_10_01", "delivered after 10:01 unless revoked", rcs=rcs_late(601)),
    Scenario(
        "17",
        "late_73_hours",
        "after 73 h, even when revoked or expired",
        rcs=rcs_late(73 * HOUR, Revoke.IGNORED),
    ),
    Scenario("18", "sms_late_11_minutes", "SMS receipt: 11 min", sms_ends(ReceiptStep(late=660)), app=False),
    Scenario(
        "19", "sms_late_73_hours", "SMS receipt: 73 h", sms_ends(ReceiptStep(late=73 * HOUR)), app=False
    ),
    # --- 20-29 reading, and never hearing of it
    Scenario(
        "20",
        "read_later",
        "displayed 60 s after delivered",
        rcs=rcs_ends(EventStep(), EventStep("displayed", late=MINUTE)),
    ),
    Scenario(
        "21",
        "read_at_once",
        "displayed right after delivered",
        rcs=rcs_ends(EventStep(after=0.2), EventStep("displayed", after=0.3)),
    ),
    Scenario("22", "displayed_only", "displayed, but never delivered", rcs=rcs_ends(EventStep("displayed"))),
    Scenario(
        "23",
        "displayed_first",
        "displayed overtakes delivered",
        rcs=rcs_ends(EventStep("displayed", after=0.2), EventStep(after=0.4)),
    ),
    Scenario(
        "24",
        "read_after_three_days",
        "displayed 72 h after delivered",
        rcs=rcs_ends(EventStep(), EventStep("displayed", late=72 * HOUR)),
    ),
    Scenario("25", "never_answers", "accepted, no receipt ever", sms_ends(), _NEVER),
    Scenario(
        "26",
        "rcs_fails",
        "+Message fails after 202",
        rcs=rcs_ends(EventStep("failed", reason_code=500)),
    ),
    Scenario(
        "27",
        "sent_then_delivered",
        "sent, then delivered",
        rcs=rcs_ends(EventStep("sent", after=0.05), EventStep()),
    ),
    Scenario(
        "28", "undecided", "receipt UNKNOWN; +Message never", sms_ends(ReceiptStep(Outcome.UNDECIDED)), _NEVER
    ),
    # --- 30-39 outcome unknown
    Scenario(
        "30",
        "answer_lost",
        "accepted, link cut / HTTP hangs, no receipt",
        SmsScript(answer=Answer.DROP_LINK, receipts=()),
        RcsScript(answer=Answer.SILENCE, events=()),
    ),
    Scenario(
        "31",
        "answer_lost_then_receipt",
        "as 30, but the receipt comes",
        SmsScript(answer=Answer.DROP_LINK, receipts=(ReceiptStep(after=1.0),)),
        RcsScript(answer=Answer.SILENCE, events=(EventStep(after=1.0),)),
    ),
    Scenario(
        "32",
        "dropped_before_accept",
        "link cut before acceptance (not in the ledger)",
        SmsScript(answer=Answer.DROP_BEFORE),
        RcsScript(answer=Answer.DROP_BEFORE),
    ),
    Scenario(
        "33",
        "answer_withheld",
        "accepted, no submit_sm_resp, link kept, then a receipt",
        SmsScript(answer=Answer.SILENCE, receipts=(ReceiptStep(after=1.0),)),
        RcsScript(answer=Answer.SILENCE),
    ),
    Scenario(
        "34",
        "server_error_after_accept",
        "+Message accepted but answered 500, then delivered",
        rcs=RcsScript(answer=Answer.SERVER_ERROR),
    ),
    # --- 40-49 refusals
    Scenario(
        "40",
        "throttled_first",
        "two refusals for the rate, then accepted",
        SmsScript(first_statuses=(THROTTLED, THROTTLED)),
        rcs_refused(429, 42901, "rate limit", first=2),
    ),
    Scenario(
        "41",
        "queue_full_first",
        "SMS: 0x14 once, then accepted",
        SmsScript(first_statuses=(QUEUE_FULL,)),
        app=False,
    ),
    Scenario("42", "capacity_exceeded", "+Message 429", rcs=rcs_refused(429, 42902, "capacity exceeded")),
    Scenario(
        "43",
        "always_throttled",
        "every submit refused for the rate",
        SmsScript(status=THROTTLED),
        rcs_refused(429, 42901, "rate limit"),
    ),
    Scenario("44", "rejected_400", "+Message 400", rcs=rcs_refused(400, 400, "content not allowed")),
    Scenario("45", "opted_out_410", "+Message 410", rcs=rcs_refused(410, 410, "user opted out")),
    Scenario("46", "sms_submit_failed", "SMS refused: 0x45", SmsScript(status=SUBMIT_FAILED), app=False),
    Scenario(
        "47", "sms_vendor_status", "SMS refused: status 0x0600", SmsScript(status=VENDOR_STATUS), app=False
    ),
    Scenario(
        "48",
        "rcs_vanished",
        "capable, then 404 at the submit",
        rcs=rcs_refused(404, 40401, "not an RCS user"),
    ),
    # --- 50-59 number-recycling directory (messages are delivered)
    Scenario("50", "recycled", "three months out", directory=directory(DirectoryAnswer.TABLE, 4, 3, 2)),
    Scenario("51", "directory_error", "500", directory=directory(DirectoryAnswer.ERROR)),
    Scenario("52", "directory_not_found", "404", directory=directory(DirectoryAnswer.NOT_FOUND)),
    Scenario("53", "directory_silent", "no answer", directory=directory(DirectoryAnswer.SILENCE)),
    Scenario("54", "directory_forbidden", "403", directory=directory(DirectoryAnswer.FORBIDDEN)),
    Scenario("55", "directory_unprocessable", "422", directory=directory(DirectoryAnswer.UNPROCESSABLE)),
    Scenario("56", "directory_unavailable", "503", directory=directory(DirectoryAnswer.UNAVAILABLE)),
    Scenario(
        "57", "two_months_out", "only two in a row", directory=directory(DirectoryAnswer.TABLE, 6, 3, 2)
    ),
    Scenario(
        "58",
        "recycled_long_ago",
        "three months, the last one 18 months before the newest",
        directory=directory(DirectoryAnswer.TABLE, 20, 19, 18),
    ),
    # --- 60-69 odd receipts
    Scenario(
        "60",
        "duplicate_receipts",
        "every receipt twice",
        sms_ends(ReceiptStep(copies=2)),
        rcs_ends(EventStep(copies=2)),
    ),
    Scenario(
        "61",
        "receipt_first",
        "the receipt overtakes the answer",
        SmsScript(answer=Answer.RECEIPT_FIRST, receipts=(ReceiptStep(after=0.0),)),
        RcsScript(answer=Answer.RECEIPT_FIRST, events=(EventStep(after=0.0),)),
    ),
    Scenario(
        "62",
        "undelivered_then_delivered",
        "UNDELIV, then DELIVRD",
        sms_ends(ReceiptStep(Outcome.ABSENT, after=0.3), ReceiptStep(after=1.0)),
        rcs_ends(EventStep("failed", reason_code=408, after=0.3), EventStep(after=1.0)),
    ),
    Scenario(
        "63",
        "delivered_then_undelivered",
        "DELIVRD, then UNDELIV",
        sms_ends(ReceiptStep(after=0.3), ReceiptStep(Outcome.ABSENT, after=1.0)),
        rcs_ends(EventStep(after=0.3), EventStep("failed", reason_code=408, after=1.0)),
    ),
    Scenario(
        "64",
        "malformed_receipt",
        "unreadable receipt, then nothing; +Message: unknown event, then delivered",
        sms_ends(ReceiptStep(form=ReceiptForm.GARBLED)),
        rcs_ends(EventStep("teleported", after=0.2), EventStep(after=0.4)),
    ),
    Scenario("65", "err_0x1b", "err:0x1B", sms_ends(ReceiptStep(Outcome.ABSENT, err="0x1B")), app=False),
    Scenario("66", "err_unheard_of", "err:Z9!", sms_ends(ReceiptStep(Outcome.ABSENT, err="Z9!")), app=False),
    Scenario("67", "receipt_text", "no TLVs", sms_ends(ReceiptStep(form=ReceiptForm.TEXT_ONLY)), app=False),
    Scenario("68", "receipt_tlvs", "empty text", sms_ends(ReceiptStep(form=ReceiptForm.TLV_ONLY)), app=False),
    Scenario(
        "69",
        "foreign_receipt_first",
        "a receipt for an unknown id, then the real one",
        sms_ends(ReceiptStep(form=ReceiptForm.FOREIGN_ID, after=0.2), ReceiptStep(after=0.4)),
        app=False,
    ),
    # --- 70-79 revoke and capability (never delivered unless said otherwise; SMS delivered)
    Scenario("70", "revoke_error", "revoke answers 503", rcs=rcs_ends(revoke=Revoke.ERROR)),
    Scenario("71", "revoke_lost", "revoke never answered, no effect", rcs=rcs_ends(revoke=Revoke.LOST)),
    Scenario("72", "revoke_lost_effective", "revoked, no answer", rcs=rcs_ends(revoke=Revoke.LOST_EFFECTIVE)),
    Scenario(
        "73",
        "revoke_lost_then_delivered",
        "revoke never answered; delivered after 11 min",
        rcs=rcs_late(11 * MINUTE, Revoke.LOST),
    ),
    Scenario("75", "capability_error", "capability: 503", rcs=RcsScript(capability=Capability.ERROR)),
    Scenario(
        "76", "capability_silent", "capability: no answer", rcs=RcsScript(capability=Capability.SILENCE)
    ),
    *RECEIPT_SCENARIOS,
)

BY_CODE = {scenario.code: scenario for scenario in SCENARIOS}
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
DELIVERED = BY_NAME["delivered"]
