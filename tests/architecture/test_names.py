"""The house's rules for its own text: short pieces, a docstring for what is public, plain names."""

import ast

from tests.architecture.sources import ROOT, Function, files, functions, name_of, parsed

FILE_LINES = 300
FUNCTION_LINES = 40

# Written by alembic.
GENERATED = ROOT / "migrations" / "versions"

# The launcher of `make run`: names say it all, and nobody but its neighbours calls it.
WITHOUT_DOCSTRINGS = ROOT / "workers" / "local_stack"

# Called by asyncio, which documents them.
CALLBACKS = {"connection_made", "data_received", "connection_lost", "eof_received"}

VAGUE = ("Data", "Info", "Params", "Manager", "Helper")

PRODUCT = [path for path in files() if not path.is_relative_to(GENERATED)]


def test_no_file_grows_beyond_300_lines() -> None:
    """What good houses regret is always the tail: divide by nouns, not by halves."""
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PRODUCT}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_grows_beyond_40_lines() -> None:
    lengths = {
        f"{name_of(path)} {name}": _lines(function) for path in PRODUCT for name, function in functions(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_everything_public_says_what_it_is_for() -> None:
    """Modules, classes, functions, methods; what is defined inside a function is that function's affair."""
    documented = [path for path in PRODUCT if not path.is_relative_to(WITHOUT_DOCSTRINGS)]
    undocumented = [name_of(path) for path in documented if not ast.get_docstring(parsed(path))]
    for path in documented:
        undocumented += [
            f"{name_of(path)} {name}"
            for name, function in functions(path)
            if _is_public(name) and function.name not in CALLBACKS and not ast.get_docstring(function)
        ]
        undocumented += [
            f"{name_of(path)} {node.name}"
            for node in parsed(path).body
            if isinstance(node, ast.ClassDef) and _is_public(node.name) and not ast.get_docstring(node)
        ]
    assert undocumented == []


def test_classes_say_what_they_are() -> None:
    """Payloads say what they are, never data, info, params."""
    classes = {
        node.name
        for path in files("domain", "activities", "workflows", "services")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    }
    assert [name for name in sorted(classes) if name.endswith(VAGUE)] == []


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _is_public(name: str) -> bool:
    return not any(part.startswith(("_", "<")) for part in name.split("."))
