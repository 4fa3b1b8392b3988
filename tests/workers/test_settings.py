"""Every setting reaches the field it is named after, and no other."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from api.settings import ApiSettings
from domain.carriers import Carrier, Channel
from domain.delivery import WaitingTimes
from web.settings import DemoOperatorSignIn, DemoSignIn, WebSettings
from workers.settings import Settings

Reader = Callable[[Settings], Any]


def plain(name: str) -> Reader:
    """Read by its own name, wherever it is used."""

    def read(settings: Settings) -> Any:
        value = getattr(settings, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    return read


def link(channel: Channel, carrier: Carrier) -> Reader:
    return lambda settings: settings.link_url(channel, carrier)


# Value in the environment, where it must be found, and as what.
WHERE: dict[str, tuple[str, Reader, Any]] = {
    "database_url": ("postgresql://a@h/d", plain("database_url"), "postgresql://a@h/d"),
    "jobs_database_url": ("postgresql://j@h/d", lambda s: s.jobs_database, "postgresql://j@h/d"),
    "migration_database_url": ("postgresql://m@h/d", lambda s: s.migration_database, "postgresql://m@h/d"),
    "database_pool_size": ("7", plain("database_pool_size"), 7),
    "temporal_address": ("t:1", plain("temporal_address"), "t:1"),
    "temporal_namespace": ("other", plain("temporal_namespace"), "other"),
    "temporal_ui_url": ("http://ui", plain("temporal_ui_url"), "http://ui"),
    "portal_url": ("https://p", plain("portal_url"), "https://p"),
    "portal_host": ("0.0.0.1", plain("portal_host"), "0.0.0.1"),
    "portal_port": ("8123", plain("portal_port"), 8123),
    "portal_max_connections": ("77", plain("portal_max_connections"), 77),
    "allowed_hosts": ("a.example b.example", plain("allowed_hosts"), "a.example b.example"),
    "forwarded_allow_ips": ("192.0.2.1", plain("forwarded_allow_ips"), "192.0.2.1"),
    "maap_webhook_token": ("token", plain("maap_webhook_token"), "token"),
    "maap_docomo_webhook_token": ("d", lambda s: s.webhook_tokens.get(Carrier.DOCOMO), "d"),
    "maap_au_webhook_token": ("a", lambda s: s.webhook_tokens.get(Carrier.AU), "a"),
    "maap_softbank_webhook_token": ("s", lambda s: s.webhook_tokens.get(Carrier.SOFTBANK), "s"),
    "encryption_key": ("key", plain("encryption_key"), "key"),
    "demo_file": ("/d.json", plain("demo_file"), Path("/d.json")),
    "worker_health_host": ("0.0.0.2", plain("worker_health_host"), "0.0.0.2"),
    "worker_health_port": ("8124", plain("worker_health_port"), 8124),
    "worker_health_towards": ("data", plain("worker_health_towards"), "data"),
    "worker_grace_seconds": ("31", lambda s: s.worker_grace, timedelta(seconds=31)),
    "log_level": ("DEBUG", plain("log_level"), "DEBUG"),
    "smpp_docomo_url": ("smpp://d", link(Channel.SMS, Carrier.DOCOMO), "smpp://d"),
    "smpp_au_url": ("smpp://a", link(Channel.SMS, Carrier.AU), "smpp://a"),
    "smpp_softbank_url": ("smpp://s", link(Channel.SMS, Carrier.SOFTBANK), "smpp://s"),
    "smpp_rakuten_url": ("smpp://r", link(Channel.SMS, Carrier.RAKUTEN), "smpp://r"),
    "maap_docomo_url": ("https://d", link(Channel.RCS, Carrier.DOCOMO), "https://d"),
    "maap_au_url": ("https://a", link(Channel.RCS, Carrier.AU), "https://a"),
    "maap_softbank_url": ("https://s", link(Channel.RCS, Carrier.SOFTBANK), "https://s"),
    "number_recycling_url": ("https://n", plain("number_recycling_url"), "https://n"),
    "smtp_url": ("smtp://m", plain("smtp_url"), "smtp://m"),
    "mail_from": ("a@b", plain("mail_from"), "a@b"),
    "sms_rate": ("11", lambda s: s.link_rate(Channel.SMS), 11.0),
    "rcs_rate": ("12", lambda s: s.link_rate(Channel.RCS), 12.0),
    "number_recycling_rate": ("13", plain("number_recycling_rate"), 13.0),
    "fallback_after_seconds": ("14", lambda s: s.waiting.fallback_after, 14.0),
    "expires_after_seconds": ("15", lambda s: s.waiting.expires_after, 15.0),
    "carrier_call_seconds": ("16", lambda s: s.waiting.carrier_call, 16.0),
    "number_pause_seconds": ("17", lambda s: s.waiting.number_pause, 17.0),
    "freeze_lead_seconds": ("18", plain("freeze_lead_seconds"), 18.0),
    "sweep_every_seconds": ("19", plain("sweep_every_seconds"), 19.0),
}

# What stands in for another that is not set.
FOLLOWS = {"database_url": {"jobs_database_url", "migration_database_url"}}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://default@h/d")


def test_every_setting_is_looked_for_here() -> None:
    assert set(WHERE) == set(Settings.model_fields)


@pytest.mark.parametrize("name", WHERE)
def test_a_setting_reaches_its_own_field_and_no_other(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Settings()
    text, read, expected = WHERE[name]
    monkeypatch.setenv(name.upper(), text)
    after = Settings()
    assert read(after) == expected
    others = set(WHERE) - {name} - FOLLOWS.get(name, set())
    for other in others:
        assert WHERE[other][1](after) == WHERE[other][1](before), f"{name.upper()} changes {other}"
    if not name.endswith("_seconds"):
        assert after.waiting == before.waiting


def test_how_soon_a_silent_worker_is_taken_for_lost_follows_from_no_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pause of one second at au must not make every carrier's call one that has lost its worker."""
    for name in WHERE:
        if name.endswith("_seconds"):
            monkeypatch.setenv(name.upper(), "1")
    assert Settings().waiting.carrier_silence == WaitingTimes.carrier_silence


@pytest.mark.parametrize("kind", [WaitingTimes, WebSettings, ApiSettings, DemoSignIn, DemoOperatorSignIn])
def test_what_settings_are_passed_in_is_built_by_keyword_only(kind: type) -> None:
    """By position, a field that is added in the middle moves all after it, and nothing complains."""
    assert [field.name for field in dataclasses.fields(kind) if not field.kw_only] == []
