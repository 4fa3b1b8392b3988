"""How a running campaign is getting on, and when its page should ask again."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.campaigns import CampaignStatus
from services.campaign_reports import CampaignRow

_SHORTEST_PAUSE_MS = 2_000
_WAITING_PAUSE_MS = 15_000
# A rate from the first moments would promise anything.
_RATE_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Progress:
    """``per_minute`` and ``ends_at`` are ``None`` while they cannot be told."""

    per_minute: int | None
    ends_at: datetime | None
    poll_after_ms: int | None


def progress_of(campaign: CampaignRow, now: datetime, made_in_ms: float, *, second_open: int = 0) -> Progress:
    """Return rate and end of sending, as the counters tell; ``second_open`` second messages are under way.

    The pause grows with the time it took to make the page, as GOV.UK Notify does: a server under load
    is asked less often.
    """
    pause = max(250 * math.sqrt(made_in_ms) - 1000, _SHORTEST_PAUSE_MS)
    if campaign.status is CampaignStatus.REGISTERED:
        return Progress(None, None, max(int(pause), _WAITING_PAUSE_MS if campaign.send_at else 0))
    if campaign.status is not CampaignStatus.SENDING:
        first_open = campaign.status is CampaignStatus.CANCELLED and campaign.counters.open > 0
        still_open = first_open or second_open > 0
        return Progress(None, None, int(pause) if still_open else None)
    if campaign.started_at is None or now - campaign.started_at < _RATE_AFTER:
        return Progress(None, None, int(pause))
    counters = campaign.counters
    begun = counters.total - counters.waiting - counters.excluded - counters.cancelled
    per_second = begun / (now - campaign.started_at).total_seconds()
    if not counters.waiting or not begun:
        return Progress(round(per_second * 60) or None, None, int(pause))
    ends_at = now + timedelta(seconds=counters.waiting / per_second)
    return Progress(round(per_second * 60), ends_at, int(pause))
