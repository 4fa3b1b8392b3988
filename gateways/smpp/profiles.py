"""What differs between the carriers' SMPP links, as data: one ``SmppProfile`` per carrier.

The carriers' interface documents are under NDA. Segment sizes are the publicly known figures
(docomo 67, au 67, Rakuten 66, SoftBank 125 units); windows, timers and wrong-carrier codes are
our presets and agree with the simulator's. Replace them (``dataclasses.replace``) at contract time.
The contract's rate is not here: it holds for all processes of a link together and may change while they
run, so it is kept on the link's task queue (docs/decisions/0007-rates-on-task-queues.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from domain.carrier_exchange import ReceiptState
from domain.carriers import Carrier
from domain.messages import StatusReason
from gateways.smpp.bodies import MAX_SHORT_MESSAGE_OCTETS
from gateways.smpp.command_status import Verdict

JST = timezone(timedelta(hours=9), "JST")


class Concat(StrEnum):
    """How the segments of a long text are tied together."""

    UDH8 = "udh8"  # user data header, information element 0x00, 8-bit reference
    UDH16 = "udh16"  # user data header, information element 0x08, 16-bit reference
    SAR = "sar"  # sar_msg_ref_num, sar_total_segments, sar_segment_seqnum
    PAYLOAD = "payload"  # one submit_sm, the whole text in message_payload


UDH_OCTETS = {Concat.UDH8: 6, Concat.UDH16: 7, Concat.SAR: 0, Concat.PAYLOAD: 0}


class DestinationForm(StrEnum):
    """How a handset's number is written in destination_addr."""

    INTERNATIONAL = "international"  # TON 1 / NPI 1, 8190…
    NATIONAL = "national"  # TON 2 / NPI 1, 090…


class NumberType(NamedTuple):
    """TON and NPI of a sender."""

    ton: int
    npi: int


ALPHANUMERIC = NumberType(5, 0)
# TON 0 fits both kinds of numeric sender, short codes and national numbers; a sender written with +
# is TON 1 / NPI 1 in any case.
UNKNOWN_NUMERIC = NumberType(0, 1)


# docs/carriers.md §1.2: "not my subscriber", said in the submit_sm_resp.
WRONG_CARRIER_STATUSES = frozenset({0x0B, *range(0x0400, 0x0500)})
# MAP errors (3GPP TS 29.002 §17.6.6) as SMSCs print them: hexadecimal and decimal, normalised by
# ``statuses.normalised_error``. UNDELIV alone does not tell "switched off" from "no such number".
ERROR_REASONS: Mapping[str, StatusReason] = MappingProxyType(
    {
        "1": StatusReason.UNKNOWN_SUBSCRIBER,  # unknownSubscriber
        "5": StatusReason.UNKNOWN_SUBSCRIBER,  # unidentifiedSubscriber
        "6": StatusReason.ABSENT,  # absentSubscriberSM
        "1B": StatusReason.ABSENT,  # absentSubscriber (27)
        "27": StatusReason.ABSENT,
        "D": StatusReason.BARRED,  # callBarred (13)
        "13": StatusReason.BARRED,
        "22": StatusReason.NETWORK_FAILURE,  # systemFailure (34)
        "34": StatusReason.NETWORK_FAILURE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppProfile:
    """One carrier's SMPP dialect. Times in seconds (``_s``), text sizes in UTF-16 code units.

    Raises ``ValueError`` when a segment of ``units_per_segment`` with its user data header would not
    fit short_message (254 octets).
    """

    carrier: Carrier
    binds: int = 1
    # Unanswered submit_sm per bind.
    window: int = 20
    concat: Concat = Concat.UDH8
    units_per_segment: int = 67
    # A text of at most this many units goes out without any concatenation.
    units_in_single: int = 70
    max_segments: int = 10
    # SMPP relative or absolute time (§7.1.1); empty leaves it to the SMSC.
    validity_period: str = ""
    service_type: str = ""
    system_type: str = ""
    destination_form: DestinationForm = DestinationForm.INTERNATIONAL
    alphanumeric_sender: NumberType = ALPHANUMERIC
    numeric_sender: NumberType = UNKNOWN_NUMERIC
    # The carrier's own command_status values, before those of SMPP and ``wrong_carrier_statuses``.
    submit_statuses: Mapping[int, Verdict] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    wrong_carrier_statuses: frozenset[int] = WRONG_CARRIER_STATUSES
    # Some SMSCs write one message id in two bases, such as hexadecimal in the submit_sm_resp and decimal in
    # the receipt's text. ``None``: ids are words, and the same everywhere.
    submit_id_base: int | None = None
    receipt_id_base: int | None = None
    wrong_carrier_errors: frozenset[str] = frozenset()
    error_reasons: Mapping[str, StatusReason] = field(default_factory=lambda: ERROR_REASONS, hash=False)
    # The carrier's own words in ``stat``, in capitals, before those of SMPP.
    receipt_states: Mapping[str, tuple[ReceiptState, StatusReason | None]] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )
    # Receipt dates carry no zone; SMSCs in Japan print local time.
    receipt_timezone: tzinfo = JST
    receipts_at_once: int = 200
    # Receipts waiting beyond those; above, the SMSC is told to come again (ESME_RMSGQFUL).
    receipts_waiting: int = 5_000
    # … or more octets than these, whatever their number.
    receipts_waiting_octets: int = 4 * 1024 * 1024
    submit_resp_timeout_s: float = 30.0
    bind_timeout_s: float = 10.0
    # How long a submit waits for a bind before it answers NOT_SENT.
    bound_wait_s: float = 5.0
    enquire_link_interval_s: float = 30.0
    enquire_link_timeout_s: float = 10.0
    unbind_timeout_s: float = 2.0
    reconnect_min_s: float = 0.5
    reconnect_max_s: float = 10.0
    # After a refused login: a wrong password does not mend itself, and hammering locks accounts.
    refused_retry_s: float = 60.0
    throttle_pause_min_s: float = 0.25
    throttle_pause_max_s: float = 4.0

    def __post_init__(self) -> None:
        octets = UDH_OCTETS[self.concat] + 2 * self.units_per_segment
        if self.concat is not Concat.PAYLOAD and octets > MAX_SHORT_MESSAGE_OCTETS:
            raise ValueError(f"{self.carrier}: a segment of {octets} octets does not fit short_message")


DOCOMO = SmppProfile(
    carrier=Carrier.DOCOMO,
    # S-6: held for one hour while the handset is off; the other carriers do not hold.
    validity_period="000000010000000R",
    # docomo and au say it at once; should a receipt say it, these are the codes known.
    wrong_carrier_errors=frozenset({"00B", "E01"}),
)
AU = SmppProfile(carrier=Carrier.AU, wrong_carrier_errors=frozenset({"00B", "E01"}))
SOFTBANK = SmppProfile(
    carrier=Carrier.SOFTBANK,
    # 125 units are 250 octets: a user data header (6) would exceed short_message, so SAR.
    concat=Concat.SAR,
    units_per_segment=125,
    units_in_single=125,
    wrong_carrier_errors=frozenset({"00B"}),
)
RAKUTEN = SmppProfile(carrier=Carrier.RAKUTEN, units_per_segment=66, wrong_carrier_errors=frozenset({"E01"}))

PROFILES: Mapping[Carrier, SmppProfile] = MappingProxyType(
    {profile.carrier: profile for profile in (DOCOMO, AU, SOFTBANK, RAKUTEN)}
)
