"""Scenarios 80 to 89: receipts in the dialects of real SMSCs (docs/simulator.md); all are delivered."""

from simulator.scripts import Answer, ReceiptForm, ReceiptStep, Scenario, SmsScript, sms_ends


def _dialect(code: str, name: str, title: str, form: ReceiptForm) -> Scenario:
    return Scenario(code, name, title, sms_ends(ReceiptStep(form=form)), app=False)


RECEIPT_SCENARIOS: tuple[Scenario, ...] = (
    _dialect("80", "receipt_wrong_coding", "text not as data_coding says", ReceiptForm.WRONG_CODING),
    _dialect("81", "receipt_behind_a_header", "text behind a header", ReceiptForm.HEADER),
    _dialect("82", "receipt_in_the_payload", "text in message_payload", ReceiptForm.PAYLOAD),
    _dialect("83", "receipt_by_data_sm", "data_sm instead of deliver_sm", ReceiptForm.DATA_SM),
    _dialect("84", "receipt_unmarked", "esm_class 0, known by message_state", ReceiptForm.UNMARKED),
    _dialect("85", "receipt_unreadable_tlvs", "TLVs say nothing", ReceiptForm.UNREADABLE_TLVS),
    _dialect("86", "receipt_in_loose_words", "stat in other spellings", ReceiptForm.LOOSE_WORDS),
    _dialect("87", "receipt_with_another_id", "id in capitals, zeros in front", ReceiptForm.OTHER_ID),
    Scenario(
        "88",
        "answer_with_a_padded_id",
        "submit_sm_resp pads the id",
        SmsScript(answer=Answer.PADDED_ID),
        app=False,
    ),
)
