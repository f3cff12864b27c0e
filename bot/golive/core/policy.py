"""What a team agreed: the values behind `.github/golive.yml`. Made only by `policyfile`, which refuses half a policy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Protocol

from golive.core.acts import Act
from golive.core.criteria import Criteria
from golive.core.globs import matches_glob
from golive.core.model import Finding, NoData, Pull, Severity, Waiver, Where
from golive.core.releaseplease import is_branch_of
from golive.core.rules import FreezeRule, OverrideRule, RoleRule, Rules


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
        return hashlib.sha256(f"{self._definition}{words}".encode()).hexdigest()[:16] if words else self._digest

    @cached_property
    def _digest(self) -> str:
        return hashlib.sha256(self._definition.encode()).hexdigest()[:16]

    @cached_property
    def _definition(self) -> str:
        """What is looked at, and what it must be, as canonical text."""
        held = self.thresholds
        criteria = [one.text if one else "" for one in (held.passes, held.warns, held.fails)]
        return json.dumps([
            self.uses, self.options.canonical(), self.timeout.total_seconds(), criteria, held.between.value,
            held.min_samples, self.attempts,
        ])  # fmt: skip


@dataclass(frozen=True)
class ReleaseRule:
    """Which pull requests are releases of this name: into `base`, from a head that matches, or with one of the labels.

    head: glob patterns; `*` stays inside a path segment, `**` crosses them.   forks: also heads from forks.
    release_please: also what release-please brings into this base.
    checks: every check of the policy, with `${target}` and the like already filled in for this release.
    """

    name: str
    base: str
    head: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    target: str = ""
    forks: bool = False
    checks: tuple[CheckRule, ...] = ()
    release_please: bool = False


@dataclass(frozen=True)
class MergeRule:
    """golive merges by itself, with this method (`merge`, `squash`, `rebase`).

    when: `go` = on GO only; `conditional` = on CONDITIONAL_GO too; `ask` = once somebody says `/golive promote`.
    """

    method: str = "merge"
    when: str = "go"


@dataclass(frozen=True)
class Notify:
    """Where people are told. `slack`: a channel name with `#`, or a channel id; empty = nowhere.

    webhook: the name of the secret that is the address of an incoming webhook of Slack's; empty = none.
    """

    slack: str = ""
    webhook: str = ""


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
    rules: Rules = field(default_factory=Rules)
    freezes: tuple[FreezeRule, ...] = ()
    overrides: OverrideRule | None = None
    phases: tuple[str, ...] = ()
    """Names of the phases in which it goes live, in their order; none: one, which needs no name."""
    trains: tuple[str, ...] = ()
    """Repositories whose pull requests may lead this one in a train, as `acme/shop`."""
    acts: tuple[Act, ...] = ()
    """What going live is, in its order; none: the merge alone, if golive does that."""
    promote_when: str = "go"
    """As `MergeRule.when`, for acts without a merge."""
    runners: tuple[str, ...] = ()
    """Workflows whose runs are believed, each as `owner/name/.github/workflows/file.yml@refs/heads/main`."""

    @property
    def phase(self) -> str:
        """The phase it goes into first."""
        return self.phases[0] if self.phases else ""

    @property
    def goes_when(self) -> str:
        """When golive acts by itself, as in `MergeRule.when`; empty where people do everything."""
        if self.merge is not None:
            return self.merge.when
        return self.promote_when if self.acts else ""

    def is_due(self, due: str, phase: str) -> bool:
        """Whether what is due by a phase is due for this one; an unknown phase is due at once."""
        if phase not in self.phases or due not in self.phases:
            return True
        return self.phases.index(due) <= self.phases.index(phase)

    def role(self, name: str) -> RoleRule | None:
        """The role of that name."""
        return next((role for role in self.roles if role.name == name), None)

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
    if rule.release_please and is_branch_of(pull.head_ref, rule.base):
        return True
    return any(label in pull.labels for label in rule.labels)


def names(values: dict[str, Any]) -> str:
    """Canonical text of plain options, for `Options.canonical`."""
    return json.dumps(values, sort_keys=True, default=str)
