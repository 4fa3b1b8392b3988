"""Two companies to try the product with: users of every role, contracts, senders, keys.

For demonstrations only: the passwords are in this file. ``make run`` calls it, a deployment does not.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.message_parts import ALTERNATIVE_PART_TABLE, DEFAULT_PART_TABLE, PartTable
from domain.permissions import Role
from services.api_keys import caller_for_key, create_api_key
from services.password_hashing import hash_password


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A sign-in to print."""

    login_id: str
    password: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A company to print. ``api_key`` is one that works, kept over restarts by the caller."""

    company_id: UUID
    name: str
    api_key: str
    users: tuple[DemoUser, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a demo company is made of. The ids are fixed, so that a second start finds the first one's."""

    company_id: UUID
    name: str
    login_suffix: str
    sender: str
    bot_id: str
    part_table: PartTable
    options: bool


_PLANS = (
    _Plan(
        UUID("01920000-0000-7000-8000-000000000001"),
        "さくら商事株式会社",
        "sakura",
        "0312345678",
        "sakura-official",
        DEFAULT_PART_TABLE,
        options=True,
    ),
    _Plan(
        UUID("01920000-0000-7000-8000-000000000002"),
        "みどり不動産株式会社",
        "midori",
        "MIDORI",
        "midori-official",
        ALTERNATIVE_PART_TABLE,
        options=False,
    ),
)

_ROLE_LOGINS = {
    Role.COMPANY_ADMIN: ("owner", "企業 花子"),
    Role.SENIOR_ADMIN: ("senior", "上位 太郎"),
    Role.ADMIN: ("admin", "管理 次郎"),
    Role.GENERAL_USER: ("staff", "一般 三郎"),
}

_COMPANY = text(
    # Scripts sign in, so nobody needs a second factor.
    "INSERT INTO companies (id, name, second_factor_roles) VALUES (:company_id, :name, '{}')"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_CONTRACT = text("""
    INSERT INTO contracts (company_id, valid_from, hourly_capacity, may_exceed_notice_threshold, part_table,
        sms_part_price_yen, rcs_message_price_yen, recycling_check_price_yen, opt_out_enabled,
        recycling_check_enabled)
    VALUES (:company_id, :valid_from, 40000, :options, :part_table, :sms_price, :rcs_price, :check_price,
        :options, :options)
""")
_SMS_ACCOUNT = text("INSERT INTO sms_accounts (company_id, sender) VALUES (:company_id, :sender)")
_OFFICIAL_ACCOUNT = text(
    "INSERT INTO official_accounts (company_id, name, bot_id) VALUES (:company_id, :name, :bot_id)"
)
_USER = text("""
    INSERT INTO company_users (company_id, login_id, name, role, password_hash)
    VALUES (:company_id, :login_id, :name, :role, :password_hash)
""")


async def ensure_demo_data(session: AsyncSession, known_api_keys: Collection[str] = ()) -> list[DemoCompany]:
    """Make the demo companies that are missing and return both, with sign-ins.

    Only hashes of keys are stored, so the caller hands in the keys it kept from the last start; a company
    for which none of them works gets a new one.
    """
    # Two processes that start at once must not make the companies twice.
    await session.execute(text("SELECT pg_advisory_xact_lock(7204)"))
    return [await _ensure(session, plan, known_api_keys) for plan in _PLANS]


async def _ensure(session: AsyncSession, plan: _Plan, known_api_keys: Collection[str]) -> DemoCompany:
    created = await session.execute(_COMPANY, {"company_id": plan.company_id, "name": plan.name})
    users = tuple(
        DemoUser(f"{login}@{plan.login_suffix}.example", f"Demo-{plan.login_suffix}-{login}-2026", role)
        for role, (login, _) in _ROLE_LOGINS.items()
    )
    if created.scalar_one_or_none() is not None:
        await _fill(session, plan, users)
    for key in known_api_keys:
        caller = await caller_for_key(session, key)
        if caller is not None and caller.company_id == plan.company_id:
            return DemoCompany(plan.company_id, plan.name, key, users)
    key = await create_api_key(session, plan.company_id, "demo")
    return DemoCompany(plan.company_id, plan.name, key, users)


async def _fill(session: AsyncSession, plan: _Plan, users: tuple[DemoUser, ...]) -> None:
    key = {"company_id": plan.company_id}
    prices = {"sms_price": Decimal("12.00"), "rcs_price": Decimal("10.50"), "check_price": Decimal("3.00")}
    terms = {"valid_from": date(2024, 4, 1), "part_table": list(plan.part_table), "options": plan.options}
    await session.execute(_CONTRACT, {**key, **prices, **terms})
    await session.execute(_SMS_ACCOUNT, {**key, "sender": plan.sender})
    await session.execute(_OFFICIAL_ACCOUNT, {**key, "name": plan.name, "bot_id": plan.bot_id})
    for user in users:
        password_hash = await asyncio.to_thread(hash_password, user.password)
        name = _ROLE_LOGINS[user.role][1]
        columns = {"login_id": user.login_id, "name": name, "role": user.role.value}
        await session.execute(_USER, {**key, **columns, "password_hash": password_hash})
