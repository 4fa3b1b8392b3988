"""SMTP on one port, the page on another, in one asyncio process."""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette

from simulator.mail.mailbox import Mailbox
from simulator.mail.pages import MailPages
from simulator.mail.settings import Settings


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: the entry point owns them."""
        yield


class _Handler:
    """What the SMTP server asks us. Magic recipients play a relay's bad days, as numbers do carriers'."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._deferred: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse `refused@…` for good and `deferred@…` the first time."""
        local = address.partition("@")[0]
        if local == "refused":
            return "550 5.1.1 no such mailbox"
        if local == "deferred" and address not in self._deferred:
            self._deferred.add(address)
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, then say so."""
        content = envelope.original_content or b""
        await asyncio.to_thread(self._mailbox.take, content)
        return "250 OK"


class MailCatcher:
    """One catcher. After `start`, `smtp_port` and `http_port` are the real ones."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.smtp_port = settings.smtp_port
        self.http_port = settings.http_port
        self.mailbox = Mailbox(settings.data_dir, settings.mails_kept)

    async def start(self) -> None:
        """Open both listeners; raises OSError when a port is in use."""
        self.mailbox.load()
        handler = _Handler(self.mailbox)
        loop = asyncio.get_running_loop()
        self._smtp = await loop.create_server(
            lambda: SMTP(handler, data_size_limit=self.settings.largest_mail_bytes, loop=loop),
            self.settings.host,
            self.settings.smtp_port,
        )
        self.smtp_port = self._smtp.sockets[0].getsockname()[1]
        config = uvicorn.Config(
            Starlette(routes=MailPages(self.mailbox).routes()),
            host=self.settings.host,
            port=self.settings.http_port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._http = _Server(config)
        self._serving = asyncio.create_task(self._http.serve())
        while not self._http.started:
            if self._serving.done():
                await self._serving
                raise OSError("the page's port is in use")
            await asyncio.sleep(0.005)
        self.http_port = self._http.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close both."""
        self._smtp.close()
        self._http.should_exit = True
        await self._serving
