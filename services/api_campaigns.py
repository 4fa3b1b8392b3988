"""A campaign in one request of a program: recipients, texts and time together, registered at once.

The recipients become a list like an uploaded one, so that the same rules check them, the campaign can be
edited in the portal, and a repeated request finds the rows that were refused.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.campaigns import MAX_RECIPIENTS, CampaignContent, CampaignProblem, ProblemFound
from domain.recipient_files import Column, FileFormat, FileShape, Record, RowErrorCode
from domain.templates import variable_key
from domain.text_limits import MAX_VARIABLES
from services.campaign_check import CampaignCheck, build_check
from services.campaign_registration import CampaignRefused, record_registration, register_rows
from services.campaigns import save_draft
from services.recipient_uploads import error_rows
from services.row_checks import API_PHONE_COLUMN, LockedUpload, lock_upload


@dataclass(frozen=True, slots=True)
class ApiRecipient:
    """A recipient as the program wrote it."""

    phone_number: str
    variables: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A recipient that was left out: its position from 1, the number as given, the first reason."""

    row: int
    phone_number: str
    reason: RowErrorCode


@dataclass(frozen=True, slots=True)
class ApiRegistration:
    """``accepted`` messages are registered. ``repeated``: by an earlier request with the same key."""

    campaign_id: UUID
    accepted: int
    rejected: tuple[Rejected, ...]
    repeated: bool = False


class IdempotencyConflict(Exception):
    """The key was used before for another request."""


class RequestInProgress(Exception):
    """A request with the same key is being worked on at this moment, here or in another replica."""


class TooManyVariables(ValueError):
    """The recipients have more than ``MAX_VARIABLES`` different variable names."""


_INSERT_LIST = text("""
    INSERT INTO recipient_uploads (company_id, source, file_name, content, shape, phone_column)
    VALUES (:company_id, 'api', 'API', '', CAST(:shape AS jsonb), 0) RETURNING id
""")

# Of two requests with one key the second finds the first at work, until that is committed or gone. It does
# not wait: a connection for each of them would be one less for everybody else.
_TAKE_KEY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 7205))")

_FIRST = text("""
    SELECT c.id, c.request_hash, c.upload_id, n.total FROM campaigns c
    JOIN campaign_counters n ON n.company_id = c.company_id AND n.campaign_id = c.id AND n.sequence = 1
    WHERE c.company_id = :company_id AND c.request_key = :request_key
""")

_MARK = text("""
    UPDATE campaigns SET request_key = :request_key, request_hash = :request_hash
    WHERE company_id = :company_id AND id = :campaign_id
""")


async def create_campaign_from_api(
    session: AsyncSession,
    caller: Caller,
    content: CampaignContent,
    recipients: Sequence[ApiRecipient],
    *,
    request_key: str | None,
    request_hash: bytes,
    now: datetime,
) -> ApiRegistration:
    """Register a campaign, leaving out recipients that cannot be sent to.

    ``request_key`` makes a repetition (same ``request_hash``) return the first answer; another request
    under it is an ``IdempotencyConflict``, and while one is at work ``RequestInProgress``. Raises
    ``CampaignRefused`` and ``TooManyVariables``; nothing is registered then and the key stays free.
    """
    if request_key is not None and (
        first := await _first_registration(session, caller, request_key, request_hash)
    ):
        return first
    if len(recipients) > MAX_RECIPIENTS:
        problem = ProblemFound(CampaignProblem.TOO_MANY_RECIPIENTS, "recipients", {"limit": MAX_RECIPIENTS})
        raise CampaignRefused(CampaignCheck(content, None, (problem,)))
    keys = await asyncio.to_thread(_keys, recipients)
    upload = await _new_list(session, caller, _columns(keys), len(recipients))
    check = await build_check(
        session, caller, content, upload, now, run_rows=True, records=_records(recipients, keys)
    )
    if not check.can_be_registered:
        raise CampaignRefused(check)
    campaign_id = await save_draft(session, caller, content, upload_id=upload.id)
    key = {"company_id": caller.company_id, "campaign_id": campaign_id}
    if request_key is not None:
        await session.execute(_MARK, {**key, "request_key": request_key, "request_hash": request_hash})
    accepted = await register_rows(session, caller, campaign_id, check)
    rejected = await _rejected(session, caller, upload.id)
    await record_registration(session, caller, campaign_id, content, accepted)
    return ApiRegistration(campaign_id, accepted, rejected)


async def _new_list(
    session: AsyncSession, caller: Caller, columns: tuple[Column, ...], rows: int
) -> LockedUpload:
    shape = FileShape("API", FileFormat.CSV, columns=columns, rows=rows)
    stored = json.dumps(shape.to_json(), ensure_ascii=False)
    upload = await session.execute(_INSERT_LIST, {"company_id": caller.company_id, "shape": stored})
    return await lock_upload(session, caller, upload.scalar_one())


async def _first_registration(
    session: AsyncSession, caller: Caller, request_key: str, request_hash: bytes
) -> ApiRegistration | None:
    lock = {"key": f"{caller.company_id} {request_key}"}
    if not (await session.execute(_TAKE_KEY, lock)).scalar_one():
        raise RequestInProgress
    first = (
        await session.execute(_FIRST, {"company_id": caller.company_id, "request_key": request_key})
    ).one_or_none()
    if first is None:
        return None
    if first.request_hash != request_hash:
        raise IdempotencyConflict(request_key)
    rejected = await _rejected(session, caller, first.upload_id)
    return ApiRegistration(first.id, first.total, rejected, repeated=True)


async def _rejected(session: AsyncSession, caller: Caller, upload_id: UUID) -> tuple[Rejected, ...]:
    rejected: list[Rejected] = []
    while page := await error_rows(
        session, caller, upload_id, after=rejected[-1].row if rejected else 0, limit=10_000
    ):
        rejected += (Rejected(row.row_number, row.cells[0], row.problems[0].code) for row in page)
    return tuple(rejected)


def _keys(recipients: Sequence[ApiRecipient]) -> dict[str, str]:
    """Return the key of every variable's name any recipient has."""
    keys: dict[str, str] = {}
    for recipient in recipients:
        for name in recipient.variables:
            # Most rows name the same variables: looking one up is all that is left to do for them.
            if name not in keys:
                keys[name] = variable_key(name)
                if len(keys) > MAX_VARIABLES:
                    raise TooManyVariables(str(MAX_VARIABLES))
    return keys


def _columns(keys: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the number's column and one for every variable."""
    different = dict.fromkeys(key for key in keys.values() if key)
    return (API_PHONE_COLUMN, *(Column(index, key, key) for index, key in enumerate(different, 1)))


def _records(recipients: Sequence[ApiRecipient], keys: Mapping[str, str]) -> Iterator[Record]:
    places = [column.key for column in _columns(keys)[1:]]
    for number, recipient in enumerate(recipients, 1):
        variables = {keys[name]: value for name, value in recipient.variables.items()}
        yield Record(number, [recipient.phone_number, *(variables.get(key, "") for key in places)])
