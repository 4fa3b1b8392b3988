"""Fail on anything in the repository's files that looks like a secret and was not judged before.

``.secrets.baseline`` holds what was looked at and is none, or is one on purpose: hashes, not the words. With
``--accept`` it is written anew from what is found; whoever does that reviews its difference. A file that had
nothing new is not read again until it or the baseline changes. Needs detect-secrets of the dev dependencies.
"""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection

from scripts.npm import ROOT

BASELINE = ROOT / ".secrets.baseline"
CACHE = ROOT / ".secrets_cache"
WORKERS = 2
# Hashes of packages, recorded workflows full of base64, somebody else's schema, pictures.
NOT_OURS = re.compile(
    r"(^|/)requirements[\w-]*\.txt$|package-lock\.json$|^tests/workflows/histories/|compose_spec\.json$"
    r"|^\.secrets\.baseline$|\.(png|svg)$"
)
ADVICE = "Take it out. If it is none: `python -m scripts.scan_secrets --accept`, and say why in the review."


def main(arguments: list[str]) -> int:
    document = json.loads(BASELINE.read_text("utf-8"))
    known = baseline.load(document, str(BASELINE))
    names = files_of(ROOT)
    if "--accept" in arguments:
        document["results"] = _without_lines(baseline.format_for_output(scan(ROOT, names))["results"])
        BASELINE.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        return 0
    marks = {name: _mark(name) for name in names}
    clean = set(CACHE.read_text("utf-8").split()) if CACHE.exists() else set()
    judged = {(name, secret.secret_hash, secret.type) for name, secret in known}
    found = scan(ROOT, [name for name in names if marks[name] not in clean])
    fresh = [
        (name, secret) for name, secret in found if (name, secret.secret_hash, secret.type) not in judged
    ]
    for name, secret in sorted(fresh, key=lambda found: (found[0], found[1].line_number)):
        print(f"{name}:{secret.line_number}: looks like a secret ({secret.type})")
    dirty = {name for name, _ in fresh}
    CACHE.write_text("\n".join(mark for name, mark in marks.items() if name not in dirty), "utf-8")
    if fresh:
        print(ADVICE)
    return 1 if fresh else 0


def files_of(folder: Path) -> list[str]:
    """Return what git knows or would add and somebody wrote, relative to ``folder``."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if (folder / name).is_file() and not NOT_OURS.search(name)]


def scan(folder: Path, names: list[str]) -> SecretsCollection:
    """Return what the plugins and filters of the baseline find."""
    found = SecretsCollection(root=str(folder))
    found.scan_files(*names, num_processors=WORKERS)
    return found


def unjudged(found: SecretsCollection, known: SecretsCollection) -> list[tuple[str, Any]]:
    """Return what was found, with its file, and is not in the baseline; where in the file does not matter."""
    judged = {(name, secret.secret_hash, secret.type) for name, secret in known}
    return [(name, secret) for name, secret in found if (name, secret.secret_hash, secret.type) not in judged]


def _mark(name: str) -> str:
    """The state of a file under the present baseline."""
    content = (ROOT / name).read_bytes()
    return hashlib.sha256(b"\0".join((name.encode(), content, BASELINE.read_bytes()))).hexdigest()


def _without_lines(results: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Leave out the numbers of lines, which change with every change, and the folder of whoever accepts."""
    return {
        name: [
            {key: value for key, value in secret.items() if key != "line_number"} | {"filename": name}
            for secret in secrets
        ]
        for name, secrets in results.items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
