"""All settings, read once at the start of a process and passed down. Names are the environment's.

With ``SECRETS_DIR`` set, a file of a setting's name in that folder is read as well (secrets of compose).
Whatever says nothing, an empty variable or an empty file, is a setting that is not set.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.carriers import CARRIERS_OF_CHANNEL, Carrier, Channel
from domain.delivery import WaitingTimes


class Settings(BaseSettings):
    """The platform's settings; the waiting times default to what the service promises."""

    model_config = SettingsConfigDict(
        secrets_dir=os.environ.get("SECRETS_DIR"), extra="ignore", env_ignore_empty=True
    )

    # Three roles, docs/operations.md "Roles of the database"; one that owns the tables can be all three.
    database_url: SecretStr
    jobs_database_url: SecretStr | None = None
    migration_database_url: SecretStr | None = None
    database_pool_size: int = 10
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui_url: str | None = None

    portal_url: str = "http://localhost:8000"
    portal_host: str = "127.0.0.1"
    portal_port: int = 8000
    # Names the portal answers to besides that of PORTAL_URL and the machine's own; blanks or commas between.
    allowed_hosts: str = ""
    # Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks, commas between; none.
    forwarded_allow_ips: str = ""
    portal_max_connections: int = 800
    maap_webhook_token: SecretStr = SecretStr("")
    # One for each platform, so that none can speak for another; a carrier without one presents that of all.
    maap_docomo_webhook_token: SecretStr | None = None
    maap_au_webhook_token: SecretStr | None = None
    maap_softbank_webhook_token: SecretStr | None = None
    # Seals what must be read again: second factors, passwords in mails. Several keys: the first one seals.
    encryption_key: SecretStr = SecretStr("")
    # Written by demo-data; shows its sign-ins below the sign-in form. Unset in a real deployment.
    demo_file: Path | None = None

    worker_health_host: str = "127.0.0.1"
    worker_health_port: int = 8101
    # Also listens at the address this machine has on its way to that host: one network, not all it is on.
    worker_health_towards: str | None = None
    # What is under way at SIGTERM gets this long to end; whoever stops the process must wait longer.
    worker_grace_seconds: float = 30.0
    log_level: str = "INFO"

    # One address per link; a link without one is not served by this process.
    smpp_docomo_url: SecretStr | None = None
    smpp_au_url: SecretStr | None = None
    smpp_softbank_url: SecretStr | None = None
    smpp_rakuten_url: SecretStr | None = None
    maap_docomo_url: SecretStr | None = None
    maap_au_url: SecretStr | None = None
    maap_softbank_url: SecretStr | None = None
    number_recycling_url: SecretStr | None = None

    # Without a relay mails wait in the outbox.
    smtp_url: SecretStr | None = None
    mail_from: str = "no-reply@localhost"

    # Submits per second that the links' contracts allow.
    sms_rate: float = 50.0
    rcs_rate: float = 50.0
    number_recycling_rate: float = 20.0

    fallback_after_seconds: float = WaitingTimes.fallback_after
    expires_after_seconds: float = WaitingTimes.expires_after
    carrier_call_seconds: float = WaitingTimes.carrier_call
    number_pause_seconds: float = WaitingTimes.number_pause
    freeze_lead_seconds: float = 15 * 60
    sweep_every_seconds: float = 10.0

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_says_nothing(cls, found: Any) -> Any:
        """The one place for it: ``is None`` and ``not`` mean the same to whoever reads a setting."""
        return {name: value for name, value in found.items() if not _says_nothing(value)}

    def need_encryption_key(self) -> None:
        """Raise unless there is a key: better no portal than one whose second factors nobody can use."""
        if not self.encryption_key.get_secret_value().strip():
            raise RuntimeError("Setting ENCRYPTION_KEY: is missing")

    @property
    def worker_grace(self) -> timedelta:
        """How long activities may go on after SIGTERM."""
        return timedelta(seconds=self.worker_grace_seconds)

    @property
    def waiting(self) -> WaitingTimes:
        """How long messages wait."""
        return WaitingTimes(
            fallback_after=self.fallback_after_seconds,
            expires_after=self.expires_after_seconds,
            carrier_call=self.carrier_call_seconds,
            number_pause=self.number_pause_seconds,
        )

    @property
    def jobs_database(self) -> str:
        """Address for what has to do with all companies at once."""
        return (self.jobs_database_url or self.database_url).get_secret_value()

    @property
    def migration_database(self) -> str:
        """Address of the tables' owner."""
        return (self.migration_database_url or self.database_url).get_secret_value()

    def link_url(self, channel: Channel, carrier: Carrier) -> str | None:
        """Return the address, with its credentials, of one carrier's link."""
        protocol = "smpp" if channel is Channel.SMS else "maap"
        secret: SecretStr | None = getattr(self, f"{protocol}_{carrier.value}_url", None)
        return secret.get_secret_value() if secret else None

    @property
    def webhook_tokens(self) -> dict[Carrier, str]:
        """What single carriers' platforms present at our callbacks."""
        found = {
            carrier: getattr(self, f"maap_{carrier.value}_webhook_token")
            for carrier in CARRIERS_OF_CHANNEL[Channel.RCS]
        }
        return {carrier: secret.get_secret_value() for carrier, secret in found.items() if secret}

    def link_rate(self, channel: Channel) -> float:
        """Return how many submits a second a link of this channel takes."""
        return self.sms_rate if channel is Channel.SMS else self.rcs_rate


def _says_nothing(value: object) -> bool:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return isinstance(text, str) and not text.strip()
