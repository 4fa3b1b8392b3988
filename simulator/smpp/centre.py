"""One carrier's SMSC: accepts submits into the ledger, lets the network decide, sends receipts."""

import asyncio
import hmac
import socket
import time
from typing import Any

import structlog

from simulator.carriers import Carrier
from simulator.chance import Fate
from simulator.ledger import utc_now
from simulator.messages import SmsMessage
from simulator.network import Network
from simulator.numbers import national
from simulator.scripts import Answer
from simulator.smpp import misfortunes, pdu
from simulator.smpp.outbox import ReceiptOutbox
from simulator.smpp.outcomes import Outcomes
from simulator.smpp.plan import Plan, overtaking, plan_submit, validity_seconds
from simulator.smpp.receipt_faults import delivery_body
from simulator.smpp.session import SmppSession
from simulator.smpp.text import Segment, decode, split_segment

log = structlog.get_logger("simulator.smpp")
_PASSWORD_LENGTH = 8
_EARLY_SECONDS = 0.3  # how far a receipt overtakes its submit_sm_resp


class ShortMessageCentre:
    """The SMSC of one carrier. Implements what SmppSession asks of its centre."""

    def __init__(self, network: Network, carrier: Carrier) -> None:
        settings = network.settings
        self.carrier = carrier
        self.network = network
        self.faults = network.links[carrier.name]
        self.enquire_link_seconds = settings.enquire_link_seconds
        self.rates = network.rates[carrier.name]
        self.outbox = ReceiptOutbox(
            lambda receipt: delivery_body(network, carrier, receipt),
            self.faults,
            settings.receipt_window,
            settings.receipt_timeout,
        )
        self.sessions: set[SmppSession] = set()
        self.accepted = 0
        self.refused = 0
        self._server: asyncio.Server | None = None
        self.outcomes = Outcomes(network, carrier, self.outbox)

    # --- listener

    async def start(self, sock: socket.socket) -> None:
        """Listen on a bound socket."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SmppSession(self), sock=sock, backlog=128)

    async def stop(self) -> None:
        """Unbind every session and close the listener."""
        if self._server is not None:
            self._server.close()
        for session in list(self.sessions):
            if session.system_id:
                session.request(pdu.UNBIND)
            session.close()
        await asyncio.sleep(0)  # let the transports flush
        for session in list(self.sessions):
            session.abort()

    @property
    def listening(self) -> bool:
        """Whether new connections are accepted."""
        return self._server is not None and self._server.is_serving()

    # --- link faults

    def drop_all(self) -> None:
        """Cut every connection."""
        for session in list(self.sessions):
            session.abort()

    def unbind_all(self) -> None:
        """Send unbind on every bound session; the peer answers and the link closes."""
        for session in self.sessions:
            if session.system_id:
                session.request(pdu.UNBIND)

    def apply_silence(self) -> None:
        """Make every session follow `faults.silent`."""
        for session in self.sessions:
            session.set_silent(self.faults.silent)
        self.outbox.pump()

    def reset(self) -> None:
        """Forget held messages and receipts, and count anew; connections stay."""
        self.accepted = self.refused = 0
        self.apply_silence()
        self.outcomes.clear()
        self.outbox.clear()

    def as_json(self) -> dict[str, Any]:
        """Counts for the control API."""
        return {
            "listening": self.listening,
            "connections": len(self.sessions),
            "bound": sum(1 for session in self.sessions if session.system_id),
            "accepted": self.accepted,
            "refused": self.refused,
            "held": len(self.outcomes.held),
            "receipts": self.outbox.as_json(),
        }

    # --- what sessions ask

    def refuses_connection(self) -> bool:
        """Whether a new connection is cut at once."""
        fate = self.network.new_fate(self.carrier.name, "connection")
        return self.faults.refuse_connect or fate.meets("refused_connect_rate")

    def wire_fate(self) -> Fate | None:
        """How the next PDU is written."""
        if not (self.rates.byte_by_byte_rate or self.rates.joined_write_rate):
            return None
        return self.network.new_fate(self.carrier.name, "pdu")

    def authenticate(self, system_id: str, password: str) -> int:
        """0, ESME_RBINDFAIL (refused, or unknown system id) or ESME_RINVPASWD."""
        settings = self.network.settings
        fate = self.network.new_fate(self.carrier.name, "bind")
        if self.faults.refuse_bind or system_id != settings.smpp_system_id or fate.meets("refused_bind_rate"):
            return pdu.ESME_RBINDFAIL
        if fate.meets("wrong_password_rate"):
            return pdu.ESME_RINVPASWD
        expected = settings.smpp_password.get_secret_value().encode("latin-1", "replace")
        given = password.encode("latin-1", "replace")
        # SMPP has room for eight characters: some clients cut longer passwords, some do not.
        if hmac.compare_digest(given, expected) or hmac.compare_digest(given, expected[:_PASSWORD_LENGTH]):
            return pdu.ESME_ROK
        return pdu.ESME_RINVPASWD

    def session_opened(self, session: SmppSession) -> None:
        """A TCP connection came in."""
        self.sessions.add(session)

    def session_bound(self, session: SmppSession) -> None:
        """The session may send or receive from now on."""
        log.info("bound", carrier=self.carrier.name, sends=session.sends, receives=session.receives)
        self.outbox.session_bound(session)

    def session_heard(self, session: SmppSession) -> None:
        """The session was silent and is no more."""
        self.outbox.pump()

    def session_closed(self, session: SmppSession) -> None:
        """The TCP connection is gone."""
        self.sessions.discard(session)
        if session.system_id:
            log.info("session closed", carrier=self.carrier.name)
        self.outbox.session_closed(session)

    def receipt_answered(self, session: SmppSession, sequence: int, status: int) -> None:
        """A deliver_sm_resp arrived."""
        self.outbox.answered(session, sequence, status)

    def submit(self, session: SmppSession, sequence: int, body: bytes) -> None:
        """Decide on a submit_sm; acceptance is answered after the ledger has it."""
        try:
            message = pdu.parse_submit(body)
            validity_seconds(message.validity_period)
        except pdu.PduError as error:
            self._refuse(session, sequence, error.status)
            return
        except ValueError:
            self._refuse(session, sequence, pdu.ESME_RINVEXPIRY)
            return
        number = national(message.destination.value)
        if number is None:
            self._refuse(session, sequence, pdu.ESME_RINVDSTADR)
            return
        segment = split_segment(message)
        about = (number, message.source.value, segment.position, segment.total, segment.payload)
        fate = self.network.new_fate(self.carrier.name, "sms", *about)
        if status := self._obstacle(session) or misfortunes.refusal(fate, self.rates):
            self._refuse(session, sequence, status)
            return
        if misfortunes.nack(session, sequence, fate):
            self.refused += 1
            return
        handset = self.network.handsets.get(number)
        needs_count = handset.scenario.sms.first_statuses and handset.carrier == self.carrier.name
        tries = self.network.handsets.next_try(number, "sms") if needs_count else 0
        plan = plan_submit(self.carrier, handset, tries)
        if plan.status:
            self._refuse(session, sequence, plan.status)
        elif (
            plan.answer is Answer.DROP_BEFORE
            or self.faults.take_drop("before")
            or fate.meets("drop_before_accept_rate")
        ):
            session.abort()
        else:
            session.outstanding += 1
            self.network.spawn(self._accept(session, sequence, message, segment, number, plan, fate))

    # --- accepting

    def _obstacle(self, session: SmppSession) -> int:
        if self.faults.throttle or session.outstanding >= self.network.settings.smpp_window:
            return pdu.ESME_RTHROTTLED
        return self.faults.submit_status

    def _refuse(self, session: SmppSession, sequence: int, status: int) -> None:
        self.refused += 1
        body = b"\0" if self.carrier.error_body else b""
        if self.faults.delay_seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self.faults.delay_seconds, session.respond, pdu.SUBMIT_SM, status, sequence, body)
        else:
            session.respond(pdu.SUBMIT_SM, status, sequence, body)

    async def _accept(
        self,
        session: SmppSession,
        sequence: int,
        message: pdu.ShortMessage,
        segment: Segment,
        number: str,
        plan: Plan,
        fate: Fate,
    ) -> None:
        message_id = self.network.new_id(self.carrier.letter)
        try:
            await self.network.ledger.append(self._entry(message, segment, number, message_id, plan))
        except OSError:
            session.outstanding -= 1
            self._refuse(session, sequence, pdu.ESME_RSYSERR)
            return
        self.accepted += 1
        self._file(message, segment, number, message_id)
        early = plan.answer is Answer.RECEIPT_FIRST or fate.meets("early_receipt_rate")
        if early:
            self.outcomes.begin(session.system_id, message, message_id, number, overtaking(plan), fate)
        wait = self.faults.delay_seconds + (_EARLY_SECONDS if early else 0.0)
        wait += misfortunes.patience(fate, self.rates)
        if self.faults.jitter_seconds:
            wait += fate.between(0.0, self.faults.jitter_seconds, "jitter")
        if wait:
            await asyncio.sleep(wait)
        self._answer(session, sequence, message_id, plan.answer, fate)
        if not early:
            self.outcomes.begin(session.system_id, message, message_id, number, plan, fate)

    def _answer(
        self, session: SmppSession, sequence: int, message_id: str, answer: Answer, fate: Fate
    ) -> None:
        session.outstanding -= 1
        lost = self.faults.take_drop("after") or fate.meets("lost_answer_rate")
        if answer is Answer.DROP_LINK or lost:
            session.abort()
            return
        if answer is not Answer.SILENCE and not fate.meets("withheld_answer_rate"):
            padded = answer is Answer.PADDED_ID
            misfortunes.answer(session, sequence, message_id, fate, padded=padded)
        misfortunes.afterwards(session, fate, self.rates)

    def _entry(
        self, message: pdu.ShortMessage, segment: Segment, number: str, message_id: str, plan: Plan
    ) -> dict[str, Any]:
        return {
            "time": utc_now(),
            "channel": "sms",
            "carrier": self.carrier.name,
            "number": number,
            "segment": segment.position,
            "segments": segment.total,
            "reference": segment.reference,
            "text": decode(segment.payload, message.data_coding),
            "carrier_message_id": message_id,
            "sender": message.source.value,
            "subscriber": plan.subscriber,
        }

    def _file(self, message: pdu.ShortMessage, segment: Segment, number: str, message_id: str) -> None:
        shown = SmsMessage(
            self.carrier.name,
            number,
            message.source.value,
            message.data_coding,
            segment.total,
            time.time(),
        )
        self.outcomes.watch(self.network.messages.add_segment(shown, segment, message_id))
