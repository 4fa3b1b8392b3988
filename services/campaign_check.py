"""The check page: what would be sent, to how many, at what price, and what stands against it (P-9, P-11).

``build_check`` is the one source of these numbers; registration calls it again and goes on only if they
are the ones that were shown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.callers import Caller
from domain.campaigns import (
    FOLLOW_UP_PREFIX,
    MAX_RECIPIENTS,
    NOTICE_THRESHOLD_PER_HOUR,
    CampaignContent,
    CampaignProblem,
    ProblemFound,
    option_problems,
    problems_of,
)
from domain.follow_ups import FollowUpTrigger
from domain.prices import highest_price, total_yen
from domain.recipient_files import Record, RowErrorCode
from domain.send_times import earliest_end, reaches_night, to_jst
from services.campaigns import content_of, load_campaign
from services.check_findings import CampaignCheck, CheckChange, CheckWarning
from services.check_samples import sample_rows
from services.contracts import Terms, terms_on
from services.recipient_uploads import error_rows
from services.row_checks import LockedUpload, lock_upload, run_row_check

__all__ = ["CampaignCheck", "CheckChange", "CheckWarning"]

SHOWN_ERRORS = 100


_BY_PARTS = text("""
    SELECT r.parts, coalesce(r.second_parts, 0) AS second_parts, count(*) AS messages,
           count(o.phone_number) AS opted_out
    FROM recipient_upload_rows r
    LEFT JOIN opt_outs o ON o.company_id = r.company_id AND o.phone_number = r.phone_number
    WHERE r.company_id = :company_id AND r.upload_id = :upload_id AND r.problems IS NULL
    GROUP BY 1, 2
""")

_LANE = text("SELECT next_at FROM company_lanes WHERE company_id = :company_id")


async def check_campaign(
    session: AsyncSession, caller: Caller, campaign_id: UUID, now: datetime, *, run_rows: bool = True
) -> CampaignCheck:
    """Check a campaign as it is saved. The rows are checked only if they were not yet, with these texts.

    ``run_rows=False`` answers at once with what is known (``needs_check`` tells). Raises
    ``CampaignNotFound``.
    """
    row = await load_campaign(session, caller, campaign_id)
    return await check_content(session, caller, content_of(row), row.upload_id, now, run_rows=run_rows)


async def check_content(
    session: AsyncSession,
    caller: Caller,
    content: CampaignContent,
    upload_id: UUID | None,
    now: datetime,
    *,
    run_rows: bool = True,
) -> CampaignCheck:
    """Check content that need not be saved, such as an edit of a scheduled send (P-3).

    Raises ``UploadNotFound``.
    """
    upload = await lock_upload(session, caller, upload_id) if upload_id else None
    return await build_check(session, caller, content, upload, now, run_rows=run_rows)


async def build_check(
    session: AsyncSession,
    caller: Caller,
    content: CampaignContent,
    upload: LockedUpload | None,
    now: datetime,
    *,
    run_rows: bool,
    records: Iterable[Record] | None = None,
) -> CampaignCheck:
    """Return all problems and, where rows have been or can be checked, all numbers.

    ``records`` are the rows of a list that has never been checked and has no file.
    """
    terms = await terms_on(session, caller.company_id, to_jst(now).date())
    columns = [column.name for column in upload.shape.columns if column.key] if upload else None
    problems = [
        *problems_of(content, columns, now),
        *option_problems(
            content,
            opt_out_enabled=terms.opt_out_enabled,
            recycling_check_enabled=terms.recycling_check_enabled,
        ),
        *_upload_problems(upload),
    ]
    check = CampaignCheck(content, upload.id if upload else None, tuple(problems))
    if upload is None or any(problem.field in _BLOCK_ROWS for problem in problems):
        return check
    summary, checked_at = upload.summary, upload.checked_at
    if not upload.is_checked_for(content, terms.part_table):
        if not run_rows:
            return check
        summary = await run_row_check(session, caller, upload, content, terms.part_table, now, records)
        checked_at = now
    counted = _with_counts(check, summary or {}, checked_at)
    priced = await _with_price(session, caller, counted, terms)
    timed = await _with_times(session, caller, priced, terms, now)
    return await _with_rows(session, caller, timed, summary or {})


# Problems in these make a check of the rows impossible or worthless.
_BLOCK_ROWS = frozenset(
    {"sms_text", "rcs_text", "recipients", f"{FOLLOW_UP_PREFIX}sms_text", f"{FOLLOW_UP_PREFIX}rcs_text"}
)


def _upload_problems(upload: LockedUpload | None) -> list[ProblemFound]:
    if upload is None:
        return [ProblemFound(CampaignProblem.RECIPIENTS_MISSING, "recipients")]
    if not upload.shape.can_be_checked:
        kind = next((p.code.value for p in upload.shape.problems), "")
        return [ProblemFound(CampaignProblem.UNREADABLE_FILE, "recipients", {"kind": kind})]
    if upload.phone_column is None:
        return [ProblemFound(CampaignProblem.PHONE_COLUMN_MISSING, "recipients")]
    return []


def _with_counts(
    check: CampaignCheck, summary: Mapping[str, Any], checked_at: datetime | None
) -> CampaignCheck:
    rejected = {RowErrorCode(code): count for code, count in summary["errors"].items()}
    problems = list(check.problems)
    if RowErrorCode.TOO_MANY_ROWS in rejected:
        detail = {"limit": MAX_RECIPIENTS}
        problems.append(ProblemFound(CampaignProblem.TOO_MANY_RECIPIENTS, "recipients", detail))
    if RowErrorCode.UNREADABLE_FROM_HERE in rejected:
        problems.append(ProblemFound(CampaignProblem.UNREADABLE_FILE, "recipients", {"kind": "rows"}))
    if not summary["valid_rows"]:
        problems.append(ProblemFound(CampaignProblem.NO_VALID_RECIPIENT, "recipients"))
    return replace(
        check,
        problems=tuple(problems),
        needs_check=False,
        checked_at=checked_at,
        valid_rows=summary["valid_rows"],
        rejected_rows=summary["error_rows"],
        rejected=rejected,
        repairs=summary["repairs"],
        rows_left=summary["rows_left"],
        hidden_rows=summary.get("hidden_rows", 0),
        longest_characters=summary["longest_characters"],
        fingerprint=summary["fingerprint"],
    )


async def _with_price(
    session: AsyncSession, caller: Caller, check: CampaignCheck, terms: Terms
) -> CampaignCheck:
    content = check.content
    key = {"company_id": caller.company_id, "upload_id": check.upload_id}
    rows = (await session.execute(_BY_PARTS, key)).all()
    by_parts: Counter[int] = Counter()
    second_by_parts: Counter[int] = Counter()
    for row in rows:
        messages = row.messages - (row.opted_out if content.exclude_opt_outs else 0)
        by_parts[row.parts] += messages
        second_by_parts[row.second_parts] += messages
    lines = highest_price(
        content.channel_plan,
        by_parts,
        terms.prices,
        second_by_parts=second_by_parts if content.follow_up else None,
        with_recycling_check=content.recycling_reference_on is not None,
    )
    recipients = sum(by_parts.values())
    problems = list(check.problems)
    if recipients > NOTICE_THRESHOLD_PER_HOUR and not terms.may_exceed_notice_threshold:
        detail = {"limit": NOTICE_THRESHOLD_PER_HOUR}
        problems.append(ProblemFound(CampaignProblem.NOTICE_REQUIRED, "recipients", detail))
    if check.valid_rows and not recipients:
        problems.append(ProblemFound(CampaignProblem.NO_VALID_RECIPIENT, "recipients"))
    return replace(
        check,
        problems=tuple(problems),
        opted_out=sum(row.opted_out for row in rows),
        recipients=recipients,
        parts_total=sum(parts * messages for parts, messages in by_parts.items()),
        second_parts_total=sum(parts * messages for parts, messages in second_by_parts.items()),
        price_lines=lines,
        max_yen=total_yen(lines),
    )


async def _with_times(
    session: AsyncSession, caller: Caller, check: CampaignCheck, terms: Terms, now: datetime
) -> CampaignCheck:
    """Forecast: not before the send time, nor before what the company's lane is taken for (S-7)."""
    lane = (await session.execute(_LANE, {"company_id": caller.company_id})).scalar_one_or_none()
    # A time that is refused, such as the end of the calendar, is no beginning of anything.
    refused = any(problem.field == "send_at" for problem in check.problems)
    send_at = None if refused else check.content.send_at
    starts_at = max(filter(None, (now, send_at, lane)))
    # A second message after each delivery takes the lane as the first one did; replies cannot be foretold.
    doubled = check.content.follow_up and check.content.follow_up.trigger is FollowUpTrigger.DELIVERED
    messages = check.recipients * 2 if doubled else check.recipients
    ends_at = earliest_end(starts_at, messages, terms.hourly_capacity)
    warnings = {
        CheckWarning.NOTICE_THRESHOLD: check.recipients > NOTICE_THRESHOLD_PER_HOUR,
        CheckWarning.NIGHT: reaches_night(starts_at, ends_at),
        CheckWarning.ROWS_REJECTED: check.rejected_rows > 0,
        CheckWarning.ROWS_HIDDEN: check.hidden_rows > 0,
        CheckWarning.RECIPIENTS_OPTED_OUT: check.opted_out > 0 and not check.content.exclude_opt_outs,
    }
    given = tuple(warning for warning, holds in warnings.items() if holds)
    return replace(check, warnings=given, starts_at=starts_at, earliest_end=ends_at)


async def _with_rows(
    session: AsyncSession, caller: Caller, check: CampaignCheck, summary: Mapping[str, Any]
) -> CampaignCheck:
    if check.upload_id is None:
        return check
    samples = await sample_rows(session, caller, check.content, check.upload_id, summary["longest_row"])
    errors = await error_rows(session, caller, check.upload_id, limit=SHOWN_ERRORS)
    return replace(check, samples=samples, errors=tuple(errors))
