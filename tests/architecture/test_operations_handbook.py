"""docs/operations.md says what is so."""

import re

import psycopg
import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from tests.architecture.compose_file import OPERATIONS, SERVICES_OF_COMPOSE
from tests.support.postgres import jobs_url
from workers.local_stack.settings import ROOT
from workers.settings import Settings

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
    with psycopg.connect(jobs_url(database_url)) as connection:
        connection.execute(statement)
        connection.rollback()
