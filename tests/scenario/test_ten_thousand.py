"""Ten thousand deliveries out of order, three times each, one in twenty lost, then a sweep: it ends as the in-order run ends.

The same acts of the same people happen in two worlds. One hears of them at once and in order; the other hears of them
afterwards, in chaos. What a word covers depends on what was shown before it, so pushes are one storm and words the next.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from golive.core.model import Subject
from golive.standins.wire import Outgoing
from mortal import MortalWorld
from world import World, scratch

POLICY = """\
version: 1
project: Shop
releases:
  - name: production
    base: main
    head: ["release/**"]
checks:
  - id: ci
    name: CI is green
    uses: github_check
    with: {{name: build, app: ci}}
signoffs:
  - group: people
    roles:
      - {{role: qa, from: ["@mina", "@zoe"]}}
      - {{role: security, from: [acme/security]}}
promotion:
  merge: {{method: squash, when: go}}
"""
REPOSITORIES = ("shop", "api", "web")
RELEASES = 4
"""In each repository: fully signed, without security, held, and with words that were taken back before all signed."""
TALK = 290
"""Deliveries of noise per release: statuses and comments that say nothing."""
COPIES, LOST = 3, 0.05
AT_LEAST = 10_000

Act = Callable[[World], Any]
Listen = Callable[[World, list[Act]], int]


def places() -> Iterator[tuple[str, int]]:
    """Every release as (repository, number); numbers are the same in both worlds."""
    yield from ((f"acme/{name}", number) for name in REPOSITORIES for number in range(1, RELEASES + 1))


def opened(w: World) -> None:
    """The repositories and their release pull requests, each shown and asked about."""
    for name in REPOSITORIES[1:]:
        w.github.add_repo(
            f"acme/{name}", files={".github/golive.yml": w.policy}, writers=["ana", "mina", "zoe", "sam", "sue"],
            admins=["bo"],
        )  # fmt: skip
    for repo, number in places():
        w.clock.pass_(seconds=2)
        w.github.commit(repo, f"release/{number}", {f"file{number}": str(number)}, by="ana", message="Start")
        w.github.open_pull(repo, head=f"release/{number}", title=f"Release {number}", by="ana")
    w.settle()
    w.later(seconds=61)


def noise(repo: str, number: int, chance: random.Random) -> Iterator[Act]:
    """Talk and statuses that change nothing."""

    def status(turn: int) -> Act:
        state = chance.choice(["pending", "success", "failure"])
        return lambda w: w.github.status(
            repo, w.github.pull(repo, number).head.sha, f"lint-{turn % 7}", state, by="eve"
        )  # fmt: skip

    for turn in range(TALK):
        if turn % 12:
            yield status(turn)
        else:
            yield lambda w, turn=turn: w.github.comment(repo, number, by="eve", body=f"Hm, {turn}.")  # type: ignore[misc]


def green(repo: str, number: int) -> Act:
    """CI passes on the head."""
    return lambda w: w.github.check_run(
        repo, w.github.pull(repo, number).head.sha, name="build", app="ci", conclusion="success"
    )  # fmt: skip


def pushes(repo: str, number: int) -> list[Act]:
    """Two people push, one of them over the other; CI ends green."""

    def push(by: str, text: str) -> Act:
        return lambda w: w.github.commit(repo, f"release/{number}", {f"file{number}": text}, by=by, message=text)

    return [push("ana", "one"), push("bo", "two"), push("ana", "three"), green(repo, number)]


def words(repo: str, number: int) -> list[Act]:
    """What people say, in this order; whatever completes a release comes last, so that it lands no earlier."""

    def says(by: str, text: str) -> Act:
        return lambda w: w.github.comment(repo, number, by=by, body=text)

    def taken_back(w: World) -> None:
        said = w.github.comment(repo, number, by="zoe", body="/golive reject qa not yet")
        w.clock.pass_(seconds=2)
        w.github.edit_comment(repo, said, by="zoe", body="Never mind.")

    signed = [says("mina", "/golive approve qa"), says("sam", "/golive approve security")]
    return {
        0: [taken_back, says("sue", "/golive hold wait for me"), says("sue", "/golive resume"), *signed],
        1: signed,
        2: [says("mina", "/golive approve qa")],
        3: [says("bo", "/golive hold not today"), *signed],
    }[number % RELEASES]


def storms(seed: int) -> list[list[Act]]:
    """Two storms of acts, each release's own in their order, those of different releases mixed."""
    chance = random.Random(seed)
    first, second = [], []
    for repo, number in places():
        talk = list(noise(repo, number, chance))
        half = len(talk) // 2
        first.append(_among(talk[:half], pushes(repo, number), chance))
        second.append([*talk[half:], *words(repo, number)])
    return [_mixed(first, chance), _mixed(second, chance)]


def _among(talk: list[Act], acts: list[Act], chance: random.Random) -> list[Act]:
    mixed = list(talk)
    for place, act in zip(sorted(chance.sample(range(len(talk)), len(acts))), acts, strict=True):
        mixed.insert(place, act)
    return mixed


def _mixed(lines: list[list[Act]], chance: random.Random) -> list[Act]:
    turns = [index for index, line in enumerate(lines) for _ in line]
    chance.shuffle(turns)
    left = [iter(line) for line in lines]
    return [next(left[index]) for index in turns]


def in_order(w: World, acts: list[Act]) -> int:
    """Everything is heard, in order, soon after it happened."""
    before = len(w.github.courier.done)
    for turn, act in enumerate(acts):
        w.clock.pass_(seconds=1)
        act(w)
        w.github.courier.pump()
        if turn % 400 == 399:
            w.settle()
    w.settle()
    return len(w.github.courier.done) - before


def in_chaos(seed: int) -> Listen:
    """Everything is heard afterwards: shuffled, three times each, one in twenty never."""
    chance = random.Random(seed)

    def hear(w: World, acts: list[Act]) -> int:
        assert w.golive is not None
        courier = w.github.courier
        for act in acts:
            w.clock.pass_(seconds=1)
            act(w)
        waiting = w.late(courier)
        lost = [one for one in waiting if chance.random() < LOST]
        courier.done.extend((one, 0, b"") for one in lost)
        gone = {id(one) for one in lost}
        sent: list[Outgoing] = [one for one in waiting if id(one) not in gone] * COPIES
        chance.shuffle(sent)
        for turn, one in enumerate(sent):
            assert courier.send(one) == 202
            if turn % 1500 == 1499:
                w.golive.work.run_due()
        w.settle()
        return len(sent)

    return hear


def run(listen: Listen) -> tuple[dict[str, Any], int]:
    """A world that hears the storms in one way: how it ends, and how many deliveries that took."""
    with scratch() as folder, closing(MortalWorld(Path(folder), policy=POLICY, slack=False)) as w:
        opened(w)
        heard = 0
        for storm in storms(7):
            heard += listen(w, storm)
            for _ in range(2):  # a sweep, and what it asked for
                w.later(minutes=10, seconds=1)
                w.later(minutes=1, seconds=1)
        assert w.golive is not None
        sent = {one.delivery.guid for one in w.github.sent(w.app)}
        assert w.golive.store.kept("github", sent) == sent, "a sweep leaves nothing unheard"
        return {f"{repo}#{number}": ending(w, repo, number) for repo, number in places()}, heard


def ending(w: World, repo: str, number: int) -> dict[str, Any]:
    """How one release ended, without what only time and numbering make."""
    assert w.golive is not None
    pull, store = w.github.pull(repo, number), w.golive.store
    subject = Subject("github.test", w.github.world.repo(repo).id, number)
    standing, release = store.standing(subject), store.release_of(subject)
    assert release is not None
    ours = [c.body for c in w.github.comments(repo, number) if c.user.login == "golive[bot]"]
    runs = [r for r in w.github.check_runs(repo, pull.head.sha, "golive") if r.app.id == w.app.id]
    return {
        "merged": pull.merged, "open": release.open, "verdict": release.verdict.name,
        "headline": release.headline.split(", asked ")[0],
        "merges": [(m.status, m.asked_sha == pull.head.sha) for m in w.github.merges_of(repo, number)],
        "words": sorted((x.person.login, x.verb, x.text, x.revision_sha) for x in standing.words),
        "taken": sorted(standing.rulings[x.key].taken for x in standing.words if x.key in standing.rulings),
        "pushed by": sorted(p.login for p in standing.pushers.get(pull.head.sha, ())),
        "slots": sorted({re.sub(r"[0-9a-f]{40}|\d+", "N", name) for name in store.slots(subject.key)}),
        "sticky": sum("golive:sticky" in body for body in ours),
        "run": (runs[-1].conclusion or runs[-1].status) if runs else "",
        "in progress": sum(r.status != "completed" for r in runs) <= 1,
        "head": len(standing.shown) > 0 and standing.shown[-1].revision.tree_sha,
    }  # fmt: skip


def test_ten_thousand_deliveries_in_chaos_end_as_the_same_acts_do_in_order() -> None:
    orderly, _ = run(in_order)
    chaotic, heard = run(in_chaos(11))
    assert heard >= AT_LEAST, f"only {heard} deliveries: raise TALK"
    assert chaotic == orderly
    assert {end["merged"] for end in orderly.values()} == {True, False}, "some land and some wait"
    assert all(end["merges"] == [(200, True)] for end in orderly.values() if end["merged"]), "each lands once"
