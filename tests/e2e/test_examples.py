"""The example policies, run against the sample service in the state their documents describe, and in good health.

The counts of `halcytone-as-reported` are those its authors published; nothing in golive knows them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.core.model import Outcome
from golive.core.report import Report
from golive.render.report.json import load
from golive.standins.sample import Sample
from golive.standins.wire import Served, serve
from real_servers import refusing_port

ROOT = Path(__file__).parents[2]
KEYS = ("API_KEY", "DATABASE_URL", "ENVIRONMENT", "REDIS_URL", "JWT_SECRET_KEY", "CORS_ORIGINS", "LOG_LEVEL")
HEALTHY = {
    "API_KEY": "k7Qp2vXw9LmZ4rTn8BsYc3HdJf6GgUaE", "ENVIRONMENT": "production", "LOG_LEVEL": "info",
    "DATABASE_URL": "postgresql://generator:h4Xq9-vR2mTz7LpW@db.example.com/halcytone?sslmode=verify-full",
    "REDIS_URL": "redis://cache.example.com:6379/0", "JWT_SECRET_KEY": "Zr8tYw3qLm5vNx7cKp2bHd9fSj4gQa6e",
    "CORS_ORIGINS": "https://content.example.com",
}  # fmt: skip
DOCUMENT = {"passed": 13, "failed": 8, "warnings": 2, "skipped": 4}
"""What the authors of the first document counted: 27 checks."""


class Street:
    """The service, what watches it, and a clean environment to look at them from."""

    def __init__(self) -> None:
        self.sample, self.watching = Sample(), Sample()
        self.served: Served | None = serve(self.sample.asgi)
        self.monitoring = serve(self.watching.asgi)
        self.target = self.served.url
        self.environment = {k: v for k, v in os.environ.items() if k not in KEYS} | {
            "PYTHONPATH": str(ROOT / "bot"), "NO_COLOR": "1",
        }  # fmt: skip

    def down(self) -> None:
        """The application is not running at all: nothing listens."""
        if self.served is not None:
            self.served.stop()
        self.served = None
        self.target = f"http://127.0.0.1:{refusing_port()}"

    def check(self, policy: str, *arguments: str, healthy: bool = False) -> tuple[int, Report]:
        """Run one example from the root of the repository; the exit code and the report."""
        environment = self.environment | (HEALTHY if healthy else {})
        results = "examples/halcytone/baselines/" + ("healthy" if healthy else "reported")
        command = [
            sys.executable, "-m", "golive", "check", "--policy", f"examples/{policy}.yml", "--target", self.target,
            "--var", f"monitoring={self.monitoring.url}", "--var", f"results={results}", "--json", "--quiet", *arguments,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.stdout, done.stderr
        return done.returncode, load(done.stdout)

    def stop(self) -> None:
        """Close both."""
        for served in (self.served, self.monitoring):
            if served is not None:
                served.stop()


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.stop()


def told(report: Report) -> str:
    return "\n".join(
        f"{line.check}: {line.outcome.value} {line.root and f'({line.root})'} {line.summary}" for line in report.lines
    )


def test_counted_as_reported_the_first_document_comes_out_as_its_authors_said(street: Street) -> None:
    street.down()
    code, report = street.check("halcytone-as-reported")
    counted = report.tally
    assert (code, report.verdict) == (1, "NO_GO")
    assert counted.total == 27
    assert {name: getattr(counted, name) for name in DOCUMENT} == DOCUMENT, told(report)


def test_d12_one_root_cause_is_named_for_ten_of_the_fourteen_that_did_not_pass(street: Street) -> None:
    street.down()
    _, report = street.check("halcytone-as-reported")
    not_passed = [line for line in report.lines if line.outcome is not Outcome.PASSED]
    assert len(not_passed) == 14
    root = report.roots[0]
    assert root.check == "services-healthy"
    assert 1 + len(root.explains) == 10, told(report)


def test_by_golives_own_rules_the_same_state_is_nine_four_four_ten(street: Street) -> None:
    street.down()
    code, report = street.check("halcytone")
    counted = report.tally
    assert (code, report.verdict) == (1, "NO_GO")
    assert (counted.passed, counted.failed, counted.warnings, counted.skipped) == (9, 4, 4, 10), told(report)


def test_d10_d11_a_load_test_over_its_targets_is_no_pass(street: Street) -> None:
    """0.12 % is not within 0.1 %, and two of three response times were over what was agreed."""
    _, report = street.check("halcytone", "--only", "load-testing")
    (line,) = report.lines
    assert line.outcome is Outcome.FAILED
    found = " ".join([line.summary, *(detail.text for detail in line.details)])
    assert "0.12" in found
    assert "mixed_workload" in found
    assert "content_generation" in found


def test_d14_what_is_said_to_be_tested_and_is_only_a_file_is_a_warning(street: Street) -> None:
    _, report = street.check("halcytone", "--only", "rollback,disaster-recovery,incident-response")
    assert [line.outcome for line in report.lines] == [Outcome.WARNING] * 3
    assert all("Only a document backs it" in line.summary for line in report.lines)


@pytest.mark.parametrize("policy", ["halcytone", "halcytone-as-reported"])
def test_in_good_health_both_are_go(street: Street, policy: str) -> None:
    code, report = street.check(policy, healthy=True)
    assert (code, report.verdict) == (0, "GO"), told(report)


FAULT_SEEN_BY = {
    "unhealthy": "services-healthy", "not-ready": "load-balancer", "no-live": "health-endpoints", "no-metrics": "metrics",
    "slow": "response-times", "database": "database-connections", "no-headers": "security-headers",
    "unlimited": "rate-limiting", "unchecked": "input-validation", "broken-input": "input-validation",
    "uncached": "caching", "no-dashboards": "dashboards-accessible", "memory": "memory", "no-data": "memory",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULT_SEEN_BY)
def test_every_fault_of_the_sample_service_is_seen_both_ways(street: Street, fault: str) -> None:
    name = FAULT_SEEN_BY[fault]
    switched = street.watching if fault in ("no-dashboards", "memory", "no-data") else street.sample
    switched.switch(fault, on=True)
    _, faulty = street.check("halcytone", "--only", name, healthy=True)
    switched.switch(fault, on=False)
    _, well = street.check("halcytone", "--only", name, healthy=True)
    came = {line.check: line.outcome for line in faulty.lines}[name]
    assert came in (Outcome.FAILED, Outcome.UNKNOWN), told(faulty)
    assert {line.check: line.outcome for line in well.lines}[name] is Outcome.PASSED, told(well)


def test_the_table_beside_the_example_says_what_comes_out(street: Street) -> None:
    street.down()
    text = (ROOT / "examples/halcytone/README.md").read_text()
    outcomes: dict[str, dict[str, str]] = {}
    for column, policy in enumerate(("halcytone-as-reported", "halcytone"), 1):
        _, report = street.check(policy)
        for name in ("passed", "failed", "warnings", "skipped"):
            row = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
            said = int(row.strip("| ").split("|")[column])
            assert said == getattr(report.tally, name), f"{policy}: bring the row “{name}” up to date"
        for line in report.lines:
            grouped = "failed" if line.outcome is Outcome.UNKNOWN else line.outcome.value
            outcomes.setdefault(line.check, {})[policy] = grouped
    differ = {check for check, came in outcomes.items() if len(set(came.values())) > 1}
    table = text.partition("Where the two differ")[2]
    for check in differ:
        row = next((line for line in table.splitlines() if check in line), "")
        assert " D1" in row, f"say which defect makes {check} differ: {outcomes[check]}"
        assert f"| {outcomes[check]['halcytone-as-reported']} | {outcomes[check]['halcytone']} |" in row, row


def test_d17_what_was_tested_is_held_against_what_was_promised_in_the_same_unit(tmp_path: Path) -> None:
    """847 requests a minute were tested, and more than 1,000 a second were promised: 71 times less."""
    (tmp_path / "load.json").write_text(
        '{"peak": {"p95_ms": 2847, "rps": "847/min", "error_pct": 0.3, "requests": 50820}}'
    )
    (tmp_path / "golive.yml").write_text(
        "version: 1\nproject: p\nreleases: [{name: p, base: main, head: r}]\nchecks:\n"
        "  - {id: peak, uses: load, with: {results: load.json, scenarios: {peak: {p95: 5s, rps: 1000/s}}}}\n"
    )
    command = [sys.executable, "-m", "golive", "check", "--json", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bot")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    (line,) = load(done.stdout).lines
    assert line.outcome is Outcome.FAILED, line.summary
    assert "14.1" in line.summary + line.measured
