"""Capability check (R-7) and revoke (R-8, R-9)."""

import pytest

from domain.carrier_exchange import Capability, RevokeOutcome
from gateways.maap import MaapClient
from tests.gateways.maap.scripted_server import BreakOff, Reply, Reset, ScriptedServer, Silence, Step


def refusal(status: int, code: int) -> Reply:
    return Reply(status, {"reason": {"code": code, "text": "no"}})


@pytest.mark.parametrize(
    ("step", "capability"),
    [
        (Reply(200, {"capabilities": ["fileTransfer", "chat"]}), Capability.CAPABLE),
        (Reply(200, {"capabilities": ["ChatBot"]}), Capability.CAPABLE),
        (Reply(200, {"capabilities": ["videoCall", 7, None]}), Capability.NOT_CAPABLE),
        (Reply(200, {"capabilities": []}), Capability.NOT_CAPABLE),
        (Reply(200, {"capabilities": None}), Capability.UNAVAILABLE),
        (Reply(200, b"<html>"), Capability.UNAVAILABLE),
        (Reply(200, b"[" * 100_000), Capability.UNAVAILABLE),
        (BreakOff(200), Capability.UNAVAILABLE),
        (refusal(404, 404), Capability.NOT_CAPABLE),
        (refusal(404, 40401), Capability.NOT_CAPABLE),
        (Reply(404), Capability.NOT_CAPABLE),
        (refusal(404, 40402), Capability.WRONG_CARRIER),
        (refusal(400, 40402), Capability.UNAVAILABLE),
        (refusal(429, 42901), Capability.UNAVAILABLE),
        (Reply(503), Capability.UNAVAILABLE),
        (Silence(), Capability.UNAVAILABLE),
        (Reset(), Capability.UNAVAILABLE),
    ],
)
async def test_capability_follows_the_answer(
    maap: ScriptedServer, client: MaapClient, step: Step, capability: Capability
) -> None:
    """R-7: has the handset the +Message app, and is the number this carrier's (R-6)?"""
    maap.on("GET", "/contactCapabilities", step)
    assert await client.check_capability("bot", "09012345678") is capability


async def test_capability_asks_with_an_escaped_plus(maap: ScriptedServer, client: MaapClient) -> None:
    maap.on("GET", "/contactCapabilities", Reply(404))
    await client.check_capability("sip:bot@x/y", "09012345678")
    assert maap.seen("/contactCapabilities")[0].target == (
        "/maap/docomo/rcs/bot/v1/sip%3Abot%40x%2Fy/contactCapabilities?userContact=%2B819012345678"
    )


@pytest.mark.parametrize("number", ["+819012345678", "9012345678", "090-1234-5678", ""])
async def test_number_that_is_not_national_is_a_callers_bug(client: MaapClient, number: str) -> None:
    with pytest.raises(ValueError, match="not national") as refused:
        await client.check_capability("bot", number)
    assert not number or number not in str(refused.value)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (Reply(204), RevokeOutcome.REVOKED),
        (refusal(409, 409), RevokeOutcome.ALREADY_DELIVERED),
        (Reply(409), RevokeOutcome.ALREADY_DELIVERED),
        (refusal(409, 40901), RevokeOutcome.ALREADY_DELIVERED),
        (Reply(404), RevokeOutcome.FAILED),
        (Reply(503), RevokeOutcome.FAILED),
        (Reply(401), RevokeOutcome.FAILED),
        (Silence(), RevokeOutcome.FAILED),
        (Reset(), RevokeOutcome.FAILED),
    ],
)
async def test_revoke_follows_the_answer(
    maap: ScriptedServer, client: MaapClient, step: Step, outcome: RevokeOutcome
) -> None:
    """R-8: only "already delivered" keeps the SMS back; a failed revoke does not."""
    maap.on("PUT", "/status", step)
    assert await client.revoke("bot", "Mz/1") is outcome
    asked = maap.seen("/status")[0]
    assert asked.target.endswith("/rcs/bot/v1/bot/messages/Mz%2F1/status")
    assert asked.json == {"RCSMessage": {"status": "cancelled"}}
