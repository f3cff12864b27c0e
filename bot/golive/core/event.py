"""What doors make of what they hear: look again, or a person said something. Nothing else ever enters the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from golive.core.command import Command
from golive.core.model import Named, Person, Subject, Surface
from golive.core.runners import Reported


@dataclass(frozen=True)
class RepositoryKnown:
    """Through which installation of our App a repository is reached. private: None where the delivery did not say."""

    host: str
    repository: int
    full_name: str
    installation: int
    private: bool | None = None


@dataclass(frozen=True)
class Touched:
    """Something about the pull request may have changed: look again.

    stirs: check kinds whose outside answer changed, `*` for all.   head_sha/pushed_by: who the forge says pushed this head.
    retargeted_at: the forge's time of aiming it at another branch, where that is what happened.   named: the head or base
    that the forge said in so many words, so that an older answer to a later question is known for what it is.
    opened_by: the person whom the forge names as having had a bot open it.
    """

    subject: Subject
    stirs: frozenset[str] = frozenset()
    head_sha: str = ""
    pushed_by: Person | None = None
    retargeted_at: datetime | None = None
    named: Named | None = None
    opened_by: Person | None = None


@dataclass(frozen=True)
class HeadStirred:
    """Something about a commit changed outside: every open pull request with this head looks again.

    stirs: check kinds whose outside answer changed, `*` for all; `kind:NAME` for those that ask about this name.
    name: of the check run or status that turned; a release that could not change by it does not look.
    """

    host: str
    repository: int
    head_sha: str
    stirs: frozenset[str] = frozenset()
    name: str = ""


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
class EnvironmentWaits:
    """A deployment environment asks whether a run may go on into it. callback_url: where the forge wants the answer.

    at: the forge's own time of asking, where it gave one.   delivery: which delivery said so; unique per question.
    """

    host: str
    repository: int
    environment: str
    head_sha: str
    callback_url: str
    run_id: int
    delivery: str
    at: datetime | None = None


@dataclass(frozen=True)
class GroupFormed:
    """The forge's merge queue put pull requests together and waits for the checks of that commit. base_ref: a branch name."""

    host: str
    repository: int
    head_sha: str
    head_ref: str
    base_ref: str
    base_sha: str


@dataclass(frozen=True)
class InstallationTurned:
    """An installation of our App began (`active`) or ended for good (`removed`); with anything else it is asked how it stands."""

    host: str
    installation: int
    state: str = ""
    account: str = ""


@dataclass(frozen=True)
class ReachTurned:
    """What an installation reaches may be other now: repositories renamed, moved, archived, taken away. It is read again."""

    host: str
    installation: int


@dataclass(frozen=True)
class GuardsTurned:
    """How a repository's branches are guarded may be other now: protection or a ruleset changed. It is read again."""

    host: str
    repository: int


@dataclass(frozen=True)
class Pressed:
    """A person pressed a button of our check run on a commit. button: its identifier.   key: unique per press."""

    host: str
    repository: int
    head_sha: str
    button: str
    person: Person
    at: datetime
    key: str
    link: str = ""


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
    thread: str = ""
    """The chat thread that it was said in, as the outside id of its first message; it may be a release's."""
    workflows: tuple[str, ...] = ()
    """Of a word that a workflow's run brought, as in `model.Word`."""


@dataclass(frozen=True)
class ResultsCame:
    """A workflow's runner told results of checks; whether they count is said in a turn of each of these releases."""

    subjects: tuple[Subject, ...]
    reported: Reported


@dataclass(frozen=True)
class Chosen:
    """A person chose which release a command was about. origin: the delivery that held the command.

    revision_sha: the head that stood beside the choice.   key: unique per choice.
    """

    key: str
    origin: str
    subject: Subject
    revision_sha: str
    who: str
    at: datetime
    reply_to: str


@dataclass(frozen=True)
class HomeOpened:
    """A chat user opened the App Home. who: `team/user`."""

    who: str


@dataclass(frozen=True)
class WorkspaceLeft:
    """A chat workspace took the app away, or our bot's token. at: when, as the chat service says."""

    team: str
    at: datetime


@dataclass(frozen=True)
class LinksShared:
    """Somebody wrote links that could be of releases; what they show is worked out afterwards. ts: of the message."""

    delivery: str
    team: str
    channel: str
    ts: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Voided:
    """What was said in a comment no longer stands: it was edited or deleted. `prefix` begins its words' keys."""

    subject: Subject
    prefix: str
    at: datetime


@dataclass(frozen=True)
class Disturbed:
    """Somebody else edited or deleted what golive had written: it is to be written again. `ref`: its id on the forge.

    by: the login of who did it, where that is to be said; empty where they only ticked a box.   deleted: it is gone.
    """

    subject: Subject
    ref: str
    by: str = ""
    deleted: bool = False


Event = (
    RepositoryKnown | Touched | HeadStirred | BaseMoved | PeopleChanged | Asked | Voided | Disturbed
    | EnvironmentWaits | GroupFormed | InstallationTurned | ReachTurned | GuardsTurned | Pressed
    | Chosen | HomeOpened | LinksShared | ResultsCame | WorkspaceLeft
)  # fmt: skip
