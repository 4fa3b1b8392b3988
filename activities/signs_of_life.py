"""Carrier calls under way: they heartbeat, and they are not broken off half-way."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

# A call that ends sooner, as nearly all do, costs nothing.
EVERY_SECONDS = 4.0


class SignsOfLife(Interceptor):
    """Lets Temporal tell a slow carrier from a dead worker: a call under way heartbeats regularly.

    A worker that slept through its heartbeats is told to cancel when it wakes up. It finishes first: what
    the carrier answered, above all its message id, must be put on record.
    """

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        self._every_seconds = every_seconds

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Wrap the activities of a worker."""
        return _Heartbeating(next, self._every_seconds)


class _Heartbeating(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, every_seconds: float) -> None:
        super().__init__(inner)
        self._every_seconds = every_seconds

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        # Tasks run in a copy of this activity's context, which is how heartbeats find it.
        beating = asyncio.create_task(self._beat())
        call = asyncio.ensure_future(super().execute_activity(input))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            if not activity.is_worker_shutdown():
                await asyncio.wait([call])
            raise
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds)
            activity.heartbeat()
