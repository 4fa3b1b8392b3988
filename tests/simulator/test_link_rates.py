"""The page with the rates of one carrier alone."""

import httpx

from simulator import Simulator


async def test_changes_single_rates_of_one_carrier(simulator: Simulator, http: httpx.AsyncClient) -> None:
    """A value counts for this carrier alone, 0 turns a fault off, an empty field takes the value back."""
    await http.post("/links/rates", data={"slow_rate": "0.25", "nack_rate": "0.125"})
    rates, page = simulator.network.rates, "/links/au/rates"
    assert f'href="{page}"' in (await http.get("/links")).text
    assert "全社の値：0.25" in (await http.get(page)).text
    form = {"slow_rate": "0", "unbind_rate": " 0.5 ", "vendor_status": "0x402", "nack_rate": "", "do": "set"}

    answer = await http.post(page, data=form)

    assert "この会社だけの割合を変更しました" in (await http.get(answer.headers["location"])).text
    au, docomo = rates["au"], rates["docomo"]
    assert (au.slow_rate, au.unbind_rate, au.vendor_status, au.nack_rate) == (0, 0.5, 0x402, 0.125)
    assert (docomo.slow_rate, docomo.unbind_rate) == (0.25, 0)
    assert set(simulator.network.own_rates["au"]) == {"slow_rate", "unbind_rate", "vendor_status"}
    assert 'name="unbind_rate" value="0.5"' in (await http.get(page)).text
    assert "だけの値が 3 個あります" in (await http.get("/links")).text

    await http.post(page, data={"slow_rate": "", "do": "set"})
    assert rates["au"].slow_rate == 0.25
    await http.post(page, data={"do": "clear"})
    assert rates["au"] == rates["docomo"]


async def test_a_wrong_rate_of_one_carrier_changes_nothing_and_is_kept_to_be_mended(
    simulator: Simulator, http: httpx.AsyncClient
) -> None:
    wrong = await http.post("/links/au/rates", data={"slow_rate": "2", "nack_rate": "0.5", "do": "set"})
    assert wrong.status_code == 400
    assert "「答えが遅い」は0 から 1 までの数で入力してください。入力された値：2" in wrong.text
    assert 'name="nack_rate" value="0.5"' in wrong.text
    assert simulator.network.own_rates["au"] == {}
    for method in (http.get, http.post):
        assert (await method("/links/nttpc/rates")).status_code == 404


async def test_a_carriers_page_offers_what_can_happen_there(http: httpx.AsyncClient) -> None:
    """Rakuten has no +Message, and the directory is no carrier's."""
    au, rakuten = [(await http.get(f"/links/{name}/rates")).text for name in ("au", "rakuten")]
    assert "revoke_lost_rate" in au
    assert "revoke_lost_rate" not in rakuten
    assert "directory_error_rate" not in au + rakuten
