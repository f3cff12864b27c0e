"""The nouns of a release. Frozen values; every time is an aware UTC datetime and always an argument, never read here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, IntEnum, StrEnum

from golive.core.acts import Attempt, Begun
from golive.core.cars import Go, Halt
from golive.core.hardening import Weakness
from golive.core.landing import LandingRecord
from golive.core.runners import RunnerRecord


@dataclass(frozen=True, order=True)
class Subject:
    """What a worker takes through one turn: a pull request, named so that renames and transfers do not matter.

    host: the forge, for example `github.com`.   repository: its numeric id there.   number: the pull request's number.
    """

    host: str
    repository: int
    number: int

    @property
    def key(self) -> str:
        """The text form used by the work table and in logs: `github.com/42/7`."""
        return f"{self.host}/{self.repository}/{self.number}"

    @classmethod
    def parse(cls, key: str) -> Subject:
        """The subject of a key. Raises ValueError for anything `key` does not write."""
        host, repository, number = key.rsplit("/", 2)
        return cls(host, int(repository), int(number))

    def at(self, sha: str) -> str:
        """Where slots about a commit of the same repository are kept; see `place_of`."""
        return place_of(self.host, self.repository, sha)


def place_of(host: str, repository: int, sha: str) -> str:
    """Where slots about one commit are kept: it may be the head of several pull requests."""
    return f"{host}/{repository}@{sha}"


@dataclass(frozen=True)
class Person:
    """A human on the forge. `id` is the forge's numeric user id and is the identity; `login` is for showing only."""

    id: int
    login: str


@dataclass(frozen=True)
class Revision:
    """One state of a pull request's code: the head commit, its tree, and the branch it is to land on."""

    head_sha: str
    tree_sha: str
    base_ref: str


@dataclass(frozen=True)
class ChangedFile:
    """One file that a pull request changes. previous: its name before, where it was renamed; lines added and deleted."""

    path: str
    previous: str = ""
    additions: int = 0
    deletions: int = 0


class Outcome(StrEnum):
    """What one check came to. `unknown` means it could not tell, and is never treated as passed."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    PENDING = "pending"


class Severity(StrEnum):
    """How much a failed check weighs; the policy's `block_on` (default critical and high) makes it a NO_GO."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Strength(StrEnum):
    """How good a piece of evidence is, strongest first."""

    PROBE = "probe"
    IMPORTED = "imported"
    ATTESTED = "attested"
    DOCUMENT = "document"


class NoData(StrEnum):
    """What a check that could not tell (no data, no answer, an error) makes of the release."""

    FAIL = "fail"
    WARN = "warn"
    HOLD = "hold"
    SKIP = "skip"


class Where(StrEnum):
    """Where a check runs: in the service, on a runner or somebody's command line, or wherever it is asked."""

    SERVER = "server"
    RUNNER = "runner"
    EITHER = "either"


class Verdict(IntEnum):
    """A release's verdict; a higher number is worse, and the worst reason decides."""

    GO = 0
    CONDITIONAL_GO = 1
    WAIT = 2
    HOLD = 3
    NO_GO = 4


class Decides(StrEnum):
    """What a person's word says about a sign-off."""

    APPROVE = "approve"
    REJECT = "reject"
    LOOKING = "looking"
    ABSTAIN = "abstain"


class Surface(StrEnum):
    """Where a word was said."""

    COMMENT = "comment"
    REVIEW = "review"
    REACTION = "reaction"
    CHECKBOX = "checkbox"
    CHECK_RUN = "check run"
    SLACK_COMMAND = "slack command"
    SLACK_REACTION = "slack reaction"
    SLACK_BUTTON = "slack button"
    SLACK_MODAL = "slack form"
    API = "API"
    WORKFLOW = "workflow"


@dataclass(frozen=True)
class Measure:
    """One measured value. unit: canonical, one of "" (a number or count), "s", "B", "%", "1/s"; empty for texts."""

    name: str
    value: float | str | bool
    unit: str = ""


@dataclass(frozen=True)
class Detail:
    """One line of what was found, where it was found. path: as in the repository; line: from 1, 0 where there is none.

    outcome: of this line alone: a failed test is `failed`, a flaw only worth mentioning `warning`.
    """

    text: str
    path: str = ""
    line: int = 0
    outcome: Outcome = Outcome.FAILED


@dataclass(frozen=True)
class Waiver:
    """Leave to go live although a check does not hold. expires: from then on it does not count any more.

    approver: who gave it; requested_by: who asked, never the approver alone for a critical check.
    """

    check: str
    reason: str
    approver: str
    expires: datetime
    requested_by: str = ""
    source: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it still counts."""
        return now < self.expires


@dataclass(frozen=True)
class Finding:
    """What one check found on one revision.

    check: the check's id.   measured/expected: as shown to people.   source: where it was looked at (a URL, a query, a
    command, a file, a check run).   measures: the values behind `measured`, the first is what a bare criterion means.
    samples: how many observations it rests on, None where that means nothing.   details: at most some hundreds of lines.
    taken_at: when.   valid_until: from this moment on it must be taken again; None = it does not age by itself.
    seconds: how long it took.   attempts: how often it was tried.   golive: the version that took it.   commit: of what.
    """

    check: str
    outcome: Outcome
    summary: str
    measured: str = ""
    expected: str = ""
    source: str = ""
    strength: Strength = Strength.PROBE
    taken_at: datetime | None = None
    valid_until: datetime | None = None
    measures: tuple[Measure, ...] = ()
    samples: int | None = None
    details: tuple[Detail, ...] = ()
    seconds: float = 0.0
    attempts: int = 1
    golive: str = ""
    commit: str = ""
    undecided: bool = False
    """Measured, and between its bands: neither good enough nor bad enough. People look before anything goes on."""


@dataclass(frozen=True)
class CheckResult:
    """A finding as the ledger keeps it: for which revision, definition and attempt it was taken.

    digest: of the check's definition and of the words it reads; another digest makes the result obsolete.
    seq: how far the release's ledger had been read when the attempt began; what stirred after that asks for another.
    """

    finding: Finding
    head_sha: str
    digest: str
    attempt: int
    seq: int = 0


@dataclass(frozen=True)
class Word:
    """Something a person said, as recorded; never changed afterwards, only voided.

    key: unique per release (`comment:17:0`, `reaction:9`), so that a repeated delivery records nothing.
    at: the surface's own server time of the word.   revision_sha: set where the surface itself names the commit.
    text: the words after the verb.   origin: where to answer.   link: where a person can read it.
    slot: the place whose *latest* word counts (one emoji of one person on one message), else empty.
    """

    key: str
    person: Person
    surface: Surface
    verb: str
    at: datetime
    text: str = ""
    revision_sha: str = ""
    link: str = ""
    origin: str = ""
    slot: str = ""
    undone: bool = False
    seq: int = 0
    account: str = ""
    """The chat account it came from, as `team/user`; looked up when the word is worked."""
    workflows: tuple[str, ...] = ()
    """Of a word that a workflow's run brought: the workflow that has the job, and the one that called it."""


@dataclass(frozen=True)
class Ruling:
    """What golive made of a word when it was worked: taken, or refused with the sentence the person got.

    over_all: the word reaches other people's holds too (a maintainer's resume).
    roles: the roles an approval was taken for, so that it never counts for one that the policy names later; None: any.
    digests: role → digest of its rule when the word was taken.   evidence: check → outcome then, of the checks that these
    roles list.   named: login in the word → numeric id, as the forge said then.
    """

    word: str
    taken: bool
    said: str = ""
    over_all: bool = False
    roles: tuple[str, ...] | None = None
    digests: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, str] = field(default_factory=dict)
    named: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """What a delivery said in so many words about a pull request: its head and base then, and what one of them was before.

    at: the forge's own time of that state.   received_at: when we heard it.
    """

    head_sha: str
    base_ref: str
    before: str
    at: datetime
    received_at: datetime

    def follows(self, other: Named) -> bool:
        """Whether it tells of a later state than the other; within one second of the forge's clock, what led to what."""
        return self.at > other.at or (self.at == other.at and other.before not in (self.head_sha, self.base_ref))

    def behind(self, pull: Pull) -> bool:
        """Whether the pull request as read is older than this."""
        if pull.updated_at is None or (pull.revision.head_sha, pull.revision.base_ref) == (
            self.head_sha,
            self.base_ref,
        ):
            return False
        was = self.before in (pull.revision.head_sha, pull.revision.base_ref)
        return pull.updated_at < self.at or (pull.updated_at == self.at and was)


@dataclass(frozen=True)
class Shown:
    """The moment, in the forge's own clock, at which golive first published anything for a revision."""

    revision: Revision
    at: datetime


@dataclass(frozen=True)
class SignOff:
    """One person's standing word on the release, with the revision it covers (None: nothing was shown before it).

    why: why an approval does not count any more, a clause for people; empty where it counts.
    """

    word: Word
    decides: Decides
    covers: Revision | None
    why: str = ""


@dataclass(frozen=True)
class Spell:
    """A time during which a check failed, from the first failure to the first result that was no failure. until: None = still."""

    check: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Refusal:
    """The forge refused to merge a head: its own words, when, the ledger seq of that, and how often in all."""

    said: str
    at: datetime
    seq: int
    times: int = 1

    def again_at(self, after: timedelta) -> datetime:
        """When it is tried again: after `after`, then twice as long each time, at most an hour."""
        return self.at + min(after * (1 << min(self.times - 1, 20)), timedelta(hours=1))

    def try_again(self, now: datetime, after: timedelta, standing: Standing) -> bool:
        """Once that time has come, or something outside has stirred since."""
        return now >= self.again_at(after) or max(standing.stirred.values(), default=0) > self.seq


@dataclass(frozen=True)
class Standing:
    """What the ledger of one release adds up to. Made by `ledger.fold`; empty for a new one."""

    since_release: datetime | None = None
    release_name: str = ""
    release_base: str = ""
    shown: tuple[Shown, ...] = ()
    words: tuple[Word, ...] = ()
    """Those that stand, oldest first by their own server time."""
    heard: frozenset[str] = frozenset()
    """Keys of every word ever recorded, standing or not."""
    retargets: tuple[datetime, ...] = ()
    rulings: dict[str, Ruling] = field(default_factory=dict)
    results: tuple[CheckResult, ...] = ()
    stirred: dict[str, int] = field(default_factory=dict)
    """Kind of check → ledger seq of the last event that says such a check should look again."""
    requests: dict[str, datetime] = field(default_factory=dict)
    """Head SHA → when sign-offs were first asked for it."""
    unsaid: tuple[Word, ...] = ()
    """Words that were edited, deleted or taken back: they say nothing, and what their person said before stays past."""
    pushers: dict[str, tuple[Person, ...]] = field(default_factory=dict)
    """Head SHA → everybody who the forge says pushed this very head; empty where that was no human."""
    openers: tuple[Person, ...] = ()
    """Whom the forge named as having had a bot open the pull request."""
    merged_at: datetime | None = None
    closed: bool = False
    merging: dict[str, datetime] = field(default_factory=dict)
    """Head SHA → when golive last set out to merge it."""
    refusals: dict[str, Refusal] = field(default_factory=dict)
    """Head SHA → the last refused merge of it."""
    last_verdict: str = ""
    last_headline: str = ""
    last_reasons: tuple[tuple[str, str], ...] = ()
    """(Code, subject) of each reason of the last decision, in its order."""
    last_policy: str = ""
    facts: tuple[Fact, ...] = ()
    seq: int = 0
    updates: dict[tuple[str, str], str] = field(default_factory=dict)
    """(Head SHA, later head SHA) → why the later one is no clean update of the other; empty where it is one."""
    spells: tuple[Spell, ...] = ()
    nags: tuple[Nag, ...] = ()
    frozen_by: str = ""
    """The freeze that was said to be on, last."""
    broken_glass: tuple[tuple[str, str], ...] = ()
    """(Key, what was said) of every override that was on."""
    landing: LandingRecord = field(default_factory=LandingRecord)
    hardening: tuple[Weakness, ...] = ()
    """Of a repository's own record: what was weak when it was looked at last."""
    hardened_at: datetime | None = None
    begun: Begun | None = None
    """The newest promotion that began."""
    attempts: dict[tuple[str, str], Attempt] = field(default_factory=dict)
    """(Act, commit) → what came of the newest try."""
    landed_as: str = ""
    """The verdict of the last decision before it landed."""
    named: Named | None = None
    """The newest state that a delivery named, by the forge's own time."""
    goes: dict[str, Go] = field(default_factory=dict)
    """Key of a train's lead → its newest *train go* that is about this release."""
    halts: dict[str, Halt] = field(default_factory=dict)
    """Id of a go → how it ended before everything had landed."""
    runners: RunnerRecord = field(default_factory=RunnerRecord)

    @property
    def is_release(self) -> bool:
        """Once a release, always one: dropping a label or moving the base does not undo it."""
        return self.since_release is not None

    def with_ruling(self, ruling: Ruling) -> Standing:
        """The same with one more word ruled on."""
        return replace(self, rulings={**self.rulings, ruling.word: ruling})

    def taken(self, word: Word) -> bool:
        """Whether golive took this word when it was worked; a word not worked yet has no effect."""
        ruling = self.rulings.get(word.key)
        return ruling is not None and ruling.taken


@dataclass(frozen=True)
class Nag:
    """A reminder that was sent: for which role on which head, to whom, and when. escalated: to those beyond the role."""

    role: str
    head_sha: str
    people: tuple[int, ...]
    at: datetime
    escalated: bool = False


@dataclass(frozen=True)
class Fact:
    """Something worth one line in the release's thread; `key` is unique per release, `seq` its ledger place.

    to: ids of the people it is meant for, who are notified.
    """

    key: str
    text: str
    seq: int = 0
    to: tuple[int, ...] = ()


class PullState(Enum):
    """Where the pull request itself stands."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True)
class Pull:
    """A pull request as the forge tells it at one moment.

    author: None where the forge does not name a human.   mergeable: None while the forge still computes it.
    auto_merge_by: who turned the forge's own auto-merge on, empty where nobody did.   node_id: its name for GraphQL.
    """

    subject: Subject
    repository: str
    title: str
    body: str
    url: str
    author: Person | None
    author_is_bot: bool
    state: PullState
    draft: bool
    head_ref: str
    revision: Revision
    labels: frozenset[str]
    from_fork: bool
    mergeable: bool | None = None
    merged_by: str = ""
    merge_commit: str = ""
    auto_merge_by: str = ""
    node_id: str = ""
    updated_at: datetime | None = None
    depends_on: tuple[str, ...] = ()
    """The pull requests that its description names as `Depends-On:`, as `acme/api#12`, in their order."""
    depends_misread: tuple[str, ...] = ()
    """What stands behind a `Depends-On:` and names none."""
    opened_by: str = ""
    """The login of whoever opened it, a bot's too."""
    comments: int | None = None
    """How many comments its conversation has; None where the forge does not say."""


@dataclass(frozen=True)
class OwnerSet:
    """Changed paths with the same code owners, one of whom must sign. people: ids of who is behind the owners.

    owners: as `CODEOWNERS` names them; empty where nobody is named for these paths.   paths: the first, with `more` others.
    """

    owners: tuple[str, ...]
    people: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    more: int = 0

    @property
    def where(self) -> str:
        """The paths as one clause."""
        return f"{', '.join(self.paths)}{f' and {self.more} more' if self.more else ''}"


@dataclass(frozen=True)
class Role:
    """A role at decision time: who may fill it, read from the forge in this very turn.

    each: sets of people of which every one must have somebody who signed.
    """

    name: str
    count: int
    people: tuple[Person, ...]
    sources: tuple[str, ...] = ()
    group: str = ""
    each: tuple[OwnerSet, ...] = ()
    barred: tuple[str, ...] = ()
    """Logins of code owners who may not write to the repository, so that they do not count."""


@dataclass(frozen=True)
class Sibling:
    """Another open pull request whose head is the same commit: the check run is shared with it."""

    number: int
    is_release: bool
    verdict: Verdict
    headline: str
    state: str


@dataclass(frozen=True)
class Reason:
    """Why a release is not simply GO. `code` is stable and for machines; `clears` says who or what clears it."""

    code: str
    verdict: Verdict
    sentence: str
    clears: str = ""
    subject: str = ""

    @property
    def folded(self) -> bool:
        """Whether another reason is its cause, and is the one that counts."""
        return self.code in ("check_blocked", "check_explained")
