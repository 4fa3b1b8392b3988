"""The command that checks the audit trails, for a night's cron and for an auditor."""

import typer

from services.audit_verification import audit_faults
from services.database import JobsDatabase
from workers.graceful_exit import exit_now
from workers.settings import Settings


async def verify_audit_trails(settings: Settings) -> None:
    """Print each fault on a line, or that there is none; end with status 1 if there is any."""
    database = JobsDatabase(settings.jobs_database, pool_size=1)
    async with database.snapshot() as session:
        faults = await audit_faults(session)
    await database.close()
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        exit_now(1)
    typer.echo("All audit trails are whole.")
