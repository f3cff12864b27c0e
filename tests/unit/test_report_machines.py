"""The formats that other programs read: Nagios, Prometheus, JUnit, SARIF and in-toto, each held to its consumer's rules."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import junitparser
import pytest
from jsonschema import Draft202012Validator

from builders import NOW, a_check, a_finding
from golden import matches_golden
from golive.core.findings import Judged
from golive.core.model import Detail, Measure, Outcome, Severity, Verdict, Waiver
from golive.core.report import Report, reported
from golive.render.report import FORMATS, intoto, junit, nagios, prometheus, sarif
from reports import RUN, a_policy_for, a_report, a_report_of

SARIF = Draft202012Validator(
    json.loads((Path(__file__).parents[1] / "data/sarif/sarif-2.1.0.json").read_text(encoding="utf-8"))
)


def test_nagios_is_told_as_agreed() -> None:
    assert matches_golden("report.nagios", nagios.dump(a_report()))


@pytest.mark.parametrize(
    ("verdict", "code", "word"),
    [("GO", 0, "OK"), ("CONDITIONAL_GO", 1, "WARNING"), ("WAIT", 1, "WARNING"), ("HOLD", 1, "WARNING"),
     ("NO_GO", 2, "CRITICAL")],
)  # fmt: skip
def test_nagios_gets_its_own_exit_codes(verdict: str, code: int, word: str) -> None:
    report = replace(a_report(), verdict=verdict)
    assert nagios.exit_code(report) == code
    assert nagios.dump(report).startswith(f"GOLIVE {word} - ")
    assert verdict in Verdict.__members__


def test_nagios_performance_data_has_each_label_once_and_no_sign_that_ends_it() -> None:
    measures = (Measure("a|b 'c'=", 1.0), Measure("a b  c  ", 2.0), Measure("big", 10**400), Measure("on", True))
    head = nagios.dump(a_report_of(a_finding("c", measures=measures, summary="a|b"))).splitlines()[0]
    told = head.partition(" | ")[2].split()
    labels = [pair.partition("=")[0] for pair in told]
    assert head.count("|") == 1
    assert len(labels) == len(set(labels))
    assert "c.a_b__c__=1" in told
    assert not [label for label in labels if label.endswith((".big", ".on"))]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_finds_nothing_amiss() -> None:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=prometheus.dump(a_report()), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_junit_has_a_suite_for_each_category_and_a_word_for_each_outcome() -> None:
    read = junitparser.JUnitXml.fromstring(junit.dump(a_report()).encode())
    assert [suite.name for suite in read] == ["infrastructure", "security", "operations", "performance", "quality"]
    assert (read.tests, read.failures, read.errors, read.skipped) == (11, 3, 1, 5)
    results = {case.name: case.result for suite in read for case in suite}
    assert isinstance(results["All services answer"][0], junitparser.Failure)
    assert isinstance(results["Alerts reach people"][0], junitparser.Error)
    assert results["Rate limit holds"][0].message == "blocked: not run, because health did not pass"
    assert results["Licences"][0].message.startswith("waived: ")
    assert results["95% answer in time"] == []
    properties = {one.name: one.value for one in next(iter(read)).properties()}
    assert properties["golive.verdict"] == "NO_GO"
    assert properties["golive.version"] == "1.2.3"
    assert next(iter(next(iter(read)))).classname == "Shop.infrastructure"


@pytest.mark.parametrize("text", ["]]>", "\x00\x08\x0b\x1b", "\ufffe\uffff", "<a b='\"'>&amp;", "\r\n\t"])
def test_junit_is_xml_whatever_was_found(text: str) -> None:
    report = a_report_of(a_finding("c", Outcome.FAILED, summary=text), rules=[a_check("c", name=text, category=text)])
    read = junitparser.JUnitXml.fromstring(junit.dump(report).encode())
    assert read.failures == 1


def log_of(report: Report) -> Any:
    log = json.loads(sarif.dump(report))
    assert not [f"{e.json_path}: {e.message}" for e in SARIF.iter_errors(log)]
    (run,) = log["runs"]
    return run


def test_sarif_fits_the_schema_and_places_what_has_a_place() -> None:
    run = log_of(a_report())
    placed = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in run["results"] if one["ruleId"] == "secrets"
    }  # fmt: skip
    assert placed == {"src/pay%20ment.py", "deploy/env.txt"}
    health = next(one for one in run["results"] if one["ruleId"] == "health")
    assert health["locations"][0]["logicalLocations"][0]["name"] == "health"
    assert run["invocations"][0]["startTimeUtc"] == "2026-03-04T12:00:00.000Z"
    assert run["invocations"][0]["endTimeUtc"] == "2026-03-04T12:00:12.500Z"
    rule = next(one for one in run["tool"]["driver"]["rules"] if one["id"] == "health")
    assert rule["help"]["text"] == "Nothing else can be validated Start the application services"


@pytest.mark.parametrize(
    ("severity", "outcome", "level"),
    [(Severity.CRITICAL, Outcome.FAILED, "error"), (Severity.HIGH, Outcome.UNKNOWN, "error"),
     (Severity.MEDIUM, Outcome.FAILED, "warning"), (Severity.LOW, Outcome.FAILED, "warning"),
     (Severity.INFO, Outcome.FAILED, "note"), (Severity.CRITICAL, Outcome.WARNING, "warning"),
     (Severity.CRITICAL, Outcome.WAIVED, "note")],
)  # fmt: skip
def test_sarif_levels_follow_severity_and_outcome(severity: Severity, outcome: Outcome, level: str) -> None:
    (one,) = log_of(a_report_of(a_finding("c", outcome), rules=[a_check("c", severity=severity)]))["results"]
    assert one["level"] == level
    assert ("suppressions" in one) is (outcome is Outcome.WAIVED)


def test_sarif_never_hides_a_failure_behind_a_waiver() -> None:
    waiver = Waiver("c", "soon", "@ana", NOW + timedelta(days=1))
    judged = Judged(a_check("c"), a_finding("c", Outcome.FAILED), waiver=waiver)
    (one,) = log_of(reported(RUN, [judged], a_policy_for(None), NOW))["results"]
    assert "suppressions" not in one


def test_sarif_reports_no_line_where_nothing_is_amiss() -> None:
    details = (Detail("fine", "a.py", 1, Outcome.PASSED), Detail("odd", "b.py", 2, Outcome.WARNING))
    (one,) = log_of(a_report_of(a_finding("c", Outcome.FAILED, details=details)))["results"]
    assert one["message"]["text"] == "odd"
    assert one["level"] == "warning"


@pytest.mark.parametrize(
    ("path", "uri"),
    [("//evil.example/x", "/evil.example/x"), ("a:b", "a%3Ab"), ("a\\b.py", "a/b.py"), ("ä%.py", "%C3%A4%25.py")],
)
def test_sarif_paths_name_no_host_and_no_scheme(path: str, uri: str) -> None:
    (one,) = log_of(a_report_of(a_finding("c", Outcome.FAILED, details=(Detail("x", path),))))["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_stops_at_what_code_scanning_takes_and_says_how_much_is_left_out() -> None:
    details = tuple(Detail(f"found {n}", "a.py", n + 1) for n in range(5100))
    run = log_of(a_report_of(a_finding("c", Outcome.FAILED, details=details)))
    assert len(run["results"]) == 5000
    assert run["properties"]["left_out"] == 100
    assert all(len(one["locations"]) <= 1000 for one in run["results"])


def statement_of(report: Report) -> Any:
    """The statement, held to the required fields that the docstring of `intoto` names."""
    told = json.loads(intoto.dump(report))
    assert set(told) == {"_type", "subject", "predicateType", "predicate"}
    assert all(one.get("digest") for one in told["subject"])
    assert told["predicate"]["result"] in ("PASSED", "WARNED", "FAILED")
    for one in told["predicate"]["configuration"]:
        assert {"uri", "digest", "content"} & set(one), "a resource descriptor needs one of these"
    return told


def test_a_statement_is_about_the_commit() -> None:
    told = statement_of(a_report())
    assert told["subject"] == [{"name": "Shop", "digest": {"gitCommit": RUN.commit}}]
    assert told["predicate"]["result"] == "FAILED"
    assert told["predicate"]["passedTests"] == ["unit"]
    assert told["predicate"]["configuration"][0]["uri"] == "golive:policy/.github/golive.yml"


def test_a_statement_without_a_commit_says_that_it_vouches_for_no_code() -> None:
    (subject,) = statement_of(a_report(run=replace(RUN, commit="")))["subject"]
    assert subject["name"] == "https://shop.example.com"
    assert "no commit" in subject["annotations"]["golive_digest_of"]


@pytest.mark.parametrize(
    ("outcome", "partial", "result"),
    [(Outcome.PASSED, False, "PASSED"), (Outcome.PASSED, True, "WARNED"), (Outcome.WARNING, False, "WARNED"),
     (Outcome.WAIVED, False, "WARNED"), (Outcome.UNKNOWN, False, "FAILED"), (Outcome.PENDING, False, "FAILED"),
     (Outcome.NOT_APPLICABLE, False, "PASSED")],
)  # fmt: skip
def test_a_statement_says_passed_only_when_everything_was_run_and_passed(
    outcome: Outcome, partial: bool, result: str
) -> None:
    report = a_report_of(a_finding("c", outcome), run=replace(RUN, partial=partial))
    assert statement_of(report)["predicate"]["result"] == result


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_ends_in_a_text_and_its_suffix_is_its_own(name: str) -> None:
    assert FORMATS[name].render(a_report()).strip()
    assert FORMATS[name].suffix.startswith(".")
    assert [one.suffix for one in FORMATS.values()].count(FORMATS[name].suffix) == 1


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"html", "markdown", "text"}))
def test_a_format_for_machines_imports_no_template_engine_and_no_terminal(name: str) -> None:
    place = FORMATS[name].place.partition(":")[0]
    script = (
        f"import sys, golive.render.report.{place}; "
        "print([m for m in ('jinja2', 'rich', 'pydantic', 'markupsafe', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_environment()
    )
    assert done.stdout.strip() == "[]"


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(sys.modules["golive"].__path__[0]).parent)}
