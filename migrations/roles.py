"""Who may do what with the tables, beside the role that owns them: put in order after every migration.

The owner ``x`` has two roles beside it: ``x_app``, what portal and workers act as, which row-level security
holds to the companies of its transaction; and ``x_jobs``, which sees all companies. A deployment makes them
as logins of their own (deploy/postgres/databases.sql). Where they are missing they are made here without a
login, and whoever signs in as the owner acts as them (services/database.py).
"""

import structlog
from sqlalchemy import Connection, text

log = structlog.get_logger(__name__)

# Written by functions of the owner, and by nobody else (migrations/audit_functions.py).
SEALED = frozenset({"audit_chains", "audit_entries"})
# The jobs' role makes accounts of our own staff; the application lets them in and counts their failures.
APP_MAY_ONLY_UPDATE = {
    "operators": ("password_hash", "failed_sign_ins", "locked_until", "last_signed_in_at"),
}
# What may make and drop tables is for the jobs' role alone.
JOBS_ONLY = frozenset({"make_log_month", "drop_log_month"})
# Not the application's business.
PRIVATE = frozenset({"alembic_version"})

_OWNER = text("""
    SELECT current_user AS name, rolcreaterole OR rolsuper AS may_create FROM pg_roles
    WHERE rolname = current_user
""")
_ROLE_EXISTS = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :name)")
_TABLES = text("""
    SELECT c.relname AS name, c.relrowsecurity AS is_protected, c.relkind = 'p' AS is_divided,
           (SELECT pg_get_userbyid(p.polroles[1]) FROM pg_policy p
            WHERE p.polrelid = c.oid AND p.polname = 'all_companies') AS open_to
    FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relname
""")
_MAY = text("SELECT has_table_privilege(:role, CAST(:table AS text), CAST(:privilege AS text))")
_FUNCTIONS = text("""
    SELECT p.oid::regprocedure::text AS signature, p.proname AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef
""")


def put_roles_in_order(connection: Connection) -> None:
    """Make missing roles, grant what is not granted yet, let the jobs' role see all companies."""
    owner = connection.execute(_OWNER).one()
    names = [f"{owner.name}_app", f"{owner.name}_jobs"]
    missing = [n for n in names if not connection.execute(_ROLE_EXISTS, {"name": n}).scalar_one()]
    if missing and not owner.may_create:
        log.warning("roles_missing", missing=missing, remedy=f"ALTER ROLE {owner.name} CREATEROLE")
        # One role for everything: it works, but only the services keep companies apart.
        _open_to(connection, owner.name)
        return
    quote = connection.dialect.identifier_preparer.quote
    for name in missing:
        connection.exec_driver_sql(f"CREATE ROLE {quote(name)} NOLOGIN")
        # To act as it when told to, not always: the owner inherits nothing of it.
        connection.exec_driver_sql(f"GRANT {quote(name)} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE")
    _open_to(connection, names[1])
    _grant(connection, names)


def _open_to(connection: Connection, role: str) -> None:
    quote = connection.dialect.identifier_preparer.quote
    for table in connection.execute(_TABLES).all():
        # What is in order is left alone: a change of a policy waits for everybody who uses the table.
        if not table.is_protected or table.open_to == role:
            continue
        action = "CREATE" if table.open_to is None else "ALTER"
        policy = f"{action} POLICY all_companies ON {quote(table.name)} TO {quote(role)} USING (true)"
        connection.exec_driver_sql(policy)


def _grant(connection: Connection, roles: list[str]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    grantees = ", ".join(quote(role) for role in roles)
    for table in connection.execute(_TABLES).all():
        if table.name in PRIVATE:
            continue
        name = quote(table.name)
        if table.name in SEALED:
            connection.exec_driver_sql(f"GRANT SELECT ON {name} TO {grantees}")
            connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM {grantees}")
            continue
        if table.name in APP_MAY_ONLY_UPDATE:
            columns = ", ".join(quote(column) for column in APP_MAY_ONLY_UPDATE[table.name])
            app, jobs = (quote(role) for role in roles)
            connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {jobs}")
            connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON {name} FROM {app}")
            connection.exec_driver_sql(f"GRANT SELECT, UPDATE ({columns}) ON {name} TO {app}")
            continue
        rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]
        held = all(
            connection.execute(_MAY, {"role": r, "table": name, "privilege": p}).scalar_one()
            for r in roles
            for p in rights
        )
        if not held:
            connection.exec_driver_sql(f"GRANT {', '.join(rights)} ON {name} TO {grantees}")
        if table.is_divided:
            # For the planner's statistics of all months together, which autovacuum does not keep.
            connection.exec_driver_sql(f"GRANT MAINTAIN ON {name} TO {quote(roles[1])}")
    for function in connection.execute(_FUNCTIONS).all():
        callers = quote(roles[1]) if function.name in JOBS_ONLY else grantees
        connection.exec_driver_sql(f"REVOKE EXECUTE ON FUNCTION {function.signature} FROM PUBLIC")
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {function.signature} TO {callers}")
