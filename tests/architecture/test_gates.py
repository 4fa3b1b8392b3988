"""What `make check` asks besides format, lint and types: known vulnerabilities, secrets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from detect_secrets.core import baseline

from scripts.audit_dependencies import audit
from scripts.scan_secrets import BASELINE, files_of, scan, unjudged
from workers.local_stack.ports import free_port
from workers.local_stack.settings import ROOT

# Put together here, so that the scan does not find them in this file.
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"


@contextmanager
def vulnerability_service(vulnerable: str) -> Iterator[str]:
    """Answers as OSV does; one package has a known vulnerability."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known: dict[str, Any] = {}
            if asked["package"]["name"] == vulnerable:
                known = {"vulns": [{"id": "GHSA-test", "summary": "bad", "affected": []}]}
            answer = json.dumps(known).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


def locked(folder: Path) -> Path:
    """Two packages, locked as ours are."""
    file = folder / "requirements.txt"
    lines = [f"{name}==1.0 \\\n    --hash=sha256:{'0' * 64}\n" for name in ("harmless-one", "harmful-one")]
    file.write_text("".join(lines), "utf-8")
    return file


@pytest.mark.parametrize(("vulnerable", "status"), [("harmful-one", 1), ("nobody", 0)])
def test_a_known_vulnerability_fails_the_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], vulnerable: str, status: int
) -> None:
    with vulnerability_service(vulnerable) as service:
        assert audit(service, locked(tmp_path)) == status
    told = capsys.readouterr().out
    assert f"2 locked packages audited, {status} with known vulnerabilities" in told
    assert ("harmful-one 1.0: GHSA-test" in told) is bool(status)


def test_a_service_out_of_reach_fails_nothing_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(f"http://127.0.0.1:{free_port()}/v1/query", locked(tmp_path)) == 0
    assert "not audited" in capsys.readouterr().out


def test_a_new_secret_is_found_and_one_judged_before_is_not(tmp_path: Path) -> None:
    known = baseline.load(json.loads(BASELINE.read_text("utf-8")), str(BASELINE))
    (tmp_path / "new.py").write_text(f'TOKEN = "{TOKEN}"\n', "utf-8")
    found = [(name, secret.type) for name, secret in unjudged(scan(tmp_path, ["new.py"]), known)]
    assert ("new.py", "GitHub Token") in found
    judged = sorted(known.files)[:2]
    assert scan(ROOT, judged)
    assert unjudged(scan(ROOT, judged), known) == []


def test_what_is_judged_is_still_there() -> None:
    """A baseline that names files long gone hides nothing, but nobody can read it either."""
    assert set(json.loads(BASELINE.read_text("utf-8"))["results"]) <= set(files_of(ROOT))
