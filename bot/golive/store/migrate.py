"""Bring a database to the newest shape, at start. Safe to run again, and by two processes at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from golive.core.errors import Misconfigured

_HERE = Path(__file__).parent / "migrations"
_LOCK = 7_061_776_501
"""Any number, the same for every golive: PostgreSQL's advisory lock around migrations."""


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(_HERE))
    return made


def migrate(engine: Engine) -> None:
    """Run what has not been run. Raises Misconfigured where the database cannot be reached or written."""
    alembic = config()
    try:
        with engine.connect().execution_options(golive_writes=True) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, "head")
    except SQLAlchemyError as error:
        where = engine.url.render_as_string(hide_password=True)
        reason = str(error.__cause__ or error).splitlines()[0]
        raise Misconfigured(
            f"GOLIVE_DATABASE_URL is {where}, and that database cannot be used: {reason}. "
            "Name a database that golive may create tables in."
        ) from error
