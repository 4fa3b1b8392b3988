"""What is forgotten about people when the log does not need it any more (L-1): beside the log's months."""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.log_months import LOG_PERIOD, ended_before, first_message_id
from services.feeding import KNOWN_CARRIER_LIFETIME

# Deleted in one transaction at most, of each kind.
BATCH = 5_000
# A list can have 250,000 rows, which go with it.
LISTS = 5

# No message is under way for so long, no pause after it (S-8), and no handset waits for the rest of a text.
_LANE_LIFETIME = timedelta(days=7)

# Reports and answers must be recognised when a carrier repeats them, whatever the month: their keys hold for
# all months, which a table divided into months could not promise. They are deleted row by row.
_RECEIPTS = text("""
    DELETE FROM receipts WHERE id IN (
        SELECT id FROM receipts WHERE id < :first_id AND applied_at IS NOT NULL ORDER BY id LIMIT :batch)
""")
_INBOUND = text("""
    DELETE FROM inbound_messages WHERE (company_id, id) IN (
        SELECT company_id, id FROM inbound_messages WHERE received_at < :ended_before LIMIT :batch)
""")
_MAILS = text("""
    DELETE FROM mails WHERE (company_id, id) IN (
        SELECT company_id, id FROM mails WHERE closed_at < :ended_before LIMIT :batch)
""")
_KNOWN_CARRIERS = text("""
    DELETE FROM known_carriers WHERE phone_number IN (
        SELECT phone_number FROM known_carriers WHERE delivered_at < :learned_before LIMIT :batch
        FOR UPDATE SKIP LOCKED)
""")
_NUMBER_LANES = text("""
    DELETE FROM number_lanes WHERE (carrier, phone_number) IN (
        SELECT carrier, phone_number FROM number_lanes WHERE free_at < :free_before LIMIT :batch
        FOR UPDATE SKIP LOCKED)
""")
_NUMBER_REFERENCES = text("""
    DELETE FROM number_references WHERE phone_number IN (
        SELECT phone_number FROM number_references WHERE used_at < :free_before LIMIT :batch
        FOR UPDATE SKIP LOCKED)
""")

# A list goes with the campaigns it was for; of one that no campaign has taken nobody knows the way back.
_LET_GO_OF_LISTS = text("""
    UPDATE campaigns SET upload_id = NULL WHERE (company_id, id) IN (
        SELECT company_id, id FROM campaigns
        WHERE upload_id IS NOT NULL AND coalesce(completed_at, cancelled_at) < :ended_before
        LIMIT :batch FOR UPDATE SKIP LOCKED)
""")
_LISTS = text("""
    DELETE FROM recipient_uploads WHERE (company_id, id) IN (
        SELECT u.company_id, u.id FROM recipient_uploads u
        WHERE u.created_at < :ended_before AND NOT EXISTS (
            SELECT FROM campaigns c WHERE c.company_id = u.company_id AND c.upload_id = u.id)
        LIMIT :batch)
""")


async def forget_personal_data(session: AsyncSession, now: datetime) -> bool:
    """Delete a batch of each kind of what has had its time; whether there may be more.

    The transaction is one of ``JobsDatabase``.
    """
    at = ended_before(now)
    batches: list[tuple[TextClause, dict[str, object], int]] = [
        (_RECEIPTS, {"first_id": first_message_id(at)}, BATCH),
        (_INBOUND, {"ended_before": at}, BATCH),
        (_MAILS, {"ended_before": at}, BATCH),
        (_KNOWN_CARRIERS, {"learned_before": now - max(KNOWN_CARRIER_LIFETIME, LOG_PERIOD)}, BATCH),
        (_NUMBER_LANES, {"free_before": now - _LANE_LIFETIME}, BATCH),
        (_NUMBER_REFERENCES, {"free_before": now - _LANE_LIFETIME}, BATCH),
        (_LET_GO_OF_LISTS, {"ended_before": at}, BATCH),
        (_LISTS, {"ended_before": at}, LISTS),
    ]
    is_more = False
    for statement, parameters, batch in batches:
        deleted = await session.execute(statement, {**parameters, "batch": batch})
        is_more |= deleted.rowcount >= batch  # type: ignore[attr-defined]
    return is_more
