"""The settings the stack hands to its processes. Whatever the environment holds already wins.

So a real carrier, another database or another cluster is a matter of one variable.
"""

from collections.abc import Mapping

from workers.local_stack.credentials import Credentials
from workers.local_stack.ports import LOOPBACK, LOOPBACK_NAME
from workers.local_stack.postgres import APP, JOBS, OWNER
from workers.local_stack.settings import ROOT, StackSettings

SMPP_CARRIERS = ("DOCOMO", "AU", "SOFTBANK", "RAKUTEN")
MAAP_CARRIERS = ("DOCOMO", "AU", "SOFTBANK")
PLATFORM = "platform"  # what the platform calls itself towards the carriers


def stack_environment(settings: StackSettings, credentials: Credentials) -> dict[str, str]:
    """Every variable a service of ours reads, by name."""
    values: dict[str, str] = {name: str(number) for name, number in settings.ports.items()}

    def offer(name: str, default: str) -> str:
        values[name] = settings.environment.get(name) or default
        return values[name]

    _offer_servers(offer_to=values, settings=settings, credentials=credentials)
    offer("DEMO_FILE", str(settings.demo_file))
    offer("ENCRYPTION_KEY", credentials.encryption_key)
    offer("MAIL_CATCHER_DATA_DIR", str(settings.var / "mails"))
    offer("SMTP_URL", f"smtp://{LOOPBACK}:{settings.ports['MAIL_CATCHER_SMTP_PORT']}?encryption=none")
    offer("MAIL_FROM", "no-reply@portal.example")
    offer("SIMULATOR_DATA_DIR", str(settings.var / "simulator"))
    system_id = offer("SIMULATOR_SMPP_SYSTEM_ID", PLATFORM)
    password = offer("SIMULATOR_SMPP_PASSWORD", credentials.smpp_password)
    client_id = offer("SIMULATOR_OAUTH_CLIENT_ID", PLATFORM)
    secret = offer("SIMULATOR_OAUTH_CLIENT_SECRET", credentials.oauth_client_secret)
    recycling = offer("SIMULATOR_NUMBER_RECYCLING_TOKEN", credentials.number_recycling_token)
    webhook_token = offer("MAAP_WEBHOOK_TOKEN", credentials.webhook_token)
    offer("SIMULATOR_WEBHOOK_TOKEN", webhook_token)
    portal = f"http://{LOOPBACK}:{settings.ports['PORTAL_PORT']}"
    offer("SIMULATOR_WEBHOOK_URL", f"{portal}/callbacks/maap/{{carrier}}")
    simulator = f"{LOOPBACK}:{settings.ports['SIMULATOR_HTTP_PORT']}"
    for carrier in SMPP_CARRIERS:
        smpp = f"{LOOPBACK}:{settings.ports[f'SIMULATOR_SMPP_{carrier}_PORT']}"
        offer(f"SMPP_{carrier}_URL", f"smpp://{system_id}:{password}@{smpp}")
    for carrier in MAAP_CARRIERS:
        offer(f"MAAP_{carrier}_URL", f"http://{client_id}:{secret}@{simulator}/maap/{carrier.lower()}")
    offer("NUMBER_RECYCLING_URL", f"http://{recycling}@{simulator}")
    return values


def _offer_servers(*, offer_to: dict[str, str], settings: StackSettings, credentials: Credentials) -> None:
    ports, given = settings.ports, settings.environment
    own_ui = f"http://{LOOPBACK}:{ports['TEMPORAL_UI_PORT']}" if settings.own_temporal else ""
    defaults = {
        **_database_urls(settings, credentials),
        "TEMPORAL_ADDRESS": f"{LOOPBACK}:{ports['TEMPORAL_PORT']}",
        "TEMPORAL_UI_URL": own_ui,
        # By name: browsers make no passkeys for a bare address.
        "PORTAL_URL": f"http://{LOOPBACK_NAME}:{ports['PORTAL_PORT']}",
        # Everything here has to end within 30 s, servers included.
        "WORKER_GRACE_SECONDS": "18",
    }
    offer_to.update({name: given.get(name) or default for name, default in defaults.items()})


def _database_urls(settings: StackSettings, credentials: Credentials) -> dict[str, str]:
    if not settings.own_postgres:
        # Its one role serves for everything, unless the environment names the others as well.
        given = settings.environment["DATABASE_URL"]
        return {"DATABASE_URL": given, "JOBS_DATABASE_URL": given, "MIGRATION_DATABASE_URL": given}
    roles = {
        "DATABASE_URL": (APP, credentials.postgres_app),
        "JOBS_DATABASE_URL": (JOBS, credentials.postgres_jobs),
        "MIGRATION_DATABASE_URL": (OWNER, credentials.postgres_owner),
    }
    server = f"{LOOPBACK}:{settings.ports['POSTGRES_PORT']}/{OWNER}"
    return {name: f"postgresql://{role}:{password}@{server}" for name, (role, password) in roles.items()}


def child_environment(
    found: Mapping[str, str], values: Mapping[str, str], names: tuple[str, ...], fixed: Mapping[str, str]
) -> dict[str, str]:
    """What the machine sets for every program, plus only those of our variables the service asks for."""
    machine = {name: value for name, value in found.items() if name not in values}
    chosen = {name: values[name] for name in names}
    return {**machine, **chosen, **fixed, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
