"""How a running campaign is getting on, and when its page should ask again."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.campaigns import CampaignStatus
from services.campaign_reports import CampaignRow

_SHORTEST_PAUSE_MS = 2_000
# Most results come in the first seconds, the last ones after 72 hours: a page that only waits asks again
# after a quarter of the time it has waited.
_LONGEST_PAUSE_MS = 300_000
_BACK_OFF = 0.25
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
    is asked less often. It also grows, up to five minutes, with the time for which there was nothing to do
    but wait for results, and with the time left until a scheduled send.
    """
    pause = max(250 * math.sqrt(made_in_ms) - 1000, _SHORTEST_PAUSE_MS)
    if campaign.status is CampaignStatus.REGISTERED:
        if campaign.send_at is None:
            return Progress(None, None, int(pause))
        return Progress(None, None, _patient(pause, campaign.send_at - now))
    if campaign.status is not CampaignStatus.SENDING:
        first_open = campaign.status is CampaignStatus.CANCELLED and campaign.counters.open > 0
        still_open = first_open or second_open > 0
        since = campaign.completed_at or campaign.cancelled_at or now
        return Progress(None, None, _patient(pause, now - since) if still_open else None)
    if not campaign.counters.waiting and campaign.started_at is not None:
        since = campaign.fed_at or campaign.started_at
        return Progress(None, None, _patient(pause, now - since))
    if campaign.started_at is None or now - campaign.started_at < _RATE_AFTER:
        return Progress(None, None, int(pause))
    counters = campaign.counters
    begun = counters.handed_over
    per_second = begun / (now - campaign.started_at).total_seconds()
    if not begun:
        return Progress(round(per_second * 60) or None, None, int(pause))
    ends_at = now + timedelta(seconds=counters.waiting / per_second)
    return Progress(round(per_second * 60), ends_at, int(pause))


def _patient(pause_ms: float, waited: timedelta) -> int:
    return int(max(pause_ms, min(waited.total_seconds() * 1000 * _BACK_OFF, _LONGEST_PAUSE_MS)))
