"""What the kind `sql` makes of answers, which statements and options it takes, and what it finds in real databases.

PostgreSQL's own words are what a PostgreSQL 18 said; the contract tests of the look ask one again.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.sql import Asked, SqlCheck
from golive.checks.statements import first_word, reading
from golive.core.model import Outcome, Strength
from golive.look.guard import Guard
from golive.look.http import Http
from golive.look.sql import Sql
from golive.ports import Look, Rows, Unreachable
from kind_pages import example_of, unexplained
from machine import options, refusal, said, seen, values

URL = "postgresql://ready@db.test/shop"
PASSWORD = "correct-horse" + "-battery"


def a_check(**given: Any) -> SqlCheck:
    """A question to the shop's database."""
    return options(SqlCheck, **({"url": URL, "query": "SELECT 1"} | given))


def an_answer(*first: Any, cut: bool = False, explain: float | None = None) -> Asked:
    """Rows of one column, after 34 ms."""
    return Asked(Rows(("n",), tuple((one,) for one in first), 0.034, cut), explain)


@pytest.mark.parametrize(
    ("given", "answer", "outcome", "says"),
    [
        pytest.param({"value": 1}, an_answer(1), "passed", "Answered n = 1, 1 row in 34 ms", id="value"),
        pytest.param({"value": 1}, an_answer(2), "failed", "n = 2, 1 row in 34 ms, but 1 is expected", id="another"),
        pytest.param({"value": 1}, an_answer(1.0), "passed", "", id="1 and 1.0 are one number"),
        pytest.param({"value": 1}, an_answer(True), "failed", "n = true", id="true is not 1"),
        pytest.param({"value": True}, an_answer(1), "failed", "true is expected", id="1 is not true"),
        pytest.param({"value": 100}, an_answer("100"), "passed", "", id="SHOW gives texts"),
        pytest.param({"value": "on"}, an_answer("on"), "passed", "", id="a text"),
        pytest.param({"value": "on"}, an_answer("off"), "failed", 'n = "off"', id="another text"),
        pytest.param({"value": 1}, an_answer(None), "failed", "n = null", id="null is not 1"),
        pytest.param({"value": 1}, an_answer(), "unknown", "0 rows in 34 ms: there is no row, and 1", id="no data"),
        pytest.param({"rows": 2}, an_answer(1, 2), "passed", "", id="rows"),
        pytest.param({"rows": 2}, an_answer(1), "failed", "1 row in 34 ms, but 2 are expected", id="too few"),
        pytest.param({"rows": 0}, an_answer(), "passed", "Answered 0 rows", id="none are expected"),
        pytest.param({"rows": 0}, an_answer(1), "failed", "but 0 are expected", id="one too many"),
        pytest.param({"min_rows": 1}, an_answer(), "failed", "at least 1 are expected", id="none"),
        pytest.param({"min_rows": 2}, an_answer(1, 2, cut=True), "passed", "more than 2 rows", id="cut, enough"),
        pytest.param({"max_rows": 2}, an_answer(1, 2, cut=True), "failed", "more than 2 rows", id="cut, too many"),
        pytest.param({"max_rows": 1}, an_answer(1, 2), "failed", "at most 1 are expected", id="too many"),
        pytest.param({"rows": 2}, an_answer(1, 2, cut=True), "failed", "2 are expected", id="cut, more than exactly"),
        pytest.param({"allow": ["a", "b"]}, an_answer("a", "a", "b"), "passed", "", id="all allowed"),
        pytest.param({"allow": ["a"]}, an_answer(), "passed", "", id="nobody there at all"),
        pytest.param({"allow": ["a"]}, an_answer("a", "eve"), "failed", "but 1 row not allowed", id="a stranger"),
        pytest.param({"allow": ["a"]}, an_answer("a", cut=True), "unknown", "only the first 10,000", id="not all seen"),
        pytest.param({"allow": ["a"]}, an_answer("eve", cut=True), "failed", "not allowed", id="seen enough"),
        pytest.param({"columns": ["n"]}, an_answer(1), "passed", "", id="columns"),
        pytest.param(
            {"columns": ["a", "n"]}, an_answer(1), "failed", "the columns are n, not a, n", id="other columns"
        ),
        pytest.param({"explain_ms": 50}, an_answer(1, explain=0.05), "passed", "", id="just quick enough"),
        pytest.param({"explain_ms": 50}, an_answer(1, explain=0.06), "failed", "60 ms, at most 50 ms", id="too slow"),
        pytest.param({}, an_answer(1), "passed", "", id="asked only to measure"),
        pytest.param({"value": 1}, Asked(why="x: refused"), "unknown", "x: refused", id="no answer"),
    ],
)
def test_an_answer_is_judged_by_everything_that_was_named(
    given: dict[str, Any], answer: Asked, outcome: str, says: str
) -> None:
    finding = a_check(**given).judge(answer)
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says in finding.summary
    assert finding.source == "postgresql://ready@db.test:5432/shop: SELECT 1"


def test_every_mismatch_is_named_at_once() -> None:
    check = a_check(value=1, min_rows=3, columns=["a"], allow=[7], explain_ms=1)
    finding = check.judge(an_answer(2, 7, explain=1.0))
    for part in (
        "1 is expected",
        "at least 3",
        "the columns are n",
        "1 row not allowed",
        "planned and executed in 1 s",
    ):
        assert part in finding.summary
    assert finding.expected == "at least 3 rows, value 1, only 7, columns a, planned and executed within 1 ms"
    assert [detail.text for detail in finding.details] == ["row 1: n = 2"]


def test_of_many_strange_rows_two_hundred_are_listed() -> None:
    finding = a_check(allow=["x"]).judge(an_answer(*range(1000)))
    assert len(finding.details) == 201
    assert finding.details[-1].text == "… and 800 more"


@pytest.mark.parametrize(
    ("given", "answer", "measured"),
    [
        ({}, an_answer(7, 8), {"value": 7, "rows": 2, "duration": 0.034}),
        ({}, an_answer("100"), {"value": 100.0, "rows": 1, "duration": 0.034}),
        ({}, an_answer("16.4 (Debian)"), {"value": "16.4 (Debian)", "rows": 1, "duration": 0.034}),
        ({}, an_answer(True), {"value": True, "rows": 1, "duration": 0.034}),
        ({}, an_answer(None), {"rows": 1, "duration": 0.034}),
        ({}, an_answer(), {"rows": 0, "duration": 0.034}),
        ({}, an_answer([1]), {"rows": 1, "duration": 0.034}),
        ({}, an_answer(1, cut=True), {"value": 1, "duration": 0.034}),
        ({"unit": "MB"}, an_answer(3), {"value": 3e6, "rows": 1, "duration": 0.034}),
        ({"unit": "ratio"}, an_answer(0.5), {"value": 50, "rows": 1, "duration": 0.034}),
        ({"explain_ms": 9}, an_answer(1, explain=0.001), {"value": 1, "rows": 1, "duration": 0.034, "explain": 0.001}),
    ],
)
def test_values_rows_and_times_are_measured(given: dict[str, Any], answer: Asked, measured: dict[str, Any]) -> None:
    check = a_check(**given)
    finding = check.judge(answer)
    assert values(finding) == measured
    assert finding.strength is Strength.PROBE
    assert {one.name: one.unit for one in finding.measures}.items() <= dict(check.measures).items()
    assert finding.samples == len(answer.rows.rows if answer.rows else ())


WORDS = 'postgresql://ready@db.test:5432/shop: column "{column}" does not exist (line 1, column 8)'


@pytest.mark.parametrize(
    ("query", "words", "hint"),
    [
        ("SELECT tablename FROM pg_stat_user_tables", WORDS.format(column="tablename"), "called relname"),
        ("SELECT indexname FROM pg_stat_user_indexes", WORDS.format(column="indexname"), "called indexrelname"),
        ("SELECT t.tablename FROM pg_statio_all_tables t", "column t.tablename does not exist", "called relname"),
        ("SELECT tablename FROM people", WORDS.format(column="tablename"), ""),
        ("SELECT nam FROM pg_stat_user_tables", WORDS.format(column="nam"), ""),
    ],
)
def test_a_column_that_statistics_views_call_otherwise_is_hinted_at(query: str, words: str, hint: str) -> None:
    finding = a_check(query=query, min_rows=1).judge(Asked(why=words))
    assert finding.outcome is Outcome.UNKNOWN
    assert words in finding.summary
    assert (hint in finding.summary) if hint else ("called" not in finding.summary)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("select 1", "select"),
        ("  SELECT 1;  ", "select"),
        ("-- drop it\nselect 1", "select"),
        ("/* a /* nested */ one */ select 1", "select"),
        ("(select 1) union (select 2)", "select"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "with"),
        ("values (1), (2)", "values"),
        ("table people", "table"),
        ("show max_connections", "show"),
        ("explain select 1", "explain"),
        ("select ';'", "select"),
        ("select 'it''s; fine' -- ; here too\n;", "select"),
        ("select E'a\\';b'", "select"),
        ('select ";" from t', "select"),
        ("select $$;$$, $a$ ; $$ ; $a$", "select"),
        ("select 1; -- the end", "select"),
        ("drop table people", "drop"),
    ],
)
def test_the_first_word_is_found_behind_comments_and_quotes(statement: str, word: str) -> None:
    assert first_word(statement) == word


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("", "expected a statement"),
        ("   ;; -- nothing", "expected a statement"),
        ("select 1; select 2", "expected one statement"),
        ("select 1; drop table people", "expected one statement"),
        ("select '' ; drop table people -- '", "expected one statement"),
        ("select $a$ $a$; delete from x", "expected one statement"),
        ("select 1 /* ; */ ; /* ; */ select 2", "expected one statement"),
        ("insert into people values (1)", "only reads"),
        ("delete from people", "only reads"),
        ("copy people to '/tmp/x'", "only reads"),
        ("set transaction read write", "only reads"),
        ("do $$ begin end $$", "only reads"),
        ("'x'", "only reads"),
        ("/* select */ drop table people", "only reads"),
    ],
)
def test_what_does_not_only_read_is_refused(statement: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        reading(statement)


def test_a_closing_semicolon_is_no_other_meaning() -> None:
    assert a_check(query="SELECT 1 ;\n").canonical() == a_check().canonical()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"query": "drop table x"}, "query: Value error, a check only reads"),
        ({"query": ""}, "query: String should have at least 1"),
        ({"url": None}, "needs `url`, or `host` and `user`"),
        ({"url": "postgresql://ready:s3cret@db.test/shop"}, "a URL with a password in it is refused"),
        ({"url": "postgresql://db.test/shop"}, "expected a URL with user and host"),
        ({"url": "mysql://ready@db.test/shop"}, "expected a URL with user and host"),
        ({"url": "postgresql://ready@db.test:x/shop"}, "expected a URL like"),
        ({"url": "postgresql://ready@db.test/shop?sslmode=disable"}, "parameters in the URL are refused"),
        ({"host": "db.test"}, "`url` says it all; take out `host`"),
        ({"engine": "sqlite"}, "`url` says it all; take out `engine`"),
        ({"url": None, "engine": "sqlite"}, "an SQLite database is a `path`"),
        ({"url": None, "engine": "sqlite", "path": "x.db", "secret": "a"}, "no secret"),
        ({"url": None, "host": "db.test"}, "`host` and `user`"),
        ({"url": None, "host": "db.test", "user": "x", "path": "y"}, "`path` is for SQLite"),
        ({"engine": "mysql"}, "'postgresql' or 'sqlite'"),
        ({"rows": 1, "min_rows": 1}, "`rows` is exact"),
        ({"min_rows": 2, "max_rows": 1}, "`min_rows` is more than `max_rows`"),
        ({"max_rows": 10_001}, "less than or equal to 10000"),
        ({"rows": -1}, "greater than or equal to 0"),
        ({"allow": []}, "at least 1"),
        ({"columns": []}, "at least 1"),
        ({"explain_ms": 0}, "greater than 0"),
        ({"explain_ms": 5, "query": "show x"}, "for a SELECT of PostgreSQL"),
        ({"value": [1]}, "value"),
        ({"unit": "furlongs"}, "not a unit"),
        ({"password": "x"}, "not permitted"),
        ({"secret": "SHOP_PASSWORD"}, "pattern"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    told = refusal(
        SqlCheck,
        {name: value for name, value in ({"url": URL, "query": "SELECT 1"} | given).items() if value is not None},
    )
    assert says in told
    assert "s3cret" not in told


def test_a_url_and_its_parts_are_one_database() -> None:
    one = options(SqlCheck, url="postgresql://re%40dy@db.test:5433/shop", query="SELECT 1", value=1)
    other = options(SqlCheck, host="db.test", port=5433, user="re@dy", database="shop", query="SELECT 1", value=1)
    assert one.judge(an_answer(1)).source == other.judge(an_answer(1)).source


@pytest.mark.parametrize(
    ("given", "asserts"),
    [({}, False), ({"unit": "B"}, False), ({"value": 0}, True), ({"value": False}, True), ({"rows": 0}, True),
     ({"min_rows": 0}, True), ({"allow": [0]}, True), ({"columns": ["n"]}, True), ({"explain_ms": 1}, True)],
)  # fmt: skip
def test_a_question_whose_answer_is_not_named_asserts_nothing(given: dict[str, Any], asserts: bool) -> None:
    assert a_check(**given).asserts() is asserts


def test_a_secret_is_asked_for_for_this_server_alone() -> None:
    assert a_check(secret="shop-ready").lent_secrets() == (("shop-ready", "db.test"),)
    assert a_check().lent_secrets() == ()


@pytest.mark.parametrize(
    ("given", "machine"),
    [
        ({"url": URL}, False),
        ({"engine": "sqlite", "path": "x.db"}, True),
        ({"host": "/run/postgresql", "user": "x"}, True),
        ({"host": "db.test", "user": "x"}, False),
    ],
)
def test_files_and_sockets_are_of_the_machine(given: dict[str, Any], machine: bool) -> None:
    assert options(SqlCheck, query="SELECT 1", **given).on_machine() is machine


# ------------------------------------------------------------------ asked for real


class Lent:
    """One password, lent for one host."""

    def value(self, name: str, host: str) -> str:
        if (name, host) != ("shop-ready", "127.0.0.1"):
            raise Unreachable(f"No secret {name!r} is lent for {host}")
        return PASSWORD


def a_look(root: Path | None, seconds: float = 10) -> Look:
    guard = Guard(("127.0.0.0/8",))
    timeout = timedelta(seconds=seconds)
    return Look(
        Http(), None, datetime.now(UTC), timeout, sql=Sql(guard, root), secrets=Lent(),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as made:
        made.execute("create table people (id integer primary key, name text)")
        made.executemany("insert into people (name) values (?)", [("mina",), ("bo",), ("ann",)])
        made.commit()
    return tmp_path


@pytest.mark.parametrize(
    ("given", "outcome", "says"),
    [
        ({"query": "SELECT count(*) FROM people", "value": 3}, "passed", "count(*) = 3"),
        ({"query": "SELECT count(*) FROM people", "value": 4}, "failed", "4 is expected"),
        ({"query": "SELECT name FROM people", "allow": ["mina", "bo"]}, "failed", "1 row not allowed"),
        ({"query": "SELECT name FROM people", "rows": 3, "columns": ["name"]}, "passed", "3 rows"),
        ({"query": "SELECT nam FROM people", "rows": 3}, "unknown", "sqlite:shop.db: no such column: nam"),
        ({"query": "SELECT 1 FROM people WHERE 0", "value": 1}, "unknown", "there is no row"),
        ({"query": "WITH x AS (SELECT 1) DELETE FROM people", "rows": 0}, "unknown", "not authorized"),
        ({"path": "none.db", "query": "SELECT 1", "value": 1}, "unknown", "no such file"),
    ],
)
def test_a_real_file_is_asked(folder: Path, given: dict[str, Any], outcome: str, says: str) -> None:
    finding = seen(options(SqlCheck, **({"engine": "sqlite", "path": "shop.db"} | given)), a_look(folder))
    assert finding.outcome is Outcome(outcome), finding.summary
    assert says in finding.summary
    assert finding.source.startswith("sqlite:")


def test_the_service_reads_no_file() -> None:
    finding = seen(options(SqlCheck, engine="sqlite", path="shop.db", query="SELECT 1", value=1), a_look(None))
    assert finding.outcome is Outcome.UNKNOWN
    assert "never by the service" in finding.summary


def test_a_secret_that_is_not_lent_is_not_replaced_by_anything(folder: Path) -> None:
    check = options(SqlCheck, url="postgresql://ready@127.0.0.2/shop", secret="shop-ready", query="SELECT 1", value=1)
    with pytest.raises(Unreachable, match="No secret 'shop-ready' is lent"):
        check.collect(a_look(folder))


def test_a_look_without_databases_says_so() -> None:
    with pytest.raises(Unreachable, match="databases cannot be looked at from here"):
        a_check(value=1).collect(Look(Http(), None, datetime.now(UTC)))


def test_the_reference_page_is_true() -> None:
    checks = example_of(SqlCheck)
    assert [check.options.asserts() for check in checks] == [True, False]
    assert unexplained(SqlCheck) == []


def test_nothing_of_the_password_is_in_any_text(folder: Path) -> None:
    check = options(SqlCheck, url="postgresql://ready@127.0.0.1:1/shop", secret="shop-ready", query="SELECT 1", value=1)
    finding = seen(check, a_look(folder, 2))
    assert finding.outcome is Outcome.UNKNOWN
    assert PASSWORD not in said(finding) + json.dumps(check.model_dump(mode="json"))
