"""Going live, act by act: merge, deployment, waiting environment, tag and branch; each to its end and each failing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from world import POLICY, World, a_world

DEPLOYS = "  deploy: {environment: production}\n"
MERGES = "  merge: {method: squash, when: go}\n"
CI = "zoe"
"""Who says how a deployment goes."""


def promoting(acts: str, roles: str = "") -> str:
    """The usual policy with one role to sign and these acts."""
    head, _, _ = POLICY.partition("signoffs:")
    signs = roles or '      - {role: qa, from: ["@mina"]}\n'
    plain = f"signoffs:\n  - group: people\n    roles:\n{signs}promotion:\n{acts}"
    return head + plain.replace("{", "{{").replace("}", "}}")


@contextmanager
def a_release(acts: str, **branch: str) -> Iterator[tuple[World, int]]:
    """A release that waits for mina's sign-off, under a policy with these acts."""
    with a_world(policy=promoting(acts)) as w:
        yield w, w.asked(**branch)


def approved(w: World, number: int) -> None:
    w.says("mina", number, "/golive approve qa")
    w.later(seconds=2)


def sticky(w: World, number: int) -> str:
    (text,) = w.our_comments(number, "golive:sticky")
    return text


def landed(w: World, number: int) -> str:
    return str(w.github.pull("acme/shop", number).merge_commit_sha)


def refs(w: World) -> dict[str, str]:
    return dict(w.github.world.repo("acme/shop").git.refs)


def calls(w: World, operation: str) -> int:
    return w.github.calls[operation]


# ------------------------------------------------------------------ deployments


def test_a_merged_release_is_deployed_as_it_landed_and_tagged_once_that_succeeded() -> None:
    with a_release(f"{MERGES}{DEPLOYS}  tag: v${{version}}\n") as (w, number):
        approved(w, number)
        assert w.merged(number)
        (made,) = w.github.deployments("acme/shop", "production")
        assert made.sha == landed(w, number)
        assert "tags/v1.4" not in refs(w), "the tag comes after the deployment"
        assert "**Deploy to production**: waiting for its success since" in sticky(w, number)
        assert "**Tag v1.4**: later" in sticky(w, number)
        w.github.deployment_status("acme/shop", made.id, "success", by=CI)
        w.settle()
        assert refs(w)["tags/v1.4"] == landed(w, number)
        assert "**Merge**: done" in sticky(w, number)
        assert "**Deploy to production**: done" in sticky(w, number)
        assert "**Tag v1.4**: done" in sticky(w, number)
        assert any("Tag v1.4: at" in text for text in w.thread())
        assert calls(w, "repos/create-deployment") == 1


def test_a_release_may_be_deployed_before_it_is_merged() -> None:
    with a_release(f"  deploy: {{environment: staging}}\n{MERGES}") as (w, number):
        approved(w, number)
        (made,) = w.github.deployments("acme/shop", "staging")
        assert made.sha == w.github.pull("acme/shop", number).head.sha
        assert not w.merged(number), "it merges only what was seen to work"
        assert "waiting for its success" in w.title(number)
        w.github.deployment_status("acme/shop", made.id, "success", by=CI)
        w.settle()
        assert w.merged(number)


def test_a_failed_deployment_stops_and_is_said_and_promote_makes_another_attempt() -> None:
    with a_release(f"  merge: none\n{DEPLOYS}  tag: v${{version}}\n") as (w, number):
        approved(w, number)
        (first,) = w.github.deployments("acme/shop")
        w.github.deployment_status("acme/shop", first.id, "failure", by=CI, description="out of disk")
        w.settle()
        assert w.shows(number) == "action_required"
        assert "failed: out of disk" in w.title(number)
        assert "/golive promote" in sticky(w, number)
        w.later(minutes=30)
        assert len(w.github.deployments("acme/shop")) == 1, "nothing is tried again by itself"
        w.says("eve", number, "/golive promote")
        assert len(w.github.deployments("acme/shop")) == 1, "eve may not"
        w.says("bo", number, "/golive promote")
        _, second = w.github.deployments("acme/shop")
        w.github.deployment_status("acme/shop", second.id, "success", by=CI)
        w.settle()
        assert refs(w)["tags/v1.4"] == w.github.pull("acme/shop", number).head.sha
        assert w.shows(number) == "success"


def test_a_failed_deployment_of_what_landed_is_tried_again_by_promote() -> None:
    with a_release(f"{MERGES}{DEPLOYS}") as (w, number):
        approved(w, number)
        (first,) = w.github.deployments("acme/shop")
        w.github.deployment_status("acme/shop", first.id, "error", by=CI, description="no runner")
        w.settle()
        assert "failed: no runner" in sticky(w, number)
        w.says("mina", number, "/golive promote")
        _, second = w.github.deployments("acme/shop")
        assert second.sha == landed(w, number)
        w.github.deployment_status("acme/shop", second.id, "success", by=CI)
        w.settle()
        assert "**Deploy to production**: done" in sticky(w, number)
        w.says("bo", number, "/golive status")
        assert any("Deploy to production ✓" in said for said in w.answers(number))


def test_a_deployment_nobody_reports_on_is_unknown_after_its_time_and_may_still_come_to_a_good_end() -> None:
    with a_release("  merge: none\n  deploy: {environment: production, wait: 5m}\n") as (w, number):
        approved(w, number)
        (made,) = w.github.deployments("acme/shop")
        w.later(minutes=5, seconds=5)
        assert w.shows(number) == "action_required"
        assert "no success within 5 min" in w.title(number)
        asked = calls(w, "repos/list-deployment-statuses")
        w.later(hours=2)
        assert calls(w, "repos/list-deployment-statuses") <= asked + 2, "it is not asked for ever"
        w.github.deployment_status("acme/shop", made.id, "success", by=CI)
        w.settle()
        assert w.shows(number) == "success"
        assert "it is live" in w.title(number)


def test_statuses_count_by_what_the_forge_lists_and_not_by_the_order_they_are_heard_in() -> None:
    with a_release(f"  merge: none\n{DEPLOYS}") as (w, number):
        approved(w, number)
        (made,) = w.github.deployments("acme/shop")
        for state in ("in_progress", "failure", "success"):
            w.github.deployment_status("acme/shop", made.id, state, by=CI)
        heard = w.late(w.github.courier)
        w.hand_over(w.github.courier, [*reversed(heard), *heard])
        assert "it is live" in w.title(number)
        assert not any("failed" in text for text in w.thread())


def test_a_status_nobody_told_us_of_is_found() -> None:
    with a_release(f"{MERGES}{DEPLOYS}") as (w, number):
        approved(w, number)
        (made,) = w.github.deployments("acme/shop")
        w.github.deployment_status("acme/shop", made.id, "success", by=CI)
        w.github.lose_waiting()
        w.later(seconds=70)
        assert "**Deploy to production**: done" in sticky(w, number)


def test_what_the_forge_will_not_deploy_is_said_in_its_words() -> None:
    with a_release(f"  merge: none\n{DEPLOYS}") as (w, number):
        sha = w.github.pull("acme/shop", number).head.sha
        w.github.status("acme/shop", sha, "legacy", "pending", by="bo")
        approved(w, number)
        assert w.github.deployments("acme/shop") == []
        assert "Commit status checks failed" in w.title(number)
        w.github.status("acme/shop", sha, "legacy", "success", by="bo")
        w.says("bo", number, "/golive promote")
        assert len(w.github.deployments("acme/shop")) == 1


def test_a_hold_after_the_merge_stops_the_next_act_until_it_is_lifted() -> None:
    with a_release(f"{MERGES}{DEPLOYS}  tag: v${{version}}\n") as (w, number):
        approved(w, number)
        (made,) = w.github.deployments("acme/shop")
        w.says("bo", number, "/golive hold the shop is on fire")
        w.github.deployment_status("acme/shop", made.id, "success", by=CI)
        w.settle()
        assert "tags/v1.4" not in refs(w)
        w.says("bo", number, "/golive resume")
        assert refs(w)["tags/v1.4"] == landed(w, number)


def test_what_people_merged_before_it_was_go_goes_no_further_until_somebody_says_so() -> None:
    with a_release(f"{MERGES}{DEPLOYS}") as (w, number):
        w.github.unprotect("acme/shop", "main")
        w.github.merge("acme/shop", number, by="bo")
        w.settle()
        assert w.github.deployments("acme/shop") == []


def test_a_policy_that_the_release_itself_brings_does_not_change_what_is_done_after_its_merge() -> None:
    with a_release(f"{MERGES}{DEPLOYS}") as (w, number):
        other = promoting(f"{MERGES}  deploy: {{environment: elsewhere}}\n")
        w.write_policy(other, branch="release/1.4", by="ana")
        w.ci_says("success", number)
        w.later(seconds=61)
        approved(w, number)
        assert w.merged(number)
        assert [d.environment for d in w.github.deployments("acme/shop")] == ["production"]


# ------------------------------------------------------------------ environments


ENVIRONMENT = f"{MERGES}  environment: production\n"


def test_an_environment_that_asks_before_go_is_answered_at_go() -> None:
    with a_release("  merge: none\n  environment: production\n") as (w, number):
        sha = w.github.pull("acme/shop", number).head.sha
        run = w.github.environment_waits("acme/shop", "production", sha, by=CI)
        w.settle()
        assert w.github.gate_answers("acme/shop", run) == [], "WAIT is no answer"
        approved(w, number)
        ((state, comment),) = w.github.gate_answers("acme/shop", run)
        assert state == "approved"
        assert f"acme/shop#{number}" in comment
        w.later(minutes=30)
        assert len(w.github.gate_answers("acme/shop", run)) == 1


def test_the_environment_of_what_landed_is_answered_when_it_asks() -> None:
    with a_release(ENVIRONMENT) as (w, number):
        approved(w, number)
        assert "nothing has asked for it yet" in sticky(w, number)
        run = w.github.environment_waits("acme/shop", "production", landed(w, number), by=CI)
        w.settle()
        assert [state for state, _ in w.github.gate_answers("acme/shop", run)] == ["approved"]
        assert "**Let it into production**: done" in sticky(w, number)
        again = w.github.environment_waits("acme/shop", "production", landed(w, number), by=CI)
        w.settle()
        assert [state for state, _ in w.github.gate_answers("acme/shop", again)] == ["approved"]


def test_a_question_about_the_merge_that_is_heard_before_the_merge_is_known_finds_its_way() -> None:
    with a_release(ENVIRONMENT) as (w, number):
        w.says("mina", number, "/golive approve qa")
        run = w.github.environment_waits("acme/shop", "production", landed(w, number), by=CI)
        kept = w.late(w.github.courier)
        question = [d for d in kept if d.headers.get("X-GitHub-Event") == "deployment_protection_rule"]
        w.hand_over(w.github.courier, question + [d for d in kept if d not in question])
        w.later(seconds=70)
        assert [state for state, _ in w.github.gate_answers("acme/shop", run)] == ["approved"]


def test_a_no_go_rejects_the_environment_and_says_why() -> None:
    with a_release("  merge: none\n  environment: production\n") as (w, number):
        sha = w.github.pull("acme/shop", number).head.sha
        run = w.github.environment_waits("acme/shop", "production", sha, by=CI)
        w.says("bo", number, "/golive hold the books are open")
        assert w.github.gate_answers("acme/shop", run) == [], "a hold is no answer"
        w.says("bo", number, "/golive resume")
        w.says("mina", number, "/golive reject qa it loses orders")
        ((state, comment),) = w.github.gate_answers("acme/shop", run)
        assert state == "rejected"
        assert "@mina rejected it" in comment


def test_an_environment_that_the_policy_does_not_name_is_left_alone() -> None:
    with a_release("  merge: none\n  environment: production\n") as (w, number):
        sha = w.github.pull("acme/shop", number).head.sha
        run = w.github.environment_waits("acme/shop", "staging", sha, by=CI)
        other = w.github.environment_waits("acme/shop", "production", "main", by=CI)
        approved(w, number)
        assert w.github.gate_answers("acme/shop", run) == []
        assert w.github.gate_answers("acme/shop", other) == [], "another commit is not this release's"


def test_the_same_question_again_is_answered_once() -> None:
    with a_release("  merge: none\n  environment: production\n") as (w, number):
        approved(w, number)
        sha = w.github.pull("acme/shop", number).head.sha
        run = w.github.environment_waits("acme/shop", "production", sha, by=CI)
        (question,) = w.late(w.github.courier)
        w.hand_over(w.github.courier, [question, question])
        assert len(w.github.gate_answers("acme/shop", run)) == 1
        assert calls(w, "actions/review-custom-gates-for-run") == 1


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.test/repos/acme/shop/actions/runs/7/deployment_protection_rule",
        "http://github.test/repos/acme/other/actions/runs/7/deployment_protection_rule",
        "http://github.test@evil.test/repos/acme/shop/actions/runs/7/deployment_protection_rule",
    ],
)
def test_an_answer_never_goes_to_a_foreign_address(address: str) -> None:
    with a_release("  merge: none\n  environment: production\n") as (w, number):
        approved(w, number)
        sha = w.github.pull("acme/shop", number).head.sha
        run = w.github.environment_waits("acme/shop", "production", sha, by=CI, callback_url=address)
        w.settle()
        assert w.github.gate_answers("acme/shop", run) == []
        assert calls(w, "actions/review-custom-gates-for-run") == 0
        assert "is not this repository's own" in w.title(number)


# ------------------------------------------------------------------ tags and branches


def test_a_release_without_a_merge_gets_its_tag_and_moves_its_branch_forward() -> None:
    acts = "  merge: none\n  tag: v${version}\n  branch: releases/live\n"
    with a_release(acts) as (w, number):
        w.github.create_branch("acme/shop", "releases/live", start="main", by="bo")
        approved(w, number)
        head = w.github.pull("acme/shop", number).head.sha
        assert (refs(w)["tags/v1.4"], refs(w)["heads/releases/live"]) == (head, head)
        assert not w.merged(number)
        assert "it is live" in w.title(number)
        w.later(minutes=30)
        assert calls(w, "git/create-ref") == 1


def test_a_tag_that_stands_at_the_commit_already_is_as_good_and_one_elsewhere_is_never_moved() -> None:
    with a_release("  merge: none\n  tag: v${version}\n") as (w, number):
        head, git = w.github.pull("acme/shop", number).head.sha, w.github.world.repo("acme/shop").git
        git.refs["tags/v1.4"] = elsewhere = git.refs["heads/main"]
        approved(w, number)
        assert refs(w)["tags/v1.4"] == elsewhere
        assert "it exists already" in w.title(number)
        assert w.shows(number) == "action_required"
        git.refs["tags/v1.4"] = head
        w.says("bo", number, "/golive promote")
        assert "it is live" in w.title(number)
        assert calls(w, "git/create-ref") == 0


def test_a_branch_that_went_elsewhere_is_never_forced() -> None:
    with a_release("  merge: none\n  branch: releases/live\n") as (w, number):
        other = w.github.commit("acme/shop", "releases/live", {"app.py": "hotfix\n"}, by="bo", start="main")
        approved(w, number)
        assert refs(w)["heads/releases/live"] == other
        assert "cannot be moved forward" in w.title(number)


def test_a_tag_without_a_version_is_said_before_anybody_signs() -> None:
    with a_release("  merge: none\n  tag: v${version}\n", head="release/autumn") as (w, number):
        w.github.edit_pull("acme/shop", number, title="Autumn", by="ana")
        w.settle()
        assert "needs a version" in w.title(number)
        assert w.shows(number) == "action_required"


def test_acts_without_a_merge_wait_to_be_asked_where_the_policy_says_so() -> None:
    with a_release("  merge: none\n  tag: v${version}\n  when: ask\n") as (w, number):
        approved(w, number)
        assert "waits for `/golive promote`" in w.title(number)
        assert "tags/v1.4" not in refs(w)
        w.says("mina", number, "/golive promote")
        assert "tags/v1.4" in refs(w)


def test_a_push_goes_live_by_itself_and_anew() -> None:
    with a_release("  merge: none\n  branch: releases/live\n") as (w, number):
        approved(w, number)
        sha = w.push(number)
        assert refs(w)["heads/releases/live"] != sha, "what was pushed is not signed"
        w.later(seconds=61)
        approved(w, number)
        assert refs(w)["heads/releases/live"] == sha
