"""+Message (RCS) over the GSMA MaaP chatbot API of docomo, au and SoftBank (docs/carriers.md §2)."""

from gateways.maap.client import MaapClient
from gateways.maap.state import MaapState
from gateways.maap.statuses import PROFILES, MaapProfile
from gateways.maap.webhooks import (
    NEW_USER_POSTBACK,
    UnreadableEvent,
    WebhookEvent,
    WhyUnreadable,
    parse_webhook,
)

__all__ = [
    "NEW_USER_POSTBACK",
    "PROFILES",
    "MaapClient",
    "MaapProfile",
    "MaapState",
    "UnreadableEvent",
    "WebhookEvent",
    "WhyUnreadable",
    "parse_webhook",
]
