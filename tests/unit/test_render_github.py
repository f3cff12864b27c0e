"""What golive writes on GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest

import releases
from builders import HEAD, OLDER, a_person, a_policy, a_pull, a_snapshot, a_standing, a_word
from golden import matches_golden
from golive.core.command import help_text
from golive.core.decide import decide
from golive.core.model import Detail, Outcome, Role, Sibling, Verdict
from golive.core.policy import MergeRule
from golive.core.rules import RoleRule
from golive.core.snapshot import Mistake, Snapshot
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


def test_every_mistake_has_an_annotation_however_many_there_are():
    mistakes = tuple(Mistake("golive.yml", n + 1, 1, "off") for n in range(153))
    assert len(_run(a_snapshot(head_mistakes=mistakes)).annotations) == 153


def _found_in(outcome: Outcome, *details: Detail) -> CheckRunView:
    """The run of a release whose one check found these lines."""
    standing = a_standing()
    kept = standing.results[0]
    finding = replace(kept.finding, outcome=outcome, details=details)
    return _run(a_snapshot(standing=replace(standing, results=(replace(kept, finding=finding),))))


@pytest.mark.parametrize(
    ("outcome", "of_line", "level"),
    [
        pytest.param(Outcome.FAILED, Outcome.FAILED, "failure", id="a failed line of a failed check"),
        pytest.param(Outcome.FAILED, Outcome.WARNING, "warning", id="a flaw in a failed check"),
        pytest.param(Outcome.UNKNOWN, Outcome.UNKNOWN, "failure", id="nobody could tell"),
        pytest.param(Outcome.WARNING, Outcome.FAILED, "warning", id="no line is graver than its check"),
        pytest.param(Outcome.PASSED, Outcome.PASSED, None, id="a line that is fine is no remark"),
    ],
)
def test_a_line_that_a_check_found_is_remarked_on_as_gravely_as_it_counts(outcome, of_line, level):
    found = _found_in(outcome, Detail("adds up to 3", "src/sum.py", 7, of_line)).annotations
    assert found == ((("src/sum.py", 7, 7, level, "health: adds up to 3"),) if level else ())


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param(Detail("x", "", 3), id="no file"),
        pytest.param(Detail("x", "src/sum.py", 0), id="no line"),
        pytest.param(Detail("x", "/home/runner/sum.py", 3), id="a path of some machine"),
        pytest.param(Detail("x", "C:/builds/sum.py", 3), id="a path of some other machine"),
        pytest.param(Detail("x", "../other/sum.py", 3), id="a path out of the repository"),
    ],
)
def test_what_is_on_no_line_of_the_repository_is_no_annotation(detail):
    assert _found_in(Outcome.FAILED, detail).annotations == ()


def test_the_same_remark_stands_once_and_the_worst_stand_first():
    mild, grave = Detail("long", "a.py", 1, Outcome.WARNING), Detail("wrong", "z.py", 9)
    levels = [level for *_, level, _ in _found_in(Outcome.FAILED, mild, grave, mild, grave).annotations]
    assert levels == ["failure", "warning"]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("ready", ["hold"]), ("in_trouble", ["sign", "rerun"]), ("waiting", ["sign", "rerun", "hold"]),
        ("mistaken", ["rerun"]), ("no_release", []), ("landed", []),
    ],
)  # fmt: skip
def test_the_buttons_follow_the_state_and_keep_the_limits_of_github(name, offered):
    actions = _run(releases.STATES[name]()).actions
    assert [identifier for _, _, identifier in actions] == offered
    for label, description, identifier in actions:
        assert (len(label) <= 20, len(description) <= 40, len(identifier) <= 20) == (True, True, True)


def test_the_footer_of_the_run_says_the_version_and_the_sticky_does_not_change_with_it():
    snapshot = releases.ready()
    run = github.check_run(snapshot, decide(snapshot), None, page_url=PAGE, chain=CHAIN, version="9.9.9")
    assert f"[Release page]({PAGE}) · golive 9.9.9" in run.summary
    assert "9.9.9" not in Texts("9.9.9").sticky(snapshot, decide(snapshot), PAGE, CHAIN)


def test_what_is_no_release_is_told_how_to_become_one():
    summary = _run(releases.no_release()).summary
    assert "Not a release" in summary
    assert "<code>release/\\*\\*</code>" in summary, "the branches that make a release are missing"


def test_a_reason_says_who_or_what_clears_it():
    assert "503 from /health. Nobody could use it. → Ask platform." in _run(releases.in_trouble()).summary


def test_an_outcome_is_a_word_beside_its_sign():
    sticky = _sticky(releases.in_trouble())
    assert "| ❌ failed | All services pass health checks | 503 | 200 |" in sticky
    assert "| 🚧 not run | api |" in sticky


def test_a_sign_off_request_mentions_whom_it_asks_and_names_commit_and_base():
    snapshot = releases.waiting()
    text = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    assert matches_golden("github_request.md", text)
    assert "- **security**, 2 needed: @bo, @cy" in text
    assert HEAD.head_sha[:12] in text
    assert "<code>main</code>" in text


def test_a_request_shows_each_signer_what_changed_since_their_own_commit():
    snapshot = releases.outdated()
    text = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    assert matches_golden("github_request_outdated.md", text)
    since = f"[what changed since 01d001d](https://github.com/acme/shop/compare/{OLDER.head_sha}...{HEAD.head_sha})"
    ana = next(line for line in text.splitlines() if line.startswith("- @ana:"))
    assert since in ana
    assert ana.endswith("<code>src/shop/part\\_09.py</code> and 2 more"), "ten paths are named, and the others counted"
    bo = next(line for line in text.splitlines() if line.startswith("- @bo:"))
    assert bo.endswith(": which files, cannot be told")
    assert "- @cy:" not in text, "cy signed this very commit; nothing changed since"


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        pytest.param(None, "): which files, cannot be told", id="it cannot be told"),
        pytest.param((), "): no file differs", id="the same tree"),
        pytest.param(("a.py",), "): <code>a.py</code>", id="one file"),
        pytest.param(tuple("abcdefghij"), "<code>j</code>", id="ten files"),
        pytest.param(tuple("abcdefghijk"), "<code>j</code> and 1 more", id="eleven files"),
    ],
)
def test_what_changed_is_said_as_far_as_it_is_known(paths, said):
    snapshot = replace(releases.outdated(), changed_since={OLDER.head_sha: paths})
    text = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    assert next(line for line in text.splitlines() if line.startswith("- @ana:")).endswith(said)
    assert next(line for line in text.splitlines() if line.startswith("- @bo:")).endswith(")"), (
        "nothing was read for bo"
    )


def test_a_request_says_when_a_role_signs_and_leaves_out_the_one_that_is_not_asked():
    snapshot = releases.in_turn()
    text = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    assert matches_golden("github_request_in_turn.md", text)
    assert "- **legal**, may reject: @bo" in text
    assert "- **owner**, 1 needed, after technical: @mona" in text
    assert "- **press**, 1 needed, to be named: <code>/golive approve press</code>: @pia" in text
    assert "dba" not in text


@pytest.mark.parametrize(
    ("name", "boxes"),
    [
        pytest.param("waiting", ["- [x] **qa** signed by ana", "- [ ] **security** 0 of 2 signed; asked: bo, cy"], id="one signed"),
        pytest.param("in_turn", ["- [ ] **qa** 0 of 1 signed; abstained: ana", "- [ ] **press** 0 of 1 signed; asked: pia"],
                     id="not for a group that waits, a role that is not asked, or one that only rejects"),
        pytest.param("ready", [], id="all have signed"),
        pytest.param("landed", [], id="merged"),
        pytest.param("mistaken", [], id="nothing can be decided"),
    ],
)  # fmt: skip
def test_the_comment_has_a_box_for_every_role_that_may_sign_now(name, boxes):
    sticky = _sticky(releases.STATES[name]())
    found = [line.partition(" <!--")[0] for line in sticky.splitlines() if line.startswith("- [")]
    assert found == boxes
    assert ("A tick is the word of whoever ticks it" in sticky) == bool(boxes)
    assert "golive:tick" not in _run(releases.STATES[name]()).summary, "a check run cannot be ticked"


@pytest.mark.parametrize("name", ["gh-7", "Q A", "qa*", "qa -->"])
def test_a_role_whose_name_markdown_changes_has_no_box(name):
    policy = a_policy(roles=[RoleRule(name, ("@ana",))])
    sticky = _sticky(a_snapshot(policy=policy, standing=a_standing(policy=policy, words=())))
    assert "golive:tick" not in sticky
    assert "| ⏳ missing, 0 of 1 |" in sticky


@pytest.mark.parametrize("name", ["frozen", "overridden"])
def test_a_freeze_and_an_override_come_right_after_the_headline(name):
    sticky = _sticky(releases.STATES[name]())
    parts = sticky.split("\n\n")
    headline = next(place for place, part in enumerate(parts) if part.startswith("**"))
    banner = (
        "> 🧊 **FROZEN** until 2026-03-07 00:00 UTC: " if name == "frozen" else "> 🚨 **OVERRIDDEN** until 2026-03-04 "
    )
    assert parts[headline + 1].startswith(banner)


def test_phases_are_shown_only_where_there_are_some():
    assert "#### Phases" in _sticky(releases.in_phases())
    assert "#### Phases" not in _sticky(releases.waiting())
    assert "- **dark**: 🟡 CONDITIONAL GO. 1/1" in _sticky(releases.in_phases())


@pytest.mark.parametrize(
    ("when", "words", "says"),
    [
        pytest.param("go", (), "golive merges it by itself.", id="go"),
        pytest.param("ask", (), "It goes live once somebody says <code>/golive promote</code>.", id="ask"),
        pytest.param("ask", ("promote",), "golive merges it by itself.", id="ask, and somebody did"),
    ],
)
def test_the_next_step_of_what_is_ready_follows_the_merge_rule(when, words, says):
    policy = a_policy(merge=MergeRule(when=when))
    said = [a_word(text="qa"), *(a_word(verb, key=verb) for verb in words)]
    sticky = _sticky(a_snapshot(policy=policy, standing=a_standing(policy=policy, words=said)))
    assert says in sticky.split("\n\n")


@pytest.mark.parametrize(
    ("merge", "words", "says"),
    [
        pytest.param(None, (), "It passes once these are cleared; with", id="no merge"),
        pytest.param(
            MergeRule(), (), "says <code>/golive promote</code>, or by itself once these are cleared.", id="go"
        ),
        pytest.param(
            MergeRule(when="ask"), (), "It goes live once somebody says <code>/golive promote</code>.", id="ask"
        ),
        pytest.param(MergeRule(), ("promote",), "Somebody let it go as it is", id="promoted"),
        pytest.param(MergeRule(when="conditional"), (), "The policy lets it pass as it is;", id="conditional"),
    ],
)
def test_the_next_step_of_a_conditional_go_follows_the_merge_rule(merge, words, says):
    policy = replace(releases.PHASED, merge=merge)
    said = [a_word(text="qa with: watch it due full"), *(a_word(verb, key=verb) for verb in words)]
    sticky = _sticky(a_snapshot(policy=policy, standing=a_standing(policy=policy, words=said)))
    assert "CONDITIONAL GO" in sticky
    assert says in sticky


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
    snapshot = a_snapshot(policy=policy, outcomes={"c399": Outcome.FAILED})
    view, sticky = _run(snapshot), _sticky(snapshot)
    assert view.text.startswith("<details><summary>❌ check 399"), "the failed check must be kept, as the first"
    kept = view.text.count("<details>")
    assert view.text.count("</details>") == kept
    assert view.text.endswith(f"…and {400 - kept} more checks; the release page has them all.")
    checks = sticky[sticky.index("#### Checks") :]
    table = [line for line in checks.splitlines() if line.startswith("|")]
    assert "❌ failed" in table[2], "the failed check must be kept, as the first row"
    assert "more checks on the release page. In all: 1 failed, 399 passed." in sticky
    assert all(line.count("|") == table[0].count("|") for line in table), "a table row was cut"


def test_the_engine_gets_all_texts_from_one_object():
    texts: Render = Texts(version="")
    snapshot = releases.waiting()
    decision = decide(snapshot)
    assert texts.check_run(snapshot, decision, PAGE, CHAIN) == _run(snapshot)
    assert texts.sticky(snapshot, decision, PAGE, CHAIN) == _sticky(snapshot)
    assert texts.request(snapshot, decision, HEAD.head_sha, "").startswith("### Sign-off request")
    assert texts.answer("one line") == "one line"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@bo changed what golive had written; it is new.", "@bo changed what golive had written; it is new."),
        ("@ana, @bo: your sign-off is awaited for qa.", "@ana, @bo: your sign-off is awaited for qa."),
        ("Asked: @ana and @bo", "Asked: @ana and @bo"),
    ],
)
def test_a_text_that_mentions_people_keeps_the_space_around_them(text, shown):
    assert github.reminder(text) == shown
