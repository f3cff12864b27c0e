"""What doors make of what they hear: look again, or a person said something. Nothing else ever enters the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from golive.core.command import Command
from golive.core.model import Person, Subject, Surface


@dataclass(frozen=True)
class Touched:
    """Something about the release may have changed: look again.

    stirs: check kinds whose outside answer changed.   pushed_by/head_sha: who the forge says pushed this head.
    """

    subject: Subject
    stirs: frozenset[str] = frozenset()
    head_sha: str = ""
    pushed_by: Person | None = None


@dataclass(frozen=True)
class BaseMoved:
    """A branch moved or its policy changed: every open release into it looks again."""

    host: str
    repository: int
    ref: str


@dataclass(frozen=True)
class Asked:
    """A person said something on a surface.

    subject: None where the surface did not say which release (a bare Slack command).   named: what they wrote for it,
    for example `acme/shop#7`.   key: unique word key.   reply_to: opaque to the core; the surface's adapter made it.
    """

    key: str
    command: Command
    person: Person | None
    surface: Surface
    at: datetime
    subject: Subject | None = None
    named: str = ""
    revision_sha: str = ""
    link: str = ""
    reply_to: str = ""
    slot: str = ""
    undone: bool = False
    who: str = ""
    """How the surface names the person (a login, a Slack user id); for answers where `person` is None."""


@dataclass(frozen=True)
class Voided:
    """What was said no longer stands: its comment was edited or deleted. `keys` begins every word key it voids."""

    subject: Subject
    keys: str
    at: datetime
    key: str


Event = Touched | BaseMoved | Asked | Voided
