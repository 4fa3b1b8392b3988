"""The connection to Temporal."""

import asyncio

import structlog
from temporalio.client import Client
from temporalio.service import GrpcCompression

from workers.settings import Settings
from workflows.failures import DATA_CONVERTER

log = structlog.get_logger(__name__)


async def connect_to_temporal(settings: Settings, *, wait: bool = True) -> Client:
    """Return a client. ``wait``: keep trying while Temporal is down; else connect at the first call."""
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=DATA_CONVERTER,
                # Client and server share a machine or a LAN: compressing costs more than it saves.
                grpc_compression=GrpcCompression.NONE,
                lazy=not wait,
            )
        except RuntimeError:
            log.warning("temporal_unreachable", address=settings.temporal_address)
            await asyncio.sleep(1)
