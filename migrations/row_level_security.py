"""Row-level security for migrations: ``protect("new_table")`` after every new table of companies.

The policy lets a transaction see and write the rows of the companies it named (services/database.py) and
none if it named none. FORCE holds the owner to it as well. Who else may look is ``migrations/roles.py``.
Applied migrations call this module: what it does to a table must not change, only be added to.
"""

from alembic import op

# Evaluated once for a statement, not once for a row.
OWN_COMPANIES = "(SELECT nullif(current_setting('app.company_ids', true), '')::uuid[] AS ids)::uuid[]"


def protect(table: str, column: str = "company_id", *, unclaimed: bool = False) -> None:
    """Show and take rows of the transaction's own companies only.

    ``unclaimed``: rows that belong to no company yet (``column`` is NULL) are everybody's.
    """
    condition = f"{column} = ANY ({OWN_COMPANIES})"
    if unclaimed:
        condition = f"{column} IS NULL OR {condition}"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_companies ON {table} USING ({condition}) WITH CHECK ({condition})")


def let_lookups_read(table: str) -> None:
    """Let functions of the owner read a table: those that find the company of a token, a key, an id."""
    op.execute(f"CREATE POLICY lookups ON {table} FOR SELECT TO CURRENT_USER USING (true)")


def release(table: str) -> None:
    """Undo ``protect`` and ``let_lookups_read``."""
    op.execute(f"DROP POLICY IF EXISTS lookups ON {table}")
    op.execute(f"DROP POLICY own_companies ON {table}")
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def rewrite(table: str, statement: str) -> None:
    """Run a statement of a migration on the rows of all companies, which the owner does not see otherwise."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
