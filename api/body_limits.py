"""How large the body of a program's request may be, before anything of it is read."""

from api.settings import ApiSettings

_SMALL_BYTES = 64 * 1024


def machine_body_limit(path: str, settings: ApiSettings) -> int:
    """Return how many bytes may be posted to an address for programs."""
    if path == "/api/v1/campaigns":
        return settings.max_campaign_bytes
    return settings.max_webhook_bytes if path.startswith("/callbacks/") else _SMALL_BYTES
