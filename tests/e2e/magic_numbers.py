"""What each of the simulator's magic numbers must come to, per channel plan.

Written from docs/requirements.md, not from the platform's behaviour. A number is 0900000SSCN: scenario,
carrier (0 docomo, 1 au, 2 SoftBank, 3 Rakuten) and handset.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """The end of a message; ``None`` means that it does not matter."""

    status: str
    channel: str | None = None
    reason: str | None = None


SMS_DELIVERED = Expected("delivered", "sms")
RCS_DELIVERED = Expected("delivered", "rcs")
ABSENT = Expected("undelivered", "sms", "absent")
NO_SUBSCRIBER = Expected("undelivered", "sms", "unknown_subscriber")
SMS_BARRED = Expected("undelivered", "sms", "barred")
UNKNOWN = Expected("unknown", "sms")
NO_CARRIER = Expected("carrier_undetermined")
EXPIRED = Expected("expired", "rcs")

# Per scenario: SMS, +Message with fallback, +Message alone. ``None``: not sent in this plan, because it
# would not end within the test (a carrier that is full or throttling for ever) or says nothing new.
EXPECTED: dict[str, tuple[Expected | None, Expected | None, Expected | None]] = {
    "00": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "01": (ABSENT, ABSENT, EXPIRED),
    "03": (NO_SUBSCRIBER, NO_SUBSCRIBER, Expected("undelivered", "rcs", "not_capable")),
    "04": (SMS_BARRED, Expected("undelivered", "rcs", "barred"), Expected("undelivered", "rcs", "barred")),
    "05": (NO_CARRIER, NO_CARRIER, NO_CARRIER),
    "06": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "07": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "08": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "09": (SMS_DELIVERED, SMS_DELIVERED, Expected("undelivered", "rcs", "not_capable")),
    "10": (SMS_DELIVERED, SMS_DELIVERED, EXPIRED),
    "11": (SMS_DELIVERED, SMS_DELIVERED, RCS_DELIVERED),
    "12": (SMS_DELIVERED, Expected("delivered"), None),  # both arrive; whichever is first counts (B-7)
    "13": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "17": (SMS_DELIVERED, SMS_DELIVERED, EXPIRED),
    "18": (SMS_DELIVERED, None, None),
    "19": (UNKNOWN, None, None),
    "20": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "21": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "22": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "23": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "25": (UNKNOWN, UNKNOWN, EXPIRED),
    "26": (SMS_DELIVERED, SMS_DELIVERED, Expected("undelivered", "rcs")),
    "27": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "28": (UNKNOWN, UNKNOWN, EXPIRED),
    "40": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "41": (SMS_DELIVERED, None, None),
    "42": (None, SMS_DELIVERED, None),
    "44": (
        None,
        Expected("undelivered", "rcs", "rejected"),
        Expected("undelivered", "rcs", "rejected"),
    ),
    "45": (None, Expected("undelivered", "rcs", "barred"), Expected("undelivered", "rcs", "barred")),
    "46": (Expected("undelivered", "sms"), None, None),
    "47": (UNKNOWN, None, None),  # a status nobody knows says nothing (decision 0016)
    "48": (None, SMS_DELIVERED, Expected("undelivered", "rcs", "not_capable")),
    "60": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "61": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "62": (ABSENT, ABSENT, Expected("undelivered", "rcs")),
    "63": (SMS_DELIVERED, RCS_DELIVERED, RCS_DELIVERED),
    "64": (UNKNOWN, RCS_DELIVERED, RCS_DELIVERED),
    "65": (Expected("undelivered", "sms"), None, None),
    "66": (Expected("undelivered", "sms"), None, None),
    "67": (SMS_DELIVERED, None, None),
    "68": (SMS_DELIVERED, None, None),
    "69": (SMS_DELIVERED, None, None),
    "70": (None, SMS_DELIVERED, EXPIRED),
    "72": (None, SMS_DELIVERED, EXPIRED),
    # Receipts in the dialects of real SMSCs.
    **{str(scenario): (SMS_DELIVERED, None, None) for scenario in range(80, 89)},
}

# These cut the link, and with it the answers of everybody who is on it: one after the other, alone.
LINK_CUTTING = {
    "30": Expected("unknown", "sms"),
    "32": Expected("unknown", "sms"),
}

RECYCLING = {
    "00": SMS_DELIVERED,
    "50": Expected("excluded", None, "recycled"),
    "51": Expected("excluded", None, "lookup_failed"),
    "52": Expected("excluded", None, "lookup_failed"),
    "54": Expected("excluded", None, "lookup_failed"),
    "57": SMS_DELIVERED,
    "58": Expected("excluded", None, "recycled"),
}


def numbers_of(scenario: str, carriers: str, handset: int) -> list[str]:
    """The numbers of a scenario at the given carriers (digits)."""
    return [f"0900000{scenario}{carrier}{handset}" for carrier in carriers]
