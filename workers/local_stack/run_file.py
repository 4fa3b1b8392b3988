"""`var/run.json`: where everything is and how to sign in; there while everything answers, gone otherwise."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from workers.local_stack.errors import StackError
from workers.local_stack.ports import LOOPBACK
from workers.local_stack.settings import StackSettings, private_file

API_PATH = "/api/v1"
OPERATOR_PATH = "/operator"


class DemoUser(BaseModel):
    login_id: str
    password: str
    role: str


class DemoCompany(BaseModel):
    name: str
    api_key: str
    users: list[DemoUser]


class DemoData(BaseModel):
    """What `python -m workers demo-data` writes."""

    companies: list[DemoCompany]
    operators: list[DemoUser]


class RunInformation(BaseModel):
    """`database_url` is that of the jobs: whoever may read this file looks at all companies."""

    portal_url: str
    api_url: str
    simulator_url: str
    mail_url: str
    temporal_ui_url: str
    temporal_address: str
    database_url: str
    companies: list[DemoCompany]
    operators: list[DemoUser]


def run_information(settings: StackSettings, values: Mapping[str, str]) -> RunInformation:
    demo = read_demo(settings.demo_file)
    return RunInformation(
        portal_url=values["PORTAL_URL"],
        api_url=values["PORTAL_URL"] + API_PATH,
        simulator_url=f"http://{LOOPBACK}:{settings.ports['SIMULATOR_HTTP_PORT']}",
        mail_url=f"http://{LOOPBACK}:{settings.ports['MAIL_CATCHER_HTTP_PORT']}",
        temporal_ui_url=values["TEMPORAL_UI_URL"],
        temporal_address=values["TEMPORAL_ADDRESS"],
        database_url=values["JOBS_DATABASE_URL"],
        companies=demo.companies,
        operators=demo.operators,
    )


def read_demo(path: Path) -> DemoData:
    try:
        return DemoData.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError) as error:
        raise StackError(f"The demo data wrote no usable {path}: {error}") from error


def write_run_file(path: Path, run: RunInformation) -> None:
    private_file(path, run.model_dump_json(indent=2) + "\n")
