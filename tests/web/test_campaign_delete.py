"""Only a draft can be deleted, and then it is gone everywhere (P-9)."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from tests.web.conftest import Portal
from tests.web.routes import address_of, methods_of, web_routes
from tests.web.staff import Staff, make_check, make_draft


async def set_status(portal: Portal, campaign_id: str, status: str) -> None:
    statement = text("UPDATE campaigns SET status = :status WHERE id = CAST(:id AS uuid)")
    async with portal.jobs_database.transaction() as session:
        await session.execute(statement, {"id": campaign_id, "status": status})


@pytest.mark.parametrize("status", ["registered", "sending", "completed", "cancelled"])
async def test_what_was_registered_cannot_be_deleted(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff], status: str
) -> None:
    """As with every step of a draft: the page leads to the campaign's, a form of an old tab is refused."""
    campaign_id = await make_check(owner)
    old_tab = await somebody().sign_in("owner")
    await old_tab.open(f"/campaigns/{campaign_id}/delete")
    await owner.send("3件を配信する")
    await set_status(portal, campaign_id, status)

    await owner.open(f"/campaigns/{campaign_id}/delete")
    refused = await old_tab.send("下書きを削除する")

    assert owner.at == f"/campaigns/{campaign_id}"
    assert refused.status_code == 409
    assert "もう変更できません" in old_tab.page.text
    assert (await owner.open(f"/campaigns/{campaign_id}")).status_code == 200


async def test_every_page_and_form_of_a_deleted_draft_answers_not_found(owner: Staff) -> None:
    """Old tabs and bookmarks; the deletion itself as well."""
    campaign_id = await make_draft(owner, name="消す下書き")
    await owner.open(f"/campaigns/{campaign_id}/delete")
    token = dict(owner.form_of("下書きを削除する").fields)
    await owner.send("下書きを削除する")
    assert owner.at == "/campaigns"

    tried = 0
    for route in web_routes():
        if "{campaign_id}" not in route.path:
            continue
        for method in methods_of(route):
            data = token if method == "POST" else None
            answer = await owner.client.request(method, address_of(route, campaign_id), data=data)
            assert answer.status_code == 404, f"{method} {route.path}"
            tried += 1
    assert tried > 15
