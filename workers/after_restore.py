"""The command for the day a database comes back as it was: nothing due meanwhile goes out by itself."""

from datetime import datetime

import typer

from domain.callers import Caller
from services.after_restore import doubtful_campaigns, stop_second_messages
from services.campaign_cancel import cancel_campaign
from services.clock import database_now
from services.database import JOBS, Database, JobsDatabase
from workers.settings import Settings


async def stop_after_restore(settings: Settings) -> None:
    """Cancel what may have sent something that is not on record, and say what; repeating it changes nothing.

    The workers must not run. When they start again, the sweep ends every open message by its evidence.
    """
    jobs = JobsDatabase(settings.jobs_database, pool_size=1)
    database = Database(settings.database_url.get_secret_value(), pool_size=1, patience=JOBS)
    try:
        async with jobs.transaction() as session:
            campaigns = await doubtful_campaigns(session)
            now: datetime = await database_now(session)
        for company_id, campaign_id in campaigns:
            async with database.transaction(company_id) as session:
                stopped = await cancel_campaign(session, Caller(company_id), campaign_id, now)
            typer.echo(
                f"campaign {campaign_id} of company {company_id}: {stopped.cancelled} messages cancelled, "
                f"{stopped.already_handed_over} handed over before"
            )
        async with jobs.transaction() as session:
            second = await stop_second_messages(session)
        typer.echo(f"{len(campaigns)} campaigns and {second} second messages stopped.")
    finally:
        await database.close()
        await jobs.close()
