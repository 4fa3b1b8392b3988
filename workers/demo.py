"""The demonstration companies and operators, and the file that tells their sign-ins and keys."""

import json
from pathlib import Path

from services.database import OWN_STAFF, JobsDatabase, enter_companies
from services.demo_data import DemoCompany, DemoUser, ensure_demo_data
from services.operators import DemoOperator, ensure_demo_operators
from workers.local_stack.settings import private_file
from workers.settings import Settings


async def write_demo_data(settings: Settings, output: Path) -> None:
    """Make the companies that are missing; keep the keys of an earlier run that still work."""
    database = JobsDatabase(settings.jobs_database, pool_size=1)
    async with database.transaction() as session:
        companies = await ensure_demo_data(session, _known_keys(output))
        # The trail's function belongs to the owner, whom row-level security holds as well.
        await enter_companies(session, OWN_STAFF)
        operators = await ensure_demo_operators(session)
    await database.close()
    made = {
        "companies": [_as_json(company) for company in companies],
        "operators": [_sign_in(operator) for operator in operators],
    }
    content = json.dumps(made, ensure_ascii=False, indent=2)
    private_file(output, content + "\n")


def _known_keys(output: Path) -> list[str]:
    if not output.exists():
        return []
    return [company["api_key"] for company in json.loads(output.read_text("utf-8"))["companies"]]


def _as_json(company: DemoCompany) -> dict[str, object]:
    return {
        "name": company.name,
        "api_key": company.api_key,
        "users": [_sign_in(user) for user in company.users],
    }


def _sign_in(person: DemoUser | DemoOperator) -> dict[str, str]:
    return {"login_id": person.login_id, "password": person.password, "role": person.role.value}
