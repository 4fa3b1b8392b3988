"""Words and rules for a campaign: the states it passes and what is allowed in each (P-3, P-9)."""

from enum import StrEnum


class CampaignStatus(StrEnum):
    """The state of a campaign. ``REGISTERED`` covers waiting for the send time."""

    DRAFT = "draft"
    REGISTERED = "registered"
    SENDING = "sending"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def can_be_edited(self) -> bool:
        """Whether content, recipients and time may still change (P-3)."""
        return self in (CampaignStatus.DRAFT, CampaignStatus.REGISTERED)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether a cancel still has an effect on at least some messages."""
        return self in (CampaignStatus.REGISTERED, CampaignStatus.SENDING)


MAX_RECIPIENTS = 250_000
"""Recipients of one campaign at most (P-10)."""

NOTICE_THRESHOLD_PER_HOUR = 10_000
"""A send above this needs prior notice; the contract says whether it may (S-7, R-11)."""
