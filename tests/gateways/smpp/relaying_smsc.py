"""A fake SMSC that keeps each receipt until it is taken, and sends it over another bind than its submit's."""

import asyncio
import itertools
from collections import Counter

from gateways.smpp.bodies import ShortMessage, Tag
from gateways.smpp.pdu import CommandId, Pdu
from tests.gateways.smpp.fake_smsc import FakeSmsc, Peer


class RelayingSmsc(FakeSmsc):
    """All its receipts say delivered.

    ``submitted`` counts submit_sm by number and segment, ``acknowledged`` holds the ids of the receipts
    taken, ``of_lost_binds`` counts receipts that went out when their submit's bind was gone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.on_submit = self._accept
        self.submitted: Counter[tuple[str, int]] = Counter()
        self.acknowledged: set[str] = set()
        self.of_lost_binds = 0
        self._ids = itertools.count(1)
        self._open: dict[str, ShortMessage] = {}
        self._in_flight: dict[Peer, dict[int, str]] = {}
        self._owner: dict[str, Peer] = {}
        self._turn = itertools.count()

    @property
    def bound(self) -> list[Peer]:
        """The binds that are up."""
        return [peer for peer in self.peers if not peer.gone]

    def _accept(self, peer: Peer, pdu: Pdu) -> None:
        message = ShortMessage.decode(pdu.body)
        segment = message.short_message[5] if message.esm_class & 0x40 else 1
        self.submitted[message.destination.addr, segment] += 1
        message_id = f"relay-{next(self._ids)}"
        peer.accept(pdu, message_id)
        self._owner[message_id] = peer
        self._open[message_id] = ShortMessage(
            source=message.destination,
            destination=message.source,
            esm_class=4,
            short_message=f"id:{message_id} stat:DELIVRD err:000 text:".encode(),
            tlvs={Tag.RECEIPTED_MESSAGE_ID: message_id.encode() + b"\0"},
        )

    async def relay(self) -> None:
        """Send what is not acknowledged until all is; what a lost bind had goes over others."""
        while self._open:
            self._count_acknowledged()
            under_way = {one for peer in self.bound for one in self._in_flight.get(peer, {}).values()}
            for message_id in [one for one in self._open if one not in under_way]:
                self._send(message_id)
            await asyncio.sleep(0.01)

    def _send(self, message_id: str) -> None:
        others = [peer for peer in self.bound if peer is not self._owner[message_id]]
        candidates = others or self.bound
        if candidates:
            peer = candidates[next(self._turn) % len(candidates)]
            self.of_lost_binds += self._owner[message_id].gone
            sequence = peer.deliver(self._open[message_id])
            self._in_flight.setdefault(peer, {})[sequence] = message_id

    def _count_acknowledged(self) -> None:
        for peer, sent in self._in_flight.items():
            for pdu in peer.got(CommandId.DELIVER_SM_RESP):
                message_id = sent.pop(pdu.sequence, None)
                if message_id is not None and pdu.command_status == 0:
                    self.acknowledged.add(message_id)
                    self._open.pop(message_id, None)
