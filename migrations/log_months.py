"""Functions of the database that make and drop months of the log, for roles that own no table.

Applied migrations call this module: what it does must not change, only be added to.
"""

from alembic import op

# From what refers to what is referred to: the order in which a month's tables can go.
_TABLES = ("submit_segments", "recycling_checks", "submit_attempts", "messages")

# A table waits for whoever uses it, and everybody after it waits for the table: rather give up and come
# again. Shorter than PostgreSQL takes to look for deadlocks, so that it is never a delivery that gives way.
_GUARD = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '800ms'"

_MAKE = f"""
CREATE FUNCTION make_log_month(month text, first_id uuid, next_first_id uuid) RETURNS boolean {_GUARD} AS $$
DECLARE
    parent text;
    room int;
BEGIN
    IF month !~ '^\\d{{4}}_\\d\\d$' THEN
        RAISE EXCEPTION 'no month of the log';
    END IF;
    IF to_regclass('log_months.messages_' || month) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Some rows are rewritten in place several times: free room on the page keeps that out of the indexes.
    FOR parent, room IN VALUES ('messages', 70), ('submit_attempts', 80), ('recycling_checks', 100),
                               ('submit_segments', 80) LOOP
        EXECUTE format('CREATE TABLE log_months.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)'
                       ' WITH (fillfactor = %s)',
                       parent || '_' || month, parent, first_id, next_first_id, room);
    END LOOP;
    RETURN true;
END $$
"""

_DROP = f"""
CREATE FUNCTION drop_log_month(month text, ended_before timestamptz) RETURNS boolean {_GUARD} AS $$
DECLARE
    is_needed boolean;
    parent text;
BEGIN
    IF to_regclass('log_months.messages_' || month) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE log_months.%I IN SHARE ROW EXCLUSIVE MODE', 'messages_' || month);
    EXECUTE format('SELECT EXISTS (SELECT FROM log_months.%I WHERE closed_at IS NULL OR closed_at >= $1)',
                   'messages_' || month) INTO is_needed USING ended_before;
    IF is_needed THEN
        RETURN false;
    END IF;
    FOREACH parent IN ARRAY ARRAY{list(_TABLES)!r} LOOP
        EXECUTE format('ALTER TABLE public.%I DETACH PARTITION log_months.%I',
                       parent, parent || '_' || month);
        EXECUTE format('DROP TABLE log_months.%I', parent || '_' || month);
    END LOOP;
    RETURN true;
END $$
"""  # noqa: S608 - format() quotes names, and what is compared is bound


def create_functions() -> None:
    """Make ``make_log_month`` and ``drop_log_month``; the jobs' role may call them (migrations/roles.py)."""
    op.execute(_MAKE)
    op.execute(_DROP)


def drop_functions() -> None:
    """Undo ``create_functions``."""
    op.execute("DROP FUNCTION make_log_month(text, uuid, uuid)")
    op.execute("DROP FUNCTION drop_log_month(text, timestamptz)")
