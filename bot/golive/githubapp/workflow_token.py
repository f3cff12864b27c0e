"""GitHub as one run of a workflow reaches it: with an App's key, or with nothing but the workflow's own token.

The token belongs to GitHub's App `github-actions`, which every workflow of the repository shares: what is published with it,
any of them could have published. So it is published as a commit status, too, and `docs/action.md` says what that is worth.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import github
from github import Auth

from golive.core.carried import record_in
from golive.core.errors import Gone, Kept, Later, Misconfigured, Refused
from golive.core.model import Person, Pull
from golive.githubapp.cache import Cache
from golive.githubapp.client import Api, Clients, Rejected
from golive.githubapp.forge import CHECK_NAME, GitHubForge, GitHubRepo, moment
from golive.githubapp.meter import Meter
from golive.ports import CheckRunView, Clock, Comment, OtherCheck, PolicySource, Published, Reaction, Review, Store

ACTIONS = "github-actions"
"""The slug of GitHub's own App; its account is `github-actions[bot]`."""
ACTIONS_ID = {"github.com": 15368}
"""Its numeric id by host. Source: the `app` of any check run of a workflow; on other hosts it is learned from one."""
AT_ONCE = timedelta(seconds=1)
READ_ONCE = timedelta(seconds=5)
"""How long check runs that were read for one purpose serve another."""
CLOSED_WITHIN = timedelta(days=1)
"""How long after a pull request was closed it is looked at whether golive had come to its end with it."""
MOST_CLOSED = 10
"""So many of them, those that changed last."""
STATES = {"success": "success", "failure": "failure", "action_required": "failure"}
"""A check run's conclusion → a commit status's state; anything else is pending."""
DESCRIPTION = 140
"""Characters of a commit status's description ("Create a commit status" of GitHub's REST API)."""


class _TokenApi(Api):
    """`Api` with a workflow's token; one that GitHub does not take is told as what it is."""

    def _ours(self, what: str, error: github.GithubException) -> Kept | Misconfigured | Rejected:
        ours = super()._ours(what, error)
        if not isinstance(ours, Misconfigured):
            return ours
        return Misconfigured(
            f"{what}: GitHub does not take the token. It holds for its own job alone: pass it on anew."
        )


class TokenClients(Clients):
    """`Clients` with one token that is nobody's App: the same for every installation, and never kept."""

    only_token = True

    def __init__(self, token: str, api_url: str, write_pause: timedelta, clock: Clock) -> None:
        self._auth = Auth.Token(token)
        self._api_url = api_url.rstrip("/")
        self._write_pause = write_pause.total_seconds() or None
        self._local = threading.local()
        self.cache = Cache(None, clock)
        self.meter = Meter(clock)

    def installation(self, installation: int) -> Api:
        """The API with the token's rights, for the calling thread."""
        if not hasattr(self._local, "api"):
            self._local.api = _TokenApi(
                self._client(self._auth), tally=lambda outcome, headers: self.meter.count(0, outcome, headers)
            )
        api: Api = self._local.api
        return api

    def app(self) -> Api:
        """Raises Refused: there is no App to speak as."""
        raise Refused("This needs golive's App, and a workflow's own token is all there is.")

    def forget(self, installation: int) -> None:
        """Nothing is kept."""


class Overtaken(Later):
    """Another run wrote the record meanwhile: what this one knows is not the newest any more."""


@dataclass(frozen=True)
class OurRun:
    """Our check run on a head as it stands. view: what it shows, without buttons.   at: since when."""

    ref: str
    counter: int
    at: datetime | None
    view: CheckRunView


class RunForge(GitHubForge):
    """`GitHubForge` for one run. Remembers for a moment what was read, and which comment of ours was written last."""

    only_looks = False
    """Whether the run publishes nothing."""

    def __init__(self, clients: Clients, store: Store, api_url: str, app_id: int, slug: str, clock: Clock) -> None:
        super().__init__(clients, store, api_url, app_id, slug, clock)
        if clients.only_token:
            self.app_id = ACTIONS_ID.get(self.host, 0)
        self.runs_read: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}
        self.head_of: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        """Check run → the address that it leads to."""
        self.since_pull: dict[tuple[str, object], tuple[datetime, Any]] = {}
        """What was read since the pull request was: a turn that takes that over takes these over, too."""
        self.records: dict[str, str] = {}
        """Comment of ours → the record in it, as this run read or wrote it."""
        self.bodies: list[str] = []
        """Comments that GitHub took, in their order."""
        self.sent = 0
        """Writes that GitHub took."""

    def forget(self) -> None:
        """Read everything anew."""
        self.records.clear()
        self.runs_read.clear()
        self.since_pull.clear()

    def repo(self, repository: int) -> RunRepo:
        """One repository."""
        known = self._store.known_repository(self.host, repository)
        if known is None:
            raise Gone(f"repository {repository} is not the one of this run")
        name, number = known
        return RunRepo(self, self.clients.installation(number), repository, name, self._known, self._clock, number)

    def bot(self) -> str:
        """The login under which we write."""
        return f"{self.slug}[bot]"


class RunRepo(GitHubRepo):
    """`GitHubRepo` for one run."""

    def __init__(self, forge: RunForge, *rest: Any) -> None:
        super().__init__(forge, *rest)
        self._run = forge

    # -- reading

    def numbers(self) -> list[int]:
        """The open pull requests."""
        return [p["number"] for p in self._api.pages(f"{self._path}/pulls", state="open")]

    def unfinished(self, marker: str) -> list[int]:
        """Pull requests that were closed a short while ago, and whose comment of ours still has this marker."""
        since = self._run.now() - CLOSED_WITHIN
        told = self._api.get(f"{self._path}/pulls", state="closed", sort="updated", direction="desc", per_page=100)
        closed = [p["number"] for p in told if p.get("closed_at") and moment(p["closed_at"]) >= since]
        return [number for number in closed[:MOST_CLOSED] if self.find_comment(number, marker)]

    def _runs(self, head_sha: str) -> list[dict[str, Any]]:
        """The latest check run of each name and App on a commit."""
        held, now = self._run.runs_read.get(head_sha), self._run.now()
        if held is None or now - held[0] > READ_ONCE:
            told = self._api.pages(f"{self._path}/commits/{head_sha}/check-runs", under="check_runs", filter="latest")
            held = (now, list(told))
            self._run.runs_read[head_sha] = held
        for one in held[1]:
            if not self._run.app_id and (one.get("app") or {}).get("slug") == self._run.slug:
                self._run.app_id = one["app"]["id"]
        return held[1]

    def _ours(self, run: dict[str, Any]) -> bool:
        app = run.get("app") or {}
        ours = app.get("slug") == self._run.slug if self._run.clients.only_token else app.get("id") == self._run.app_id
        return ours and run["name"] == CHECK_NAME

    def check_runs(self, head_sha: str, name: str, alone: bool = False) -> Sequence[OtherCheck]:
        """The latest run per app with this name."""
        return [
            OtherCheck(
                r["name"], (r.get("app") or {}).get("slug") or "", (r.get("app") or {}).get("id") or 0, r["status"],
                r.get("conclusion") or "", r.get("html_url") or "",
                moment(r["completed_at"]) if r.get("completed_at") else None,
            )
            for r in self._runs(head_sha) if r["name"] == name
        ]  # fmt: skip

    def our_run(self, head_sha: str) -> OurRun | None:
        """Our newest check run on a commit; None where there is none. Raises Gone where there is no such commit."""
        prefix = f"golive:{self._id}:{head_sha}:"
        ours = [r for r in self._runs(head_sha) if self._ours(r) and (r.get("external_id") or "").startswith(prefix)]
        if not ours:
            return None
        run = max(ours, key=lambda r: int(r["id"]))
        ref, output, counter = str(run["id"]), run.get("output") or {}, run["external_id"].removeprefix(prefix)
        self._run.head_of[ref], self._run.addresses[ref] = head_sha, run.get("details_url") or ""
        remarks = self._remarks(ref) if output.get("annotations_count") else ()
        view = CheckRunView(
            output.get("title") or "", output.get("summary") or "", output.get("text") or "", run["status"],
            run.get("conclusion"), run.get("details_url") or "", remarks,
        )  # fmt: skip
        at = moment(run["started_at"]) if run.get("started_at") else None
        return OurRun(ref, int(counter) if counter.isdigit() else 1, at, view)

    def pusher(self, branch: str, head_sha: str) -> Person | None:
        """Who pushed this commit to a branch of this repository, where GitHub's list of its activities still says it.

        Source: "List repository activities" of GitHub's REST API.
        """
        try:
            told = self._api.get(f"{self._path}/activity", ref=f"refs/heads/{branch}", per_page=100)
        except (Gone, Refused):
            return None
        here = (row.get("actor") or {} for row in told if row.get("after") == head_sha)
        return next((Person(who["id"], who["login"]) for who in here if who.get("type") == "User"), None)

    # -- whoever said something has their login now: nobody needs to be asked for their number

    def comments(self, number: int) -> Sequence[Comment]:
        """Every comment of the pull request's conversation."""
        found = super().comments(number)
        for one in found:
            if one.author.login == self._run.bot() and (record := record_in(one.body)):
                self._run.records.setdefault(str(one.id), record)
        self._met(c.author for c in found if not c.is_bot)
        return found

    def pull(self, number: int) -> Pull:
        """The pull request as it stands; whoever reads it reads everything anew."""
        self._run.since_pull.clear()
        return super().pull(number)

    def policy(self, ref: str) -> PolicySource:
        """The policy file of a branch."""
        read = super().policy
        found: PolicySource = self._once("policy", ref, lambda: read(ref))
        return found

    def _once(self, what: str, of: object, read: Callable[[], Any]) -> Any:
        held, now = self._run.since_pull.get((what, of)), self._run.now()
        if held is None or now - held[0] > READ_ONCE:
            held = self._run.since_pull[what, of] = (now, read())
        return held[1]

    def reviews(self, number: int) -> Sequence[Review]:
        """Submitted reviews, oldest first."""
        read = super().reviews
        found: Sequence[Review] = self._once("reviews", number, lambda: read(number))
        self._met(r.author for r in found if not r.is_bot)
        return found

    def reactions(self, comment_ref: str) -> Sequence[Reaction]:
        """People's reactions on a comment."""
        read = super().reactions
        found: Sequence[Reaction] = self._once("reactions", comment_ref, lambda: read(comment_ref))
        self._met(r.person for r in found)
        return found

    def _met(self, people: Iterable[Person]) -> None:
        for person in people:
            self._known.put(("login", person.login.casefold()), (person, self._run.now() + READ_ONCE))

    def _remarks(self, ref: str) -> tuple[tuple[str, int, int, str, str], ...]:
        told = self._api.pages(f"{self._path}/check-runs/{ref}/annotations")
        return tuple(
            (a["path"], a["start_line"], a["end_line"], a["annotation_level"] or "", a["message"] or "") for a in told
        )

    def find_check_runs(self, head_sha: str, external_id_prefix: str) -> Sequence[tuple[str, str, Published, bool]]:
        """Our own runs of this commit, oldest first."""
        path = f"{self._path}/commits/{head_sha}/check-runs"
        found = self._api.pages(path, under="check_runs", check_name=CHECK_NAME, filter="all")
        ours = [r for r in found if self._ours(r) and (r.get("external_id") or "").startswith(external_id_prefix)]
        return [
            (
                r["external_id"], str(r["id"]),
                Published(str(r["id"]), moment(r["started_at"]) if r.get("started_at") else None),
                r["status"] == "completed",
            )
            for r in sorted(ours, key=lambda r: r["id"])
        ]  # fmt: skip

    # -- writing

    def create_check_run(self, head_sha: str, external_id: str, view: CheckRunView) -> Published:
        """A new run, and with a workflow's token a commit status that says the same."""
        self._status(head_sha, view)
        made = super().create_check_run(head_sha, external_id, view)
        self._run.head_of[made.ref], self._run.addresses[made.ref] = head_sha, view.details_url
        self._wrote(head_sha)
        return made

    def edit_check_run(self, ref: str, view: CheckRunView) -> Published:
        """Change a run in place, and with a workflow's token say the same in a commit status."""
        head = self._run.head_of.get(ref, "")
        if head:
            self._status(head, view)
        made = super().edit_check_run(ref, view)
        self._run.addresses[ref] = view.details_url
        self._wrote(head)
        return made

    def restamp(self, ref: str, url: str) -> None:
        """Say in a published result that another one took its place."""
        if self._run.only_looks:
            return
        self._api.send("PATCH", f"{self._path}/check-runs/{ref}", {"details_url": url})
        self._wrote(self._run.head_of.get(ref, ""))

    def _status(self, head_sha: str, view: CheckRunView) -> None:
        """Before the run: where only one of the two is written, the next run finds the other one old and writes both."""
        if not self._run.clients.only_token:
            return
        state = STATES.get(view.conclusion or "", "pending")
        told = view.title if len(view.title) <= DESCRIPTION else view.title[: DESCRIPTION - 1] + "…"
        body = {"state": state, "context": CHECK_NAME, "description": told, "target_url": view.details_url}
        self._api.send("POST", f"{self._path}/statuses/{quote(head_sha)}", body)
        self._run.sent += 1

    def create_comment(self, number: int, body: str) -> Published:
        """A new comment."""
        made = super().create_comment(number, body)
        self._run.records[made.ref] = record_in(body)
        self._said(body)
        return made

    def edit_comment(self, ref: str, body: str) -> Published:
        """Change a comment of ours in place. Raises Overtaken where the record in it is not the one that this run knows."""
        if record_in(body) and ref in self._run.records:
            told = self._api.get(f"{self._path}/issues/comments/{ref}")
            if record_in(told.get("body") or "") != self._run.records[ref]:
                raise Overtaken("another run wrote what this one was to write", AT_ONCE)
        made = super().edit_comment(ref, body)
        self._run.records[ref] = record_in(body)
        self._said(body)
        return made

    def _said(self, body: str) -> None:
        self._run.sent += 1
        self._run.bodies.append(body)

    def _wrote(self, head_sha: str) -> None:
        self._run.sent += 1
        self._run.runs_read.pop(head_sha, None)


def known_as(clients: Clients, full_name: str, repository: int) -> tuple[int, str, int]:
    """Numeric id and full name of the repository of this run, and the installation it is reached through (0: by a token).

    repository: its id where the runner says it, else 0.   Raises Misconfigured where it cannot be reached.
    """
    path = f"/repos/{full_name}"
    try:
        installation = 0 if clients.only_token else int(clients.app().get(f"{path}/installation")["id"])
        if repository:
            return repository, full_name, installation
        told = clients.installation(installation).get(path)
        return int(told["id"]), str(told["full_name"]), installation
    except Gone:
        whose = "the token" if clients.only_token else "golive's App"
        raise Misconfigured(
            f"{whose[:1].upper()}{whose[1:]} does not reach {full_name}. Is the name right, and may it read there?"
        ) from None
