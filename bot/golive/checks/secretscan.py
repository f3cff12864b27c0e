"""`secretscan`: no secret lies in the files.

Asserts that nothing in the files looks like a secret: keys and tokens by their makers' shapes (AWS `AKIA…`, GitHub, Slack,
Stripe, private keys and 20 more), quoted texts too mixed to be words, and values given to names like `password`. Where it
found one is told, never what it is. It reads files as they are now, not their history.

Options:

- `paths`: a path or glob, or a list of them. Default: all files under version control, or all files where there is no git.
- `exclude`: globs of files to leave out; one without `/` means a file's name in any folder.
- `baseline`: a file of known findings, as `detect-secrets scan` writes it (`.secrets.baseline`); those do not count, unless
  an audit marked them as real.
- `max_secrets`: at most so many. Default 0.
- `base64_limit`: how mixed a quoted text in base64 letters may be, in bits per character. Default 4.5.
- `hex_limit`: the same for hexadecimal digits. Default 3.0.

Example:

    - id: no-secrets
      uses: secretscan
      with:
        exclude: ["**/tests/data/**", "*.ipynb"]
        baseline: .secrets.baseline

Measures: `secrets`, `known` (in the baseline), `files`.

Outcomes: `passed`; `warning` (nothing found, and a file was too large to be read, 4 MiB); `failed`, with path, line and type
of each; `unknown` (no file, a baseline that cannot be read, or not all files read in time). Left out are stand-ins like
`changeme`, references like `${PASSWORD}` and `get(key)`, lock files, files that are no text, and lines that say
`pragma: allowlist secret`. Detectors are those of the detect-secrets library; nothing it finds is sent anywhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from golive.checks.options import FilePattern, Options, offered
from golive.checks.paths import Paths, flaws_text, left_out, matched, text_of
from golive.checks.replies import capped, counted
from golive.checks.secretfinding import Hit, hits
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look, LookFiles, Unreachable

_LARGEST = 4 * 1024 * 1024
_SHARE = 0.9
"""Of the timeout: at its end the engine stops waiting."""


@dataclass(frozen=True)
class Scanned:
    """What was found, and where. known: (path, type, digest) of findings in the baseline that are no secrets."""

    hits: tuple[Hit, ...]
    files: int
    too_large: tuple[str, ...] = ()
    known: frozenset[tuple[str, str, str]] = frozenset()


class SecretscanCheck(Options):
    """Options, collecting and judging of the kind `secretscan`; the module's text is its reference."""

    kind: ClassVar[str] = "secretscan"
    measures: ClassVar[Mapping[str, str]] = {"secrets": "", "known": "", "files": ""}
    also: ClassVar[Mapping[str, str]] = {"path": "paths"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real files and git checkouts"

    paths: Paths | None = None
    exclude: Paths | None = None
    baseline: FilePattern | None = None
    max_secrets: Annotated[int, Field(ge=0)] = 0
    base64_limit: Annotated[float, Field(ge=0, le=8)] = 4.5
    hex_limit: Annotated[float, Field(ge=0, le=8)] = 3.0

    def collect(self, look: Look) -> Scanned:
        """Search every file; what is found leaves here as a digest only."""
        files = offered(look.files, "files of this machine")
        until = time.monotonic() + look.timeout.total_seconds() * _SHARE
        known = _known(text_of(files, self.baseline)) if self.baseline else frozenset()
        found: list[Hit] = []
        too_large: list[str] = []
        paths = [path for path in self._paths(files) if path != self.baseline]
        read = 0
        for number, path in enumerate(paths):
            if time.monotonic() > until:
                raise Unreachable(
                    f"only {number} of {len(paths)} files were searched within {look.timeout.total_seconds():g} s"
                )
            facts = files.facts(path)
            if facts is None or facts.kind != "file":
                continue
            if facts.size > _LARGEST:
                too_large.append(path)
                continue
            content = files.read(path)
            if b"\0" not in content[:8192]:
                read += 1
                found += hits(path, content.decode("utf-8", errors="replace"), self.base64_limit, self.hex_limit)
        return Scanned(tuple(found), read, tuple(too_large), known)

    def _paths(self, files: LookFiles) -> list[str]:
        from detect_secrets.filters import heuristic

        if self.paths:
            found = matched(files, self.paths)
        else:
            found = files.tracked("**/*") or tuple(sorted({*files.glob("**/*"), *files.glob("**/.*")}))
        return [
            path
            for path in found
            if not (
                left_out(path, self.exclude or ()) or heuristic.is_non_text_file(path) or heuristic.is_lock_file(path)
            )
        ]

    def judge(self, facts: Scanned) -> Finding:
        """What was found and is not known."""
        new = [hit for hit in facts.hits if (hit.path, hit.type, hit.digest) not in facts.known]
        flaws = [Detail(f"looks like a secret: {hit.type}", hit.path, hit.line) for hit in new]
        unread = [Detail("larger than 4 MiB, not searched", path, outcome=Outcome.WARNING) for path in facts.too_large]
        number = counted(facts.files, "file")
        if len(new) > self.max_secrets:
            outcome = Outcome.FAILED
        elif not facts.files:
            outcome = Outcome.UNKNOWN
        else:
            outcome = Outcome.WARNING if unread else Outcome.PASSED
        measured = f"{counted(len(new), 'secret')} in {number}"
        none = f"no file to search matches {', '.join(self.paths or ('the working directory',))}"
        return Finding(
            "",
            outcome,
            f"{measured}: {flaws_text([*flaws, *unread], most=3)}" if flaws or unread else measured if facts.files else none,
            measured=measured,
            expected=f"at most {counted(self.max_secrets, 'secret')}" if self.max_secrets else "no secret",
            source=", ".join(self.paths or ("files under version control",)),
            measures=(
                Measure("secrets", len(new)), Measure("known", len(facts.hits) - len(new)), Measure("files", facts.files),
            ),
            samples=facts.files,
            details=capped([*flaws, *unread]),
        )  # fmt: skip


def _known(text: str) -> frozenset[tuple[str, str, str]]:
    """Findings of a detect-secrets baseline that nobody marked as real. Raises Unreachable for what is no baseline."""
    try:
        document = json.loads(text)
        entries: list[tuple[str, Any]] = [
            (path, one) for path, several in document["results"].items() for one in several
        ]
        return frozenset(
            (path, one["type"], one["hashed_secret"]) for path, one in entries if one.get("is_secret") is not True
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreachable(f"the baseline is none that detect-secrets writes ({type(error).__name__})") from None
