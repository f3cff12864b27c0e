"""What a release costs of GitHub's quota, counted by the stand-in, which takes it off as GitHub does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from golive.standins.wire import Next, Request, Response
from lifecycle import counting, play, policy
from world import POLICY, World, a_world

LIFECYCLE = 60
"""The promise; it was 53 when this line was written."""
PER_WEBHOOK = 3


def known_a_while(w: World) -> None:
    """golive was installed some time ago, and has had its first look at how the branch is guarded."""
    w.settle()
    w.later(minutes=12)


@pytest.fixture(scope="module")
def settled() -> Iterator[tuple[World, int]]:
    """A release with its request posted, where nothing moves any more."""
    with a_world() as w:
        number = w.asked()
        w.later(minutes=3)
        yield w, number


def test_a_whole_release_stays_within_its_budget_and_reads_most_things_for_free() -> None:
    with a_world(policy=policy()) as w:
        known_a_while(w)
        with counting(w) as counted:
            number = play(w)
        assert w.merged(number), w.title(number)
        assert len(w.merges(number)) == 1
    assert counted.total <= LIFECYCLE, f"it cost {counted.total}:\n{counted.table()}"
    assert counted.free.total() > counted.total, "most reads are answered 304"


@pytest.mark.parametrize("event", ["a status", "a check run of nobody", "talk", "a label", "a push elsewhere"])
def test_a_webhook_on_a_settled_release_costs_at_most_three(settled: tuple[World, int], event: str) -> None:
    w, number = settled
    sha = w.github.pull("acme/shop", number).head.sha
    with counting(w) as counted:
        match event:
            case "a status":
                w.github.status("acme/shop", sha, context="coverage", state="success", by="eve")
            case "a check run of nobody":
                w.github.check_run("acme/shop", sha, name="lint", app="ci", conclusion="success")
            case "talk":
                w.github.comment("acme/shop", number, by="eve", body="Nice.")
            case "a label":
                w.github.label("acme/shop", number, "kind/feature", by="bo")
            case "a push elsewhere":
                w.github.commit("acme/shop", "topic", {"b.py": "1\n"}, by="ana", message="Else")
        w.settle()
    assert counted.total <= PER_WEBHOOK, counted.table()


@pytest.mark.parametrize("event", ["a status", "a check run of nobody", "talk"])
def test_what_the_policy_does_not_depend_on_costs_no_request_at_all(settled: tuple[World, int], event: str) -> None:
    w, number = settled
    sha = w.github.pull("acme/shop", number).head.sha
    with counting(w) as counted:
        if event == "a status":
            w.github.status("acme/shop", sha, context="coverage", state="failure", by="eve")
        elif event == "talk":
            w.github.comment("acme/shop", number, by="eve", body="Still nice.")
        else:
            w.github.check_run("acme/shop", sha, name="lint", app="ci", conclusion="failure")
        w.settle()
    assert (counted.total, counted.free.total()) == (0, 0), counted.table()


def test_a_burst_of_deliveries_is_one_look() -> None:
    with a_world(policy=policy()) as w:
        number = w.release()
        w.later(minutes=2)
        sha = w.github.pull("acme/shop", number).head.sha
        for n in range(27):
            w.github.check_run("acme/shop", sha, name=f"job {n}", app="ci", conclusion="success")
        with counting(w) as counted:
            w.settle()
        assert counted.cost["checks/list-for-ref"] == 1, counted.table()
        assert counted.cost["checks/update"] <= 2, counted.table()


def test_reactions_are_looked_for_every_15_seconds_for_free_and_then_less_often() -> None:
    with a_world() as w:
        number = w.asked()
        w.later(minutes=2)
        with counting(w) as counted:
            for _ in range(8):
                w.later(seconds=15)
        assert counted.total == 0, counted.table()
        assert counted.free["reactions/list-for-issue-comment"] == 8
        assert set(counted.free) == {"reactions/list-for-issue-comment"}, "a look at reactions is no whole turn"
        w.github.react("acme/shop", w.ask_comment(number), by="mina", content="+1")
        w.later(seconds=15)
        assert "1/2" in w.title(number)
        w.later(hours=2)
        with counting(w) as quiet:
            for _ in range(20):
                w.later(seconds=15)
        assert 1 <= quiet.free["reactions/list-for-issue-comment"] <= 3, quiet.table()


def test_while_github_says_wait_no_turn_of_the_installation_sends_anything_and_all_goes_on_after() -> None:
    asked: list[str] = []

    def limited(request: Request, call: Next) -> Response:
        asked.append(request.path)
        return Response.of(403, {"message": "You have exceeded a secondary rate limit."}, retry_after="60")

    with a_world() as w:
        one, two = w.release(), w.release(head="release/1.5")
        w.later(minutes=2)
        w.github.interceptors.append(limited)
        w.says("mina", one, "/golive approve qa")
        w.says("sam", two, "/golive approve security")
        assert len(asked) == 1, f"one request was told to wait, and these followed: {asked[1:]}"
        w.github.interceptors.remove(limited)
        w.later(seconds=120)
        assert "1/2" in w.title(one)
        assert "1/2" in w.title(two)


def test_the_figures_are_on_the_metrics_page_without_any_name() -> None:
    with a_world() as w:
        w.asked()
        assert w.client is not None
        page = w.client.get("/metrics").text
    assert re.search(r'golive_github_requests_total\{installation="\d+",outcome="not_modified"\} \d', page), page
    assert re.search(r'golive_github_quota\{figure="remaining",installation="\d+"\} 4\d\d\d', page), page
    assert "acme" not in page


@pytest.mark.parametrize("merges", [False, True], ids=["people merge", "golive merges"])
@pytest.mark.parametrize(("paths", "most"), [(True, 45), (False, 20)], ids=["by paths", "by none"])
def test_a_large_release_is_read_to_its_last_page_and_decided_right(paths: bool, most: int, merges: bool) -> None:
    asked = ', if: {{paths: ["src/999.txt"]}}, on_skip: pass' if paths else ""
    roles = f"roles:\n      - {{{{role: security, from: [acme/security]{asked}}}}}\n"
    wanted = re.sub(r"roles:\n.*?(?=promotion:)", roles, POLICY, flags=re.S)
    if not merges:
        wanted = re.sub(r"promotion:.*", "", wanted, flags=re.S).replace("    needs: [healthy]\n", "")
    people = [f"member-{n}" for n in range(148)]
    with a_world(policy=wanted) as w:
        for login in people:
            w.github.add_user(login)
        w.github.set_team("acme/security", members=["sam", "sue", *people])
        known_a_while(w)
        files = {f"src/{n}.txt": f"{n}\n" for n in range(2900)}
        w.github.commit("acme/shop", "release/1.4", files, by="ana", message="Much")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
        sha = w.github.pull("acme/shop", number).head.sha
        for n in range(119):
            w.github.check_run("acme/shop", sha, name=f"job {n}", app="ci", conclusion="success")
        w.ci_says("success", number)
        for n in range(400):
            w.github.comment("acme/shop", number, by="eve", body=f"line {n}")
        with counting(w) as counted:
            w.settle()
        assert counted.total <= most, f"it cost {counted.total}:\n{counted.table()}"
        assert "0/1" in w.title(number), "the role is asked for by the last file of the last page"
        w.later(seconds=61)
        w.says(people[-1], number, "/golive approve security")
        assert "1/1" in w.title(number), "the last member of the last page counts"


def test_with_little_quota_left_time_alone_moves_nothing_and_people_are_still_heard() -> None:
    with a_world() as w:
        number = w.asked()
        quota = next(q for key, q in w.github.gate.quotas.items() if key.startswith("installation") and q.used > 5)
        quota.used = 4800
        w.says("mina", number, "/golive approve qa")
        w.later(minutes=12)  # what was planned before the quota sank is done
        with counting(w) as counted:
            for _ in range(4):  # within the hour of the quota
                w.later(minutes=10)
        assert (counted.total, counted.free.total()) == (0, 0), (
            f"nothing happened, and golive asked:\n{counted.table()}"
        )
        w.says("sam", number, "/golive approve security")
        assert w.merged(number), "sign-offs and merges go on to the last"
