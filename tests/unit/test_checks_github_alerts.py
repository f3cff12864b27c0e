"""What the kind `github_alerts` makes of GitHub's lists. Add a rule by adding a row. The lists: see tests/github_lists.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from github_lists import TOKEN, Lists, a_code_alert, a_dependency_alert, a_secret_alert
from golive.checks.github_alerts import GithubAlertsCheck
from golive.core.model import Finding, Outcome
from kind_pages import example_of, unexplained
from looks import looking
from website import Site, lent, serving

LEAKED = "hunter2-leaked-value"
CODE, DEPENDENCY, SECRET = "/code-scanning/alerts", "/dependabot/alerts", "/secret-scanning/alerts"
NONE: dict[str, Any] = {CODE: [], DEPENDENCY: [], SECRET: []}
SOME: dict[str, Any] = {
    CODE: [a_code_alert(1, "high"), a_code_alert(2, None, "warning"), a_code_alert(3, "medium")],
    DEPENDENCY: [a_dependency_alert(1, "critical"), a_dependency_alert(2, "low")],
    SECRET: [],
}


def judged(folder: Path, lists: dict[str, Any], page: int = 2, **options: Any) -> tuple[Finding, Site]:
    with serving(Lists(lists, page)) as site:
        options = {"repository": "acme/shop", "api": site.url(""), "secret": "gh", **options}
        check = GithubAlertsCheck.model_validate(options)
        return check.judge(check.collect(looking(secrets=lent(folder, gh=TOKEN)))), site


@pytest.mark.parametrize(
    ("lists", "options", "outcome", "says"),
    [
        (NONE, {"max": 0}, "passed", "0 open alerts"),
        (NONE, {"max": {"critical": 0}}, "passed", ""),
        (SOME, {"max": 5}, "passed", "5 open alerts (1 critical, 1 high, 1 medium, 1 low, 1 warning)"),
        (SOME, {"max": 4}, "failed", "at most 4 expected"),
        (SOME, {"max": {"critical": 1, "high": 1}}, "passed", ""),
        (SOME, {"max": {"critical": 0, "high": 0}}, "failed", "1 critical, at most 0 expected, 1 high, at most 0 expected"),
        (SOME, {"max": {"critical": 0}, "of": ["code-scanning"]}, "passed", "3 open alerts"),
        (SOME, {"max": {"warning": 0}}, "failed", "1 warning, at most 0"),
        ({**NONE, SECRET: [a_secret_alert(1, LEAKED)]}, {"max": {"critical": 0}}, "failed", "1 critical"),
        ({**NONE, CODE: [a_code_alert(1, "apocalyptic")]}, {"max": {"critical": 0}}, "failed", "1 critical"),
        ({**NONE, CODE: (404, "no analysis found")}, {"max": 0}, "unknown", "code-scanning: "),
        ({**NONE, CODE: (403, "Code Security must be enabled")}, {"max": 0}, "unknown", "must be enabled"),
        ({**SOME, CODE: (403, "Code Security must be enabled")}, {"max": {"critical": 0}}, "failed", "must be enabled"),
        ({}, {"max": 0, "of": ["dependabot"]}, "unknown", "dependabot: "),
    ],
)  # fmt: skip
def test_alerts_are_counted_by_severity(
    tmp_path: Path, lists: dict[str, Any], options: dict[str, Any], outcome: str, says: str
) -> None:
    finding, _ = judged(tmp_path, lists, **options)
    assert finding.outcome == outcome, finding.summary
    assert says in finding.summary
    assert LEAKED not in repr(finding)
    assert TOKEN not in repr(finding)


def test_a_leaked_secret_is_never_read_into_the_facts(tmp_path: Path) -> None:
    with serving(Lists({**NONE, SECRET: [a_secret_alert(1, LEAKED)]})) as site:
        check = GithubAlertsCheck.model_validate({"repository": "acme/shop", "api": site.url(""), "secret": "gh"})
        facts = check.collect(looking(secrets=lent(tmp_path, gh=TOKEN)))
        assert LEAKED not in repr(facts)
        assert any("hide_secret=true" in asked.path for asked in site.asked)
        assert "leaked secret: Amazon AWS Access Key ID" in check.judge(facts).details[0].text


def test_every_page_is_read_and_every_alert_is_named_the_worst_first(tmp_path: Path) -> None:
    finding, site = judged(tmp_path, SOME, page=1, max={"critical": 0})
    assert sum(CODE in asked.path for asked in site.asked) == 3
    assert {one.name: one.value for one in finding.measures} == {
        "alerts": 5, "critical": 1, "high": 1, "medium": 1, "low": 1, "error": 0, "warning": 1, "note": 0,
    }  # fmt: skip
    first, second, *_ = finding.details
    assert (first.text, first.path, first.outcome) == (
        "#1 django: Directory traversal (GHSA-aaaa-bbbb-cccc)",
        "requirements.txt",
        Outcome.FAILED,
    )
    assert (second.text, second.path, second.line, second.outcome) == (
        "#1 Zip Slip (CodeQL)",
        "lib/ab12.js",
        7,
        Outcome.WARNING,
    )


def test_the_branch_is_asked_for(tmp_path: Path) -> None:
    _, site = judged(tmp_path, NONE, max=0, ref="release/1.4")
    assert ["ref=refs%2Fheads%2Frelease%2F1.4" in asked.path for asked in site.asked if CODE in asked.path] == [True]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"of": []}, "at least 1"),
        ({"of": ["codeql"]}, "code-scanning"),
        ({"max": {}}, "at least 1"),
        ({"max": {"severe": 0}}, "critical"),
        ({"max": -1}, "greater than or equal to 0"),
        ({"repository": "acme"}, "pattern"),
    ],
)
def test_a_wrong_option_is_refused_when_the_policy_is_read(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        GithubAlertsCheck.model_validate({"repository": "acme/shop", **options})
    assert says in str(refused.value)


def test_the_page_explains_every_option_and_its_example_loads() -> None:
    assert unexplained(GithubAlertsCheck) == []
    (rule,) = example_of(GithubAlertsCheck)
    assert isinstance(rule.options, GithubAlertsCheck)
    assert rule.options.asserts()
    assert not GithubAlertsCheck.model_validate({"repository": "acme/shop"}).asserts()
