"""What Prometheus is told (N-5): figures of delivery, and nothing about anybody (I10)."""

import re
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr
from starlette.types import Scope

import activities.metrics
from domain.carrier_exchange import ReceiptState
from domain.link_states import LinkState
from domain.links import Link
from middleware.routes import route_of
from services.database import Database, JobsDatabase
from services.delivery_gauges import delivery_gauges
from tests.architecture.compose_file import OPERATIONS
from tests.services.factories import open_bench, report
from tests.support.postgres import jobs_url
from workers import http_metrics
from workers.link_metrics import LinkCollector
from workers.portal import build_app
from workers.settings import Settings

LABELS = {
    "channel",
    "carrier",
    "outcome",
    "state",
    "status",
    "sweep",
    "result",
    "link",
    "why",
    "method",
    "route",
    "le",
}


def our_families() -> Iterator[tuple[str, set[str]]]:
    for module in (activities.metrics, http_metrics):
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                (family,) = metric.describe()
                yield family.name, set(metric._labelnames)
    for family in LinkCollector(lambda: [state()]).collect():
        yield family.name, {label for sample in family.samples for label in sample.labels}


def state() -> LinkState:
    link = Link.SMS_AU
    return LinkState(link.value, link.channel, link.carrier, True, None, 3, 10, receipts_pending=2)


def test_labels_are_fixed_words_only() -> None:
    """No label could hold a number, a text, a company or an id."""
    families = dict(our_families())
    assert len(families) > 12
    assert set().union(*families.values()) <= LABELS


@pytest.mark.parametrize("name", [name for name, _ in our_families()])
def test_the_handbook_explains_every_figure(name: str) -> None:
    assert f"`{name}" in OPERATIONS


def test_the_links_of_a_process_are_read_when_asked() -> None:
    registry = CollectorRegistry()
    registry.register(LinkCollector(lambda: [state()]))
    told = generate_latest(registry).decode()
    assert 'delivery_link_up{link="sms-au"} 1.0' in told
    assert 'delivery_link_receipts_pending{link="sms-au"} 2.0' in told


def count(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("portal_http_requests_total", labels) or 0.0


async def test_requests_are_counted_by_pattern_not_by_address() -> None:
    app = build_app(Settings(database_url=SecretStr("postgresql://nobody@127.0.0.1:1/none")))
    before = count("GET", "/health/live", 200)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000"
    ) as client:
        await client.get("/health/live")
        await client.get("/log-09012345678")
        await client.get("/api/v1/campaigns/01920000-0000-7000-8000-00000000dead")
        told = (await client.get("/metrics")).text
    assert count("GET", "/health/live", 200) == before + 1
    ours = "\n".join(line for line in told.splitlines() if line.startswith("portal_http"))
    assert 'route="/api/v1/campaigns/{campaign_id}"' in ours
    assert "dead" not in ours
    # Values are clock times as well, some of whose digits look like a number.
    labels = " ".join(re.findall(r"\{(.*)\} ", told))
    assert "route=" in labels
    assert not re.search(r"0[6-9]0\d{8}", labels)


def test_a_request_no_route_answers_has_no_address() -> None:
    scope: Scope = {"type": "http", "path": "/anything/09012345678"}
    assert route_of(scope) == "none"


async def test_the_platforms_figures_come_from_the_database(fresh_database_url: str) -> None:
    database, jobs_database = Database(fresh_database_url), JobsDatabase(jobs_url(fresh_database_url))
    bench = await open_bench(database, jobs_database)
    campaign = await bench.campaign()
    await bench.ready(bench.order(campaign.message))
    await bench.rows("UPDATE submit_attempts SET started_at = started_at - interval '90 seconds'")
    await bench.store(report("nobody-knows", ReceiptState.DELIVERED))
    async with jobs_database.transaction() as session:
        gauges = await delivery_gauges(session)
    assert (gauges.receipts_waiting, gauges.submits_in_flight, gauges.campaigns_overdue) == (1, 1, 0)
    assert 90 <= gauges.oldest_submit_seconds < 150
    await jobs_database.close()
    await database.close()
