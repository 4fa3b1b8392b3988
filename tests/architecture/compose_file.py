"""docker-compose.yml as the tests read it: variables filled in, services by name."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from workers.local_stack.settings import ROOT

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
    | {
        "DYNAMIC_CONFIG_FILE_PATH",
        "PROMETHEUS_ENDPOINT",
        "TEMPORAL_BROADCAST_ADDRESS",
        "TEMPORAL_ALLOW_NO_AUTH",
    },
    "temporalio/admin-tools": TEMPORAL_DATABASE
    | {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_RETENTION"},
    "temporalio/ui": {"TEMPORAL_ADDRESS", "TEMPORAL_UI_PORT", "TEMPORAL_DEFAULT_NAMESPACE"}
    | {"TEMPORAL_CORS_ORIGINS", "TEMPORAL_NOTIFY_ON_NEW_VERSION", "TEMPORAL_DISABLE_WRITE_ACTIONS"},
    "caddy": {"TRUSTED_PROXIES"},
}
# Read by our processes besides their settings: by workers.settings itself.
BESIDES_SETTINGS = {"SECRETS_DIR"}
OURS = "message-delivery-platform"
ONE_SHOTS = {"temporal-schema", "temporal-namespace", "migrate", "demo-data"}

Compose = dict[str, Any]


def filled_in(value: Any, given: dict[str, str]) -> Any:
    """Put values in place of ${…}, as compose does."""
    if isinstance(value, dict):
        return {key: filled_in(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [filled_in(item, given) for item in value]
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


def example_environment() -> dict[str, str]:
    lines = (DEPLOY / "example.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


RAW: Compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
COMPOSE: Compose = filled_in(RAW, {"PORTAL_URL": "https://portal.example.jp"})
SERVICES_OF_COMPOSE: dict[str, Compose] = COMPOSE["services"]
OUR_SERVICES = {name for name, service in SERVICES_OF_COMPOSE.items() if service["image"].startswith(OURS)}
LONG_RUNNING = set(SERVICES_OF_COMPOSE) - ONE_SHOTS


def repository(image: str) -> str:
    return image.rsplit(":", 1)[0]


def seconds(duration: str) -> float:
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|s|m|h)", duration))


def sources(references: list[Any]) -> list[str]:
    return [item if isinstance(item, str) else item["source"] for item in references]
