"""Bring a database to the newest shape, at start. Safe to run again, and by two processes at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from golive.core.errors import Misconfigured
from golive.store.begin import writing

_HERE = Path(__file__).parent / "migrations"
_SHAPE = text("select version_num from alembic_version")
_LOCK = 7_061_776_501
"""Any number, the same for every golive: PostgreSQL's advisory lock around migrations."""


def config() -> Config:
    """Alembic's configuration, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(_HERE))
    return made


@cache
def newest() -> str:
    """The newest shape that this golive knows; its own files say so, and do not change while it runs."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def is_newest(engine: Engine) -> bool:
    """Whether there is nothing to run; False where that cannot be told."""
    try:
        with engine.connect() as connection:
            return list(connection.execute(_SHAPE).scalars()) == [newest()]
    except SQLAlchemyError:
        return False


def migrate(engine: Engine) -> None:
    """Run what has not been run. Raises Misconfigured where the database cannot be reached or written."""
    if is_newest(engine):
        return
    alembic = config()
    try:
        with writing(engine) as connection:
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
