"""`perms`: files may not be touched by those who should not.

Asserts the permissions of every file that matches: which bits none may have, how far they may go at most, and whose the
files are. Links are left out: what counts is where they lead.

Options:

- `paths` (required): a path or glob, or a list of them; `**` crosses folders.
- `exclude`: globs of files to leave out; one without `/` means a file's name in any folder.
- `mode_mask`: bits that no file may have, in quotes. Default `"0002"`: nobody but owner and group may write.
- `max_mode`: bits beyond which no file may have any, in quotes: `"0640"`.
- `owner`: the users of whom one must own each file, one or a list.
- `group`: the same for its group.
- `directories`: `true` to hold folders to the same. Default `false`.

Example:

    - id: no-world-writable-files
      uses: perms
      with:
        paths: ["**/*.py", "**/*.yml", "secrets/*"]
        mode_mask: "0002"

Measures: `flaws`, `files`.

Outcomes: `passed`; `failed`, with a line for every file; `unknown` (no file matches). Bits are those of POSIX: owner, group,
others; each 4 read, 2 write, 1 execute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from golive.checks.filemodes import Mode, mode_text
from golive.checks.options import Options, offered
from golive.checks.paths import Paths, flaws_text, matched
from golive.checks.replies import Texts, capped, counted
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import FileFacts, Look


class PermsCheck(Options):
    """Options, collecting and judging of the kind `perms`; the module's text is its reference."""

    kind: ClassVar[str] = "perms"
    measures: ClassVar[Mapping[str, str]] = {"flaws": "", "files": ""}
    also: ClassVar[Mapping[str, str]] = {"glob": "paths", "path": "paths"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real files on Linux"

    paths: Paths
    exclude: Paths | None = None
    mode_mask: Mode = 0o002
    max_mode: Mode | None = None
    owner: Texts | None = None
    group: Texts | None = None
    directories: bool = False

    def collect(self, look: Look) -> tuple[FileFacts, ...]:
        """What each of them is."""
        files = offered(look.files, "files of this machine")
        every = (files.facts(path) for path in matched(files, self.paths, self.exclude or ()))
        wanted = {"file", "other", *(["directory"] if self.directories else [])}
        return tuple(facts for facts in every if facts is not None and facts.kind in wanted)

    def judge(self, facts: tuple[FileFacts, ...]) -> Finding:
        """Name every file that may be touched by too many."""
        flaws = [Detail(text, file.path) for file in facts for text in self._wrong(file)]
        number = counted(len(facts), "file")
        outcome = Outcome.FAILED if flaws else Outcome.PASSED if facts else Outcome.UNKNOWN
        good = f"{number}, as expected" if facts else f"no file matches {', '.join(self.paths)}"
        return Finding(
            "",
            outcome,
            flaws_text(flaws) or good,
            measured=f"{number}, {counted(len(flaws), 'flaw')}",
            expected=self._expected(),
            source=", ".join(self.paths),
            measures=(Measure("flaws", len(flaws)), Measure("files", len(facts))),
            samples=len(facts),
            details=capped(flaws),
        )

    def _wrong(self, file: FileFacts) -> Iterator[str]:
        mode = mode_text(file.mode)
        if file.mode & self.mode_mask:
            yield f"its mode is {mode}, with bits of {mode_text(self.mode_mask)} that it must not have"
        elif self.max_mode is not None and file.mode & ~self.max_mode:
            yield f"its mode is {mode}, beyond {mode_text(self.max_mode)}"
        for what, wanted, given in (("owner", self.owner, file.owner), ("group", self.group, file.group)):
            if wanted and given not in wanted:
                yield f"its {what} is {given}, not {' or '.join(wanted)}"

    def _expected(self) -> str:
        parts = [f"none of the bits {mode_text(self.mode_mask)}"]
        parts += [f"at most {mode_text(self.max_mode)}"] if self.max_mode is not None else []
        parts += [f"owner {' or '.join(self.owner)}"] if self.owner else []
        parts += [f"group {' or '.join(self.group)}"] if self.group else []
        return ", ".join(parts)
