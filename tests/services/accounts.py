"""What tests of accounts start from: a company with an administrator, and the mails it was sent."""

import itertools
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.company_users import UserProfile
from domain.mails import MailOrder
from domain.permissions import Role
from services.company_users import invite_user
from services.database import Database, JobsDatabase
from services.mails import QueuedMail, load_queued_mail
from services.password_hashing import hashed
from services.secret_box import SecretBox
from services.sign_in import SignedIn, sign_in
from services.user_sessions import SessionUser, session_for
from tests.services.support import now

BOX = SecretBox("tests-only")
PASSWORD = "夜行列車の窓から見えた灯り"
_serial = itertools.count(1)


@dataclass(frozen=True)
class Account:
    """A user that was made for one test."""

    company_id: UUID
    user_id: UUID
    login_id: str

    @property
    def key(self) -> dict[str, UUID]:
        """For SQL of tests."""
        return {"company": self.company_id, "user": self.user_id}


class Accounts:
    """Companies and users in one database; every step is a transaction of its own."""

    def __init__(self, database: Database, jobs_database: JobsDatabase) -> None:
        self.database = database
        self.jobs_database = jobs_database
        self._companies: list[UUID] = []

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction of all companies made so far, so that only the services keep them apart."""
        return self.database.transaction(self._companies)

    async def rows(self, statement: str, **parameters: Any) -> list[Any]:
        """Run SQL on the rows of all companies."""
        async with self.jobs_database.transaction() as session:
            result: Any = await session.execute(text(statement), parameters)
            return list(result.all()) if result.returns_rows else []

    async def administrator(self, *, second_factor: bool = False) -> Account:
        """A new company with one administrator, whose password is ``PASSWORD``."""
        (company,) = await self.rows(
            "INSERT INTO companies (name, second_factor_roles)"
            " VALUES ('かえで物産株式会社', CAST(:roles AS text[])) RETURNING id",
            roles=[Role.COMPANY_ADMIN.value] if second_factor else [],
        )
        self._companies.append(company.id)
        login_id = f"admin{next(_serial)}@kaede.example"
        return await self._user(company.id, login_id, Role.COMPANY_ADMIN)

    async def colleague(self, of: Account, role: Role = Role.ADMIN) -> Account:
        """Another user of the company with an own password."""
        return await self._user(of.company_id, f"user{next(_serial)}@kaede.example", role)

    async def _user(self, company_id: UUID, login_id: str, role: Role) -> Account:
        (user,) = await self.rows(
            "INSERT INTO company_users (company_id, login_id, name, role, password_hash)"
            " VALUES (:company, :login_id, '楓 一郎', :role, :hash) RETURNING id",
            company=company_id,
            login_id=login_id,
            role=role.value,
            hash=await hashed(PASSWORD),
        )
        return Account(company_id, user.id, login_id)

    async def invited(self, by: Account, role: Role = Role.ADMIN, at: datetime | None = None) -> Account:
        """A user who was invited and has not signed in yet."""
        login_id = f"new{next(_serial)}@kaede.example"
        async with self.transaction() as session:
            caller = Caller(by.company_id, by.user_id, Role.COMPANY_ADMIN)
            profile = UserProfile("紅葉 二郎", role)
            user_id = await invite_user(session, caller, login_id, profile, BOX, at or now())
        return Account(by.company_id, user_id, login_id)

    async def signs_in(
        self, account: Account, password: str = PASSWORD, at: datetime | None = None
    ) -> SessionUser:
        """Sign in; the session may still be halfway."""
        async with self.transaction() as session:
            outcome = await sign_in(session, account.login_id, password, at or now())
            assert isinstance(outcome, SignedIn)
            user = await session_for(session, outcome.token, at or now())
        assert user is not None
        return user

    async def mails(self, account: Account) -> list[str]:
        """The kinds of mails written to a user, in their order."""
        rows = await self.rows(
            "SELECT kind FROM mails WHERE company_id = :company AND user_id = :user ORDER BY created_at, id",
            **account.key,
        )
        return [row.kind for row in rows]

    async def last_mail(self, account: Account) -> QueuedMail:
        """The newest mail to a user as it would be sent now."""
        rows = await self.rows(
            "SELECT id FROM mails WHERE company_id = :company AND user_id = :user AND state = 'queued'"
            " ORDER BY created_at DESC, id DESC",
            **account.key,
        )
        async with self.transaction() as session:
            order = MailOrder(account.company_id, rows[0].id)
            mail = await load_queued_mail(session, order, BOX, "http://portal.test")
        assert mail is not None
        return mail

    async def told_secret(self, account: Account) -> str:
        """The password or code of the newest mail."""
        secret = (await self.last_mail(account)).facts.secret
        assert secret is not None
        return secret
