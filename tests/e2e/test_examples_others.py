"""The other example policies, in the state their documents describe and in good health, each against the sample service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from golive.core.model import Outcome
from golive.core.report import Report
from golive.render.report.json import load
from golive.standins.sample import Sample
from golive.standins.wire import Served, serve

ROOT = Path(__file__).parents[2]
SET = {
    "API_KEY": "k7Qp2vXw9LmZ4rTn8BsYc3HdJf6GgUaE", "ENVIRONMENT": "production", "LOG_LEVEL": "info",
    "DATABASE_URL": "postgresql://app:h4Xq9-vR2mTz7LpW@db.example.com/app?sslmode=verify-full",
    "REDIS_URL": "redis://cache.example.com:6379/0", "JWT_SECRET_KEY": "Zr8tYw3qLm5vNx7cKp2bHd9fSj4gQa6e",
    "CORS_ORIGINS": "https://app.example.com",
}  # fmt: skip


@dataclass
class Street:
    """The sample service, and a second one that watches it."""

    service: Served
    monitoring: Served

    def check(self, name: str, attested: str, variables: dict[str, str], *, are_set: bool) -> tuple[int, Report]:
        """Run one example from the root of the repository. are_set: whether the environment is a production one."""
        environment = {k: v for k, v in os.environ.items() if k not in SET} | {"PYTHONPATH": str(ROOT / "bot")}
        given = {"monitoring": self.monitoring.url, **variables}
        command = [
            sys.executable, "-m", "golive", "check", "--policy", f"examples/{name}.yml", "--target", self.service.url,
            "--attestations", f"examples/{name}/{attested}", "--json", "--quiet",
            *(part for pair in given.items() for part in ("--var", "=".join(pair))),
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, env=environment | (SET if are_set else {}), capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, load(done.stdout)


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street(serve(Sample().asgi), serve(Sample().asgi))
    yield made
    made.service.stop()
    made.monitoring.stop()


def told(report: Report) -> str:
    return "\n".join(f"{line.check}: {line.outcome.value} {line.summary}" for line in report.lines)


def test_intelgraph_was_never_tried_at_what_it_promised_and_loses_a_day(street: Street) -> None:
    """The document says GO: 847 requests a minute against a thousand a second, and daily backups against one hour."""
    code, report = street.check("intelgraph", "attestations.yml", {}, are_set=False)
    assert (code, report.verdict) == (1, "NO_GO")
    assert set(report.blocked_by) >= {"capacity", "recovery-point"}, told(report)
    capacity = next(line for line in report.lines if line.check == "capacity")
    assert "14.1" in capacity.summary
    assert report.score is not None
    assert set(report.score.factors) == {
        "security",
        "performance",
        "reliability",
        "operations",
        "documentation",
        "recovery",
    }


def test_intelgraph_is_go_once_both_are_so(street: Street) -> None:
    code, report = street.check(
        "intelgraph", "attestations.yml", {"load": "healthy", "backups": "continuous"}, are_set=True
    )
    assert (code, report.verdict) == (0, "GO"), told(report)
    assert report.score is not None
    assert report.score.total is not None
    assert report.score.total >= 8


def test_toombos_has_its_areas_computed_and_not_typed_in(street: Street) -> None:
    code, report = street.check("toombos", "attestations.yml", {}, are_set=False)
    assert (code, report.verdict) == (1, "NO_GO")
    areas = [line for line in report.lines if line.uses == "composite"]
    assert len(areas) == 4, "infrastructure, security, operations and business"
    assert any(line.outcome is Outcome.FAILED for line in areas), told(report)
    assert any("[Emergency Contact]" in d.text or "placeholder" in d.text.lower() or "left" in d.text.lower()
               for line in report.lines if line.uses == "contacts" for d in line.details), told(report)  # fmt: skip


def test_toombos_is_go_once_what_waited_is_there(street: Street) -> None:
    code, report = street.check("toombos", "healthy/attestations.yml", {"state": "healthy"}, are_set=True)
    assert (code, report.verdict) == (0, "GO"), told(report)
