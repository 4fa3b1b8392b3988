"""One carrier's SMPP link: keeps its binds up, submits over them, hands receipts on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import SystemRandom

import structlog

from domain.carrier_exchange import DeliveryReceipt, InboundMessage, OutboundSms, SegmentResult, SubmitOutcome
from domain.carriers import Carrier, Channel
from domain.link_states import LinkState as AnyLinkState
from domain.link_states import carrier_link_name
from domain.messages import StatusReason
from gateways.smpp.deliveries import Receivers
from gateways.smpp.flow import SessionClosed, Throttle
from gateways.smpp.profiles import SmppProfile
from gateways.smpp.requests import Answer
from gateways.smpp.session import BindRefused, SmppSession
from gateways.smpp.statuses import submit_result
from gateways.smpp.submits import submit_bodies
from gateways.smpp.urls import SmppAddress, parse_smpp_url, tls_context

log = structlog.get_logger(__name__)

_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class LinkState:
    """What the operator sees of a link.

    ``binds`` of ``binds_wanted`` are up, the oldest since ``bound_since``. ``window_in_use`` of
    ``window_size`` submit_sm are unanswered, over all binds. ``receipts_pending`` are received and
    not yet acknowledged. ``throttled_since`` is ``None`` once the carrier accepts again. Times are UTC.
    """

    carrier: Carrier
    binds: int
    binds_wanted: int
    bound_since: datetime | None
    window_in_use: int
    window_size: int
    throttled_since: datetime | None
    receipts_pending: int
    last_error: str | None
    last_error_at: datetime | None

    def in_general(self) -> AnyLinkState:
        """Return the form in which the operator's page shows links of any kind."""
        return AnyLinkState(
            name=carrier_link_name(Channel.SMS, self.carrier),
            channel=Channel.SMS,
            carrier=self.carrier,
            is_up=self.binds > 0,
            # What ended the last bind is the last error of a link without one.
            since=self.bound_since if self.binds else self.last_error_at,
            in_use=self.window_in_use,
            capacity=self.window_size,
            throttled_since=self.throttled_since,
            receipts_pending=self.receipts_pending,
            last_error=self.last_error,
            last_error_at=self.last_error_at,
            details={"binds": str(self.binds), "binds_wanted": str(self.binds_wanted)},
        )


class SmppLink:
    """The link to one carrier, ``profile.binds`` transceiver binds wide.

    ``on_receipt`` and ``on_inbound`` return only when what they got is committed: the acknowledgement
    to the SMSC follows. When one raises, the SMSC is asked to deliver again later. Without
    ``on_inbound``, end users' texts are acknowledged and dropped.
    Raises ``ValueError`` for a URL that is not ``smpp[s]://system_id:password@host:port``.
    """

    def __init__(
        self,
        profile: SmppProfile,
        url: str,
        on_receipt: Callable[[DeliveryReceipt], Awaitable[None]],
        *,
        on_inbound: Callable[[InboundMessage], Awaitable[None]] | None = None,
    ) -> None:
        self._profile = profile
        self._address = parse_smpp_url(url)
        self._receivers = Receivers(on_receipt, on_inbound)
        self._throttle = Throttle(profile.throttle_pause_min_s, profile.throttle_pause_max_s)
        self._sessions: list[SmppSession] = []
        self._bound = asyncio.Event()
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._last_error: tuple[str, datetime] | None = None

    async def start(self) -> None:
        """Begin to bind; returns at once. Keeps binding again for ever, until ``stop``."""
        if not self._keepers:
            self._keepers = [asyncio.create_task(self._keep_bound()) for _ in range(self._profile.binds)]

    async def stop(self, grace_s: float = 10.0) -> None:
        """Take no more submits, let open answers and receipts finish within ``grace_s``, unbind, close."""
        self._stopping = True
        self._bound.set()  # whoever waits for a bind gets NOT_SENT now
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        await asyncio.gather(*(session.unbind(grace_s) for session in self._sessions))
        self._sessions.clear()

    async def wait_until_bound(self, timeout_s: float) -> bool:
        """Return whether a bind is up, after at most ``timeout_s``."""
        return await self._bound_session(timeout_s) is not None

    @property
    def state(self) -> LinkState:
        """The link's state at this moment."""
        up = [session for session in self._sessions if session.available]
        error, error_at = self._last_error or (None, None)
        return LinkState(
            carrier=self._profile.carrier,
            binds=len(up),
            binds_wanted=self._profile.binds,
            bound_since=min((session.bound_at for session in up if session.bound_at), default=None),
            window_in_use=sum(session.window.in_use for session in self._sessions),
            window_size=self._profile.window * self._profile.binds,
            throttled_since=self._throttle.since,
            receipts_pending=sum(session.deliveries.pending for session in self._sessions),
            last_error=error,
            last_error_at=error_at,
        )

    async def submit(self, message: OutboundSms) -> tuple[SegmentResult, ...]:
        """Submit a message and return what became of each segment asked for, in their order.

        Waits at most ``profile.bound_wait_s`` for a bind (else NOT_SENT), then for the window as long
        as it takes. All segments go over one bind, without waiting for each other's answers. Never
        raises for anything the carrier or the network does; a message no SMSC would take (empty, too
        long, bad sender) is REJECTED with CONTENT_INVALID and nothing leaves.
        """
        try:
            bodies = submit_bodies(message, self._profile)
        except ValueError as error:
            log.warning("smpp_submit_invalid", carrier=self._profile.carrier, error=str(error))
            wanted = message.segments or (1,)
            return tuple(_result(s, SubmitOutcome.REJECTED, StatusReason.CONTENT_INVALID) for s in wanted)
        session = await self._bound_session(self._profile.bound_wait_s)
        if session is None:
            return tuple(_not_sent(segment) for segment, _ in bodies)
        answers = await _write_all(session, [body for _, body in bodies])
        results = []
        for (segment, _), answer in zip(bodies, answers, strict=True):
            if answer is None:
                results.append(_not_sent(segment))
            else:
                results.append(submit_result(segment, await answer, self._profile))
        return tuple(results)

    async def _bound_session(self, timeout_s: float) -> SmppSession | None:
        """Return the bind with the most room, waiting for one if none is up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not self._stopping:
            up = [session for session in self._sessions if session.available]
            if up:
                return max(up, key=lambda session: session.window.free)
            self._bound.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._bound.wait()
            except TimeoutError:
                return None
        return None

    async def _keep_bound(self) -> None:
        """Keep one bind up: connect, wait for its end, back off, again."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            started = loop.time()
            try:
                session = await open_session(self._profile, self._address, self._receivers, self._throttle)
                reason, pause_s = await self._until_closed(session), 0.0
            except BindRefused as error:
                reason = str(error)
                pause_s = self._profile.refused_retry_s if error.login_refused else 0.0
            except Exception as error:
                # Whatever it is, a link that gives up helps nobody. The type only: no host, no login.
                reason, pause_s = f"connect failed: {type(error).__name__}", 0.0
            # A bind that held for a while was a good one: what ended it is a new trouble.
            failures = 0 if loop.time() - started > self._profile.reconnect_max_s else failures + 1
            self._note_error(reason)
            await asyncio.sleep(_random.uniform(0.5, 1.0) * max(pause_s, self._back_off_s(failures)))

    def _back_off_s(self, failures: int) -> float:
        doubled = self._profile.reconnect_min_s * (1 << min(max(failures - 1, 0), 16))
        return min(self._profile.reconnect_max_s, doubled)

    async def _until_closed(self, session: SmppSession) -> str:
        self._sessions.append(session)
        self._bound.set()
        log.info("smpp_bound", carrier=self._profile.carrier, binds=len(self._sessions))
        reason = await asyncio.shield(session.closed)
        self._sessions.remove(session)
        return reason

    def _note_error(self, reason: str) -> None:
        self._last_error = (reason, datetime.now(UTC))
        log.warning("smpp_link_down", carrier=self._profile.carrier, reason=reason)


async def open_session(
    profile: SmppProfile, address: SmppAddress, receivers: Receivers, throttle: Throttle
) -> SmppSession:
    """Connect and bind.

    Raises ``BindRefused``, ``TimeoutError`` (no connection or no answer in time) or ``OSError``.
    """
    async with asyncio.timeout(profile.bind_timeout_s):
        _, session = await asyncio.get_running_loop().create_connection(
            lambda: SmppSession(profile, receivers, throttle),
            address.host,
            address.port,
            ssl=tls_context(address),
        )
    try:
        await session.bind(address)
    except BaseException:
        session.abort("not bound")
        raise
    return session


async def _write_all(session: SmppSession, bodies: list[bytes]) -> list[Answer | None]:
    """Write the segments one after the other; ``None`` for each that was never written."""
    answers: list[Answer | None] = []
    for body in bodies:
        try:
            answers.append(await session.submit(body))
        except SessionClosed:
            break
    return answers + [None] * (len(bodies) - len(answers))


def _not_sent(segment: int) -> SegmentResult:
    return _result(segment, SubmitOutcome.NOT_SENT, StatusReason.NETWORK_FAILURE)


def _result(segment: int, outcome: SubmitOutcome, reason: StatusReason) -> SegmentResult:
    return SegmentResult(segment, outcome, reason=reason)
