"""The demonstration companies and the file that tells their sign-ins and keys."""

import json
from pathlib import Path

from services.database import JobsDatabase
from services.demo_data import DemoCompany, ensure_demo_data
from workers.local_stack.settings import private_file
from workers.settings import Settings


async def write_demo_data(settings: Settings, output: Path) -> None:
    """Make the companies that are missing; keep the keys of an earlier run that still work."""
    database = JobsDatabase(settings.jobs_database, pool_size=1)
    async with database.transaction() as session:
        companies = await ensure_demo_data(session, _known_keys(output))
    await database.close()
    content = json.dumps(
        {"companies": [_as_json(company) for company in companies]}, ensure_ascii=False, indent=2
    )
    private_file(output, content + "\n")


def _known_keys(output: Path) -> list[str]:
    if not output.exists():
        return []
    return [company["api_key"] for company in json.loads(output.read_text("utf-8"))["companies"]]


def _as_json(company: DemoCompany) -> dict[str, object]:
    return {
        "name": company.name,
        "api_key": company.api_key,
        "users": [
            {"login_id": user.login_id, "password": user.password, "role": user.role.value}
            for user in company.users
        ],
    }
