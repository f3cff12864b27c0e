"""The `CODEOWNERS` file beside a policy that asks for code owners: what golive and GitHub would make nothing of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golive.core.codeowners import PLACES, SOURCE, parse
from golive.core.policy import Policy


@dataclass(frozen=True)
class Warned:
    """Something that does not make the policy a bad one. line: from 1."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        """One line, clickable in terminals and editors."""
        return f"{self.path}:{self.line}:1: warning: {self.what}"


def warned(policy: Policy, file: Path) -> Iterator[Warned]:
    """What is to be said of the file of owners; nothing where no role asks for them. file: the policy's own."""
    roles = [role.name for role in policy.roles if SOURCE in role.sources]
    if not roles:
        return
    root = _root(file)
    found = next((root / place for place in PLACES if (root / place).is_file()), None)
    if found is None:
        what = f"{' and '.join(roles)} asks code owners, and there is no CODEOWNERS in .github/, the root or docs/"
        yield Warned(str(file), 1, f"{what}: nobody could sign.")
        return
    try:
        text = found.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        yield Warned(str(found), 1, f"It cannot be read: {error.strerror}.")
        return
    for problem in parse(text).problems:
        yield Warned(str(found), problem.line, problem.text)


def _root(policy: Path) -> Path:
    """The folder of the repository, as its policy lies in it."""
    folder = policy.parent
    if folder.name == ".github":
        return folder.parent
    return folder / ".." if folder.resolve().name == ".github" else folder
