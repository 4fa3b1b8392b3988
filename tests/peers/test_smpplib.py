"""smpplib as ESME against the simulator. It blocks, so each step runs in a thread."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.peers.availability import needs_package
from tests.peers.simulated_carriers import SimulatedCarriers, simulated_carriers

pytestmark = needs_package("smpplib")
SECONDS = 10.0
# smpplib cuts UCS-2 every 134 octets, so through the first pair, and knows nothing of surrogates.
# 090-0000-SSCN: scene 00 is "delivered", C the carrier.
NUMBERS = {"docomo": "09000000000", "au": "09000000010", "softbank": "09000000020", "rakuten": "09000000030"}
LONGEST = "あ" * 66 + "😀" + "い" * 592


@dataclass
class Esme:
    """What smpplib was told: answers as (status, message id), receipts as (text, message id TLV)."""

    client: Any
    answers: list[tuple[int, str]] = field(default_factory=list)
    receipts: list[tuple[str, str]] = field(default_factory=list)
    refuse_receipts: int = 0

    def send(self, number: str, text: str, **fields: Any) -> int:
        """Submit a text as smpplib cuts it; the number of segments."""
        from smpplib import consts, gsm  # here, since the module is also read where smpplib is missing

        parts, coding, esm_class = gsm.make_parts(text, consts.SMPP_ENCODING_ISO10646)
        for part in parts:
            self.client.send_message(
                source_addr_ton=5,
                source_addr_npi=0,
                source_addr="SENDER",
                dest_addr_ton=1,
                dest_addr_npi=1,
                destination_addr="81" + number[1:],
                short_message=part,
                data_coding=coding,
                esm_class=esm_class,
                registered_delivery=True,
                **fields,
            )
        return len(parts)

    def read_until(self, condition: Callable[[], object]) -> None:
        """Read PDUs until a condition holds."""
        self.client._socket.settimeout(SECONDS)
        while not condition():
            self.client.read_once(auto_send_enquire_link=False)

    def answered(self, pdu: Any) -> None:
        self.answers.append((pdu.status, (pdu.message_id or b"").decode()))

    def received(self, pdu: Any) -> int:
        self.receipts.append((pdu.short_message.decode(), pdu.receipted_message_id.decode()))
        if self.refuse_receipts:
            self.refuse_receipts -= 1
            return 0x64
        return 0


def bound(port: int, how: str = "bind_transceiver", *, wrong_password: bool = False) -> Esme:
    from smpplib.client import Client

    esme = Esme(Client("127.0.0.1", port, timeout=SECONDS, allow_unknown_opt_params=True))
    esme.client.set_message_sent_handler(esme.answered)
    esme.client.set_message_received_handler(esme.received)
    # Answers with an error reach both handlers; this one would raise.
    esme.client.set_error_pdu_handler(lambda pdu: None)
    esme.client.connect()
    getattr(esme.client, how)(system_id="platform", password="wrong" if wrong_password else "simulator")
    return esme


def left(esme: Esme) -> None:
    esme.client.unbind()
    esme.client.disconnect()


@pytest.fixture(scope="module")
async def carriers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SimulatedCarriers]:
    async with simulated_carriers(tmp_path_factory.mktemp("simulator")) as running:
        yield running


@pytest.mark.parametrize("carrier", ["docomo", "au", "softbank", "rakuten"])
async def test_ten_segments_with_a_split_pair_become_one_message_with_ten_receipts(
    carriers: SimulatedCarriers, carrier: str
) -> None:
    number = NUMBERS[carrier]

    def work() -> Esme:
        esme = bound(carriers.ports[carrier])
        count = esme.send(number, LONGEST)
        esme.read_until(lambda: len(esme.answers) == len(esme.receipts) == count)
        left(esme)
        return esme

    esme = await asyncio.to_thread(work)
    assert {status for status, _ in esme.answers} == {0}
    assert {tlv.rstrip("\0") for _, tlv in esme.receipts} == {message_id for _, message_id in esme.answers}
    assert all("stat:DELIVRD" in text for text, _ in esme.receipts)
    digits = {"docomo": 10, "au": 12, "softbank": 10, "rakuten": 12}[carrier]
    assert all(re.search(rf"done date:[0-9]{{{digits}}} ", text) for text, _ in esme.receipts)
    (message,) = await carriers.messages(number, complete=1)
    assert (message["text"], message["segments"], message["sender"]) == (LONGEST, 10, "SENDER")


async def test_a_refused_receipt_comes_again_and_one_of_a_closed_bind_over_the_next(
    carriers: SimulatedCarriers,
) -> None:
    number = "09000000001"

    def send_and_leave() -> Esme:
        esme = bound(carriers.ports["docomo"], "bind_transmitter")
        esme.send(number, "一通目")
        esme.read_until(lambda: esme.answers)
        left(esme)
        return esme

    def come_back(message_id: str) -> Esme:
        esme = bound(carriers.ports["docomo"], "bind_receiver")
        esme.refuse_receipts = 1
        esme.read_until(lambda: len(esme.receipts) == 2)
        left(esme)
        return esme

    ((_, message_id),) = (await asyncio.to_thread(send_and_leave)).answers
    receipts = (await asyncio.to_thread(come_back, message_id)).receipts
    assert {tlv.rstrip("\0") for _, tlv in receipts} == {message_id}


async def test_refusals_are_understood_with_a_body_and_without(carriers: SimulatedCarriers) -> None:
    def work(carrier: str, number: str) -> list[tuple[int, str]]:
        esme = bound(carriers.ports[carrier])
        esme.send(number, "こんにちは")
        esme.read_until(lambda: esme.answers)
        left(esme)
        return esme.answers

    # A number of au's at docomo, which sends no body with an error; one of docomo's at au, which does.
    assert await asyncio.to_thread(work, "docomo", NUMBERS["au"]) == [(0x0B, "")]
    assert await asyncio.to_thread(work, "au", NUMBERS["docomo"]) == [(0x0401, "")]


async def test_a_wrong_password_is_refused(carriers: SimulatedCarriers) -> None:
    from smpplib.exceptions import PDUError

    def work() -> None:
        with pytest.raises(PDUError, match="14"):
            bound(carriers.ports["docomo"], wrong_password=True)

    await asyncio.to_thread(work)
