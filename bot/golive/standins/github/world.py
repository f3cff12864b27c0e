"""What this GitHub is made of: accounts, repositories, pull requests, checks, Apps. Plain values, no HTTP.

To keep a new fact, add a field here, its JSON in a `shapes` module, and the act that changes it in an `acts` module.
Every time is a timezone-aware UTC datetime; every id is the number GitHub would give.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from golive.standins.github.deploys import Deployment, EnvironmentGate
from golive.standins.github.git import Git

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""Repository roles, weakest first."""


class RefusedError(Exception):
    """GitHub says no: an HTTP status and GitHub's own sentence. Raised alike by endpoints and by people's acts."""

    def __init__(self, status: int, message: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status, self.message, self.errors = status, message, errors


@dataclass
class User:
    """An account. `type` is User, Bot or Organization."""

    id: int
    login: str
    type: str
    created_at: datetime
    name: str | None = None


@dataclass
class Membership:
    """A person's place in a team or an organisation: `state` is active or pending."""

    state: str = "active"
    role: str = "member"


@dataclass
class Team:
    """A team; `members` by login. `repos` maps a full name to the role that the team gives there."""

    id: int
    org: str
    slug: str
    name: str
    created_at: datetime
    members: dict[str, Membership] = field(default_factory=dict)
    repos: dict[str, str] = field(default_factory=dict)
    parent: str | None = None


@dataclass
class Org:
    """An organisation: its account, its members by login, and its teams by slug."""

    account: User
    members: dict[str, Membership] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)


@dataclass
class Label:
    """A repository's label."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass
class Reaction:
    """Somebody's emoji on a comment or a pull request's first post."""

    id: int
    user: User
    content: str
    created_at: datetime


@dataclass
class Comment:
    """A comment of the conversation; `app` is set when an App wrote it."""

    id: int
    number: int
    user: User
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    reactions: dict[int, Reaction] = field(default_factory=dict)


@dataclass
class Review:
    """A submitted review. `state`: APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED."""

    id: int
    user: User
    body: str
    state: str
    commit_id: str
    submitted_at: datetime


@dataclass
class Side:
    """One end of a pull request. `base.sha` is the base as of the last push or retarget, as GitHub keeps it.

    fork: the login of whose fork the branch is in; empty: the repository's own.
    """

    ref: str
    sha: str
    fork: str = ""


@dataclass
class Happening:
    """One row of a timeline; `facts` are the row's own fields, ready as JSON except users (left as `User`)."""

    id: int
    event: str
    actor: User
    created_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Pull:
    """A pull request."""

    id: int
    number: int
    title: str
    body: str
    user: User
    head: Side
    base: Side
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    draft: bool = False
    labels: list[Label] = field(default_factory=list)
    closed_at: datetime | None = None
    closed_by: User | None = None
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    """The test merge while open (None before it is made, or on a conflict); the landed commit afterwards."""
    tested: tuple[str, str] = ("", "")
    """Base tip and head that `mergeable` was worked out for."""
    mergeable: bool | None = None
    auto_merge: tuple[User, str] | None = None
    """Who turned auto-merge on, and its method."""
    reviews: dict[int, Review] = field(default_factory=dict)
    requested_reviewers: list[User] = field(default_factory=list)
    requested_teams: list[Team] = field(default_factory=list)
    reactions: dict[int, Reaction] = field(default_factory=dict)
    timeline: list[Happening] = field(default_factory=list)

    @property
    def merged(self) -> bool:
        """Whether it has landed."""
        return self.merged_at is not None


@dataclass
class Issue:
    """An issue that is no pull request. Opened and read here; people do nothing to it."""

    id: int
    number: int
    title: str
    body: str
    user: User
    created_at: datetime
    app: App | None = None


@dataclass
class CheckRun:
    """A check run of one App on one commit. `output` holds title, summary and text; annotations apart."""

    id: int
    app: App
    suite_id: int
    head_sha: str
    name: str
    status: str
    started_at: datetime
    conclusion: str | None = None
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str | None = None
    output: dict[str, str | None] = field(default_factory=lambda: {"title": None, "summary": None, "text": None})
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)


@dataclass
class HeldSuite:
    """A suite of GitHub's own workflows on one commit, whose run waits for a person. held: until somebody lets it go on."""

    id: int
    app: App
    head_sha: str
    made_at: datetime
    held: bool = True


@dataclass
class Status:
    """A commit status; `app` is set when an App gave it."""

    id: int
    sha: str
    context: str
    state: str
    creator: User
    created_at: datetime
    description: str | None = None
    target_url: str | None = None
    app: App | None = None


@dataclass
class Protection:
    """A branch's required checks: context to the App id that must give it (None: any). `strict`: must be up to date."""

    required: dict[str, int | None] = field(default_factory=dict)
    strict: bool = False
    enforce_admins: bool = False
    dismiss_stale: bool | None = None
    """Whether a push dismisses reviews; None: reviews are not required at all."""
    reviews: int = 0
    """How many approving reviews are required."""
    linear: bool = False


@dataclass
class Ruleset:
    """A ruleset on some branches: what it requires, and who gets past it, as (actor type, id, mode).

    dismiss_stale: as in `Protection`.   source: the repository's or the organisation's name.
    """

    id: int
    name: str
    branches: tuple[str, ...]
    source: str
    created_at: datetime
    required: dict[str, int | None] = field(default_factory=dict)
    strict: bool = False
    dismiss_stale: bool | None = None
    bypass: tuple[tuple[str, int | None, str], ...] = ()
    enforcement: str = "active"


@dataclass
class Queued:
    """A place in a merge queue. group: the commit that its checks run on, empty until it is made; ref: its branch."""

    id: int
    number: int
    head_sha: str
    group: str = ""
    base: str = ""
    ref: str = ""


@dataclass(frozen=True)
class Activity:
    """A branch was moved by somebody, and how."""

    id: int
    branch: str
    before: str
    after: str
    kind: str
    actor: User
    at: datetime


@dataclass
class Repo:
    """A repository with its git objects and everything that hangs on it."""

    id: int
    owner: User
    name: str
    private: bool
    created_at: datetime
    git: Git
    default_branch: str = "main"
    description: str | None = None
    pushed_at: datetime | None = None
    next_number: int = 1
    archived: bool = False
    activities: list[Activity] = field(default_factory=list)
    landed: dict[str, str] = field(default_factory=dict)
    """Commits by which pull requests were merged, and what GitHub's list of activities calls that."""
    roles: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    """Those that are no pull requests; they share the numbers."""
    open_pulls: dict[int, Pull] = field(default_factory=dict)
    """The open ones of `pulls`; kept by `World.stand`, as is `at_head`."""
    at_head: dict[str, set[int]] = field(default_factory=dict)
    """Numbers of pull requests by the commit that is their head."""
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    protection: dict[str, Protection] = field(default_factory=dict)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    methods: frozenset[str] = frozenset({"merge", "squash", "rebase"})
    queues: dict[str, list[Queued]] = field(default_factory=dict)
    """What waits in the merge queue of each branch that has one."""
    queue_rules: set[str] = field(default_factory=set)
    """Branches whose merge queue a ruleset asks for."""
    actions_approve: bool = False
    """Whether workflows may approve pull requests."""
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    runs_of: dict[str, list[CheckRun]] = field(default_factory=dict)
    suites: dict[tuple[int, str], int] = field(default_factory=dict)
    held: list[HeldSuite] = field(default_factory=list)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    talk: dict[int, list[Comment]] = field(default_factory=dict)
    """Comments by pull request number, oldest first."""
    deployments: dict[int, Deployment] = field(default_factory=dict)
    gates: dict[int, EnvironmentGate] = field(default_factory=dict)
    """Runs that wait before an environment, or did, by their number."""
    runs: list[Any] = field(default_factory=list)
    """Workflows that were started from outside, oldest first; see `routes_dispatch.Run`."""

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"


@dataclass
class App:
    """A GitHub App. `private_key` is PEM text; `bot` is the account its writing appears under."""

    id: int
    slug: str
    name: str
    owner: User
    bot: User
    private_key: str
    permissions: dict[str, str]
    events: list[str]
    webhook_url: str
    webhook_secret: str
    created_at: datetime
    client_id: str = ""
    client_secret: str = ""
    description: str | None = None
    external_url: str = ""
    hook_id: int = 0
    callback_urls: tuple[str, ...] = ()


@dataclass
class Installation:
    """An App on an account; `repos` is None for all of the account's repositories, else full names."""

    id: int
    app: App
    account: User
    repos: set[str] | None
    created_at: datetime
    suspended_at: datetime | None = None


@dataclass
class Merge:
    """One request to merge, as it arrived: what was asked, how things stood, what came of it."""

    at: datetime
    repo: str
    number: int
    asked_sha: str | None
    method: str
    by: str
    head_sha: str
    base_sha: str
    head_tree: str
    status: int = 0
    message: str = ""
    sha: str | None = None
    tree: str | None = None
