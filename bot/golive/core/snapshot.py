"""Everything one decision rests on, as read in one turn; and what golive takes this pull request for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from golive.core.acts import NOTHING, Outside
from golive.core.budget import Level
from golive.core.cars import Train
from golive.core.codeowners import OwnedPaths
from golive.core.freezes import Frozen, frozen
from golive.core.landing import Landing
from golive.core.model import ChangedFile, Pull, Role, Sibling, Standing
from golive.core.neverstarted import Unstarted
from golive.core.policy import Policy, ReleaseRule
from golive.core.presence import Presence
from golive.core.rules import RoleRule, Rules


class Kind(StrEnum):
    """What golive is to this pull request."""

    UNGOVERNED = "ungoverned"
    OTHER = "not a release"
    MISTAKEN = "policy mistakes"
    RELEASE = "release"
    ENDED = "ended"


@dataclass(frozen=True)
class Mistake:
    """One mistake of a policy file, as its loader found it; line and column count from 1."""

    path: str
    line: int
    column: int
    text: str


@dataclass(frozen=True)
class Timing:
    """How long golive waits for what; all settings of the operator.

    rest: how long a head rests before sign-offs are asked for.   reactions: how often reactions are read while some are
    awaited and people are active.   burst: how long what nobody waits for may rest until it is written.
    recheck: how soon something that was not there, or could not tell, is looked at again.
    in_progress: how often a run in progress is looked at, so that it is renewed before the forge calls it stale.
    """

    rest: timedelta = timedelta(seconds=60)
    reactions: timedelta = timedelta(seconds=15)
    recheck: timedelta = timedelta(seconds=60)
    in_progress: timedelta = timedelta(days=1)
    burst: timedelta = timedelta(seconds=45)


@dataclass(frozen=True)
class Snapshot:
    """Everything one decision rests on, read in one turn. `now` is when reading began.

    policy: None where the base has none, or where it has mistakes.   absent: see `signoffs.latest`.
    words of `standing` are already ruled on.   stuck: why the turns before this one failed, or empty.
    roles: who may fill each role of the policy.   special: who may let it through a freeze (`freeze:NAME`), override
    (`override`), or is asked when nobody answers (`escalate`).   shared: what the repository's own record adds up to.
    changed: what the pull request changes, read only where the policy asks about it.
    changed_since: head a person signed → paths that differ from the head now; None where that cannot be told.
    nagged: person → when they were last reminded of anything.
    quota: what the forge's quota allows; budget: what people are told of it, empty while nothing is done less of.
    """

    now: datetime
    pull: Pull
    standing: Standing
    policy: Policy | None = None
    policy_sha: str = ""
    mistakes: tuple[Mistake, ...] = ()
    head_mistakes: tuple[Mistake, ...] = ()
    roles: tuple[Role, ...] = ()
    siblings: tuple[Sibling, ...] = ()
    absent: frozenset[str] = frozenset()
    timing: Timing = field(default_factory=Timing)
    stuck: str = ""
    special: Mapping[str, Role] = field(default_factory=dict)
    shared: Standing = field(default_factory=Standing)
    changed: tuple[ChangedFile, ...] = ()
    changed_since: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    nagged: Mapping[int, datetime] = field(default_factory=dict)
    quota: Level = Level.PLENTY
    budget: str = ""
    open_here: tuple[Sibling, ...] = ()
    """The open releases of this repository; read where somebody waits for them."""
    too_large: str = ""
    """Why the forge does not show all that is changed, where the policy asks about it."""
    owned: tuple[OwnedPaths, ...] = ()
    """The changed paths by their code owners, where a role is asked of those."""
    landing: Landing | None = None
    """What the forge asks of a landing; read where golive is to merge."""
    unstarted: Unstarted | None = None
    """Required checks that nobody began although they should be there."""
    outside: Outside = NOTHING
    """What the forge says about the acts by which it goes live."""

    presence: Mapping[int, Presence] = field(default_factory=dict)
    """Person → what the chat says of them, of those it knows; read only where the policy asks for reminders."""
    chat_problems: tuple[str, ...] = ()
    """What the policy names and the chat does not have, a sentence each."""

    blind: frozenset[int] = frozenset()
    """People who would be reminded and cannot see the repository."""

    train: Train | None = None
    """The pull requests that its description names, where it names any, and itself."""
    led_by: tuple[Train, ...] = ()
    """The trains in which others lead it, as its policy lets them."""

    @property
    def rule(self) -> ReleaseRule | None:
        """The release rule in force: the one it matches now, else the one under which it became a release."""
        if self.policy is None:
            return None
        matched = self.policy.matches(self.pull)
        if matched is None and self.standing.is_release:
            matched = self.policy.release(self.standing.release_name) or next(iter(self.policy.releases), None)
        return matched

    @property
    def rules(self) -> Rules:
        """What holds for all sign-offs."""
        return self.policy.rules if self.policy else Rules()

    def role_rule(self, role: Role) -> RoleRule:
        """The rule behind a role that was read, also of one that lets releases through a freeze."""
        found = self.policy.role(role.name) if self.policy else None
        through = (one.exception for one in self.policy.freezes) if self.policy else ()
        found = found or next((rule for rule in through if rule and rule.name == role.name), None)
        return found or RoleRule(role.name, role.sources, role.count, role.group)

    @property
    def freezes(self) -> tuple[Frozen, ...]:
        """The freezes that are on for this release."""
        if self.policy is None:
            return ()
        rule = self.rule
        return tuple(frozen(self.policy.freezes, self.shared, rule.name if rule else "", self.now))
