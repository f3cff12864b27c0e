"""What golive writes on GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest

import releases
from builders import HEAD, OLDER, a_person, a_policy, a_pull, a_snapshot, a_standing
from golden import matches_golden
from golive.core.command import help_text
from golive.core.decide import Mistake, Snapshot, decide
from golive.core.model import Outcome, Role, Sibling, Verdict
from golive.core.policy import RoleRule
from golive.ports import CheckRunView, Render
from golive.render import github
from golive.render.texts import Texts
from releases import CHAIN, PAGE


def _run(snapshot: Snapshot, siblings_state: str | None = None) -> CheckRunView:
    return github.check_run(snapshot, decide(snapshot), siblings_state, page_url=PAGE, chain=CHAIN)


def _sticky(snapshot: Snapshot) -> str:
    return github.sticky(snapshot, decide(snapshot), page_url=PAGE, chain=CHAIN)


@pytest.mark.parametrize("name", releases.STATES)
def test_the_texts_on_github_are_the_golden_ones(name):
    snapshot = releases.STATES[name]()
    view = _run(snapshot)
    run = f"{view.title}\n({view.status}, {view.conclusion})\n\n{view.summary}\n\n---- text\n\n{view.text}"
    assert matches_golden(f"github_check_run_{name}.md", run)
    assert matches_golden(f"github_sticky_{name}.md", _sticky(snapshot))


@pytest.mark.parametrize(
    ("snapshot", "status", "conclusion"),
    [
        pytest.param(releases.ready(), "completed", "success", id="go"),
        pytest.param(releases.waiting(), "in_progress", None, id="waiting"),
        pytest.param(releases.in_trouble(), "completed", "failure", id="no go"),
        pytest.param(releases.mistaken(), "completed", "action_required", id="a broken policy"),
        pytest.param(releases.no_release(), "completed", "success", id="not a release"),
    ],
)
def test_the_check_run_shows_the_state_of_the_decision(snapshot, status, conclusion):
    view = _run(snapshot)
    assert (view.status, view.conclusion) == (status, conclusion)


@pytest.mark.parametrize("state", ["in_progress", "action_required", "failure"])
def test_a_worse_pull_request_with_the_same_commit_decides_the_check_run(state):
    beside = Sibling(9, True, Verdict.HOLD, "HOLD: the other one", state)
    for view in (_run(releases.no_release(), state), _run(replace(releases.no_release(), siblings=(beside,)))):
        assert state in (view.conclusion, view.status)
        assert view.title != "Not a release", "the title must say whose state is shown"


def test_a_better_pull_request_with_the_same_commit_changes_nothing_but_that_the_number_is_said():
    beside = Sibling(9, False, Verdict.GO, "Not a release", "success")
    snapshot = replace(releases.in_trouble(), siblings=(beside,))
    alone, shared = _run(releases.in_trouble()), _run(snapshot)
    assert shared.title == f"#{snapshot.pull.subject.number}: {alone.title}"
    assert (shared.status, shared.conclusion, shared.text) == (alone.status, alone.conclusion, alone.text)


def test_not_a_release_never_outranks_a_release_with_the_same_commit():
    beside = Sibling(9, True, Verdict.GO, "1/1 — GO: nothing is missing", "success")
    view = _run(replace(releases.no_release(), siblings=(beside,)))
    assert view.title == "#9 has the same commit: 1/1 — GO: nothing is missing"
    assert view.conclusion == "success"


def test_a_pull_request_into_an_ungoverned_base_shows_nothing_of_itself():
    beside = Sibling(9, False, Verdict.GO, "", "")
    assert _run(replace(releases.ready(), siblings=(beside,))).conclusion == "success"


@pytest.mark.parametrize("name", releases.STATES)
def test_the_last_line_is_the_head_of_the_ledger(name):
    snapshot = releases.STATES[name]()
    for text in (_run(snapshot).summary, _sticky(snapshot)):
        assert text.splitlines()[-1] == f"Ledger: {CHAIN[:12]}"


def test_every_mistake_of_a_policy_file_is_an_annotation_on_its_line_and_listed_with_its_column():
    view = _run(releases.mistaken())
    first = (".github/golive.yml", 7, 7, "failure", "unknown key `chekcs`; did you mean `checks`?")
    assert view.annotations[0] == first
    assert [a[1] for a in view.annotations] == [7, 12]
    assert ".github/golive.yml:12:11" in view.summary


def test_no_more_than_fifty_annotations_are_sent_and_the_rest_is_counted():
    mistakes = tuple(Mistake("golive.yml", n + 1, 1, "off") for n in range(53))
    view = _run(a_snapshot(head_mistakes=mistakes))
    assert len(view.annotations) == 50
    assert "3 of 53 mistakes have no annotation" in view.text


def test_what_is_no_release_is_told_how_to_become_one():
    summary = _run(releases.no_release()).summary
    assert "Not a release" in summary
    assert "<code>release/\\*\\*</code>" in summary, "the branches that make a release are missing"


def test_a_reason_says_who_or_what_clears_it():
    assert "503 from /health. Nobody could use it. → Ask platform." in _run(releases.in_trouble()).summary


def test_an_outcome_is_a_word_beside_its_sign():
    summary = _run(releases.in_trouble()).summary
    assert "| ❌ failed | All services pass health checks | 503 | 200 |" in summary
    assert "| 🚧 not run | api |" in summary


def test_a_sign_off_request_mentions_whom_it_asks_and_names_commit_and_base():
    snapshot = releases.waiting()
    text = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    assert matches_golden("github_request.md", text)
    assert "- **security**, 2 needed: @bo, @cy" in text
    assert HEAD.head_sha[:12] in text
    assert "<code>main</code>" in text


def test_a_request_does_not_change_as_people_sign():
    before, after = releases.waiting(), a_snapshot(policy=releases.POLICY)
    head = HEAD.head_sha
    assert github.request(before, decide(before), head) == github.request(after, decide(after), head)


def test_the_author_is_not_asked():
    policy = a_policy(roles=[RoleRule("qa", ("@ana", "@mallory"))])
    snapshot = a_snapshot(policy=policy)
    assert "mallory" not in github.request(snapshot, decide(snapshot), HEAD.head_sha)


def test_a_role_of_many_people_is_asked_as_its_team():
    people = tuple(a_person(f"p{n}") for n in range(30))
    roles = (Role("qa", 1, people, ("acme/qa",)),)
    snapshot = a_snapshot(roles=roles, policy=a_policy(roles=[RoleRule("qa", ("acme/qa",))]), standing=a_standing())
    text = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    assert "@acme/qa" in text
    assert "@p1" not in text


def test_a_superseded_request_is_one_line_that_links_to_the_newer_commit():
    snapshot = releases.waiting()
    text = github.request(snapshot, decide(snapshot), OLDER.head_sha, HEAD.head_sha)
    assert "\n" not in text
    assert f"({a_pull().url}/commits/{HEAD.head_sha})" in text
    assert "@" not in text


def test_an_answer_names_the_person_without_mentioning_them_and_keeps_commands_readable():
    text = github.answer(help_text(), "ana")
    assert text.startswith("To **ana**:")
    assert "- <code>/golive status</code>: Say where the release stands." in text
    assert "@" not in github.answer("plain", "@ana").replace("@&#8203;", "")


def test_nothing_but_a_request_mentions_anybody():
    snapshot = releases.in_trouble()
    for text in (_run(snapshot).summary, _run(snapshot).text, _sticky(snapshot)):
        assert "@" not in text.replace("@&#8203;", "")


def test_too_many_checks_keep_the_worst_and_count_the_rest():
    policy = a_policy(checks=[releases.a_check(f"c{n}", name=f"check {n} " + "_" * 250) for n in range(400)])
    view = _run(a_snapshot(policy=policy, outcomes={"c399": Outcome.FAILED}))
    checks = view.summary[view.summary.index("#### Checks") :]
    table = [line for line in checks.splitlines() if line.startswith("|")]
    assert "❌ failed" in table[2], "the failed check must be kept, as the first row"
    assert "more checks. In all: 1 failed, 399 passed." in view.summary
    assert all(line.count("|") == table[0].count("|") for line in table), "a table row was cut"


def test_the_engine_gets_all_texts_from_one_object():
    texts: Render = Texts()
    snapshot = releases.waiting()
    decision = decide(snapshot)
    assert texts.check_run(snapshot, decision, PAGE, CHAIN) == _run(snapshot)
    assert texts.sticky(snapshot, decision, PAGE, CHAIN) == _sticky(snapshot)
    assert texts.request(snapshot, decision, HEAD.head_sha, "").startswith("### Sign-off request")
    assert texts.answer("one line") == "one line"
