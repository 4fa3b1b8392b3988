"""What decides whether and when something is sent asks the database's clock, never one of our processes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECIDING = sorted(path for folder in ("activities", "workflows") for path in (ROOT / folder).glob("*.py"))
WALL_CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


def wall_clocks_in(source: str) -> Iterator[int]:
    """The lines in which a clock of this machine is read that somebody can set."""
    for node in ast.walk(ast.parse(source)):
        of = node.value if isinstance(node, ast.Attribute) else None
        if isinstance(node, ast.Attribute) and isinstance(of, ast.Name) and (of.id, node.attr) in WALL_CLOCKS:
            yield node.lineno


@pytest.mark.parametrize("path", DECIDING, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_step_of_a_delivery_reads_a_clock_of_its_own_machine(path: Path) -> None:
    """A worker an hour behind would hold messages back for as long as it says, and Temporal for longer."""
    assert list(wall_clocks_in(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source", ["datetime.now(UTC)", "x = datetime.utcnow()", "date.today()", "until = time.time() + 5"]
)
def test_the_test_finds_what_it_looks_for(source: str) -> None:
    assert list(wall_clocks_in(source)) == [1]
