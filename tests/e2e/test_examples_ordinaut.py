"""The example `ordinaut`: a go-live script that printed and did not compare, held against the figures that it names.

A defect of the document is one test, called by its number; the example's README has the same table.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import ROOT, Street, outcomes, street_of, told
from golive.checks.registry import installed
from golive.core.model import Outcome
from golive.core.report import Line, Report
from golive.policyfile import load

FILES = ROOT / "examples/ordinaut"
POLICY = ROOT / "examples/ordinaut.yml"
ROOTS = {"test-results", "task-rate", "nothing-left-behind", "contacts"}
"""What stops it in the document's state."""


@pytest.fixture
def street() -> Iterator[Street]:
    with street_of("ordinaut") as made:
        yield made


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The scheduler's database, as it is before any trial."""
    return written(tmp_path / "ordinaut.db", "schema.sql")


def written(database: Path, *scripts: str) -> Path:
    """Run scripts of the example on an SQLite file."""
    connection = sqlite3.connect(database)
    for script in scripts:
        connection.executescript((FILES / script).read_text())
    connection.close()
    return database


def healthy(database: Path) -> tuple[str, ...]:
    return ("--var", "state=healthy", "--var", f"database={database}")


def asked(street: Street, folder: Path, policy: str, *arguments: str) -> Report:
    """Run a changed policy."""
    path = folder / "policy.yml"
    path.write_text(policy)
    return street.check("--policy", str(path), *arguments)[1]


def changed(before: str, after: str) -> str:
    """The policy with one place changed."""
    text = POLICY.read_text()
    assert text.count(before) == 1, f"expected once in the policy: {before}"
    return text.replace(before, after)


def refused(policy: str) -> str:
    """What golive says of a policy that it does not take."""
    with pytest.raises(Exception, match=r"ordinaut\.yml") as mistakes:
        load(policy.encode(), installed(), "ordinaut.yml")
    return str(mistakes.value)


def line_of(report: Report, check: str) -> Line:
    return next(line for line in report.lines if line.check == check)


def not_passed(report: Report) -> set[str]:
    return {check for check, outcome in outcomes(report).items() if outcome is not Outcome.PASSED}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run in good health, that several tests look at."""
    database = written(tmp_path_factory.mktemp("good") / "ordinaut.db", "schema.sql")
    with street_of("ordinaut") as street:
        return street.check(*healthy(database))[1]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run in the document's state, after its script has run once on the database."""
    database = written(tmp_path_factory.mktemp("reported") / "ordinaut.db", "schema.sql", "reported/leftovers.sql")
    with street_of("ordinaut") as street:
        return street.check("--var", f"database={database}", said="reported/attestations.yml")[1]


def test_it_is_go_in_good_health(good: Report) -> None:
    assert good.verdict == "GO", told(good)
    assert not not_passed(good), told(good)


def test_as_the_document_describes_it_four_checks_stop_it(reported: Report) -> None:
    """Its boxes are empty, its contacts are to be filled in, its load test is too small, its trials are left behind."""
    assert reported.verdict == "NO_GO"
    assert set(reported.blocked_by) == ROOTS, told(reported)
    waiting = {"security-audit", "recovery-drill"}
    assert not_passed(reported) == ROOTS | waiting | {"one-network"}, told(reported)
    assert {outcomes(reported)[check] for check in waiting} == {Outcome.PENDING}


# ---------------------------------------------------------------- the document's defects


def test_d1_fifty_tasks_over_a_minute_never_show_a_hundred_a_minute(reported: Report) -> None:
    said = refused(changed("requests: 500, at_least: 60s", "requests: 50, at_least: 60s"))
    assert "can never be met: rps lies between 0/s and 0.8333/s" in said
    assert outcomes(reported)["task-rate"] is Outcome.FAILED, told(reported)


OLD_SQL = {
    "table-writes": (
        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY relname",
        "SELECT schemaname, tablename, n_tup_ins FROM pg_stat_user_tables ORDER BY n_tup_ins DESC", "tablename",
    ),
    "index-use": (
        "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'due_work_run_at'",
        "SELECT idx_tup_read, indexname FROM pg_stat_user_indexes WHERE idx_tup_read > 0", "indexname",
    ),
    "growth": (
        "SELECT sum(total_bytes) / 30 FROM pg_stat_user_tables WHERE n_tup_ins > 100",
        "SELECT sum(length(schemaname || '.' || tablename)) / 30 FROM pg_stat_user_tables WHERE n_tup_ins > 100",
        "tablename",
    ),
}  # fmt: skip
"""Check → its statement, one with the columns that the document asks for, and the column that there is not."""


def test_d2_sql_about_columns_that_are_not_there_is_unknown_and_the_mended_one_passes(
    street: Street, database: Path, tmp_path: Path, good: Report
) -> None:
    """PostgreSQL's statistics views call them relname and indexrelname; the file's tables have the views' columns."""
    policy = POLICY.read_text()
    for mended, old, _ in OLD_SQL.values():
        assert policy.count(mended) == 1
        policy = policy.replace(mended, old)
    report = asked(street, tmp_path, policy, "--only", ",".join(OLD_SQL), *healthy(database))
    assert outcomes(report) == dict.fromkeys(OLD_SQL, Outcome.UNKNOWN), told(report)
    assert report.verdict != "GO"
    for check, (_, _, column) in OLD_SQL.items():
        assert f"no such column: {column}" in line_of(report, check).summary, told(report)
        assert outcomes(good)[check] is Outcome.PASSED, told(good)


def test_d3_a_page_that_is_well_is_no_alarm(street: Street, good: Report) -> None:
    """What the script keeps is the page's text and then OK, and that is never OK alone."""
    page = f'{sys.executable} -c "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"'
    script = f'kept=$({page} "$1" && echo OK || echo FAIL); echo "$kept"; [ "$kept" = OK ]'
    done = subprocess.run(
        ["sh", "-c", script, "sh", f"{street.target}/health"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, "the page is well, and the script's comparison says that it is not"
    assert done.stdout.endswith("OK\n")
    assert outcomes(good)["healthy"] is Outcome.PASSED, told(good)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('url: "${monitoring}/alertmanager"', 'url: "${monitoring}/alertmanager/api/v1/alerts"', "removed in 0.27"),
        ("max_active: {critical: 0}}", "max_active: {critical: 0}, state: firing}", "firing"),
    ],
)
def test_d4_an_interface_that_was_removed_and_a_state_that_never_occurs_are_refused(
    before: str, after: str, says: str
) -> None:
    said = refused(changed(before, after))
    assert says in said
    assert "with" in said


def test_d5_a_word_is_no_secret_and_a_key_is_one(street: Street, tmp_path: Path, good: Report) -> None:
    """The script searches for four words, in lower case."""
    words = re.compile(r"(password|secret|key|token)")
    code = (FILES / "code/settings.py").read_text()
    leaked = f'access = "{"AKIA"}{"QZ7RTM4XWLPD2SVN"}"\n'
    assert words.search(code), "the script flags what is no secret"
    assert not words.search(leaked), "the script does not see what is one"
    assert outcomes(good)["no-secrets"] is Outcome.PASSED, told(good)
    (tmp_path / "settings.py").write_text(code)
    (tmp_path / "access.py").write_text(leaked)
    _, report = street.check("--only", "no-secrets", "--var", f"files={tmp_path}")
    assert outcomes(report) == {"no-secrets": Outcome.FAILED}, told(report)
    assert {Path(detail.path).name for detail in report.lines[0].details} == {"access.py"}


def test_d6_a_counter_is_no_rate() -> None:
    series = "exists: [up, http_requests_total, database_connections, task_processing_rate, worker_active_count]"
    said = refused(changed(series, "query: prometheus_tsdb_head_samples_appended_total\n      unit: /s"))
    assert "a counter only grows and is no rate" in said


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("query: SELECT count(*) FROM due_work", "query: INSERT INTO due_work DEFAULT VALUES", "a check only reads"),
        ('scripts/list_backups.py"]', 'scripts/list_backups.py"], writes: true', "writes"),
    ],
)
def test_d7_a_check_that_writes_to_production_is_refused(before: str, after: str, says: str) -> None:
    assert says in refused(changed(before, after))


def test_d7_what_a_trial_left_in_production_is_found(good: Report, reported: Report) -> None:
    assert outcomes(good)["nothing-left-behind"] is Outcome.PASSED, told(good)
    found = {measure.name: measure.value for measure in line_of(reported, "nothing-left-behind").measures}
    assert found["value"] == 51, "fifty tasks and a line of the audit log"


def test_d8_a_figure_is_compared_and_not_only_printed(reported: Report) -> None:
    said = refused(changed(", min_pass: 95%}\n    pass: pass_rate>95%", "}"))
    assert "nothing in this check evaluates 95" in said
    found = {measure.name: measure.value for measure in line_of(reported, "test-results").measures}
    assert (outcomes(reported)["test-results"], found["pass_rate"]) == (Outcome.FAILED, 92), told(reported)


def test_d9_the_network_has_the_name_that_is_looked_for(good: Report, reported: Report) -> None:
    """The script looks for another word than the name that it then asks about."""
    right, wrong = ((FILES / state / "networks.txt").read_text() for state in ("healthy", "reported"))
    assert "orchestrator" not in right, "the script finds nothing where the name is right"
    assert "orchestrator" in wrong, "the script is content where the name is wrong"
    assert outcomes(good)["one-network"] is Outcome.PASSED, told(good)
    assert outcomes(reported)["one-network"] is Outcome.FAILED, told(reported)


def test_d16_contacts_that_nobody_filled_in_stop_it(reported: Report) -> None:
    line = line_of(reported, "contacts")
    assert line.outcome is Outcome.FAILED
    assert {measure.name: measure.value for measure in line.measures}["reachable"] == 0
    assert len(line.details) >= 4, "each of the four contacts is named"


# ---------------------------------------------------------------- faults

SEEN_BY = {
    "slow": "response-time", "open-api": "sign-in", "unlimited": "rate-limit", "no-data": "series",
    "no-dashboards": "dashboards", "unrouted": "alert-routes",
}  # fmt: skip
"""Fault of the sample service → the check of this example that sees it."""


def test_each_fault_is_seen_by_its_own_check_and_by_no_other(street: Street, database: Path, tmp_path: Path) -> None:
    for fault in SEEN_BY:
        for sample in (street.sample, street.watching):
            sample.switch(fault, on=True)
    # a slow page is asked four times, not a hundred: the stand-in answers one after the other
    report = asked(street, tmp_path, changed("n: 100,", "n: 4,"), *healthy(database))
    assert not_passed(report) == set(SEEN_BY.values()), told(report)


def test_where_the_database_does_not_answer_there_is_one_cause(street: Street, database: Path) -> None:
    street.sample.switch("database", on=True)
    code, report = street.check("--only", "healthy,response-time,sign-in,rate-limit", *healthy(database))
    assert code == 1
    assert outcomes(report)["healthy"] is Outcome.FAILED
    assert {line.root for line in report.lines if line.check != "healthy"} == {"healthy"}, told(report)


BROKEN: dict[str, str] = {
    "superusers": "INSERT INTO pg_roles VALUES ('report', 1, 1)",
    "queue": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) "
    "INSERT INTO due_work (task_id, run_at) SELECT 1, datetime('now') FROM n",
    "connections": "UPDATE pg_settings SET setting = '3' WHERE name = 'max_connections'",
    "table-writes": "DELETE FROM pg_stat_user_tables WHERE relname = 'task_run'",
    "index-use": "UPDATE pg_stat_user_indexes SET idx_tup_read = 0",
    "growth": "UPDATE pg_stat_user_tables SET total_bytes = 40000000000 WHERE relname = 'audit_log'",
    "system-agent": "UPDATE agent SET name = 'sys' WHERE id = 1",
    "references": "UPDATE task SET created_by = NULL WHERE id = 1",
    "audit-log": "DELETE FROM audit_log WHERE action <> 'test_action'",
    "nothing-left-behind": "INSERT INTO task VALUES (9, 'Load Test Task 1', 1, datetime('now'))",
}
"""Check → what is done to the database so that this check, and no other one, sees it."""


def test_each_fault_of_the_database_is_seen_by_its_own_check(street: Street, database: Path, good: Report) -> None:
    assert not set(BROKEN) & not_passed(good), told(good)
    connection = sqlite3.connect(database)
    for statement in BROKEN.values():
        connection.execute(statement)
    connection.commit()
    connection.close()
    _, report = street.check("--only", ",".join(BROKEN), *healthy(database))
    assert outcomes(report) == dict.fromkeys(BROKEN, Outcome.FAILED), told(report)
