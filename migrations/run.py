"""Bring a database to the newest version of the tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from services.database import driver_url


def alembic_config(database_url: str) -> Config:
    """Return alembic's configuration for one database (``postgresql://…``)."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = driver_url(database_url)
    return config


def upgrade(database_url: str, to: str = "head") -> None:
    """Apply every migration that is missing, up to ``to``, then put the roles in order.

    ``database_url`` signs in as the role that owns the tables, or will own them. Safe to call at once from
    several machines.
    """
    config = alembic_config(database_url)
    config.attributes["put_roles_in_order"] = True
    command.upgrade(config, to)
