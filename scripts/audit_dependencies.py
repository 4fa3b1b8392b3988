"""Ask a vulnerability service about every locked package; needs pip-audit of the dev dependencies.

A known vulnerability fails. A service that cannot be reached, or breaks off, fails nothing: it says so, and
whoever has a network asks again.
"""

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from scripts.npm import ROOT

SERVICE = "https://api.osv.dev/v1/query"
LOCKED = ROOT / "requirements-dev.txt"
REACH_SECONDS = 2
AUDIT_SECONDS = 120
_NETWORK_TROUBLE = ("ConnectionError", "ServiceError", "Timeout", "HTTPError", "vulnerability feed")


def main() -> int:
    return audit(SERVICE, LOCKED)


def audit(service: str, locked: Path) -> int:
    """Return 0 when nothing is known or nobody could be asked, else 1."""
    if trouble := _unreachable(service):
        print(f"Dependencies not audited: the vulnerability service cannot be reached ({trouble}).")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(locked), "--disable-pip"]
        command += ["--vulnerability-service", "osv", "--osv-url", service, "--progress-spinner", "off"]
        command += ["--format", "json", "--output", str(report)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            print("Dependencies not audited: the vulnerability service is too slow.")
            return 0
        if report.exists():
            return _tell(json.loads(report.read_text("utf-8"))["dependencies"])
    if any(word in done.stderr for word in _NETWORK_TROUBLE):
        print("Dependencies not audited: the vulnerability service broke off.")
        return 0
    print(done.stderr, file=sys.stderr)
    return 1


def _unreachable(service: str) -> str | None:
    """Why the service does not answer; asked once, so that nobody waits for a hundred packages."""
    question = json.dumps({"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "26.0"}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(service, question), timeout=REACH_SECONDS):  # noqa: S310
            return None
    except (OSError, urllib.error.URLError) as error:
        return str(error)


def _tell(dependencies: list[dict[str, object]]) -> int:
    found = [one for one in dependencies if one.get("vulns")]
    for one in found:
        for known in one["vulns"]:  # type: ignore[attr-defined]
            fixed = ", ".join(known["fix_versions"]) or "no version yet"
            print(f"{one['name']} {one['version']}: {known['id']}, mended in {fixed}")
    print(f"{len(dependencies)} locked packages audited, {len(found)} with known vulnerabilities.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
