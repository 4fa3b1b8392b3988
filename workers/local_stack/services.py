"""Our own processes: what each is started with. docker-compose.yml starts the same commands.

A service gets only the variables in its row (besides the machine's own, PATH and the like).
"""

from dataclasses import dataclass, field

PLATFORM_ENVIRONMENT = (
    "DATABASE_URL",
    "TEMPORAL_ADDRESS",
    "TEMPORAL_UI_URL",
    "PORTAL_URL",
    "WORKER_GRACE_SECONDS",
    "MAAP_WEBHOOK_TOKEN",
    "ENCRYPTION_KEY",
    "SMTP_URL",
    "MAIL_FROM",
    "SMPP_DOCOMO_URL",
    "SMPP_AU_URL",
    "SMPP_SOFTBANK_URL",
    "SMPP_RAKUTEN_URL",
    "MAAP_DOCOMO_URL",
    "MAAP_AU_URL",
    "MAAP_SOFTBANK_URL",
    "NUMBER_RECYCLING_URL",
)
# What has to do with all companies at once: sweeps, demonstration companies.
JOBS_ENVIRONMENT = (*PLATFORM_ENVIRONMENT, "JOBS_DATABASE_URL")
MIGRATION_ENVIRONMENT = (*PLATFORM_ENVIRONMENT, "MIGRATION_DATABASE_URL")
SIMULATOR_ENVIRONMENT = (
    "SIMULATOR_HTTP_PORT",
    "SIMULATOR_SMPP_DOCOMO_PORT",
    "SIMULATOR_SMPP_AU_PORT",
    "SIMULATOR_SMPP_SOFTBANK_PORT",
    "SIMULATOR_SMPP_RAKUTEN_PORT",
    "SIMULATOR_DATA_DIR",
    "SIMULATOR_WEBHOOK_URL",
    "SIMULATOR_WEBHOOK_TOKEN",
    "SIMULATOR_SMPP_SYSTEM_ID",
    "SIMULATOR_SMPP_PASSWORD",
    "SIMULATOR_OAUTH_CLIENT_ID",
    "SIMULATOR_OAUTH_CLIENT_SECRET",
    "SIMULATOR_NUMBER_RECYCLING_TOKEN",
)
MAIL_CATCHER_ENVIRONMENT = (
    "MAIL_CATCHER_SMTP_PORT",
    "MAIL_CATCHER_HTTP_PORT",
    "MAIL_CATCHER_DATA_DIR",
)


@dataclass(frozen=True)
class Task:
    """Runs once at every start and has to succeed. `{demo_file}` is filled in by the launcher."""

    name: str
    title: str
    arguments: tuple[str, ...]  # after the interpreter
    environment: tuple[str, ...] = PLATFORM_ENVIRONMENT


@dataclass(frozen=True)
class Service:
    """Runs until the stack stops; started again when it dies."""

    name: str
    title: str
    arguments: tuple[str, ...]
    health_port: str  # the variable that holds its number
    health_path: str
    stop_stage: int
    stop_share: float  # see Member
    environment: tuple[str, ...] = PLATFORM_ENVIRONMENT
    # The worker reads one name, the two workers of one machine need two numbers.
    renamed: dict[str, str] = field(default_factory=dict)
    needs_platform: bool = True  # waits for the database, the migrations and Temporal


TASKS = (
    Task("migrate", "Migrations", ("-m", "workers", "migrate"), MIGRATION_ENVIRONMENT),
    Task(
        "demo-data",
        "Demo data",
        ("-m", "workers", "demo-data", "--output", "{demo_file}"),
        JOBS_ENVIRONMENT,
    ),
)

# Stopped in the order of their stages: first nobody asks for more, then what runs is finished (workers get
# 20 of the 28 seconds), then the carriers may go.
SERVICES = (
    Service(
        name="simulator",
        title="Carrier simulator",
        arguments=("-m", "simulator"),
        health_port="SIMULATOR_HTTP_PORT",
        health_path="/health",
        stop_stage=2,
        stop_share=0.86,
        environment=SIMULATOR_ENVIRONMENT,
        needs_platform=False,
    ),
    Service(
        name="mail-catcher",
        title="Mail catcher",
        arguments=("-m", "simulator.mail"),
        health_port="MAIL_CATCHER_HTTP_PORT",
        health_path="/health",
        stop_stage=2,
        stop_share=0.86,
        environment=MAIL_CATCHER_ENVIRONMENT,
        needs_platform=False,
    ),
    Service(
        name="message-worker",
        title="Message worker",
        arguments=("-m", "workers", "message"),
        health_port="MESSAGE_WORKER_HEALTH_PORT",
        health_path="/health/ready",
        stop_stage=1,
        stop_share=0.83,
        environment=JOBS_ENVIRONMENT,
        renamed={"WORKER_HEALTH_PORT": "MESSAGE_WORKER_HEALTH_PORT"},
    ),
    Service(
        name="carrier-worker",
        title="Carrier worker",
        arguments=("-m", "workers", "carrier"),
        health_port="CARRIER_WORKER_HEALTH_PORT",
        health_path="/health/ready",
        stop_stage=1,
        stop_share=0.83,
        renamed={"WORKER_HEALTH_PORT": "CARRIER_WORKER_HEALTH_PORT"},
    ),
    Service(
        name="portal",
        title="Portal and API",
        arguments=("-m", "workers", "portal"),
        health_port="PORTAL_PORT",
        health_path="/health/ready",
        stop_stage=0,
        stop_share=0.14,
        environment=(*PLATFORM_ENVIRONMENT, "PORTAL_PORT", "DEMO_FILE"),  # sign-ins on the sign-in page
    ),
)
