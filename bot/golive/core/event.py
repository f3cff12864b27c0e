"""What doors make of what they hear: look again, or a person said something. Nothing else ever enters the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from golive.core.command import Command
from golive.core.model import Person, Subject, Surface


@dataclass(frozen=True)
class RepositoryKnown:
    """Through which installation of our App a repository is reached."""

    host: str
    repository: int
    full_name: str
    installation: int


@dataclass(frozen=True)
class Touched:
    """Something about the pull request may have changed: look again.

    stirs: check kinds whose outside answer changed, `*` for all.   head_sha/pushed_by: who the forge says pushed this head.
    retargeted_at: the forge's time of aiming it at another branch, where that is what happened.
    """

    subject: Subject
    stirs: frozenset[str] = frozenset()
    head_sha: str = ""
    pushed_by: Person | None = None
    retargeted_at: datetime | None = None


@dataclass(frozen=True)
class HeadStirred:
    """Something about a commit changed outside: every open pull request with this head looks again.

    stirs: check kinds whose outside answer changed, `*` for all.
    """

    host: str
    repository: int
    head_sha: str
    stirs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class BaseMoved:
    """A branch moved, and with it perhaps its policy: every open pull request into it is looked at again."""

    host: str
    repository: int
    ref: str


@dataclass(frozen=True)
class PeopleChanged:
    """Who is in a team or an organisation, or what they may do, has changed: everything the installation reaches looks again."""

    host: str
    installation: int


@dataclass(frozen=True)
class Asked:
    """A person said something on a surface.

    key: unique per word.   person: None where the surface knows only `who` (a chat team and user).
    subject: None where the surface does not say which release; then `place` (a message of ours) or the command's own
    `release` says it, or the only open one is meant.   reply_to: made and read by the surface's adapter alone.
    slot/undone: of words that can be taken back in place, see `model.Word`.   rests_on: (our comment's id, what it must
    have said before the word) for a word that was put into a comment of ours; else it counts for nothing.
    """

    key: str
    command: Command
    surface: Surface
    at: datetime
    person: Person | None = None
    who: str = ""
    subject: Subject | None = None
    place: str = ""
    revision_sha: str = ""
    link: str = ""
    reply_to: str = ""
    slot: str = ""
    undone: bool = False
    rests_on: tuple[str, str] | None = None


@dataclass(frozen=True)
class Voided:
    """What was said in a comment no longer stands: it was edited or deleted. `prefix` begins its words' keys."""

    subject: Subject
    prefix: str
    at: datetime


@dataclass(frozen=True)
class Disturbed:
    """Somebody else edited or deleted what golive had written: it is to be written again. `ref`: its id on the forge.

    by: the login of who did it, where that is to be said; empty where they only ticked a box.
    """

    subject: Subject
    ref: str
    by: str = ""


Event = RepositoryKnown | Touched | HeadStirred | BaseMoved | PeopleChanged | Asked | Voided | Disturbed
