"""The forge port, spoken to GitHub: what a release is there, and the few things golive writes."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from golive.core.budget import Level, line
from golive.core.errors import Conflict, Gone, Later, Refused, TooMuch
from golive.core.forges import places
from golive.core.hardening import Facts
from golive.core.landing import Approach, Landing, QueueEntry, Trial
from golive.core.model import ChangedFile, Person, Pull, PullState, Revision, Role, Subject
from golive.core.neverstarted import Unstarted
from golive.core.rules import RoleRule
from golive.githubapp.client import Api, Clients, Rejected
from golive.githubapp.deployments import Deployments
from golive.githubapp.hardening import Guards, pin
from golive.githubapp.known import Known, files_key
from golive.githubapp.landing import LandingReader, Us
from golive.githubapp.members import Members
from golive.githubapp.queue import Queue
from golive.githubapp.runs import Annotations, bodies
from golive.githubapp.trains import depends_on
from golive.githubapp.trees import Trees
from golive.ports import CheckRunView, Clock, Comment, OtherCheck, PolicySource, Published, Reaction, Review, Store

POLICY_PATHS = (".github/golive.yml", "golive.yml")
"""Where a policy is looked for, in this order."""
CHECK_NAME = "golive"
"""The name of our check run; branch protection requires it, pinned to our App."""
MOST_FILES = 3000
"""Changed files of a pull request that GitHub shows ("List pull requests files" of its REST API)."""
REVIEWS = {"APPROVED": "approve", "CHANGES_REQUESTED": "reject", "COMMENTED": "comment", "DISMISSED": "dismissed"}
"""States of submitted reviews; a pending one is seen by its author alone and says nothing yet."""


def host_of(api_url: str) -> str:
    """The forge's name in subjects: `github.com`, or the host of a GitHub of one's own."""
    return places(api_url).host


class GitHubForge:
    """`ports.Forge` for one GitHub and one App. slug: the App's; its comments come from `<slug>[bot]`."""

    def __init__(self, clients: Clients, store: Store, api_url: str, app_id: int, slug: str, clock: Clock) -> None:
        self.host = host_of(api_url)
        self.web = places(api_url).web
        self.clients = clients
        self.app_id = app_id
        self.api_url = api_url
        self.slug = slug
        self._store = store
        self._clock = clock
        self._known = Known()

    def repo(self, repository: int) -> GitHubRepo:
        """One repository. Raises Gone where no installation of our App is known to reach it."""
        known = self._store.known_repository(self.host, repository)
        if known is None:
            raise Gone(f"repository {repository}: no installation of the App is known to reach it")
        if why := self._store.at_rest(self.host, repository):
            raise Later(f"repository {repository} is not asked about: {why}")
        full_name, installation = known
        return GitHubRepo(
            self, self.clients.installation(installation), repository, full_name, self._known, self._clock, installation
        )

    def installations(self) -> list[int]:
        """Every installation of the App, asked as the App itself."""
        return [told["id"] for told in self.clients.app().pages("/app/installations")]

    def now(self) -> datetime:
        """The service's clock."""
        return self._clock()

    def level(self, repository: int) -> Level:
        """What the quota of the repository's installation allows now."""
        known = self._store.known_repository(self.host, repository)
        return self.clients.meter.level(known[1]) if known else Level.PLENTY

    def budget(self, repository: int) -> str:
        """What people are told of that quota; empty while nothing is done less of."""
        known = self._store.known_repository(self.host, repository)
        return line(self.clients.meter.level(known[1]), None) if known else ""

    def person(self, login: str, installation: int) -> Person:
        """A login's numeric identity, now."""
        user = self.clients.installation(installation).get(f"/users/{quote(login, safe='')}")
        return Person(user["id"], user["login"])


class GitHubRepo:
    """`ports.ForgeRepo` for one repository, in the calling thread."""

    def __init__(
        self,
        forge: GitHubForge,
        api: Api,
        repository: int,
        full_name: str,
        known: Known,
        clock: Clock,
        installation: int,
    ) -> None:
        self._forge = forge
        self._api = api
        self._id = repository
        self._path = f"/repos/{full_name}"
        self._installation = installation
        self._known = known
        self._people = Members(api, self._path, known, clock)
        self._trees = Trees(api, repository, self._path, known)
        us = Us(forge.app_id, installation, CHECK_NAME)
        self._landing = LandingReader(api, forge.clients, repository, self._path, self._trees, known, clock, us)
        self._queue = Queue(api, full_name)
        self._annotations = Annotations(api, self._path)
        self._landed = ("", "")

    @property
    def full_name(self) -> str:
        """Owner and name, as known now."""
        return self._path.removeprefix("/repos/")

    # -- reading

    def pull(self, number: int) -> Pull:
        """The pull request as it stands."""
        told = self._api.get(f"{self._path}/pulls/{number}")
        head, base = told["head"], told["base"]
        state = PullState.MERGED if told.get("merged") else PullState(told["state"])
        self._trees.learn(number, head["sha"], base["sha"])
        self._landed = (told.get("merge_commit_sha") or "", head["sha"]) if state is PullState.MERGED else ("", "")
        author = told.get("user") or {}
        is_bot = author.get("type") == "Bot"
        full_name = base["repo"]["full_name"]
        web = told["html_url"].partition(f"/{full_name}/pull/")[0]
        named, misread = depends_on(told.get("body") or "", full_name, web)
        return Pull(
            subject=Subject(self._forge.host, self._id, number),
            repository=base["repo"]["full_name"],
            title=told["title"],
            body=told.get("body") or "",
            url=told["html_url"],
            author=Person(author["id"], author["login"]) if author and not is_bot else None,
            author_is_bot=is_bot,
            state=state,
            draft=bool(told.get("draft")),
            head_ref=head["ref"],
            revision=Revision(head["sha"], self._trees.tree_of(head["sha"]), base["ref"]),
            labels=frozenset(label["name"] for label in told["labels"]),
            depends_on=named,
            depends_misread=misread,
            from_fork=(head.get("repo") or {}).get("id") != self._id,
            mergeable=told.get("mergeable"),
            merged_by=(told.get("merged_by") or {}).get("login", ""),
            merge_commit=told.get("merge_commit_sha") or "",
            updated_at=moment(told["updated_at"]) if told.get("updated_at") else None,
            auto_merge_by=((told.get("auto_merge") or {}).get("enabled_by") or {}).get("login", ""),
            node_id=told.get("node_id") or "",
            comments=told.get("comments"),
            opened_by=author.get("login") or "",
        )

    def policy(self, ref: str) -> PolicySource:
        """The policy file of a branch, at the commit the branch is at now."""
        try:
            sha = self._trees.tip(ref)
        except Gone:
            return PolicySource("", "", None)
        for path in POLICY_PATHS:
            if (text := self._as_landed(sha, path) or self._file(sha, path, "")) is not None:
                return PolicySource(sha, path, text)
        return PolicySource(sha, "", None)

    def _as_landed(self, sha: str, path: str) -> str | None:
        """The file where a commit is what a head became by landing, with the very tree it had; None where that is not known."""
        landed, head = self._landed
        if sha != landed or (held := self._held_file(head, path)) is None:
            return None
        if self._trees.tree_of(landed) != self._trees.tree_of(head):
            return None
        self._known.put(("file", self._id, sha, path), held)
        return held

    def _held_file(self, sha: str, path: str) -> str | None:
        """A file at a commit as far as it was read, of this commit or of one before it that has the same."""
        held: str | None = self._known.get(("file", self._id, sha, path))
        if held is None and (same := self._trees.unchanged_since(sha, path)):
            held = self._known.get(("file", self._id, same, path))
        return held

    def policy_at(self, sha: str, path: str) -> str | None:
        """A file at a commit, which never changes; None where there is none."""
        held = self._held_file(sha, path)
        return held if held is not None else self._file(sha, path, self._blob_at(sha, path))

    def _file(self, sha: str, path: str, blob: str) -> str | None:
        """The same; blob: the id of its content where that is known, as of a file that was read elsewhere."""
        key = ("file", self._id, sha, path)
        held: str | None = self._known.get(key)
        if held is None and blob:
            held = self._known.get(("blob", self._id, blob))
        if held is None:
            try:
                told = self._api.get(f"{self._path}/contents/{quote(path)}", ref=sha)
            except Gone:
                return None  # not kept: a 404 that passes must not open a gate until the branch moves
            if not isinstance(told, dict) or told.get("encoding") != "base64":
                return None
            held = base64.b64decode(told["content"]).decode("utf-8", "replace")
            self._known.put(key, held)
            self._known.put(("blob", self._id, told.get("sha")), held)
        return held

    def _blob_at(self, sha: str, path: str) -> str:
        """The id of a file's content, from its folder's listing, which others ask for, too; empty where it does not say."""
        folder, _, name = path.rpartition("/")
        if not folder:
            return ""
        key = ("folder", self._id, sha, folder)
        rows = self._known.get(key)
        if rows is None:
            try:
                rows = self._api.get(f"{self._path}/contents/{quote(folder)}", ref=sha)
            except Gone:
                return ""
            self._known.put(key, rows)
        found = [row for row in rows if row["name"] == name] if isinstance(rows, list) else []
        return str(found[0]["sha"]) if found and found[0]["type"] == "file" else ""

    def default_branch(self) -> str:
        """The branch that is looked at first."""
        return str(self._api.get(self._path)["default_branch"])

    def guards(self, branches: Sequence[str], asked: Mapping[str, str]) -> Facts:
        """How these branches are guarded, and what our App was granted."""
        forge = self._forge
        web = f"{forge.web}{self._path.removeprefix('/repos')}"
        blank = Facts(self.full_name, CHECK_NAME, forge.app_id, forge.slug, web, asked=asked)
        return Guards(self._api, forge.clients.app(), self._installation, self._path).facts(blank, branches)

    def pin(self, branch: str) -> str:
        """Require our check of our App on this branch, by one ruleset more; returns its page. Raises Refused."""
        web = f"{self._forge.web}{self._path.removeprefix('/repos')}"
        return pin(self._api, Facts(self.full_name, CHECK_NAME, self._forge.app_id, self._forge.slug, web), branch)

    def members(self, rules: Sequence[RoleRule]) -> tuple[Role, ...]:
        """Who may fill each role, read now: active members of teams (nested teams included by GitHub), and named people."""
        read: dict[str, tuple[Person, ...]] = {}
        roles = []
        for rule in rules:
            people: dict[int, Person] = {}
            for source in rule.sources:
                if source not in read:
                    read[source] = self._people.of(source)
                people |= {p.id: p for p in read[source]}
            ordered = tuple(sorted(people.values(), key=lambda p: p.login))
            roles.append(Role(rule.name, rule.count, ordered, rule.sources, rule.group))
        return tuple(roles)

    def person(self, login: str) -> Person | None:
        """Whose login this is now; None for nobody, and for what is no human."""
        try:
            return self._people.called(login)
        except Gone:
            return None

    def permission(self, person: Person) -> str:
        """admin, maintain, write, triage, read or none; of this very person, whatever they are called now."""
        try:
            told = self._api.get(f"{self._path}/collaborators/{quote(person.login, safe='')}/permission")
        except Gone:
            return "none"
        if (told.get("user") or {}).get("id") != person.id:
            return "none"
        named = str(told.get("role_name") or told["permission"])
        return named if named in ("admin", "maintain", "write", "triage", "read", "none") else str(told["permission"])

    def comments(self, number: int) -> Sequence[Comment]:
        """Every comment of the pull request's conversation."""
        return [
            Comment(
                id=c["id"], author=Person(c["user"]["id"], c["user"]["login"]),
                is_bot=c["user"].get("type") != "User", body=c.get("body") or "",
                created_at=moment(c["created_at"]), updated_at=moment(c["updated_at"]), url=c["html_url"],
            )
            for c in self._api.pages(f"{self._path}/issues/{number}/comments")
            if c.get("user")
        ]  # fmt: skip

    def reactions(self, comment_ref: str) -> Sequence[Reaction]:
        """People's reactions on a comment. Raises Gone where there is no such comment."""
        return [
            Reaction(r["id"], Person(r["user"]["id"], r["user"]["login"]), r["content"], moment(r["created_at"]))
            for r in self._api.pages(f"{self._path}/issues/comments/{comment_ref}/reactions")
            if r.get("user") and r["user"].get("type") == "User"
        ]

    def reviews(self, number: int) -> Sequence[Review]:
        """Submitted reviews, oldest first. GitHub moves their `commit_id` to a new head, so it is not read."""
        return [
            Review(
                id=r["id"], author=Person(r["user"]["id"], r["user"]["login"]), is_bot=r["user"].get("type") != "User",
                state=REVIEWS[r["state"]], submitted_at=moment(r["submitted_at"]), url=r["html_url"],
                body=r.get("body") or "",
            )
            for r in self._api.pages(f"{self._path}/pulls/{number}/reviews")
            if r.get("user") and r.get("submitted_at") and r["state"] in REVIEWS
        ]  # fmt: skip

    def changed_files(self, number: int, revision: Revision | None = None) -> tuple[ChangedFile, ...]:
        """Every changed file, a renamed one under both names; of one revision it is read once for each state of its base."""
        if revision is None:
            return self._files_of(number)
        key = files_key(self._id, number, revision.head_sha, self._trees.tip(revision.base_ref))
        held: tuple[ChangedFile, ...] | None = self._known.get(key)
        if held is None:
            held = self._files_of(number)
            told = self._api.get(f"{self._path}/pulls/{number}")
            if (told["head"]["sha"], told["base"]["ref"]) != (revision.head_sha, revision.base_ref):
                raise Conflict(f"pull request {number} was pushed to or retargeted while its files were read")
            self._known.put(key, held)
        return held

    def _files_of(self, number: int) -> tuple[ChangedFile, ...]:
        found = tuple(
            ChangedFile(f["filename"], f.get("previous_filename") or "", f["additions"], f["deletions"])
            for f in self._api.pages(f"{self._path}/pulls/{number}/files")
        )
        if len(found) >= MOST_FILES:
            raise TooMuch(
                f"GitHub shows at most {MOST_FILES:,} changed files of a pull request, and this one has that many or more, "
                "so nobody can tell which roles it needs. Split it into smaller ones, or take `paths`, `lines`, `files` "
                "and `migration` out of the policy's `if:`."
            )
        return found

    def parents_of(self, sha: str) -> tuple[str, ...]:
        """See `ports.ForgeRepo`."""
        return self._trees.parents_of(sha)

    def clean_update(self, before_sha: str, after_sha: str, base_ref: str) -> str:
        """Empty where `after` is `before` with the base merged in and nothing else, else why not, a clause for people."""
        return self._trees.clean_update(before_sha, after_sha, base_ref)

    def changed_between(self, before_sha: str, after_sha: str) -> tuple[str, ...] | None:
        """Paths that differ between two commits, sorted; None where GitHub does not tell them all."""
        return self._trees.changed_between(before_sha, after_sha)

    def open_pulls_at(
        self, head_sha: str, at_most: timedelta = timedelta(), only_held: bool = False
    ) -> Sequence[int] | None:
        """Open pull requests into this repository whose head is this commit."""
        key, now = ("at", self._id, head_sha), self._forge.now()
        held: tuple[list[int], datetime] | None = self._known.get(key)
        if held is not None and now - held[1] < at_most:
            return held[0]
        if only_held:
            return None
        found = [
            p["number"]
            for p in self._api.pages(f"{self._path}/commits/{head_sha}/pulls")
            if p["state"] == "open" and p["head"]["sha"] == head_sha and p["base"]["repo"]["id"] == self._id
        ]
        self._known.put(key, (found, now))
        return found

    def check_runs(self, head_sha: str, name: str, alone: bool = False) -> Sequence[OtherCheck]:
        """The latest run per app with this name. All runs are read where many checks ask: GitHub tells them but once.

        alone: no other check asks; then GitHub looks the name up, however many runs there are.
        """
        asked = {"check_name": name} if alone else {}
        runs = f"{self._path}/commits/{head_sha}/check-runs"
        every = self._api.pages(runs, under="check_runs", **asked, filter="latest")
        found = [run for run in every if run["name"] == name]
        return [
            OtherCheck(
                r["name"], (r.get("app") or {}).get("slug") or "", (r.get("app") or {}).get("id") or 0, r["status"],
                r.get("conclusion") or "", r.get("html_url") or "",
                moment(r["completed_at"]) if r.get("completed_at") else None,
            )
            for r in found
        ]  # fmt: skip

    def find_check_runs(self, head_sha: str, external_id_prefix: str) -> Sequence[tuple[str, str, Published, bool]]:
        """Our own runs of this commit, oldest first."""
        found = self._api.pages(
            f"{self._path}/commits/{head_sha}/check-runs", under="check_runs", check_name=CHECK_NAME, filter="all",
            app_id=self._forge.app_id,
        )  # fmt: skip
        ours = [r for r in found if (r.get("external_id") or "").startswith(external_id_prefix)]
        return [
            (r["external_id"], str(r["id"]), _published(r, "started_at"), r["status"] == "completed")
            for r in sorted(ours, key=lambda r: r["id"])
        ]

    def find_comment(self, number: int, marker: str) -> Published | None:
        """Our own comment with this marker."""
        bot = f"{self._forge.slug}[bot]"
        for c in self._api.pages(f"{self._path}/issues/{number}/comments"):
            if (c.get("user") or {}).get("login") == bot and marker in (c.get("body") or ""):
                return _published(c, "created_at")
        return None

    def find_issue(self, marker: str) -> Published | None:
        """Our own issue with this marker, open or closed."""
        bot = f"{self._forge.slug}[bot]"
        for issue in self._api.pages(f"{self._path}/issues", creator=bot, state="all"):
            ours = (issue.get("user") or {}).get("login") == bot and "pull_request" not in issue
            if ours and marker in (issue.get("body") or ""):
                return _issue(issue)
        return None

    # -- writing

    def going_live(self) -> Deployments:
        """Deployments, environments, tags and branches."""
        forge = self._forge
        return Deployments(self._api, forge.api_url, self._path.removeprefix("/repos/"), self._id, f"{forge.slug}[bot]")

    def create_check_run(self, head_sha: str, external_id: str, view: CheckRunView) -> Published:
        """A new run; GitHub's own `started_at` is when it was shown."""
        first, *others = bodies(view, view.annotations)
        named = {"name": CHECK_NAME, "head_sha": head_sha, "external_id": external_id}
        made = _published(self._api.send("POST", f"{self._path}/check-runs", {**named, **first}), "started_at")
        for body in others:
            self._api.send("PATCH", f"{self._path}/check-runs/{made.ref}", body)
        return made

    def edit_check_run(self, ref: str, view: CheckRunView) -> Published:
        """Change a run in place; GitHub gives no time for that. Annotations that are there already are not sent again."""
        told: dict[str, Any] = {}
        for body in bodies(view, self._annotations.missing(ref, view)):
            told = self._api.send("PATCH", f"{self._path}/check-runs/{ref}", body)
        return Published(str(told["id"]), None, told.get("html_url") or "")

    def outdated_annotations(self, ref: str, view: CheckRunView) -> bool:
        """Whether a run has annotations that the view has not, and that nothing can take back."""
        return self._annotations.outdated(ref, view)

    def create_comment(self, number: int, body: str) -> Published:
        """A new comment."""
        told = self._api.send("POST", f"{self._path}/issues/{number}/comments", {"body": body})
        return _published(told, "created_at")

    def edit_comment(self, ref: str, body: str) -> Published:
        """Change a comment of ours in place."""
        told = self._api.send("PATCH", f"{self._path}/issues/comments/{ref}", {"body": body})
        return _published(told, "updated_at")

    def open_issue(self, title: str, body: str) -> Published:
        """A new issue."""
        return _issue(self._api.send("POST", f"{self._path}/issues", {"title": title, "body": body}))

    def merge(self, number: int, head_sha: str, method: str, title: str) -> str:
        """Merge exactly this head; a moved head is a Conflict, anything else GitHub says no to is Refused in its words."""
        body: dict[str, Any] = {"sha": head_sha, "merge_method": method}
        if method != "rebase":
            body["commit_title"] = f"{title} (#{number})"
        try:
            return str(self._api.send("PUT", f"{self._path}/pulls/{number}/merge", body)["sha"])
        except Rejected as said:
            raise Refused(f"{said} GitHub shows the details on the pull request.") from said
        except Gone as gone:
            raise Conflict(str(gone)) from gone

    # -- landing

    def landing(self, pull: Pull, base_sha: str) -> Landing:
        """What repository and branch ask of a landing."""
        return self._landing.of(pull, base_sha)

    def asked_by_branch(self, pull: Pull) -> Landing:
        """The same without a look at what it changes, for where people merge."""
        return self._landing.asked(pull)

    def approach(self, pull: Pull, landing: Landing, base_sha: str) -> Approach:
        """What only matters once nothing else is missing."""
        may = pull.author is None or self.permission(pull.author) in ("admin", "maintain", "write")
        here = (
            [e.position for e in self.queue(pull.revision.base_ref) if e.number == pull.subject.number]
            if landing.queue
            else []
        )
        return self._landing.approach(pull, landing, base_sha, may, here[0] if here else 0)

    def unstarted(self, pull: Pull, landing: Landing) -> Unstarted | None:
        """Required checks that nobody gave this head; see `LandingReader.unstarted`."""
        return self._landing.unstarted(pull, landing)

    def landed(self, pull: Pull, test: Trial | None) -> tuple[str, str, int, int]:
        """What came of comparing what landed; see `LandingReader.compared`."""
        return self._landing.compared(pull, test)

    def forget_rules(self, base_ref: str) -> None:
        """What the branch asks for is read anew at the next look."""
        self._landing.forget_rules(base_ref)

    def update_branch(self, number: int, head_sha: str) -> None:
        """Have the base brought into exactly this head. Raises Refused in GitHub's words, a moved head among them."""
        try:
            self._api.send("PUT", f"{self._path}/pulls/{number}/update-branch", {"expected_head_sha": head_sha})
        except Gone as gone:
            raise Conflict(str(gone)) from gone

    def queue(self, base_ref: str) -> tuple[QueueEntry, ...]:
        """What is in the merge queue of a branch."""
        return self._queue.entries(base_ref)

    def enqueue(self, pull: Pull, head_sha: str) -> None:
        """Put exactly this head into the merge queue. Raises Refused in GitHub's words."""
        self._queue.put_in(pull.node_id, head_sha)

    def dequeue(self, pull: Pull) -> None:
        """Take it out of the merge queue. Raises Refused in GitHub's words."""
        self._queue.take_out(pull.node_id)


def moment(text: str) -> datetime:
    """GitHub's time as an aware one."""
    return datetime.fromisoformat(text)


def _published(told: dict[str, Any], time_field: str) -> Published:
    at = told.get(time_field)
    return Published(str(told["id"]), moment(at) if at else None, told.get("html_url") or "")


def _issue(told: dict[str, Any]) -> Published:
    return Published(str(told["number"]), moment(told["created_at"]), told.get("html_url") or "")
