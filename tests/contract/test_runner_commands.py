"""`golive check --report-to` and `golive sign-off`, as the job of a workflow runs them: over sockets, with GitHub's own token."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from golive.cli import main as front
from runs import POLICY, RunWorld, a_run_world, token_door, working

PASSED = '<testsuite name="s" tests="2"><testcase name="a"/><testcase name="b"/></testsuite>'
FAILED = PASSED.replace('<testcase name="b"/>', '<testcase name="b"><failure message="::error::%0A"/></testcase>')

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs golive as a step of a job does: the exit code, what it printed, and its errors. tmp_path is its checkout."""
    (tmp_path / ".github").mkdir()
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            front.main(list(words))
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


@contextmanager
def in_a_run(w: RunWorld, monkeypatch: pytest.MonkeyPatch, **claims: str) -> Iterator[None]:
    """Its environment, where GitHub gives out tokens."""
    with token_door(w, **claims) as told:
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.mark.sockets
def test_a_job_checks_reports_and_is_told_what_counts(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_run_world() as w, working(w) as url, in_a_run(w, monkeypatch):
        number = w.release()
        Path(".github/golive.yml").write_text(POLICY.format(target=w.target))
        Path("reports/junit.xml").write_text(FAILED)
        command = (
            "check",
            "--where",
            "runner",
            "--only",
            "unit-tests",
            "--quiet",
            "--report-to",
            url,
            "--save",
            "r.json",
        )
        code, _, err = job(*command, "--pull", str(number), "--head", w.head(number))
        assert code == 1, err
        assert "golive: taken: #1: taken for" in err
        assert w.outcome(number) == "failed"
        Path("reports/junit.xml").write_text(PASSED)
        w.issuer.claims["run_id"] = "18"
        code, _, err = job(*command, "--exit-zero", "--pull", str(number), "--head", w.head(number))
        assert (code, w.outcome(number)) == (0, "passed"), err
        Path(".github/golive.yml").write_text(POLICY.format(target=w.target).replace("95%", "0%"))
        w.issuer.claims["run_id"] = "19"
        code, _, err = job(*command, "--pull", str(number), "--head", w.head(number))
        assert code == 3, "a policy that the head made milder must not pass for the base's"
        assert "another definition" in err
        assert json.loads(Path("r.json").read_text())["verdict"] == "GO", "the report is kept, whatever the server says"


@pytest.mark.sockets
def test_a_person_signs_from_a_workflow_and_the_step_has_outputs(job: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_run_world() as w:
        number = w.asked()
        w.clock.pass_(seconds=2)
        monkeypatch.setenv("GITHUB_OUTPUT", "outputs")
        with working(w) as url, in_a_run(w, monkeypatch, event_name="workflow_dispatch"):
            code, out, _ = job("sign-off", "--server", url, "--pull", str(number))
            assert (code, "qa: signed by nobody; 1 missing, could: mina, zoe" in out) == (0, True), out
            assert Path("outputs").read_text().splitlines()[-2] == '["qa"]', "the last output is `waiting_on`"
            code, out, err = job(
                "sign-off", "approve", "qa", "--server", url, "--pull", str(number), "--sha", w.head(number)
            )
            assert code == 0, err
            assert "golive: taken: @mina approved for qa by workflow" in out
            assert Path("outputs").read_text().splitlines()[-2] == "[]"
            w.issuer.claims["workflow_ref"] = "acme/shop/.github/workflows/other.yml@refs/heads/main"
            w.issuer.claims["job_workflow_ref"] = w.issuer.claims["workflow_ref"]
            code, out, _ = job(
                "sign-off", "withdraw", "qa", "--server", url, "--pull", str(number), "--sha", w.head(number)
            )
            assert (code, "runners: [" in out) == (1, True), out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("sign-off", "--server", "http://golive.example.org", "--pull", "1"), "must begin with https://"),
        (("sign-off", "--server", "https://golive.example.org", "--pull", "1"), "permissions: {id-token: write}"),
        (("sign-off", "approve", "--server", "https://golive.example.org", "--pull", "1"), "--sha"),
        (("check", "--report-to", "https://golive.example.org", "--head", "main"), "40 digits"),
    ],
    ids=["no TLS", "no permission", "no commit", "a branch for a commit"],
)  # fmt: skip
def test_what_cannot_be_sent_is_said_before_anything_is(
    job: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], why: str
) -> None:
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    code, _, err = job(*words)
    assert code == 3, err
    assert why in err
