"""Send one mail of the outbox."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.mails import MailContent, MailOrder, MailState, write_mail
from services.database import Database
from services.mails import close_mail, load_queued_mail
from services.secret_box import SecretBox, UnreadableSecret

# A relay that takes nothing for so long is no passing trouble; what has a date of its own ends with that.
GIVE_UP_AFTER = timedelta(days=3)


class RelayAnswer(Protocol):
    """What the mail gateway answers."""

    @property
    def outcome(self) -> str:
        """``accepted``, ``refused`` for good, or ``failed`` for now."""
        ...

    @property
    def code(self) -> str | None:
        """The relay's code."""
        ...


class Relay(Protocol):
    """The mail gateway."""

    async def send(
        self, mail_id: UUID, address: str, content: MailContent, written_at: datetime
    ) -> RelayAnswer:
        """Hand a mail over; never raises for what the relay does."""
        ...


class MailActivities:
    """Mails: at least once, always under the same Message-ID."""

    def __init__(self, database: Database, relay: Relay, box: SecretBox, portal_url: str) -> None:
        self._database = database
        self._relay = relay
        self._box = box
        self._portal_url = portal_url

    @activity.defn
    async def send_mail(self, order: MailOrder) -> MailState | None:
        """Write the mail from its row, hand it over, note what came of it.

        ``None``: it was closed before. Raises ``ApplicationError`` when it has to be tried again.
        """
        try:
            async with self._database.transaction(order.company_id) as session:
                mail = await load_queued_mail(session, order, self._box, self._portal_url)
        except UnreadableSecret:
            return await self._close(order, MailState.FAILED, "unreadable_secret")
        if mail is None:
            return None
        if mail.tells_a_secret and mail.facts.expires_at is not None and mail.facts.expires_at <= mail.now:
            return await self._close(order, MailState.EXPIRED)
        answer = await self._relay.send(order.mail_id, mail.address, write_mail(mail.facts), mail.written_at)
        if answer.outcome == "accepted":
            return await self._close(order, MailState.SENT)
        if answer.outcome == "refused" or mail.now - mail.written_at >= GIVE_UP_AFTER:
            return await self._close(order, MailState.FAILED, answer.code)
        raise ApplicationError("mail not taken", type=answer.code or "no_answer")

    async def _close(self, order: MailOrder, state: MailState, code: str | None = None) -> MailState:
        async with self._database.transaction(order.company_id) as session:
            await close_mail(session, order, state, code)
        return state
