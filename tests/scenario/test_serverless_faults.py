"""Whatever happens between two requests of a run without a server, the end is the same, and nothing goes live by mistake.

The story and the ways to fail are `gate_faults`. CI tries a fixed share of the pairs (request, fault); `make test-long` tries
every cut, every outage and another run at every request, and a share of the rest. Below stand those by name that once failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from again import Chapters
from faults import Fault, not_found_for_a_moment, stale_answer
from gate_faults import BESIDE, SHOP, STORY, Life, another_run_after, cut_after, pairs
from gate_world import KEY, POLICY, GateWorld, a_gate
from golive.standins.wire import Exchange, Next, Request, Response

WHOLE = os.environ.get("GOLIVE_TEST_PROFILE") == "long"
SHARES = 4
"""Into how many tests the pairs of one kind of run are dealt."""
RUNS = {
    "App and key": {"token": False, "key": KEY}, "token and key": {"token": True, "key": KEY},
    "App": {"token": False, "key": ""}, "token": {"token": True, "key": ""},
}  # fmt: skip
_TOLD: dict[str, tuple[Chapters[Life], list[object]]] = {}


@pytest.fixture(scope="module")
def stories() -> Iterator[Callable[[str], tuple[Chapters[Life], list[object]]]]:
    """A kind of run → its story, told once without a fault, and how each chapter ended."""

    def story(kind: str) -> tuple[Chapters[Life], list[object]]:
        if kind not in _TOLD:
            chapters: Chapters[Life] = Chapters(partial(Life, **RUNS[kind]), STORY)
            with chapters.told(len(chapters.names), lambda life: None) as life:
                _TOLD[kind] = chapters, life.told
        return _TOLD[kind]

    yield story
    for chapters, _ in _TOLD.values():
        chapters.close()
    _TOLD.clear()


def play(chapters: Chapters[Life], expected: list[object], place: int, fault: Fault) -> list[str]:
    """What is wrong with the story where this becomes of the request at that place."""

    def fails(life: Life) -> None:
        life.world.failing.chosen, life.world.failing.fault = place, fault
        life.expected, life.crowded = expected, fault in BESIDE

    with chapters.told(place, fails) as life:
        assert life.world.failing.struck, f"request {place} was never made; the story is not the same each time"
        return life.wrong + life.world.noted


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES if WHOLE else 1))
@pytest.mark.parametrize("kind", RUNS)
def test_whatever_becomes_of_a_request_the_end_is_the_same(
    kind: str, share: int, stories: Callable[[str], tuple[Chapters[Life], list[object]]]
) -> None:
    chapters, expected = stories(kind)
    assert expected[-1][-1] == [1, 1 if RUNS[kind]["key"] else 0], "it was merged once, and what follows started once"  # type: ignore[index]
    wrong = []
    for place, fault in pairs(chapters.names, list(RUNS).index(kind), WHOLE)[share :: SHARES if WHOLE else 1]:
        for said in play(chapters, expected, place, fault):
            wrong.append(f"request {place}, {chapters.names[place - 1]}, {fault.__name__}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("kind", "request_name", "last", "fault"),
    [
        pytest.param("token and key", "PUT /repos/acme/shop/pulls/…/merge", True, cut_after, id="the merge is cut off"),
        pytest.param("App and key", "POST /repos/acme/shop/actions/workflows/release.yml/dispatches", True, cut_after,
                     id="what follows is cut off"),
        pytest.param("token and key", "GET /repos/acme/shop/issues/…/comments", True, another_run_after,
                     id="another run meanwhile"),
        pytest.param("App", "GET /repos/acme/shop/commits/…/check-runs", False, not_found_for_a_moment,
                     id="the head's runs are not found for a moment"),
        pytest.param("App and key", "GET /repos/acme/shop/issues/…/comments", True, stale_answer,
                     id="the comment before is read"),
    ],
)  # fmt: skip
def test_what_once_went_wrong_goes_well(
    kind: str, request_name: str, last: bool, fault: Fault,
    stories: Callable[[str], tuple[Chapters[Life], list[object]]],
) -> None:  # fmt: skip
    chapters, expected = stories(kind)
    places = [place for place, name in enumerate(chapters.names, 1) if name == request_name]
    assert places, f"the story has no {request_name}"
    for place in places[-6:] if last else places[1:2]:
        assert not play(chapters, expected, place, fault), f"request {place}"


@pytest.mark.parametrize("kind", ["token and key", "App"])
def test_a_forge_that_takes_half_a_second_for_each_request_is_in_time_for_the_merge(
    kind: str, stories: Callable[[str], tuple[Chapters[Life], list[object]]]
) -> None:
    chapters, expected = stories(kind)

    def slow(life: Life) -> None:
        def late(request: Request, call: Next) -> Response:
            life.world.clock.pass_(seconds=0.45)
            return call(request)

        life.expected = expected
        life.world.github.interceptors.append(late)

    with chapters.told(len(chapters.names), slow) as life:
        assert not life.wrong + life.world.noted


# ------------------------------------------------------------------ without a key


def test_without_a_key_a_sign_off_counts_also_after_another_result_took_the_place_of_the_first() -> None:
    with a_gate(key="") as w:
        number = w.release()
        w.signed_by("mina", number, "qa")
        for conclusion in ("failure", "success"):
            w.later(seconds=60)
            w.ci_says(conclusion, number)
            w.run(number)
        assert len(w.our_runs(w.github.pull(SHOP, number).head.sha)) == 2
        for _ in range(2):
            w.later(seconds=60)
            w.run(number)
            assert w.reasons(number) == ["role_missing"], "she signed this very commit, and it was shown before that"


def test_without_a_key_a_sign_off_for_one_base_counts_for_no_other() -> None:
    both = POLICY.replace(
        "    base: main\n", '    base: main\n    head: ["release/**"]\n  - name: next\n    base: next\n'
    )
    with a_gate(key="", policy=both) as w:
        w.github.create_branch(SHOP, "next", by="bo")
        number = w.release()
        w.signed_by("mina", number, "qa")
        w.later(seconds=60)
        w.github.edit_pull(SHOP, number, by="ana", base="next")
        w.settle()
        for _ in range(3):
            w.later(seconds=60)
            w.run(number)
            assert w.reasons(number).count("role_missing") == 2, "what she signed was for main"
        w.signed(number)
        assert w.merged(number), w.reasons(number)


# ------------------------------------------------------------------ closed before its run


def test_what_was_closed_while_no_run_came_is_told_by_the_next_scheduled_one_and_then_left_alone() -> None:
    with a_gate() as w:
        number = w.release()
        w.automatic = False
        w.github.close_pull(SHOP, number, by="ana")
        w.github.courier.pump()
        w.events.clear()
        w.scheduled(minutes=20)
        assert "Closed without landing" in w.sticky(number).body
        looked: list[str] = []
        w.github.observers.append(lambda exchange: looked.append(exchange.request.path))
        w.scheduled(minutes=20)
        assert not [path for path in looked if path.endswith(f"/pulls/{number}")], "its end is told"


def test_a_second_release_of_a_head_whose_first_run_was_lost_is_told_no_other_base() -> None:
    with a_gate() as w:
        first = w.release()
        w.automatic = False
        second = beside(w, first)
        w.github.courier.pump()
        w.events.clear()
        w.scheduled(minutes=20)
        assert "aimed at" not in w.sticky(second).body
        assert "pusher_unknown" not in w.reasons(second)


# ------------------------------------------------------------------ several with one head


def beside(w: GateWorld, first: int, kind: str = "release", **how: object) -> int:
    """Another pull request with the head of the first."""
    head = f"{kind}/1.{5 + len(w.github.world.repo(SHOP).pulls)}"
    w.later(seconds=2)
    sha = w.github.pull(SHOP, first).head.sha
    w.github.create_branch(SHOP, head, start=sha, by="ana")
    return int(w.github.open_pull(SHOP, head=head, title="The same", by="ana", **how))  # type: ignore[arg-type]


def other_base(w: GateWorld, number: int) -> int:
    """It goes into a branch that no release goes to."""
    w.github.create_branch(SHOP, "next", by="bo")
    return beside(w, number, base="next")


def rejected(w: GateWorld, number: int) -> int:
    """Somebody rejects it."""
    second = beside(w, number)
    w.says("zoe", second, "/golive reject it is slow")
    return second


def held(w: GateWorld, number: int) -> int:
    """Somebody holds it."""
    second = beside(w, number)
    w.says("bo", second, "/golive hold the shop is full")
    return second


def signed(w: GateWorld, number: int) -> int:
    """Everybody signed it, and nobody the first."""
    second = beside(w, number)
    w.signed(second)
    return second


def draft(w: GateWorld, number: int) -> int:
    """It is a draft."""
    return beside(w, number, draft=True)


def closed(w: GateWorld, number: int) -> int:
    """It was rejected, and is closed."""
    second = rejected(w, number)
    w.github.close_pull(SHOP, second, by="ana")
    return second


def a_feature(w: GateWorld, number: int) -> int:
    """It is no release."""
    return beside(w, number, "feature")


SIBLINGS: dict[Callable[[GateWorld, int], int], str] = {
    other_base: "in_progress", rejected: "failure", held: "action_required", signed: "in_progress", draft: "in_progress",
    closed: "in_progress", a_feature: "in_progress",
}  # fmt: skip


@pytest.mark.parametrize("key", [KEY, ""], ids=["key", "no key"])
@pytest.mark.parametrize(
    "others", [*((one,) for one in SIBLINGS), (rejected, held), (held, a_feature), (signed, closed)]
)
def test_pull_requests_with_one_head_come_to_rest_and_the_result_shows_the_worst(
    others: tuple[Callable[[GateWorld, int], int], ...], key: str
) -> None:
    worst = ("in_progress", "action_required", "failure")
    with a_gate(key=key) as w:
        first = w.release()
        numbers = [first]
        for act in others:
            numbers.append(act(w, first))
        w.settle()
        shows = max((SIBLINGS[act] for act in others), key=worst.index)
        written: list[str] = []

        def note(exchange: Exchange) -> None:
            if exchange.request.method not in ("GET", "HEAD") and "access-token" not in (exchange.operation or ""):
                written.append(f"{exchange.operation}")

        w.github.observers.append(note)
        for order in (numbers, numbers[::-1], []):
            for _ in range(2):
                written.clear()
                for number in order or [0]:
                    looked = w.run(*([number] if number else []))
                    assert not [one.failed for one in looked if one.failed]
            assert not written, f"it goes on for ever: {written}"
            assert w.shows(first) == shows
        assert not w.merged(first)
