"""From a message's id to the Temporal UI: operators alone, who see every company anyway (N-2)."""

from urllib.parse import urlencode

import pytest

from tests.web.conftest import Portal
from tests.web.operators import make_operators, sign_in_as
from tests.web.routes import UNKNOWN_ID
from tests.web.staff import Staff


async def test_an_operator_is_led_from_the_id_to_the_workflow(portal: Portal, visitor: Staff) -> None:
    await make_operators(portal.jobs_database)
    await sign_in_as(visitor, "operator")
    await visitor.open("/operator/links")
    assert "/operator/messages" in visitor.page.links
    await visitor.open("/operator/messages")
    assert visitor.has_button("探す")
    await visitor.open(f"/operator/messages?id=%20{UNKNOWN_ID}%20")
    assert f"http://temporal.test/workflows/message-{UNKNOWN_ID}" in visitor.page.links


@pytest.mark.parametrize("typed", ["1", "../campaign-1", "<b>", "message-x"])
async def test_what_is_no_id_leads_nowhere(portal: Portal, visitor: Staff, typed: str) -> None:
    await make_operators(portal.jobs_database)
    await sign_in_as(visitor, "operator")
    answer = await visitor.open(f"/operator/messages?{urlencode({'id': typed})}")
    assert answer.status_code == 422
    assert "配信IDを読み取れません" in visitor.page.text
    assert not any("temporal" in link for link in visitor.page.links)
