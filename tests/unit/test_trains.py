"""Trains as values: what a description names, and what it means for a lead and for a member that others are as they are."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HEAD, NOW, a_policy, a_pull, a_snapshot, a_standing, a_word
from golive.core import ledger
from golive.core.cars import Car, CarState, Go, Halt, Landed, Note, Place, Train, note_in, noted, said_of_halt
from golive.core.decide import Decision, decide
from golive.core.evidence import read, written
from golive.core.model import PullState, Reason, Verdict
from golive.core.policy import MergeRule
from golive.core.snapshot import Snapshot
from golive.core.trains import MOST_NAMED, PASSING, PATIENCE, Alone, couple, fault
from golive.githubapp.trains import depends_on
from golive.policyfile import PolicyMistakes, json_schema, load

WEB = "https://github.com"
CORE = Path(ledger.__file__).parent
ME, API, DB = "github.com/42/7", "github.com/43/12", "github.com/44/3"
POLICY = a_policy(merge=MergeRule())


# ------------------------------------------------------------------ what a description names


@pytest.mark.parametrize(
    ("body", "names", "misread"),
    [
        ("Depends-On: acme/api#12", ["acme/api#12"], []),
        ("Words.\n\ndepends-on:acme/api#12  \nDEPENDS-ON: #3", ["acme/api#12", "acme/shop#3"], []),
        ("Depends-On: https://github.com/acme/api/pull/12", ["acme/api#12"], []),
        ("Depends-On: <https://github.com/acme/api/pull/12/>", ["acme/api#12"], []),
        ("Depends-On: acme/api#12, acme/my_web.x#4 #5", ["acme/api#12", "acme/my_web.x#4", "acme/shop#5"], []),
        ("Depends-On: acme/api#12\nDepends-On: Acme/API#12", ["acme/api#12"], []),
        ("Depends-On: acme/api#12\n---\nmore", ["acme/api#12"], []),
        ("Depends-On: acme/api#12\r\nDepends-On: acme/db#1\r\n", ["acme/api#12", "acme/db#1"], []),
        ("Depends-On: https://elsewhere.example/acme/api/pull/12", [], ["https://elsewhere.example/acme/api/pull/12"]),
        ("Depends-On: https://github.com.evil.example/acme/api/pull/12", [], ["https://github.com.evil.example/acme/api/pull/12"]),
        ("Depends-On: api 12", [], ["api", "12"]),
        ("Depends-On:", [], ["nothing"]),
        ("Depends-On: acme/api#0", [], ["acme/api#0"]),
        ("It Depends-On: acme/api#12", [], []),
        ("> Depends-On: acme/api#12", [], []),
        ("`Depends-On: acme/api#12`", [], []),
        ("```\nDepends-On: acme/api#12\n```", [], []),
        ("    Depends-On: acme/api#12", [], []),
        ("<!-- Depends-On: acme/api#12 -->", [], []),
        ("<!--\nDepends-On: acme/api#12\n-->", [], []),
        ("<details>\n\nDepends-On: acme/api#12\n\n</details>", [], []),
        ("Depends-On: acme/api#12 <!-- not --> acme/db#1", ["acme/api#12", "acme/db#1"], ["<hidden>"]),
        ("<del>Depends-On: acme/api#12</del>", [], []),
    ],
)  # fmt: skip
def test_a_description_names_what_its_lines_show(body: str, names: list[str], misread: list[str]) -> None:
    found, unread = depends_on(body, "acme/shop", WEB)
    assert (list(found), list(unread)) == (names, misread)


def test_a_github_of_ones_own_has_its_own_addresses() -> None:
    body = "Depends-On: https://ghe.example.com/acme/api/pull/12\nDepends-On: https://github.com/acme/web/pull/1"
    found, unread = depends_on(body, "acme/shop", "https://ghe.example.com")
    assert found == ("acme/api#12",)
    assert unread == ("https://github.com/acme/web/pull/1",)


def test_more_than_may_be_named_is_told_as_one_more() -> None:
    body = "\n".join(f"Depends-On: acme/api#{n}" for n in range(1, 40))
    assert len(depends_on(body, "acme/shop", WEB)[0]) == MOST_NAMED + 1


@given(st.text(max_size=300))
def test_no_description_can_break_the_reading(text: str) -> None:
    found, unread = depends_on(f"Depends-On: {text}\n{text}", "acme/shop", WEB)
    assert len(found) <= MOST_NAMED + 1
    assert len(unread) <= MOST_NAMED


# ------------------------------------------------------------------ what others see


def a_note(**changes: Any) -> Note:
    values: dict[str, Any] = {"merges": True, "ready": True, "fell": False, "heads": ("aaaa" * 10,)}
    return Note(**values | changes)


def test_a_note_comes_back_as_it_was_written_beside_the_page() -> None:
    note = a_note(
        names=("acme/api#12",), members=(API,), trains=("acme/shop",), refused_at=NOW, refused="no", resumed=("x",)
    )
    view = noted('{"kind": "release"}', note)
    assert note_in(view) == note
    assert '"kind": "release"' in view


def test_a_release_without_trains_is_kept_as_ever() -> None:
    assert noted('{"kind": "release"}', a_note(headline="waits")) == '{"kind": "release"}'
    assert note_in("") == note_in('{"kind": "release"}') == Note()


# ------------------------------------------------------------------ decisions


def a_car(key: str = API, name: str = "acme/api#12", state: CarState = CarState.OPEN, **note: Any) -> Car:
    return Car(name, key, state, f"https://github.com/{name.replace('#', '/pull/')}", a_note(**note))


OWN = Car("acme/shop#7", ME, CarState.OPEN, "https://github.com/acme/shop/pull/7", a_note(heads=(HEAD.head_sha,)))


def a_lead(*cars: Car, policy: Any = POLICY, train: dict[str, Any] | None = None, **changes: Any) -> Snapshot:
    """acme/shop#7, ready in itself, with these before it."""
    made = Train(ME, OWN.name, (*cars, OWN), **(train or {}))
    pull = a_pull(depends_on=tuple(car.name for car in cars) or ("acme/api#12",), **changes.pop("pull", {}))
    changes.setdefault("standing", a_standing(policy=policy, **changes.pop("has", {})))
    return a_snapshot(policy=policy, pull=pull, train=made, **changes)


def a_go(*cars: Car, at: Any = NOW, lead: Car = OWN, **changes: Any) -> Go:
    order = tuple(
        Place(car.key, car.name, car.note.heads[0] if car.note.heads else "aaaa" * 10) for car in (*cars, lead)
    )
    return Go(**{"id": "go1", "lead": lead.key, "name": lead.name, "order": order, "at": at, "seq": 11} | changes)


def codes(decision: Decision) -> dict[str, Verdict]:
    return {r.code: r.verdict for r in decision.reasons if r.code.startswith(("train", "promote"))}


LANDED = a_car(state=CarState.LANDED, landed=True, commit="c0ffee" * 6, landed_at=NOW - timedelta(minutes=1))

WAITING = [
    ("not ready", a_car(ready=False, headline="0/1 — waiting on qa"), "train_waits", Verdict.WAIT),
    ("not looked at", a_car(state=CarState.UNSEEN), "train_waits", Verdict.WAIT),
    ("closed", a_car(state=CarState.CLOSED), "train_broken", Verdict.NO_GO),
    ("outside", Car("acme/api#12", "", CarState.OUTSIDE), "train_outside", Verdict.HOLD),
    ("does not list us", a_car(state=CarState.UNLISTED), "train_outside", Verdict.HOLD),
    ("no release", a_car(state=CarState.OTHER), "train_outside", Verdict.HOLD),
]


@pytest.mark.parametrize(("car", "code", "verdict"), [row[1:] for row in WAITING], ids=[row[0] for row in WAITING])
def test_a_lead_says_of_each_member_what_it_waits_for(car: Car, code: str, verdict: Verdict) -> None:
    decision = decide(a_lead(car))
    assert codes(decision) == {code: verdict}
    assert not decision.merge
    assert decision.train.go is None
    assert "acme/api#12" in decision.headline


def test_a_lead_whose_members_are_all_ready_writes_the_go_and_does_not_merge_yet() -> None:
    decision = decide(a_lead(a_car()))
    assert decision.train.go is not None
    assert [place.name for place in decision.train.go.order] == ["acme/api#12", "acme/shop#7"]
    assert [place.head for place in decision.train.go.order] == ["aaaa" * 10, HEAD.head_sha]
    assert not decision.merge
    assert decision.state == "in_progress"


def test_a_lead_that_is_not_ready_itself_writes_no_go() -> None:
    decision = decide(a_lead(a_car(), has={"words": ()}))
    assert decision.train.go is None
    assert "role_missing" in {r.code for r in decision.reasons}


def test_a_lead_that_waits_to_be_asked_writes_no_go_before() -> None:
    policy = a_policy(merge=MergeRule(when="ask"))
    decision = decide(a_lead(a_car(), policy=policy))
    assert decision.train.go is None
    assert codes(decision) == {"promote_awaited": Verdict.WAIT}


def test_a_lead_merges_once_everything_before_it_has_landed() -> None:
    assert decide(a_lead(LANDED)).merge
    assert decide(a_lead(LANDED, has={"goes": {ME: a_go(LANDED)}})).merge


def test_a_circle_is_a_finding() -> None:
    decision = decide(a_lead(a_car(), train={"cycle": ("acme/shop#7", "acme/api#12", "acme/shop#7")}))
    assert codes(decision)["train_cycle"] is Verdict.NO_GO
    assert "acme/shop#7 waits for acme/api#12, which waits for acme/shop#7" in decision.headline


def test_too_many_are_refused_and_what_cannot_be_read_is_said() -> None:
    assert codes(decide(a_lead(a_car(), train={"too_long": True}))) == {"train_too_long": Verdict.HOLD}
    alone = a_snapshot(policy=POLICY, standing=a_standing(policy=POLICY), pull=a_pull(depends_misread=("api",)))
    assert codes(decide(alone)) == {"train_misread": Verdict.HOLD}
    assert not decide(alone).merge


FAULTS = [
    ("holds", a_car(), "", False),
    ("pushed", a_car(heads=("bbbb" * 10,)), "pushed to", False),
    ("a clean update is the same", a_car(heads=("bbbb" * 10, "aaaa" * 10)), "", False),
    ("fell", a_car(ready=False, fell=True, headline="HOLD: @eve holds it"), "not ready any more", False),
    ("a passing wait", a_car(ready=False, fell=False), "", False),
    ("closed", a_car(state=CarState.CLOSED), "was closed", False),
    ("refused since", a_car(refused="no", refused_at=NOW), "could not be merged: no", True),
    ("refused before", a_car(refused="no", refused_at=NOW - timedelta(hours=1)), "", False),
]


@pytest.mark.parametrize(("car", "why", "hard"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_go_ends_when_a_head_moves_or_a_verdict_falls(car: Car, why: str, hard: bool) -> None:
    found, must_look = fault(a_go(a_car()), Train(ME, OWN.name, (car, OWN)), NOW)
    assert why in found if why else not found, found
    assert must_look is hard


def test_a_go_ends_when_nothing_moves_for_ten_minutes_after_it_or_after_the_last_landing() -> None:
    go = a_go(LANDED, a_car(DB, "acme/db#3"), at=NOW - PATIENCE)
    stuck = Train(ME, OWN.name, (a_car(), a_car(DB, "acme/db#3"), OWN))
    assert "acme/api#12 was next" in fault(go, stuck, NOW)[0]
    moved = Train(ME, OWN.name, (LANDED, a_car(DB, "acme/db#3"), OWN))
    assert fault(go, moved, NOW) == ("", False)
    assert "acme/db#3 was next" in fault(go, moved, NOW + PATIENCE)[0]
    assert fault(a_go(LANDED, at=NOW - PATIENCE), Train(ME, OWN.name, (LANDED, OWN)), NOW) == ("", False)


def test_what_ends_before_anything_landed_only_waits_again_and_says_so() -> None:
    decision = decide(a_lead(a_car(heads=("bbbb" * 10,)), has={"goes": {ME: a_go(a_car())}}))
    assert decision.train.halt is not None
    assert not decision.train.halt.stopped
    assert decision.train.go is None
    again = decide(
        a_lead(a_car(heads=("bbbb" * 10,)), has={"goes": {ME: a_go(a_car())}, "halts": {"go1": decision.train.halt}})
    )
    assert again.train.go is not None, "all are ready again, so it goes again"


def test_what_ends_after_something_landed_stops_until_somebody_lets_it_go_on() -> None:
    web = a_car(DB, "acme/db#3", refused="1 approving review is required", refused_at=NOW)
    go = a_go(a_car(), web, at=NOW - timedelta(minutes=2))
    decision = decide(a_lead(LANDED, web, has={"goes": {ME: go}}))
    halt = decision.train.halt
    assert halt is not None
    assert halt.stopped
    assert halt.left == ("acme/db#3", "acme/shop#7")
    assert codes(decision) == {"train_stopped": Verdict.HOLD}

    halt = replace(halt, at=NOW, seq=12)
    has: dict[str, Any] = {"goes": {ME: go}, "halts": {"go1": halt}}
    still = decide(a_lead(LANDED, web, has=has))
    assert codes(still) == {"train_stopped": Verdict.HOLD}
    assert still.train.go is None
    told = decide(a_lead(LANDED, replace(web, note=replace(web.note, resumed=("go1",))), has=has))
    assert told.train.go is not None
    assert [p.name for p in told.train.go.order] == ["acme/db#3", "acme/shop#7"]


def test_what_landed_while_its_go_ended_is_told_of_afterwards() -> None:
    go = a_go(a_car(), a_car(DB, "acme/db#3"), at=NOW - timedelta(minutes=2))
    ended = Halt(
        "go1", ME, "acme/db#3 was pushed to", False, left=("acme/api#12", "acme/db#3"), at=NOW - timedelta(minutes=1)
    )
    decision = decide(a_lead(LANDED, a_car(DB, "acme/db#3"), has={"goes": {ME: go}, "halts": {"go1": ended}}))
    assert decision.train.halt is not None
    assert decision.train.halt.stopped
    assert [one.name for one in decision.train.halt.landed] == ["acme/api#12"]


def test_a_word_on_the_lead_lets_it_go_on() -> None:
    go, halt = a_go(a_car()), Halt("go1", ME, "why", True, at=NOW - timedelta(minutes=5), seq=12)
    words = (*a_standing(policy=POLICY).words, a_word("promote", seq=13))
    decision = decide(a_lead(a_car(), has={"goes": {ME: go}, "halts": {"go1": halt}, "words": words}))
    assert decision.train.note.resumed == ("go1",)
    assert decision.train.go is not None


@pytest.mark.parametrize(
    ("method", "command"),
    [("merge", "git revert -m 1 abc"), ("squash", "git revert abc"), ("", "git revert -m 1 abc")],
)
def test_the_revert_that_is_offered_fits_how_it_landed(method: str, command: str) -> None:
    landed = Landed("acme/api#12", "abc", "https://github.com/acme/api/pull/12", method)
    said = said_of_halt(Halt("go", ME, "x", True, (landed,), ("acme/shop#7",)))
    assert f"`{command}`" in said
    assert "Revert button on https://github.com/acme/api/pull/12" in said


# ------------------------------------------------------------------ a member

LEAD = Car("acme/great#1", API, CarState.OPEN, "https://github.com/acme/great/pull/1", a_note())
LED = a_policy(merge=MergeRule(), trains=("acme/great",))


def a_member(*before: Car, after: tuple[Car, ...] = (), policy: Any = LED, **has: Any) -> Snapshot:
    """acme/shop#7 in the train of acme/great#1."""
    train = Train(LEAD.key, LEAD.name, (*before, OWN, *after, LEAD))
    return a_snapshot(policy=policy, led_by=(train,), standing=a_standing(policy=policy, **has))


def the_go(*cars: Car, **changes: Any) -> dict[str, Go]:
    return {LEAD.key: a_go(*cars, lead=LEAD, **changes)}


def test_a_member_waits_for_the_go_and_is_ready_all_the_while() -> None:
    decision = decide(a_member())
    assert codes(decision) == {"train_go_awaited": Verdict.WAIT}
    assert decision.train.note.ready
    assert not decision.merge


def test_a_member_whose_turn_it_is_merges() -> None:
    assert decide(a_member(goes=the_go(OWN))).merge


def test_a_member_lets_those_before_it_merge_first() -> None:
    db = a_car(DB, "acme/db#3")
    decision = decide(a_member(db, goes=the_go(db, OWN)))
    assert codes(decision) == {"train_turn": Verdict.WAIT}
    landed = a_car(DB, "acme/db#3", CarState.LANDED, landed=True)
    assert decide(a_member(landed, goes=the_go(db, OWN))).merge


def test_a_go_for_another_head_or_an_ended_one_is_none() -> None:
    old = replace(OWN, note=a_note(heads=("0123" * 10,)))
    assert codes(decide(a_member(goes=the_go(old)))) == {"train_go_awaited": Verdict.WAIT}
    halts = {"go1": Halt("go1", LEAD.key, "why", False)}
    assert codes(decide(a_member(goes=the_go(OWN), halts=halts))) == {"train_go_awaited": Verdict.WAIT}
    later = a_car(DB, "acme/db#3", ready=False, fell=True)
    assert codes(decide(a_member(after=(later,), goes=the_go(OWN, later)))) == {"train_go_awaited": Verdict.WAIT}


def test_a_stopped_train_holds_its_members_even_when_its_lead_is_gone() -> None:
    halts = {"go1": Halt("go1", LEAD.key, "why", True, at=NOW, seq=20)}
    assert codes(decide(a_member(goes=the_go(OWN), halts=halts))) == {"train_stopped": Verdict.HOLD}
    alone = replace(a_member(goes=the_go(OWN), halts=halts), led_by=())
    assert codes(decide(alone)) == {"train_stopped": Verdict.HOLD}
    assert not decide(alone).merge


def test_a_member_that_people_merge_is_not_held_and_never_called_ready() -> None:
    policy = a_policy(trains=("acme/great",))
    decision = decide(a_member(policy=policy))
    assert codes(decision) == {}
    assert not decision.train.note.ready


def test_a_clean_update_of_the_head_keeps_the_go() -> None:
    old = replace(OWN, note=a_note(heads=("0123" * 10,)))
    updates = {("0123" * 10, HEAD.head_sha): ""}
    assert decide(a_member(goes=the_go(old), updates=updates)).merge


def test_a_lead_that_is_closed_ends_its_go() -> None:
    snapshot = a_lead(LANDED, has={"goes": {ME: a_go(a_car())}}, pull={"state": PullState.CLOSED})
    halt = decide(snapshot).train.halt
    assert halt is not None
    assert halt.stopped
    assert "was closed" in halt.why


# ------------------------------------------------------------------ the record


def test_go_and_halt_survive_the_ledger() -> None:
    go = a_go(a_car())
    halt = Halt("go1", ME, "why", True, (Landed("a/b#1", "abc", "u", "squash"),), ("a/c#2",))
    entries = [replace(ledger.train_go(go), seq=11), replace(ledger.train_halted(halt, NOW), seq=12)]
    standing = ledger.fold(entries)
    assert standing.goes == {ME: go}
    assert standing.halts == {"go1": replace(halt, at=NOW, seq=12)}
    assert len(standing.facts) == 2


def test_a_decision_about_a_train_can_be_taken_again_from_the_record() -> None:
    train = Train(ME, OWN.name, (LANDED, a_car(DB, "acme/db#3"), OWN))
    assert read(Train, written(train)) == train


# ------------------------------------------------------------------ whatever stands around it

CARS = st.builds(
    lambda state, ready, fell, moved, resumed, refused: a_car(
        DB, "acme/db#3", state, ready=ready, fell=fell, heads=("bbbb" * 10,) if moved else ("aaaa" * 10,),
        resumed=("go1",) if resumed else (), refused="no" if refused else "", refused_at=NOW if refused else None,
    ),
    st.sampled_from(list(CarState)), *[st.booleans()] * 5,
)  # fmt: skip


@given(CARS, CARS, st.booleans(), st.sampled_from([None, False, True]), st.integers(0, 20))
def test_a_lead_never_merges_before_its_members(
    one: Car, two: Car, gone: bool, halted: bool | None, minutes: int
) -> None:
    cars = (replace(one, key=API, name="acme/api#12"), two)
    goes = {ME: a_go(a_car(), a_car(DB, "acme/db#3"), at=NOW - timedelta(minutes=minutes))} if gone else {}
    halts = {} if halted is None else {"go1": Halt("go1", ME, "why", halted, at=NOW, seq=9)}
    decision = decide(a_lead(*cars, has={"goes": goes, "halts": halts}))
    if decision.merge or decision.state == "success":
        assert all(car.state is CarState.LANDED for car in cars)
    if decision.train.go:
        assert all(car.note.ready or car.state is CarState.LANDED for car in cars)


@given(CARS, CARS, st.booleans(), st.sampled_from([None, False, True]), st.integers(0, 20))
def test_a_member_never_merges_without_a_go_or_before_its_turn(
    one: Car, two: Car, gone: bool, halted: bool | None, minutes: int
) -> None:
    before, after = replace(one, key="github.com/45/1", name="acme/api#12"), two
    goes = the_go(before, OWN, after, at=NOW - timedelta(minutes=minutes)) if gone else {}
    halts = {} if halted is None else {"go1": Halt("go1", LEAD.key, "why", halted, at=NOW, seq=9)}
    decision = decide(a_member(before, after=(after,), goes=goes, halts=halts))
    if decision.merge or decision.state == "success":
        assert gone
        assert halted is None
        assert before.state is CarState.LANDED
        assert after.state in (CarState.LANDED, CarState.OPEN)
        assert minutes < 10


# ------------------------------------------------------------------ the policy's key

FILE = "version: 1\nproject: Shop\nreleases: [{name: production, base: main, head: x}]\n"


def test_the_policy_lists_who_may_lead() -> None:
    assert load(f"{FILE}trains: [acme/shop, acme/web.x]", {}).trains == ("acme/shop", "acme/web.x")
    assert load(FILE, {}).trains == ()
    kinds = {"type": "array"}
    assert json_schema({})["properties"]["trains"].items() >= kinds.items()


@pytest.mark.parametrize(
    ("value", "line", "said"),
    [
        ("[shop]", 4, "expected a repository"),
        ("[acme/shop#7]", 4, "expected a repository"),
        ("['@ana']", 4, "expected a repository"),
        ("[acme/..]", 4, "expected a repository"),
        ("[acme/shop, Acme/Shop]", 4, "is here twice"),
    ],
)
def test_what_is_no_repository_is_a_mistake_with_its_place(value: str, line: int, said: str) -> None:
    with pytest.raises(PolicyMistakes) as found:
        load(f"{FILE}trains: {value}", {})
    (mistake,) = found.value.mistakes
    assert mistake.line == line
    assert said in str(mistake)


NEEDS_SOMEBODY = {
    "role_missing", "role_unfillable", "role_waits", "owner_missing", "owners_missing", "condition_due", "draft", "conflict",
    "promote_awaited",
}  # fmt: skip
"""Codes of reasons to wait that end a go, for a person must do something. Those of the train itself are not asked."""


def made_by(*modules: str) -> dict[str, set[str]]:
    """Every reason that these modules of the core make: its code → its verdicts, as the source has them."""
    found: dict[str, set[str]] = {}
    for module in modules or [path.stem for path in CORE.glob("*.py")]:
        for node in ast.walk(ast.parse((CORE / f"{module}.py").read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason" and len(node.args) > 1:
                code, verdict = node.args[0], node.args[1]
                if isinstance(code, ast.Constant):
                    said = verdict.attr if isinstance(verdict, ast.Attribute) else ast.unparse(verdict)
                    found.setdefault(str(code.value), set()).add(said)
    return found


def test_what_passes_by_itself_is_every_reason_to_wait_that_asks_nobody_for_anything() -> None:
    made = {code: verdicts for code, verdicts in made_by().items() if not code.startswith("train_")}
    waits = {code for code, verdicts in made.items() if any("WAIT" in verdict for verdict in verdicts)}
    assert waits - NEEDS_SOMEBODY == PASSING, (
        "sort the new reason: does it end a go (NEEDS_SOMEBODY), or pass (PASSING)?"
    )
    assert waits >= NEEDS_SOMEBODY, "no reason of that code is made any more"


def test_nothing_that_the_forge_asks_of_a_landing_is_a_reason_against_it_but_a_method_that_it_refuses() -> None:
    landing = made_by("landing_rules")
    assert {"required_checks", "behind", "queued"} <= landing.keys()
    assert {code for code, verdicts in landing.items() if verdicts != {"GO"}} == {"merge_method_not_allowed"}


@pytest.mark.parametrize(
    ("code", "fell"), [*((code, False) for code in sorted(PASSING)), ("draft", True), ("held", True)]
)
def test_what_passes_by_itself_is_not_told_to_the_other_cars_as_a_fall(code: str, fell: bool) -> None:
    led = a_snapshot(policy=a_policy(merge=MergeRule(), trains=("acme/lead",)))
    alone = Alone(False, False, (Reason(code, Verdict.WAIT, "It waits.", ""),), "it waits")
    assert couple(led, alone).note.fell is fell


def test_a_release_whose_lines_cannot_be_read_tells_the_other_cars_that_it_is_not_ready() -> None:
    ready = Alone(True, False, (), "nothing is missing")
    policy = a_policy(merge=MergeRule(), trains=("acme/lead",))
    note = couple(a_snapshot(policy=policy), ready).note
    assert (note.ready, note.fell) == (True, False)
    note = couple(a_snapshot(policy=policy, pull=a_pull(depends_misread=("acme",))), ready).note
    assert (note.ready, note.fell) == (False, True)
