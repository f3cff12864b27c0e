"""What lies between two commits: is one only the other brought up to date, and which paths differ.

Told from commits, whole trees and comparisons, which never change once made; what was found is kept, the trees are not.
`mixed` is the rule, and pure; a new way to be a clean update begins there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from golive.core.errors import Gone, Kept, Limited, Refused
from golive.githubapp.client import Api
from golive.githubapp.known import Known

LONGEST_CHAIN = 10
"""Updates in a row that are followed back; more are looked at by people."""
MOST_COMPARED = 300
"""Files of a comparison that GitHub shows ("Compare two commits" of its REST API)."""
MOST_COMMITS = 100
"""Commits of a comparison that are read; what a head is, where it brings more, is read by itself."""
OTHER_PARENTS = "it is more than the base merged in"
TOO_MANY = "too many files to compare"

Tree = Mapping[str, str]
"""Path → mode, type and id of what is there; folders are told by what is in them."""


@dataclass(frozen=True)
class _Commit:
    tree: str
    parents: tuple[str, ...]


def mixed(shared: Tree, signed: Tree, base: Tree, landed: Tree) -> str:
    """Empty where `landed` is `signed` with what the base changed since `shared`, else why not.

    A path that both sides changed is none of the two, even where git would merge it, and even where both did the same.
    """
    for path in sorted(shared.keys() | signed.keys() | base.keys() | landed.keys()):
        before, ours, theirs = shared.get(path), signed.get(path), base.get(path)
        if before not in (ours, theirs):
            return f"{path} was changed on both sides"
        if landed.get(path) != (theirs if ours == before else ours):
            where = "as on the base" if ours == before else "as it was"
            return f"{path} is not {where}"
    return ""


class Trees:
    """Commits of one repository, read with one installation's rights."""

    def __init__(self, api: Api, repository: int, path: str, known: Known) -> None:
        self._api = api
        self._id = repository
        self._path = path
        self._known = known

    def tree_of(self, sha: str) -> str:
        """The tree of a commit."""
        return self._commit(sha).tree

    def parents_of(self, sha: str) -> tuple[str, ...]:
        """The parents of a commit, its first one first."""
        return self._commit(sha).parents

    def contains(self, commit: str, other: str) -> bool:
        """Whether the other is this commit or in its history."""
        return self._reaches(other, commit)

    def ahead_of(self, base: str, commit: str) -> int:
        """How many commits lead from the base to this one; 0 where it is not on it."""
        try:
            told = self._api.get(f"{self._path}/compare/{base}...{commit}", per_page=1)
        except Gone:
            return 0
        return int(told["ahead_by"]) if told["status"] == "ahead" else 0

    def mixed_of(self, signed: str, base: str, landed: str) -> str:
        """Empty where `landed` is `signed` brought onto `base` and nothing else, else why not, a clause for people."""
        return self._mixed(signed, base, landed)

    def tip(self, branch: str) -> str:
        """The commit a branch is at now. Raises Gone for no such branch."""
        return str(self._api.get(f"{self._path}/git/ref/heads/{quote(branch)}")["object"]["sha"])

    def clean_update(self, before: str, after: str, base_ref: str) -> str:
        """Empty where `after` is `before` with the base merged in, once or some times in a row; else why not."""
        tip, step = "", after
        for _ in range(LONGEST_CHAIN):
            if step == before:
                return ""
            parents = self._commit(step).parents
            if len(set(parents)) != 2 or len(parents) != 2:
                return OTHER_PARENTS
            tip = tip or self.tip(base_ref)
            line, brought = self._sides(before, parents, tip)
            if not line:
                return OTHER_PARENTS
            if why := self._mixed(line, brought, step):
                return why
            step = line
        return "" if step == before else f"it is more than {LONGEST_CHAIN} updates in a row"

    def _sides(self, before: str, parents: tuple[str, ...], tip: str) -> tuple[str, str]:
        """The parent that goes on towards `before`, and the one that is of the base; empty where they are not so."""
        one, other = parents
        if before in parents:
            brought = other if one == before else one
            return (before, brought) if self._reaches(brought, tip) else ("", "")
        of_base = [parent for parent in parents if self._reaches(parent, tip)]
        if len(of_base) != 1:
            return "", ""
        return (other, one) if of_base == [one] else (one, other)

    def _reaches(self, commit: str, tip: str) -> bool:
        """Whether the commit is the tip or in its history."""
        return commit == tip or self._compared(commit, tip)[0] == "ahead"

    def _mixed(self, line: str, brought: str, step: str) -> str:
        key = ("mixed", self._id, line, brought, step)
        if (why := self._known.get(key)) is None:
            why = self._mix(line, brought, step)
            self._known.put(key, why)
        return str(why)

    def _mix(self, line: str, brought: str, step: str) -> str:
        shared = self._compared(brought, line)[1]
        if not shared:
            return OTHER_PARENTS
        trees = []
        for sha in (shared, line, brought, step):
            if (tree := self._whole(self.tree_of(sha))) is None:
                return TOO_MANY
            trees.append(tree)
        return mixed(*trees)

    def changed_between(self, before: str, after: str) -> tuple[str, ...] | None:
        """Paths whose content, mode or type differ, both names of a moved file; None where GitHub does not tell them all."""
        key = ("between", self._id, before, after)
        if (held := self._known.get(key)) is None:
            try:
                held = self._differing(before, after)
            except Gone:
                return None  # not kept: it may only be out of sight
            if held is not None:
                self._known.put(key, held)
        paths: tuple[str, ...] | None = held
        return paths

    def _differing(self, before: str, after: str) -> tuple[str, ...] | None:
        old, new = self.tree_of(before), self.tree_of(after)
        if old == new:
            return ()
        one = self._whole(old)
        other = self._whole(new) if one is not None else None
        if one is not None and other is not None:
            return tuple(sorted(p for p in one.keys() | other.keys() if one.get(p) != other.get(p)))
        told = self._api.get(f"{self._path}/compare/{before}...{after}", per_page=1)
        files = told.get("files") or ()
        if told["status"] != "ahead" or len(files) >= MOST_COMPARED:
            return None  # it tells what came since they parted, which is the difference only where one is on the other
        return tuple(sorted({name for f in files for name in (f["filename"], f.get("previous_filename")) if name}))

    def learn(self, number: int, head: str, base: str) -> None:
        """Read a new head beside the one before it, or its base: the commit, and which paths differ, in one request.

        base: a commit of the base branch. What GitHub does not tell so is read one by one where it is asked for.
        """
        if self._known.get(("commit", self._id, head)) is not None:
            return
        before = self._known.get(("head", self._id, number)) or base
        self._known.put(("head", self._id, number), head)
        if before == head:
            return
        try:
            told = self._api.get(f"{self._path}/compare/{before}...{head}", per_page=MOST_COMMITS)
        except Limited:
            raise
        except (Kept, Refused):  # parted for good, out of sight, or too much for GitHub to compare
            return
        for row in told.get("commits") or ():
            commit = _Commit(row["commit"]["tree"]["sha"], tuple(parent["sha"] for parent in row["parents"]))
            self._known.put(("commit", self._id, row["sha"]), commit)
        files = told.get("files")
        if told["status"] != "ahead" or files is None or len(files) >= MOST_COMPARED:
            return  # it tells what came since they parted, which is the difference only where one is on the other
        paths = {name for f in files for name in (f["filename"], f.get("previous_filename")) if name}
        root, earlier = self._known.get(("since", self._id, before)) or (before, frozenset())
        self._known.put(("since", self._id, head), (root, earlier | paths))

    def unchanged_since(self, sha: str, path: str) -> str:
        """A commit before this one that has the same at this path, be it a file or a folder; empty where none is known."""
        root, paths = self._known.get(("since", self._id, sha)) or ("", frozenset())
        return (
            "" if any(p == path or p.startswith(f"{path}/") or path.startswith(f"{p}/") for p in paths) else str(root)
        )

    def _commit(self, sha: str) -> _Commit:
        key = ("commit", self._id, sha)
        if (held := self._known.get(key)) is None:
            told = self._api.get(f"{self._path}/git/commits/{sha}")
            held = _Commit(told["tree"]["sha"], tuple(parent["sha"] for parent in told["parents"]))
            self._known.put(key, held)
        commit: _Commit = held
        return commit

    def _whole(self, tree: str) -> Tree | None:
        """Everything below a tree; None where GitHub cuts it off (at 100,000 entries or 7 MB, as it says)."""
        told: dict[str, Any] = self._api.get(f"{self._path}/git/trees/{tree}", recursive=1)
        if told.get("truncated"):
            return None
        return {
            row["path"]: f"{row['mode']} {row['type']} {row['sha']}" for row in told["tree"] if row["type"] != "tree"
        }

    def _compared(self, base: str, head: str) -> tuple[str, str]:
        """How the head stands to the base (`ahead`, `behind`, `diverged`, `identical`), and where they parted.

        Both are empty where they have nothing in common.
        """
        key = ("compared", self._id, base, head)
        if (held := self._known.get(key)) is None:
            try:
                told = self._api.get(f"{self._path}/compare/{base}...{head}", per_page=1)
            except Gone:
                return "", ""  # not kept: it may only be out of sight
            held = (told["status"], told["merge_base_commit"]["sha"])
            self._known.put(key, held)
        found: tuple[str, str] = held
        return found
