"""Which peers this machine has. Each mark skips with a reason that says how to get the peer.

Use: ``pytestmark = needs_package("smpplib")`` at the top of a module, or as a decorator of a test.
"""

import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from scripts.npm import find_node
from scripts.peer_packages import NODE_PEERS

# Debian puts servers where an ordinary user's PATH does not look.
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")


def needs_package(name: str) -> pytest.MarkDecorator:
    """Skip unless the Python package is installed; ``name`` as PyPI spells it."""
    return _needs(package_missing(name))


def needs_node_package(name: str) -> pytest.MarkDecorator:
    """Skip unless node runs and tests/peers/node has the package."""
    return _needs(node_package_missing(name))


def needs_commands(*names: str, package: str) -> pytest.MarkDecorator:
    """Skip unless every command is installed; ``package`` is Debian's that brings them."""
    missing = [name for name in names if find_command(name) is None]
    return _needs(f"no {' and no '.join(missing)}: apt-get install {package}" if missing else None)


def package_missing(name: str) -> str | None:
    """Why a Python package cannot be used; ``None`` when it can."""
    try:
        version(name)
    except PackageNotFoundError:
        return f"the package {name} is not installed: it is one of the dev dependencies in pyproject.toml"
    return None


def node_package_missing(name: str) -> str | None:
    """Why a package of npm cannot be used; ``None`` when it can."""
    if find_node() is None:
        return "no node on this machine: `make peers` tries to install one"
    if not (NODE_PEERS / "node_modules" / name / "package.json").exists():
        return f"the npm package {name} is not installed: `make peers` tries to"
    return None


def find_command(name: str) -> str | None:
    """The path of a command, also where only root's PATH looks."""
    for folder in ("", *_SYSTEM_FOLDERS):
        if found := shutil.which(str(Path(folder) / name) if folder else name):
            return found
    return None


def _needs(missing: str | None) -> pytest.MarkDecorator:
    return pytest.mark.skipif(missing is not None, reason=f"peer left out: {missing}")
