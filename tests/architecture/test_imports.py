"""Imports point down; the simulator and the platform share nothing (docs/architecture.md, "Layers")."""

import tomllib

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.architecture.sources import PACKAGES, ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]

OURS = set(PACKAGES) - {"simulator", "migrations"}


def test_every_contract_is_kept(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_layers_are_those_of_the_design() -> None:
    (layers,) = [c["layers"] for c in CONTRACTS["contracts"] if c["type"] == "layers"]
    assert layers == [
        "workers",
        "api | web",
        "middleware | workflows",
        "activities",
        "services | gateways",
        "models",
        "domain",
    ]


def test_neither_the_simulator_nor_the_platform_imports_the_other() -> None:
    """A witness that shares code with the accused is none (docs/simulator.md)."""
    forbidden = [
        (set(contract["source_modules"]), set(contract["forbidden_modules"]))
        for contract in CONTRACTS["contracts"]
        if contract["type"] == "forbidden"
    ]
    assert ({"simulator"}, OURS) in forbidden
    assert (OURS, {"simulator"}) in forbidden


def test_no_contract_has_exceptions() -> None:
    assert not any("ignore_imports" in contract for contract in CONTRACTS["contracts"])


def test_every_package_is_under_the_contracts() -> None:
    assert set(CONTRACTS["root_packages"]) == OURS | {"simulator"}
