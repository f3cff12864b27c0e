"""What the kind `github_check` makes of other apps' runs, and which options it takes. Add a rule by adding a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from golive.checks.github_check import GithubCheck, Runs
from golive.core.model import Outcome, Strength
from golive.ports import Look, OtherCheck, Unreachable

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ACTIONS = 15368


def a_check(**options: Any) -> GithubCheck:
    """The unit tests, as GitHub Actions runs them."""
    return GithubCheck.model_validate({"name": "unit tests", "app": "github-actions", **options})


def a_run(conclusion: str = "success", minutes_ago: int = 5, **change: Any) -> OtherCheck:
    """A run of the unit tests that ended so many minutes ago; one without a conclusion still runs."""
    status = "completed" if conclusion else "in_progress"
    at = NOW - timedelta(minutes=minutes_ago) if conclusion else None
    fields: dict[str, Any] = {"name": "unit tests", "app": "github-actions", "app_id": ACTIONS, "status": status}
    fields |= {"conclusion": conclusion, "url": f"https://github.example/runs/{minutes_ago}", "completed_at": at}
    return OtherCheck(**(fields | change))


FORGED = a_run(app="sneaky", app_id=99, minutes_ago=1)


@pytest.mark.parametrize(
    ("options", "runs", "outcome", "says"),
    [
        pytest.param({}, [], "pending", "Waiting for github-actions to start unit tests", id="no run yet"),
        pytest.param({}, [a_run()], "passed", "concluded success", id="success"),
        pytest.param({}, [a_run("failure")], "failed", "concluded failure, not success", id="failure"),
        pytest.param({}, [a_run("neutral")], "failed", "concluded neutral", id="neutral was not named"),
        pytest.param({}, [a_run("skipped")], "failed", "concluded skipped", id="skipped was not named"),
        pytest.param({}, [a_run("cancelled")], "failed", "concluded cancelled", id="cancelled"),
        pytest.param({}, [a_run(status="completed", conclusion="")], "failed", "concluded nothing", id="nothing"),
        pytest.param({"conclusion": "skipped"}, [a_run("skipped")], "passed", "", id="skipped named"),
        pytest.param({"conclusion": "skipped"}, [a_run()], "failed", "not skipped", id="only skipped named"),
        pytest.param({"conclusion": ["success", "neutral"]}, [a_run("neutral")], "passed", "", id="one of two"),
        pytest.param({}, [a_run("")], "pending", "to finish unit tests", id="running"),
        pytest.param({}, [a_run("", status="queued")], "pending", "to finish unit tests", id="queued"),
        pytest.param({}, [a_run("success", status="waiting")], "pending", "to finish", id="an old conclusion, waiting"),
        pytest.param({}, [FORGED], "pending", "by sneaky does not count", id="another app's success"),
        pytest.param({}, [FORGED, a_run("failure")], "failed", "by sneaky does not count", id="forged beside the real"),
        pytest.param({}, [a_run(app="Github-Actions")], "passed", "", id="a slug's case does not matter"),
        pytest.param({"app": ACTIONS}, [a_run()], "passed", "", id="numeric id"),
        pytest.param({"app": str(ACTIONS)}, [a_run()], "passed", "", id="numeric id as text"),
        pytest.param({"app": ACTIONS}, [a_run(app_id=99)], "pending", "the app 15368", id="same slug, other id"),
        pytest.param({"app": "15368"}, [a_run(app="15368", app_id=1)], "pending", "", id="a slug that is digits"),
        pytest.param({}, [a_run("failure", 9), a_run(minutes_ago=2)], "passed", "", id="newest wins, now green"),
        pytest.param({}, [a_run(minutes_ago=9), a_run("failure", 2)], "failed", "", id="newest wins, now red"),
        pytest.param({}, [a_run("failure", 2), a_run(minutes_ago=9)], "failed", "", id="newest wins in any order"),
        pytest.param({}, [a_run(), a_run("")], "pending", "to finish", id="a re-run has begun"),
        pytest.param({}, [a_run(name="unit tests (3.12)")], "pending", "to start", id="another name"),
    ],
)
def test_the_newest_run_of_the_named_app_decides(
    options: dict[str, Any], runs: list[OtherCheck], outcome: str, says: str
) -> None:
    finding = a_check(**options).judge(Runs(NOW, runs))
    assert (finding.outcome, finding.strength) == (Outcome(outcome), Strength.IMPORTED), finding.summary
    assert says in finding.summary


def test_a_pending_finding_is_taken_again_after_five_minutes_and_a_completed_one_is_not_dated() -> None:
    for runs in ([], [a_run("")]):
        assert a_check().judge(Runs(NOW, runs)).valid_until == NOW + timedelta(minutes=5)
    assert a_check().judge(Runs(NOW, [a_run()])).valid_until is None
    assert GithubCheck.fresh == timedelta(minutes=15)


def test_a_finding_links_to_the_run_it_speaks_of() -> None:
    assert a_check().judge(Runs(NOW, [a_run("failure", 9), a_run(minutes_ago=2)])).source.endswith("/2")
    assert a_check().judge(Runs(NOW, [a_run("", minutes_ago=7)])).source.endswith("/7")


def test_without_a_forge_it_cannot_tell() -> None:
    look = Look(http=None, forge=None, now=NOW)  # type: ignore[arg-type]  # it must not be touched
    with pytest.raises(Unreachable, match=r"unit tests.*cannot be asked"):
        a_check().collect(look)


@pytest.mark.parametrize(
    ("options", "place", "says"),
    [
        ({"name": ""}, "name", "at least 1"),
        ({"name": 7}, "name", "valid string"),
        ({"app": ""}, "app", "slug"),
        ({"app": "-x"}, "app", "slug"),
        ({"app": "GitHub Actions"}, "app", "slug"),
        ({"app": 0}, "app", "slug"),
        ({"app": True}, "app", "got True"),
        ({"app": None}, "app", "got None"),
        ({"conclusion": []}, "conclusion", "asserts nothing"),
        ({"conclusion": "failure"}, "conclusion", "success, neutral or skipped"),
        ({"conclusion": ["success", 1]}, "conclusion", "got 1"),
        ({"conclusion": ["success", ["neutral"]]}, "conclusion", "got ['neutral']"),
        ({"sha": "abc"}, "sha", "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_where_it_stands(options: dict[str, Any], place: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        a_check(**options)
    mistakes = refused.value.errors()
    assert [mistake["loc"] for mistake in mistakes] == [(place,)], mistakes
    assert says in mistakes[0]["msg"]


def test_the_app_must_be_named() -> None:
    with pytest.raises(ValidationError, match=r"app\n.*required"):
        GithubCheck.model_validate({"name": "unit tests"})


def test_the_order_of_conclusions_changes_nothing_and_another_app_does() -> None:
    one, other = a_check(conclusion=["neutral", "success"]), a_check(conclusion=["success", "neutral", "neutral"])
    assert one.canonical() == other.canonical() != a_check().canonical()
    assert a_check(app=ACTIONS).canonical() == a_check(app="15368").canonical() != a_check().canonical()
