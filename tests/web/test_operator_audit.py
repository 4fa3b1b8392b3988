"""Our own staff's trail as the operators' administrator sees it (I11)."""

import csv
import io
from collections.abc import Callable

import pytest

from tests.web.conftest import Portal
from tests.web.operators import FakeLinkQueues, make_operators, sign_in_as
from tests.web.staff import Staff


async def test_the_administrator_sees_what_operators_did_and_were_refused(
    portal: Portal, somebody: Callable[[], Staff]
) -> None:
    """Sign-ins, a stop with its reason, another rate, a page not for the role; filters and the file."""
    portal.app.state.link_queues = FakeLinkQueues(portal.database)
    await make_operators(portal.jobs_database)
    duty = await sign_in_as(somebody(), "operator")
    assert "/operator/audit" not in duty.page.links
    assert (await duty.open("/operator/audit")).status_code == 403
    await duty.open("/operator/links/sms-softbank/stop")
    await duty.send("送信を止める", reason="担当 090-1234-5678 より依頼")
    chief = await sign_in_as(somebody(), "operator_admin")
    await chief.open("/operator/links/sms-softbank/rate")
    await chief.send("契約速度を変更する", rate="12.5")

    await chief.open("/operator/audit")

    shown = chief.page.text
    for words in ("運用者画面", "運用 当番", "権限のない操作", "127.0.0.1", "回線の送信停止", "12.5"):
        assert words in shown
    assert "回線 ソフトバンク SMS" in shown
    assert "090****5678" in shown
    assert "090-1234-5678" not in chief.response.text
    assert "案件の配信登録" not in shown
    await chief.open("/operator/audit?action=contract_rate_changed")
    table = chief.response.text.partition("<tbody")[2]
    assert "運用 責任" in table
    assert "運用 当番" not in table
    answer = await chief.send("CSVでダウンロードする")
    _, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert rows
    assert {row[4] for row in rows} == {"回線の契約速度の変更"}
    assert rows[0][5] == "回線 ソフトバンク SMS"
    await chief.open("/operator/audit?action=audit_exported")
    assert "運用 責任" in chief.response.text.partition("<tbody")[2]
    await chief.open("/operator/audit?cursor=x")
    assert chief.at == "/operator/audit"


@pytest.mark.parametrize("who", ["owner", "operator"])
async def test_neither_side_is_shown_the_others(
    portal: Portal, owner: Staff, somebody: Callable[[], Staff], who: str
) -> None:
    """I9: a company's administrator sees no operator, the operators' page no company."""
    await make_operators(portal.jobs_database)
    chief = await sign_in_as(somebody(), "operator_admin")
    if who == "owner":
        await owner.open("/audit")
        assert "企業 花子" in owner.page.text
        assert "運用 責任" not in owner.response.text
        assert "回線の送信停止" not in owner.response.text
    else:
        await chief.open("/operator/audit")
        assert "運用 責任" in chief.page.text
        assert "企業 花子" not in chief.response.text
