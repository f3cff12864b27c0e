"""Several pull requests as one release: all wait for all, each merges itself in order, the lead last; or people are told.

acme/shop leads; acme/api and acme/web are members in repositories of their own. rival/vault is somebody else's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from golive.core.model import Subject
from golive.standins.wire import Request, Response
from mortal import Boundaries, MortalWorld, mortal
from world import World, a_world, scratch

ALONE = """\
version: 1
project: Shop
releases: [{{name: production, base: main, head: ["release/**"]}}]
signoffs: [{{roles: [{{role: qa, from: ["@mina", "@zoe"]}}]}}]
promotion: {{merge: {{method: squash, when: go}}}}
"""
LED = ALONE + "trains: [acme/shop]\n"


class Trains:
    """A world with more repositories."""

    def __init__(self, w: World) -> None:
        self.w = w
        self.ids = {"acme/shop": w.repo_id}

    def repo(self, name: str, policy: str = LED) -> None:
        people = ["ana", "mina", "zoe", "sam", "sue"]
        files = {".github/golive.yml": policy.format(target=self.w.target), "app.py": "print('1.3')\n"}
        self.ids[name] = self.w.github.add_repo(name, files=files, writers=people, admins=["bo"])
        self.w.github.protect(name, "main", required=[("golive", self.w.app.id)])

    def release(self, repo: str, body: str = "", head: str = "release/1.4", path: str = "app.py") -> int:
        self.w.github.commit(repo, head, {path: "print('1.4')\n"}, by="ana", message="Release 1.4")
        number = self.w.github.open_pull(repo, head=head, title="Release 1.4", by="ana", body=body)
        self.w.later(seconds=2)
        return number

    def signed(self, repo: str, number: int) -> None:
        self.says("mina", repo, number, "/golive approve qa")

    def says(self, login: str, repo: str, number: int, text: str) -> None:
        self.w.later(seconds=2)
        self.w.github.comment(repo, number, by=login, body=text)
        self.w.settle()

    def push(self, repo: str, number: int) -> None:
        branch = self.w.github.pull(repo, number).head.ref
        self.w.github.commit(repo, branch, {"app.py": "print('1.4.1')\n"}, by="ana", message="More")
        self.w.later(seconds=2)

    def merged(self, repo: str, number: int) -> bool:
        return bool(self.w.github.pull(repo, number).merged)

    def landed(self) -> list[str]:
        """What landed, in order."""
        return [f"{m.repo}#{m.number}" for m in self.w.github.merges if m.status == 200]

    def entries(self, repo: str, number: int, *kinds: str) -> list[Any]:
        assert self.w.golive is not None
        subject = Subject(self.w.golive.forge.host, self.ids[repo], number)
        return [e for e in self.w.golive.store.entries(subject) if e.kind in kinds]

    def title(self, repo: str, number: int) -> str:
        sha = self.w.github.pull(repo, number).head.sha
        runs = [r for r in self.w.github.check_runs(repo, sha, "golive") if r.app.id == self.w.app.id]
        return str(runs[-1].output["title"])

    def state(self, repo: str, number: int) -> str:
        sha = self.w.github.pull(repo, number).head.sha
        runs = [r for r in self.w.github.check_runs(repo, sha, "golive") if r.app.id == self.w.app.id]
        return runs[-1].conclusion or runs[-1].status

    def sticky(self, repo: str, number: int) -> str:
        found = [
            c.body for c in self.w.github.comments(repo, number)
            if c.user.login == "golive[bot]" and "golive:sticky" in c.body
        ]  # fmt: skip
        return found[-1].replace("&#8203;", "")

    def told(self, repo: str, number: int) -> str:
        """Everything golive wrote there."""
        return "\n".join(
            c.body.replace("&#8203;", "") for c in self.w.github.comments(repo, number) if c.user.login == "golive[bot]"
        )


@contextmanager
def trains(policy: str = ALONE, **more: Any) -> Iterator[Trains]:
    with a_world(policy=policy, slack=False, **more) as w:
        yield Trains(w)


def a_train(t: Trains) -> tuple[int, int, int]:
    """Three releases in three repositories; the shop's names the other two."""
    t.repo("acme/api")
    t.repo("acme/web")
    api, web = t.release("acme/api"), t.release("acme/web")
    lead = t.release(
        "acme/shop", body=f"The great release.\n\nDepends-On: acme/api#{api}\nDepends-On: acme/web#{web}\n"
    )
    return api, web, lead


def test_a_train_goes_when_all_are_ready_each_merges_itself_in_order_and_the_lead_last() -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        t.signed("acme/web", web)
        t.signed("acme/api", api)
        assert t.landed() == [], "a member went without its train"
        assert f"acme/shop#{lead}" in t.title("acme/api", api)
        t.signed("acme/shop", lead)
        assert t.landed() == [f"acme/api#{api}", f"acme/web#{web}", f"acme/shop#{lead}"]
        for repo, number in (("acme/api", api), ("acme/web", web), ("acme/shop", lead)):
            (go,) = t.entries(repo, number, "train_go")
            assert [place[1] for place in go.body["order"]] == t.landed()
            assert "Train go" in t.sticky(repo, number)


def test_a_member_that_is_not_ready_holds_the_lead_and_is_named_with_what_it_waits_for() -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        t.signed("acme/api", api)
        t.signed("acme/shop", lead)
        assert t.landed() == []
        title = t.title("acme/shop", lead)
        assert f"acme/web#{web}" in title
        assert "qa" in title
        assert f"/acme/web/pull/{web}" in t.sticky("acme/shop", lead), "its link is missing"
        assert t.state("acme/shop", lead) == t.state("acme/api", api) == "in_progress", "a wait must not pass the check"


def test_a_release_waits_for_nobody_where_no_open_release_names_it() -> None:
    with trains() as t:
        t.repo("acme/api")
        number = t.release("acme/api")
        t.signed("acme/api", number)
        assert t.merged("acme/api", number)


def test_a_policy_without_trains_does_not_let_itself_be_led_and_the_line_to_add_is_said() -> None:
    with trains() as t:
        t.repo("acme/api", policy=ALONE)
        api = t.release("acme/api")
        lead = t.release("acme/shop", body=f"Depends-On: acme/api#{api}")
        t.signed("acme/shop", lead)
        assert not t.merged("acme/shop", lead)
        said = t.sticky("acme/shop", lead)
        assert "trains: [acme/shop]" in said.replace("\\", "")
        assert "acme/shop" not in t.sticky("acme/api", api), "whoever is not led hears nothing of it"
        t.signed("acme/api", api)
        assert t.merged("acme/api", api), "anybody could block it"

        t.w.github.commit("acme/api", "main", {".github/golive.yml": LED.format(target="")}, by="bo", message="Trains")
        t.says("ana", "acme/shop", lead, "/golive status")
        assert t.merged("acme/shop", lead), "it landed, and lets itself be led now"


def test_a_push_to_a_member_after_the_go_ends_it_before_anything_landed() -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        for repo, number in (("acme/api", api), ("acme/web", web)):
            t.signed(repo, number)

        def refuse(request: Request, call: Any) -> Response:
            if (
                request.method == "PUT"
                and request.path.endswith("/merge")
                and not t.entries("acme/web", web, "pushed")[1:]
            ):
                t.w.github.commit("acme/web", "release/1.4", {"app.py": "print('9')\n"}, by="ana", message="More")
                raise ConnectionError("nothing was sent")
            return call(request)

        t.w.github.interceptors.append(refuse)
        t.signed("acme/shop", lead)
        t.w.github.interceptors.remove(refuse)
        t.w.later(seconds=30)
        assert t.landed() == []
        (ended,) = t.entries("acme/api", api, "train_ended")
        assert f"acme/web#{web} was pushed to" in ended.body["why"]
        t.w.later(seconds=61)
        t.signed("acme/web", web)
        assert t.landed() == [f"acme/api#{api}", f"acme/web#{web}", f"acme/shop#{lead}"]
        assert len(t.entries("acme/api", api, "train_go")) == 2


def refusing(t: Trains, repo: str) -> Any:
    """From now on the forge refuses to merge there."""

    def refuse(request: Request, call: Any) -> Response:
        if (
            request.method == "PUT"
            and request.path.startswith(f"/repos/{repo}/pulls/")
            and request.path.endswith("/merge")
        ):
            return Response.of(405, {"message": "At least 1 approving review is required.", "documentation_url": "x"})
        return call(request)

    t.w.github.interceptors.append(refuse)
    return refuse


def test_a_train_stops_where_one_fails_after_another_landed_says_so_everywhere_and_goes_on_when_told() -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        refuse = refusing(t, "acme/web")
        for repo, number in (("acme/api", api), ("acme/web", web), ("acme/shop", lead)):
            t.signed(repo, number)
        assert t.landed() == [f"acme/api#{api}"]
        sha = t.w.github.pull("acme/api", api).merge_commit_sha
        for repo, number in (("acme/api", api), ("acme/web", web), ("acme/shop", lead)):
            (stop,) = t.entries(repo, number, "train_stopped")
            assert stop.body["left"] == [f"acme/web#{web}", f"acme/shop#{lead}"]
            told = t.told(repo, number).replace("\\", "")
            assert "TRAIN STOPPED" in told
            assert f"git revert {sha}" in told
            assert f"/acme/api/pull/{api}" in told
        assert t.state("acme/shop", lead) == "action_required"
        assert t.state("acme/web", web) == "action_required"

        t.w.github.interceptors.remove(refuse)
        t.w.later(minutes=30)
        assert t.landed() == [f"acme/api#{api}"], "it must not go on by itself"
        t.says("bo", "acme/shop", lead, "/golive promote")
        t.w.later(minutes=2)
        assert t.landed() == [f"acme/api#{api}", f"acme/web#{web}", f"acme/shop#{lead}"]


def test_a_train_in_which_nothing_moves_for_ten_minutes_stops() -> None:
    with trains() as t:
        t.repo("acme/api")
        t.w.github.protect("acme/api", "main", required=[("golive", t.w.app.id), ("legal", None)])
        api = t.release("acme/api")
        lead = t.release("acme/shop", body=f"Depends-On: acme/api#{api}")
        t.signed("acme/api", api)
        t.signed("acme/shop", lead)
        for _ in range(12):
            t.w.later(minutes=1)
        assert t.landed() == []
        (stop,) = t.entries("acme/shop", lead, "train_stopped")
        assert f"acme/api#{api}" in stop.body["why"]
        assert t.state("acme/shop", lead) == "action_required"


def test_pull_requests_that_wait_for_each_other_are_a_finding_with_the_circle() -> None:
    with trains(policy=ALONE + "trains: [acme/api]\n") as t:
        t.repo("acme/api")
        lead = t.release("acme/shop", body="Depends-On: acme/api#1")
        api = t.release("acme/api", body=f"Depends-On: acme/shop#{lead}")
        t.signed("acme/api", api)
        t.signed("acme/shop", lead)
        assert t.landed() == []
        title = t.title("acme/shop", lead)
        assert f"acme/shop#{lead} waits for acme/api#{api}, which waits for acme/shop#{lead}" in title
        assert t.state("acme/shop", lead) == t.state("acme/api", api) == "failure"
        t.w.github.edit_pull("acme/api", api, by="ana", body="on its own")
        t.w.later(seconds=2)
        assert t.landed() == [f"acme/api#{api}", f"acme/shop#{lead}"]


def test_what_another_installation_reaches_is_not_reachable_and_nothing_of_it_is_told_or_asked() -> None:
    with trains() as t:
        t.w.github.add_org("rival")
        t.repo("rival/vault", policy=LED)
        t.w.github.install(t.w.app, "rival")
        secret = t.release("rival/vault")
        there = t.release("acme/shop", body=f"Depends-On: rival/vault#{secret}")
        said = t.sticky("acme/shop", there)
        assert "is not reachable by golive here" in said
        heads = t.w.github.pull("rival/vault", secret).head.sha
        assert heads[:7] not in said
        nowhere = t.release("acme/shop", body=f"Depends-On: rival/nothing#{secret}", head="release/1.5")
        other = t.sticky("acme/shop", nowhere)
        assert said.count("rival/vault") == other.count("rival/nothing"), "the two must not be told apart"
        t.signed("rival/vault", secret)
        assert t.merged("rival/vault", secret), "it was held by somebody it does not know"
        assert t.title("acme/shop", there).count("rival") == 1
        t.signed("acme/shop", there)
        assert not t.merged("acme/shop", there), "it only adds conditions, and this one cannot be met"


def test_a_member_that_is_closed_without_landing_breaks_the_train_until_the_line_is_taken_out() -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        t.signed("acme/api", api)
        t.w.github.close_pull("acme/web", web, by="ana")
        t.signed("acme/shop", lead)
        assert t.state("acme/shop", lead) == "failure"
        assert f"acme/web#{web}" in t.title("acme/shop", lead)
        t.w.github.edit_pull("acme/shop", lead, by="ana", body=f"Depends-On: acme/api#{api}")
        t.w.later(seconds=2)
        assert t.landed() == [f"acme/api#{api}", f"acme/shop#{lead}"]


def test_a_lead_that_leaves_lets_its_members_go_alone() -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        t.signed("acme/api", api)
        assert not t.merged("acme/api", api)
        t.w.github.close_pull("acme/shop", lead, by="ana")
        t.w.later(seconds=2)
        assert t.merged("acme/api", api)
        assert not t.merged("acme/web", web)


@pytest.mark.parametrize("fate", ["archived", "deleted", "taken out of the installation"])
def test_a_member_whose_repository_goes_away_is_told_of_at_once_and_the_train_does_not_go(fate: str) -> None:
    with trains() as t:
        api, web, lead = a_train(t)
        t.signed("acme/api", api)
        t.signed("acme/shop", lead)
        before = t.title("acme/shop", lead)
        match fate:
            case "archived":
                t.w.github.archive_repo("acme/web", by="bo")
            case "deleted":
                t.w.github.delete_repo("acme/web", by="bo")
            case _:
                (number,) = (n for n, it in t.w.github.world.installations.items() if it.app is t.w.app)
                t.w.github.set_installed_repos(number, ["acme/shop", "acme/api"])
        t.w.settle()
        t.w.later(seconds=2)
        assert t.title("acme/shop", lead) != before, "the lead still waits on what it knew of it"
        assert f"acme/web#{web}" in t.title("acme/shop", lead)
        assert t.landed() == []
        if fate == "archived":
            assert "archive" in t.sticky("acme/shop", lead)
            t.w.github.archive_repo("acme/web", by="bo", archived=False)
            t.w.settle()
            t.signed("acme/web", web)
            assert t.landed() == [f"acme/api#{api}", f"acme/web#{web}", f"acme/shop#{lead}"]


def test_a_member_that_leads_others_has_them_land_before_it() -> None:
    with trains() as t:
        t.repo("acme/api")
        t.repo("acme/db", policy=ALONE + "trains: [acme/api]\n")
        db = t.release("acme/db")
        api = t.release("acme/api", body=f"Depends-On: acme/db#{db}")
        lead = t.release("acme/shop", body=f"Depends-On: acme/api#{api}")
        for repo, number in (("acme/db", db), ("acme/api", api)):
            t.signed(repo, number)
        assert t.landed() == []
        t.signed("acme/shop", lead)
        assert t.landed() == [f"acme/db#{db}", f"acme/api#{api}", f"acme/shop#{lead}"]


def test_two_releases_of_one_repository_can_be_a_train_too() -> None:
    with trains(policy=ALONE + "trains: [acme/shop]\n") as t:
        first = t.release("acme/shop", path="first.py")
        lead = t.release("acme/shop", body=f"Depends-On: #{first}", head="release/1.5", path="second.py")
        t.signed("acme/shop", lead)
        assert t.landed() == []
        t.signed("acme/shop", first)
        t.w.later(minutes=1)
        assert t.landed() == [f"acme/shop#{first}", f"acme/shop#{lead}"]


def test_what_a_line_names_wrongly_is_said_and_not_passed_over() -> None:
    with trains() as t:
        lead = t.release("acme/shop", body="Depends-On: https://elsewhere.example/acme/api/pull/3")
        t.signed("acme/shop", lead)
        assert not t.merged("acme/shop", lead)
        assert t.state("acme/shop", lead) == "action_required"
        assert "names no pull request" in t.title("acme/shop", lead)


# ------------------------------------------------------------------ whenever golive dies

SHARES = 2
EFFECTS, COMMITS = (1, 1) if os.environ.get("GOLIVE_TEST_PROFILE") == "long" else (4, 24)
"""One of so many boundaries is tried: around what is written to GitHub, and around commits of golive's own file."""


def ride(chosen: int) -> Boundaries:
    """Two cars ready but for the lead's sign-off; from there on golive dies at one boundary. Gives what went by."""
    boundaries = Boundaries(chosen)
    boundaries.armed = False
    with scratch() as folder:
        w = MortalWorld(Path(folder), policy=ALONE, slack=False)
        try:
            t = Trains(w)
            with mortal(w, boundaries):
                t.repo("acme/api")
                api = t.release("acme/api")
                lead = t.release("acme/shop", body=f"Depends-On: acme/api#{api}")
                t.signed("acme/api", api)
                boundaries.armed = True
                t.signed("acme/shop", lead)
                for _ in range(3):  # a turn that a crash cut short may owe a look
                    w.later(seconds=61)
                boundaries.armed = False
                w.later(seconds=61)
                died = boundaries.names[chosen - 1] if chosen else "nowhere"
                assert t.landed() == [f"acme/api#{api}", f"acme/shop#{lead}"], (
                    f"died {died}: {t.title('acme/shop', lead)}"
                )
                for repo, number in (("acme/api", api), ("acme/shop", lead)):
                    assert len(t.entries(repo, number, "train_go")) == 1, f"died {died}"
                    assert t.entries(repo, number, "train_stopped", "train_ended") == [], f"died {died}"
                    assert [m.status for m in w.github.merges_of(repo, number)].count(200) == 1
        finally:
            w.close()
    return boundaries


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_the_end_is_the_same_wherever_golive_dies(share: int) -> None:
    names = ride(0).names
    assert len(names) > 20, "the boundaries are not seen any more"
    effects = [n for n, name in enumerate(names, 1) if "commit" not in name]
    commits = [n for n, name in enumerate(names, 1) if "commit" in name]
    for chosen in sorted(effects[::EFFECTS] + commits[::COMMITS])[share::SHARES]:
        ride(chosen)
