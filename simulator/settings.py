"""Settings of the simulator, read once from environment variables that start with SIMULATOR_."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings; ports may be 0 (any free port), durations are seconds unless named otherwise.

    Raises pydantic.ValidationError when a variable cannot be read.
    """

    model_config = SettingsConfigDict(env_prefix="SIMULATOR_", extra="ignore")

    host: str = "127.0.0.1"
    http_port: int = Field(default=18080, ge=0, le=65535)
    smpp_docomo_port: int = Field(default=12775, ge=0, le=65535)
    smpp_au_port: int = Field(default=12776, ge=0, le=65535)
    smpp_softbank_port: int = Field(default=12777, ge=0, le=65535)
    smpp_rakuten_port: int = Field(default=12778, ge=0, le=65535)

    smpp_system_id: str = "platform"
    smpp_password: SecretStr = SecretStr("simulator")
    smpp_window: int = Field(default=50, ge=1)
    receipt_window: int = Field(default=20, ge=1)
    receipt_timeout: float = Field(default=10.0, gt=0)
    enquire_link_seconds: float = Field(default=30.0, gt=0)

    webhook_url: str = "http://127.0.0.1:8000/callbacks/maap/{carrier}"
    webhook_token: SecretStr = SecretStr("simulator")
    # In place of it for one carrier's platform.
    webhook_docomo_token: SecretStr | None = None
    webhook_au_token: SecretStr | None = None
    webhook_softbank_token: SecretStr | None = None
    webhook_timeout: float = Field(default=10.0, gt=0)
    webhook_max_backoff: float = Field(default=15.0, gt=0)
    oauth_client_id: str = "platform"
    oauth_client_secret: SecretStr = SecretStr("simulator")
    oauth_token_seconds: int = Field(default=3600, ge=1)
    number_recycling_token: SecretStr = SecretStr("simulator")

    data_dir: Path = Path("var/simulator")
    messages_kept: int = Field(default=300_000, ge=1)
    time_scale: float = Field(default=1.0, gt=0)
    seed: int | None = None
    delivery_min_seconds: float = Field(default=0.1, ge=0)
    delivery_max_seconds: float = Field(default=0.8, ge=0)

    def webhook_token_of(self, carrier: str) -> str:
        """What a carrier's platform presents at the webhook."""
        own: SecretStr | None = getattr(self, f"webhook_{carrier}_token", None)
        return (own or self.webhook_token).get_secret_value()

    def smpp_ports(self) -> dict[str, int]:
        """The configured SMPP port of each carrier, by carrier name."""
        return {
            "docomo": self.smpp_docomo_port,
            "au": self.smpp_au_port,
            "softbank": self.smpp_softbank_port,
            "rakuten": self.smpp_rakuten_port,
        }
