"""What the engine and the checks need from the outside, one Protocol each; adapters live one room further out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from golive.core.acts import DeploymentSeen, RunSeen
from golive.core.budget import Level
from golive.core.decide import Decision
from golive.core.effect import PutDirect
from golive.core.hardening import Facts
from golive.core.landing import Approach, Landing, QueueEntry, Trial
from golive.core.ledger import Entry
from golive.core.linking import Linking
from golive.core.model import ChangedFile, Finding, Person, Pull, Revision, Role, Standing, Subject, Verdict
from golive.core.neverstarted import Unstarted
from golive.core.reach import Reached
from golive.core.reach import Standing as Installed
from golive.core.rules import RoleRule
from golive.core.snapshot import Snapshot


class Clock(Protocol):
    """The only source of the present moment."""

    def __call__(self) -> datetime:
        """Now, as an aware UTC datetime."""
        ...


# ------------------------------------------------------------------ looking at the world, for checks


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `seconds`: from sending the request to the last byte.   headers: lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    url: str


class LookHttp(Protocol):
    """Asks over HTTP through the guarded connect. Raises Unreachable (a sentence for people) and never retries."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        writes: bool = False,
        timeout: timedelta = timedelta(seconds=10),
        follow_redirects: bool = True,
    ) -> Answer:
        """Ask once. Methods other than GET, HEAD and OPTIONS, and bodies, need `writes`: the policy must have said so.

        Raises ValueError for a write that was not announced.
        """
        ...


@dataclass(frozen=True)
class TlsFacts:
    """One TLS handshake. version: as `TLSv1.3`.   chain: DER certificates as sent, the server's own first.

    problem: why the chain or the host name is not trusted, in words, or empty.
    """

    version: str
    cipher: str
    chain: tuple[bytes, ...]
    problem: str
    seconds: float
    address: str = ""


class LookConnect(Protocol):
    """Bare connections through the guarded connect. Raises Unreachable with a sentence for people."""

    def tcp(self, host: str, port: int, *, timeout: timedelta) -> float:
        """Connect and close; returns the seconds it took."""
        ...

    def tls(self, host: str, port: int, *, timeout: timedelta, server_name: str = "", highest: str = "") -> TlsFacts:
        """One handshake, which succeeds whatever the certificate is worth. highest: offer no newer version than this one."""
        ...

    def talk(self, host: str, port: int, send: bytes, *, until: bytes, limit: int, timeout: timedelta) -> bytes:
        """Send bytes, and read until these come back, the other side closes, or the limit is reached."""
        ...


class LookDns(Protocol):
    """Reads the domain name system. Raises Unreachable with a sentence for people."""

    def records(self, name: str, kind: str, *, server: str = "", timeout: timedelta) -> tuple[str, ...]:
        """The records of one type (`A`, `AAAA`, `CNAME`, `MX`, `TXT`, `NS`, `SRV`, `CAA`, …) as texts, sorted.

        Empty where the name has none of that type.   server: ask this one (host or address); empty = the system's.
        """
        ...


@dataclass(frozen=True)
class Ran:
    """A finished process. exit_code: negative for the signal that ended it.   stdout/stderr: capped, as text."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float


class LookProcess(Protocol):
    """Runs programs on this machine, never through a shell. Raises Unreachable where it cannot be started or is late."""

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: timedelta,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        directory: str = "",
    ) -> Ran:
        """Run to the end; at the timeout the program and all it started are killed. environment: added to this one."""
        ...


@dataclass(frozen=True)
class FileFacts:
    """What a file is. kind: `file`, `directory`, `link` or `other`; mode: permission bits; link: where a link leads."""

    path: str
    kind: str
    size: int
    mode: int
    modified_at: datetime
    owner: str = ""
    group: str = ""
    link: str = ""


class LookFiles(Protocol):
    """Reads files below the working directory, or by an absolute path. Raises Unreachable with a sentence for people."""

    root: str

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Paths that match, sorted, `**` crossing folders; a pattern without wildcards gives itself where it is there.

        Links that lead out of the working directory are not followed.
        """
        ...

    def read(self, path: str, limit: int = 16 * 1024 * 1024) -> bytes:
        """The content. Unreachable where it is not there or larger than `limit` bytes."""
        ...

    def facts(self, path: str) -> FileFacts | None:
        """What it is, or None where there is nothing; a link is not followed."""
        ...

    def tracked(self, pattern: str) -> tuple[str, ...]:
        """Paths under version control that match the glob, sorted."""
        ...

    def commit(self) -> str:
        """The commit that is checked out, empty where this is no checkout."""
        ...

    def changed_at(self, path: str) -> datetime | None:
        """When the last commit that touched it was made, None where version control does not know it."""
        ...


@dataclass(frozen=True)
class Database:
    """Where a query goes. engine: `postgresql` or `sqlite` (then only `path`).   password: the value, never shown."""

    engine: str
    host: str = ""
    port: int = 5432
    name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    tls: str = ""


@dataclass(frozen=True)
class Rows:
    """What a query gave. rows: JSON values (times as ISO 8601, decimals as floats), cut at the limit that was asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    seconds: float
    cut: bool = False


class LookSql(Protocol):
    """Reads a database, in a read-only transaction that is rolled back. Raises Unreachable in the database's words."""

    def query(self, database: Database, statement: str, *, timeout: timedelta, limit: int = 1000) -> Rows: ...


class LookSecrets(Protocol):
    """Secrets that the operator lends to checks."""

    def value(self, name: str, host: str) -> str:
        """The secret, for this host alone. Raises Unreachable where it is not lent, and says whom to ask."""
        ...


@dataclass(frozen=True)
class OtherCheck:
    """A check run of another app. `app`: the slug of the app that posted it, `app_id` its numeric id."""

    name: str
    app: str
    app_id: int
    status: str
    conclusion: str
    url: str
    completed_at: datetime | None = None


class LookForge(Protocol):
    """Read-only, this repository only."""

    def check_runs(self, name: str) -> Sequence[OtherCheck]:
        """The latest run per app with this name on the revision under check, read to the last page."""
        ...


@dataclass(frozen=True)
class Attestation:
    """A person's statement that a check holds. `entitled`: whether they fill the role the check asks for, now."""

    person: Person
    at: datetime
    text: str
    link: str
    entitled: bool


@dataclass(frozen=True)
class Look:
    """Every way a check may look at the world, and what it looks at. A part that is None is not offered here.

    timeout: how long this check may take in all, from its policy.   environment: the machine's variables.
    """

    http: LookHttp
    forge: LookForge | None
    now: datetime
    timeout: timedelta = timedelta(seconds=30)
    attestations: Sequence[Attestation] = ()
    connect: LookConnect | None = None
    dns: LookDns | None = None
    sql: LookSql | None = None
    secrets: LookSecrets | None = None
    process: LookProcess | None = None
    files: LookFiles | None = None
    environment: Mapping[str, str] | None = None


class Unreachable(Exception):  # named for what happened, as people read it
    """The outside gave no usable answer; the text says what, where and why. A check that raises it is `unknown`."""


class Kind(Protocol):
    """One kind of check: typed options (the instance), `collect` touches the world, `judge` is pure.

    Kinds are installed as entry points of the group `golive.checks`; a kind is a frozen pydantic model.
    fresh: how old its result may be when golive acts on it, or None where the finding says itself until when it holds.
    stirred_by: names of outside events after which it should look again.
    measures: name → canonical unit of each value that criteria may name, the primary one first; the name `*` stands for
    names that only the data knows.   asserts: whether it holds the world against something even without `pass:`.
    """

    kind: ClassVar[str]
    fresh: ClassVar[timedelta | None]
    stirred_by: ClassVar[frozenset[str]]
    reads_attestations: ClassVar[bool]
    measures: ClassVar[Mapping[str, str]]

    def canonical(self) -> str:
        """The options as canonical text, for the definition digest."""
        ...

    def collect(self, look: Look) -> Any:
        """Gather the facts. May take long, may raise anything: the engine makes that an `unknown` finding."""
        ...

    def judge(self, facts: Any) -> Finding:
        """Weigh the facts. Pure. The engine fills in `check`, `taken_at`, `seconds`, `attempts` and the versions."""
        ...

    def on_machine(self) -> bool:
        """Whether these options read the machine (files, variables, programs), so that only a runner or a CLI runs it."""
        ...

    def asserts(self) -> bool:
        """Whether these options hold the world against something even without a `pass:`."""
        ...

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Measure → lowest and highest value these options allow at all; a criterion outside can never be met."""
        ...

    def of_checks(self) -> tuple[str, ...]:
        """Ids of the checks whose findings it weighs; then nothing is collected, and `judge` gets those findings."""
        ...

    def lent_secrets(self) -> tuple[tuple[str, str], ...]:
        """(name, host) of every secret the options ask for."""
        ...

    def reads_variables(self) -> frozenset[str]:
        """Names of the environment variables that it judges, so that one missing value is not counted twice."""
        ...


# ------------------------------------------------------------------ the forge


@dataclass(frozen=True)
class Published:
    """Something that now stands outside. at: the outside's own time for it, None where it gave none."""

    ref: str
    at: datetime | None
    url: str = ""


@dataclass(frozen=True)
class CheckRunView:
    """What a check run shows. status: `in_progress` or `completed`; conclusion: None, or success/failure/action_required.

    annotations: (path, first line, last line, level, message), as many as there are.   actions: buttons, at most three,
    each (label, description, identifier) of at most 20, 40 and 20 characters.
    """

    title: str
    summary: str
    text: str
    status: str
    conclusion: str | None
    details_url: str
    annotations: tuple[tuple[str, int, int, str, str], ...] = ()
    actions: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Reaction:
    """One reaction on a comment of ours. `content` as the forge names it, for example `+1`."""

    id: int
    person: Person
    content: str
    at: datetime


@dataclass(frozen=True)
class Comment:
    """A comment on a pull request, as it stands now."""

    id: int
    author: Person
    is_bot: bool
    body: str
    created_at: datetime
    updated_at: datetime
    url: str


@dataclass(frozen=True)
class Review:
    """A submitted review, as it stands now. state: `approve`, `reject`, `comment` or `dismissed`.

    Nothing says which commit it is about: forges move that to a new head, so it proves nothing.
    """

    id: int
    author: Person
    is_bot: bool
    state: str
    submitted_at: datetime
    url: str
    body: str


@dataclass(frozen=True)
class PolicySource:
    """A policy file as read. sha: the commit it was read at; text is None where there is no such file."""

    sha: str
    path: str
    text: str | None


class GoingLive(Protocol):
    """The acts of going live in one repository. Raises Refused with the forge's words where it says no, Later where it cannot."""

    def find_deployment(self, sha: str, environment: str, key: str) -> Published | None:
        """Our own deployment that carries the key; another author's copy of it never counts."""
        ...

    def deploy(self, sha: str, environment: str, key: str, title: str, checked: bool) -> Published:
        """A new deployment of this very commit. checked: the forge need not ask for the commit's checks once more."""
        ...

    def deployment(self, ref: str) -> DeploymentSeen: ...
    def waits(self, callback_url: str, environment: str) -> bool:
        """Whether that run waits before this environment still. Refused where the address is not the forge's own."""
        ...

    def answer(self, callback_url: str, environment: str, approves: bool, comment: str) -> None:
        """Answer a waiting environment. Refused where the address is not the forge's own."""
        ...

    def start(self, workflow: str, event: str, ref: str, told: Mapping[str, str], may_omit: bool = False) -> None:
        """Start a workflow by its file's name on a branch, or, where that is empty, all that listen to the event.

        may_omit: a workflow that takes no such inputs is started without them.
        """
        ...

    def started(self, workflow: str, decision: str, since: datetime | None) -> RunSeen | None:
        """The run that came of it; None where there is none. decision: what it was told of the act.   since: when it was begun."""
        ...

    def ref(self, ref: str) -> str:
        """The commit that `tags/…` or `heads/…` is at; empty where there is none."""
        ...

    def create_ref(self, ref: str, sha: str) -> None: ...
    def forward_ref(self, ref: str, sha: str) -> None:
        """Move a branch forward to this commit, never sideways."""
        ...


class ForgeRepo(Protocol):
    """One repository on the forge, reached with one installation's rights. Every read is complete, to the last page.

    Raises Later where the forge cannot answer now, Conflict where the world moved, Gone where it is not there.
    """

    @property
    def full_name(self) -> str:
        """Owner and name, as known now."""
        ...

    def pull(self, number: int) -> Pull: ...
    def policy(self, ref: str) -> PolicySource: ...
    def policy_at(self, sha: str, path: str) -> str | None: ...
    def default_branch(self) -> str: ...
    def guards(self, branches: Sequence[str], asked: Mapping[str, str]) -> Facts:
        """How these branches are guarded, and what our App was granted. asked: permission → level that it asks for.

        What the forge refuses to tell is in the facts as not read.
        """
        ...

    def members(self, rules: Sequence[RoleRule]) -> tuple[Role, ...]: ...
    def permission(self, person: Person) -> str: ...
    def person(self, login: str) -> Person | None:
        """Whose login this is now; None for nobody, and for what is no human."""
        ...

    def comments(self, number: int) -> Sequence[Comment]: ...
    def reactions(self, comment_ref: str) -> Sequence[Reaction]:
        """People's reactions on a comment of ours. Raises Gone where it is not there."""
        ...

    def reviews(self, number: int) -> Sequence[Review]:
        """Submitted reviews, oldest first; none of accounts that are no more."""
        ...

    def changed_files(self, number: int, revision: Revision | None = None) -> tuple[ChangedFile, ...]:
        """What the pull request changes against its base. revision: of this very one, else of what it is now.

        Raises TooMuch where the forge does not show them all, Conflict where the pull request is another revision.
        """
        ...

    def clean_update(self, before_sha: str, after_sha: str, base_ref: str) -> str:
        """Empty where `after` only brings the base into `before`, else why not, a clause for people."""
        ...

    def changed_between(self, before_sha: str, after_sha: str) -> tuple[str, ...] | None:
        """Paths that differ between two commits, sorted; None where it cannot be told."""
        ...

    def open_pulls_at(
        self, head_sha: str, at_most: timedelta = timedelta(), only_held: bool = False
    ) -> Sequence[int] | None:
        """Open pull requests with this head. at_most: how old the answer may be; only_held: None where it would be read."""
        ...

    def check_runs(self, head_sha: str, name: str, alone: bool = False) -> Sequence[OtherCheck]: ...
    def create_check_run(self, head_sha: str, external_id: str, view: CheckRunView) -> Published: ...
    def edit_check_run(self, ref: str, view: CheckRunView) -> Published: ...
    def outdated_annotations(self, ref: str, view: CheckRunView) -> bool:
        """Whether a run has annotations that the view has not; such a run is replaced by another one."""
        ...

    def find_check_runs(self, head_sha: str, external_id_prefix: str) -> Sequence[tuple[str, str, Published, bool]]:
        """Our own runs of this commit, oldest first: (external id, ref, published, completed)."""
        ...

    def create_comment(self, number: int, body: str) -> Published: ...
    def edit_comment(self, ref: str, body: str) -> Published: ...
    def find_comment(self, number: int, marker: str) -> Published | None:
        """Our own comment that carries the marker; another author's copy of it never counts."""
        ...

    def open_issue(self, title: str, body: str) -> Published: ...
    def find_issue(self, marker: str) -> Published | None:
        """Our own issue that carries the marker, open or closed; another author's copy of it never counts."""
        ...

    def going_live(self) -> GoingLive: ...
    def merge(self, number: int, head_sha: str, method: str, title: str) -> str:
        """Merge exactly this head; returns the merge commit. Raises Refused with the forge's words where it may not."""
        ...

    def parents_of(self, sha: str) -> tuple[str, ...]:
        """The parents of a commit, its first one first; of a pull request's test merge base and head. Raises Gone."""
        ...

    def asked_by_branch(self, pull: Pull) -> Landing:
        """What repository and branch ask of a landing, without a look at what this one would change."""
        ...

    def landing(self, pull: Pull, base_sha: str) -> Landing:
        """What repository and branch ask of a landing. base_sha: where the base is now."""
        ...

    def approach(self, pull: Pull, landing: Landing, base_sha: str) -> Approach:
        """What only matters once nothing else is missing."""
        ...

    def unstarted(self, pull: Pull, landing: Landing) -> Unstarted | None:
        """The required checks of others that nobody gave this head, and who does anything for it; None where all are there."""
        ...

    def landed(self, pull: Pull, test: Trial | None) -> tuple[str, str, int, int]:
        """What landed, held against a test merge: verdict (see `core.landing.Landed`), why, its parents, rebased commits."""
        ...

    def forget_rules(self, base_ref: str) -> None:
        """What the branch asks for is read anew at the next look."""
        ...

    def update_branch(self, number: int, head_sha: str) -> None:
        """Have the base brought into exactly this head. Raises Refused in the forge's words."""
        ...

    def queue(self, base_ref: str) -> tuple[QueueEntry, ...]:
        """What is in the merge queue of a branch, in order."""
        ...

    def enqueue(self, pull: Pull, head_sha: str) -> None:
        """Put exactly this head into the merge queue. Raises Refused in the forge's words."""
        ...

    def dequeue(self, pull: Pull) -> None:
        """Take it out of the merge queue. Raises Refused in the forge's words."""
        ...


class Forge(Protocol):
    """The forge, by repository id."""

    host: str

    def repo(self, repository: int) -> ForgeRepo: ...
    def level(self, repository: int) -> Level:
        """What the forge's quota allows for this repository now."""
        ...

    def budget(self, repository: int) -> str:
        """What people are told of the quota; empty while nothing is done less of."""
        ...


# ------------------------------------------------------------------ chat


@dataclass(frozen=True)
class MessageView:
    """A chat message: `text` for notifications and screen readers, `blocks` as Block Kit."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()


class Chat(Protocol):
    """The team's chat. Raises Later where it cannot answer now, Misconfigured where a person must mend something."""

    def post(self, channel: str, key: str, view: MessageView, thread: str = "") -> Published: ...
    def edit(self, ref: str, view: MessageView) -> Published: ...
    def find(self, channel: str, key: str, since: datetime, thread: str = "") -> Published | None:
        """Our message whose metadata carries `key`, posted since then; how a lost answer is looked up."""
        ...

    def answer(self, reply_to: str, view: MessageView) -> None:
        """Answer one person, visible to them only; best effort, once."""
        ...

    def publish(self, who: str, view: MessageView) -> None:
        """Set the page that a person, `team/user`, has with us in the chat."""
        ...

    def unfurl(self, team: str, channel: str, ts: str, views: Mapping[str, MessageView]) -> None:
        """Say what the links in somebody's message show. views: by address, as it stands in the message."""
        ...

    def conversation(self, who: str) -> str:
        """The channel in which this person, `team/user`, alone is told something."""
        ...


@dataclass(frozen=True)
class ChatPerson:
    """What the chat says of an account. flaw: why it may not act, a sentence, or empty.   offset: from UTC, in seconds."""

    flaw: str = ""
    offset: int | None = None


class ChatPeople(Protocol):
    """People of the chat, as it tells them now; `who` is `team/user`. Raises Later and Misconfigured."""

    def person(self, who: str) -> ChatPerson: ...
    def quiet(self, who: str) -> tuple[datetime, datetime] | None:
        """From when until when they are not to be disturbed next."""
        ...

    def here(self) -> str:
        """Which workspace answers, empty where there is only one; asks nobody."""
        ...

    def group(self, handle: str) -> tuple[str, ...] | None:
        """The accounts of a group; None where there is no such group."""
        ...


# ------------------------------------------------------------------ store and work


@dataclass(frozen=True)
class Delivery:
    """What a door heard. id: unique per source; kind: the event's name; body: the raw bytes as signed."""

    source: str
    id: str
    kind: str
    body: bytes
    received_at: datetime
    said_at: datetime | None = None


@dataclass(frozen=True)
class SlotState:
    """Something we published. ref: the outside's id; fingerprint: of its content; owner: which release wrote it last.

    counter/completed: of check runs, whose completed ones never go back.   gist: a digest of what people wait for in it;
    written_at: when its content was last written, None where that is not known.
    """

    ref: str
    fingerprint: str
    owner: str
    counter: int
    completed: bool
    created_at: datetime
    gist: str = ""
    written_at: datetime | None = None

    def fields(self) -> dict[str, Any]:
        """As plain columns."""
        return {
            "ref": self.ref, "fingerprint": self.fingerprint, "owner": self.owner, "counter": self.counter,
            "completed": self.completed, "created_at": self.created_at, "gist": self.gist,
            "written_at": self.written_at,
        }  # fmt: skip


@dataclass(frozen=True)
class ReleaseState:
    """How a pull request stood when it was last looked at: what others with its head, the page and commands need of it.

    verdict/state: its own, without those of others with the same head.   token: of its page's unguessable link.
    view: the page's content as JSON.
    """

    subject: Subject
    full_name: str = ""
    title: str = ""
    url: str = ""
    head_sha: str = ""
    base_ref: str = ""
    open: bool = True
    is_release: bool = False
    verdict: Verdict = Verdict.WAIT
    state: str = "in_progress"
    headline: str = ""
    view: str = ""
    token: str = ""
    looked_at: datetime | None = None
    watches: str = "*"
    """Names of other apps' check runs and statuses that could change it, one on each line; `*`: any could."""


@dataclass(frozen=True)
class KeptAnswer:
    """An answer of the forge, to be asked for again under its ETag. token: which one got it, as a digest.

    key: of the installation, the token, the address and the form asked for.   body: compressed.   modified: `Last-Modified`.
    """

    key: str
    host: str
    installation: int
    token: str
    etag: str
    modified: str
    link: str
    body: bytes
    used_at: datetime


class Answers(Protocol):
    """Where answers and tokens of the forge are kept. All of it may be lost at any time."""

    def read(self, key: str) -> KeptAnswer | None: ...
    def write(self, answers: Iterable[KeptAnswer], most: int) -> None: ...
    def drop_other_tokens(self, host: str, installation: int, token: str) -> None: ...
    def forget(self, host: str, installation: int) -> None: ...
    def token(self, host: str, installation: int) -> tuple[bytes, datetime] | None: ...
    def put_token(self, host: str, installation: int, sealed: bytes, expires_at: datetime) -> None: ...


@dataclass(frozen=True)
class Logged:
    """One attempt of the forge to tell us something, from its own log. guid: the delivery's id; again: not the first attempt."""

    number: int
    guid: str
    event: str
    at: datetime
    again: bool = False


class HookLog(Protocol):
    """The forge's own log of what it sent us. Raises Later and Misconfigured."""

    def since(self, at: datetime) -> Iterable[Logged]:
        """Every attempt since then, newest first."""
        ...

    def send_again(self, number: int) -> bool:
        """Ask for one more attempt; False where the forge will not."""
        ...

    def read(self, logged: Logged) -> Delivery | None:
        """What was to be told, from the log itself; None where it is not there any more."""
        ...


class Installations(Protocol):
    """Where our App is installed. Raises Later and Misconfigured."""

    def standing(self, installation: int) -> Installed: ...
    def ended(self, installation: int) -> None:
        """Drop whatever was held for it."""
        ...


@dataclass(frozen=True)
class Found:
    """Which releases are looked for. repository: its name, with or without the owner.   token: of its page.

    places: only these repositories (host, id); None: everywhere.   words: each in name, title or headline.   names: each,
    in quotation marks, in what was kept of the page.   most: so many, after `skip` others; 0: all.
    """

    is_open: bool = True
    full_name: str = ""
    repository: str = ""
    number: int = 0
    token: str = ""
    verdicts: tuple[Verdict, ...] = ()
    places: Collection[tuple[str, int]] | None = None
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    subjects: Collection[str] | None = None
    """Only these, by their keys; a few."""
    most: int = 0
    skip: int = 0


class Finds(Protocol):
    """Finding releases as people name them; see the store room."""

    def open_places(self) -> list[tuple[str, int]]: ...
    def open_looks(self) -> list[tuple[Subject, bool, datetime | None]]: ...
    def briefly(self, found: Found) -> list[ReleaseState]: ...
    def how_many(self, found: Found) -> int: ...
    def with_views(self, found: Found) -> list[tuple[ReleaseState, str]]: ...
    def homes_of(self, logins: Iterable[str]) -> list[str]: ...
    def kept_delivery(self, source: str, name: str) -> Delivery | None: ...


@dataclass(frozen=True)
class Workspace:
    """A chat workspace that installed our app. sealed: its tokens; expires_at: of the access token, None where it lasts."""

    team: str
    name: str
    bot_user: str
    scopes: str
    installed_by: str
    sealed: bytes = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class JoinAsked:
    """A chat user asks to join their workspace with an account of the forge, or to part them (`verb`)."""

    key: str
    who: str
    verb: str
    account: str
    reply_to: str


class Transaction(Finds, Protocol):
    """One write transaction: everything in it happens, or nothing does."""

    now: datetime

    def settle(self, inbox_id: int, state: str, note: str = "") -> None: ...
    def append(self, subject: Subject, entries: Iterable[Entry]) -> list[Entry]: ...
    def touch(self, subject: str, at: datetime | None = None) -> None: ...
    def touch_open(
        self, host: str, repository: int, base_ref: str = "", at: datetime | None = None, but: Subject | None = None
    ) -> None: ...
    def set_timer(self, subject: str, at: datetime) -> None: ...
    def drop_timer(self, subject: str) -> None: ...
    def put_slot(self, place: str, name: str, slot: SlotState) -> None: ...
    def drop_slot(self, place: str, name: str) -> None: ...
    def doubt_slot(self, place: str, ref: str) -> None: ...
    def wrote(self, place: str, ref: str, fingerprint: str) -> bool: ...
    def repositories_of(self, host: str, installation: int) -> list[int]: ...
    def intend(self, place: str, name: str) -> datetime: ...
    def drop_intent(self, place: str, name: str) -> None: ...
    def slot_at(self, ref: str) -> tuple[str, str] | None: ...
    def any_intent(self, name_prefix: str) -> bool: ...
    def person(self, who: str) -> Person | None: ...
    def origin(self, who: str) -> str: ...
    def ask_linking(self, who: str, code: str, until: datetime) -> None: ...
    def linking(self, *, code: str = "", state: str = "") -> Linking | None: ...
    def put_linking(self, linking: Linking) -> None: ...
    def still(self, linking: Linking) -> bool: ...
    def spend(self, linking: Linking) -> None: ...
    def link(self, who: str, person: Person) -> bool: ...
    def unlink(self, who: str) -> str: ...
    def ask_join(self, asked: JoinAsked) -> None: ...
    def join_asked(self, key: str) -> JoinAsked | None: ...
    def settle_join(self, key: str) -> None: ...
    def installation_of(self, host: str, account: str) -> int: ...
    def joined_team(self, host: str, installation: int) -> str: ...
    def team_of(self, host: str, repository: int) -> tuple[str, str]: ...
    def join(self, host: str, installation: int, team: str, asked: JoinAsked, person: int) -> bool: ...
    def part(self, host: str, installation: int, team: str) -> bool: ...
    def put_away(self, team: str, at: datetime) -> bool: ...
    def is_joined(self, team: str) -> bool: ...
    def homes_in(self, team: str) -> list[str]: ...
    def is_away(self, team: str) -> bool: ...
    def releases_joined(self, team: str) -> list[str]: ...
    def know_repository(self, host: str, repository: int, full_name: str, installation: int) -> bool: ...
    def installation(self, host: str, number: int) -> str: ...
    def put_installation(self, host: str, number: int, state: str, account: str = "") -> bool: ...
    def reached(self, host: str, installation: int = 0, repository: int = 0) -> list[Reached]: ...
    def put_reached(self, host: str, reached: Reached) -> None: ...
    def out_of_reach(self, host: str, repository: int, why: str) -> list[Subject]: ...
    def coupled(self, release: Subject) -> set[str]: ...
    def lost_releases(self, host: str, repository: int, headline: str) -> list[Subject]: ...
    def sight(self, host: str, repository: int, person: int, since: datetime) -> bool | None: ...
    def saw(self, host: str, repository: int, person: int, sees: bool) -> None: ...
    def hear_again(self, note: str) -> None: ...
    def adrift(self, note: str) -> list[Delivery]: ...
    def put_mark(self, name: str, value: str) -> None: ...
    def mark(self, name: str) -> str: ...
    def open_releases(
        self, host: str = "", repository: int = 0, base_ref: str = "", heads: Collection[str] = ()
    ) -> list[ReleaseState]: ...
    def put_release(self, state: ReleaseState) -> ReleaseState | None:
        """Write it, and return what stood there before."""
        ...

    def owe_answer(self, key: str, reply_to: str, said: str) -> bool: ...
    def take_answers(self, since: datetime) -> list[tuple[str, str]]: ...
    def fault(self, subject: str, error: str) -> int: ...
    def recovered(self, subject: str) -> None: ...
    def note_nags(self, people: Iterable[int], at: datetime) -> None: ...


class Store(Finds, Protocol):
    """What the engine needs of the record; see the store room for what each does."""

    heard: int

    def transaction(self) -> AbstractContextManager[Transaction]: ...
    def keep_all(self, deliveries: Sequence[Delivery]) -> list[bool]: ...
    def new_deliveries(self, limit: int = 200) -> list[tuple[int, Delivery, int]]: ...
    def entries(self, subject: Subject) -> list[Entry]: ...
    def standing(self, subject: Subject) -> Standing:
        """What the entries add up to, cheaper than folding them: only new ones are read."""
        ...

    def chain_head(self, subject: Subject) -> str: ...
    def slots(self, place: str) -> dict[str, SlotState]: ...
    def intents(self, place: str) -> dict[str, datetime]: ...
    def pulls_at(self, host: str, repository: int, head_sha: str) -> list[ReleaseState]: ...
    def release_of(self, subject: Subject) -> ReleaseState | None: ...
    def known_repository(self, host: str, repository: int) -> tuple[str, int] | None: ...
    def repository_named(self, host: str, installation: int, full_name: str) -> int | None: ...
    def at_rest(self, host: str, repository: int) -> str: ...
    def installation_state(self, host: str, number: int) -> str: ...
    def kept(self, source: str, names: Collection[str]) -> set[str]: ...
    def mark(self, name: str) -> str: ...
    def fault_of(self, subject: str) -> tuple[int, str]: ...
    def nagged(self, people: Iterable[int]) -> dict[int, datetime]:
        """When each of these was last reminded of anything."""
        ...

    def open_in(self, host: str, repository: int) -> list[ReleaseState]:
        """The open pull requests of one repository."""
        ...

    def chat_users(self, people: Iterable[int]) -> tuple[str, ...]:
        """The chat users of these people, as `team/user`, where they are known."""
        ...

    def chat_accounts(self, people: Iterable[int]) -> dict[int, str]:
        """Person → their chat user, where one is known; of several the first by name."""
        ...


INBOX, ANSWERS, PEOPLE = "inbox", "answers", "people"
"""Work subjects that are no pull request: kept deliveries to record, answers that belong to no release, and finding out
who chat users are on the forge."""
SWEEP = "sweep"
"""The work subject that looks for what was missed."""


HARDEN = "harden:"
"""Begins the subjects that are a look at how a repository is guarded: `harden:github.com/42`."""


class Work(Protocol):
    """When is which subject looked at.

    Promise: one run at a time per subject; for every touch at least one run that starts at or after its `at`; the earliest
    `at` wins: a touch for now is neither swallowed nor delayed by one waiting for tomorrow.
    """

    def touch(self, subject: str, at: datetime | None = None) -> None:
        """Look at this subject at `at` (None: now). Durable once it returns."""
        ...

    def start(self) -> None:
        """Work by itself from now on."""
        ...

    def stop(self) -> None:
        """Finish what runs, start nothing more."""
        ...


class Executor(Protocol):
    """Where checks run, beside the turn: a thread pool in the service, the calling thread where order must repeat."""

    def submit(self, run: Callable[[], None], /) -> object: ...


class Render(Protocol):
    """Makes every text that people read, from a snapshot and its decision."""

    def check_run(self, snapshot: Snapshot, decision: Decision, page_url: str, chain: str) -> CheckRunView: ...
    def sticky(self, snapshot: Snapshot, decision: Decision, page_url: str, chain: str) -> str: ...
    def request(self, snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str) -> str: ...
    def answer(self, text: str) -> str: ...
    def reminder(self, text: str) -> str:
        """A text that mentions people, so that they are notified."""
        ...

    def page(self, snapshot: Snapshot, decision: Decision) -> str:
        """The release's page as JSON, kept with the release so that a page needs no turn."""
        ...

    def chat_root(self, snapshot: Snapshot, decision: Decision, page_url: str) -> MessageView: ...
    def chat_request(
        self, snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str
    ) -> MessageView: ...
    def chat_direct(self, subject: Subject, told: PutDirect, url: str) -> MessageView:
        """A reminder to one person alone."""
        ...

    def chat_line(self, text: str, users: Sequence[str] = ()) -> MessageView:
        """One line. users: chat users who are mentioned with it."""
        ...
