"""Image, Temporal, PostgreSQL and proxy of a deployment fit the platform and each other."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import yaml

from api.settings import ApiSettings
from deploy.make_secrets import make_secrets
from migrations.run import upgrade
from tests.architecture.compose_file import (
    DEPLOY,
    DOCKERFILE,
    OUR_SERVICES,
    RAW,
    SERVICES_OF_COMPOSE,
    Compose,
)
from tests.support.postgres import throw_away_postgres
from tests.support.servers import Server
from web.settings import WebSettings
from workers.local_stack.member import nothing
from workers.local_stack.postgres import DURABLE, SETTINGS
from workers.local_stack.postgres import binary as postgres_binary
from workers.local_stack.settings import ROOT
from workers.local_stack.temporal import (
    DYNAMIC_CONFIG,
    RETENTION,
    SEARCH_ATTRIBUTES,
    EmbeddedTemporal,
    binary,
)
from workers.settings import Settings
from workflows.task_queues import ALL, CAMPAIGNS, CARRIER_QUEUES, MAIL, MESSAGES, NUMBER_RECYCLING

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
    assert set(ALL) - set(partitions) == {MESSAGES, MAIL}


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
        for name in ("databases.sql", "roles.sql", "roles.sql"):  # the second may be repeated
            script = (DEPLOY / "postgres" / name).read_text("utf-8")
            local = tmp_path / name
            local.write_text(script.replace("/run/secrets", str(tmp_path / "secrets")), "utf-8")
            _psql(server.admin_url, local)
        _roles_do_their_work(tmp_path / "secrets", server.port)
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


def _roles_do_their_work(folder: Path, port: int) -> None:
    urls = {
        name: (folder / name).read_text("utf-8").strip().replace("@postgres:5432", f"@127.0.0.1:{port}")
        for name in ("migration_database_url", "database_url", "jobs_database_url")
    }
    upgrade(urls["migration_database_url"])
    with psycopg.connect(urls["jobs_database_url"]) as connection:
        connection.execute("INSERT INTO companies (name) VALUES ('A')")
    with psycopg.connect(urls["database_url"]) as connection:
        assert connection.execute("SELECT count(*) FROM companies").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER TABLE companies DISABLE ROW LEVEL SECURITY")


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
    # Otherwise the proxy refuses without a word what the API would explain.
    allowed = re.search(r"max_size (\d+)MB", text)
    assert allowed is not None
    largest = max(
        WebSettings(portal_url="").max_upload_bytes, ApiSettings(maap_webhook_token="").max_campaign_bytes
    )
    assert largest < int(allowed[1]) * 1_000_000 <= largest * 1.1
    assert text.count("{\n") == len(re.findall(r"^\s*\}$", text, re.MULTILINE))
