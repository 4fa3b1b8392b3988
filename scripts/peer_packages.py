"""Fetch what tests/peers/ runs with node, pinned in tests/peers/node/package-lock.json.

Tests that need it are skipped where it cannot be had, with the reason in pytest's summary, so a failure
stops nothing. Standard library only: it runs before anything is installed.
"""

import json
import sys
from pathlib import Path

from scripts.npm import ROOT, install_locked

NODE_PEERS = ROOT / "tests" / "peers" / "node"


def main() -> int:
    if is_installed(NODE_PEERS):
        return 0
    if trouble := install_locked(NODE_PEERS):
        print(f"Peers of npm left out: {trouble}. Their tests are skipped; `make peers` tries again.")
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
