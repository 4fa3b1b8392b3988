"""Make the secret files that docker-compose.yml mounts: ``python3 deploy/make_secrets.py``.

Draws what is random, once; a file that exists is never changed. Addresses of carriers are left empty for
the operator to fill in: an empty file means that the link does not exist. ``--with-simulator`` fills those
that are empty with the addresses of the carrier simulator. Standard library only.
"""

import argparse
import os
import secrets
import stat
import sys
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent / "secrets"
# Mounted into containers as they are, each of which has a user of its own. No secrets in them.
MOUNTED = ("postgres", "proxy", "temporal")
DRAWN = (
    "postgres_admin_password",
    "platform_database_password",
    "platform_app_database_password",
    "platform_jobs_database_password",
    "temporal_database_password",
    "maap_webhook_token",
    "encryption_key",
)
# Who signs in to PostgreSQL for what: docs/operations.md, "Roles of the database".
DATABASE_ROLES = {
    "database_url": ("platform_app", "platform_app_database_password"),
    "jobs_database_url": ("platform_jobs", "platform_jobs_database_password"),
    "migration_database_url": ("platform", "platform_database_password"),
}
SMPP_PORTS = {"docomo": 12775, "au": 12776, "softbank": 12777, "rakuten": 12778}
MAAP_CARRIERS = ("docomo", "au", "softbank")
WEBHOOK_TOKENS = tuple(f"maap_{carrier}_webhook_token" for carrier in MAAP_CARRIERS)
LINKS = (
    *(f"smpp_{carrier}_url" for carrier in SMPP_PORTS),
    *(f"maap_{carrier}_url" for carrier in MAAP_CARRIERS),
    "number_recycling_url",
    "smtp_url",
)
PLATFORM = "platform"  # what the platform calls itself towards the simulator


def make_secrets(directory: Path, *, with_simulator: bool) -> list[str]:
    """Write the files that are missing; the names of those written."""
    # Others on this machine cannot enter the folder. The files themselves are readable, because compose
    # mounts them as they are and each image runs as a user of its own.
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    # Letters and digits only: nothing needs quoting in an address.
    written = [name for name in DRAWN if _offer(directory / name, secrets.token_hex(24))]
    # Where platforms have the one token of all already, they keep it: an empty file means that one.
    is_new = "maap_webhook_token" in written
    written += [n for n in WEBHOOK_TOKENS if _offer(directory / n, secrets.token_hex(24) if is_new else "")]
    for name, (role, secret) in DATABASE_ROLES.items():
        password = (directory / secret).read_text("utf-8").strip()
        if _offer(directory / name, f"postgresql://{role}:{password}@postgres:5432/platform"):
            written.append(name)
    addresses = _simulator_addresses(directory) if with_simulator else {}
    written += [name for name in LINKS if _offer(directory / name, addresses.get(name, ""))]
    return written


def open_mounted_files(directory: Path) -> list[str]:
    """Let containers read what compose mounts: a clone made with umask 077 shuts them out."""
    changed = []
    for path in sorted(path for name in MOUNTED for path in (directory / name).rglob("*") if path.is_file()):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o044 != 0o044:
            path.chmod(mode | 0o044)
            changed.append(str(path.relative_to(directory)))
    return changed


def _simulator_addresses(directory: Path) -> dict[str, str]:
    """Addresses of the simulator's links; its side of the credentials goes to ``simulator.env``."""
    smpp = secrets.token_hex(4)  # SMPP allows eight characters
    oauth, recycling = secrets.token_hex(24), secrets.token_hex(24)
    environment = directory / "simulator.env"
    if environment.exists():
        known = dict(line.split("=", 1) for line in environment.read_text("utf-8").split())
        smpp = known["SIMULATOR_SMPP_PASSWORD"]
        oauth = known["SIMULATOR_OAUTH_CLIENT_SECRET"]
        recycling = known["SIMULATOR_NUMBER_RECYCLING_TOKEN"]
    webhook = (directory / "maap_webhook_token").read_text("utf-8").strip()
    content = {
        "SIMULATOR_SMPP_SYSTEM_ID": PLATFORM,
        "SIMULATOR_SMPP_PASSWORD": smpp,
        "SIMULATOR_OAUTH_CLIENT_ID": PLATFORM,
        "SIMULATOR_OAUTH_CLIENT_SECRET": oauth,
        "SIMULATOR_NUMBER_RECYCLING_TOKEN": recycling,
        "SIMULATOR_WEBHOOK_TOKEN": webhook,
    }
    for carrier in MAAP_CARRIERS:
        if own := (directory / f"maap_{carrier}_webhook_token").read_text("utf-8").strip():
            content[f"SIMULATOR_WEBHOOK_{carrier.upper()}_TOKEN"] = own
    _offer(environment, "\n".join(f"{name}={value}" for name, value in content.items()))
    addresses = {
        f"smpp_{carrier}_url": f"smpp://{PLATFORM}:{smpp}@simulator:{port}"
        for carrier, port in SMPP_PORTS.items()
    }
    for carrier in MAAP_CARRIERS:
        addresses[f"maap_{carrier}_url"] = f"http://{PLATFORM}:{oauth}@simulator:18080/maap/{carrier}"
    addresses["smtp_url"] = "smtp://mail-catcher:12525?encryption=none"
    addresses["number_recycling_url"] = f"http://{recycling}@simulator:18080"
    return addresses


def _offer(path: Path, value: str) -> bool:
    """Write ``value`` unless the file says something already; whether it was written."""
    if path.exists() and (not value or path.read_text("utf-8").strip()):
        return False
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(value + "\n" if value else "")
    draft.chmod(0o444)
    draft.replace(path)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the secret files of docker-compose.yml.")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    parser.add_argument(
        "--with-simulator", action="store_true", help="links without an address lead to the simulator"
    )
    arguments = parser.parse_args()
    written = make_secrets(arguments.directory, with_simulator=arguments.with_simulator)
    print(f"{arguments.directory}: wrote {', '.join(written) or 'nothing, all files were there'}.")
    if opened := open_mounted_files(Path(__file__).resolve().parent):
        print(f"Made readable for the containers: {', '.join(opened)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
