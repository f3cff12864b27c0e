"""The sticky comment and the sign-off request: written when something changed, guarded against others, one for each."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from world import World, a_world


def ours(w: World, number: int, marker: str):
    """golive's own comments with this marker."""
    found = w.github.comments("acme/shop", number)
    return [c for c in found if c.user.login == "golive[bot]" and marker in c.body]


def writes(w: World) -> Counter[str]:
    """From now on: how often golive creates and edits comments."""
    seen: Counter[str] = Counter()
    wanted = ("issues/create-comment", "issues/update-comment")
    w.github.observers.append(lambda e: seen.update([e.operation] if e.operation in wanted else []))
    return seen


def test_nothing_is_written_while_nothing_changes() -> None:
    with a_world(slack=False) as w:
        number = w.asked()
        w.later(seconds=61)
        seen = writes(w)
        for _ in range(6):
            w.later(seconds=45)
            w.github.label("acme/shop", number, f"area/{_}", by="bo")
            w.settle()
        assert seen == Counter(), "an event that changes nothing was answered by an edit"


def lasting(body: str) -> str:
    """A comment without what time alone changes in it, and without the ledger's chain, on which the edit stands too."""
    return re.sub(r", asked [^)]*", "", body.split("Ledger:")[0])


@pytest.mark.parametrize("marker", ["golive:sticky:", "golive:request:"])
@pytest.mark.parametrize("slack", [True, False])
def test_somebody_elses_edit_is_undone_and_it_is_said_who_did_it(marker: str, slack: bool) -> None:
    with a_world(slack=slack) as w:
        number = w.asked()
        w.later(seconds=61)
        (before,) = ours(w, number, marker)
        text, told = lasting(before.body), before.id
        w.github.edit_comment("acme/shop", told, by="bo", body=before.body.replace("security", "nobody"))
        w.settle()
        (after,) = ours(w, number, marker)
        assert after.id == told
        assert lasting(after.body) == text
        said = w.thread() if slack else [c.body for c in ours(w, number, "changed what golive had written")]
        assert [line for line in said if "bo changed what golive had written" in line.replace("*", "")], said


@pytest.mark.parametrize("marker", ["golive:sticky:", "golive:request:"])
def test_a_deletion_is_said_too_and_what_was_deleted_is_written_anew(marker: str) -> None:
    with a_world() as w:
        number = w.asked()
        (before,) = ours(w, number, marker)
        w.github.delete_comment("acme/shop", before.id, by="bo")
        w.settle()
        (after,) = ours(w, number, marker)
        assert after.id != before.id
        assert [line for line in w.thread() if "bo deleted what golive had written" in line], w.thread()


def test_golives_own_edits_are_never_taken_for_somebody_elses() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed(number)
        assert w.merged(number)
        assert not [line for line in w.thread() if "what golive had written" in line]


def test_the_request_for_a_new_revision_leaves_one_line_of_the_old_one_which_is_written_once() -> None:
    with a_world() as w:
        number = w.asked()
        (old,) = ours(w, number, "golive:request:")
        first = w.github.pull("acme/shop", number).head.sha
        second = w.push(number)
        w.later(seconds=61)
        line, _, _ = next(c.body for c in ours(w, number, "golive:request:") if c.id == old.id).partition("\n")
        assert line == (
            f"Superseded: sign-offs are now asked for on [{second[:7]}](http://github.test/acme/shop/pull/{number}"
            f"/commits/{second}), no longer on {first[:7]}."
        )
        w.push(number, text="print('1.4.2')\n")
        w.later(seconds=61)
        again = next(c.body for c in ours(w, number, "golive:request:") if c.id == old.id)
        assert again.startswith(line), "the oldest request still points to the one that came right after it"
        assert len(ours(w, number, "golive:request:")) == 3
        assert len(ours(w, number, "golive:sticky:")) == 1
