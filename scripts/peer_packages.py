"""Fetch what tests use besides: peers, page checks, generators of clients, each in a folder of its own.

Pinned in the package-lock.json or requirements.txt of each folder. The Python generator has a folder of its
own, since it wants other versions of what we use. Tests that need what cannot be had are skipped, with the
reason in pytest's summary, so a failure stops nothing. Standard library only: it runs before anything is
installed.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.npm import ROOT, install_locked, run

NODE_PEERS = ROOT / "tests" / "peers" / "node"
PAGE_CHECKS = ROOT / "tests" / "e2e" / "node"
API_CLIENTS = ROOT / "tests" / "api" / "clients"


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """Packages in a folder beside the environment; ``noted`` there says which requirements they are."""

    requirements: Path
    site: Path

    @property
    def noted(self) -> Path:
        """The requirements that were installed last."""
        return self.site / "installed-requirements.txt"


# Within the environment, so that both go together.
API_GENERATOR = PythonTarget(
    API_CLIENTS / "python" / "requirements.txt", Path(sys.prefix) / "api-client-generator"
)


def main() -> int:
    for folder in (NODE_PEERS, PAGE_CHECKS, API_CLIENTS / "node"):
        if is_installed(folder):
            continue
        if trouble := install_locked(folder):
            print(
                f"Packages of {folder.relative_to(ROOT)} left out: {trouble}."
                " Their tests are skipped; `make peers` tries again."
            )
    if not is_target_installed(API_GENERATOR) and not install_target(API_GENERATOR):
        print("The generator of Python clients left out: pip could not fetch it. Its test is skipped.")
    return 0


def is_target_installed(target: PythonTarget) -> bool:
    """Tell whether exactly what is locked was installed last."""
    try:
        return target.noted.read_bytes() == target.requirements.read_bytes()
    except OSError:
        return False


def install_target(target: PythonTarget) -> bool:
    """Install what is locked into the target's folder."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    locked = ["--require-hashes", "--upgrade", "--target", str(target.site), "-r", str(target.requirements)]
    if not run([*pip, *locked], ROOT):
        return False
    target.noted.write_bytes(target.requirements.read_bytes())
    return True


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
