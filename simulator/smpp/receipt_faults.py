"""Receipts as the faults by rate make them: when, how often, in which form, and beside which others."""

from typing import Any

from simulator.carriers import Carrier, Outcome
from simulator.chance import Fate
from simulator.network import Network
from simulator.scripts import ReceiptForm, ReceiptStep
from simulator.smpp.dialects import BY_RATE, is_dialect
from simulator.smpp.pdu import TLV_RECEIPTED_MESSAGE_ID
from simulator.smpp.receipts import Receipt
from simulator.smpp.texts import HandsetText

_CONFLICT_SECONDS = 1.0
_INTERMEDIATE_SECONDS = 0.3
_LONGEST_SM_LENGTH = 255
_BEFORE_SM_LENGTH = b"\x04\0\0\0\0\0\0\0\0"  # esm_class to sm_default_msg_id, as deliver_body writes them

Planned = list[tuple[float, dict[str, Any]]]


def planned_receipts(
    network: Network, carrier: Carrier, fate: Fate, steps: tuple[ReceiptStep, ...]
) -> Planned:
    """Seconds from now, and what is to be decided then; `extra` ones do not say what became of it."""
    planned: Planned = []
    at = 0.0
    for index, step in enumerate(steps):
        at += network.delay(fate, index, step.after, step.late)
        when = at + network.lateness(carrier.name, fate, index)
        planned.append((when, _decision(step, fate, index)))
    if steps:
        planned += _companions(steps[-1], fate, at)
    return planned


def _decision(step: ReceiptStep, fate: Fate, index: int) -> dict[str, Any]:
    form, err = step.form, step.err
    if form is ReceiptForm.FULL:
        if fate.meets("garbled_receipt_rate", index):
            form = ReceiptForm.GARBLED
        elif fate.meets("empty_text_rate", index):
            form = ReceiptForm.TLV_ONLY
        elif fate.meets("no_tlvs_rate", index):
            form = ReceiptForm.TEXT_ONLY
        else:
            form = next((odd for rate, odd in BY_RATE.items() if fate.meets(rate, index)), form)
    if err is None:
        if fate.meets("err_hex_rate", index):
            err = "0x1B"
        elif fate.meets("err_letter_rate", index):
            err = "E01"
    return {
        "outcome": step.outcome.value,
        "form": form.value,
        "err": err,
        "copies": step.copies + fate.meets("duplicate_receipt_rate", index),
        "other_date": fate.meets("other_date_rate", index),
        "lost": fate.meets("lost_receipt_rate", index),
    }


def _companions(last: ReceiptStep, fate: Fate, at: float) -> Planned:
    companions: Planned = []
    if fate.meets("foreign_receipt_rate"):
        companions.append((at * 0.5, _extra(last.outcome, ReceiptForm.FOREIGN_ID)))
    if fate.meets("reordered_receipt_rate"):
        companions.append((at + _INTERMEDIATE_SECONDS, _extra(Outcome.ENROUTE)))
    if fate.meets("conflicting_receipt_rate"):
        opposite = Outcome.ABSENT if last.outcome is Outcome.DELIVERED else Outcome.DELIVERED
        companions.append((at + _CONFLICT_SECONDS, _extra(opposite)))
    return companions


def _extra(outcome: Outcome, form: ReceiptForm = ReceiptForm.FULL) -> dict[str, Any]:
    return {"outcome": outcome.value, "form": form.value, "err": None, "copies": 1, "extra": True}


def delivery_body(network: Network, carrier: Carrier, delivery: Receipt | HandsetText) -> bytes:
    """The deliver_sm body for one attempt to deliver; the next attempt of a receipt has its own fate."""
    body = delivery.body(carrier)
    rates = network.rates[carrier.name]
    if isinstance(delivery, HandsetText) or not (rates.long_length_rate or rates.unterminated_receipt_rate):
        return body
    if is_dialect(ReceiptForm(delivery.form)):
        return body
    fate = network.new_fate(carrier.name, "delivery", delivery.fate)
    if fate.meets("long_length_rate"):
        at = body.index(_BEFORE_SM_LENGTH) + len(_BEFORE_SM_LENGTH)
        return body[:at] + bytes((_LONGEST_SM_LENGTH,)) + body[at + 1 :]
    if fate.meets("unterminated_receipt_rate"):
        return _without_nul(body, fate.pick(("address", "id"), "unterminated"))
    return body


def _without_nul(body: bytes, where: str) -> bytes:
    tag = TLV_RECEIPTED_MESSAGE_ID.to_bytes(2, "big")
    at = body.find(tag)
    if where == "id" and at >= 0:
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        end = at + 4 + length
        return body[: at + 2] + (length - 1).to_bytes(2, "big") + body[at + 4 : end - 1] + body[end:]
    end = body.index(b"\0", 3)  # of the source address: every field after it shifts
    return body[:end] + body[end + 1 :]
