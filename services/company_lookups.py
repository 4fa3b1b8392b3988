"""Finding the company of something nobody can guess, and acting for it from then on.

What identifies whoever calls is all that is known before row-level security shows anything. These functions
of the database (migrations 0002, 0003 and 0008) answer with a company's id and nothing else.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import DeliveryReceipt, InboundMessage
from domain.carriers import Channel
from domain.sender_addresses import forms_of_sender


def _enter(companies: str) -> TextClause:
    return text(f"SELECT set_config('app.company_ids', coalesce({companies}, ''), true)")


_OF_SESSION = _enter("'{' || CAST(company_of_session(:token_hash) AS text) || '}'")
_OF_LOGIN = _enter("'{' || CAST(company_of_login(:login_id) AS text) || '}'")
_OF_DELETED_LOGIN = _enter("'{' || CAST(company_of_deleted_login(:login_id) AS text) || '}'")
_OF_API_KEY = _enter("'{' || CAST(company_of_api_key(:key_hash) AS text) || '}'")
_OF_CARRIER_MESSAGES = _enter("""
    CAST(companies_of_carrier_messages(CAST(:channels AS text[]), CAST(:carriers AS text[]),
                                       CAST(:ids AS text[]))
         || (SELECT array_agg(company_of_bot(bot_id)) FROM unnest(CAST(:bot_ids AS text[])) AS b(bot_id)
             WHERE company_of_bot(bot_id) IS NOT NULL) AS text)
""")


_OF_BOT = _enter("'{' || CAST(company_of_bot(:bot_id) AS text) || '}'")
_OF_SENDERS = _enter("CAST(companies_of_senders(CAST(:senders AS text[])) AS text)")
_ENTERED = text("SELECT unnest(CAST(nullif(current_setting('app.company_ids', true), '') AS uuid[]))")


async def enter_company_of_session(session: AsyncSession, token_hash: bytes) -> None:
    """Act for the company a signed-in browser's token belongs to; for none if it is unknown."""
    await session.execute(_OF_SESSION, {"token_hash": token_hash})


async def enter_company_of_login(session: AsyncSession, login_id: str) -> None:
    """Act for the company of the user with this login id; the password is still to be checked."""
    await session.execute(_OF_LOGIN, {"login_id": login_id})


async def enter_company_of_deleted_login(session: AsyncSession, login_id: str) -> None:
    """Act for the company that has deleted the user with this login id; only the service desk asks (C-5)."""
    await session.execute(_OF_DELETED_LOGIN, {"login_id": login_id})


async def enter_company_of_api_key(session: AsyncSession, key_hash: bytes) -> None:
    """Act for the company of an API key, also of a revoked one; for none if it is unknown."""
    await session.execute(_OF_API_KEY, {"key_hash": key_hash})


async def enter_companies_of_receipts(session: AsyncSession, receipts: Sequence[DeliveryReceipt]) -> None:
    """Act for the companies whose submits carry these receipts' ids, and whose accounts they name."""
    await session.execute(
        _OF_CARRIER_MESSAGES,
        {
            "channels": [receipt.channel.value for receipt in receipts],
            "carriers": [receipt.carrier.value for receipt in receipts],
            "ids": [receipt.carrier_message_id for receipt in receipts],
            "bot_ids": list({receipt.bot_id for receipt in receipts if receipt.bot_id}),
        },
    )


async def enter_companies_of_inbound(session: AsyncSession, message: InboundMessage) -> Sequence[UUID]:
    """Act for the companies whose account a message of an end user was sent to, and return them.

    A bot has one company; a sender of SMS may be several companies'.
    """
    if message.channel is Channel.RCS:
        await session.execute(_OF_BOT, {"bot_id": message.bot_id})
    else:
        await session.execute(_OF_SENDERS, {"senders": list(forms_of_sender(message.destination or ""))})
    return (await session.execute(_ENTERED)).scalars().all()
