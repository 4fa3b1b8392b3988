"""Gateways that answer what a test tells them to, and remember what they were asked."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from domain.carrier_exchange import Capability, OutboundRcs, OutboundSms, RevokeOutcome, SegmentResult


class FakeSmsLink:
    """Answers each submit with the next of ``answers``; runs ``meanwhile`` while the carrier thinks."""

    def __init__(
        self, *answers: tuple[SegmentResult, ...], meanwhile: Callable[[], Any] | None = None
    ) -> None:
        self._answers = list(answers)
        self._meanwhile = meanwhile
        self.submits: list[OutboundSms] = []

    async def submit(self, message: OutboundSms, /) -> tuple[SegmentResult, ...]:
        self.submits.append(message)
        if self._meanwhile is not None:
            await self._meanwhile()
        return self._answers.pop(0)


@dataclass
class FakeRcsPlatform:
    """A +Message platform."""

    capability: Capability = Capability.CAPABLE
    answers: list[SegmentResult] = field(default_factory=list)
    revoke_outcome: RevokeOutcome = RevokeOutcome.REVOKED
    submits: list[OutboundRcs] = field(default_factory=list)
    revokes: list[str] = field(default_factory=list)

    async def check_capability(self, bot_id: str, phone_number: str) -> Capability:
        return self.capability

    async def submit(self, message: OutboundRcs) -> SegmentResult:
        self.submits.append(message)
        return self.answers.pop(0)

    async def revoke(self, bot_id: str, carrier_message_id: str) -> RevokeOutcome:
        self.revokes.append(carrier_message_id)
        return self.revoke_outcome


def environment(*, attempt: int = 1, waited: timedelta = timedelta(0)) -> ActivityEnvironment:
    """The environment of one try of an activity that was scheduled ``waited`` ago."""
    env = ActivityEnvironment()
    now = datetime.now(UTC)
    env.info = replace(env.info, attempt=attempt, scheduled_time=now - waited, started_time=now)
    return env
