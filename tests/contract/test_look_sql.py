"""Databases as checks read them: a real PostgreSQL over TCP and over its socket, and real SQLite files.

What must never happen has a row in `WRITES`; add one for every way around reading that somebody thinks of.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from golive.look.guard import Guard
from golive.look.sql import Sql
from golive.ports import Database, Rows, Unreachable

LOOPBACK = ("127.0.0.0/8",)
PASSWORD = "correct-horse" + "-battery"
SECOND = timedelta(seconds=1)
LONG = timedelta(seconds=10)


@pytest.fixture(scope="module")
def admin(postgresql: str) -> Iterator[psycopg.Connection[Any]]:
    """The server's own superuser."""
    with psycopg.connect(postgresql.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(admin: psycopg.Connection[Any]) -> Iterator[Database]:
    """A database with one table `people` of three, its owner who may write, and a TCP port on loopback."""
    name = f"look_{uuid.uuid4().hex[:12]}"
    admin.execute(f"create role {name} login password '{PASSWORD}'")
    admin.execute(f"create database {name} owner {name}")
    port = tcp_port(admin)
    database = Database("postgresql", "127.0.0.1", port, name, name, PASSWORD, tls="disable")
    with psycopg.connect(f"host=127.0.0.1 port={port} dbname={name} user={name} password={PASSWORD}") as owner:
        owner.execute("create table people (id int primary key, name text)")
        owner.execute("insert into people values (1, 'mina'), (2, 'bo'), (3, 'ann')")
        owner.execute("create sequence counter")
        owner.execute("create procedure add_one() language sql as 'insert into people values (9, ''eve'')'")
    yield database
    admin.execute(f"drop database {name} with (force)")
    admin.execute(f"drop role {name}")


def tcp_port(admin: psycopg.Connection[Any]) -> int:
    """The port on 127.0.0.1 at which this server takes connections; opened through a small relay where it has none."""
    given = conninfo_to_dict(admin.info.dsn)
    if not str(given.get("host", "/")).startswith("/"):
        return admin.info.port
    return Relay(f"{given['host']}/.s.PGSQL.{admin.info.port}").port


class Relay:
    """Takes TCP connections on loopback and hands their bytes to a Unix socket, as a proxy beside a database does."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            near, _ = self._door.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._path)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, sink: socket.socket) -> None:
        try:
            while part := source.recv(65_536):
                sink.sendall(part)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
