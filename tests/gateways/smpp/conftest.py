"""A fake SMSC, a quick profile, and links that are stopped after each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.carrier_exchange import DeliveryReceipt, OutboundSms, SegmentResult, SubmitOutcome
from gateways.smpp.link import SmppLink
from gateways.smpp.profiles import DOCOMO, SmppProfile
from tests.gateways.smpp.fake_smsc import FakeSmsc

# docomo's dialect with timers a test can wait for.
QUICK = replace(
    DOCOMO,
    window=10,
    submit_resp_timeout_s=1.0,
    bind_timeout_s=0.5,
    bound_wait_s=0.3,
    unbind_timeout_s=0.3,
    reconnect_min_s=0.02,
    reconnect_max_s=0.1,
    refused_retry_s=0.2,
    throttle_pause_min_s=0.05,
    throttle_pause_max_s=0.2,
)
LinkFactory = Callable[..., Awaitable[SmppLink]]


LONG = "あ" * 200  # three segments of docomo


def outcomes(results: tuple[SegmentResult, ...]) -> list[SubmitOutcome]:
    """The outcome of each segment."""
    return [result.outcome for result in results]


def sms(text: str = "ご予約は11/25です", **fields: Any) -> OutboundSms:
    """An SMS to a handset."""
    values: dict[str, Any] = {"phone_number": "09012345678", "sender": "TEST", "reference": 0x1234} | fields
    return OutboundSms(text=text, **values)


@pytest.fixture
async def smsc() -> AsyncIterator[FakeSmsc]:
    async with FakeSmsc() as fake:
        yield fake


@pytest.fixture
def receipts() -> list[DeliveryReceipt]:
    """What the default ``on_receipt`` was given."""
    return []


@pytest.fixture
async def connect(smsc: FakeSmsc, receipts: list[DeliveryReceipt]) -> AsyncIterator[LinkFactory]:
    """Make, start and (after the test) stop a link to the fake SMSC."""
    links: list[SmppLink] = []

    async def keep(receipt: DeliveryReceipt) -> None:
        receipts.append(receipt)

    async def connect(
        *, bound: bool = True, on_inbound: Any = None, on_receipt: Any = keep, **profile: Any
    ) -> SmppLink:
        link = SmppLink(quick(**profile), smsc.url, on_receipt, on_inbound=on_inbound)
        links.append(link)
        await link.start()
        if bound:
            assert await link.wait_until_bound(2.0)
        return link

    yield connect
    for link in links:
        await link.stop(grace_s=0.2)


def quick(**changes: Any) -> SmppProfile:
    """``QUICK`` with other values."""
    return replace(QUICK, **changes)
