"""A company's campaign of 2,000 delays nobody else's message: the whole product, at a contract's rate (I8).

``tests/workflows/test_link_sharing.py`` shows the same of carrier calls alone, at every run; here feeder,
workflows, batches and the SMPP link are the product's, and the ledger says when a message was accepted.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

import httpx
import pytest

from domain.links import Link
from tests.e2e.every_page import OperatorClient
from tests.e2e.faults import Numbers, Sent, query, register, set_lane, wait_for_lines, wait_until
from tests.e2e.invariants import check_database
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]

LINK, CARRIER = Link.SMS_SOFTBANK, "softbank"
CAMPAIGN = 2_000
# The first company's lane as its contract has it, 40,000 an hour; the link lets out less than half of that,
# so a backlog builds up there.
LANE, RATE = 11, 5.0
BETWEEN_SINGLES_SECONDS = 10.0
LONGEST_DELAY_SECONDS = 2.0


@dataclass
class SharedLink:
    """A link two companies send over: the first one's campaign, the second one's single messages."""

    stack: Stack
    numbers: Numbers = field(default_factory=Numbers)

    def seconds_of_single(self) -> float:
        """Send one message of the second company; returns the seconds until the carrier has accepted it."""
        number = self.numbers.take(1, (CARRIER,))
        begun = datetime.now(UTC)
        sent = register(self.stack, "sms", number, company=1)
        kept = f"{self.stack.run['simulator_url']}/control/messages?number={number[0]}"
        wait_until("the message is at the carrier", lambda: httpx.get(kept).json()["messages"], 60)
        (line,) = sent.lines(self.stack)
        return (datetime.fromisoformat(line["time"]) - begun).total_seconds()

    def waiting(self, campaign: Sent) -> int:
        """How many messages of the campaign are not at the carrier yet."""
        return len(campaign.numbers) - len(campaign.lines(self.stack))


@pytest.fixture
def link(stack: Stack) -> Iterator[SharedLink]:
    """The link at a rate of its contract, set as operators do, and the lane; afterwards as before."""
    user = next(user for user in stack.run["operators"] if user["role"] == "operator_admin")
    operator = OperatorClient(stack.run["portal_url"], user)
    ((before,),) = query(stack, "SELECT contract_rate FROM links WHERE link = %s", LINK.value)

    def set_rate(rate: float) -> None:
        operator.open(f"/operator/links/{LINK}/rate")
        operator.send("契約速度を変更する", rate=f"{rate:g}")

    set_rate(RATE)
    set_lane(stack, 0, LANE)
    yield SharedLink(stack)
    set_rate(1_000)  # what still waits is let out, so that the books can be closed
    running = "SELECT 1 FROM campaigns WHERE status IN ('registered', 'sending')"
    wait_until("all campaigns have ended", lambda: not query(stack, running), 240)
    set_rate(before)
    set_lane(stack, 0, 1_000_000 // 3_600)
    check_database(stack.run["database_url"], stack.ledger())


def test_a_campaign_of_2000_delays_no_other_companys_message_by_more_than_two_seconds(
    stack: Stack, link: SharedLink
) -> None:
    """Neither while its messages are being started, nor while most of them wait at the link."""
    alone = median(link.seconds_of_single() for _ in range(3))
    campaign = register(stack, "sms", link.numbers.take(CAMPAIGN, (CARRIER,)), timeout=60)
    wait_for_lines(stack, campaign, 1)
    fed, while_starting = "SELECT 1 FROM campaigns WHERE id = %s AND fed_at IS NOT NULL", []
    while not query(stack, fed, campaign.id):
        while_starting.append(link.seconds_of_single())
        time.sleep(BETWEEN_SINGLES_SECONDS)
    behind = [link.seconds_of_single() for _ in range(5)]
    waiting = link.waiting(campaign)

    print(f"alone {alone:.2f} s; while it starts {_list(while_starting)}; behind it {_list(behind)}")
    print(f"{waiting} of {CAMPAIGN} still waited")
    assert len(while_starting) > 5
    assert waiting > CAMPAIGN / 10, "the backlog must still be there, or nothing was shown"
    assert max(while_starting) - alone < LONGEST_DELAY_SECONDS
    assert max(behind) - alone < LONGEST_DELAY_SECONDS


def _list(seconds: list[float]) -> str:
    return ", ".join(f"{one:.2f}" for one in seconds)
