"""What a team agreed: the values behind `.github/golive.yml`. Made only by `policyfile`, which refuses half a policy."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from golive.core.criteria import Criteria
from golive.core.model import Finding, NoData, Pull, Severity, Waiver, Where


class Options(Protocol):
    """What the core needs to know of one check's validated options; see `ports.Kind` for the whole of it.

    fresh: how old a result may be when golive acts on it.   stirred_by: outside events that ask for a new look.
    """

    kind: ClassVar[str]
    fresh: ClassVar[timedelta | None]
    stirred_by: ClassVar[frozenset[str]]
    reads_attestations: ClassVar[bool]

    def canonical(self) -> str:
        """Equal text means equal meaning."""
        ...

    def judge(self, facts: Any) -> Finding:
        """Weigh facts; of a kind with `of_checks`, the findings of those checks by their ids."""
        ...

    def on_machine(self) -> bool:
        """Whether only a runner or a command line can run it."""
        ...

    def of_checks(self) -> tuple[str, ...]:
        """Ids of the checks whose findings it weighs, instead of looking at the world."""
        ...


@dataclass(frozen=True)
class Thresholds:
    """What the measured values must be. Without any, the kind's own outcome stands.

    passes, else warns, else it failed; where `fails` is given too, what is none of the three is `between`: not decided.
    """

    passes: Criteria | None = None
    warns: Criteria | None = None
    fails: Criteria | None = None
    between: NoData = NoData.FAIL
    min_samples: int = 0

    @property
    def relative(self) -> bool:
        """Whether a baseline is needed."""
        return any(one is not None and one.relative for one in (self.passes, self.warns, self.fails))


@dataclass(frozen=True)
class CheckRule:
    """One readiness check. `uses` is the kind, `options` its validated `with:`; durations are timedeltas.

    needs: not run unless those are satisfied.   explained_by: run, and folded under those where both fail.
    fresh: how old a result may be when golive acts on it; None = the kind's own.   every: taken again this often.
    attempts: tries in all, `retry_delay` apart, until it passes.   accept_document: a file is proof enough.
    """

    id: str
    uses: str
    options: Options
    name: str = ""
    category: str = ""
    severity: Severity = Severity.HIGH
    needs: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    thresholds: Thresholds = Thresholds()
    no_data: NoData = NoData.FAIL
    where: Where = Where.EITHER
    attempts: int = 1
    retry_delay: timedelta = timedelta(seconds=1)
    accept_document: bool = False
    timeout: timedelta = timedelta(seconds=30)
    every: timedelta | None = None
    fresh: timedelta | None = None
    impact: str = ""
    action: str = ""
    owner: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.id

    @property
    def on_runner(self) -> bool:
        """Whether the service leaves it to a runner."""
        return self.where is Where.RUNNER or self.options.on_machine()

    def digest(self, words: str = "") -> str:
        """Changes whenever the definition, or the people's words it reads, change; 16 hex digits."""
        held = self.thresholds
        criteria = [one.text if one else "" for one in (held.passes, held.warns, held.fails)]
        text = json.dumps([
            self.uses, self.options.canonical(), self.timeout.total_seconds(), words, criteria, held.between.value,
            held.min_samples, self.attempts,
        ])  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ReleaseRule:
    """Which pull requests are releases of this name: into `base`, from a head that matches, or with one of the labels.

    head: glob patterns; `*` stays inside a path segment, `**` crosses them.   forks: also heads from forks.
    checks: every check of the policy, with `${target}` and the like already filled in for this release.
    """

    name: str
    base: str
    head: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    target: str = ""
    forks: bool = False
    checks: tuple[CheckRule, ...] = ()


@dataclass(frozen=True)
class RoleRule:
    """One role that must sign. `sources`: `@login` for a person, `org/team` for a team; `count` different people."""

    name: str
    sources: tuple[str, ...]
    count: int = 1
    group: str = ""


@dataclass(frozen=True)
class MergeRule:
    """golive merges by itself, with this method (`merge`, `squash`, `rebase`).

    when: `go` = on GO only; `conditional` = on CONDITIONAL_GO too.
    """

    method: str = "merge"
    when: str = "go"


@dataclass(frozen=True)
class Notify:
    """Where people are told. `slack`: a channel name with `#`, or a channel id; empty = nowhere."""

    slack: str = ""


@dataclass(frozen=True)
class Matrix:
    """How findings become a score. weights: category → its part of 100.

    min_factor: what every category must reach, out of 10; min_total: what they must reach together. 0 = nothing asked.
    """

    weights: Mapping[str, float]
    min_factor: float = 0.0
    min_total: float = 0.0


@dataclass(frozen=True)
class Policy:
    """A whole, valid policy. `others_block`: pull requests into a governed base that are no release fail the check."""

    project: str
    releases: tuple[ReleaseRule, ...]
    roles: tuple[RoleRule, ...] = ()
    notify: Notify = field(default_factory=Notify)
    merge: MergeRule | None = None
    others_block: bool = False
    block_on: frozenset[Severity] = frozenset({Severity.CRITICAL, Severity.HIGH})
    waivers: tuple[Waiver, ...] = ()
    matrix: Matrix | None = None

    def governs(self, base_ref: str) -> bool:
        """Whether any release goes into this branch."""
        return any(rule.base == base_ref for rule in self.releases)

    def matches(self, pull: Pull) -> ReleaseRule | None:
        """The first release rule this pull request falls under, or None."""
        return next((rule for rule in self.releases if _falls_under(rule, pull)), None)

    def release(self, name: str) -> ReleaseRule | None:
        """The release rule of that name."""
        return next((rule for rule in self.releases if rule.name == name), None)


def _falls_under(rule: ReleaseRule, pull: Pull) -> bool:
    if rule.base != pull.revision.base_ref or (pull.from_fork and not rule.forks):
        return False
    if any(matches_glob(pattern, pull.head_ref) for pattern in rule.head):
        return True
    return any(label in pull.labels for label in rule.labels)


def matches_glob(pattern: str, name: str) -> bool:
    """Whether a branch glob fits the whole name: `*` and `?` stay inside one segment, `**` crosses segments.

    Takes time in proportion to pattern times name, whatever they are.
    """
    reached = {0}
    for part in re.split(r"(\*\*|\*|\?)", pattern):
        if part in ("*", "**"):
            reached = {end for at in reached for end in _ends(name, at, part == "**")}
        elif part == "?":
            reached = {at + 1 for at in reached if at < len(name) and name[at] != "/"}
        else:
            reached = {at + len(part) for at in reached if name.startswith(part, at)}
    return len(name) in reached


def _ends(name: str, at: int, crosses: bool) -> range:
    """Where a star that begins at `at` may end."""
    slash = -1 if crosses else name.find("/", at)
    return range(at, (len(name) if slash < 0 else slash) + 1)


def names(values: dict[str, Any]) -> str:
    """Canonical text of plain options, for `Options.canonical`."""
    return json.dumps(values, sort_keys=True, default=str)
