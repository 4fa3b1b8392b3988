"""The outbox of mails: secrets sealed and short-lived, each mail closed once."""

from datetime import timedelta

from domain.mails import MailKind, MailOrder, MailState
from services.mails import close_mail, load_queued_mail, mails_queued_in, queue_mail, queued_mails
from tests.services.accounts import BOX, Accounts
from tests.services.support import now

PORTAL = "http://portal.test/"


async def queued(accounts: Accounts, kind: MailKind = MailKind.PASSWORD_RESET) -> MailOrder:
    admin = await accounts.administrator()
    async with accounts.transaction() as session:
        await queue_mail(
            session,
            admin.company_id,
            admin.user_id,
            kind,
            secret=(BOX, "ABCD-EFGH"),
            expires_at=now() + timedelta(hours=1),
        )
        (order,) = mails_queued_in(session)
    return order


async def test_a_queued_mail_waits_to_be_started(accounts: Accounts) -> None:
    """What no page started, a sweep finds."""
    order = await queued(accounts)
    async with accounts.transaction() as session:
        assert order in await queued_mails(session)
        mail = await load_queued_mail(session, order, BOX, PORTAL)
    assert mail is not None
    assert (mail.facts.secret, mail.facts.portal_url) == ("ABCD-EFGH", "http://portal.test")


async def test_a_closed_mail_has_no_secret_and_is_never_sent_again(accounts: Accounts) -> None:
    order = await queued(accounts)
    async with accounts.transaction() as session:
        await close_mail(session, order, MailState.SENT)
        await close_mail(session, order, MailState.FAILED, "550")
        assert await load_queued_mail(session, order, BOX, PORTAL) is None
        assert order not in await queued_mails(session)
    (row,) = await accounts.rows("SELECT state, sealed_secret FROM mails WHERE id = :id", id=order.mail_id)
    assert (row.state, row.sealed_secret) == ("sent", None)


async def test_a_new_code_takes_the_place_of_one_that_has_not_left(accounts: Accounts) -> None:
    """While the relay is away, five requests are one mail, the one whose code is good."""
    admin = await accounts.administrator()
    for code in ("OLD", "NEW"):
        async with accounts.transaction() as session:
            await queue_mail(
                session,
                admin.company_id,
                admin.user_id,
                MailKind.PASSWORD_RESET,
                secret=(BOX, code),
                expires_at=now() + timedelta(hours=1),
            )
    rows = await accounts.rows(
        "SELECT state, sealed_secret IS NULL AS is_wiped FROM mails WHERE user_id = :user ORDER BY id",
        user=admin.user_id,
    )
    assert [(row.state, row.is_wiped) for row in rows] == [("expired", True), ("queued", False)]
    assert await accounts.told_secret(admin) == "NEW"


async def test_another_companys_mail_does_not_exist(accounts: Accounts) -> None:
    """I9."""
    order, stranger = await queued(accounts), await accounts.administrator()
    async with accounts.transaction() as session:
        foreign = MailOrder(stranger.company_id, order.mail_id)
        assert await load_queued_mail(session, foreign, BOX, PORTAL) is None
