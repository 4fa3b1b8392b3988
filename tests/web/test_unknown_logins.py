"""Sign-ins with a login id nobody has, as 運用責任者 sees them (I11)."""

from collections.abc import Callable

from tests.web.conftest import Portal
from tests.web.operators import make_operators, sign_in_as
from tests.web.staff import Staff

TYPED = "hatsuyume-fuji@sakura.example"


async def test_operators_see_that_unknown_login_ids_were_tried_but_not_which(
    portal: Portal, visitor: Staff, somebody: Callable[[], Staff]
) -> None:
    await make_operators(portal.jobs_database)
    for _ in range(2):
        await visitor.open("/sign-in")
        answer = await visitor.send("ログインする", login_id=TYPED, password="wrong")
        assert answer.status_code == 422
    chief = await sign_in_as(somebody(), "operator_admin")

    await chief.open("/operator/audit?action=unknown_login")

    table = chief.response.text.partition("<tbody")[2]
    assert table.count("登録のないログインIDでのログイン") == 2
    assert table.count("入力されたログインIDの符号") == 2
    assert "127.0.0.1" in table
    assert "（不明）" in table
    assert "hatsuyume" not in chief.response.text
    answer = await chief.send("CSVでダウンロードする")
    assert answer.text.count("登録のないログインIDでのログイン") == 2
    assert "hatsuyume" not in answer.text


async def test_a_companys_own_trail_offers_no_such_entries(owner: Staff) -> None:
    await owner.open("/audit")
    assert "登録のないログインID" not in owner.response.text
