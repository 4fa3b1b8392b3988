"""Every carrier's way of saying "not my subscriber", and numbers that are nobody's."""

import httpx
import pytest

from simulator import Simulator
from tests.simulator.conftest import ledger_of
from tests.simulator.smpp_client import Esme

AT_ONCE = {"docomo": 0x0B, "au": 0x0401, "softbank": 0x0B, "rakuten": 0x0B}
BY_RECEIPT = {
    "docomo": ("UNDELIV", "00B", 5),
    "au": ("REJECTD", "E01", 8),
    "softbank": ("UNDELIV", "00B", 5),
    "rakuten": ("REJECTD", "E01", 8),
}
OWN_DIGIT = {"docomo": 0, "au": 1, "softbank": 2, "rakuten": 3}
FOREIGN_DIGIT = {"docomo": 1, "au": 0, "softbank": 0, "rakuten": 0}


async def refusal(esme: Esme, number: str) -> int | tuple[str, str, int]:
    """A command_status, or (stat, err, message_state) of the receipt."""
    status, _ = await esme.submit(number)
    if status:
        return status
    receipt = await esme.receipt()
    return receipt.field("stat"), receipt.field("err"), receipt.tlvs[0x0427][0]


@pytest.mark.parametrize("carrier", list(OWN_DIGIT))
async def test_presets_and_both_forced_ways(simulator: Simulator, carrier: str) -> None:
    foreign = FOREIGN_DIGIT[carrier]
    preset = AT_ONCE[carrier] if carrier in ("docomo", "au") else BY_RECEIPT[carrier]
    async with await Esme.bound(simulator.smpp_ports[carrier]) as esme:
        assert await refusal(esme, f"090000006{foreign}0") == preset
        assert await refusal(esme, f"090000007{foreign}0") == AT_ONCE[carrier]
        assert await refusal(esme, f"090000008{foreign}0") == BY_RECEIPT[carrier]
        assert await refusal(esme, "09000000500") == preset


@pytest.mark.parametrize("scenario", ["06", "07", "08"])
@pytest.mark.parametrize("carrier", list(OWN_DIGIT))
async def test_own_subscriber_is_delivered(simulator: Simulator, carrier: str, scenario: str) -> None:
    async with await Esme.bound(simulator.smpp_ports[carrier]) as esme:
        assert await refusal(esme, f"0900000{scenario}{OWN_DIGIT[carrier]}1") == ("DELIVRD", "000", 2)


async def test_refusal_by_receipt_is_accepted_and_marked_in_the_ledger(simulator: Simulator) -> None:
    async with await Esme.bound(simulator.smpp_ports["softbank"]) as esme:
        assert await refusal(esme, "09010000040") == ("UNDELIV", "00B", 5)
    assert [line["subscriber"] for line in ledger_of(simulator, "09010000040")] == [False]
    async with await Esme.bound(simulator.smpp_ports["docomo"]) as esme:
        assert await refusal(esme, "09013000040") == 0x0B
    assert ledger_of(simulator, "09013000040") == []


@pytest.mark.parametrize(
    ("number", "carrier", "app"),
    [
        # the assignee of the block
        ("09010345678", "docomo", True),
        ("09012345677", "au", False),
        ("09013345678", "softbank", True),
        ("07083345678", "rakuten", False),
        # blocks given to nobody: the fifth digit
        ("06002345678", "docomo", True),
        ("06003345678", "au", True),
        ("06006345677", "softbank", False),
        ("06008345678", "rakuten", False),
        # magic
        ("09000000000", "docomo", True),
        ("09000000010", "au", True),
        ("09000000060", "softbank", False),
        ("09000000030", "rakuten", False),
        ("09000000901", "docomo", False),
        ("09000000501", None, True),
        ("09000009900", "docomo", True),
    ],
)
async def test_carrier_and_app_follow_from_the_number(
    http: httpx.AsyncClient, number: str, carrier: str | None, app: bool
) -> None:
    for written in (number, "+81" + number[1:]):
        handset = (await http.get(f"/control/handsets/{written}")).json()
        assert (handset["number"], handset["carrier"], handset["app"], handset["on"]) == (
            number,
            carrier,
            app,
            True,
        )
