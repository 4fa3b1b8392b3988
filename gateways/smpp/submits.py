"""An ``OutboundSms`` as submit_sm bodies, one per segment still to be sent."""

from domain.carrier_exchange import OutboundSms
from gateways.smpp.bodies import ShortMessage
from gateways.smpp.numbers import destination_address, sender_address
from gateways.smpp.profiles import SmppProfile
from gateways.smpp.segments import segment_text

DATA_CODING_UCS2 = 8
# Final receipts, success or failure (SMPP v3.4 §5.2.17); asked for on every segment.
RECEIPT_REQUESTED = 1


def submit_bodies(message: OutboundSms, profile: SmppProfile) -> tuple[tuple[int, bytes], ...]:
    """Return (segment number, encoded submit_sm body) for every segment asked for, in order.

    Raises ``ValueError`` (with no personal data in it) when no SMSC would take the message: empty or
    too long text, a sender or number of no valid form, a segment the text does not have.
    """
    if not message.text:
        raise ValueError("empty text")
    source = sender_address(message.sender, profile)
    destination = destination_address(message.phone_number, profile.destination_form)
    segments = segment_text(message.text, message.reference, profile)
    wanted = range(1, len(segments) + 1) if message.segments is None else message.segments
    if not set(wanted) <= set(range(1, len(segments) + 1)):
        raise ValueError(f"segments {wanted} asked for, the text has {len(segments)}")
    return tuple(
        (
            segment.number,
            ShortMessage(
                source=source,
                destination=destination,
                short_message=segment.short_message,
                esm_class=segment.esm_class,
                data_coding=DATA_CODING_UCS2,
                registered_delivery=RECEIPT_REQUESTED,
                validity_period=profile.validity_period,
                service_type=profile.service_type,
                tlvs=segment.tlvs,
            ).encode(),
        )
        for segment in segments
        if segment.number in wanted
    )
