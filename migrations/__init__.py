"""Numbered database migrations (alembic)."""
