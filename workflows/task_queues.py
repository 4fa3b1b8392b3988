"""The task queues: one for each thing that is throttled or scaled by itself."""

from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel

CAMPAIGNS = "campaigns"
MESSAGES = "messages"
NUMBER_RECYCLING = "number-recycling"
MAIL = "mail"


def carrier_queue(channel: Channel, carrier: Carrier) -> str:
    """Return the queue of one carrier's link; its rate limit is the link's contract."""
    return f"{channel.value}-{carrier.value}"


CARRIER_QUEUES = tuple(
    carrier_queue(channel, carrier)
    for channel, carriers in CARRIERS_OF_CHANNEL.items()
    for carrier in carriers
)

ALL = (CAMPAIGNS, MESSAGES, NUMBER_RECYCLING, MAIL, *CARRIER_QUEUES)
