"""Every queue has a worker, every carrier's queue its rate, every activity a place where it runs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import pytest_asyncio
from pydantic import SecretStr
from temporalio.activity import _Definition as ActivityDefinition
from temporalio.client import Client

from activities.start_second_messages import SecondMessageStarter
from domain.links import Link
from services.database import Database
from tests.architecture.sources import files, name_of, parsed
from tests.workflows.fingerprints import stored
from workers import carrier as carrier_process
from workers import mail as mail_process
from workers import message as message_process
from workers.carrier import CarrierLinks
from workers.settings import Settings
from workflows.client import DeliveryClient
from workflows.inbound_inbox import InboundInbox
from workflows.receipt_inbox import ReceiptInbox
from workflows.task_queues import ALL, CAMPAIGNS, CARRIER_QUEUES, MESSAGES, NUMBER_RECYCLING

NO_CLIENT = cast("Client", None)
DATABASE_URL = "postgresql://nobody@127.0.0.1:1/nothing"  # never connected to


@pytest.fixture
def settings() -> Settings:
    """Settings with every link configured."""
    smpp, maap = SecretStr("smpp://id:password@127.0.0.1:1"), SecretStr("http://id:password@127.0.0.1:1/bot")
    links = {name: smpp for name in Settings.model_fields if name.startswith("smpp_")}
    links |= {name: maap for name in Settings.model_fields if name.startswith("maap_") and "_url" in name}
    links |= {
        "encryption_key": SecretStr("tests-only"),
        "number_recycling_url": maap,
        "smtp_url": SecretStr("smtp://127.0.0.1:1"),
    }
    return Settings(database_url=SecretStr(DATABASE_URL), **links)  # type: ignore[arg-type]


@dataclass(frozen=True)
class MadeWorker:
    """What a worker would be made of. A real one registers with the server as soon as it is made."""

    options: dict[str, Any]

    @property
    def activities(self) -> set[str]:
        """The names of its activities."""
        definitions = map(ActivityDefinition.must_from_callable, self.options["activities"])
        return {definition.name or "" for definition in definitions}


@pytest_asyncio.fixture(loop_scope="session")
async def links(settings: Settings) -> CarrierLinks:
    database, delivery = Database(DATABASE_URL), DeliveryClient(NO_CLIENT)
    starter = SecondMessageStarter(database, delivery.start_delivery, settings.waiting)
    return CarrierLinks(settings, ReceiptInbox(database, delivery), InboundInbox(database, starter))


@pytest.fixture
def workers(
    settings: Settings, links: CarrierLinks, monkeypatch: pytest.MonkeyPatch
) -> dict[str, MadeWorker]:
    """The workers of both processes by their queue."""
    made: list[MadeWorker] = []
    for process in (carrier_process, message_process, mail_process):
        monkeypatch.setattr(process, "Worker", lambda _client, **options: made.append(MadeWorker(options)))
    database, delivery = Database(DATABASE_URL), DeliveryClient(NO_CLIENT)
    starter = SecondMessageStarter(database, delivery.start_delivery, settings.waiting)
    message_process.message_workers(NO_CLIENT, database, settings, starter)
    carrier_process.carrier_workers(NO_CLIENT, Database(DATABASE_URL), links)
    mail_process.mail_workers(NO_CLIENT, Database(DATABASE_URL), settings)
    queues = {worker.options["task_queue"]: worker for worker in made}
    assert len(queues) == len(made), "two workers on one queue"
    return queues


async def test_every_queue_has_a_worker(workers: dict[str, MadeWorker]) -> None:
    assert set(workers) == set(ALL)


async def test_every_worker_gives_its_work_time_to_end(workers: dict[str, MadeWorker]) -> None:
    """I3: the SDK's default of 0 invites double sends."""
    graces = [worker.options["graceful_shutdown_timeout"] for worker in workers.values()]
    assert min(grace.total_seconds() for grace in graces) >= 15


async def test_no_worker_limits_the_rate_by_itself(workers: dict[str, MadeWorker]) -> None:
    """Decision 0007: the worker's option is last-poller-wins, the rate is the server's."""
    for worker in workers.values():
        assert "max_task_queue_activities_per_second" not in worker.options


async def test_carrier_calls_have_queues_of_their_own(workers: dict[str, MadeWorker]) -> None:
    """Decision 0007: only carrier calls on them, so that the queue's rate is the link's."""
    calls = {"submit_sms", "submit_rcs", "revoke_rcs", "check_number_recycling"}
    for queue in (*CARRIER_QUEUES, NUMBER_RECYCLING):
        assert workers[queue].activities <= calls
        assert "workflows" not in workers[queue].options
    assert not calls & (workers[CAMPAIGNS].activities | workers[MESSAGES].activities)


async def test_every_link_has_a_queue_of_its_name_and_a_rate(settings: Settings, links: CarrierLinks) -> None:
    rates = links.rates(settings)
    assert set(rates) == set(Link)
    assert {link.value for link in Link} == {*CARRIER_QUEUES, NUMBER_RECYCLING}
    assert all(rate > 0 for rate in rates.values())


async def test_every_link_tells_its_state(links: CarrierLinks) -> None:
    """N-5: the operators' page has a line for each of them."""
    assert sorted(state.name for state in links.states()) == sorted(link.value for link in Link)


async def test_every_activity_a_workflow_names_is_registered(workers: dict[str, MadeWorker]) -> None:
    named = set(_named_activities())
    assert named
    assert named == set().union(*(worker.activities for worker in workers.values()))


async def test_each_activity_is_registered_where_the_workflows_send_it(
    workers: dict[str, MadeWorker],
) -> None:
    """By what the recorded scenarios did, local activities included."""
    for scenario, commands in stored().items():
        own = CAMPAIGNS if scenario.startswith("campaign") else MESSAGES
        for kind, _, what in (command.partition("activity ") for command in commands):
            if what:
                name, _, queue = what.partition(" on ")
                assert name in workers[own if kind == "local " else queue].activities


def _named_activities() -> Iterator[str]:
    for path in files("workflows"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id.endswith("Activities"):
                    yield node.attr
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                by_name = node.func.attr in ("execute_activity", "execute_local_activity")
                assert not by_name, f"{name_of(path)}: call activities by their method, not by a name"
