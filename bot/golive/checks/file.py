"""`file`: files are there, and are what they should be.

Asserts that every path matches at least one file, or none with `exists: false`; and of every file that matches, what you
name of it. Names are those that goss users know.

Options:

- `paths` (required): a path or glob, or a list of them; `**` crosses folders. `path` is the same.
- `exclude`: globs of files to leave out; one without `/` means a file's name in any folder.
- `exists`: `true` (default), or `false`: none of them may be there.
- `min_files`: at least so many in all. Default 1.
- `filetype`: `file`, `directory` or `symlink`.
- `mode`: exactly these permission bits, in quotes: `"0644"`.
- `owner`: the name of the user that owns it.
- `group`: the name of its group.
- `executable`: `true`: its owner may execute it, and it is not empty; `false`: nobody may.
- `linked-to`: where the link leads, as it is written in it.
- `contents`: text, or a list, that must occur; `/expression/` must match a line, and `!` in front of either means that it
  must not. Expressions are looked for in the first 64 Ki characters.
- `sha256`: the digest of its content, 64 hexadecimal digits.
- `min_size`: at least so large (`1kB`, or a number of bytes).
- `max_size`: at most so large.
- `json_valid`: `true`: its content is JSON.
- `yaml_valid`: `true`: its content is YAML, maybe several documents.
- `json`: JMESPath expression → the value it must give in the JSON, or in the first document of YAML.
- `tracked`: `true`: it is under version control; `false`: it is not.

Example:

    - id: dashboards
      uses: file
      with:
        paths: dashboards/halcytone-*.json
        min_files: 3
        json: {"length(panels) > `0`": true}

Measures: `flaws`, `files`, `size` (of the smallest).

Outcomes: `passed`; `failed`, with a line for every flaw; `unknown` (a file cannot be read). The evidence is a document: a file
is there and says something, and a check whose name says that something was *tested* is only a warning with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue, model_validator

from golive.checks.contents import Contents, contents_text, unmet
from golive.checks.filemodes import Mode, Size, mode_text
from golive.checks.jsonpaths import Expression, parsed, same_json, searched, short
from golive.checks.options import Options, offered
from golive.checks.paths import Paths, flaws_text, matched
from golive.checks.replies import capped, counted
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.core.units import amount
from golive.ports import FileFacts, Look

_TYPES = {"file": "file", "directory": "directory", "symlink": "link"}


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError("expected a SHA-256 digest, 64 hexadecimal digits")
    return text.lower()


@dataclass(frozen=True)
class There:
    """One file that matches. content: only where an option asks for it and it is a file."""

    facts: FileFacts
    content: bytes | None = None
    tracked: bool | None = None


@dataclass(frozen=True)
class Matches:
    """The files, and the patterns that match none."""

    files: tuple[There, ...]
    missing: tuple[str, ...]


class FileCheck(Options):
    """Options, collecting and judging of the kind `file`; the module's text is its reference."""

    kind: ClassVar[str] = "file"
    measures: ClassVar[Mapping[str, str]] = {"flaws": "", "files": "", "size": "B"}
    also: ClassVar[Mapping[str, str]] = {
        "path": "paths", "linked_to": "linked-to", "type": "filetype", "exec": "executable",
    }  # fmt: skip
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real files, links and git checkouts on Linux"

    paths: Paths
    exclude: Paths | None = None
    exists: bool = True
    min_files: Annotated[int, Field(ge=1)] = 1
    filetype: Literal["file", "directory", "symlink"] | None = None
    mode: Mode | None = None
    owner: Annotated[str, Field(min_length=1)] | None = None
    group: Annotated[str, Field(min_length=1)] | None = None
    executable: bool | None = None
    linked_to: Annotated[str | None, Field(alias="linked-to", min_length=1)] = None
    contents: Contents | None = None
    sha256: Annotated[str, AfterValidator(_digest)] | None = None
    min_size: Size | None = None
    max_size: Size | None = None
    json_valid: Literal[True] | None = None
    yaml_valid: Literal[True] | None = None
    json_: Annotated[dict[Expression, JsonValue] | None, Field(alias="json", min_length=1)] = None
    tracked: bool | None = None

    @model_validator(mode="after")
    def _absent_has_nothing(self) -> FileCheck:
        if not self.exists and (self._asked() or self.min_files != 1):
            raise ValueError("a file that must not be there has no properties; keep `exists: false` and the paths")
        return self

    def _asked(self) -> bool:
        parts = (self.filetype, self.mode, self.owner, self.group, self.executable, self.linked_to, self.tracked)
        return any(part is not None for part in (*parts, self.min_size, self.max_size)) or self._reads()

    def _reads(self) -> bool:
        parts = (self.contents, self.sha256, self.json_valid, self.yaml_valid, self.json_)
        return any(part is not None for part in parts)

    def collect(self, look: Look) -> Matches:
        """What each file is, and what is in it where that is asked for."""
        files = offered(look.files, "files of this machine")
        missing = tuple(pattern for pattern in self.paths if not matched(files, (pattern,), self.exclude or ()))
        found = []
        for path in matched(files, self.paths, self.exclude or ()):
            facts = files.facts(path)
            if facts is not None:
                content = files.read(path) if self._reads() and facts.kind in ("file", "link") else None
                tracked = path in files.tracked(path) if self.tracked is not None else None
                found.append(There(facts, content, tracked))
        return Matches(tuple(found), missing)

    def judge(self, facts: Matches) -> Finding:
        """Hold every file against every option."""
        if self.exists:
            flaws = [Detail(f"no file matches {pattern}") for pattern in facts.missing]
            if len(facts.files) < self.min_files and not flaws:
                flaws.append(Detail(f"{counted(len(facts.files), 'file')}, not at least {self.min_files}"))
            flaws += [Detail(text, file.facts.path) for file in facts.files for text in self._wrong(file)]
        else:
            flaws = [Detail("it is there and must not be", file.facts.path) for file in facts.files]
        measures = [Measure("flaws", len(flaws)), Measure("files", len(facts.files))]
        measures += [Measure("size", min(file.facts.size for file in facts.files), "B")] if facts.files else []
        number = counted(len(facts.files), "file") if facts.files else "no file"
        return Finding(
            "",
            Outcome.FAILED if flaws else Outcome.PASSED,
            flaws_text(flaws) or f"{number}, as expected",
            measured=number,
            expected=self._expected(),
            source=", ".join(self.paths),
            strength=Strength.DOCUMENT,
            measures=tuple(measures),
            details=capped(flaws),
        )

    def _wrong(self, file: There) -> Iterator[str]:
        yield from self._wrong_kind(file.facts, file.tracked)
        if file.content is not None:
            yield from self._wrong_content(file.content)
        elif self._reads():
            yield "it is no file that can be read"

    def _wrong_kind(self, facts: FileFacts, tracked: bool | None) -> Iterator[str]:
        if self.filetype and facts.kind != _TYPES[self.filetype]:
            names = {ours: name for name, ours in _TYPES.items()}
            yield f"it is a {names.get(facts.kind, 'special file')}, not a {self.filetype}"
        if self.mode is not None and facts.mode != self.mode:
            yield f"its mode is {mode_text(facts.mode)}, not {mode_text(self.mode)}"
        for what, wanted, given in (("owner", self.owner, facts.owner), ("group", self.group, facts.group)):
            if wanted and wanted != given:
                yield f"its {what} is {given}, not {wanted}"
        if self.executable is True and not (facts.mode & 0o100 and facts.size):
            yield "it is empty" if facts.mode & 0o100 else f"its owner may not execute it ({mode_text(facts.mode)})"
        if self.executable is False and facts.mode & 0o111:
            yield f"it may be executed ({mode_text(facts.mode)})"
        if self.linked_to and facts.link != self.linked_to:
            yield f"it leads to {facts.link}, not {self.linked_to}" if facts.link else "it is no link"
        if self.min_size is not None and facts.size < self.min_size:
            yield f"it has {amount(facts.size, 'B')}, not at least {amount(self.min_size, 'B')}"
        if self.max_size is not None and facts.size > self.max_size:
            yield f"it has {amount(facts.size, 'B')}, not at most {amount(self.max_size, 'B')}"
        if self.tracked is not None and tracked != self.tracked:
            yield "it is not under version control" if self.tracked else "it is under version control"

    def _wrong_content(self, content: bytes) -> Iterator[str]:
        text = content.decode("utf-8-sig", errors="replace")
        if self.sha256 and hashlib.sha256(content).hexdigest() != self.sha256:
            yield "its content has another SHA-256"
        yield from unmet(self.contents, text, "it")
        document, problem = _document(text, as_json=bool(self.json_valid), as_yaml=bool(self.yaml_valid or self.json_))
        if problem:
            yield problem
            return
        for path, value in (self.json_ or {}).items():
            try:
                got = searched(path, document)
            except ValueError as error:
                yield str(error)
                continue
            if not same_json(got, value):
                yield f"{path} is {short(got)}, not {short(value)}"

    def _expected(self) -> str:
        parts = ["there" if self.exists else "not there"]
        parts += [f"a {self.filetype}"] if self.filetype else []
        parts += [f"mode {mode_text(self.mode)}"] if self.mode is not None else []
        parts += [f"{what} {name}" for what, name in (("owner", self.owner), ("group", self.group)) if name]
        parts += ["executable" if self.executable else "not executable"] if self.executable is not None else []
        parts += [f"leading to {self.linked_to}"] if self.linked_to else []
        parts += contents_text(self.contents, "it")
        parts += [f"SHA-256 {self.sha256[:12]}…"] if self.sha256 else []
        parts += [f"at least {amount(self.min_size, 'B')}"] if self.min_size is not None else []
        parts += [f"at most {amount(self.max_size, 'B')}"] if self.max_size is not None else []
        parts += [name for name, asked in (("JSON", self.json_valid), ("YAML", self.yaml_valid)) if asked]
        parts += [f"{path} = {short(value)}" for path, value in (self.json_ or {}).items()]
        parts += ["under version control" if self.tracked else "not tracked"] if self.tracked is not None else []
        return ", ".join(parts)


def _document(text: str, *, as_json: bool, as_yaml: bool) -> tuple[Any, str]:
    """The document in a text, and why there is none. YAML is asked only where it is not JSON already."""
    if not (as_json or as_yaml):
        return None, ""
    try:
        return parsed(text), ""
    except ValueError as error:
        if as_json:
            return None, f"it is not JSON: {error}"
    import yaml

    try:
        return next(iter(list(yaml.safe_load_all(text))), None), ""
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where else ""
        return None, f"it is not YAML{line}: {getattr(error, 'problem', None) or 'it is nested too deeply'}"
