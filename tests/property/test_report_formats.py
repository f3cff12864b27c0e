"""Every format survives whatever checks find, and those who read it elsewhere find the same in it."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import junitparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_fd_to_metric_families

from builders import NOW, a_check, a_finding
from golive.core.findings import Judged
from golive.core.masking import MASK, Mask
from golive.core.model import Detail, Measure, Outcome, Severity, Verdict, Waiver
from golive.core.policy import Matrix, Policy, ReleaseRule
from golive.core.report import Report, Run, reported
from golive.render.report import FORMATS
from golive.render.report.json import dump, load, schema
from golive.render.report.nagios import exit_code
from golive.render.report.text import lines as lines_of

MANY = 300 if os.environ.get("GOLIVE_TEST_PROFILE") == "long" else 40
SKIPPED = {Outcome.SKIPPED, Outcome.BLOCKED, Outcome.NOT_APPLICABLE, Outcome.WAIVED, Outcome.PENDING}
VALIDATOR = Draft202012Validator(schema())
SARIF = Draft202012Validator(
    json.loads((Path(__file__).parents[1] / "data/sarif/sarif-2.1.0.json").read_text(encoding="utf-8"))
)

HOSTILE = st.sampled_from(
    [
        "]]>",
        "|",
        "<script>alert(1)</script>",
        "`${x}`",
        "\x00\x1b[31m",
        "@everyone",
        "a\nb\r\nc",
        '"\\',
        "{{ 7*7 }}",
        "—",
        "🦊",
    ]
)
TEXTS = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), HOSTILE)
VALUES = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.booleans(), TEXTS)


@st.composite
def lines(draw: st.DrawFn, n: int) -> Judged:
    """One check as it stands, with any text in every place."""
    rule = a_check(
        f"c{n}", name=draw(TEXTS), category=draw(st.sampled_from(["", "security", "a|b <i>"])),
        severity=draw(st.sampled_from(Severity)), impact=draw(TEXTS), action=draw(TEXTS), owner=draw(TEXTS),
    )  # fmt: skip
    finding = a_finding(
        rule.id, draw(st.sampled_from(Outcome)), summary=draw(TEXTS), measured=draw(TEXTS), expected=draw(TEXTS),
        source=draw(TEXTS), samples=draw(st.none() | st.integers(0, 10**6)), golive="1.2.3",
        measures=tuple(Measure(draw(TEXTS), draw(VALUES), draw(st.sampled_from(["", "s", "%", "B", "1/s"]))) for _ in range(2)),
        details=tuple(Detail(draw(TEXTS), draw(TEXTS), draw(st.integers(0, 99))) for _ in range(draw(st.integers(0, 3)))),
        seconds=draw(st.floats(0, 1e4)),
    )  # fmt: skip
    waiver = draw(
        st.none() | st.just(Waiver(rule.id, draw(TEXTS), "@ana", NOW + timedelta(days=draw(st.integers(-2, 2)))))
    )
    return Judged(rule, finding, waiver=waiver)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report of up to six checks, some of them folded under another."""
    judged = [draw(lines(n)) for n in range(draw(st.integers(1, 6)))]
    judged = [replace(one, root=judged[0].rule) if one.finding.outcome is Outcome.BLOCKED else one for one in judged]
    policy = Policy(
        draw(TEXTS), (ReleaseRule("p", "main"),), matrix=draw(st.none() | st.just(Matrix({"security": 100.0})))
    )
    run = Run(
        "1.2.3",
        policy.project,
        draw(TEXTS),
        NOW,
        1.5,
        draw(TEXTS),
        draw(TEXTS),
        draw(st.sampled_from(["", "beef" * 10])),
    )
    return reported(run, judged, policy, NOW)


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_the_json_is_read_back_equal_and_fits_its_schema(report: Report) -> None:
    text = dump(report)
    assert load(text) == report
    assert not [error.message for error in VALIDATOR.iter_errors(json.loads(text))]


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_a_junit_reader_counts_the_same(report: Report) -> None:
    read = junitparser.JUnitXml.fromstring(FORMATS["junit"].render(report).encode())
    outcomes = [line.outcome for line in report.lines]
    assert (read.tests, read.failures, read.errors, read.skipped) == (
        len(outcomes), outcomes.count(Outcome.FAILED), outcomes.count(Outcome.UNKNOWN),
        sum(outcome in SKIPPED for outcome in outcomes),
    )  # fmt: skip
    cases = [case for suite in read for case in suite]
    assert sum(case.is_passed for case in cases) == sum(o in (Outcome.PASSED, Outcome.WARNING) for o in outcomes)


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_a_prometheus_parser_reads_every_sample(report: Report) -> None:
    families = {f.name: f for f in text_fd_to_metric_families(StringIO(FORMATS["prometheus"].render(report)))}
    verdicts = {s.labels["verdict"]: s.value for s in families["golive_verdict"].samples}
    assert verdicts == {v.name: float(v.name == report.verdict) for v in Verdict}
    told = {s.labels["check"]: s.labels["outcome"] for s in families["golive_check_status"].samples}
    assert told == {line.check: line.outcome.value for line in report.lines}
    labels = {s.labels["category"] for s in families["golive_check_status"].samples}
    assert labels == {line.category for line in report.lines}
    measured = families["golive_check_measure"].samples if "golive_check_measure" in families else []
    read = {(s.labels["check"], s.labels["name"]): s.value for s in measured}
    first: dict[tuple[str, str], float] = {}
    for line in report.lines:
        for one in line.measures:
            if not isinstance(one.value, str):
                first.setdefault((line.check, one.name), float(one.value))
    assert read == first


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_the_nagios_line_has_one_separator_and_the_code_of_the_verdict(report: Report) -> None:
    text = FORMATS["nagios"].render(report)
    assert text.count("|") == 1
    first = text.splitlines()[0]
    assert first.split()[1] == ("OK", "WARNING", "CRITICAL")[exit_code(report)]
    assert (exit_code(report) == 0) is (report.verdict == "GO")
    for pair in first.partition(" | ")[2].split():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+=-?[0-9.e+-]+(s|B|%)?(;;;0)?", pair), pair


@settings(max_examples=MANY, deadline=None)
@given(reports(), st.booleans(), st.integers(1, 120))
def test_the_lines_of_a_report_say_nothing_to_the_terminal_but_colours(
    report: Report, colour: bool, width: int
) -> None:
    for line in lines_of(report, colour, width):
        bare = re.sub(r"\x1b\[(0|1|[39][0-7])m", "", line) if colour else line
        unseen = [char for char in bare if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char != "\u200d"]
        assert not unseen, repr(line)


class Tags(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_the_page_holds_no_script_and_nothing_from_outside(report: Report) -> None:
    read = Tags()
    read.feed(FORMATS["html"].render(report))
    assert not read.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "i"}
    assert not read.attributes & {"src", "href", "onclick", "onload", "action"}


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_the_summary_in_markdown_has_no_html_of_others_and_keeps_its_tables(report: Report) -> None:
    text = FORMATS["markdown"].render(report)
    assert "<script" not in text
    assert "@everyone" not in text
    head = next(n for n, line in enumerate(text.splitlines()) if line.startswith("| | Check | Measured"))
    rows = text.splitlines()[head + 2 : head + 2 + len(report.lines)]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows), rows


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_the_statement_names_every_check_once_and_its_result_follows_from_them(report: Report) -> None:
    statement = json.loads(FORMATS["intoto"].render(report))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = statement["predicate"]
    assert all({"uri", "digest", "content"} & set(one) for one in predicate["configuration"])
    named = [*predicate["passedTests"], *predicate["warnedTests"], *predicate["failedTests"]]
    aside = {Outcome.SKIPPED, Outcome.NOT_APPLICABLE}
    assert sorted(named) == sorted(line.check for line in report.lines if line.outcome not in aside)
    assert (predicate["result"] == "FAILED") is (report.verdict not in ("GO", "CONDITIONAL_GO"))
    for subject in statement["subject"]:
        assert all(re.fullmatch(r"[0-9a-f]{40,64}", digest) for digest in subject["digest"].values())


@settings(max_examples=MANY, deadline=None)
@given(reports())
def test_the_sarif_log_has_a_rule_for_every_result_and_suppresses_what_is_waived(report: Report) -> None:
    log = json.loads(FORMATS["sarif"].render(report))
    assert not [error.message for error in SARIF.iter_errors(log)]
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    told = {Outcome.FAILED, Outcome.UNKNOWN, Outcome.WARNING, Outcome.WAIVED}
    assert set(rules) == {line.check for line in report.lines if line.outcome in told}
    assert {result["ruleId"] for result in run["results"]} == set(rules)
    for result in run["results"]:
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"] is not None


@settings(max_examples=MANY, deadline=None)
@given(reports(), st.sampled_from(["hunter2-hunter2", "ghp_0123456789abcdefABCDEF0123456789abcd", "AKIA" + "Q" * 16]))
def test_no_secret_reaches_any_format(report: Report, secret: str) -> None:
    mask = Mask(["hunter2-hunter2"])
    finding = a_finding(
        "leaky", Outcome.FAILED, summary=f"answered {secret}", measured=secret, expected=f"not {secret}",
        source=f"https://x.example/?token={secret}", measures=(Measure("word", secret),),
        details=(Detail(f"found {secret}", f"a/{secret}.txt", 3),),
    )  # fmt: skip
    judged = Judged(a_check("leaky"), mask.finding(finding))
    leaky = reported(report.run, [judged], Policy("p", (ReleaseRule("p", "main"),)), NOW)
    for name, form in FORMATS.items():
        text = form.render(leaky)
        assert secret not in text, f"{name} shows the secret"
    assert MASK in FORMATS["json"].render(leaky)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda told: told | {"version": 2}, "version 2"),
        (lambda told: told | {"format": "other"}, "golive-report"),
        (lambda told: told | {"more": 1}, "unknown key: more"),
        (lambda told: {key: value for key, value in told.items() if key != "verdict"}, "verdict"),
        (lambda told: told | {"lines": [{**told["lines"][0], "outcome": "fine"}]}, "lines.0.outcome"),
    ],
)
def test_what_is_no_report_is_refused_with_where_and_why(change: Any, says: str) -> None:
    judged = [Judged(a_check(), a_finding())]
    run = Run("1", "p", "golive.yml", NOW, 1.0)
    told = json.loads(dump(reported(run, judged, Policy("p", (ReleaseRule("p", "main"),)), NOW)))
    with pytest.raises(ValueError, match=re.escape(says)):
        load(json.dumps(change(told)))
