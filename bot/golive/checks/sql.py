"""`sql`: a question to a database is answered as it should be.

Asserts, on the rows of one statement that only reads: how many there are, what the first value is, which first values
may occur, what the columns are called, how long the database needs for it. All that is named must hold. The statement
runs in a read-only transaction that is rolled back; let the user be one who may only read all the same.

Options:

- `query` (required): one statement that begins with SELECT, WITH, VALUES, TABLE, SHOW or EXPLAIN.
- `url`: `postgresql://user@host:port/database`, without a password; or the options that follow.
- `engine`: `postgresql` (default) or `sqlite`.
- `host`: of a PostgreSQL server; a path is its Unix socket's folder, and then the check reads this machine.
- `port`: default 5432.
- `database`: default the user's name.
- `user`: who asks.
- `path`: of an SQLite file; then the check reads this machine.
- `secret`: the name of the password that the operator lends for that host.
- `tls`: `prefer` (default), `disable`, `require`, or `verify-full`, which also verifies certificate and name. Only with
  `verify-full` a password is ever sent in the clear to a server that asks for that.
- `rows`: exactly so many rows; at most 10,000 can be named.
- `min_rows`: at least so many.
- `max_rows`: at most so many.
- `value`: what the first column of the first row equals: a number, a text, true or false.
- `allow`: a list; every row's first column must be in it.
- `columns`: the columns' names, in their order.
- `unit`: what the first value is in, for criteria on it: `s`, `ms`, `B`, `MB`, `%`, `ratio` (of 1), … Default: a number.
- `explain_ms`: at most so many milliseconds of planning and execution, as PostgreSQL's EXPLAIN (ANALYZE) says. It runs
  the statement once more.

Example:

    - id: no-strange-superusers
      uses: sql
      with:
        url: postgresql://readiness@db.example.com/shop
        secret: shop-readiness
        query: SELECT rolname FROM pg_roles WHERE rolsuper
        allow: [postgres]

    - id: queue-is-short
      uses: sql
      with:
        url: postgresql://readiness@db.example.com/shop
        query: SELECT count(*) FROM queue WHERE NOT done
      pass: "value<=1000"

Outcomes: `passed`; `failed` (it answered, and not so); `unknown` (no connection, an error in the statement, said in the
database's own words with the line and column they point at; or no row where a value is expected, which is no data).
Measures: `value` (the first column of the first row; a text that is a number counts as one), `rows`, `duration` and
`explain`. A result of more than 10,000 rows is read so far and no further.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from golive.checks.jsonpaths import same_json, short
from golive.checks.measured import AmountUnit, PerOptions, canonical_unit, in_unit
from golive.checks.options import Options, SecretName, offered
from golive.checks.replies import capped, counted
from golive.checks.statements import PLANNED, first_word, reading
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import Database, Look, LookSql, Rows, Unreachable

MOST_ROWS = 10_000
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_NO_COLUMN = re.compile(r'column "?(?:\w+\.)?(tablename|indexname)"? does not exist')
_STATISTICS = re.compile(r"\bpg_stat(?:io)?_(?:user|all|sys)_(?:tables|indexes)\b", re.IGNORECASE)
_CALLED = {"tablename": "relname", "indexname": "indexrelname"}
"""In PostgreSQL's statistics views, "The Cumulative Statistics System" in its manual; `pg_tables` and `pg_indexes` have
the other names."""

Count = Annotated[int, Field(ge=0, le=MOST_ROWS)]
Scalar = int | float | str | bool


@dataclass(frozen=True)
class Asked:
    """What the database answered. explain: seconds of planning and execution.   why: what kept it from answering."""

    rows: Rows | None = None
    explain: float | None = None
    why: str = ""


_MEASURES = {"value": "", "rows": "", "duration": "s", "explain": "s"}


def _measures_of(check: SqlCheck) -> Mapping[str, str]:
    return {**_MEASURES, "value": canonical_unit(check.unit)}


class SqlCheck(Options):
    """Options, collecting and judging of the kind `sql`; the module's text is its reference."""

    kind: ClassVar[str] = "sql"
    measures: ClassVar[Mapping[str, str]] = PerOptions(_MEASURES, _measures_of)
    ran_against: ClassVar[str] = "PostgreSQL 18 over TCP, and SQLite files"

    query: Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(reading)]
    url: Annotated[str, Field(max_length=500)] | None = None
    engine: Literal["postgresql", "sqlite"] = "postgresql"
    host: Annotated[str, Field(max_length=255)] = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 5432
    database: Annotated[str, Field(max_length=100)] = ""
    user: Annotated[str, Field(max_length=100)] = ""
    path: Annotated[str, Field(max_length=1000)] = ""
    secret: SecretName | None = None
    tls: Literal["prefer", "disable", "require", "verify-full"] = "prefer"
    rows: Count | None = None
    min_rows: Count | None = None
    max_rows: Count | None = None
    value: Scalar | None = None
    allow: Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = None
    columns: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    explain_ms: Annotated[float, Field(gt=0)] | None = None
    unit: AmountUnit = ""

    @field_validator("url")
    @classmethod
    def _names_a_server(cls, url: str | None) -> str | None:
        if url is not None:
            _server(url)
        return url

    @model_validator(mode="after")
    def _one_database(self) -> SqlCheck:
        if self.url is not None:
            given = [name for name in ("host", "port", "database", "user", "path") if name in self.model_fields_set]
            if given or self.engine == "sqlite":
                raise ValueError(f"`url` says it all; take out `{given[0] if given else 'engine'}`")
        elif self.engine == "sqlite":
            if not self.path or self.host or self.user or self.secret:
                raise ValueError("an SQLite database is a `path` and nothing else: no host, no user, no secret")
        elif not self.host or not self.user or self.path:
            raise ValueError("a PostgreSQL database needs `url`, or `host` and `user`; `path` is for SQLite")
        return self

    @model_validator(mode="after")
    def _can_hold(self) -> SqlCheck:
        if self.rows is not None and (self.min_rows is not None or self.max_rows is not None):
            raise ValueError("`rows` is exact; take out `min_rows` and `max_rows`")
        if self.min_rows is not None and self.max_rows is not None and self.min_rows > self.max_rows:
            raise ValueError("`min_rows` is more than `max_rows`")
        if self.explain_ms is not None and (self.engine == "sqlite" or first_word(self.query) not in PLANNED):
            raise ValueError("`explain_ms` is for a SELECT of PostgreSQL")
        return self

    def on_machine(self) -> bool:
        """A file, or a socket in the file system."""
        return self.engine == "sqlite" or self._database().host.startswith(("/", "@"))

    def asserts(self) -> bool:
        """Whether anything of the answer is named."""
        named = (self.rows, self.min_rows, self.max_rows, self.value, self.allow, self.columns, self.explain_ms)
        return any(one is not None for one in named)

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Rows and times are never negative."""
        return {name: (0.0, float("inf")) for name in ("rows", "duration", "explain")}

    def lent_secrets(self) -> tuple[tuple[str, str], ...]:
        """The password, for the server alone."""
        return ((self.secret, self._database().host.lower()),) if self.secret else ()

    def collect(self, look: Look) -> Asked:
        """Ask once, and once more for the plan's times where they are asked for."""
        sql = offered(look.sql, "databases")
        database = self._database()
        if self.secret:
            lent = offered(look.secrets, "the secrets that the operator lends")
            database = self._database(lent.value(self.secret, database.host.lower()))
        each = look.timeout / (2 if self.explain_ms is not None else 1)
        try:
            rows = sql.query(database, self.query, timeout=each, limit=MOST_ROWS)
            explain = self._explained(sql, database, each) if self.explain_ms is not None else None
        except Unreachable as error:
            return Asked(why=str(error))
        return Asked(rows, explain)

    def judge(self, facts: Asked) -> Finding:
        """Compare the rows with what is expected; every mismatch is named."""
        if facts.rows is None:
            return Finding(
                "", Outcome.UNKNOWN, facts.why + self._hint(facts.why), "no answer", self._expected(), self._source()
            )
        rows = facts.rows
        measured = f"{_count(rows)} in {amount(rows.seconds, 's')}"
        first = rows.rows[0][0] if rows.rows and rows.rows[0] else None
        if rows.rows and rows.columns:
            measured = f"{rows.columns[0]} = {short(first)}, {measured}"
        wrong = [*self._wrong_count(rows), *self._wrong_value(rows, first), *self._wrong_time(facts)]
        strange = tuple(self._strange(rows))
        wrong += [f"{counted(len(strange), 'row')} not allowed"] if strange else []
        lacking = "" if wrong else self._lacking(rows)
        outcome = Outcome.FAILED if wrong else Outcome.UNKNOWN if lacking else Outcome.PASSED
        says = f", but {'; '.join(wrong)}" if wrong else f": {lacking}" if lacking else ""
        return Finding(
            "", outcome, f"Answered {measured}{says}", measured, self._expected(), self._source(), Strength.PROBE,
            measures=tuple(self._measured(rows, first, facts.explain)), samples=len(rows.rows), details=capped(strange),
        )  # fmt: skip

    def _database(self, password: str = "") -> Database:
        tls = self.tls
        if self.url is None:
            return Database(self.engine, self.host, self.port, self.database, self.user, password, self.path, tls)
        host, port, name, user = _server(self.url)
        return Database("postgresql", host, port, name, user, password, tls=tls)

    def _explained(self, sql: LookSql, database: Database, timeout: timedelta) -> float:
        said = sql.query(database, f"EXPLAIN (ANALYZE, FORMAT JSON) {self.query}", timeout=timeout)
        try:
            plan = said.rows[0][0]
            (told,) = json.loads(plan) if isinstance(plan, str) else plan
            return (float(told["Planning Time"]) + float(told["Execution Time"])) / 1000
        except (LookupError, TypeError, ValueError) as error:
            raise Unreachable(f"{self._source()}: EXPLAIN (ANALYZE) gave no times") from error

    def _wrong_count(self, rows: Rows) -> Iterator[str]:
        count = len(rows.rows)
        if self.rows is not None and (count != self.rows or rows.cut):
            yield f"{self.rows} are expected"
        if self.min_rows is not None and count < self.min_rows:
            yield f"at least {self.min_rows} are expected"
        if self.max_rows is not None and (count > self.max_rows or rows.cut):
            yield f"at most {self.max_rows} are expected"
        if self.columns is not None and rows.columns != self.columns:
            yield f"the columns are {', '.join(rows.columns) or 'none'}, not {', '.join(self.columns)}"

    def _wrong_value(self, rows: Rows, first: Any) -> Iterator[str]:
        if self.value is not None and rows.rows and not _same(first, self.value):
            yield f"{short(self.value)} is expected"

    def _wrong_time(self, facts: Asked) -> Iterator[str]:
        if self.explain_ms is not None and facts.explain is not None and facts.explain * 1000 > self.explain_ms:
            yield f"planned and executed in {amount(facts.explain, 's')}, at most {self.explain_ms:g} ms are expected"

    def _strange(self, rows: Rows) -> Iterator[Detail]:
        for number, row in enumerate(rows.rows if self.allow is not None else (), 1):
            first = row[0] if row else None
            if not any(_same(first, one) for one in self.allow or ()):
                yield Detail(f"row {number}: {', '.join(rows.columns[:1])} = {short(first)}")

    def _lacking(self, rows: Rows) -> str:
        """Why nothing can be said although nothing is wrong, or an empty text."""
        if self.value is not None and not rows.rows:
            return f"there is no row, and {short(self.value)} is expected in the first"
        if self.allow is not None and rows.cut:
            return f"only the first {MOST_ROWS:,} rows were read"
        return ""

    def _hint(self, why: str) -> str:
        match = _NO_COLUMN.search(why)
        if match is None or not _STATISTICS.search(self.query):
            return ""
        return f". In PostgreSQL's statistics views the column is called {_CALLED[match[1]]}"

    def _measured(self, rows: Rows, first: Any, explain: float | None) -> Iterator[Measure]:
        number = float(first) if isinstance(first, str) and _NUMBER.fullmatch(first) else first
        if isinstance(number, int | float) and not isinstance(number, bool):
            number = in_unit(number, self.unit) if self.unit else number
            yield Measure("value", number, canonical_unit(self.unit))
        elif isinstance(number, bool | str):
            yield Measure("value", number)
        if not rows.cut:  # else the number is not known, only that it is larger
            yield Measure("rows", len(rows.rows))
        yield Measure("duration", rows.seconds, "s")
        if explain is not None:
            yield Measure("explain", explain, "s")

    def _source(self) -> str:
        database = self._database()
        where = f"sqlite:{database.path}"
        if database.engine == "postgresql":
            where = f"postgresql://{database.user}@{database.host}:{database.port}/{database.name}"
        text = " ".join(self.query.split())
        return f"{where}: {text if len(text) <= 300 else text[:299] + '…'}"

    def _expected(self) -> str:
        parts = [counted(self.rows, "row")] if self.rows is not None else []
        parts += [f"at least {counted(self.min_rows, 'row')}"] if self.min_rows is not None else []
        parts += [f"at most {counted(self.max_rows, 'row')}"] if self.max_rows is not None else []
        parts += [f"value {short(self.value)}"] if self.value is not None else []
        parts += [f"only {', '.join(map(short, self.allow))}"] if self.allow is not None else []
        parts += [f"columns {', '.join(self.columns)}"] if self.columns is not None else []
        parts += [f"planned and executed within {self.explain_ms:g} ms"] if self.explain_ms is not None else []
        return ", ".join(parts)


def _server(url: str) -> tuple[str, int, str, str]:
    """Host, port, database and user. Raises ValueError that repeats nothing of the URL, which may hold a password."""
    like = "`postgresql://user@host:5432/database`"
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        raise ValueError(f"expected a URL like {like}") from None
    if parts.password is not None:
        raise ValueError("a URL with a password in it is refused; take it out, and name a `secret` that is lent")
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not parts.username:
        raise ValueError(f"expected a URL with user and host, like {like}")
    if parts.query or parts.fragment:
        raise ValueError("parameters in the URL are refused; use `tls` for how it is secured")
    return parts.hostname, port, unquote(parts.path.strip("/")), unquote(parts.username)


def _same(got: Any, wanted: Scalar) -> bool:
    """As JSON has it; and a text that is a number, as SHOW gives them, equals that number."""
    if isinstance(got, str) and _NUMBER.fullmatch(got) and isinstance(wanted, int | float):
        return not isinstance(wanted, bool) and float(got) == wanted
    return same_json(got, wanted)


def _count(rows: Rows) -> str:
    return ("more than " if rows.cut else "") + counted(len(rows.rows), "row")
