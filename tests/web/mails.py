"""What a portal wrote into its outbox, as its reader gets it."""

import re

from sqlalchemy import text

from domain.mails import MailContent, MailOrder, write_mail
from services.mails import load_queued_mail
from services.secret_box import SecretBox
from tests.web.conftest import ENCRYPTION_KEY, PORTAL, Portal

_NEWEST = text("""
    SELECT m.company_id, m.id FROM mails m JOIN company_users u ON u.company_id = m.company_id
        AND u.id = m.user_id
    WHERE lower(u.login_id) = lower(:login_id) AND m.state = 'queued'
    ORDER BY m.created_at DESC, m.id DESC LIMIT 1
""")
_COUNT = text("SELECT count(*) FROM mails")


async def newest_mail(portal: Portal, login_id: str) -> MailContent:
    """The last mail to somebody."""
    async with portal.jobs_database.transaction() as session:
        row = (await session.execute(_NEWEST, {"login_id": login_id})).one()
        order = MailOrder(row.company_id, row.id)
        mail = await load_queued_mail(session, order, SecretBox(ENCRYPTION_KEY), PORTAL)
    assert mail is not None
    assert order in portal.delivery.mails, "written, but not started"
    return write_mail(mail.facts)


async def mails_written(portal: Portal) -> int:
    """How many mails there are in all."""
    async with portal.jobs_database.transaction() as session:
        return int((await session.execute(_COUNT)).scalar_one())


def told(mail: MailContent, label: str) -> str:
    """What stands behind a label of a mail."""
    found = re.search(rf"^{label}: (.+)$", mail.text, re.MULTILINE)
    assert found is not None, mail.text
    return found[1]
