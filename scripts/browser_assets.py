"""Fetch the browser's scripts, pinned in package-lock.json, into web/static/vendor/.

The portal works without them (pages reload instead of changing in place), so a failure stops nothing.
Standard library only: it runs before anything is installed.
"""

import shutil
import sys

from scripts.npm import ROOT, install_locked

VENDOR = ROOT / "web" / "static" / "vendor"
ASSETS = {"node_modules/htmx.org/dist/htmx.min.js": "htmx.min.js"}


def main() -> int:
    if trouble := install_locked(ROOT):
        return give_up(trouble)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in ASSETS.items():
        draft = VENDOR / f"{name}.new"
        shutil.copyfile(ROOT / source, draft)
        draft.replace(VENDOR / name)
    return 0


def give_up(reason: str) -> int:
    print(f"Browser assets left out: {reason}. The portal works without them; `make assets` tries again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
