"""Fetch what tests use of npm: the peers of tests/peers/node, the page checks of tests/e2e/node.

Pinned in the package-lock.json of each folder. Tests that need what cannot be had are skipped, with the
reason in pytest's summary, so a failure stops nothing. Standard library only: it runs before anything is
installed.
"""

import json
import sys
from pathlib import Path

from scripts.npm import ROOT, install_locked

NODE_PEERS = ROOT / "tests" / "peers" / "node"
PAGE_CHECKS = ROOT / "tests" / "e2e" / "node"


def main() -> int:
    for folder in (NODE_PEERS, PAGE_CHECKS):
        if is_installed(folder):
            continue
        if trouble := install_locked(folder):
            print(
                f"Packages of {folder.relative_to(ROOT)} left out: {trouble}."
                " Their tests are skipped; `make peers` tries again."
            )
    return 0


def is_installed(folder: Path) -> bool:
    """Tell whether npm last installed exactly what is locked; it notes that in a lock file of its own."""
    try:
        locked, installed = (
            json.loads((folder / name).read_text(encoding="utf-8"))["packages"]
            for name in ("package-lock.json", "node_modules/.package-lock.json")
        )
    except (OSError, ValueError, KeyError):
        return False
    return all(
        installed.get(path, {}).get("version") == package["version"]
        for path, package in locked.items()
        if path
    )


if __name__ == "__main__":
    sys.exit(main())
