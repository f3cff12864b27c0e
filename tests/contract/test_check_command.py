"""`golive check` and its siblings, as a new user runs them: real processes, a real service on loopback, no policy needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.checks.registry import installed
from golive.cli.check import EXIT_CODES, FORMATS
from golive.cli.kinds import as_markdown
from golive.core.model import Verdict
from golive.render.report import FORMATS as KNOWN
from golive.render.report.json import load, schema
from golive.standins.sample import Sample
from golive.standins.wire import Served, serve

ROOT = Path(__file__).parents[2]
POLICY = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**"}]
vars: {path: health}
checks:
  - id: health
    category: infrastructure
    severity: critical
    uses: http
    with: {url: "${target}/${path}", status: 200}
    pass: "<=10s"
  - {id: fast, category: performance, uses: http, with: {url: "${target}/health"}, needs: [health], pass: "<=+500%"}
  - {id: drill, uses: attest, with: {role: ops, statement: The drill was held}, severity: low}
"""
RECORDED = '{"format": "golive-baseline", "version": 1, "values": {"fast.duration": {"value": 5.0, "unit": "s"}}}'


class Shop:
    """A sample service that answers on loopback, and a folder to check it from."""

    def __init__(self, folder: Path) -> None:
        self.sample = Sample()
        self.served: Served = serve(self.sample.asgi)
        self.url = self.served.url
        self.folder = folder
        (folder / ".github").mkdir()
        (folder / ".github/golive.yml").write_text(POLICY)
        (folder / ".golive").mkdir()
        (folder / ".golive/baseline.json").write_text(RECORDED)
        (folder / "attested.yml").write_text(
            "- {control_id: drill, updated_by: ana, updated: 2026-01-02, explanation: held}\n"
        )

    def golive(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command line in the folder."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "bot"), "NO_COLOR": "1"}
        environment.pop("GOLIVE_SECRETS", None)
        return subprocess.run(
            [sys.executable, "-m", "golive", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60,
            env=environment, check=False,
        )  # fmt: skip

    def check(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`golive check` against the service."""
        return self.golive("check", "--target", self.url, *arguments)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.served.stop()


def test_everything_well_is_go_and_says_so_first_and_last(shop: Shop) -> None:
    done = shop.check("--skip", "drill")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.strip().splitlines()
    assert lines[0] == lines[-1]
    assert lines[0].startswith("GO: 2 of 2 passed")
    assert "partial" in lines[0]
    assert "2 checks (of 3 in the policy)" in done.stdout
    assert "[2/2]" in done.stderr, "progress goes to standard error"


def test_what_waits_for_a_person_exits_4_and_a_file_of_attestations_settles_it(shop: Shop) -> None:
    assert shop.check().returncode == EXIT_CODES["WAIT"]
    assert shop.check("--fail-on-not-ready").returncode == 1
    assert shop.check("--exit-zero").returncode == 0
    # attested in January and weighed today: too old, and of low severity
    assert shop.check("--attestations", "attested.yml").returncode in (0, EXIT_CODES["CONDITIONAL_GO"])


def test_a_failure_names_its_cause_once_and_exits_1(shop: Shop) -> None:
    shop.sample.status = 503
    done = shop.check("--skip", "drill", "--save", "results.json", "--save", "report.html")
    assert done.returncode == 1
    assert "One cause explains 1 more" in done.stdout
    report = load((shop.folder / "results.json").read_text())
    assert report.verdict == "NO_GO"
    assert report.blocked_by == ("health",)
    assert [root.explains for root in report.roots] == [("fast",)]
    line = report.lines[0]
    assert line.golive
    assert line.taken_at
    assert line.source.startswith(shop.url)
    assert "<script" not in (shop.folder / "report.html").read_text()
    again = shop.golive("report", "results.json", "--format", "nagios")
    assert again.stdout.startswith("GOLIVE CRITICAL - ")


def test_without_a_policy_a_url_is_enough(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    shop.folder = tmp_path_factory.mktemp("empty")
    done = shop.golive("check", "--host", shop.url, "--save", "validation_results.json")
    assert done.returncode in (0, 1, 2), done.stderr
    saved = json.loads((shop.folder / "validation_results.json").read_text())
    assert saved["run"]["policy"] == "the default profile"
    assert "health" in [line["check"] for line in saved["lines"]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "--policy", "none.yml"], "none.yml cannot be read"),
        (["check", "--target", "http://127.0.0.1:1", "--only", "healht"], "There is no check 'healht'"),
        (["check", "--target", "http://127.0.0.1:1", "--category", "x"], "No check has the category 'x'"),
        (["check", "--target", "http://127.0.0.1:1", "--release", "x"], "There is no release 'x'"),
        (["check", "--var", "x"], "NAME=TEXT"),
        (["check"], "has no target"),
        (["check", "--target", "http://127.0.0.1:1", "--save", "report.doc"], "which format?"),
        (["check", "--target", "http://127.0.0.1:1", "--save", "no/where.json"], "there is no folder no"),
        (["check", "--format", "yaml"], "is not one of"),
        (["kinds", "htp"], "Did you mean 'http'"),
        (["report", ".github/golive.yml"], "is no report of golive"),
        (["baseline", "show", "--file", "none.json"], "none.json cannot be read"),
    ],
)
def test_what_cannot_run_exits_3_and_says_what_to_do(shop: Shop, arguments: list[str], says: str) -> None:
    done = shop.golive(*arguments)
    assert done.returncode == 3, done.stdout + done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_mistakes_of_the_policy_come_with_line_and_column_before_anything_runs(shop: Shop) -> None:
    wrong = POLICY.replace('pass: "<=10s"', 'pass: "<=200"').replace("needs: [health]", "needs: [helth]")
    (shop.folder / ".github/golive.yml").write_text(wrong)
    done = shop.check()
    assert done.returncode == 3
    assert ".github/golive.yml:11:11: checks[0].pass: `<=200` has no unit" in done.stderr
    assert "Did you mean `health`?" in done.stderr
    assert shop.sample.asked == 0


def test_only_brings_along_what_is_needed(shop: Shop) -> None:
    done = shop.check("--only", "fast", "--json")
    report = load(done.stdout)
    assert [line.check for line in report.lines] == ["health", "fast"]
    assert report.run.partial
    assert report.run.planned == 3


def test_a_baseline_is_recorded_shown_and_compared(shop: Shop) -> None:
    assert shop.golive("baseline", "record", "--target", shop.url, "--only", "fast", "--quiet").returncode == 0
    shown = shop.golive("baseline", "show")
    assert "fast.duration" in shown.stdout
    assert "health.duration" in shown.stdout, "what a check needs is run and recorded too"
    compared = shop.golive("baseline", "compare", "--target", shop.url, "--operation", "fast", "--quiet")
    assert compared.returncode == 0, compared.stderr
    assert "%" in compared.stdout
    strict = shop.golive("baseline", "compare", "--target", shop.url, "--only", "fast", "--tolerance", "0", "--quiet")
    assert strict.returncode == 1
    assert strict.stdout.count("!") >= 1


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_comes_out_whole(shop: Shop, form: str) -> None:
    done = shop.check("--skip", "drill", "--format", form, "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n")
    assert not done.stderr


def test_the_command_knows_the_formats_and_the_exit_codes_of_all_verdicts() -> None:
    assert tuple(KNOWN) == FORMATS
    assert set(EXIT_CODES) == {verdict.name for verdict in Verdict}
    assert sorted(EXIT_CODES.values()) == [0, 1, 2, 4, 5]


def test_the_published_pages_are_those_of_this_code() -> None:
    made = as_markdown(installed())
    assert (ROOT / "docs/reference/kinds.md").read_text() == made, "golive kinds --markdown > docs/reference/kinds.md"
    published = json.loads((ROOT / "docs/schemas/report-1.json").read_text())
    assert published == schema(), "write golive.render.report.json.schema() to docs/schemas/report-1.json"
