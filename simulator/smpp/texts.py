"""Texts a handset sends: the deliver_sm without a receipt in it."""

from dataclasses import asdict, dataclass
from typing import Any

from simulator.carriers import Carrier
from simulator.smpp.pdu import DELIVER_SM, Address, deliver_body

MAX_CHARACTERS = 70
"""UTF-16 code units of one short message; a handset of ours writes no longer ones."""

_UCS2 = 8


@dataclass(frozen=True, slots=True)
class HandsetText:
    """A text from `number` (national) to `sender`, the sender of the message it answers.

    `done_at`: epoch seconds of the writing.
    """

    system_id: str
    number: str
    sender: str
    text: str
    done_at: float

    def as_json(self) -> dict[str, Any]:
        """Fields by name, for the state file."""
        return asdict(self)

    @property
    def command(self) -> int:
        """The PDU it comes in."""
        return DELIVER_SM

    def body(self, _carrier: Carrier) -> bytes:
        """The deliver_sm body, alike at every carrier."""
        destination = Address(2, 1, self.sender) if self.sender.isdigit() else Address(5, 0, self.sender)
        octets = self.text.encode("utf-16-be", "surrogatepass")
        return deliver_body(
            Address(1, 1, "81" + self.number[1:]), destination, octets, esm_class=0, coding=_UCS2
        )
