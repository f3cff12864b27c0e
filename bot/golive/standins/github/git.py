"""Git's objects, real ids and all: blobs, trees, commits, refs; what differs, what is shared, and three-way merges.

Ids are git's own SHA-1 over git's own bytes, so equal content has equal ids. Nothing here knows of HTTP.
Trees are worked with flat (path to blob id); a repository of some hundred files is what this is for.
"""

from __future__ import annotations

import difflib
import hashlib
import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

PLAIN = "100644"
"""The mode of a plain file; 100755 is a program, 120000 a link."""
_STALE = 4


class Flat(dict[str, str]):
    """A whole tree: path to blob id. `modes`: of the paths that are no plain files."""

    def __init__(self, files: Mapping[str, str] | None = None, modes: Mapping[str, str] | None = None) -> None:
        super().__init__(files or {})
        self.modes = {path: mode for path, mode in (modes or {}).items() if path in self and mode != PLAIN}

    def at(self, path: str) -> tuple[str, str] | None:
        """Mode and blob id, or None where there is nothing."""
        return (self.modes.get(path, PLAIN), self[path]) if path in self else None

    def put(self, path: str, what: tuple[str, str] | None) -> None:
        """Have that there; None takes it away."""
        self.modes.pop(path, None)
        if what is None:
            self.pop(path, None)
            return
        mode, self[path] = what
        if mode != PLAIN:
            self.modes[path] = mode


@dataclass(frozen=True)
class Signature:
    """Who and when, as a commit writes it; `login` is the account that GitHub links to the address."""

    name: str
    email: str
    when: datetime
    login: str | None = None


@dataclass(frozen=True)
class Commit:
    """A commit. `generation` is one more than the largest of its parents', which orders any walk."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature
    generation: int


@dataclass(frozen=True)
class Entry:
    """One row of a tree object: `kind` is blob or tree."""

    mode: str
    kind: str
    sha: str


@dataclass(frozen=True)
class Change:
    """One path that differs. `status`: added, removed, modified or renamed, then with the name it had."""

    path: str
    status: str
    before: str | None
    after: str | None
    previous: str = ""


@dataclass(frozen=True)
class Relation:
    """How two commits stand: commits only in each, oldest first, and their best common ancestor."""

    left_only: tuple[str, ...]
    right_only: tuple[str, ...]
    base: str | None


def object_id(kind: str, data: bytes) -> str:
    """Git's id of an object."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


class Git:
    """One repository's objects and refs. `refs` are without the leading `refs/`, such as `heads/main`."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.trees: dict[str, dict[str, Entry]] = {}
        self.commits: dict[str, Commit] = {}
        self.refs: dict[str, str] = {}
        self._flat: dict[str, Flat] = {}
        self._relations: dict[tuple[str, str], Relation] = {}
        self._patches: dict[tuple[str | None, str | None], tuple[int, int, str]] = {}

    def blob(self, content: str | bytes) -> str:
        """Keep a file's content; returns its id."""
        data = content.encode() if isinstance(content, str) else content
        sha = object_id("blob", data)
        self.blobs[sha] = data
        return sha

    def tree(self, files: Mapping[str, str]) -> str:
        """Keep a whole tree with its subtrees; returns the root's id."""
        flat = files if isinstance(files, Flat) else Flat(files)
        here: dict[str, Entry] = {}
        below: dict[str, Flat] = {}
        for path, sha in flat.items():
            first, _, rest = path.partition("/")
            mode = flat.modes.get(path, PLAIN)
            if rest:
                below.setdefault(first, Flat()).put(rest, (mode, sha))
            else:
                here[first] = Entry(mode, "blob", sha)
        for name, inner in below.items():
            if name in here:
                raise ValueError(f"{name} cannot be a file and a folder at once")
            here[name] = Entry("040000", "tree", self.tree(inner))
        sha = self._keep_tree(here)
        self._flat[sha] = Flat(flat, flat.modes)
        return sha

    def _keep_tree(self, entries: dict[str, Entry]) -> str:
        # git sorts a folder as if its name ended in a slash
        ordered = sorted(entries.items(), key=lambda e: e[0] + ("/" if e[1].kind == "tree" else ""))
        rows = (f"{e.mode.lstrip('0')} {name}\0".encode() + bytes.fromhex(e.sha) for name, e in ordered)
        sha = object_id("tree", b"".join(rows))
        self.trees[sha] = dict(ordered)
        return sha

    def flat(self, tree: str) -> Flat:
        """The whole tree of a root tree id."""
        return self._flat[tree]

    def files(self, commit: str) -> Flat:
        """The whole tree of a commit."""
        return self._flat[self.commits[commit].tree]

    def commit(
        self, tree: str, parents: Iterable[str], message: str, author: Signature, committer: Signature | None = None
    ) -> str:
        """Keep a commit; returns its id. The committer is the author where none is given."""
        parents, committer = tuple(parents), committer or author
        lines = [f"tree {tree}", *(f"parent {p}" for p in parents)]
        lines += [f"{role} {s.name} <{s.email}> {int(s.when.timestamp())} +0000"
                  for role, s in (("author", author), ("committer", committer))]  # fmt: skip
        sha = object_id("commit", ("\n".join(lines) + f"\n\n{message}").encode())
        generation = 1 + max((self.commits[p].generation for p in parents), default=0)
        self.commits[sha] = Commit(sha, tree, parents, message, author, committer, generation)
        return sha

    def find(self, ref: str) -> str | None:
        """The commit that a branch, tag, full ref or (abbreviated) id names; None where there is none."""
        for name in (ref.removeprefix("refs/"), f"heads/{ref}", f"tags/{ref}"):
            if name in self.refs:
                return self.refs[name]
        if ref in self.commits:
            return ref
        if len(ref) >= 7:
            return next((sha for sha in self.commits if sha.startswith(ref)), None)
        return None

    def relation(self, left: str, right: str) -> Relation:
        """Walk both histories at once, newest generation first, until everything left is shared."""
        if (known := self._relations.get((left, right))) is not None:
            return known
        flags = {left: 1}
        flags[right] = flags.get(right, 0) | 2
        heap = [(-self.commits[sha].generation, sha) for sha in flags]
        heapq.heapify(heap)
        only: dict[int, list[str]] = {1: [], 2: []}
        base: str | None = None
        while any(not flags[sha] & _STALE for _, sha in heap):
            _, sha = heapq.heappop(heap)
            flag = flags[sha]
            if flag in only:
                only[flag].append(sha)
            elif not flag & _STALE:
                base, flag = base or sha, flag | _STALE
            for parent in self.commits[sha].parents:
                if parent not in flags:
                    heapq.heappush(heap, (-self.commits[parent].generation, parent))
                flags[parent] = flags.get(parent, 0) | flag
        found = Relation(tuple(reversed(only[1])), tuple(reversed(only[2])), base)
        if len(self._relations) > 4096:
            self._relations.clear()
        self._relations[left, right] = found
        return found

    def contains(self, descendant: str, ancestor: str) -> bool:
        """Whether `ancestor` is `descendant` or in its history."""
        return not self.relation(descendant, ancestor).right_only

    def changes(self, before: Flat, after: Flat) -> list[Change]:
        """Paths that differ, in order of path."""
        out = []
        for path in sorted(before.keys() | after.keys()):
            old, new = before.at(path), after.at(path)
            if old != new:
                status = "added" if old is None else "removed" if new is None else "modified"
                out.append(Change(path, status, old and old[1], new and new[1]))
        return out

    def with_renames(self, changes: list[Change]) -> list[Change]:
        """The same with a removed and an added path of one content as one renamed file, as GitHub lists changed files.

        GitHub takes similar content for a rename, too; this one only the same.
        """
        gone = {c.before: c for c in changes if c.status == "removed"}
        out, moved = [], set()
        for change in changes:
            if change.status == "added" and (old := gone.pop(change.after, None)):
                moved.add(old.path)
                change = Change(change.path, "renamed", old.before, change.after, old.path)
            out.append(change)
        return [c for c in out if not (c.status == "removed" and c.path in moved)]

    def patch(self, change: Change) -> tuple[int, int, str]:
        """Lines added, lines deleted, and the hunks of one changed file."""
        key = (change.before, change.after)
        if key not in self._patches:
            old, new = (self.blobs[sha].decode("utf-8", "replace").splitlines() if sha else [] for sha in key)
            lines = [line.rstrip("\n") for line in difflib.unified_diff(old, new, lineterm="")][2:]
            added = sum(line.startswith("+") for line in lines)
            deleted = sum(line.startswith("-") for line in lines)
            self._patches[key] = (added, deleted, "\n".join(lines))
        return self._patches[key]

    def merge(self, base: Flat, ours: Flat, theirs: Flat) -> str | None:
        """The tree of a three-way merge, or None on a conflict."""
        merged = Flat(ours, ours.modes)
        for path in base.keys() | theirs.keys():
            old, mine, other = base.at(path), ours.at(path), theirs.at(path)
            if other in (mine, old):
                continue
            if mine == old:
                merged.put(path, other)
                continue
            if old is None or mine is None or other is None:
                return None
            lines = merge_lines(*(self.blobs[sha].decode("utf-8", "replace") for _, sha in (old, mine, other)))
            if lines is None:
                return None
            merged.put(path, (mine[0] if other[0] == old[0] else other[0], self.blob(lines)))
        return self.tree(merged)

    def merged_tree(self, base: str, head: str) -> str | None:
        """The tree that merging commit `head` into commit `base` gives, or None on a conflict."""
        shared = self.relation(base, head).base
        return self.merge(self.files(shared) if shared else Flat(), self.files(base), self.files(head))


def _edits(old: list[str], new: list[str]) -> list[tuple[int, int, list[str]]]:
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(i1, i2, new[j1:j2]) for tag, i1, i2, j1, j2 in codes if tag != "equal"]


def merge_lines(base: str, ours: str, theirs: str) -> str | None:
    """Merge two edits of one text by lines; None where they overlap or touch and differ, as git decides it."""
    old = base.splitlines(keepends=True)
    left, right = (_edits(old, text.splitlines(keepends=True)) for text in (ours, theirs))
    out: list[str] = []
    at = 0
    while left or right:
        if left and right and left[0][0] <= right[0][1] and right[0][0] <= left[0][1]:
            if left[0] != right[0]:
                return None
            right.pop(0)
        start, end, lines = (left if not right or (left and left[0][0] < right[0][0]) else right).pop(0)
        out += old[at:start] + lines
        at = end
    return "".join(out + old[at:])
