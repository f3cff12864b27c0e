"""How the acts of going live stand, as tables; versions, addresses and statuses; and that the page's example loads."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import HEAD, NOW, a_policy, a_pull, a_snapshot, a_standing
from golive.core.acts import Act, Attempt, Begun, DeploymentSeen, Outside, Question, git_name_problem, version_of
from golive.core.errors import Refused
from golive.core.landing import Landed, LandingRecord
from golive.core.model import PullState, Reason, Verdict
from golive.core.policy import MergeRule
from golive.core.promotion import OVER, Promotion, after_landing, before_landing, rejecting
from golive.githubapp.deployments import run_of, seen_of
from golive.policyfile import PolicyMistakes, load

DEPLOY = Act("deploy", "production", "head", timedelta(minutes=30))
LANDED = Act("deploy", "production", "merge", timedelta(minutes=30))
MERGE, TAG, LET_IN = Act("merge"), Act("tag", "v1"), Act("environment", "production")
COMMIT = "c" * 40


def stood(acts: tuple[Act, ...], *attempts: Attempt, seen: str = "", ready: bool = True, said: str = "") -> Promotion:
    """How these acts stand before the merge, after these attempts, while a deployment is seen so."""
    standing = replace(
        a_standing(), attempts={(a.act, a.sha): a for a in attempts}, begun=Begun(HEAD.head_sha, acts, NOW)
    )
    outside = Outside({"7": DeploymentSeen(seen, said)} if seen else {})
    snapshot = a_snapshot(policy=a_policy(merge=MergeRule(), acts=acts), standing=standing, outside=outside)
    return before_landing(snapshot, ready)


def tried(state: str, minutes: int = 1, act: Act = DEPLOY) -> Attempt:
    """An attempt at the head that came to this so long ago."""
    return Attempt(act.key, HEAD.head_sha, 1, state, NOW - timedelta(minutes=minutes), ref="7", seq=3)


@pytest.mark.parametrize(
    ("attempt", "seen", "state", "codes"),
    [
        (None, "", "next", []),
        (tried("tried"), "", "next", []),
        (tried("started"), "", "waits", ["deploy_waits"]),
        (tried("started"), "waiting", "waits", ["deploy_waits"]),
        (tried("started"), "success", "done", []),
        (tried("started"), "failed", "failed", ["deploy_failed"]),
        (tried("started", 31), "waiting", "unknown", ["deploy_unknown"]),
        (tried("started", 31), "success", "done", []),
        (tried("unknown", 99), "success", "done", []),
        (tried("failed"), "success", "done", []),
        (tried("done"), "", "done", []),
    ],
)
def test_a_deployment_stands_as_its_attempt_and_its_newest_status_say(
    attempt: Attempt | None, seen: str, state: str, codes: list[str]
) -> None:
    made = stood((DEPLOY, TAG), *([attempt] if attempt else []), seen=seen)
    assert (made.rows[0].state, [r.code for r in made.reasons]) == (state, codes)
    assert made.rows[1].state == ("next" if state == "done" else "later")
    assert (made.start is not None) == (state in ("next", "done")), "only the act whose turn it is may begin"


def test_nothing_begins_while_something_is_missing() -> None:
    made = stood((DEPLOY, TAG), ready=False)
    assert (made.start, made.merges, made.begins) == (None, False, ())
    assert not stood((MERGE, LANDED), ready=False).merges
    assert stood((MERGE, LANDED)).merges


def test_a_deployment_is_looked_at_until_its_time_is_over_and_no_longer() -> None:
    assert stood((DEPLOY,), tried("started")).next_at is not None
    assert stood((DEPLOY,), tried("unknown", 31)).next_at is None


def test_a_no_go_says_no_to_every_question_about_the_head_and_to_no_other() -> None:
    asked = tuple(Question(key, "Production", sha, "x", NOW) for key, sha in (("1", HEAD.head_sha), ("2", COMMIT)))
    policy = a_policy(acts=(DEPLOY, LET_IN))
    snapshot = a_snapshot(policy=policy, standing=a_standing(), outside=Outside({}, asked))
    made = rejecting(before_landing(snapshot, ready=False), snapshot, "NO GO: it burns")
    assert [(a.question.key, a.approves, a.comment) for a in made.answers] == [("1", False, "golive: NO GO: it burns")]
    assert before_landing(snapshot, ready=True).answers == (), "the deployment comes first"


@pytest.mark.parametrize(
    ("verdict", "landed", "days", "begins"),
    [
        ("GO", "as_signed", 0, True),
        ("CONDITIONAL_GO", "as_signed", 0, True),
        ("WAIT", "as_signed", 0, False),
        ("NO_GO", "as_signed", 0, False),
        ("", "as_signed", 0, False),
        ("GO", "wrong", 0, False),
        ("GO", "untold", 0, False),
        ("GO", "", 0, False),
        ("GO", "as_signed", 8, False),
    ],
)
def test_after_the_merge_only_what_was_let_go_and_landed_as_signed_goes_on(
    verdict: str, landed: str, days: int, begins: bool
) -> None:
    acts, at = (MERGE, LANDED), NOW - timedelta(days=days, minutes=1)
    record = LandingRecord(landed=Landed(COMMIT, landed)) if landed else LandingRecord()
    standing = replace(
        a_standing(), begun=Begun(HEAD.head_sha, acts, at), merged_at=at, landed_as=verdict, landing=record
    )
    pull = a_pull(state=PullState.MERGED, merge_commit=COMMIT)
    made = after_landing(a_snapshot(pull=pull, policy=a_policy(acts=acts), standing=standing))
    assert (made.start is not None and made.start.sha == COMMIT) == begins
    assert timedelta(days=7) == OVER


@pytest.mark.parametrize("verdict", [None, Verdict.HOLD, Verdict.NO_GO])
def test_what_stops_a_landed_release_begins_nothing_and_a_no_answers_who_asks(verdict: Verdict | None) -> None:
    acts, at = (MERGE, LET_IN, TAG), NOW - timedelta(minutes=1)
    standing = replace(
        a_standing(), begun=Begun(HEAD.head_sha, acts, at), merged_at=at, landed_as="GO",
        landing=LandingRecord(landed=Landed(COMMIT, "as_signed")),
    )  # fmt: skip
    snapshot = a_snapshot(
        pull=a_pull(state=PullState.MERGED, merge_commit=COMMIT), policy=a_policy(acts=acts), standing=standing,
        outside=Outside({}, (Question("1", "production", COMMIT, "x", NOW),)),
    )  # fmt: skip
    stopped = (Reason("held", verdict, "@bo holds it.", ""),) if verdict else ()
    made = after_landing(snapshot, stopped)
    assert [answer.approves for answer in made.answers] == {None: [True], Verdict.HOLD: [], Verdict.NO_GO: [False]}[
        verdict
    ]
    assert [reason.code for reason in made.reasons] == ["held"] * bool(verdict)
    only_tag = replace(standing, begun=Begun(HEAD.head_sha, (MERGE, TAG), at))
    made = after_landing(replace(snapshot, policy=a_policy(acts=(MERGE, TAG)), standing=only_tag), stopped)
    assert (made.start is not None) == (verdict is None)


@pytest.mark.parametrize(
    ("head", "title", "version"),
    [
        ("release/1.3", "Anything", "1.3"),
        ("release/v1.3.0-rc.1", "", "1.3.0-rc.1"),
        ("release-1.3", "", "1.3"),
        ("release/2026-11", "", "2026-11"),
        ("hotfix/login", "Release 1.4", "1.4"),
        ("release-please--branches--main", "chore(main): release 1.3.0", "1.3.0"),
        ("release/next", "Fix 3 bugs", ""),
        ("feature/x2", "", ""),
    ],
)
def test_a_version_is_read_from_the_branch_or_the_title(head: str, title: str, version: str) -> None:
    assert version_of(head, title) == version


@pytest.mark.parametrize("name", ["", "-x", "a..b", "a/", "a.lock", "a b", "a~1", "x/.y", "a//b", "@{0}"])
def test_git_would_not_have_such_a_name(name: str) -> None:
    assert git_name_problem(name)


API = "https://ghe.example.com/api/v3"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/api/v3/repos/acme/shop/actions/runs/7/deployment_protection_rule",
        "https://ghe.example.com:444/api/v3/repos/acme/shop/actions/runs/7/deployment_protection_rule",
        "http://ghe.example.com/api/v3/repos/acme/shop/actions/runs/7/deployment_protection_rule",
        "https://ghe.example.com/repos/acme/shop/actions/runs/7/deployment_protection_rule",
        "https://ghe.example.com/api/v3/repos/acme/other/actions/runs/7/deployment_protection_rule",
        "https://ghe.example.com/api/v3/repositories/8/actions/runs/7/deployment_protection_rule",
        "https://ghe.example.com/api/v3/repos/acme/shop/../other/actions/runs/7/deployment_protection_rule",
        "https://ghe.example.com/api/v3/repos/acme/shop/actions/runs/7/deployment_protection_rule?x=1",
        "https://ghe.example.com@evil.example.com/api/v3/repos/acme/shop/actions/runs/7/deployment_protection_rule",
        "https://[oops/", "", "7",
    ],
)  # fmt: skip
def test_an_address_that_is_not_ours_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="not this repository's own"):
        run_of(address, API, "acme/shop", 9)


def test_our_own_address_names_the_run() -> None:
    for path in ("repos/Acme/Shop", "repositories/9"):
        assert run_of(f"{API}/{path}/actions/runs/7/deployment_protection_rule", API, "acme/shop", 9) == 7


@pytest.mark.parametrize(
    ("states", "seen"),
    [
        ((), "waiting"),
        (("queued", "in_progress"), "waiting"),
        (("in_progress", "success"), "success"),
        (("in_progress", "failure"), "failed"),
        (("error",), "failed"),
        (("failure", "success"), "success"),
        (("success", "failure"), "failed"),
        (("success", "inactive"), "success"),
        (("in_progress", "inactive"), "failed"),
        (("inactive",), "failed"),
    ],
)
def test_the_newest_status_counts(states: tuple[str, ...], seen: str) -> None:
    told = [{"id": number, "state": state} for number, state in enumerate(states, 1)]
    assert seen_of(told).state == seen_of(told[::-1]).state == seen


def test_the_example_on_the_page_loads() -> None:
    page = (Path(__file__).parents[2] / "docs" / "promotion.md").read_text("utf-8")
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found, "docs/promotion.md shows no policy any more"
    policy = load(found[1], {})
    assert [act.key for act in policy.acts] == ["merge", "deploy:staging", "environment:production", "tag:v${version}"]
    assert policy.acts[1].ref == "merge"


PART = """\
version: 1
project: x
releases: [{{name: production, base: main, head: "release/**"}}]
signoffs: [{{group: g, roles: [{{role: qa, from: ["@ana"]}}]}}]
promotion:
{}
"""


@pytest.mark.parametrize(
    ("lines", "place", "what"),
    [
        ("  tag: v1", "6:3", "not said whether golive merges"),
        ("  merge: none\n  tag: v${versoin}", "7:8", "no name ${versoin}"),
        ("  merge: none\n  tag: refs/tags/v1", "7:8", "Write `v1`"),
        ("  merge: none\n  tag: -v", "7:8", "cannot be a name in git"),
        ("  merge: none\n  deploy: {environment: p, ref: merge}", "7:33", "no merged commit yet"),
        ("  deploy: {environment: p, ref: merge}\n  merge: {}", "6:33", "no merged commit yet"),
        ("  merge: none\n  branch: main", "7:11", "must not be moved besides"),
        ("  merge: {}\n  environment: p\n  when: ask", "8:9", "said by `merge.when` already"),
        ("  merge: none\n  when: ask", "7:9", "nothing to do then"),
        ("  merge: none\n  deploy: {environment: p, wait: 8d}", "7:34", "nobody waits that long"),
        ("  merge: none\n  tags: v1", "7:3", "Did you mean `tag`?"),
        ("  merge: none\n  tag:", "7:7", "this key has no value"),
    ],
)
def test_a_promotion_that_cannot_be_is_a_mistake_in_its_place(lines: str, place: str, what: str) -> None:
    with pytest.raises(PolicyMistakes) as caught:
        load(PART.format(lines), {})
    assert f":{place}:" in str(caught.value)
    assert what in str(caught.value)


def test_what_goes_live_by_itself_asks_for_something_first() -> None:
    text = "\n".join(line for line in PART.format("  environment: p").splitlines() if "signoffs" not in line)
    with pytest.raises(PolicyMistakes, match="would go live at once"):
        load(text, {})
    load(f"{text}\n  when: ask", {})
