"""Kannel as ESME against the simulator: an SMSC must take its habits (docs/carriers.md §1.4)."""

from collections.abc import AsyncIterator

import pytest

from tests.peers.availability import needs_commands
from tests.peers.kannel import ACCEPTED, DELIVERED, FAILED, REFUSED, Kannel, kannel
from tests.peers.simulated_carriers import SimulatedCarriers, simulated_carriers

pytestmark = needs_commands("bearerbox", "smsbox", package="kannel")
# 660 units; Kannel cuts every 67 octets' worth, so through pairs, and asks for a receipt with the first only.
LONGEST = ("あ" * 66 + "😀" + "い" * 66 + "😀") * 4 + "う" * 116


@pytest.fixture(scope="module")
async def carriers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SimulatedCarriers]:
    async with simulated_carriers(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.fixture(scope="module")
async def esme(
    carriers: SimulatedCarriers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Kannel]:
    async with kannel(tmp_path_factory.mktemp("kannel"), carriers.ports["docomo"]) as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(esme: Kannel) -> None:
    esme.reports.clear()


async def test_a_short_text_arrives_and_is_reported_delivered(
    carriers: SimulatedCarriers, esme: Kannel
) -> None:
    await esme.send("09000000000", "ご予約は11/25です 😀")
    (text,) = await esme.reported(DELIVERED)
    assert "stat:DELIVRD" in text
    assert len(await esme.reported(ACCEPTED)) == 1
    (message,) = await carriers.messages("09000000000", complete=1)
    assert (message["text"], message["sender"]) == ("ご予約は11/25です 😀", "SENDER")


async def test_ten_segments_with_split_pairs_become_one_message(
    carriers: SimulatedCarriers, esme: Kannel
) -> None:
    before = (await carriers.links("docomo"))["receipts"]["acknowledged"]
    await esme.send("09000000001", LONGEST)
    (message,) = await carriers.messages("09000000001", complete=1)
    assert message["text"] == LONGEST
    assert message["segments"] == 10
    await esme.reported(DELIVERED)
    assert (await carriers.links("docomo"))["receipts"]["acknowledged"] == before + 1


async def test_a_receipt_of_failure_is_reported_failed(esme: Kannel) -> None:
    await esme.send("09000000400", "こんにちは")
    (text,) = await esme.reported(FAILED)
    assert "stat:REJECTD" in text
    assert "err:013" in text


async def test_a_refused_number_is_reported_at_once(esme: Kannel) -> None:
    """A number of au's at docomo: 0x0B without a body."""
    await esme.send("09000000010", "こんにちは")
    await esme.reported(REFUSED)
    assert [kind for kind, _ in esme.reports] == [REFUSED]


async def test_a_throttled_text_is_sent_again_and_arrives(carriers: SimulatedCarriers, esme: Kannel) -> None:
    await carriers.change_link("docomo", throttle=True)
    await esme.send("09000000002", "こんにちは")
    await carriers.refused("docomo", 1)
    await carriers.change_link("docomo", throttle=False)
    await esme.reported(DELIVERED)
    assert len(await carriers.messages("09000000002", complete=1)) == 1


async def test_it_binds_again_after_a_drop_and_after_an_unbind(
    carriers: SimulatedCarriers, esme: Kannel
) -> None:
    for order in ("drop", "unbind"):
        esme.reports.clear()
        await carriers.change_link("docomo", **{order: True})
        await esme.until_online()
        await esme.send("09000000003", order)
        await esme.reported(DELIVERED)
    messages = await carriers.messages("09000000003", complete=2)
    assert [message["text"] for message in messages] == ["drop", "unbind"]
