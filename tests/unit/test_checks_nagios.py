"""What the kind `nagios` makes of plug-ins, which are run for real. Add a rule by adding a row."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.nagios import NagiosCheck
from golive.checks.perfdata import read_output
from golive.core.criteria import parse
from golive.core.model import Finding, Outcome
from kind_pages import example_of, unexplained
from looks import looking

DEBIAN = Path("/usr/lib/nagios/plugins/check_dummy")


def ran(folder: Path, says: str, code: int = 0, err: str = "", **options: Any) -> Finding:
    """A plug-in in shell that says this and ends so."""
    script = folder / "check_it"
    script.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\necho '{err}' >&2\nexit {code}\n")
    script.chmod(0o755)
    return of(folder, plugin=[str(script), "-w", "5"], **options)


def of(folder: Path, *, timeout: float = 20, **options: Any) -> Finding:
    check = NagiosCheck.model_validate(options)
    return check.judge(check.collect(looking(folder, timeout=timeout)))


def values(finding: Finding) -> dict[str, Any]:
    return {one.name: one.value for one in finding.measures if one.name not in ("duration", "exit_code")}


@pytest.mark.parametrize(
    ("code", "says", "outcome", "summary"),
    [
        (0, "DISK OK - 40 GB free", "passed", "DISK OK - 40 GB free"),
        (1, "DISK WARNING - 4 GB free", "warning", "DISK WARNING - 4 GB free"),
        (2, "DISK CRITICAL - 1 GB free", "failed", "DISK CRITICAL - 1 GB free"),
        (3, "DISK UNKNOWN - no such disk", "unknown", "DISK UNKNOWN - no such disk"),
        (4, "odd", "unknown", "Exit code 4, which no plug-in gives: odd"),
        (127, "", "unknown", "Exit code 127"),
        (0, "", "unknown", "It said nothing"),
    ],
)
def test_the_exit_code_decides(tmp_path: Path, code: int, says: str, outcome: str, summary: str) -> None:
    finding = ran(tmp_path, says, code)
    assert finding.outcome == outcome, finding.summary
    assert finding.summary.startswith(summary)
    assert {one.name: one.value for one in finding.measures}["exit_code"] == code


@pytest.mark.parametrize(
    ("data", "measured"),
    [
        ("time=0.34s;1;2;0", {"time": (0.34, "s"), "time.warn": (1.0, "s"), "time.crit": (2.0, "s")}),
        ("time=340ms", {"time": (0.34, "s")}),
        ("rta=250us", {"rta": (0.00025, "s")}),
        ("size=659B;;;0", {"size": (659.0, "B")}),
        ("/=2643MB;5948;5958;0;5968", {"_/": (2643e6, "B"), "_/.warn": (5948e6, "B"), "_/.crit": (5958e6, "B")}),
        ("a=1KB b=1KiB c=2TB", {"a": (1000.0, "B"), "b": (1024.0, "B"), "c": (2e12, "B")}),
        ("used=56%;80;90", {"used": (56.0, "%"), "used.warn": (80.0, "%"), "used.crit": (90.0, "%")}),
        ("packets=12345c", {"packets": (12345.0, "")}),
        ("load1=0.4;10:20;@30:40", {"load1": (0.4, ""), "load1.warn": ("10:20", ""), "load1.crit": ("@30:40", "")}),
        ("'my label'=1 'it''s'=2", {"my_label": (1.0, ""), "it_s": (2.0, "")}),
        ("a=0,5s", {"a": (0.5, "s")}),
        ("a=-3 b=+4", {"a": (-3.0, ""), "b": (4.0, "")}),
        ("a=1e-3s", {"a": (0.001, "s")}),
        ("a=U b=2", {"b": (2.0, "")}),
        ("10min=3", {"_10min": (3.0, "")}),
        ("", {"value": ("no performance data", "")}),
    ],
)
def test_performance_data_are_measures(tmp_path: Path, data: str, measured: dict[str, Any]) -> None:
    finding = ran(tmp_path, f"OK - fine | {data}")
    found = {one.name: (one.value, one.unit) for one in finding.measures[:-2]}
    assert found == measured


def test_a_bare_criterion_means_the_first_value_and_nothing_else(tmp_path: Path) -> None:
    assert parse("<=500ms").judge(ran(tmp_path, "OK | time=0.34s size=3B").measures).holds
    assert parse("<=500ms").judge(ran(tmp_path, "OK").measures).holds is None


def test_the_long_text_and_its_values_are_read(tmp_path: Path) -> None:
    says = "DISK OK - free | /=2643MB;5948\n/ 15272 MB\n/boot 68 MB | /boot=68MB\n/home=69357MB"
    finding = ran(tmp_path, says)
    assert finding.summary == "DISK OK - free"
    assert [line.text for line in finding.details] == ["/ 15272 MB", "/boot 68 MB"]
    assert values(finding) == {"_/": 2643e6, "_/boot": 68e6, "_/home": 69357e6, "_/.warn": 5948e6}


def test_what_is_no_value_is_told_and_does_no_harm(tmp_path: Path) -> None:
    finding = ran(tmp_path, "OK | nonsense a=1 b=3parsec c=")
    assert finding.outcome is Outcome.PASSED
    assert values(finding) == {"a": 1.0}
    assert [line.text.rpartition(": ")[2] for line in finding.details] == ["nonsense", "b=3parsec", "c="]


def test_values_that_must_be_there(tmp_path: Path) -> None:
    assert ran(tmp_path, "OK | time=1s", require=["time"]).outcome is Outcome.PASSED
    finding = ran(tmp_path, "OK | time=1s", require=["time", "size"])
    assert (finding.outcome, finding.summary) == (Outcome.UNKNOWN, "It gave no value for size: OK")
    assert ran(tmp_path, "bad", 2, require=["size"]).outcome is Outcome.FAILED


def test_it_is_told_what_a_silent_plugin_says_on_stderr(tmp_path: Path) -> None:
    assert "no such module" in ran(tmp_path, "", 3, err="no such module").summary


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        (["/no/such/check_it"], "no such program"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "did not end"),
    ],
)
def test_what_cannot_run_or_end_is_unknown(tmp_path: Path, plugin: list[str], says: str) -> None:
    finding = of(tmp_path, plugin=plugin, timeout=0.3)
    assert finding.outcome is Outcome.UNKNOWN
    assert says in finding.summary


def test_a_plugin_gets_its_variables_and_shows_no_secret_of_the_machine(tmp_path: Path) -> None:
    script = tmp_path / "check_it"
    script.write_text('#!/bin/sh\necho "OK $GREETING $SHOP_TOKEN | a=1"\n')
    script.chmod(0o755)
    check = NagiosCheck.model_validate(
        {"plugin": str(script), "environment": {"GREETING": "hello", "SHOP_TOKEN": "hunter2-abc"}}
    )
    look = replace(looking(tmp_path), environment={**os.environ, "SHOP_TOKEN": "hunter2-abc"})
    finding = check.judge(check.collect(look))
    assert "hello" in finding.summary
    assert "hunter2" not in repr(finding)


@pytest.mark.skipif(
    not DEBIAN.exists(), reason="the plug-ins are not installed; apt-get install monitoring-plugins-basic"
)
@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_a_plugin_of_the_distribution(tmp_path: Path, code: int) -> None:
    finding = of(tmp_path, plugin=f"{DEBIAN} {code} hello")
    assert finding.outcome == ["passed", "warning", "failed", "unknown"][code]
    assert "hello" in finding.summary


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"plugin": []}, "name the program"),
        ({"plugin": "check_it | grep x"}, "no shell runs this"),
        ({"plugin": "check_it", "require": []}, "at least 1"),
        ({"plugin": "check_it", "environment": {}}, "at least 1"),
        ({"plugin": "check_it", "environment": {"GOLIVE_X": "1"}}, "golive's own"),
        ({}, "required"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        NagiosCheck.model_validate(options)
    assert says in str(refused.value)


def test_long_nonsense_is_read_in_a_short_time() -> None:
    assert read_output("OK | " + "'" * 50_000).values == ()
    assert read_output("OK | " + "a=1;" * 20_000).values == ()


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(NagiosCheck) == []
    assert len(example_of(NagiosCheck)) == 1
