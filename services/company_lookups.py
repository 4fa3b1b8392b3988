"""Finding the company of something nobody can guess, and acting for it from then on.

What identifies whoever calls is all that is known before row-level security shows anything. These functions
of the database (migration 0006) answer with a company's id and nothing else.
"""

from collections.abc import Sequence

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.carrier_exchange import DeliveryReceipt


def _enter(companies: str) -> TextClause:
    return text(f"SELECT set_config('app.company_ids', coalesce({companies}, ''), true)")


_OF_SESSION = _enter("'{' || CAST(company_of_session(:token_hash) AS text) || '}'")
_OF_LOGIN = _enter("'{' || CAST(company_of_login(:login_id) AS text) || '}'")
_OF_API_KEY = _enter("'{' || CAST(company_of_api_key(:key_hash) AS text) || '}'")
_OF_CARRIER_MESSAGES = _enter("""
    CAST(companies_of_carrier_messages(CAST(:channels AS text[]), CAST(:carriers AS text[]),
                                       CAST(:ids AS text[])) AS text)
""")


async def enter_company_of_session(session: AsyncSession, token_hash: bytes) -> None:
    """Act for the company a signed-in browser's token belongs to; for none if it is unknown."""
    await session.execute(_OF_SESSION, {"token_hash": token_hash})


async def enter_company_of_login(session: AsyncSession, login_id: str) -> None:
    """Act for the company of the user with this login id; the password is still to be checked."""
    await session.execute(_OF_LOGIN, {"login_id": login_id})


async def enter_company_of_api_key(session: AsyncSession, key_hash: bytes) -> None:
    """Act for the company of an API key, also of a revoked one; for none if it is unknown."""
    await session.execute(_OF_API_KEY, {"key_hash": key_hash})


async def enter_companies_of_receipts(session: AsyncSession, receipts: Sequence[DeliveryReceipt]) -> None:
    """Act for the companies whose submits carry the message ids of these receipts."""
    await session.execute(
        _OF_CARRIER_MESSAGES,
        {
            "channels": [receipt.channel.value for receipt in receipts],
            "carriers": [receipt.carrier.value for receipt in receipts],
            "ids": [receipt.carrier_message_id for receipt in receipts],
        },
    )
