"""The product's source files, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES = (
    "activities",
    "api",
    "domain",
    "gateways",
    "middleware",
    "migrations",
    "models",
    "services",
    "simulator",
    "web",
    "workers",
    "workflows",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*packages: str) -> list[Path]:
    """Return the Python files of the packages, all of them if none is named."""
    return [path for package in packages or PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    """Return a file's name as people write it: ``workflows/campaign.py``."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[tuple[str, Function]]:
    """Yield every function and method with its dotted name."""
    yield from _functions(parsed(path), "")


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{prefix}{child.name}"
            if isinstance(child, ast.ClassDef):
                yield from _functions(child, f"{name}.")
            else:
                yield name, child
                yield from _functions(child, f"{name}.<locals>.")
        else:
            yield from _functions(child, prefix)
