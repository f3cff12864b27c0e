"""Results that workflow runs report: which are believed, for which commit they count, and what nobody can make of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runs import POLICY, WORKFLOW, RunWorld, a_run_world

REUSED = "acme/ci/.github/workflows/checks.yml@refs/tags/v1"


@pytest.fixture
def w() -> Iterator[RunWorld]:
    with a_run_world() as world:
        yield world


def test_a_listed_workflow_turns_the_check_and_the_headline_says_whom_it_waited_for(w: RunWorld) -> None:
    number = w.asked()
    assert "unit-tests (reported by golive.yml)" in w.title(number), w.title(number)
    w.signed_by("mina", number, "qa")
    assert w.shows(number) == "in_progress"
    came = w.became(w.sends(w.result(), head=w.head(number), pull=number))
    assert came["state"] == "taken", came
    assert w.outcome(number) == "passed"
    assert w.shows(number) == "success"
    kept = next(r for r in w.standing(number).results if r.finding.check == "unit-tests")
    assert kept.finding.strength.value == "imported", "what a run reports is no probe of golive's own"


def test_a_failed_result_is_a_no_go_and_a_later_run_mends_it(w: RunWorld) -> None:
    number = w.release()
    w.sends(w.result("failed"), head=w.head(number))
    assert w.shows(number) == "failure"
    w.sends(w.result(), head=w.head(number), run_id="18")
    assert w.outcome(number) == "passed"


def test_where_the_policy_lists_no_workflow_the_headline_says_that_one_is_to_be_added() -> None:
    policy = "\n".join(line for line in POLICY.splitlines() if not line.startswith("runners:"))
    with a_run_world(policy=policy) as w:
        number = w.release()
        assert "unit-tests (reported by a workflow: add one to `runners`)" in w.title(number), w.title(number)
        w.sends(w.result(), head=w.head(number))
        assert w.outcome(number) == "none"


def test_trap_12_a_pull_request_that_changes_its_workflow_to_send_passed_is_refused_with_the_line_for_an_honest_one(
    w: RunWorld,
) -> None:
    number = w.release()
    forged = ".github/workflows/golive.yml"
    w.github.commit("acme/shop", "release/1.4", {forged: "run: report passed"}, by="ana", message="Report")
    w.settle()
    run = w.on_pull(number, workflow_ref=f"acme/shop/{forged}@refs/pull/{number}/merge")
    came = w.became(w.sends(w.result(), **run), **run)
    assert came["state"] == "refused"
    assert w.outcome(number) == "none"
    assert "as the pull request itself writes it" in came["said"]
    assert f'runners: ["{WORKFLOW}"]' in came["said"], "the line that an honest workflow needs must be there to copy"
    assert any("does not count" in fact.text for fact in w.standing(number).facts), "people of the release must see it"


def test_a_push_run_of_the_release_branch_is_not_believed_by_its_own_workflow(w: RunWorld) -> None:
    number = w.release()
    own = "acme/shop/.github/workflows/golive.yml@refs/heads/release/1.4"
    run = {"event_name": "push", "ref": "refs/heads/release/1.4", "sha": w.head(number), "workflow_ref": own}
    came = w.became(w.sends(w.result(), **run))
    assert came["state"] == "refused"
    assert WORKFLOW in came["said"], came["said"]


def test_a_listed_workflow_on_the_pull_requests_own_branch_is_not_believed() -> None:
    """A release by its label may come from any branch, also from one that the policy lists by mistake."""
    policy = POLICY.replace('head: ["release/**"]', "labels: [release]").replace("heads/main", "heads/fix")
    with a_run_world(policy=policy) as w:
        w.github.commit("acme/shop", "fix", {"app.py": "print('1.4')\n"}, by="ana", message="Fix")
        number = w.github.open_pull("acme/shop", head="fix", title="Fix", by="ana")
        w.github.label("acme/shop", number, "release", by="bo")
        w.settle()
        run = {"event_name": "push", "ref": "refs/heads/fix", "workflow_ref": WORKFLOW.replace("main", "fix")}
        came = w.became(w.sends(w.result(), sha=w.head(number), **run))
        assert came["state"] == "refused", came
        assert "the pull request's own branch" in came["said"]


def test_on_pull_request_the_result_counts_for_the_second_parent_of_the_test_merge(w: RunWorld) -> None:
    number = w.release()
    run = w.on_pull(number, job_workflow_ref=REUSED)
    came = w.became(w.sends(w.result(), **run), **run)
    assert came["releases"][0]["head"] == w.head(number), came
    assert w.outcome(number) == "passed"


def test_a_run_on_pull_request_that_cannot_be_tied_to_a_head_is_refused(w: RunWorld) -> None:
    number = w.release()
    main = w.ref("heads/main")
    rows = [
        ("a commit that is no merge", {"sha": main}, "", "name no test merge"),
        ("a commit that GitHub does not know", {"sha": "f" * 40}, "", "name no test merge"),
        ("another head than the tested one", {}, main, "GitHub that it ran on"),
    ]
    for told, claims, head, why in rows:
        run = w.on_pull(number, job_workflow_ref=REUSED, **claims)
        came = w.became(w.sends(w.result(), head=head, **run), **run)
        assert (came["state"], why in came["said"]) == ("refused", True), (told, came)
    assert w.outcome(number) == "none"


def test_an_event_that_names_no_head_counts_only_by_a_listed_caller(w: RunWorld) -> None:
    number = w.release()
    anybody = "acme/shop/.github/workflows/any.yml@refs/heads/feature"
    run = {"event_name": "workflow_dispatch", "workflow_ref": anybody, "job_workflow_ref": REUSED}
    came = w.became(w.sends(w.result(), head=w.head(number), **run))
    assert came["state"] == "refused"
    assert "its own workflow must be listed" in came["said"]
    listed = {"event_name": "pull_request_target", "run_id": "18"}
    assert w.became(w.sends(w.result(), head=w.head(number), **listed))["state"] == "taken"


def test_what_cannot_be_tied_to_a_head_is_refused_in_words(w: RunWorld) -> None:
    number = w.release()
    for event in ("merge_group", "deployment", "pull_request_review"):
        came = w.became(w.sends(w.result(), head=w.head(number), event_name=event))
        assert came["state"] == "refused", event
        assert f"a run on {event} cannot be tied" in came["said"]


def test_a_late_result_is_kept_and_does_not_count_until_its_head_is_back(w: RunWorld) -> None:
    number = w.release()
    old = w.head(number)
    w.push(number)
    came = w.became(w.sends(w.result("failed"), head=old, pull=number))
    assert "kept for" in came["said"], came
    assert w.outcome(number) == "none", "the head has no result"
    assert w.shows(number) == "in_progress", "what was found of an older revision stops nothing"
    assert not any("unit-tests: failed" in fact.text for fact in w.standing(number).facts)
    w.github.force_push("acme/shop", "release/1.4", old, by="ana")
    w.settle()
    assert w.outcome(number) == "failed", "back at that head, what was found of it counts"
    assert w.shows(number) == "failure"


def test_the_same_upload_again_changes_nothing_and_a_caught_token_carries_nothing_else(w: RunWorld) -> None:
    number = w.release()
    token = w.issuer.token(**w.claims())
    failed = w.result("failed")
    first = w.sends(failed, head=w.head(number), token=token)
    again = w.sends(failed, head=w.head(number), token=token)
    entries = w.standing(number).seq
    assert (first.json()["new"], again.json()["new"]) == (True, False)
    other = w.sends(w.result("passed"), head=w.head(number), token=token)
    assert other.status_code == 422
    assert "came with something else before" in other.text
    assert w.outcome(number) == "failed"
    assert w.standing(number).seq == entries


def test_one_attempt_of_a_run_tells_a_check_once_and_an_older_run_does_not_overtake(w: RunWorld) -> None:
    number = w.release()
    w.sends(w.result("failed"), head=w.head(number), run_id="20")
    twice = w.became(w.sends(w.result(), head=w.head(number), run_id="20"))
    assert "told it already" in twice["said"]
    older = w.became(w.sends(w.result(), head=w.head(number), run_id="19"))
    assert "a newer run (20)" in older["said"]
    assert w.outcome(number) == "failed"
    w.sends(w.result(), head=w.head(number), run_id="20", run_attempt="2")
    assert w.outcome(number) == "passed", "run again, it may come to something else"


def test_a_result_that_is_not_the_bases_own_check_does_not_count(w: RunWorld) -> None:
    number = w.release()
    rows = [
        ({"digest": "0" * 16}, "another definition than the base's policy"),
        ({"check": "healthy"}, "the service takes it by itself"),
        ({"check": "never-heard-of"}, "no such check"),
    ]
    for changes, why in rows:
        came = w.became(w.sends({**w.result("passed"), **changes}, head=w.head(number)))
        assert (came["state"], why in came["said"]) == ("refused", True), (changes, came)


def test_a_changed_definition_asks_for_another_report(w: RunWorld) -> None:
    number = w.release()
    w.sends(w.result(), head=w.head(number))
    w.write_policy(POLICY.replace("95%", "100%"))
    w.later(minutes=2)
    assert w.shows(number) == "in_progress"
    reason = next(line for line in w.summary(number).splitlines() if "definition changed" in line)
    assert "golive.yml" in reason


def test_asked_again_by_a_person_it_waits_for_another_run(w: RunWorld) -> None:
    number = w.release()
    w.sends(w.result(), head=w.head(number))
    w.says("bo", number, "/golive check unit-tests")
    w.later(minutes=2)
    assert "unit-tests (reported by golive.yml)" in w.title(number)
    w.sends(w.result(), head=w.head(number), run_id="18")
    w.later(minutes=2)
    assert "unit-tests" not in w.title(number)


def test_a_fork_reports_by_the_bases_workflow_alone(w: RunWorld) -> None:
    w.github.add_user("stranger")
    fork = "stranger/shop"
    number = w.release()
    foreign = w.sends(w.result(), head=w.head(number), repository_id="999999", repository=fork,
                      workflow_ref=f"{fork}/.github/workflows/golive.yml@refs/heads/main")  # fmt: skip
    assert foreign.status_code == 403
    assert "golive does not know stranger/shop" in foreign.text
    assert w.became(w.sends(w.result(), head=w.head(number), event_name="pull_request_target"))["state"] == "taken"


def test_a_restart_between_the_door_and_the_turn_loses_nothing(w: RunWorld) -> None:
    number = w.release()
    token = w.issuer.token(**w.claims())
    sent = {"format": "golive-results", "version": 1, "head": w.head(number), "results": [w.result()]}
    answer = w.client.post("/api/v1/results", json=sent, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 202
    w.restart()
    w.settle()
    assert w.outcome(number) == "passed"
