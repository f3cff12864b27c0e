"""What the kind `prom_rules` makes of alert-rule files on disk. Add a rule by adding a row."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.alertrules import threshold
from golive.checks.prom_rules import PromRulesCheck
from golive.checks.yamltexts import NotYaml, documents
from golive.core.model import Finding, Outcome, Strength
from golive.look.process import Process
from kind_pages import example_of, unexplained
from looks import looking

GOOD = """groups:
  - name: shop
    labels: {team: shop}
    rules:
      - record: job:latency:p95
        expr: histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))
      - alert: HighLatency
        expr: job:latency:p95{job="shop"} > 0.2
        for: 5m
        labels: {severity: critical, category: latency}
        annotations: {summary: Slow, runbook_url: "https://wiki.example.com/slow"}
      - alert: ErrorRate
        expr: sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 5 / 100 and on() up == 1
        labels: {severity: warning}
        annotations: {summary: Errors, runbook_url: "https://wiki.example.com/errors"}
"""
RESOURCE = """apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: shop}
spec:
  groups:
    - name: k8s
      rules:
        - {alert: PodsGone, expr: 3 > kube_pods, labels: {severity: critical}}
"""


def judged(folder: Path, **options: Any) -> Finding:
    check = PromRulesCheck.model_validate({"files": "*.yml", **options})
    return check.judge(check.collect(looking(folder)))


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def one_rule(*lines: str) -> str:
    return "groups:\n- name: g\n  rules:\n  - alert: A\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("options", "outcome", "says"),
    [
        ({}, "passed", "2 alerts in 1 file"),
        ({"min_files": 2}, "failed", "1 file, at least 2"),
        ({"min_alerts": 3}, "failed", "2 alerts, at least 3"),
        ({"categories": {"latency": "(?i)latency", "errors": "errors_total"}}, "passed", ""),
        ({"categories": {"latency": {"category": "latency"}}}, "passed", ""),
        ({"categories": {"throughput": "rps"}}, "failed", "no alert for throughput"),
        ({"categories": {"errors": {"category": "errors"}}}, "failed", "no alert for errors"),
        ({"severities": ["critical", "warning"]}, "passed", ""),
        ({"severities": ["critical"]}, "failed", "a.yml:12: ErrorRate has the severity warning, not critical"),
        ({"severities": ["critical", "warning", "info"]}, "failed", "0 alerts of severity info, at least 1"),
        ({"severities": {"critical": 1, "warning": 1, "info": 0}}, "passed", ""),
        ({"severities": {"critical": 2, "warning": 1}}, "failed", "1 alert of severity critical, at least 2"),
        ({"require_labels": ["severity", "team"]}, "passed", ""),
        ({"require_labels": ["category"]}, "failed", "ErrorRate has no label category"),
        ({"require_annotations": ["summary", "runbook_url"]}, "passed", ""),
        ({"require_annotations": ["dashboard_url"]}, "failed", "HighLatency has no annotation dashboard_url"),
        ({"files": ["*.yml", "more/*.yml"]}, "unknown", "no file matches more/*.yml"),
        ({"files": "more/*.yml"}, "unknown", "no file matches more/*.yml"),
    ],
)
def test_rules_are_held_against_what_they_must_cover(
    tmp_path: Path, options: dict[str, Any], outcome: str, says: str
) -> None:
    finding = judged(written(tmp_path, a=GOOD), **options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert finding.strength is Strength.DOCUMENT
    assert bool(finding.details) is (outcome != "passed")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (one_rule("for: 5m"), 4, "has no `expr`"),
        (one_rule("expr: ''"), 5, "has no `expr`"),
        (one_rule("expr: sum(up == 0"), 5, "does not close"),
        (one_rule("expr: up == 0", "for: five minutes"), 6, "no duration"),
        (one_rule("expr: up == 0", "severity: critical"), 6, "`severity` is no key of a rule"),
        (one_rule("expr: up == 0", "record: b"), 4, "exactly one of"),
        (one_rule("expr: up == 0", "labels: [a]"), 6, "`labels` is no mapping"),
        (one_rule("expr: up == 0", "labels: {a-b: c}"), 6, "`a-b` is no name"),
        (one_rule("expr: up == 0", "expr: up == 1"), 6, "there twice"),
        ("groups:\n- rules: []\n", 2, "a group has no name"),
        ("groups:\n- {name: a, rules: []}\n- {name: a, rules: []}\n", 3, "the group a is there twice"),
        ("groups:\n- {name: a, every: 5m, rules: []}\n", 2, "`every` is no key of a group"),
        ("groups: {a: b}\n", 1, "no list"),
        ("rules: []\n", 1, "no `groups`"),
        ("a: [\n", 2, "no YAML"),
    ],
)
def test_what_prometheus_would_refuse_is_named_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    finding = judged(written(tmp_path, a=GOOD, b=text))
    assert finding.outcome is Outcome.FAILED
    assert [(flaw.path, flaw.line) for flaw in finding.details] == [("b.yml", line)], finding.details
    assert says in finding.details[0].text


def test_a_resource_of_the_operator_is_read_too(tmp_path: Path) -> None:
    finding = judged(written(tmp_path, a=GOOD, b=RESOURCE), severities=["critical", "warning"])
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert {one.name: one.value for one in finding.measures} == {"alerts": 3, "files": 2, "recordings": 1, "flaws": 0}


def test_a_link_that_is_none_is_a_flaw(tmp_path: Path) -> None:
    text = one_rule("expr: up == 0", "annotations: {runbook_url: TODO}")
    finding = judged(written(tmp_path, a=text), require_annotations=["runbook_url"])
    assert "runbook_url is no link: TODO" in finding.summary


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        ("a > 0.2", 0.2),
        ("0.2 < a", 0.2),
        ("rate(a[5m]) >= 1e3", 1000),
        ('a{code=~"5.."} > bool 3', 3),
        ("a > 512 * 1024", 524288),
        ("a > 5 / 100 and b > 10", 0.05),
        ("a < -1", -1),
        ("a > (0.5)", 0.5),
        ("a > b", None),
        ("absent(up)", None),
        ("a > 1 / 0", None),
        ('label_replace(a, "x", "> 3", "y", "") > 4', 4),
        ("http2_total > 7", 7),
    ],
)
def test_the_threshold_of_an_expression(expr: str, value: float | None) -> None:
    assert threshold(expr) == value


def recorded(**values: float) -> str:
    held = {name: {"value": value, "unit": "s", "samples": 100} for name, value in values.items()}
    return json.dumps(
        {"format": "golive-baseline", "version": 1, "recorded_at": "2026-01-01T00:00:00+00:00", "values": held}
    )


@pytest.mark.parametrize(
    ("file", "alerts", "tolerance", "outcome", "says"),
    [
        (recorded(p95=0.19), {"HighLatency": "p95"}, "10%", "passed", ""),
        (recorded(p95=0.16), {"HighLatency": "p95"}, "25%", "passed", ""),
        (recorded(p95=0.145), {"HighLatency": "p95"}, "25%", "failed", "37.93 % away from the baseline 0.145"),
        (recorded(p95=0.19), {"HighLatency": "p99"}, "25%", "unknown", "no number under p99"),
        (recorded(p95=0.19), {"NoSuchAlert": "p95"}, "25%", "failed", "there is no alert NoSuchAlert"),
        ('{"api": {"p95_ms": 190}}', {"HighLatency": {"value": "api.p95_ms", "unit": "ms"}}, "10%", "passed", ""),
        ('{"error_pct": 4.8}', {"ErrorRate": {"value": "error_pct", "unit": "ms"}}, "10%", "failed", "away"),
        ("no json", {"HighLatency": "p95"}, "10%", "unknown", "no JSON"),
        (None, {"HighLatency": "p95"}, "10%", "unknown", "no file matches"),
        (recorded(p95=0), {"HighLatency": "p95"}, "10%", "failed", "away from the baseline 0"),
    ],
)
def test_thresholds_stay_near_what_was_measured(
    tmp_path: Path, file: str | None, alerts: dict[str, Any], tolerance: str, outcome: str, says: str
) -> None:
    if file is not None:
        (tmp_path / "baseline.json").write_text(file)
    held = {"file": "baseline.json", "alerts": alerts, "tolerance": tolerance}
    finding = judged(written(tmp_path, a=GOOD), drift_vs_baseline=held)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed; apt-get install prometheus")
def test_promtool_reads_what_our_own_reading_lets_through(tmp_path: Path) -> None:
    bad = one_rule("expr: rate(up)")  # closes, and is no PromQL: rate wants a range
    valid = GOOD.replace("    labels: {team: shop}\n", "")  # labels of a group came with Prometheus 3.0
    assert judged(written(tmp_path, a=valid, c=RESOURCE), promtool=True).outcome is Outcome.PASSED
    assert judged(written(tmp_path, b=bad)).outcome is Outcome.PASSED
    finding = judged(tmp_path, promtool=True)
    assert finding.outcome is Outcome.FAILED
    assert "promtool: " in finding.summary
    assert "rate" in finding.summary


def test_without_promtool_it_cannot_be_told(tmp_path: Path) -> None:
    check = PromRulesCheck.model_validate({"files": "a.yml", "promtool": True})
    process = Process(tmp_path, {"PATH": str(tmp_path)})
    look = replace(looking(written(tmp_path, a=GOOD)), process=process)
    finding = check.judge(check.collect(look))
    assert finding.outcome is Outcome.UNKNOWN
    assert "promtool" in finding.summary
    assert "it comes with Prometheus" in finding.summary


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"files": []}, "at least 1"),
        ({"categories": {}}, "at least 1"),
        ({"categories": {"alerts": "a"}}, "a measure of its own"),
        ({"categories": {"a": "("}}, "not a regular expression"),
        ({"severities": []}, "at least 1"),
        ({"require_labels": []}, "at least 1"),
        ({"promtool": False}, "True"),
        ({"drift_vs_baseline": {"file": "a", "alerts": {}, "tolerance": "5%"}}, "at least 1"),
        ({"drift_vs_baseline": {"file": "a", "alerts": {"A": "b"}, "tolerance": 5}}, "with its sign"),
        ({"drift_vs_baseline": {"file": "a", "alerts": {"A": "b"}}}, "required"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PromRulesCheck.model_validate({"files": "*.yml", **options})
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\nb: 2\na: 3\n", 3), ("a: [1,\n", 2), ("? [a]\n: b\n", 1), ("a: !!python/object:os.x {}\n", 1)],
)
def test_a_text_that_misleads_or_is_no_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(NotYaml) as refused:
        documents(text)
    assert refused.value.line == line


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(PromRulesCheck) == []
    assert len(example_of(PromRulesCheck)) == 1
    assert PromRulesCheck.model_validate({"files": "a"}).on_machine()
