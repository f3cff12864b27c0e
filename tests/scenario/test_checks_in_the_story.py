"""Readiness checks inside a release's story: what fails, what could not tell, what is taken once more before the merge."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from golive.standins.wire import Next, Request, Response
from world import POLICY, a_world

DRILL = POLICY.replace(
    "signoffs:\n",
    """\
  - id: dr-drill
    name: Recovery was drilled
    uses: attest
    with: {{role: qa, statement: Disaster recovery was drilled, evidence: url, max_age: 2d}}
signoffs:
""",
)


class Beside:
    """Runs checks only when told to, as a pool would while a check takes long."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, run: Callable[[], None]) -> None:
        self.waiting.append(run)

    def finish(self) -> None:
        """Let everything that was submitted end."""
        while self.waiting:
            self.waiting.pop(0)()


def test_a_failing_service_is_a_no_go_that_says_what_to_do_and_goes_on_after_re_run() -> None:
    policy = POLICY.replace("    severity: critical\n", "    severity: critical\n    action: Start the shop\n", 1)
    with a_world(policy=policy) as w:
        w.sample.status = 503
        number = w.asked()
        w.signed(number)
        assert w.shows(number) == "failure"
        assert "503" in w.title(number), w.title(number)
        assert "Start the shop" in w.summary(number), "a failure must say what to do"
        assert not w.merges(number)
        w.sample.status = 200
        w.later(minutes=20)
        asked = w.sample.asked
        assert w.shows(number) == "failure", "it went green without anybody asking for another look"
        w.github.rerequest("acme/shop", w.our_runs(w.github.pull("acme/shop", number).head.sha)[-1].id, by="ana")
        w.settle()
        assert w.sample.asked > asked
        assert w.merged(number), w.title(number)


def test_what_needs_a_failed_check_is_blocked_and_counted_once() -> None:
    with a_world() as w:
        w.sample.state = "down"
        number = w.release()
        title, summary = w.title(number), w.summary(number)
        assert "NO GO" in title
        assert "more)" not in title, f"the blocked check was counted as another blocker: {title}"
        assert "CI is green: not run, because healthy did not pass" in summary, summary


@pytest.mark.parametrize("conclusion", ["failure", "neutral", "skipped", "cancelled", "timed_out"])
def test_a_ci_that_did_not_succeed_stops_the_release(conclusion: str) -> None:
    with a_world() as w:
        number = w.asked()
        w.ci_says(conclusion, number)
        w.settle()
        w.signed(number)
        assert w.shows(number) == "failure", w.title(number)
        assert f"concluded {conclusion}" in w.summary(number).replace("\\", "")
        assert not w.merges(number)
        w.ci_says("success", number)
        w.settle()
        assert w.merged(number), "CI turned green and the release did not go on by itself"


def test_a_running_ci_is_awaited_and_another_apps_run_of_the_same_name_does_not_count() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
        sha = w.github.pull("acme/shop", number).head.sha
        w.github.check_run("acme/shop", sha, name="build", app="impostor", conclusion="success")
        w.settle()
        w.later(seconds=61)
        w.signed(number)
        assert w.shows(number) == "in_progress"
        assert "check ci" in w.title(number), w.title(number)
        assert "impostor" in w.summary(number), "it is not said why the run that is there does not count"
        run = w.github.check_run("acme/shop", sha, name="build", app="ci", status="in_progress")
        w.settle()
        assert w.shows(number) == "in_progress"
        w.github.check_run("acme/shop", sha, name="build", app="ci", conclusion="success", id=run)
        w.settle()
        assert w.merged(number), w.title(number)


def test_a_ci_that_is_started_again_is_awaited_again() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        sha = w.github.pull("acme/shop", number).head.sha
        w.github.check_run("acme/shop", sha, name="build", app="ci", status="in_progress")
        w.settle()
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number), "the older run's success let a re-run pass"
        w.ci_says("failure", number)
        w.settle()
        assert w.shows(number) == "failure"


@pytest.mark.parametrize("still_healthy", [True, False])
def test_sign_offs_that_come_an_hour_later_rest_on_checks_taken_once_more(still_healthy: bool) -> None:
    with a_world() as w:
        number = w.asked()
        before = w.sample.asked
        w.later(hours=1)
        assert w.sample.asked == before, "a check was taken again though nothing was to be acted on"
        if not still_healthy:
            w.sample.status = 500
        w.signed(number)
        assert w.sample.asked == before + 1, "the check was not taken once more before the merge"
        if still_healthy:
            assert w.merged(number), w.title(number)
        else:
            assert not w.merges(number), "a service that had failed meanwhile was merged on an old result"
            assert w.shows(number) == "failure"


def test_a_lost_merge_answer_does_not_lead_to_a_second_merge_of_stale_checks() -> None:
    with a_world() as w:
        number = w.asked()
        w.later(hours=1)
        w.says("mina", number, "/golive approve qa")
        w.later(hours=1)
        before = w.sample.asked
        w.says("sam", number, "/golive approve security")
        assert w.sample.asked == before + 1
        assert [m.status for m in w.merges(number)] == [200]


def test_a_hung_service_is_unknown_and_never_passed() -> None:
    policy = POLICY.replace("    severity: critical\n", "    severity: critical\n    timeout: 1s\n", 1)
    with a_world(policy=policy) as w:
        w.sample.delay = 1.5
        number = w.asked()
        w.signed(number)
        assert w.shows(number) == "failure"
        assert "no complete answer within" in w.summary(number), w.summary(number)
        assert "could not tell" in w.summary(number)
        assert not w.merges(number)
        w.sample.delay = 0.0
        w.later(seconds=61)
        assert w.merged(number), "what could not tell is to be taken again by itself"


def test_a_check_that_takes_long_delays_neither_a_hold_nor_a_sign_off() -> None:
    beside = Beside()
    with a_world(executor=beside) as w:
        number = w.asked()
        assert len(beside.waiting) == 1, "one run per check, revision and attempt"
        assert "check" in w.title(number)
        w.says("mina", number, "/golive hold wait for me")
        assert w.shows(number) == "action_required"
        w.says("mina", number, "/golive resume")
        w.signed(number)
        assert w.title(number).startswith("2/2"), w.title(number)
        assert not w.merges(number)
        assert len(beside.waiting) == 1, "every turn started the same attempt again"
        for _ in range(4):
            beside.finish()
            w.settle()
        assert w.merged(number), w.title(number)


def test_a_late_result_for_an_older_revision_does_not_count() -> None:
    beside = Beside()
    with a_world(executor=beside) as w:
        number = w.asked()
        old = beside.waiting[:]
        beside.waiting.clear()
        w.push(number)
        w.later(seconds=61)
        w.signed(number)
        for run in old:
            run()
        w.settle()
        assert not w.merges(number), "a result for the old commit passed the new one"
        assert "check" in w.title(number)
        for _ in range(4):
            beside.finish()
            w.settle()
        assert w.merged(number), w.title(number)


def test_an_attested_check_waits_for_its_role_and_its_link() -> None:
    with a_world(policy=DRILL) as w:
        number = w.asked()
        w.signed(number)
        assert w.shows(number) == "in_progress"
        assert "check dr-drill" in w.title(number), w.title(number)
        w.says("sam", number, "/golive attest dr-drill https://wiki.example.com/drill")
        assert "Only" in w.answers(number)[-1], "sam fills security, and qa was to attest"
        w.says("mina", number, "/golive attest dr-drill we did it")
        w.later(seconds=91)  # what changes nobody's verdict may rest for a while
        assert "link" in w.current_run(number).output["text"]
        assert not w.merges(number)
        w.says("mina", number, "/golive attest nothing-such https://wiki.example.com/drill")
        assert "dr-drill" in w.answers(number)[-1]
        w.says("mina", number, "/golive attest dr-drill https://wiki.example.com/drill")
        assert w.merged(number), w.title(number)


def test_an_attestation_expires_by_time_alone() -> None:
    with a_world(policy=DRILL) as w:
        number = w.asked()
        w.says("mina", number, "/golive attest dr-drill https://wiki.example.com/drill")
        w.later(days=1)
        assert "dr-drill" not in w.title(number), w.title(number)
        w.later(days=1, hours=1)
        assert w.shows(number) == "failure", "the attestation is older than its max_age and still counts"
        assert "attest anew" in w.summary(number)
        w.says("zoe", number, "/golive attest dr-drill https://wiki.example.com/drill-2")
        assert w.shows(number) == "in_progress", w.title(number)
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_deleted_attestation_no_longer_counts() -> None:
    with a_world(policy=DRILL) as w:
        number = w.asked()
        comment = w.says("mina", number, "/golive attest dr-drill https://wiki.example.com/drill")
        w.later(seconds=91)  # what changes nobody's verdict may rest for a while
        assert "dr-drill" not in w.title(number)
        w.github.delete_comment("acme/shop", comment, by="mina")
        w.later(seconds=91)
        assert "dr-drill" in w.title(number), w.title(number)
        w.signed(number)
        assert not w.merges(number)


def test_ci_that_turns_while_golive_is_looking_is_looked_at_again() -> None:
    """The answer was read before CI turned and recorded after the event said so: the event must not be lost on it."""
    with a_world() as w:
        w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release 1.4")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
        turned: list[str] = []

        def ci_turns_meanwhile(request: Request, call: Next) -> Response:
            answer = call(request)
            if request.method == "GET" and request.path.endswith("/check-runs") and not turned:
                turned.append("success")
                w.ci_says("success", number)
                w.github.courier.pump()
                assert w.golive is not None
                w.golive.work.run_due()
            return answer

        w.github.interceptors.append(ci_turns_meanwhile)
        w.settle()
        assert turned, "golive never asked for the check run"
        w.later(seconds=91)  # what changes nobody's verdict may rest for a while
        assert "check" not in w.title(number), "the pending answer was kept although CI had turned since"
