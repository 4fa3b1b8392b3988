"""What the API must be told by whoever starts it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.carriers import Carrier


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Settings of the API.

    Callbacks of a carrier are let in with its token of ``maap_webhook_tokens``, where it has one, else with
    ``maap_webhook_token``; without either, none.
    """

    maap_webhook_token: str
    maap_webhook_tokens: Mapping[Carrier, str] = field(default_factory=dict)
    # 250,000 recipients with a few variables each.
    max_campaign_bytes: int = 64 * 1024 * 1024
    max_webhook_bytes: int = 1024 * 1024

    def webhook_token_of(self, carrier: str | None) -> str:
        """Return the token a carrier's platform has to present; of no carrier of ours, that of all."""
        own = "" if carrier is None else self.maap_webhook_tokens.get(Carrier(carrier), "")
        return own or self.maap_webhook_token
