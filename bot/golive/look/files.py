"""Reads the files of this machine, and what version control knows of them. Add a fact as a method, and to `ports`.

Paths count from the root; with `outside=False` nothing above it can be named, and no link leads there either. What git
knows is asked of git itself; without git, or outside a checkout, nothing is known and nothing fails.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from fnmatch import translate
from pathlib import Path

from golive.ports import FileFacts, Unreachable

_WILD = re.compile(r"[*?\[]")
_MOST_VISITED = 500_000
"""Entries that one glob may walk over, so that a pattern at the root of a large disk comes to an end."""
_GIT_SECONDS = 20
_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))


class Files:
    """Files below `root`; `outside`: also absolute paths and those that lead above it."""

    def __init__(self, root: Path, outside: bool = True) -> None:
        self._base = root.resolve()
        self.root = str(self._base)
        self._outside = outside

    def glob(self, pattern: str) -> tuple[str, ...]:
        """See `ports.LookFiles`. As in a shell, `*` and `?` do not match a name's leading dot."""
        path = self._named(pattern)
        if not _WILD.search(pattern):
            return (pattern,) if os.path.lexists(path) and self._stays(path.parent) else ()
        absolute = os.path.isabs(pattern)
        start = Path(Path(pattern).anchor) if absolute else self._base
        parts = [part for part in Path(pattern).parts if part != Path(pattern).anchor]
        walk = _Walk(pattern, None if absolute or ".." in parts else self._base)
        found = {str(path) if absolute else os.path.relpath(path, self._base) for path in walk.below(start, parts)}
        return tuple(sorted(found))

    def read(self, path: str, limit: int = 16 * 1024 * 1024) -> bytes:
        """See `ports.LookFiles`. Only regular files are read: a pipe or a device could keep a check for ever."""
        place = self._named(path)
        if not self._stays(place):
            raise Unreachable(f"{path}: a link leads out of {self.root}")
        try:
            handle = os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise Unreachable(f"{path}: is no regular file")
                content = file.read(limit + 1)
        except OSError as error:
            raise Unreachable(f"{path}: {_why(error)}") from None
        if len(content) > limit:
            raise Unreachable(f"{path}: larger than {limit} bytes, which is as much as is read of a file")
        return content

    def facts(self, path: str) -> FileFacts | None:
        """See `ports.LookFiles`."""
        place = self._named(path)
        if not self._stays(place.parent):
            raise Unreachable(f"{path}: a link leads out of {self.root}")
        try:
            found = place.lstat()
            link = os.readlink(place) if stat.S_ISLNK(found.st_mode) else ""
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unreachable(f"{path}: {_why(error)}") from None
        kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "other")
        return FileFacts(
            path,
            kind,
            found.st_size,
            stat.S_IMODE(found.st_mode),
            datetime.fromtimestamp(found.st_mtime, UTC),
            *_names(found.st_uid, found.st_gid),
            link,
        )

    def tracked(self, pattern: str) -> tuple[str, ...]:
        """See `ports.LookFiles`. A wildcard matches a leading dot here, as it does for git."""
        self._named(pattern)
        listed = self._git("ls-files", "-z", "--", f":(glob){pattern}")
        return tuple(sorted(path for path in listed.split("\0") if path))

    def commit(self) -> str:
        """See `ports.LookFiles`."""
        said = self._git("rev-parse", "--verify", "--quiet", "HEAD").strip()
        return said if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", said) else ""

    def changed_at(self, path: str) -> datetime | None:
        """See `ports.LookFiles`. Raises Unreachable in a shallow clone whose cut hides the commit.

        There the oldest commit seems to have touched every file, so that each would look freshly changed.
        """
        self._named(path)
        commit, _, at = self._git("log", "-1", "--format=%H %cI", "--", f":(literal){path}").strip().partition(" ")
        if not at:
            return None
        if commit in self._cut_at():
            raise Unreachable(
                f"{path}: this is a shallow clone, and when the file changed lies before its cut; "
                "fetch the whole history (`fetch-depth: 0` of actions/checkout, or `git fetch --unshallow`)"
            )
        return datetime.fromisoformat(at).astimezone(UTC)

    def _cut_at(self) -> frozenset[str]:
        """The commits at which a shallow clone is cut off; none in a whole one."""
        file = self._git("rev-parse", "--git-path", "shallow").strip()
        try:
            return frozenset((self._base / file).read_text(encoding="ascii").split()) if file else frozenset()
        except (OSError, UnicodeDecodeError):
            return frozenset()

    def _named(self, path: str) -> Path:
        """The place of a path from a policy. Raises Unreachable for what may not be named here."""
        if not path or "\0" in path:
            raise Unreachable(f"{path!r} is no path")
        if not self._outside and (os.path.isabs(path) or ".." in Path(path).parts):
            raise Unreachable(f"{path}: only files below the working directory are looked at here")
        return self._base / path

    def _stays(self, place: Path) -> bool:
        """Whether what is there lies below the root once links are followed, or need not."""
        return self._outside or _within(place, self._base)

    def _git(self, *arguments: str) -> str:
        """What git says, empty where it cannot say anything."""
        # A checkout is others' data: its own settings must not start programs.
        quiet = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false", "--no-optional-locks")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        try:
            done = subprocess.run(
                ["git", "-C", self.root, *quiet, *arguments],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=_GIT_SECONDS, check=False, env=environment,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError, ValueError):
            return ""
        return done.stdout.decode("utf-8", errors="surrogateescape") if done.returncode == 0 else ""


class _Walk:
    """Walks one pattern. base: links that lead out of it are not followed and not given; None: anywhere."""

    def __init__(self, pattern: str, base: Path | None) -> None:
        self._pattern, self._base = pattern, base
        self._visited = 0

    def below(self, folder: Path, parts: list[str]) -> Iterator[Path]:
        """Everything below the folder that the remaining parts of the pattern match."""
        if not parts:
            yield folder
            return
        first, rest = parts[0], parts[1:]
        if first == "**":
            yield from self.below(folder, rest or ["*"])
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    yield from self.below(Path(entry.path), parts)
        elif not _WILD.search(first):
            there = folder / first
            if os.path.lexists(there) and self._may_follow(there):
                yield from self.below(there, rest)
        else:
            yield from self._matching(folder, first, rest)

    def _matching(self, folder: Path, first: str, rest: list[str]) -> Iterator[Path]:
        matches = re.compile(translate(first)).match
        for entry in self._entries(folder):
            hidden = entry.name.startswith(".") and not first.startswith(".")
            if hidden or not matches(entry.name) or not self._may_follow(Path(entry.path)):
                continue
            if not rest or entry.is_dir():
                yield from self.below(Path(entry.path), rest)

    def _entries(self, folder: Path) -> Iterable[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError:
            return ()
        self._visited += len(entries)
        if self._visited > _MOST_VISITED:
            raise Unreachable(f"{self._pattern}: matches among more than {_MOST_VISITED} files; name the folder")
        return entries

    def _may_follow(self, path: Path) -> bool:
        return self._base is None or not path.is_symlink() or _within(path, self._base)


def _within(path: Path, base: Path) -> bool:
    try:
        return path.resolve().is_relative_to(base)
    except (OSError, RuntimeError):  # a loop of links leads nowhere
        return False


def _why(error: OSError) -> str:
    words = {
        FileNotFoundError: "there is no such file",
        NotADirectoryError: "there is no such file",
        IsADirectoryError: "is a folder, not a file",
        PermissionError: "this user may not read it",
    }
    return words.get(type(error), (error.strerror or str(error)).lower())


def _names(user: int, group: int) -> tuple[str, str]:
    """Names of a user and a group, their numbers where they have none."""
    try:
        import grp
        import pwd
    except ImportError:  # a system without such names
        return "", ""
    try:
        owner = pwd.getpwuid(user).pw_name
    except KeyError:
        owner = str(user)
    try:
        return owner, grp.getgrgid(group).gr_name
    except KeyError:
        return owner, str(group)
