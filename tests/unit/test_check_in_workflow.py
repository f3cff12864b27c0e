"""What `golive check --github` tells a workflow: outputs between fences, remarks that are text, results for the gate."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from builders import NOW, a_check, a_finding
from golive.cli.check_in_workflow import MOST, OUTPUTS, for_gate, outputs, remarks, tell
from golive.core.errors import Misconfigured
from golive.core.findings import Judged
from golive.core.model import Outcome, Severity
from golive.core.policy import Where
from golive.core.reporting import read
from golive.settings import Runner
from reports import a_report, a_report_of

HEAD = "a" * 40
ODD = "line\n::error::x\nverdict=GO\n##[error]y %0A,:"


def runner(folder: Path, **event: object) -> Runner:
    (folder / "event.json").write_text(json.dumps(event))
    return Runner(output=folder / "output", step_summary=folder / "summary", event_path=folder / "event.json")


def test_every_output_is_always_there_and_a_file_that_was_not_kept_is_empty() -> None:
    told = outputs(a_report(), [Path("a/results.json")])
    assert tuple(told) == OUTPUTS
    assert told["verdict"] == a_report().verdict
    assert json.loads(told["blockers"]) == list(a_report().blocked_by)
    assert Path(told["results_path"]).is_absolute()
    assert told["junit_path"] == told["sarif_path"] == told["gate_path"] == ""


def test_what_a_check_wrote_sets_no_output_and_is_no_command(tmp_path: Path) -> None:
    critical = a_check("a", name=ODD, severity=Severity.CRITICAL, action=ODD)
    report = a_report_of(a_finding("a", Outcome.FAILED, summary=ODD), rules=[critical])
    (line,) = tell(report, (), None, runner(tmp_path))
    assert line.startswith("::error title=golive%3A line%0A%3A%3Aerror")
    assert "\n" not in line
    fences = re.findall(r"^(\w+)<<(golive-[0-9a-f]{32})\n(.*?)\n\2\n", (tmp_path / "output").read_text(), re.M | re.S)
    assert [name for name, _, _ in fences] == list(OUTPUTS)
    assert len({fence for _, fence, _ in fences}) == 1
    assert {name: value for name, _, value in fences}["verdict"] == "NO_GO"
    assert (tmp_path / "summary").read_text()


def test_only_as_many_remarks_are_made_as_are_shown() -> None:
    report = a_report()
    some = next(iter(report.blocked_by))
    assert len(list(remarks(replace(report, blocked_by=(some,) * (MOST + 5))))) == MOST


JUDGED = [
    Judged(a_check("a", where=Where.RUNNER), a_finding("a", Outcome.FAILED)),
    Judged(a_check("b"), a_finding("b")),
]


def test_results_for_the_gate_name_the_events_head_and_hold_what_a_runner_checked(tmp_path: Path) -> None:
    of = runner(tmp_path, pull_request={"number": 7, "head": {"sha": HEAD}})
    for_gate(tmp_path / "gate.json", JUDGED, 0, "", of)
    told = json.loads((tmp_path / "gate.json").read_text())
    assert (told["pull"], told["head"]) == (7, HEAD)
    assert [one["check"] for one in told["results"]] == ["a"]
    assert read(told, NOW)[:2] == (7, HEAD), "the gate must be able to read what the check wrote"


@pytest.mark.parametrize(
    ("event", "pull", "head", "judged", "said"),
    [
        ({}, 0, "", JUDGED, "Of which pull request and head"),
        ({}, 7, "abc", JUDGED, "Of which pull request and head"),
        ({"pull_request": "7"}, 0, HEAD, JUDGED, "Of which pull request and head"),
        ({}, 7, HEAD, JUDGED[1:], "which checks say `where: runner`"),
    ],
)
def test_results_that_nobody_could_use_are_refused(
    event: dict[str, object], pull: int, head: str, judged: list[Judged], said: str, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match=said):
        for_gate(tmp_path / "gate.json", judged, pull, head, runner(tmp_path, **event))
    assert not (tmp_path / "gate.json").exists()
