"""The settings and secrets a deployment is given are those our programs read."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from temporalio.client import Client

from activities.start_second_messages import SecondMessageStarter
from deploy.make_secrets import make_secrets, open_mounted_files
from domain.carriers import CARRIERS_OF_CHANNEL, Channel
from gateways.smpp.urls import parse_smpp_url
from services.database import Database
from simulator.mail.settings import Settings as MailCatcherSettings
from simulator.settings import Settings as SimulatorSettings
from tests.architecture.compose_file import (
    BESIDES_SETTINGS,
    COMPOSE,
    DEPLOY,
    DOCKERFILE,
    IMAGE_VARIABLES,
    OUR_SERVICES,
    SERVICES_OF_COMPOSE,
    repository,
)
from workers.carrier import CarrierLinks, carrier_workers
from workers.local_stack.settings import ROOT
from workers.local_stack.temporal import EmbeddedTemporal
from workers.mail import mail_workers
from workers.message import message_workers
from workers.portal import build_app
from workers.settings import Settings
from workflows.client import DeliveryClient
from workflows.inbound_inbox import InboundInbox
from workflows.receipt_inbox import ReceiptInbox

# -- Settings and secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(SERVICES_OF_COMPOSE)))
def test_every_variable_is_one_the_program_reads(name: str) -> None:
    service = SERVICES_OF_COMPOSE[name]
    if name == "simulator":
        known = {f"SIMULATOR_{field.upper()}" for field in SimulatorSettings.model_fields}
    elif name == "mail-catcher":
        known = {f"MAIL_CATCHER_{field.upper()}" for field in MailCatcherSettings.model_fields}
    elif name in OUR_SERVICES:
        known = {field.upper() for field in Settings.model_fields} | BESIDES_SETTINGS
    else:
        known = IMAGE_VARIABLES[repository(service["image"])]
    assert set(service.get("environment", {})) <= known


@pytest.mark.parametrize("name", sorted(OUR_SERVICES - {"simulator", "mail-catcher"}))
def test_the_settings_of_our_services_are_accepted(name: str, tmp_path: Path, bare: None) -> None:
    make_secrets(tmp_path, with_simulator=True)
    environment = SERVICES_OF_COMPOSE[name]["environment"]
    given = {key.lower(): value for key, value in environment.items() if value != ""}
    settings = Settings(
        _secrets_dir=tmp_path, **{k: v for k, v in given.items() if k in Settings.model_fields}
    )
    assert settings.database_url.get_secret_value().startswith("postgresql://platform_app:")


def test_secrets_of_our_services_are_settings() -> None:
    for name in OUR_SERVICES:
        for secret in SERVICES_OF_COMPOSE[name].get("secrets", []):
            assert "SecretStr" in str(Settings.model_fields[secret].annotation), secret


def test_secret_settings_come_from_files_only() -> None:
    secret = {n.upper() for n, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)}
    for name in OUR_SERVICES:
        assert not secret & set(SERVICES_OF_COMPOSE[name]["environment"])
    mounted = {s for name in OUR_SERVICES for s in SERVICES_OF_COMPOSE[name].get("secrets", [])}
    assert {name.upper() for name in mounted} == secret


def test_no_secret_stands_in_a_file() -> None:
    for service in SERVICES_OF_COMPOSE.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|PWD|SECRET|TOKEN|KEY", name) and name != "SECRETS_DIR":
                assert name.endswith("_FILE")
                assert value.startswith("/run/secrets/")
    paths = [ROOT / "docker-compose.yml", ROOT / "Dockerfile", *DEPLOY.rglob("*.*")]
    for path in paths:
        if path.is_file() and path.parent.name not in ("secrets", "__pycache__") and path.suffix != ".py":
            assert not re.search(r"://[^/\s:@]+:[^@\s/$]+@", path.read_text("utf-8")), path
    assert all(s == {"file": f"deploy/secrets/{n}"} for n, s in COMPOSE["secrets"].items())
    assert "/secrets/" in (DEPLOY / ".gitignore").read_text("utf-8").splitlines()


def test_made_secrets_are_those_compose_mounts(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert set(make_secrets(folder, with_simulator=False)) == set(COMPOSE["secrets"])
    assert {path.name for path in folder.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}


def test_platforms_that_have_the_one_token_keep_it(tmp_path: Path, bare: None) -> None:
    """New tokens nobody told the carriers of would shut their reports out."""
    make_secrets(tmp_path, with_simulator=False)
    for carrier in CARRIERS_OF_CHANNEL[Channel.RCS]:
        (tmp_path / f"maap_{carrier}_webhook_token").unlink()
    make_secrets(tmp_path, with_simulator=False)
    assert Settings(_secrets_dir=tmp_path).webhook_tokens == {}


def test_made_secrets_are_never_changed(tmp_path: Path) -> None:
    make_secrets(tmp_path, with_simulator=False)
    (tmp_path / "smpp_au_url").unlink()
    (tmp_path / "smpp_au_url").write_text("smpp://real:address@carrier:2775\n", "utf-8")
    before = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert make_secrets(tmp_path, with_simulator=False) == []
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == before
    make_secrets(tmp_path, with_simulator=True)
    after = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert {name: after[name] for name, text in before.items() if text} == {
        n: t for n, t in before.items() if t
    }


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting comes from the environment of the test run."""
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
        monkeypatch.delenv(field, raising=False)


def test_links_without_address_do_not_exist(tmp_path: Path, bare: None) -> None:
    make_secrets(tmp_path, with_simulator=False)
    settings = Settings(_secrets_dir=tmp_path)
    for channel, carriers in CARRIERS_OF_CHANNEL.items():
        assert [name for name in carriers if settings.link_url(channel, name) is not None] == []
    assert not settings.number_recycling_url


async def test_every_process_starts_with_the_documented_secrets(
    tmp_path: Path, bare: None, temporal_dev_server: EmbeddedTemporal
) -> None:
    """No relay, no carrier: `deploy/make_secrets.py` writes empty files, and an empty file is no setting."""
    make_secrets(tmp_path, with_simulator=False)
    empty = [name for name in COMPOSE["secrets"] if not _content(tmp_path / name)]
    assert "smtp_url" in empty
    settings = Settings(_secrets_dir=tmp_path)
    bare_settings = Settings(database_url=settings.database_url)
    assert [name for name in empty if getattr(settings, name) != getattr(bare_settings, name)] == []
    # A client of its own: workers are registered with theirs as soon as they are made.
    client = await Client.connect(temporal_dev_server.address)
    database = Database(settings.database_url.get_secret_value())
    inbox = ReceiptInbox(database, DeliveryClient(client))
    starter = SecondMessageStarter(database, DeliveryClient(client).start_delivery, settings.waiting)
    links = CarrierLinks(settings, inbox, InboundInbox(database, starter))
    assert mail_workers(client, database, settings) == []
    assert carrier_workers(client, database, links, settings.worker_grace) == []
    assert len(message_workers(client, database, settings, starter)) > 0
    build_app(settings)
    await database.close()


def _content(path: Path) -> str:
    return path.read_text("utf-8").strip()


@pytest.mark.parametrize("nothing", ["", " ", "\n"])
@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - {"database_url"}))
def test_a_setting_that_says_nothing_is_not_set(
    name: str, nothing: str, tmp_path: Path, bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same from a variable, from a file and from code: the default."""
    default = getattr(Settings(database_url=SecretStr("postgresql://x")), name)
    handed: dict[str, Any] = {"database_url": SecretStr("postgresql://x"), name: nothing}
    assert getattr(Settings(**handed), name) == default
    (tmp_path / name).write_text(nothing, "utf-8")
    found = Settings(database_url=SecretStr("postgresql://x"), _secrets_dir=tmp_path)
    assert getattr(found, name) == default
    monkeypatch.setenv(name.upper(), nothing)
    assert getattr(Settings(database_url=SecretStr("postgresql://x")), name) == default


def test_an_empty_address_of_the_database_is_missing(tmp_path: Path, bare: None) -> None:
    (tmp_path / "database_url").write_text("\n", "utf-8")
    with pytest.raises(ValidationError, match="database_url"):
        Settings(_secrets_dir=tmp_path)


def test_containers_may_read_what_a_private_clone_mounts(tmp_path: Path) -> None:
    """Bind mounts keep their modes: with umask 077 no container could read its configuration."""
    for source in COMPOSE["configs"].values():
        copy = tmp_path / Path(source["file"]).relative_to("deploy")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("x", "utf-8")
        copy.chmod(0o600)
    opened = open_mounted_files(tmp_path)
    assert len(opened) == len(COMPOSE["configs"])
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in opened} == {0o644}
    assert open_mounted_files(tmp_path) == []
    assert "chmod -R a+rX /app" in DOCKERFILE


def test_made_addresses_lead_to_the_simulator(tmp_path: Path, bare: None) -> None:
    make_secrets(tmp_path, with_simulator=True)
    simulator = SERVICES_OF_COMPOSE["simulator"]
    handed = dict(line.split("=", 1) for line in (tmp_path / "simulator.env").read_text("utf-8").split())
    assert set(handed) <= {f"SIMULATOR_{field.upper()}" for field in SimulatorSettings.model_fields}
    settings = Settings(_secrets_dir=tmp_path)
    assert settings.maap_webhook_token.get_secret_value() == handed["SIMULATOR_WEBHOOK_TOKEN"]
    assert settings.webhook_tokens == {
        carrier: handed[f"SIMULATOR_WEBHOOK_{carrier.upper()}_TOKEN"]
        for carrier in CARRIERS_OF_CHANNEL[Channel.RCS]
    }
    for carrier_name in ("docomo", "au", "softbank", "rakuten"):
        secret: SecretStr = getattr(settings, f"smpp_{carrier_name}_url")
        address = parse_smpp_url(secret.get_secret_value())
        assert address.host == "simulator"
        assert str(address.port) == simulator["environment"][f"SIMULATOR_SMPP_{carrier_name.upper()}_PORT"]
        assert address.password == handed["SIMULATOR_SMPP_PASSWORD"]
    maap = settings.maap_au_url
    assert maap is not None
    assert f":{handed['SIMULATOR_OAUTH_CLIENT_SECRET']}@simulator:18080/maap/au" in maap.get_secret_value()
    assert simulator["env_file"] == [{"path": "deploy/secrets/simulator.env", "required": False}]
