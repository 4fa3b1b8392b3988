"""docker-compose.yml follows the specification and starts what the local stack starts."""

import json
import re
import tomllib

import pytest
from jsonschema import Draft7Validator

from tests.architecture.compose_file import (
    COMPOSE,
    DOCKERFILE,
    LONG_RUNNING,
    ONE_SHOTS,
    OPERATIONS,
    OUR_SERVICES,
    OURS,
    RAW,
    SCHEMA,
    SERVICES_OF_COMPOSE,
    VARIABLE,
    example_environment,
    filled_in,
    seconds,
    sources,
)
from workers import portal
from workers.local_stack.services import SERVICES, TASKS
from workers.local_stack.settings import ROOT
from workers.settings import Settings

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
        filled_in(RAW, {})


def test_example_environment_names_every_variable_with_its_default() -> None:
    used = {m["name"]: m["default"] for m in VARIABLE.finditer(json.dumps(RAW)) if m["name"]}
    example = example_environment()
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
    used = {n for s in SERVICES_OF_COMPOSE.values() for n in sources(s.get(of_service, []))}
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
    ports["mail-catcher"] = 18025
    for service in SERVICES:
        check = SERVICES_OF_COMPOSE[service.name]["healthcheck"]["test"]
        assert f"http://127.0.0.1:{ports[service.name]}{service.health_path}" in check[-1]
        compile(check[-1], service.name, "exec")
    for name, started in SERVICES_OF_COMPOSE.items():
        environment = started.get("environment", {})
        if "WORKER_HEALTH_PORT" in environment:
            assert environment["WORKER_HEALTH_PORT"] == "8101"
            # Who is on more networks than `data` answers there only, and to its own check.
            everywhere = environment["WORKER_HEALTH_HOST"] != "127.0.0.1"
            assert everywhere is (started["networks"] == ["data"]), name
            towards = environment.get("WORKER_HEALTH_TOWARDS")
            assert everywhere or SERVICES_OF_COMPOSE[towards]["networks"] == ["data"]


def test_temporal_in_one_container_finds_itself_after_a_restart() -> None:
    """Its address changes with the container; its four services are all in the same one."""
    environment = SERVICES_OF_COMPOSE["temporal"]["environment"]
    assert environment["TEMPORAL_BROADCAST_ADDRESS"] == "127.0.0.1"
    assert "SERVICES" not in environment


def test_files_in_memory_leave_room_for_the_process() -> None:
    """What lies in a tmpfs counts against the memory limit."""
    units = {"m": 1, "g": 1024}
    for name in LONG_RUNNING:
        service = SERVICES_OF_COMPOSE[name]
        limit = service["deploy"]["resources"]["limits"]["memory"]
        for mount in service.get("tmpfs", []):
            size = re.search(r"size=(\d+)m", mount)
            assert size is not None, name
            assert int(size[1]) <= int(limit[:-1]) * units[limit[-1]] / 2, name


def test_logs_are_rotated() -> None:
    for service in SERVICES_OF_COMPOSE.values():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_processes_get_longer_to_stop_than_they_take() -> None:
    links_close = 4 * 3.0
    grace = Settings.model_fields["worker_grace_seconds"].default
    for name in ("message-worker", "carrier-worker"):
        allowed = seconds(SERVICES_OF_COMPOSE[name]["stop_grace_period"])
        assert allowed >= grace + links_close
    assert seconds(SERVICES_OF_COMPOSE["portal"]["stop_grace_period"]) > portal.GRACE_SECONDS


@pytest.mark.parametrize("name", sorted(OUR_SERVICES))
def test_our_processes_have_no_rights(name: str) -> None:
    service = SERVICES_OF_COMPOSE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "user" not in service, "the image names the user"


def test_servers_that_write_no_file_cannot() -> None:
    """What they do write lies in a volume or in memory. The UI's start script writes its settings."""
    for name in ("postgres", "temporal", "proxy"):
        assert SERVICES_OF_COMPOSE[name]["read_only"] is True
        assert SERVICES_OF_COMPOSE[name]["tmpfs"]
    assert "read_only" not in SERVICES_OF_COMPOSE["temporal-ui"]
    assert SERVICES_OF_COMPOSE["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"] == "true"


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
        "mail-catcher",
    }
    assert {name for name, joined in networks.items() if "mail" in joined} == {
        "carrier-worker",
        "mail-catcher",
    }
    for service in SERVICES_OF_COMPOSE.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    # Its entry point looks its own address up by host name, which must not have two answers.
    assert networks["temporal"] == {"data"}


def test_replicas_do_not_clash() -> None:
    for service in SERVICES_OF_COMPOSE.values():
        if "replicas" in service.get("deploy", {}):
            assert not {"ports", "container_name", "hostname"} & set(service)
