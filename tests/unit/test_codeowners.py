"""CODEOWNERS as GitHub reads it: which line owns a path, which lines are skipped, and whose the changed paths are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import a_person, a_policy, a_snapshot, a_standing, a_word
from golive.core.codeowners import LARGEST, OwnedPaths, owned, parse, sources
from golive.core.decide import decide
from golive.core.model import ChangedFile, Role, Verdict
from golive.core.rules import RoleRule
from golive.engine.owners import covering, with_owners


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "README.md", True),
        ("*", "src/deep/in/it.py", True),
        ("**", "src/deep/in/it.py", True),
        ("*.js", "app.js", True),
        ("*.js", "web/src/app.js", True),
        ("*.js", "web/app.jsx", False),
        ("docs/*", "docs/start.md", True),
        ("docs/*", "docs/build/trouble.md", False),
        ("docs/*", "web/docs/start.md", False),
        ("/docs/", "docs/build/trouble.md", True),
        ("/docs/", "web/docs/start.md", False),
        ("apps/", "apps/a.py", True),
        ("apps/", "services/apps/a.py", True),
        ("apps/", "apps", False),
        ("apps", "apps/a.py", True),
        ("apps", "lib/apps", True),
        ("/apps/github", "apps/github/a/b.py", True),
        ("/apps/github", "apps/github2/b.py", False),
        ("apps/github", "apps/github/b.py", True),
        ("apps/github", "x/apps/github/b.py", False),
        ("**/logs", "build/logs/1.txt", True),
        ("**/logs", "logs/1.txt", True),
        ("**/logs", "deeply/nested/logs", True),
        ("/build/**/x.py", "build/x.py", True),
        ("/build/**/x.py", "build/a/b/x.py", True),
        ("/build/**/x.py", "x.py", False),
        ("/build/**", "build/a/b", True),
        ("/build/**", "build", False),
        ("/src/*/mod.py", "src/a/mod.py", True),
        ("/src/*/mod.py", "src/a/b/mod.py", False),
        ("/src/*.py", "src/a.py", True),
        ("/src/*.py", "src/a/b.py", False),
        ("/src/?.py", "src/a.py", True),
        ("/src/?.py", "src/ab.py", False),
        ("Makefile", "makefile", False),
        ("my\\ docs/", "my docs/a.md", True),
    ],
)
def test_a_pattern_reaches_what_it_reaches_on_github(pattern: str, path: str, matches: bool) -> None:
    assert (parse(f"{pattern} @ana").of(path) == ("@ana",)) is matches


def test_the_last_match_wins_and_a_line_without_owners_takes_them_away() -> None:
    file = parse("* @everyone\n*.js @js @acme/web # the web team\n/apps/ @octo\n/apps/github\n")
    assert file.of("main.py") == ("@everyone",)
    assert file.of("web/main.js") == ("@js", "@acme/web")
    assert file.of("apps/main.js") == ("@octo",)
    assert file.of("apps/github/main.js") == ()
    assert parse("/apps/ @octo\n").of("main.py") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("!docs/ @ana", "nothing can be taken out"),
        ("src/[a-c].py @ana", "no ranges"),
        ("\\#notes @ana", "cannot begin with #"),
        ("docs/ ana", "`ana` is no owner"),
        ("docs/ @acme/web/ui", "`@acme/web/ui` is no owner"),
        ("/ @ana", "matches nothing"),
        ("a***b @ana", "matches nothing"),
    ],
)
def test_a_line_that_github_skips_is_skipped_and_said_with_its_number(line: str, says: str) -> None:
    file = parse(f"* @everyone\n# a remark\n\n{line}\n")
    assert [rule.line for rule in file.rules] == [1]
    assert [problem.line for problem in file.problems] == [4]
    assert says in file.problems[0].text


def test_an_address_is_kept_as_an_owner_and_said_to_be_nobody_golive_knows() -> None:
    file = parse("docs/ docs@example.com @ana\n")
    assert file.of("docs/a.md") == ("docs@example.com", "@ana")
    assert "docs@example.com" in file.problems[0].text
    assert sources(("docs@example.com", "@ana", "@acme/web")) == ("@ana", "acme/web")


def test_a_file_that_github_does_not_load_owns_nothing() -> None:
    file = parse("* @ana\n" + "#" * LARGEST)
    assert file.rules == ()
    assert "3 MB" in file.problems[0].text


def test_a_pattern_made_to_be_slow_is_not() -> None:
    file = parse(f"/{'*a' * 60}/{'**/' * 60}x @ana")
    assert file.of(f"{'a' * 4000}/{'/'.join('b' * 200)}") is None


def test_a_renamed_file_counts_under_both_of_its_names() -> None:
    file = parse("/old/ @ana\n/new/ @bo\n/free/\n")
    changed = [ChangedFile("new/a.py", previous="old/a.py"), ChangedFile("free/x"), ChangedFile("else")]
    assert owned(file, changed) == (
        OwnedPaths(None, ("else",)),
        OwnedPaths((), ("free/x",)),
        OwnedPaths(("@bo",), ("new/a.py",)),
        OwnedPaths(("@ana",), ("old/a.py",)),
    )


def test_the_owners_take_the_place_of_the_word_for_them() -> None:
    rules = (RoleRule("owners", ("codeowners", "@lead")), RoleRule("qa", ("@mina",)))
    found = (OwnedPaths(("@bo", "@acme/web"), ("a",)), OwnedPaths(None, ("b",)), OwnedPaths(("@bo",), ("c",)))
    assert [rule.sources for rule in with_owners(rules, found)] == [("@lead", "@bo", "acme/web"), ("@mina",)]


# ------------------------------------------------------------------ what a role of owners comes to

SETS = (OwnedPaths(("@ana",), ("a.py",)), OwnedPaths(("@ana", "@bo"), ("b.py",)), OwnedPaths(("@cy",), ("c.py",)))


def _decided(
    signed: str, *, each: bool = True, count: int = 1, sets: tuple[OwnedPaths, ...] = SETS, by: str = "mallory"
):
    """The decision where these people signed as owners."""
    rule = RoleRule("owners", ("codeowners",), count=count, each=each)
    asked, policy = with_owners((rule,), sets)[0], a_policy(roles=[rule])
    behind = [Role("", 1, tuple(a_person(owner[1:]) for owner in one.owners or ())) for one in sets]
    people = {p.id: p for role in behind for p in role.people}
    role = covering(Role("owners", count, tuple(people.values()), asked.sources), rule, sets, behind)
    words = [a_word(by=login, text="owners", key=f"c:{login}") for login in signed.split()]
    snapshot = a_snapshot(policy=policy, roles=(role,), standing=a_standing(policy=policy, words=words), owned=sets)
    return decide(replace(snapshot, pull=replace(snapshot.pull, author=a_person(by))))


@pytest.mark.parametrize(
    ("signed", "each", "count", "missing"),
    [
        ("bo", False, 1, []),
        ("bo", False, 2, ["role_missing"]),
        ("bo cy", False, 2, []),
        ("", True, 1, ["owner_missing"] * 3 + ["role_missing"]),
        ("bo", True, 1, ["owner_missing"] * 2),
        ("ana", True, 1, ["owner_missing"]),
        ("ana cy", True, 1, []),
        ("bo cy", True, 1, ["owner_missing"]),
        ("bo cy ana", True, 1, []),
        ("ana cy", True, 3, ["role_missing"]),
    ],
)
def test_so_many_owners_sign_or_one_of_every_set(signed: str, each: bool, count: int, missing: list[str]) -> None:
    decision = _decided(signed, each=each, count=count)
    assert sorted(r.code for r in decision.reasons) == missing
    assert decision.verdict is (Verdict.WAIT if missing else Verdict.GO)


def test_a_missing_owner_is_told_with_the_paths_and_who_could_sign() -> None:
    told = {r.sentence: r.clears for r in _decided("cy").reasons}
    assert told == {
        "owners: no owner of a.py has signed.": "@ana",
        "owners: no owner of b.py has signed.": "@ana, @bo",
    }


@pytest.mark.parametrize("each", [False, True])
def test_where_nobody_owns_what_is_changed_it_waits_and_says_what_to_do(each: bool) -> None:
    decision = _decided("", each=each, sets=(OwnedPaths(None, ("x.py", "y.py"), 3),))
    (told,) = decision.reasons
    assert (told.code, told.verdict) == ("owners_missing", Verdict.WAIT)
    assert "x.py, y.py and 3 more" in told.sentence
    assert "CODEOWNERS on main" in told.clears
    assert decision.headline.endswith(told.sentence)


def test_a_path_without_owner_beside_owned_ones_stops_only_where_each_is_asked() -> None:
    sets = (*SETS[:1], OwnedPaths(None, ("x.py",)))
    assert _decided("ana", each=False, sets=sets).verdict is Verdict.GO
    assert [r.sentence for r in _decided("ana", sets=sets).reasons] == ["owners: nobody owns it: x.py."]


def test_paths_that_were_taken_out_on_purpose_need_nobody() -> None:
    assert _decided("ana", sets=(*SETS[:1], OwnedPaths((), ("free.py",)))).verdict is Verdict.GO


def test_the_author_who_is_the_only_owner_cannot_sign_and_it_is_said() -> None:
    decision = _decided("ana cy", sets=SETS, by="ana")
    told = [r.sentence for r in decision.reasons if r.code == "owners_missing"]
    assert told == ["owners: of @ana nobody may sign: a.py."]
    assert decision.verdict is Verdict.WAIT
