"""Operators' accounts from the command line: a deployment's first one, and a second factor that was lost."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from services.database import OWN_STAFF
from tests.support.postgres import jobs_url
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
        env={**os.environ, "DATABASE_URL": database_url, "JOBS_DATABASE_URL": jobs_url(database_url)},
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


def reset(
    database_url: str, login_id: str, command: str = "reset-operator-factor"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers", command, "--login-id", login_id],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "JOBS_DATABASE_URL": jobs_url(database_url)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_new_operator_needs_a_second_factor_and_a_lost_one_is_taken_away(
    database_url: str, tmp_path: Path
) -> None:
    """On record as done from the command line; an unknown login id is said to be one."""
    secret = tmp_path / "password"
    secret.write_text("velvet harbour 42 lanterns\n", "utf-8")
    assert create(database_url, secret, "lost@operator.example").returncode == 0
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT id, needs_second_factor FROM operators WHERE login_id = 'lost@operator.example'"
        ).fetchone()
        assert row is not None
        assert row[1] is True
        connection.execute(
            "INSERT INTO operator_totp_secrets (operator_id, sealed_secret, confirmed_at)"
            " VALUES (%s, '', now())",
            [row[0]],
        )
    done = reset(database_url, "Lost@operator.example")
    assert (done.returncode, done.stderr) == (0, "")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM operator_totp_secrets").fetchone() == (0,)
        connection.execute("SELECT set_config('app.company_ids', %s, true)", [f"{{{OWN_STAFF}}}"])
        entry = connection.execute(
            "SELECT actor_kind, target_id FROM audit_entries WHERE action = 'second_factor_reset'"
        ).fetchone()
    assert entry == ("system", row[0])
    unknown = reset(database_url, "nobody@operator.example")
    assert unknown.returncode == 1
    assert "no operator" in unknown.stderr


def test_a_lock_is_lifted_and_the_trail_is_whole(database_url: str, tmp_path: Path) -> None:
    """C-4: the way back of an operator nobody can help on the pages; on record, and the record is checked."""
    secret = tmp_path / "password"
    secret.write_text("velvet harbour 42 lanterns\n", "utf-8")
    assert create(database_url, secret, "locked@operator.example").returncode == 0
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE operators SET locked_until = now() + interval '1 hour', failed_sign_ins = 5"
            " WHERE login_id = 'locked@operator.example'"
        )
    done = reset(database_url, "LOCKED@operator.example", "unlock-operator")
    assert (done.returncode, done.stderr) == (0, "")
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT locked_until, failed_sign_ins FROM operators WHERE login_id = 'locked@operator.example'"
        ).fetchone()
    assert found == (None, 0)
    assert reset(database_url, "nobody@operator.example", "unlock-operator").returncode == 1
    checked = subprocess.run(
        [sys.executable, "-m", "workers", "verify-audit"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "JOBS_DATABASE_URL": jobs_url(database_url)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (checked.returncode, checked.stdout) == (0, "All audit trails are whole.\n")
