"""Our SMPP link against smpp34 as the SMSC."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from domain.carrier_exchange import DeliveryReceipt, ReceiptState, SubmitOutcome
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import DOCOMO, SOFTBANK, SmppProfile
from tests.gateways.smpp.conftest import outcomes, quick, sms
from tests.gateways.smpp.fake_smsc import until
from tests.peers.availability import needs_package
from tests.peers.processes import PeerProcess

pytestmark = needs_package("smpp34")
SCRIPT = Path(__file__).with_name("smpp34_smsc.py")
# 660 units, a pair across the border of every segment of 67.
LONGEST = ("あ" * 66 + "😀" + "い" * 66 + "😀") * 4 + "う" * 116


class Smpp34:
    """The peer and a link to it."""

    def __init__(self, process: PeerProcess, link: SmppLink, receipts: list[DeliveryReceipt]) -> None:
        self._process = process
        self.link = link
        self.receipts = receipts

    async def events(self, name: str, count: int) -> list[dict[str, Any]]:
        """The next events of a name; others between them are passed over."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            event = json.loads(await self._process.line())
            if event["event"] == name:
                found.append(event)
        return found


def position(submit: dict[str, Any]) -> int:
    """The segment's number, from its TLV or its user data header, after which both say the same message."""
    if tlvs := submit["tlvs"]:
        assert tlvs["020c"] == "1234"
        return int(tlvs["020f"], 16)
    assert submit["esm_class"] == 0x40
    header = bytes.fromhex(submit["data"][:12])
    assert header[:4] == bytes((5, 0, 3, 0x34))
    return header[5]


@asynccontextmanager
async def smpp34(folder: Path, profile: SmppProfile, **orders: Any) -> AsyncIterator[Smpp34]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    receipts: list[DeliveryReceipt] = []

    async def keep(receipt: DeliveryReceipt) -> None:
        receipts.append(receipt)

    command = [sys.executable, str(SCRIPT), str(port), json.dumps(orders)]
    async with PeerProcess(command, folder, name="smpp34", talks=True) as process:
        link = SmppLink(profile, f"smpp://platform:secret@127.0.0.1:{port}", keep)
        peer = Smpp34(process, link, receipts)
        await peer.events("listening", 1)
        await link.start()
        try:
            assert await link.wait_until_bound(5.0)
            yield peer
        finally:
            await link.stop(grace_s=1.0)


@pytest.mark.parametrize("profile", [DOCOMO, SOFTBANK], ids=lambda profile: profile.carrier)
async def test_ten_segments_arrive_whole_and_their_receipts_come_back(
    tmp_path: Path, profile: SmppProfile
) -> None:
    async with smpp34(tmp_path, profile) as peer:
        results = await peer.link.submit(sms(LONGEST))
        assert {result.outcome for result in results} == {SubmitOutcome.ACCEPTED}
        # smpp34 hands them on side by side, so they come in any order.
        submits = sorted(await peer.events("submit", len(results)), key=position)
        header = 6 if profile is DOCOMO else 0
        octets = [bytes.fromhex(submit["data"]) for submit in submits]
        assert b"".join(part[header:] for part in octets).decode("utf-16-be") == LONGEST
        assert [position(submit) for submit in submits] == list(range(1, len(results) + 1))
        for part, submit in zip(octets, submits, strict=True):
            part[header:].decode("utf-16-be")  # no pair is cut, so each is a text of its own
            assert (submit["data_coding"], submit["registered_delivery"]) == (8, 1)
            assert submit["source"] == [5, 0, "TEST"]
            assert submit["destination"] == [1, 1, "819012345678"]
        await until(lambda: len(peer.receipts) == len(results))
        assert {receipt.state for receipt in peer.receipts} == {ReceiptState.DELIVERED}
        assert {r.carrier_message_id for r in peer.receipts} == {r.carrier_message_id for r in results}


async def test_a_receipt_before_its_answer_and_refusals_of_every_kind(tmp_path: Path) -> None:
    refuse = [0x58, 0x14, 0x0B, 0x08]
    async with smpp34(tmp_path, quick(), refuse=refuse, early=True) as peer:
        told = [outcomes(await peer.link.submit(sms()))[0] for _ in refuse]
        assert told == [
            SubmitOutcome.THROTTLED,
            SubmitOutcome.THROTTLED,
            SubmitOutcome.WRONG_CARRIER,
            SubmitOutcome.UNKNOWN,
        ]
        submitted = asyncio.create_task(peer.link.submit(sms()))
        await until(lambda: peer.receipts)
        (result,) = await submitted
        assert peer.receipts[0].carrier_message_id == result.carrier_message_id == "s34-1"
        (answered,) = await peer.events("receipt answered", 1)
        assert answered["status"] == 0


async def test_stop_unbinds_and_nothing_leaves_afterwards(tmp_path: Path) -> None:
    async with smpp34(tmp_path, quick(bound_wait_s=0.2)) as peer:
        assert outcomes(await peer.link.submit(sms())) == [SubmitOutcome.ACCEPTED]
        await peer.link.stop()
        await peer.events("unbound", 1)
        assert outcomes(await peer.link.submit(sms())) == [SubmitOutcome.NOT_SENT]
