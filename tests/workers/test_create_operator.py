"""`python -m workers create-operator`: how a real deployment gets its first operator."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from workers.local_stack.settings import ROOT


def create(database_url: str, password_file: Path, login_id: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "workers",
        "create-operator",
        "--login-id",
        login_id,
        "--name",
        "運用 花子",
    ]
    return subprocess.run(
        [*command, "--role", "operator_admin", "--password-file", str(password_file)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_makes_an_operator_once_and_says_why_not_twice(database_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("velvet harbour 42 lanterns\n", "utf-8")
    made = create(database_url, secret, "first@operator.example")
    assert (made.returncode, made.stderr) == (0, "")
    again = create(database_url, secret, "first@operator.example")
    assert again.returncode == 1
    assert "already" in again.stderr
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT login_id, role, password_hash FROM operators").fetchall()
    assert [(login_id, role) for login_id, role, _ in rows] == [("first@operator.example", "operator_admin")]
    assert str(rows[0][2]).startswith("$argon2id$")


def test_a_weak_password_is_refused_with_the_reason(database_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("password1234\n", "utf-8")
    refused = create(database_url, secret, "weak@operator.example")
    assert refused.returncode == 1
    assert "too easy to guess" in refused.stderr
    assert "password1234" not in refused.stdout + refused.stderr
