"""SQLite as golive uses it, for tests that start golive hundreds of times: what was compiled once is compiled.

SQLAlchemy keeps compiled statements for each engine and dialect; here all engines of a process share one of each. Name it
in a URL, `sqlite+once:///file?plugin=once`. Its connections tell `listeners` of their commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, CreateEnginePlugin, Engine
from sqlalchemy.dialects import plugins, registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

listeners: list[Callable[[str], None]] = []
"""Told `before commit` and `after commit`."""
_compiled: dict[Any, Any] = {}


class Told(sqlite3.Connection):
    """A connection whose commits are told."""

    def commit(self) -> None:
        for tell in list(listeners):
            tell("before commit")
        super().commit()
        for tell in list(listeners):
            tell("after commit")


class OnceDialect(SQLiteDialect_pysqlite):
    """The one dialect of this process."""

    driver = "once"
    supports_statement_cache = True
    _only: OnceDialect | None = None

    def __new__(cls, *_: Any, **__: Any) -> OnceDialect:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __init__(self, **options: Any) -> None:
        if "paramstyle" not in self.__dict__:
            super().__init__(**options)

    def connect(self, *arguments: Any, **options: Any) -> Any:
        return sqlite3.connect(*arguments, factory=Told, **options)


class Once(CreateEnginePlugin):
    """Gives an engine the compiled statements of all others."""

    def update_url(self, url: URL) -> URL:
        return url.difference_update_query(["plugin"])

    def engine_created(self, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_compiled)


def once(file: Path) -> str:
    """The URL of this file, used so."""
    return f"sqlite+once:///{file}?plugin=once"


registry.register("sqlite.once", __name__, "OnceDialect")
plugins.register("once", __name__, "Once")
