"""The connection to Temporal."""

import asyncio

import structlog
from temporalio.client import Client
from temporalio.service import DnsLoadBalancingConfig, GrpcCompression, KeepAliveConfig

from workers.settings import Settings
from workflows.failures import DATA_CONVERTER

# A container that is replaced gets another address.
RESOLVE_EVERY_MS = 5_000

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
                # One name for several frontends: calls go to all of them in turn; what meets one that is
                # lost is tried again at another.
                # One that is silent, since its host is gone, is missed after 20 s.
                keep_alive_config=KeepAliveConfig(interval_millis=15_000, timeout_millis=5_000),
                dns_load_balancing_config=DnsLoadBalancingConfig(resolution_interval_millis=RESOLVE_EVERY_MS),
            )
        except RuntimeError:
            log.warning("temporal_unreachable", address=settings.temporal_address)
            await asyncio.sleep(1)
