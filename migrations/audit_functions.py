"""The one way into an audit trail: functions of the owner, called by migrations (decision 0039).

Applied migrations call this module: what it makes must not change, only be added to.
"""

# As ``json.dumps(…, sort_keys=True, separators=(",", ":"), ensure_ascii=True)`` writes it, which is what an
# entry's seal is computed from (domain/audit.py) and what whoever checks a trail recomputes.
_ASCII_JSON = r"""
    CREATE FUNCTION ascii_json(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
        SELECT CASE WHEN value COLLATE "C" ~ '^[ !#-\[\]-~]*$' THEN '"' || value || '"' ELSE (
            SELECT '"' || string_agg(CASE
                WHEN letter = '"' THEN '\"'
                WHEN letter = '\' THEN '\\'
                WHEN code = 8 THEN '\b' WHEN code = 9 THEN '\t' WHEN code = 10 THEN '\n'
                WHEN code = 12 THEN '\f' WHEN code = 13 THEN '\r'
                WHEN code BETWEEN 32 AND 126 THEN letter
                WHEN code < 65536 THEN '\u' || lpad(to_hex(code), 4, '0')
                ELSE '\u' || to_hex(55296 + ((code - 65536) >> 10))
                     || '\u' || to_hex(56320 + ((code - 65536) & 1023))
                END, '' ORDER BY number) || '"'
            FROM regexp_split_to_table(value, '') WITH ORDINALITY AS s(letter, number),
                 LATERAL (SELECT ascii(letter) AS code) AS c
        ) END
    $$
"""
_CANONICAL_JSON = """
    CREATE FUNCTION canonical_json(value jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
    BEGIN
        RETURN CASE jsonb_typeof(value)
            WHEN 'object' THEN '{' || coalesce((
                SELECT string_agg(public.ascii_json(name) || ':' || public.canonical_json(item), ','
                                  ORDER BY name COLLATE "C")
                FROM jsonb_each(value) AS e(name, item)), '') || '}'
            WHEN 'array' THEN '[' || coalesce((
                SELECT string_agg(public.canonical_json(item), ',' ORDER BY number)
                FROM jsonb_array_elements(value) WITH ORDINALITY AS e(item, number)), '') || ']'
            WHEN 'string' THEN public.ascii_json(value #>> '{}')
            ELSE value::text END;
    END $$
"""
# Runs as the owner, whom row-level security holds to the companies of the transaction like everybody else.
# The end's row is locked first, so that there is one order. An entry beyond the end, which only somebody with
# more rights can have made, stays and is a fault that the check reports for good; life goes on after it.
_APPEND = """
    CREATE FUNCTION append_audit_entry(entry jsonb) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        e record;
        tail record;
        beyond bigint;
        written_at timestamptz;
        place bigint;
        seal bytea;
    BEGIN
        SELECT * INTO STRICT e FROM jsonb_to_record(entry) AS given(
            company_id uuid, actor_kind text, actor_id uuid, session_id uuid, remote_address text,
            action text, target_kind text, target_id uuid, before jsonb, after jsonb, result text);
        INSERT INTO public.audit_chains AS chain (company_id, position, hash) VALUES (e.company_id, 0, '')
            ON CONFLICT (company_id) DO UPDATE SET position = chain.position
            RETURNING chain.id, chain.position, chain.hash INTO STRICT tail;
        IF e.company_id IS NULL THEN
            SELECT max(a.position) INTO beyond FROM public.audit_entries a
                WHERE a.company_id IS NULL AND a.position > tail.position;
        ELSE
            SELECT max(a.position) INTO beyond FROM public.audit_entries a
                WHERE a.company_id = e.company_id AND a.position > tail.position;
        END IF;
        place := coalesce(beyond, tail.position) + 1;
        written_at := clock_timestamp();
        seal := sha256(tail.hash || convert_to(public.canonical_json(jsonb_build_object(
            'company_id', e.company_id, 'position', place,
            'at', to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00',
            'actor_kind', e.actor_kind, 'actor_id', e.actor_id, 'session_id', e.session_id,
            'remote_address', e.remote_address, 'action', e.action, 'target_kind', e.target_kind,
            'target_id', e.target_id, 'before', e.before, 'after', e.after, 'result', e.result)), 'UTF8'));
        INSERT INTO public.audit_entries
            (company_id, position, at, actor_kind, actor_id, session_id, remote_address, action, target_kind,
             target_id, before, after, result, hash)
        VALUES (e.company_id, place, written_at, e.actor_kind, e.actor_id, e.session_id, e.remote_address,
                e.action, e.target_kind, e.target_id, e.before, e.after, e.result, seal);
        UPDATE public.audit_chains SET position = place, hash = seal WHERE id = tail.id;
        RETURN place;
    END $$
"""
# For whoever has more rights than the application, by mistake or not: an end only moves forward.
_FORWARD = """
    CREATE TRIGGER only_forward BEFORE UPDATE ON audit_chains FOR EACH ROW
    WHEN (NEW.company_id IS DISTINCT FROM OLD.company_id OR NEW.position < OLD.position
          OR (NEW.position = OLD.position AND NEW.hash IS DISTINCT FROM OLD.hash))
    EXECUTE FUNCTION refuse_change()
"""
_KEPT = """
    CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON audit_chains
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""

CREATE = (_ASCII_JSON, _CANONICAL_JSON, _APPEND, _FORWARD, _KEPT)
DROP = (
    "DROP TRIGGER append_only ON audit_chains",
    "DROP TRIGGER only_forward ON audit_chains",
    "DROP FUNCTION append_audit_entry(jsonb)",
    "DROP FUNCTION canonical_json(jsonb)",
    "DROP FUNCTION ascii_json(text)",
)
