"""Code owners of what a release changes sign it: read from the base's CODEOWNERS, and only where a role asks for them."""

from __future__ import annotations

import pytest

from golive.standins.wire import Exchange
from world import POLICY, World, a_world

PEOPLE = POLICY[POLICY.index("signoffs:") : POLICY.index("promotion:")]


def asking(role: str) -> str:
    return POLICY.replace(PEOPLE, f"signoffs:\n  - group: code\n    roles: [{{{{{role}}}}}]\n")


OWNERS = asking("role: owners, from: [codeowners]")
EACH = asking("role: owners, from: [codeowners], each: true")
FILE = "* @bo\n/app.py @mina\n/db/ @acme/security\n/docs/\n"


def owning(w: World, text: str, path: str = ".github/CODEOWNERS", branch: str = "main") -> None:
    w.github.commit("acme/shop", branch, {path: text}, by="bo", message="Owners")


def changing(w: World, **files: str | None) -> int:
    """A release that changes app.py and these files."""
    names = {
        name.replace("__", "/").replace("_sql", ".sql").replace("_md", ".md"): text for name, text in files.items()
    }
    w.github.commit("acme/shop", "release/1.4", names, by="ana", message="More")
    return w.asked()


def reads(w: World) -> list[str]:
    """From now on: every read of changed files or of an owners' file."""
    seen: list[str] = []

    def note(exchange: Exchange) -> None:
        if exchange.request.path.endswith("/files") or "CODEOWNERS" in exchange.request.path:
            seen.append(exchange.request.path)

    w.github.observers.append(note)
    return seen


def test_an_owner_of_what_is_changed_signs_and_nobody_else_does() -> None:
    with a_world(policy=OWNERS) as w:
        owning(w, FILE)
        number = changing(w)
        assert "@mina" in next(c for c in w.our_comments(number, "golive:request:"))
        w.says("bo", number, "/golive approve owners")
        assert not w.merged(number), "bo owns other paths than the one that is changed"
        w.says("mina", number, "/golive approve")
        assert w.merged(number)


def test_with_each_every_changed_path_needs_one_of_its_own_owners() -> None:
    with a_world(policy=EACH) as w:
        owning(w, FILE)
        number = changing(w, db__1_sql="create table a (b int);\n", docs__a_md="new\n")
        w.says("mina", number, "/golive approve owners")
        assert not w.merged(number)
        assert "owners: no owner of db/1.sql has signed. → @&#8203;sam, @&#8203;sue" in w.summary(number)
        assert "no owner of db/1.sql yet" in w.our_comments(number, "golive:sticky:")[0]
        w.says("sue", number, "/golive approve owners")
        assert w.merged(number), "docs/ has no owners on purpose, and needs nobody"


def test_the_file_of_the_base_counts_and_never_the_one_that_the_release_brings() -> None:
    with a_world(policy=OWNERS) as w:
        owning(w, FILE)
        w.github.commit("acme/shop", "release/1.4", {".github/CODEOWNERS": "* @eve\n"}, by="ana", message="Mine")
        w.github.grant("acme/shop", "eve", "write")
        number = w.asked()
        w.says("eve", number, "/golive approve owners")
        assert not w.merged(number)
        assert "eve" not in w.our_comments(number, "golive:request:")[0]
        owning(w, "* @eve\n")
        w.settle()
        w.says("eve", number, "/golive approve owners")
        assert w.merged(number), "now the base itself names eve"


@pytest.mark.parametrize(
    ("files", "owner"),
    [
        pytest.param({".github/CODEOWNERS": "* @mina", "CODEOWNERS": "* @zoe", "docs/CODEOWNERS": "* @sam"}, "mina", id=".github"),
        pytest.param({"CODEOWNERS": "* @zoe", "docs/CODEOWNERS": "* @sam"}, "zoe", id="the root"),
        pytest.param({"docs/CODEOWNERS": "* @sam"}, "sam", id="docs"),
    ],
)  # fmt: skip
def test_the_first_of_the_three_places_counts(files: dict[str, str], owner: str) -> None:
    with a_world(policy=OWNERS) as w:
        for path, text in files.items():
            owning(w, text, path)
        number = w.asked()
        asked = w.our_comments(number, "golive:request:")[0]
        assert {name for name in ("mina", "zoe", "sam") if f"@{name}" in asked} == {owner}


def test_a_renamed_file_needs_the_owners_of_both_of_its_names() -> None:
    with a_world(policy=EACH) as w:
        owning(w, FILE)
        w.github.commit("acme/shop", "main", {"db/old.sql": "select 1;\n"}, by="bo", message="A table")
        w.github.commit(
            "acme/shop", "release/1.4", {"db/old.sql": None, "moved.sql": "select 1;\n"}, by="ana", message="Move"
        )
        number = w.asked()
        assert "no owner of db/old.sql has signed" in w.summary(number)
        assert "no owner of moved.sql has signed" in w.summary(number)


def test_a_path_that_nobody_owns_is_named_with_what_to_do() -> None:
    with a_world(policy=OWNERS) as w:
        number = w.asked()
        told = "owners: no code owner may sign for what it changes (app.py)."
        assert w.title(number) == f"0/1 — WAIT: {told}"
        assert "Name an owner of these paths in CODEOWNERS on main" in w.summary(number)
        owning(w, "app.py @mina\n")
        w.settle()
        w.later(seconds=61)
        w.says("mina", number, "/golive approve")
        assert w.merged(number)


def test_nothing_is_read_for_owners_where_no_role_asks_for_them() -> None:
    with a_world() as w:
        owning(w, FILE)
        seen = reads(w)
        number = w.asked()
        w.signed(number)
        assert w.merged(number)
        assert seen == []


def test_the_file_and_the_changed_paths_are_read_once_for_one_state_of_head_and_base() -> None:
    with a_world(policy=OWNERS) as w:
        owning(w, FILE)
        seen = reads(w)
        number = w.asked()
        for _ in range(5):
            w.says("eve", number, "Looks nice.")
        assert sorted({path.rpartition("/")[2] for path in seen}) == ["CODEOWNERS", "files"]
        assert len(seen) == 2, seen


@pytest.mark.parametrize("policy", [OWNERS, EACH], ids=["any of them", "each set"])
def test_an_owner_who_may_not_write_here_does_not_count_and_the_release_says_so(policy: str) -> None:
    with a_world(policy=policy) as w:
        owning(w, "* @eve @mina\n")
        number = changing(w)
        assert "@eve may not write to this repository" in w.summary(number).replace("&#8203;", "")
        w.says("eve", number, "/golive approve owners")
        assert not w.merged(number), "GitHub does not ask somebody who may not write here"
        w.github.grant("acme/shop", "eve", "write")
        w.later(minutes=10)
        assert "may not write" not in w.summary(number)
        w.says("eve", number, "/golive approve owners")
        assert w.merged(number), "eve may write now"


def test_a_person_whom_the_policy_names_besides_counts_without_write_access() -> None:
    with a_world(policy=asking('role: owners, from: [codeowners, "@eve"]')) as w:
        owning(w, FILE)
        number = changing(w)
        w.says("eve", number, "/golive approve owners")
        assert w.merged(number), w.title(number)
