"""What the API must be told by whoever starts it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Settings of the API. Without ``maap_webhook_token`` no callback is let in."""

    maap_webhook_token: str
    # 250,000 recipients with a few variables each.
    max_campaign_bytes: int = 64 * 1024 * 1024
    max_webhook_bytes: int = 1024 * 1024
