"""A world whose main branch lands through GitHub's merge queue, and how it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from world import POLICY, World, a_world


@contextmanager
def a_queue(*, build: bool = True, by_ruleset: bool = True, policy: str = POLICY) -> Iterator[World]:
    """A world whose main branch lands through a queue; groups wait for golive, and for CI where `build`."""
    with a_world(policy=policy) as w:
        asked = [("golive", w.app.id), *([("e2e", w.ci.id)] if build else [])]
        w.github.protect("acme/shop", "main", required=asked)
        w.github.require_queue("acme/shop", "main", by_ruleset=by_ruleset)
        yield w


def queued(w: World) -> list[Any]:
    return w.github.queue_of("acme/shop")


def e2e(w: World, sha: str, conclusion: str = "success") -> None:
    w.github.check_run("acme/shop", sha, name="e2e", app="ci", conclusion=conclusion)
    w.settle()


def in_queue(w: World, **changes: Any) -> int:
    """A release that is GO and in the queue."""
    number = w.asked(**changes)
    e2e(w, w.github.pull("acme/shop", number).head.sha)
    w.signed(number)
    return number


def ours(w: World, sha: str) -> Any:
    """golive's newest check run on a group's commit."""
    return w.our_runs(sha)[-1]
