"""The deployment files, checked as far as they can be without a container engine."""

import json
import os
import re
import shlex
import stat
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from deploy.make_secrets import make_secrets
from domain.carriers import CARRIERS_OF_CHANNEL
from gateways.smpp.urls import parse_smpp_url
from simulator.settings import Settings as SimulatorSettings
from tests.support.postgres import throw_away_postgres
from tests.support.servers import Server
from workers import portal
from workers.local_stack.member import nothing
from workers.local_stack.postgres import DURABLE, SETTINGS
from workers.local_stack.postgres import binary as postgres_binary
from workers.local_stack.services import SERVICES, TASKS
from workers.local_stack.settings import ROOT
from workers.local_stack.temporal import (
    DYNAMIC_CONFIG,
    RETENTION,
    SEARCH_ATTRIBUTES,
    EmbeddedTemporal,
    binary,
)
from workers.settings import Settings
from workflows.task_queues import ALL, CAMPAIGNS, CARRIER_QUEUES, MESSAGES, NUMBER_RECYCLING

DEPLOY = ROOT / "deploy"
SCHEMA = json.loads((Path(__file__).parent / "compose_spec.json").read_text("utf-8"))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")

# ${NAME}, ${NAME:-default}, ${NAME:?complaint}; $$ is a dollar sign for the container's own shell.
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Z_]+)(?::-(?P<default>[^}]*)|:\?(?P<complaint>[^}]*))?\}")

# What the images say they read; anything else would be a slip of the pen.
TEMPORAL_DATABASE = {"POSTGRES_SEEDS", "DB_PORT", "POSTGRES_USER", "DBNAME", "VISIBILITY_DBNAME"}
IMAGE_VARIABLES = {
    "postgres": {"POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"},
    "temporalio/server": TEMPORAL_DATABASE
    | {"DB", "SQL_MAX_CONNS", "SQL_VIS_MAX_CONNS", "NUM_HISTORY_SHARDS", "BIND_ON_IP", "LOG_LEVEL", "GOGC"}
    | {"DYNAMIC_CONFIG_FILE_PATH", "PROMETHEUS_ENDPOINT"},
    "temporalio/admin-tools": TEMPORAL_DATABASE
    | {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_RETENTION"},
    "temporalio/ui": {"TEMPORAL_ADDRESS", "TEMPORAL_UI_PORT", "TEMPORAL_DEFAULT_NAMESPACE"}
    | {"TEMPORAL_CORS_ORIGINS", "TEMPORAL_NOTIFY_ON_NEW_VERSION"},
    "caddy": {"TRUSTED_PROXIES"},
}
# Read by our processes besides their settings: by workers.settings itself and by uvicorn.
BESIDES_SETTINGS = {"SECRETS_DIR", "FORWARDED_ALLOW_IPS"}
OURS = "message-delivery-platform"
ONE_SHOTS = {"temporal-schema", "temporal-namespace", "migrate", "demo-data"}

Compose = dict[str, Any]


def _filled_in(value: Any, given: dict[str, str]) -> Any:
    """Put values in place of ${…}, as compose does."""
    if isinstance(value, dict):
        return {key: _filled_in(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, given) for item in value]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return "$"
        if found["complaint"] is not None and not given.get(name):
            raise KeyError(name)
        return given.get(name) or found["default"] or ""

    return VARIABLE.sub(fill, value)


def _example_environment() -> dict[str, str]:
    lines = (DEPLOY / "example.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


RAW: Compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
COMPOSE: Compose = _filled_in(RAW, {"PORTAL_URL": "https://portal.example.jp"})
SERVICES_OF_COMPOSE: dict[str, Compose] = COMPOSE["services"]
OUR_SERVICES = {name for name, service in SERVICES_OF_COMPOSE.items() if service["image"].startswith(OURS)}
LONG_RUNNING = set(SERVICES_OF_COMPOSE) - ONE_SHOTS


def _repository(image: str) -> str:
    return image.rsplit(":", 1)[0]


def _seconds(duration: str) -> float:
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|s|m|h)", duration))


def _sources(references: list[Any]) -> list[str]:
    return [item if isinstance(item, str) else item["source"] for item in references]


# -- The compose file itself ------------------------------------------------------------------------------


def test_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_compose_file_follows_the_specification() -> None:
    problems = [
        f"{'.'.join(map(str, e.absolute_path))}: {e.message}"
        for e in Draft7Validator(SCHEMA).iter_errors(COMPOSE)
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        (("services", "portal"), "restarts", "always"),
        (("services", "portal"), "restart", "sometimes"),
        (("services", "portal"), "stop_grace_period", "15"),
        (("services", "portal", "healthcheck"), "every", "5s"),
        (("services", "portal", "deploy", "resources", "limits"), "memory", "1 GB"),
        (("services", "portal", "depends_on", "migrate"), "condition", "completed"),
        (("services", "proxy"), "ports", ["here:8080"]),
        ((), "service", {}),
    ],
)
def test_schema_refuses_what_compose_would_refuse(place: tuple[str, ...], key: str, value: object) -> None:
    broken = json.loads(json.dumps(COMPOSE))
    target = broken
    for step in place:
        target = target[step]
    target[key] = value
    assert not Draft7Validator(SCHEMA).is_valid(broken)


def test_portal_url_is_asked_for() -> None:
    with pytest.raises(KeyError, match="PORTAL_URL"):
        _filled_in(RAW, {})


def test_example_environment_names_every_variable_with_its_default() -> None:
    used = {m["name"]: m["default"] for m in VARIABLE.finditer(json.dumps(RAW)) if m["name"]}
    example = _example_environment()
    assert set(example) == set(used)
    assert {n: d for n, d in used.items() if d is not None} == {
        n: v for n, v in example.items() if used[n] is not None
    }


def test_version_of_the_image_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert SERVICES_OF_COMPOSE["portal"]["image"] == f"{OURS}:{project['version']}"


@pytest.mark.parametrize(
    ("kind", "of_service"), [("secrets", "secrets"), ("configs", "configs"), ("networks", "networks")]
)
def test_everything_referred_to_is_declared_and_everything_declared_is_used(
    kind: str, of_service: str
) -> None:
    used = {n for s in SERVICES_OF_COMPOSE.values() for n in _sources(s.get(of_service, []))}
    assert used == set(COMPOSE[kind])


def test_volumes_are_declared_and_used() -> None:
    mounts = [mount for s in SERVICES_OF_COMPOSE.values() for mount in s.get("volumes", [])]
    assert {mount.split(":")[0] for mount in mounts} == set(COMPOSE["volumes"])


def test_dependencies_exist_and_can_be_met() -> None:
    for service in SERVICES_OF_COMPOSE.values():
        for other, how in service.get("depends_on", {}).items():
            ends = how["condition"] == "service_completed_successfully"
            assert ends == (other in ONE_SHOTS), other
            # A service that only a profile starts must not be needed by one that always runs.
            optional = "profiles" in SERVICES_OF_COMPOSE[other] and "profiles" not in service
            assert how.get("required", True) is not optional


def test_config_files_exist() -> None:
    assert [c["file"] for c in COMPOSE["configs"].values() if not (ROOT / c["file"]).is_file()] == []


def test_images_are_pinned() -> None:
    images = [service["image"] for service in SERVICES_OF_COMPOSE.values()]
    images += re.findall(r"^ARG \w+_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert [
        image for image in images if not re.fullmatch(r"[a-z0-9./-]+:\d+\.\d+\.?\d*[a-z0-9.-]*", image)
    ] == []
    assert len({i for i in images if re.match("temporalio/(server|admin-tools)", i)}) == 2
    tags = {i.split(":")[1] for i in images if re.match("temporalio/(server|admin-tools)", i)}
    assert len(tags) == 1, "schema and server must be of one version"


# -- The services -----------------------------------------------------------------------------------------


def test_every_process_of_the_local_stack_is_started_with_the_same_command() -> None:
    """So that the end-to-end test has tried all of them but their images."""
    expected = {service.name: ["python", *service.arguments] for service in SERVICES}
    demo_file = "/var/lib/platform/demo/demo.json"
    for task in TASKS:
        expected[task.name] = ["python", *(part.format(demo_file=demo_file) for part in task.arguments)]
    assert {name: SERVICES_OF_COMPOSE[name]["command"] for name in OUR_SERVICES} == expected


def test_example_of_the_demonstration_names_its_file() -> None:
    assert "DEMO_FILE=/var/lib/platform/demo/demo.json" in OPERATIONS


@pytest.mark.parametrize("name", sorted(LONG_RUNNING))
def test_long_running_services_are_watched_restarted_and_bounded(name: str) -> None:
    service = SERVICES_OF_COMPOSE[name]
    assert service["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_one_shots_end(name: str) -> None:
    service = SERVICES_OF_COMPOSE[name]
    assert service["restart"].startswith("on-failure:")
    assert "healthcheck" not in service


def test_health_checks_ask_what_the_local_stack_asks() -> None:
    ports = {"simulator": 18080, "portal": 8000, "message-worker": 8101, "carrier-worker": 8101}
    for service in SERVICES:
        check = SERVICES_OF_COMPOSE[service.name]["healthcheck"]["test"]
        assert f"http://127.0.0.1:{ports[service.name]}{service.health_path}" in check[-1]
        compile(check[-1], service.name, "exec")
    environment = SERVICES_OF_COMPOSE["message-worker"]["environment"]
    assert environment["WORKER_HEALTH_PORT"] == "8101"


def test_logs_are_rotated() -> None:
    for service in SERVICES_OF_COMPOSE.values():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_processes_get_longer_to_stop_than_they_take() -> None:
    links_close = 4 * 3.0
    grace = Settings.model_fields["worker_grace_seconds"].default
    for name in ("message-worker", "carrier-worker"):
        allowed = _seconds(SERVICES_OF_COMPOSE[name]["stop_grace_period"])
        assert allowed >= grace + links_close
    assert _seconds(SERVICES_OF_COMPOSE["portal"]["stop_grace_period"]) > portal.GRACE_SECONDS


@pytest.mark.parametrize("name", sorted(OUR_SERVICES))
def test_our_processes_have_no_rights(name: str) -> None:
    service = SERVICES_OF_COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "user" not in service, "the image names the user"


def test_only_the_services_that_must_can_be_reached_from_outside() -> None:
    networks = {name: set(service["networks"]) for name, service in SERVICES_OF_COMPOSE.items()}
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert {name for name, joined in networks.items() if "carriers" in joined} == {
        "carrier-worker",
        "simulator",
    }
    assert {name for name, service in SERVICES_OF_COMPOSE.items() if "ports" in service} == {
        "proxy",
        "temporal-ui",
        "simulator",
    }
    for service in SERVICES_OF_COMPOSE.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    # Its entry point looks its own address up by host name, which must not have two answers.
    assert networks["temporal"] == {"data"}


def test_replicas_do_not_clash() -> None:
    for service in SERVICES_OF_COMPOSE.values():
        if "replicas" in service.get("deploy", {}):
            assert not {"ports", "container_name", "hostname"} & set(service)


# -- Settings and secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(SERVICES_OF_COMPOSE)))
def test_every_variable_is_one_the_program_reads(name: str) -> None:
    service = SERVICES_OF_COMPOSE[name]
    if name == "simulator":
        known = {f"SIMULATOR_{field.upper()}" for field in SimulatorSettings.model_fields}
    elif name in OUR_SERVICES:
        known = {field.upper() for field in Settings.model_fields} | BESIDES_SETTINGS
    else:
        known = IMAGE_VARIABLES[_repository(service["image"])]
    assert set(service.get("environment", {})) <= known


@pytest.mark.parametrize("name", sorted(OUR_SERVICES - {"simulator"}))
def test_the_settings_of_our_services_are_accepted(name: str, tmp_path: Path, bare: None) -> None:
    make_secrets(tmp_path, with_simulator=True)
    environment = SERVICES_OF_COMPOSE[name]["environment"]
    given = {key.lower(): value for key, value in environment.items() if value != ""}
    settings = Settings(
        _secrets_dir=tmp_path, **{k: v for k, v in given.items() if k in Settings.model_fields}
    )
    assert settings.database_url.get_secret_value().startswith("postgresql://platform:")


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


def test_made_addresses_lead_to_the_simulator(tmp_path: Path, bare: None) -> None:
    make_secrets(tmp_path, with_simulator=True)
    simulator = SERVICES_OF_COMPOSE["simulator"]
    handed = dict(line.split("=", 1) for line in (tmp_path / "simulator.env").read_text("utf-8").split())
    assert set(handed) <= {f"SIMULATOR_{field.upper()}" for field in SimulatorSettings.model_fields}
    settings = Settings(_secrets_dir=tmp_path)
    assert settings.maap_webhook_token.get_secret_value() == handed["SIMULATOR_WEBHOOK_TOKEN"]
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


# -- Image ------------------------------------------------------------------------------------------------


def test_image_holds_every_package_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = {*project["tool"]["importlinter"]["root_packages"], "migrations"}
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE))
    assert copied == packages
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in ignore if line and not line.startswith("#")]
    assert rules[0] == "*", "what is not named stays out"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    assert allowed == packages | {"requirements.txt", "package.json", "package-lock.json", ".npmrc"}


def test_image_installs_exactly_what_is_locked_and_runs_as_nobody() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users[-1:] == ["10001:10001"]
    assert "HEALTHCHECK" not in DOCKERFILE


def test_python_of_the_image_is_the_one_the_code_is_checked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found = re.search(r"^ARG PYTHON_IMAGE=python:(\d+\.\d+)\.", DOCKERFILE, re.MULTILINE)
    assert found is not None
    assert found[1] == project["tool"]["mypy"]["python_version"]


# -- Temporal ---------------------------------------------------------------------------------------------

DYNAMIC: dict[str, list[Compose]] = yaml.safe_load(
    (DEPLOY / "temporal/dynamic-config.yaml").read_text("utf-8")
)
PARTITIONS = ("matching.numTaskqueueReadPartitions", "matching.numTaskqueueWritePartitions")


def test_dynamic_config_has_the_keys_of_the_local_stack() -> None:
    local = dict(item.split("=", 1) for item in DYNAMIC_CONFIG)
    assert set(DYNAMIC) == set(local)
    for key in set(DYNAMIC) - set(PARTITIONS):
        assert [str(entry["value"]).lower() for entry in DYNAMIC[key]] == [local[key]]
        assert "constraints" not in DYNAMIC[key][0]


@pytest.mark.parametrize("key", PARTITIONS)
def test_rate_limited_queues_have_one_partition(key: str) -> None:
    partitions = {entry.get("constraints", {}).get("taskQueueName"): entry["value"] for entry in DYNAMIC[key]}
    rated = {NUMBER_RECYCLING, *CARRIER_QUEUES}
    assert {queue: partitions[queue] for queue in rated} == dict.fromkeys(rated, 1)
    assert set(partitions) == {None, CAMPAIGNS, *rated}
    assert set(ALL) - set(partitions) == {MESSAGES}


def test_partitions_read_are_those_written() -> None:
    assert DYNAMIC[PARTITIONS[0]] == DYNAMIC[PARTITIONS[1]]


def test_history_shards_are_fixed() -> None:
    """512 for life: no variable may change it by accident."""
    assert RAW["services"]["temporal"]["environment"]["NUM_HISTORY_SHARDS"] == "512"


def test_retention_is_the_local_stacks() -> None:
    assert SERVICES_OF_COMPOSE["temporal-namespace"]["environment"]["TEMPORAL_RETENTION"] == RETENTION


def test_everyone_means_the_same_namespace() -> None:
    found = {
        value
        for service in SERVICES_OF_COMPOSE.values()
        for name, value in service.get("environment", {}).items()
        if name in ("TEMPORAL_NAMESPACE", "TEMPORAL_DEFAULT_NAMESPACE")
    }
    assert found == {"default"}


def test_namespace_script_makes_a_namespace_and_may_be_repeated(
    temporal_dev_server: EmbeddedTemporal,
) -> None:
    script = DEPLOY / "temporal" / "setup-namespace.sh"
    environment = {
        "PATH": f"{binary().parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "TEMPORAL_ADDRESS": temporal_dev_server.address,
        "TEMPORAL_NAMESPACE": "deployment",
        "TEMPORAL_RETENTION": "72h",
    }

    def temporal(*arguments: str) -> str:
        return subprocess.run(
            arguments, env=environment, capture_output=True, text=True, check=True, timeout=90
        ).stdout

    for retention in ("72h", RETENTION):
        environment["TEMPORAL_RETENTION"] = retention
        assert "Namespace deployment is ready." in temporal("sh", str(script))
    described = json.loads(temporal("temporal", "operator", "namespace", "describe", "-o", "json"))
    assert described["config"]["workflowExecutionRetentionTtl"] == f"{168 * 3600}s"
    listed = temporal("temporal", "operator", "search-attribute", "list")
    assert [name for name in SEARCH_ATTRIBUTES if not re.search(rf"\b{name}\s+Keyword", listed)] == []


@pytest.mark.parametrize("script", sorted(DEPLOY.rglob("*.sh")), ids=lambda path: path.name)
def test_shell_scripts_are_well_formed(script: Path) -> None:
    subprocess.run(("sh", "-n", str(script)), check=True)


def test_shell_commands_in_the_compose_file_are_well_formed() -> None:
    name, _, line = SERVICES_OF_COMPOSE["temporal"]["command"]
    subprocess.run((name, "-n", "-c", line), check=True)
    assert "exec" in shlex.split(line), "signals must reach the server"


# -- PostgreSQL -------------------------------------------------------------------------------------------


def test_postgresql_starts_with_our_files(tmp_path: Path) -> None:
    make_secrets(tmp_path / "secrets", with_simulator=False)
    folder = tmp_path / "server"
    folder.mkdir()
    conf = DEPLOY / "postgres" / "postgresql.conf"
    small = {"config_file": str(conf), "shared_buffers": "64MB", "fsync": "off"}
    server = replace(throw_away_postgres(folder), settings=small)
    with Server(replace(server.member(), after_ready=nothing)):
        with psycopg.connect(server.admin_url) as connection:
            # "could not be applied": this test's own command line wins.
            wrong = connection.execute(
                "SELECT name, error FROM pg_file_settings"
                " WHERE error IS NOT NULL AND error <> 'setting could not be applied'"
            )
            assert wrong.fetchall() == []
        script = (DEPLOY / "postgres" / "databases.sql").read_text("utf-8")
        local = tmp_path / "databases.sql"
        local.write_text(script.replace("/run/secrets", str(tmp_path / "secrets")), "utf-8")
        _psql(server.admin_url, local)
        password = (tmp_path / "secrets" / "platform_database_password").read_text("utf-8").strip()
        url = f"postgresql://platform:{password}@127.0.0.1:{server.port}"
        with psycopg.connect(f"{url}/platform") as connection:
            connection.execute("CREATE TABLE may_be_made (id uuid DEFAULT uuidv7())")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"{url}/temporal").close()
        password = (tmp_path / "secrets" / "temporal_database_password").read_text("utf-8").strip()
        for database in ("temporal", "temporal_visibility"):
            address = f"postgresql://temporal:{password}@127.0.0.1:{server.port}/{database}"
            with psycopg.connect(address) as connection:
                connection.execute("CREATE TABLE may_be_made (id int)")


def _psql(url: str, script: Path) -> None:
    subprocess.run(
        (str(postgres_binary("psql")), url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)),
        check=True,
    )


def test_postgresql_is_set_up_as_in_the_local_stack() -> None:
    """Above all: the log quotes no statement, and what is committed is on disk."""
    text = (DEPLOY / "postgres" / "postgresql.conf").read_text("utf-8")
    found = dict(re.findall(r"^(\w+) = '?([^'\n]*)'?$", text, re.MULTILINE))
    of_the_machine = {"listen_addresses", "unix_socket_directories", "max_connections"}
    of_the_size = {"shared_buffers", "effective_cache_size"}
    same = {**SETTINGS, **DURABLE}
    for name in set(same) - of_the_machine - of_the_size:
        assert found[name] == same[name], name


def test_connections_fit() -> None:
    text = (DEPLOY / "postgres" / "postgresql.conf").read_text("utf-8")
    found = re.search(r"^max_connections = (\d+)$", text, re.MULTILINE)
    assert found is not None
    temporal = SERVICES_OF_COMPOSE["temporal"]["environment"]
    engine = 4 * (int(temporal["SQL_MAX_CONNS"]) + int(temporal["SQL_VIS_MAX_CONNS"]))
    processes = sum(int(SERVICES_OF_COMPOSE[n]["deploy"]["replicas"]) for n in OUR_SERVICES & _replicated())
    pool = Settings.model_fields["database_pool_size"].default
    assert engine + processes * 2 * pool < int(found[1])


def _replicated() -> set[str]:
    return {n for n, s in SERVICES_OF_COMPOSE.items() if "replicas" in s.get("deploy", {})}


# -- Proxy ------------------------------------------------------------------------------------------------


def test_proxy_reads_its_variable_and_reaches_the_portal() -> None:
    text = (DEPLOY / "proxy" / "Caddyfile").read_text("utf-8")
    proxy = SERVICES_OF_COMPOSE["proxy"]
    assert set(re.findall(r"\{\$(\w+)\}", text)) == set(proxy["environment"])
    port = SERVICES_OF_COMPOSE["portal"]["environment"]["PORTAL_PORT"]
    assert f"dynamic a portal {port}" in text
    assert proxy["ports"][0].endswith(":8080")
    assert text.count("{\n") == len(re.findall(r"^\s*\}$", text, re.MULTILINE))


# -- The handbook -----------------------------------------------------------------------------------------


def _default_in_words(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None:
        return "none"
    return "empty" if default == "" else f"`{default}`"


def test_settings_are_all_explained() -> None:
    section = OPERATIONS.split("\n## Settings\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    expected = [(n.upper(), _default_in_words(field)) for n, field in Settings.model_fields.items()]
    assert [(name, default) for name, default, _ in rows] == expected


def test_every_service_is_explained() -> None:
    section = OPERATIONS.split("\n## What runs\n")[1].split("\n## ")[0]
    assert [name for name in SERVICES_OF_COMPOSE if f"`{name}`" not in section] == []


def test_files_the_handbook_names_exist() -> None:
    named = set(re.findall(r"`((?:deploy|services|tests|docs)/[\w./-]+)`", OPERATIONS))
    missing = {name for name in named if not (ROOT / name).exists()}
    assert {name for name in missing if not name.startswith("deploy/secrets/")} == set()


def test_log_events_the_handbook_names_exist() -> None:
    source = "\n".join(
        path.read_text("utf-8")
        for folder in ("gateways", "activities", "services", "workflows", "workers", "web", "api")
        for path in (ROOT / folder).rglob("*.py")
    )
    events = set(re.findall(r"`((?:smpp|maap|submit|sweep)_[a-z_]+)`", OPERATIONS)) - {"submit_attempts"}
    events = {event for event in events if event not in Settings.model_fields}
    assert len(events) > 5
    assert {event for event in events if f'"{event}"' not in source} == set()


@pytest.mark.parametrize("number", range(len(re.findall(r"```sql\n", OPERATIONS))))
def test_statements_of_the_handbook_run(number: int, database_url: str) -> None:
    statement = re.findall(r"```sql\n(.+?)```", OPERATIONS, re.DOTALL)[number]
    with psycopg.connect(database_url) as connection:
        connection.execute(statement)
        connection.rollback()
