"""A release without a server: each event is one run that keeps no database, with an App or with a workflow's own token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from gate_world import POLICY, GateWorld, a_gate
from golive.standins.wire import Exchange, Next, Request, Response
from golive.wiring.serverless import Asked, Serverless
from lifecycle import counting

FOLLOWS = "on: {workflow_dispatch: {inputs: {pull: {}, head: {}, commit: {}, decision: {}}}}\njobs: {}\n"
SETTLED = 12
"""Requests of a run that finds nothing new."""
BOTH = pytest.mark.parametrize("token", [False, True], ids=["App", "token"])


@contextmanager
def writing(w: GateWorld) -> Iterator[Counter[str]]:
    """What was written meanwhile, by operation."""
    wrote: Counter[str] = Counter()

    def note(exchange: Exchange) -> None:
        done = exchange.request.method not in ("GET", "HEAD") and exchange.response.status < 300
        if done and "access-token" not in exchange.operation:
            wrote[exchange.operation] += 1

    w.github.observers.append(note)
    try:
        yield wrote
    finally:
        w.github.observers.remove(note)


def update(w: GateWorld, number: int) -> str:
    """Main gets a commit, and the release takes it in: a clean update."""
    w.later(seconds=2)
    w.github.commit("acme/shop", "main", {f"other{w.clock():%M%S}.py": "1\n"}, by="bo", message="Else")
    sha = w.github.merge_base_into("acme/shop", w.github.pull("acme/shop", number).head.ref, by="ana")
    w.ci_says("success", number)
    w.settle()
    return str(sha)


@BOTH
def test_a_release_is_shown_signed_and_merged_by_runs_alone(token: bool) -> None:
    with a_gate(token=token) as w:
        number = w.release()
        assert w.shows(number) == "in_progress"
        assert w.verdict(number) == "WAIT"
        w.signed(number)
        assert w.merged(number), w.reasons(number)
        assert len(w.our_runs(w.github.pull("acme/shop", number).head.sha)) == 1
        assert "Merged" in w.sticky(number).body
        statuses = w.github.world.repo("acme/shop").statuses.get(w.github.pull("acme/shop", number).head.sha, [])
        ours = [s for s in statuses if s.context == "golive"]
        assert (ours[-1].state if ours else "") == ("success" if token else "")


@BOTH
def test_a_run_that_finds_nothing_new_writes_nothing_and_asks_little(token: bool) -> None:
    one_each = POLICY.replace(', "@zoe"', "").replace(', "@sue"', "")  # whoever has said nothing yet is looked up
    with a_gate(token=token, policy=one_each) as w:
        number = w.release()
        w.says("bo", number, "/golive hold the shop is full")
        w.signed(number)
        w.run(number)
        for _ in range(2):
            with counting(w) as counted, writing(w) as wrote:
                w.run(number)
            assert not wrote, "a run that is taken twice posts nothing twice"
            assert counted.total <= SETTLED, counted.table()
        assert w.verdict(number) == "HOLD"


@BOTH
def test_a_sign_off_outlives_a_push_that_only_brings_in_the_base(token: bool) -> None:
    with a_gate(token=token) as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        update(w, number)
        assert w.reasons(number) == ["role_missing"], "mina's sign-off is of the same code"
        w.push(number)
        assert w.reasons(number) == ["role_missing", "role_missing"], "it is other code now"


def test_without_a_key_nothing_outlives_a_push() -> None:
    with a_gate(key="") as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        assert w.reasons(number) == ["role_missing"]
        assert "golive-state" not in w.sticky(number).body
        update(w, number)
        assert w.reasons(number) == ["role_missing", "role_missing"]
        w.signed(number)
        assert w.merged(number)


@BOTH
@pytest.mark.parametrize("key", ["", "another key that is as long as it has to be"], ids=["no key", "key"])
def test_lost_runs_cost_only_time(token: bool, key: str) -> None:
    with a_gate(token=token, key=key) as w:
        w.automatic = False
        number = w.release()
        w.run(event=w.events.pop(0))  # the one that says who pushed
        w.events.clear()
        w.signed(number)
        w.events.clear()
        assert not w.merged(number)
        w.scheduled(hours=1)
        assert w.merged(number), w.reasons(number)


def no_activities(request: Request, call: Next) -> Response:
    """A GitHub that does not list them: an old one, or one on which golive may not read them."""
    return Response.of(404, {"message": "Not Found"}) if request.path.endswith("/activity") else call(request)


def test_a_push_whose_run_was_lost_waits_for_who_pushed() -> None:
    for key in ("", "k" * 32):
        with a_gate(key=key) as w:
            number = w.release()
            w.github.interceptors.append(no_activities)
            w.automatic = False
            w.push(number, by="mina")
            w.events.clear()
            w.automatic = True
            w.says("mina", number, "/golive approve qa")
            w.says("sam", number, "/golive approve security")
            assert "pusher_unknown" in w.reasons(number), "nobody may sign for what they pushed themselves"
            assert not w.merged(number)


def test_who_pushed_is_asked_of_github_where_the_run_of_the_push_was_lost() -> None:
    with a_gate() as w:
        number = w.release()
        w.automatic = False
        w.push(number, by="mina")
        w.events.clear()
        w.automatic = True
        w.signed(number)
        assert w.reasons(number) == ["role_missing"], "mina may not sign for what she pushed, and sam may"
        w.says("zoe", number, "/golive approve qa")
        assert w.merged(number)


RESUMES = """\
name: Release
on:
  workflow_dispatch:
    inputs: {pull: {required: true}, sha: {required: true}, decision: {required: true}}
"""
"""Its runs' names say nothing of the decision."""


def test_what_follows_the_merge_is_started_once_with_the_token_too() -> None:
    policy = POLICY + "  after_merge: [release.yml]\n"
    with a_gate(token=True, policy=policy) as w:
        w.github.commit("acme/shop", "main", {".github/workflows/release.yml": FOLLOWS}, by="bo", message="W")
        with writing(w) as wrote:
            number = w.release()
            w.signed(number)
            w.run(number)
            w.run(number)
        assert w.merged(number)
        assert wrote["actions/create-workflow-dispatch"] == 1, wrote


def test_what_goes_on_with_a_release_is_started_once_by_runs_that_remember_and_refused_without_a_key() -> None:
    policy = POLICY.partition("promotion:")[0] + "promotion:\n  merge: none\n  resume: {workflow: release.yml}\n"
    for key in ("k" * 32, ""):
        with a_gate(token=True, policy=policy, key=key) as w:
            w.github.commit("acme/shop", "main", {".github/workflows/release.yml": RESUMES}, by="bo", message="W")
            with writing(w) as wrote:
                number = w.release()
                w.signed(number)
                for _ in range(3):
                    w.later(seconds=100)
                    w.run(number)
            assert wrote["actions/create-workflow-dispatch"] == (1 if key else 0), wrote
            if not key:
                assert w.reasons(number) == ["policy_mistake"]
                assert "without a state key" in w.summary(number)


class TestAnEarlierState:
    """Somebody who may edit golive's comment puts back what it carried before."""

    def told(self, w: GateWorld, number: int) -> str:
        return " ".join(next(one for one in w.looked if one.number == number).notes)

    def put_back(self, w: GateWorld, number: int, body: str) -> None:
        w.automatic = False
        w.github.edit_comment("acme/shop", w.sticky(number).id, by="bo", body=body)
        w.github.courier.pump()
        w.events.clear()

    def test_does_not_count_on_the_head_that_a_later_one_was_published_for(self) -> None:
        with a_gate() as w:
            number = w.release()
            w.signed_by("mina", number, "qa")
            before = w.sticky(number).body
            update(w, number)
            assert w.reasons(number) == ["role_missing"]
            self.put_back(w, number, before)
            w.run(number)
            assert "does not count" in self.told(w, number)
            assert w.reasons(number) == ["role_missing", "role_missing"], "only what is shown now may be signed now"
            w.run(number)
            assert not self.told(w, number), "the state was written anew, and is the newest"

    def test_does_not_count_on_a_head_that_nothing_was_published_for(self) -> None:
        with a_gate() as w:
            number = w.release()
            w.signed_by("mina", number, "qa")
            before = w.sticky(number).body
            update(w, number)
            w.automatic = False
            update(w, number)
            self.put_back(w, number, before)
            w.run(number)
            assert "another commit was shown after" in self.told(w, number)
            assert w.reasons(number).count("role_missing") == 2

    def test_of_another_pull_request_or_with_a_changed_byte_does_not_count(self) -> None:
        with a_gate() as w:
            number = w.release()
            w.signed_by("mina", number, "qa")
            other = w.release(head="release/1.5")
            body = w.sticky(other).body.replace(f"sticky:{other} -->", f"sticky:{number} -->")
            self.put_back(w, number, body)
            w.run(number)
            assert "not written with this key, or it was changed" in self.told(w, number)

    def test_is_taken_from_nobody_elses_comment(self) -> None:
        with a_gate() as w:
            number = w.release()
            w.signed_by("mina", number, "qa")
            w.automatic = False
            body = w.sticky(number).body
            w.github.delete_comment("acme/shop", w.sticky(number).id, by="bo")
            w.github.comment("acme/shop", number, by="bo", body=body)
            w.github.courier.pump()
            w.events.clear()
            w.run(number)
            ours = [body for body in w.our_comments(number) if "golive:sticky" in body]
            assert len(ours) == 1, "it is written anew, once"


def test_an_interrupted_run_is_made_good_by_the_next() -> None:
    """GitHub fails at the Nth write; whatever was left half-way, the next run ends at the same."""
    for at in range(1, 9):
        with a_gate() as w:
            w.automatic = False
            number = w.release()
            event = w.events.pop(0)
            seen = Counter[str]()

            def fail(exchange: Exchange, at: int = at, seen: Counter[str] = seen) -> None:
                if exchange.request.method in ("POST", "PATCH") and "access-token" not in exchange.operation:
                    seen["writes"] += 1
                    if seen["writes"] == at:
                        raise ConnectionError("cut")

            w.github.observers.append(fail)
            w.run(event=event)
            w.github.observers.remove(fail)
            w.run(event=event)
            w.run(number)
            assert len([b for b in w.our_comments(number) if "golive:sticky" in b]) == 1, f"cut at write {at}"
            assert len([b for b in w.our_comments(number) if "golive:request" in b]) == 1, f"cut at write {at}"
            assert len(w.our_runs(w.github.pull("acme/shop", number).head.sha)) == 1, f"cut at write {at}"
            w.events.clear()
            w.automatic = True
            w.signed(number)
            assert w.merged(number), f"cut at write {at}: {w.reasons(number)}"


def test_with_a_token_a_role_from_a_team_is_a_mistake_that_names_the_alternatives() -> None:
    policy = POLICY.replace('["@sam", "@sue"]', "[acme/security]")
    with a_gate(token=True, policy=policy) as w:
        number = w.release()
        assert w.reasons(number) == ["policy_mistake"]
        assert "permission:write" in w.summary(number)
    with a_gate(policy=policy) as w:
        assert w.reasons(w.release()) == ["role_missing", "role_missing"]


def test_with_a_token_a_change_of_workflows_is_left_to_a_person() -> None:
    with a_gate(token=True) as w:
        w.github.commit("acme/shop", "release/2", {".github/workflows/a.yml": "on: push\n"}, by="ana", message="W")
        number = w.github.open_pull("acme/shop", head="release/2", title="Release 2.0", by="ana")
        w.ci_says("success", number)
        w.settle()
        w.signed(number)
        assert not w.merged(number)
        assert any("workflow" in code for code in w.reasons(number)), w.reasons(number)


def test_a_reaction_counts_for_the_commit_it_was_given_for_and_is_gone_when_it_is_taken_back() -> None:
    with a_gate() as w:
        number = w.release()
        w.later(seconds=2)
        asked = w.ask_comment(number)
        w.github.react("acme/shop", asked, by="mina", content="+1")
        w.run(number)
        assert w.reasons(number) == ["role_missing"]
        update(w, number)
        assert w.reasons(number) == ["role_missing"], "it was given for the same code"
        w.github.unreact("acme/shop", asked, by="mina")
        w.run(number)
        assert w.reasons(number) == ["role_missing", "role_missing"]


@pytest.mark.parametrize("token", [True, False], ids=["token", "app"])
def test_a_release_where_nothing_is_new_is_read_in_12_requests_and_written_in_none_however_much_later(
    token: bool,
) -> None:
    policy = POLICY.replace(', "@zoe"', "").replace(', "@sue"', "")
    with a_gate(token=token, policy=policy) as w:
        number = w.release()
        w.says("bo", number, "/golive hold the shop is full")
        w.signed(number)
        for later in ({"seconds": 10}, {"minutes": 2}, {"hours": 5}):
            w.later(**later)
            with counting(w) as counted:
                w.run(number)
            assert counted.total <= 12, f"{later}: {counted.table()}"
            assert not [name for name in counted.cost if name.split("/")[1].startswith(("create", "update"))], (
                counted.table()
            )


def test_a_question_is_answered_once() -> None:
    with a_gate() as w:
        number = w.release()
        w.says("eve", number, "/golive status")
        w.run(number)
        assert len(w.answers(number)) == 1


def test_two_pull_requests_with_one_head_share_a_check_run_and_keep_their_states() -> None:
    with a_gate() as w:
        first = w.release()
        w.github.commit("acme/shop", "next", {"app.py": "print('2')\n"}, by="bo", message="Next")
        second = w.github.open_pull("acme/shop", head="release/1.4", base="next", title="Release 1.4", by="ana")
        w.settle()
        w.signed_by("mina", first, "qa")
        w.run(first)
        assert not next(one for one in w.looked if one.number == first).notes
        assert second != first


def test_two_releases_with_one_head_of_which_one_is_rejected_come_to_rest_in_one_run() -> None:
    with a_gate() as w:
        first = w.release()
        w.github.create_branch("acme/shop", "release/1.5", start=w.github.pull("acme/shop", first).head.sha, by="mina")
        second = w.github.open_pull("acme/shop", head="release/1.5", title="The same", by="mina")
        w.settle()
        w.says("zoe", second, "/golive reject it is slow")
        says = {}
        for number in (second, first):
            w.run(number)
            (looked,) = (one for one in w.looked if one.number == number)
            assert not looked.failed
            says[number] = looked.decision.headline if looked.decision else ""
        assert says == {
            first: f"0/2 — NO GO: #{second} has the same head commit: 0/2 — NO GO: @zoe rejected it for qa.",
            second: "0/2 — NO GO: @zoe rejected it for qa.",
        }


def test_two_releases_with_one_head_keep_their_states_when_runs_see_one_of_them_at_a_time() -> None:
    with a_gate() as w:
        first = w.release()
        w.github.create_branch("acme/shop", "release/1.5", start=w.github.pull("acme/shop", first).head.sha, by="mina")
        second = w.github.open_pull("acme/shop", head="release/1.5", title="The same", by="mina")
        w.settle()
        for number in (first, second):
            w.says("zoe", number, "/golive approve qa")
            assert w.reasons(number)[:1] == ["role_missing"]
        w.says("zoe", second, "/golive reject it is slow")
        w.later(seconds=2)
        w.push(second, by="mina")
        w.later(seconds=2)
        w.run(first, second)
        assert [one.notes for one in w.looked] == [(), ()], "a state of a release was not recognised as the newest"
        w.says("sam", first, "/golive approve security")
        assert w.merged(first), w.reasons(first)


def test_a_hiccup_while_a_run_begins_with_a_release_loses_nothing_of_it() -> None:
    with a_gate() as w:
        number = w.release()
        w.signed_by("zoe", number, "qa")
        w.later(seconds=2)
        w.automatic = False
        w.push(number, by="mina")
        w.events.clear()
        failed = []

        def once(request: Request, call: Next) -> Response:
            if request.path.endswith("/activity") and not failed:
                failed.append(request)
                return Response.of(502, {"message": "Server Error"})
            return call(request)

        w.github.interceptors.append(once)
        (looked,) = w.run(number)
        assert failed
        assert not looked.failed, looked.failed
        assert "pusher_unknown" not in w.reasons(number)


def test_results_that_were_handed_over_count_for_the_head_they_name_and_for_no_other() -> None:
    policy = POLICY.replace("checks:\n", "checks:\n  - {id: unit, uses: junit, with: {files: r.xml, min_pass: 95%}}\n")
    with a_gate(policy=policy) as w:
        number = w.release()
        assert "check_pending" in w.reasons(number)
        head = w.github.pull("acme/shop", number).head.sha
        decision = w.looked[-1].decision
        assert decision is not None
        assert "check unit (handed to the gate by a workflow)" in decision.headline
        awaited = next(reason.sentence for reason in decision.reasons if reason.subject == "unit")
        assert "`golive check --for-gate` writes the file" in awaited, "nobody reports to a run"
        digest = next(one.digest for one in decision.checks if one.rule.id == "unit")

        def told(sha: str, outcome: str) -> dict[str, object]:
            finding = {
                "check": "unit", "digest": digest, "outcome": outcome, "summary": "as it came", "measured": "100%",
                "expected": ">=95%", "source": "r.xml", "strength": "imported", "golive": "0", "commit": sha,
                "taken_at": w.clock().isoformat(timespec="microseconds"), "valid_until": "", "measures": [], "details": [],
                "samples": None, "seconds": 0.1, "attempts": 1, "undecided": False,
            }  # fmt: skip
            return {"format": "golive-results", "version": 1, "pull": number, "head": sha, "results": [finding]}

        w.results = told("f" * 40, "passed")
        w.run(number)
        assert "check_pending" in w.reasons(number), "another head's results say nothing of this one"
        w.results = told(head, "failed")
        w.run(number)
        assert "check_failed" in w.reasons(number)
        w.later(seconds=2)
        w.results = told(head, "passed")
        w.run(number)
        w.results = None
        w.run(number)
        assert w.reasons(number) == ["role_missing", "role_missing"], "they last from run to run"


@BOTH
def test_what_is_no_release_gets_the_check_at_once_and_no_comment(token: bool) -> None:
    with a_gate(token=token) as w:
        w.github.commit("acme/shop", "feature", {"app.py": "2\n"}, by="ana", message="F")
        number = w.github.open_pull("acme/shop", head="feature", title="A feature", by="ana")
        w.settle()
        assert w.shows(number) == "success"
        assert not w.our_comments(number)
        with writing(w) as wrote:
            w.run(number)
        assert not wrote


def test_a_base_without_a_policy_gets_nothing() -> None:
    with a_gate() as w:
        w.github.create_branch("acme/shop", "wild", by="bo")
        w.github.commit("acme/shop", "wild", {".github/golive.yml": None}, by="bo", message="No policy")
        w.github.commit("acme/shop", "feature", {"app.py": "2\n"}, by="ana", message="F")
        number = w.github.open_pull("acme/shop", head="feature", base="wild", title="A feature", by="ana")
        w.settle()
        assert not w.our_runs(w.github.pull("acme/shop", number).head.sha)


def test_a_closed_release_is_told_and_opened_again_goes_on() -> None:
    with a_gate() as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        w.github.close_pull("acme/shop", number, by="ana")
        w.settle()
        assert "Closed without landing" in w.sticky(number).body
        w.github.reopen_pull("acme/shop", number, by="ana")
        w.settle()
        assert w.reasons(number) == ["role_missing"]


def test_a_token_that_has_ended_is_told_as_such() -> None:
    with a_gate(token=True) as w:
        number = w.release()
        w.github.gate.tokens.clear()
        settings = w.settings().model_copy(update={"github_token": SecretStr("ghs_ended")})
        asked = Asked("acme/shop", w.repo_id, (number,))
        (looked,) = Serverless(settings, asked, w.clock, lambda seconds: None).run()
        assert "does not take the token" in looked.failed
        assert looked.decision is None
