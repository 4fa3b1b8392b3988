"""What the activity does with each answer of the relay."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.send_mail import MailActivities
from domain.mails import MailContent, MailKind, MailOrder, MailState
from gateways.mail.client import MailAnswer, MailOutcome
from services.database import Database, JobsDatabase
from services.mails import mails_queued_in, queue_mail
from services.secret_box import SecretBox
from tests.services.accounts import BOX, Accounts
from tests.services.support import now
from tests.support.postgres import jobs_url


class FakeRelay:
    """Answers what it is told to and keeps what it was given."""

    def __init__(self) -> None:
        self.answers: list[MailAnswer] = []
        self.sent: list[tuple[UUID, str, MailContent]] = []

    async def send(
        self, mail_id: UUID, address: str, content: MailContent, written_at: datetime
    ) -> MailAnswer:
        self.sent.append((mail_id, address, content))
        return self.answers.pop(0) if self.answers else MailAnswer(MailOutcome.ACCEPTED)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def accounts(database_url: str) -> AsyncIterator[Accounts]:
    database, jobs_database = Database(database_url), JobsDatabase(jobs_url(database_url), pool_size=2)
    yield Accounts(database, jobs_database)
    await jobs_database.close()
    await database.close()


@pytest.fixture
def relay() -> FakeRelay:
    return FakeRelay()


async def queued(accounts: Accounts, *, expires_in: timedelta = timedelta(hours=1)) -> MailOrder:
    admin = await accounts.administrator()
    async with accounts.transaction() as session:
        await queue_mail(
            session,
            admin.company_id,
            admin.user_id,
            MailKind.PASSWORD_RESET,
            secret=(BOX, "ABCD-EFGH"),
            expires_at=now() + expires_in,
        )
        return mails_queued_in(session)[0]


async def run(
    accounts: Accounts, relay: FakeRelay, order: MailOrder, box: SecretBox = BOX
) -> MailState | None:
    activities = MailActivities(accounts.database, relay, box, "http://portal.test")
    state: MailState | None = await ActivityEnvironment().run(activities.send_mail, order)
    return state


async def state_of(accounts: Accounts, order: MailOrder) -> tuple[str, str | None, bool]:
    (row,) = await accounts.rows(
        "SELECT state, failure_code, sealed_secret IS NULL AS is_wiped FROM mails WHERE id = :id",
        id=order.mail_id,
    )
    return row.state, row.failure_code, row.is_wiped


async def test_a_mail_is_written_when_it_is_sent_and_its_secret_forgotten(
    accounts: Accounts, relay: FakeRelay
) -> None:
    order = await queued(accounts)
    assert await run(accounts, relay, order) is MailState.SENT
    ((mail_id, address, content),) = relay.sent
    assert (mail_id, address.endswith("@kaede.example")) == (order.mail_id, True)
    assert "認証コード: ABCD-EFGH" in content.text
    assert await state_of(accounts, order) == ("sent", None, True)


async def test_a_mail_that_was_sent_is_not_sent_again(accounts: Accounts, relay: FakeRelay) -> None:
    """A worker that died between the relay's answer and Temporal's."""
    order = await queued(accounts)
    await run(accounts, relay, order)
    assert await run(accounts, relay, order) is None
    assert len(relay.sent) == 1


async def test_not_now_is_tried_again_with_the_same_content(accounts: Accounts, relay: FakeRelay) -> None:
    order = await queued(accounts)
    relay.answers = [MailAnswer(MailOutcome.FAILED, "451")]
    with pytest.raises(ApplicationError) as failure:
        await run(accounts, relay, order)
    assert failure.value.type == "451"
    assert "@" not in str(failure.value)
    assert await run(accounts, relay, order) is MailState.SENT
    assert relay.sent[0] == relay.sent[1]


async def test_refused_is_final(accounts: Accounts, relay: FakeRelay) -> None:
    order = await queued(accounts)
    relay.answers = [MailAnswer(MailOutcome.REFUSED, "550")]
    assert await run(accounts, relay, order) is MailState.FAILED
    assert await state_of(accounts, order) == ("failed", "550", True)


async def test_a_code_that_is_over_is_not_sent(accounts: Accounts, relay: FakeRelay) -> None:
    """C-3: a relay that comes back after two hours mails nobody a dead code."""
    order = await queued(accounts, expires_in=timedelta(seconds=-1))
    assert await run(accounts, relay, order) is MailState.EXPIRED
    assert relay.sent == []
    assert await state_of(accounts, order) == ("expired", None, True)


async def test_after_three_days_it_is_given_up(accounts: Accounts, relay: FakeRelay) -> None:
    order = await queued(accounts, expires_in=timedelta(days=14))
    await accounts.rows(
        "UPDATE mails SET created_at = now() - interval '73 hours' WHERE id = :id", id=order.mail_id
    )
    relay.answers = [MailAnswer(MailOutcome.FAILED, "451")]
    assert await run(accounts, relay, order) is MailState.FAILED


async def test_a_secret_nobody_can_read_any_more_ends_the_mail(accounts: Accounts, relay: FakeRelay) -> None:
    """The key of the settings was changed without keeping the old one."""
    order = await queued(accounts)
    assert await run(accounts, relay, order, SecretBox("another")) is MailState.FAILED
    assert await state_of(accounts, order) == ("failed", "unreadable_secret", True)
