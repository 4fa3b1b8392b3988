"""How a state looks beside its word: an icon and a tone, never colour alone."""

from enum import StrEnum
from typing import Any, NamedTuple

from domain.campaigns import CampaignStatus
from domain.company_users import AccountState
from domain.link_conditions import LinkCondition
from domain.messages import MessageStatus


class Look(NamedTuple):
    """Names of an icon (``components/icon.html``) and of a tone (``.status--…``)."""

    icon: str
    tone: str


LOOKS: dict[type[StrEnum], dict[Any, Look]] = {
    AccountState: {
        AccountState.INVITED: Look("hourglass", "active"),
        AccountState.INVITATION_EXPIRED: Look("clock", "warn"),
        AccountState.ACTIVE: Look("check", "good"),
        AccountState.LOCKED: Look("stop", "bad"),
    },
    CampaignStatus: {
        CampaignStatus.DRAFT: Look("pencil", "plain"),
        CampaignStatus.REGISTERED: Look("clock", "active"),
        CampaignStatus.SENDING: Look("send", "active"),
        CampaignStatus.COMPLETED: Look("check", "good"),
        CampaignStatus.CANCELLED: Look("stop", "plain"),
    },
    MessageStatus: {
        MessageStatus.ACCEPTED: Look("clock", "plain"),
        MessageStatus.SENDING: Look("send", "active"),
        MessageStatus.SENT: Look("send", "active"),
        MessageStatus.DELIVERED: Look("check", "good"),
        MessageStatus.UNDELIVERED: Look("cross", "bad"),
        MessageStatus.EXPIRED: Look("hourglass", "warn"),
        MessageStatus.CARRIER_UNDETERMINED: Look("cross", "bad"),
        MessageStatus.EXCLUDED: Look("minus", "plain"),
        MessageStatus.CANCELLED: Look("stop", "plain"),
        MessageStatus.UNKNOWN: Look("question", "warn"),
    },
    LinkCondition: {
        LinkCondition.STOPPED: Look("stop", "warn"),
        LinkCondition.ABANDONED: Look("question", "bad"),
        LinkCondition.DOWN: Look("cross", "bad"),
        LinkCondition.PARTLY_UP: Look("warning", "bad"),
        LinkCondition.THROTTLED: Look("hourglass", "warn"),
        LinkCondition.UP: Look("check", "good"),
    },
}
