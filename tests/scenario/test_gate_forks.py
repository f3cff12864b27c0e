"""A pull request from a fork at the gate: it is judged by the base's policy, published on its head, and given no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gate_world import POLICY, GateWorld, a_gate

TOKEN = pytest.mark.parametrize("token", [False, True], ids=["App", "token"])
TAKEN = POLICY.replace('head: ["release/**"]', 'head: ["release/**"]\n    forks: true')
CHECKS = """\
checks:
  - {id: ci, name: CI is green, uses: github_check, with: {name: build, app: ci}}
  - {id: answers, name: The shop answers, uses: http, with: {url: "%s/health", status: 200}}
  - {id: smoke, name: It starts, uses: command, with: {command: [sh, smoke.sh], exit_status: 0}}
"""
SECRET = '{id: boards, name: Dashboards answer, uses: http, with: {url: "%s/health", status: 200, secret: boards}}'


def from_fork(w: GateWorld, files: dict[str, str] | None = None) -> tuple[int, str]:
    """A release that a stranger opens from their fork, with CI green; its number and head."""
    w.github.add_user("stranger")
    head = w.github.commit_in_fork("acme/shop", "release/1.4", files or {"app.py": "1.4\n"}, by="stranger")
    number = w.github.open_pull_from_fork("acme/shop", head="release/1.4", title="Release 1.4", by="stranger")
    w.ci_says("success", number)
    w.settle()
    return number, head


@TOKEN
def test_it_is_published_on_the_forks_head_signed_by_the_bases_people_and_merged(token: bool) -> None:
    with a_gate(token=token, policy=TAKEN) as w:
        number, head = from_fork(w)
        (run,) = w.our_runs(head)
        assert run.status == "in_progress"
        assert "0/2" in w.sticky(number).body
        w.says("stranger", number, "/golive approve qa")
        assert w.verdict(number) == "WAIT", "who opened it may not sign it"
        w.signed(number)
        assert w.merged(number), w.reasons(number)


@TOKEN
def test_the_heads_policy_has_no_say_and_is_only_looked_over(token: bool) -> None:
    with a_gate(token=token, policy=TAKEN) as w:
        milder = TAKEN.replace('["@mina", "@zoe"]', '["@stranger"]').replace('["@sam", "@sue"]', '["@stranger"]')
        number, head = from_fork(w, {".github/golive.yml": milder, "app.py": "1.4\n"})
        w.says("stranger", number, "/golive approve qa")
        w.says("stranger", number, "/golive approve security")
        assert not w.merged(number)
        assert "role_missing" in w.reasons(number)
        assert [one.role.name for one in (w.looked[0].decision or pytest.fail("no decision")).roster] == [
            "qa",
            "security",
        ]
        assert len(w.our_runs(head)) == 1


@TOKEN
def test_without_a_word_in_the_policy_a_forks_head_is_no_release(token: bool) -> None:
    with a_gate(token=token) as w:
        number, head = from_fork(w)
        assert w.looked[0].decision is not None
        assert w.looked[0].decision.kind.value == "not a release"
        assert [run.conclusion for run in w.our_runs(head)] == ["success"]
        assert not w.merged(number)


@TOKEN
def test_a_push_to_the_fork_asks_again_and_who_pushed_is_known_from_the_event(token: bool) -> None:
    with a_gate(token=token, policy=TAKEN) as w:
        number, _ = from_fork(w)
        w.signed_by("mina", number, "qa")
        head = w.github.commit_in_fork("acme/shop", "release/1.4", {"app.py": "1.4.1\n"}, by="stranger")
        w.ci_says("success", number)
        w.settle()
        assert [run.status for run in w.our_runs(head)] == ["in_progress"]
        assert "pusher_unknown" not in w.reasons(number)
        assert w.reasons(number).count("role_missing") == 2, "what was signed was other code"


def with_checks(w: GateWorld, checks: str) -> None:
    """The base's policy with these checks, which look at the world's shop."""
    text = re.sub(r"checks:\n.*?(?=signoffs:)", lambda _: checks.replace("%s", w.target), TAKEN, flags=re.DOTALL)
    w.write_policy(re.sub(r"([{}])", r"\1\1", text))
    w.events.clear()


def results(w: GateWorld) -> dict[str, str]:
    """Check → outcome, of what was found until the last run."""
    snapshot = w.looked[0].snapshot
    assert snapshot is not None
    return {result.finding.check: result.finding.outcome.value for result in snapshot.standing.results}


@TOKEN
def test_checks_run_that_need_neither_a_secret_nor_the_heads_files_and_nothing_of_the_head_is_run(
    token: bool, tmp_path: Path
) -> None:
    with a_gate(token=token, policy=TAKEN) as w:
        with_checks(w, CHECKS)
        number, _ = from_fork(w, {"smoke.sh": f"touch {tmp_path}/owned\n", "app.py": "1.4\n"})
        assert results(w) == {"ci": "passed", "answers": "passed"}, (
            "what reads the machine is left to a workflow without secrets"
        )
        assert "check_pending" in w.reasons(number)
        assert not list(tmp_path.iterdir())


@TOKEN
def test_a_check_that_needs_a_secret_says_which_and_whom_to_ask_and_is_not_run(token: bool) -> None:
    with a_gate(token=token, policy=TAKEN) as w:
        with_checks(w, CHECKS.replace("  - {id: smoke", f"  - {SECRET}\n  - {{id: smoke"))
        number, head = from_fork(w)
        (run,) = w.our_runs(head)
        assert run.conclusion == "action_required"
        assert "No secret 'boards' is lent to acme/shop" in str(run.output)
        assert not results(w)
        w.signed(number)
        assert not w.merged(number)
