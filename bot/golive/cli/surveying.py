"""A bounded walk over a repository that may be anybody's: names, texts, and what git's own files say of it.

No program is run, no link is followed, and nothing is read that is not a plain file. A name with signs that mean something
in a glob, in YAML or in a terminal is counted and left out. Raise a limit in one place: the constants.
"""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from dataclasses import dataclass
from pathlib import Path

MOST_ENTRIES = 20_000
"""Entries looked at; the nearest to the root come first."""
DEEPEST = 10
MOST_BYTES = 1024 * 1024
"""Of one file; a longer one is not read."""
PASSED_OVER = frozenset(
    {
        ".git", ".hg", ".svn", ".venv", "venv", ".env", "env", "node_modules", "bower_components", "vendor", "third_party",
        "dist", "build", "target", "out", "bin", "obj", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
        ".pytest_cache", ".gradle", ".idea", ".vscode", ".terraform", ".next", ".cache", "coverage", "site-packages",
    }
)  # fmt: skip
"""Folders whose files are made by tools or belong to others."""
_PLAIN = re.compile(r"[\w.@+~-](?:[\w .@+~,=-]{0,200}[\w.@+~-])?")
_BRANCH = re.compile(r"(?!refs/)[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_REMOTE = re.compile(
    r"(?:[a-z+]+://)?(?:[^@/\s]*@)?(?P<host>[A-Za-z0-9.-]+)(?::\d+)?[:/](?P<path>[A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?"
)
_USUAL = ("main", "master", "trunk", "develop")


@dataclass(frozen=True)
class Walked:
    """The files of a repository. files: paths from its root, with /.   odd: left out for their names.   cut: not all."""

    root: Path
    files: tuple[str, ...]
    odd: int = 0
    cut: bool = False

    def read(self, path: str) -> str:
        """The text of a file; empty where it is too long, no plain file, or not there."""
        return _text(self.root / path)


def walked(root: Path, most: int = MOST_ENTRIES) -> Walked:
    """Walk the folder, breadth first. most: entries looked at."""
    files: list[str] = []
    odd = seen = 0
    waiting = deque([("", 0)])
    while waiting:
        folder, depth = waiting.popleft()
        for entry in _entries(root / folder):
            seen += 1
            if seen > most:
                return Walked(root, tuple(sorted(files)), odd, cut=True)
            if not _PLAIN.fullmatch(entry.name):
                odd += 1
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_file(follow_symlinks=False):
                files.append(path)
            elif entry.is_dir(follow_symlinks=False) and entry.name not in PASSED_OVER and depth < DEEPEST:
                waiting.append((path, depth + 1))
    return Walked(root, tuple(sorted(files)), odd)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _text(path: Path) -> str:
    """As UTF-8. Opened without following a link, and without waiting for a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return ""
    return content.decode("utf-8", "replace").removeprefix("\ufeff") if len(content) <= MOST_BYTES else ""


# ------------------------------------------------------------------ git


@dataclass(frozen=True)
class Origin:
    """What git's files say. host and repository: of the remote `origin`, never its credentials.   commit: of HEAD."""

    host: str = ""
    repository: str = ""
    branch: str = "main"
    branches: tuple[str, ...] = ()
    commit: str = ""


def origin(root: Path) -> Origin:
    """Read it; the defaults where there is no git."""
    own, folder = _git_folders(root)
    if folder is None:
        return Origin()
    host, repository = remote(_origin_url(_text(folder / "config")))
    branches = _branches(folder)
    head = _text((own or folder) / "HEAD").strip()
    return Origin(host, repository, _default(folder, head, branches), branches, _commit(folder, head))


def _git_folders(root: Path) -> tuple[Path | None, Path | None]:
    """`.git` twice; of a worktree its own folder and the common one."""
    here = root / ".git"
    if here.is_dir():
        return here, here
    told = _text(here).strip()
    if not told.startswith("gitdir: "):
        return None, None
    own = (root / told.removeprefix("gitdir: ")).resolve()
    common = (own / (_text(own / "commondir").strip() or ".")).resolve()
    return (own, common) if common.is_dir() else (None, None)


def remote(url: str) -> tuple[str, str]:
    """Host and owner/name of a remote's address, never its credentials; two empty texts for another kind of address."""
    found = _REMOTE.fullmatch(url)
    return (found["host"].lower(), found["path"]) if found else ("", "")


def _origin_url(config: str) -> str:
    section, url = "", ""
    for line in config.splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == '[remote "origin"]' and not url:
            key, equals, value = line.partition("=")
            url = value.strip() if equals and key.strip().casefold() == "url" else ""
    return url


def _branches(folder: Path) -> tuple[str, ...]:
    """Known branches, here and at the remote, without those whose names are odd."""
    found: set[str] = set()
    for prefix in ("refs/heads", "refs/remotes/origin"):
        for path in sorted((folder / prefix).rglob("*"))[:1000]:
            found.add(path.relative_to(folder / prefix).as_posix() if path.is_file() else "")
    for line in _text(folder / "packed-refs").splitlines():
        name = line.partition(" ")[2]
        for prefix in ("refs/heads/", "refs/remotes/origin/"):
            found.add(name.removeprefix(prefix) if name.startswith(prefix) else "")
    return tuple(sorted(name for name in found if name != "HEAD" and _BRANCH.fullmatch(name)))


def _default(folder: Path, head: str, branches: tuple[str, ...]) -> str:
    """What the remote calls its default; else a usual name that is there; else the branch that is checked out."""
    told = _text(folder / "refs/remotes/origin/HEAD").strip().removeprefix("ref: refs/remotes/origin/")
    here = head.removeprefix("ref: refs/heads/")
    for name in (told, *(usual for usual in _USUAL if usual in branches), here):
        if _BRANCH.fullmatch(name) and not re.fullmatch(r"[0-9a-f]{40,64}", name):
            return name
    return "main"


def _commit(folder: Path, head: str) -> str:
    """The commit that is checked out, or empty."""
    name = head.removeprefix("ref: ")
    told = head if name == head else ""
    if not told and ".." not in name:
        told = _text(folder / name).strip()
        packed = (line.partition(" ") for line in _text(folder / "packed-refs").splitlines())
        told = told or next((commit for commit, _, ref in packed if ref == name), "")
    return told if re.fullmatch(r"[0-9a-f]{40}", told) else ""
