"""Workflows are deterministic, name only activities and rules, know nothing personal (I10)."""

import ast
import dataclasses
import sys
import types
import typing
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import pytest

from activities.check_number_recycling import RecyclingActivities
from activities.close_message import ClosingActivities
from activities.run_campaign import CampaignActivities
from activities.submit_rcs import RcsActivities
from activities.submit_sms import SmsActivities
from tests.architecture.sources import ROOT, files, name_of, parsed
from workflows.campaign import CampaignWorkflow
from workflows.message_delivery import MessageDeliveryWorkflow

OPEN_TO_WORKFLOWS = {"temporalio", "domain", "activities", "workflows", *sys.stdlib_module_names}

# What a replay would answer differently.
IMPURE_MODULES = {"random", "time", "uuid", "secrets", "os", "socket", "threading", "subprocess", "pathlib"}
IMPURE_CALLS = {"now", "today", "utcnow", "uuid4", "uuid7", "getenv", "perf_counter", "monotonic"}

# Words for what must stay in PostgreSQL.
PERSONAL = {
    "phone_number",
    "phone",
    "number",
    "body",
    "text",
    "sms_text",
    "rcs_text",
    "template",
    "variables",
    "recipient",
    "raw",
    "content",
}

# Where words end up in Temporal: failures, summaries, details.
SUMMARIES = {"summary", "timeout_summary", "static_summary", "static_details"}

HARMLESS = (UUID, bool, int, float, datetime, date, timedelta, types.NoneType)


def _workflow_modules() -> list[Path]:
    """Files that define workflows, and what they import from beside them."""
    found = [path for path in files("workflows") if "@workflow.defn" in path.read_text(encoding="utf-8")]
    for path in found:
        for module in _imports(path):
            neighbour = ROOT / f"{module.replace('.', '/')}.py"
            if module.startswith("workflows.") and neighbour not in found:
                found.append(neighbour)
    return found


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", _workflow_modules(), ids=name_of)
def test_workflow_modules_import_only_activities_and_rules(path: Path) -> None:
    imported = {module.split(".")[0] for module in _imports(path)}
    assert imported <= OPEN_TO_WORKFLOWS
    assert not imported & IMPURE_MODULES


@pytest.mark.parametrize("path", _workflow_modules(), ids=name_of)
def test_workflow_modules_ask_temporal_for_the_time(path: Path) -> None:
    """And for everything else that a replay must find unchanged."""
    impure = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in IMPURE_CALLS
        and ast.unparse(node.func.value) != "workflow"
    ]
    assert impure == []


@pytest.mark.parametrize("path", files("domain"), ids=name_of)
def test_rules_ask_nobody_for_the_time(path: Path) -> None:
    """domain/ has no clock: workflows call it."""
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not {call for call in calls if call in ("datetime.now", "date.today", "time.time", "uuid.uuid4")}


def _handlers(cls: type) -> Iterator[Callable[..., object]]:
    for name, member in vars(cls).items():
        if isinstance(member, types.FunctionType) and not name.startswith("_"):
            yield member


@pytest.mark.parametrize(
    "handler",
    [
        handler
        for cls in (
            MessageDeliveryWorkflow,
            CampaignWorkflow,
            ClosingActivities,
            CampaignActivities,
            RcsActivities,
            SmsActivities,
            RecyclingActivities,
        )
        for handler in _handlers(cls)
    ],
    ids=lambda handler: handler.__qualname__,
)
def test_what_passes_through_temporal_is_ids_and_flags(handler: Callable[..., object]) -> None:
    """Frozen dataclasses of domain/ whose leaves cannot hold a number or a text (no ``str``)."""
    for name, hint in typing.get_type_hints(handler).items():
        for leaf in _leaves(hint):
            is_word = isinstance(leaf, type) and issubclass(leaf, StrEnum)
            assert is_word or leaf in HARMLESS, f"{name}: {leaf}"


def _leaves(hint: object) -> Iterator[object]:
    if arguments := typing.get_args(hint):
        for argument in arguments:
            if argument is not Ellipsis:
                yield from _leaves(argument)
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        assert hint.__module__.startswith("domain."), hint
        assert hint.__dataclass_params__.frozen, hint  # type: ignore[attr-defined]
        for inner in typing.get_type_hints(hint).values():
            yield from _leaves(inner)
    else:
        yield hint


@pytest.mark.parametrize("path", files("workflows", "activities"), ids=name_of)
def test_failures_and_summaries_are_not_made_of_personal_data(path: Path) -> None:
    """They are stored in Temporal and shown to operators (I10)."""
    found = [
        f"line {words.lineno}: {ast.unparse(words)}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        for words in _words_for_temporal(node)
        if PERSONAL & set(_names(words))
    ]
    assert found == []


def _words_for_temporal(call: ast.Call) -> Iterator[ast.expr]:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    is_failure = called.endswith(("Error", "NotYet")) or ast.unparse(call.func) == "super().__init__"
    if is_failure or called in ("set_current_details", "heartbeat"):
        yield from call.args
    yield from (keyword.value for keyword in call.keywords if keyword.arg in SUMMARIES or is_failure)


def _names(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
