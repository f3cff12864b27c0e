"""Why required checks never began: what is told of each state that GitHub shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from golive.core.landing import Landing, RequiredCheck
from golive.core.model import Person, Pull, PullState, Revision, Subject, Verdict
from golive.core.neverstarted import AFTER, BY_TOKEN, Suite, Unstarted, look_at, reasons

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PULL = Pull(
    subject=Subject("github.test", 1, 7), repository="acme/shop", title="", body="", url="", author=None,
    author_is_bot=False, state=PullState.OPEN, draft=False, head_ref="release/1", revision=Revision("a" * 40, "t", "main"),
    labels=frozenset(), from_fork=False, mergeable=True, opened_by="ana",
)  # fmt: skip
TOKENS = replace(PULL, opened_by=BY_TOKEN)
ACTIONS, CI = 15368, 9
HELD = Suite("github-actions", ACTIONS, "completed", "action_required")
RAN = Suite("github-actions", ACTIONS, "completed", "success", 2)
OURS = Suite("golive", 3, "completed", "action_required", 1)
QUEUED = Suite("ci", CI, "queued")
ANA = Person(5, "ana")


def missing(*suites: Suite, app: int = 0, names: tuple[str, ...] = ("e2e",)) -> Unstarted:
    return Unstarted(tuple(RequiredCheck(name, "expected", app) for name in names), suites)


@pytest.mark.parametrize(
    ("found", "pull", "pushers", "why", "mend"),
    [
        (missing(HELD), TOKENS, {}, "that a workflow's own token opened waits for a person", "Approve workflows to run"),
        (missing(HELD), replace(PULL, from_fork=True), {}, "from a fork waits for a person", "Anybody who may write"),
        (missing(HELD, HELD), PULL, {}, "2 workflow runs wait for a person", "Anybody who may write"),
        (missing(), TOKENS, {}, "opened it, and GitHub starts no workflow", "closes and reopens it"),
        (missing(OURS), TOKENS, {}, "opened it, and GitHub starts no workflow", "App's token"),
        (missing(), TOKENS, {"a" * 40: (ANA,)}, "no workflow was started", "[skip ci]"),
        (missing(), replace(PULL, mergeable=False), {}, "it conflicts with main", "mends the conflict"),
        (missing(RAN), PULL, {}, "other workflows ran", "`paths:`"),
        (missing(QUEUED, app=CI), TOKENS, {}, "ci knows of the commit", "Whoever runs that App"),
        (missing(QUEUED), PULL, {}, "no workflow was started", "[skip ci]"),
    ],
)  # fmt: skip
def test_each_cause_is_told_with_what_to_do_and_none_makes_a_no_go(
    found: Unstarted, pull: Pull, pushers: dict[str, tuple[Person, ...]], why: str, mend: str
) -> None:
    (told,) = reasons(found, pull, pushers)
    assert (told.code, told.verdict, told.subject) == ("checks_never_started", Verdict.GO, "e2e")
    assert why in told.sentence
    assert mend in told.clears


def test_several_checks_are_named_in_one_reason() -> None:
    (told,) = reasons(missing(names=("e2e", "lint", "docs")), PULL, {})
    assert told.sentence.startswith("The branch asks for e2e, lint and docs, which have never started: ")


def test_nothing_is_told_where_nothing_is_missing() -> None:
    assert list(reasons(None, PULL, {})) == []


@pytest.mark.parametrize(
    ("landing", "shown", "at"),
    [
        (None, NOW, None),
        (Landing(required=(("golive", 3),)), NOW, None),
        (Landing(required=(("e2e", 0), ("golive", 3))), None, None),
        (Landing(required=(("e2e", 0), ("golive", 3))), NOW, NOW + AFTER),
    ],
)
def test_it_is_looked_at_only_where_others_are_asked_for_and_only_after_a_while(
    landing: Landing | None, shown: datetime | None, at: datetime | None
) -> None:
    assert look_at(landing, shown) == at
