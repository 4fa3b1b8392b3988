"""What `make run` makes first: companies and operators to try the product with."""

import json
from pathlib import Path

import psycopg
from pydantic import SecretStr

from tests.support.postgres import jobs_url, owner_url
from workers.demo import write_demo_data
from workers.settings import Settings


async def test_companies_and_operators_are_made_with_the_rights_of_jobs(
    database_url: str, tmp_path: Path
) -> None:
    """Also the operators' trail, whose function is held to its transaction's companies (decision 0028)."""
    with psycopg.connect(owner_url(database_url)) as owner:
        owner.execute("DELETE FROM operator_sessions")
        owner.execute("UPDATE operators SET login_id = login_id || gen_random_uuid()::text")
    settings = Settings(
        database_url=SecretStr(database_url), jobs_database_url=SecretStr(jobs_url(database_url))
    )
    output = tmp_path / "demo.json"

    await write_demo_data(settings, output)

    made = json.loads(output.read_text("utf-8"))
    assert (len(made["companies"]), len(made["operators"])) == (2, 3)
