"""Stands in for a service of ours: answers its health page on the port of the variable it is given.

`python -m tests.workers.fake_service PORTAL_PORT`; with `demo-data FILE` it writes what the demo data would.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

DEMO = {
    "companies": [
        {
            "name": f"株式会社サンプル{number}",
            "api_key": f"key-{number}",
            "users": [{"login_id": f"user-{number}", "password": "secret", "role": "COMPANY_ADMIN"}],
        }
        for number in (1, 2)
    ],
    "operators": [{"login_id": "chief", "password": "secret", "role": "OPERATOR_ADMIN"}],
}


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with the names of the variables this process was given."""
        body = json.dumps(sorted(os.environ)).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


def main(*arguments: str) -> None:
    match arguments:
        case ("demo-data", file):
            Path(file).write_text(json.dumps(DEMO), "utf-8")
        case (variable,):
            HTTPServer(("127.0.0.1", int(os.environ[variable])), Health).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
