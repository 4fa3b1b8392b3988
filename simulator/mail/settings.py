"""Settings of the mail catcher, read once from environment variables that start with MAIL_CATCHER_."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings; ports may be 0 (any free port). Raises pydantic.ValidationError."""

    model_config = SettingsConfigDict(env_prefix="MAIL_CATCHER_", extra="ignore")

    host: str = "127.0.0.1"
    smtp_port: int = Field(default=12525, ge=0, le=65535)
    http_port: int = Field(default=18025, ge=0, le=65535)
    data_dir: Path = Path("var/mails")
    mails_kept: int = Field(default=500, ge=1)
    largest_mail_bytes: int = Field(default=5 * 1024 * 1024, ge=1)
