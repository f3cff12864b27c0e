"""The whole app against both stand-ins, in one process: in by the doors, read from the stand-ins.

Real parts throughout: PyGithub and slack_sdk with their own public transport hooks, Bolt, FastAPI, a real SQLite file.
`World(sockets=True)` mounts the stand-ins on loopback sockets instead.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.response import addinfourl

import fastapi.dependencies.models
import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from starlette.testclient import TestClient

from golive.core.model import Standing, Subject
from golive.ports import Executor
from golive.settings import Settings
from golive.standins.github import GitHub
from golive.standins.sample import Sample
from golive.standins.slack import Slack
from golive.standins.wire import Exchange, Outgoing, Request, Response, Served, Standin, serve
from golive.store.store import Store
from golive.web.app import create_app
from golive.wiring.service import Golive, build, utc_now
from oncedialect import once

POLICY = """\
version: 1
project: Shop
releases:
  - name: production
    base: main
    head: ["release/**"]
    labels: [release]
    target: {target}
notify: {{slack: "#releases"}}
checks:
  - id: healthy
    name: The shop answers
    severity: critical
    uses: http
    with: {{url: "${{target}}/health", json: {{status: ok}}}}
  - id: ci
    name: CI is green
    uses: github_check
    needs: [healthy]
    with: {{name: build, app: ci}}
signoffs:
  - group: people
    roles:
      - {{role: qa, from: ["@mina", "@zoe"]}}
      - {{role: security, from: [acme/security]}}
promotion:
  merge: {{method: squash, when: go}}
"""

IN_PROCESS: dict[str, Standin] = {}
"""Host name → the stand-in that answers it without a socket."""


class _Answer:
    """A stand-in's answer in the form PyGithub reads."""

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.headers = requests.structures.CaseInsensitiveDict(response.headers)
        self._body = response.body

    def getheaders(self) -> Any:
        return self.headers.items()

    def read(self) -> str:
        return self._body.decode()


class _Connection(HTTPRequestsConnectionClass):
    """PyGithub's connection, answered in process for the hosts above and by the network for all others."""

    def __init__(self, host: str, *arguments: Any, **options: Any) -> None:
        self.host, self._in_process = host, host in IN_PROCESS
        if not self._in_process:  # a session is dear, and would never be used
            super().__init__(host, *arguments, **options)

    def close(self) -> None:
        if not self._in_process:
            super().close()

    def getresponse(self) -> Any:
        standin = IN_PROCESS.get(self.host)
        if standin is None:
            return super().getresponse()
        url = f"http://{self.host}{self.url}"
        try:
            return _Answer(standin.respond(Request.of(self.verb, url, self.headers, self.input)))
        except ConnectionError as error:
            raise requests.ConnectionError(str(error)) from error


class _Opener(urllib.request.BaseHandler):
    """slack_sdk's transport, answered in process for the hosts above."""

    handler_order = 100

    def http_open(self, request: urllib.request.Request) -> Any:
        standin = IN_PROCESS.get(request.host.split(":")[0])
        if standin is None:
            return None
        body = request.data if isinstance(request.data, bytes) else b""
        headers = {**request.headers, **request.unredirected_hdrs}
        response = standin.respond(Request.of(request.get_method(), request.full_url, headers, body))
        told = Message()
        for name, value in response.headers.items():
            told[name] = value
        answer = addinfourl(BytesIO(response.body), told, request.full_url, response.status)
        answer.msg = "answered"  # urllib reads it like a status line's text
        return answer


Requester.injectConnectionClasses(_Connection, HTTPSRequestsConnectionClass)
urllib.request.install_opener(urllib.request.build_opener(_Opener))


class Clock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


class Inline:
    """Runs a check where it is submitted, so that histories repeat exactly."""

    def submit(self, run: Callable[[], None]) -> None:
        run()


class Listening:
    """A server that listens for whichever sample service stands behind it: to end one takes longer than many a test."""

    def __init__(self) -> None:
        self.behind: Sample | None = None
        self.served = serve(self)
        atexit.register(self.served.stop)

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if self.behind is not None:
            await self.behind.asgi(scope, receive, send)


_IDLE: list[Listening] = []
_TEMPLATE: list[Path] = []


def fresh_database(folder: Path) -> Path:
    """A migrated SQLite file; migrated once per process and copied after that."""
    if not _TEMPLATE:
        made = Path(tempfile.mkdtemp(prefix="golive-template-")) / "golive.db"
        atexit.register(shutil.rmtree, made.parent, ignore_errors=True)
        Store.open(f"sqlite:///{made}", utc_now).close()
        _TEMPLATE.append(made)
    target = folder / "golive.db"
    shutil.copyfile(_TEMPLATE[0], target)
    return target


def forget_doors() -> None:
    """FastAPI remembers the functions it was asked about, and each of ours has a whole world behind it."""
    for cached in vars(fastapi.dependencies.models).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


class World:
    """acme/shop with its people, a golive that serves it, and a Slack channel #releases.

    ana wrote the release; mina and zoe are QA, sam and sue security, bo maintains, eve is nobody.
    """

    def __init__(
        self, folder: Path, policy: str = POLICY, *, sockets: bool = False, slack: bool = True,
        executor: Executor | None = None, sample: tuple[Sample, Served] | None = None,
    ) -> None:  # fmt: skip
        self.folder = folder
        self.clock = Clock()
        self.sockets = sockets
        self.served: list[Served] = []
        self.sample = sample[0] if sample else Sample()
        self._listening = None if sample else _IDLE.pop() if _IDLE else Listening()
        if self._listening:
            self._listening.behind = self.sample
        self._sample = sample[1] if sample else self._listening.served
        self.github = GitHub(clock=self.clock)
        self.slack = Slack(clock=self.clock, signed_at=self.clock)
        self.use_slack = slack
        self.executor = executor or Inline()
        self.policy = policy.format(target=self._sample.url)
        self._people()
        self._mount()
        self.github.courier.post = self._post
        self.slack.courier.post = self._post
        self.client: Any = None
        self.began: list[Callable[[str], None]] = []
        """Told of each turn's subject when it begins."""
        self.golive: Golive | None = None
        fresh_database(folder)
        self.start()

    # -- building

    def _people(self) -> None:
        g = self.github
        for login in ("ana", "mina", "zoe", "sam", "sue", "bo", "eve"):
            g.add_user(login)
        g.add_org("acme")
        g.add_team("acme/security", members=["sam", "sue"])
        self.repo_id = g.add_repo(
            "acme/shop", files={".github/golive.yml": self.policy, "app.py": "print('1.3')\n"},
            writers=["ana", "mina", "zoe", "sam", "sue"], admins=["bo"],
        )  # fmt: skip
        self.app = g.create_app(
            "golive", name="golive", permissions={
                "checks": "write", "contents": "write", "pull_requests": "write", "issues": "write",
                "merge_queues": "write", "deployments": "write",
                "statuses": "read", "members": "read", "metadata": "read", "administration": "read", "actions": "read",
            },
            events=["pull_request", "issue_comment", "pull_request_review", "check_run", "check_suite", "status", "push",
                    "merge_group", "deployment_status", "deployment_protection_rule", "repository"],
            webhook_url="http://golive.test/github/webhook", webhook_secret="hook-secret",
        )  # fmt: skip
        self.ci = g.create_app(
            "ci", name="CI", permissions={"checks": "write"}, events=[], webhook_url="", webhook_secret="x"
        )
        g.install(self.app, "acme")
        g.install(self.ci, "acme")
        g.protect("acme/shop", "main", required=[("golive", self.app.id)])
        s = self.slack
        self.users = {name: s.add_user(name) for name in ("ana", "mina", "zoe", "sam", "sue", "bo", "eve")}
        self.channel = s.add_channel("#releases", members=list(self.users.values()))
        base = "http://golive.test/slack/"
        s.listen(events=f"{base}events", commands=f"{base}commands", interactions=f"{base}interactions")
        people = {s.app.team_id: {uid: name for name, uid in self.users.items() if name != "eve"}}
        self.people_file = json.dumps(people)
        (self.folder / "people.yml").write_text(self.people_file)

    def _mount(self) -> None:
        if self.sockets:
            hub, chat = serve(self.github.asgi), serve(self.slack.asgi)
            self.served += [hub, chat]
            self.github_url, self.slack_url = hub.url, chat.url
        else:
            IN_PROCESS["github.test"], IN_PROCESS["slack.test"] = self.github, self.slack
            self.github_url, self.slack_url = "http://github.test", "http://slack.test"
        self.github.web = self.github_url
        self.slack.web = self.slack_url

    def settings(self) -> Settings:
        chat = {
            "slack_bot_token": self.slack.bot_token, "slack_signing_secret": self.slack.signing_secret,
            "slack_api_url": f"{self.slack_url}/api/", "slack_people": self.folder / "people.yml",
        }  # fmt: skip
        return Settings(
            _env_file=None, github_app_id=self.app.id, github_private_key=self.app.private_key,
            github_webhook_secret="hook-secret", github_api_url=self.github_url, github_write_pause=timedelta(0),
            database_url=once(self.folder / "golive.db"), public_url="http://golive.test",
            allow_private_hosts=("127.0.0.1",), **(chat if self.use_slack else {}),
        )  # fmt: skip

    def start(self, *, wakes: bool = True) -> None:
        """Build golive from its file, as after a restart; work is done in the calling thread.

        wakes: it looks at everything once, as it does when it starts.
        """
        self.golive = build(self.settings(), self.clock, self.executor)
        self.golive.work.run = self._announced(self.golive.work.run)
        if wakes:
            self.golive.wake()
        self.client = self.opened(self.golive)

    def _announced(self, run: Callable[[str], None]) -> Callable[[str], None]:
        def one(subject: str) -> None:
            for told in self.began:
                told(subject)
            run(subject)

        return one

    def opened(self, golive: Golive) -> Any:
        """Who posts to its doors; it is left when golive stops."""
        client = TestClient(create_app(golive, runs=False), base_url="http://golive.test")
        client.__enter__()
        return client

    def stop(self) -> None:
        """Stop golive; the file stays."""
        if self.client is not None:
            self.client.__exit__(None, None, None)
            self.client = None
        if self.golive is not None:
            self.golive.stop()
            self.golive = None

    def move(self, folder: Path) -> None:
        """Go on in another folder, where golive's file is already; both stand-ins answer for this world from now on."""
        self.folder = folder
        (folder / "people.yml").write_text(self.people_file)
        self._mount()
        self.start(wakes=False)

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        self.stop()
        for served in self.served:
            served.stop()
        if self._listening:
            self._listening.behind = None
            _IDLE.append(self._listening)
            self._listening = None
        IN_PROCESS.clear()
        forget_doors()

    # -- moving

    def _post(self, outgoing: Outgoing) -> Response:
        if self.client is None:
            return Response(0)  # nobody listens
        path = outgoing.url.removeprefix("http://golive.test")
        answer = self.client.post(path, content=outgoing.body, headers=dict(outgoing.headers))
        return Response(answer.status_code, answer.content, dict(answer.headers))

    def settle(self) -> None:
        """Deliver and work until nothing moves at this moment."""
        assert self.golive is not None
        for _ in range(200):
            moved = self.github.courier.pump() + self.slack.courier.pump() + self.golive.work.run_due()
            if not moved:
                return
        raise AssertionError("nothing settles: turns go on for ever; look at the log of decisions")

    def later(self, **span: float) -> None:
        """Let time pass and everything that is due then happen."""
        self.clock.pass_(**(span or {"seconds": 2}))
        self.settle()

    # -- the usual story

    def release(self, by: str = "ana", head: str = "release/1.4") -> int:
        """A release branch and its pull request, with CI green; another branch has a commit of its own."""
        version = head.rpartition("/")[2]
        self.github.commit("acme/shop", head, {"app.py": "print('1.4')\n"}, by=by, message=f"Release {version}")
        number = self.github.open_pull("acme/shop", head=head, title="Release 1.4", by=by)
        self.ci_says("success", number)
        self.settle()
        return number

    def ci_says(self, conclusion: str, number: int) -> None:
        sha = self.github.pull("acme/shop", number).head.sha
        self.github.check_run("acme/shop", sha, name="build", app="ci", conclusion=conclusion)

    def says(self, login: str, number: int, text: str) -> int:
        """A comment, two seconds after whatever was before it."""
        self.later(seconds=2)
        comment = self.github.comment("acme/shop", number, by=login, body=text)
        self.settle()
        return comment

    def slack_says(self, name: str, text: str) -> None:
        self.later(seconds=2)
        self.slack.command(text, by=self.users[name], channel=self.channel)
        self.settle()

    def request_ts(self) -> str:
        """The newest sign-off request in the thread."""
        root = self.slack.messages(self.channel)[0]
        found = [m for m in self.slack.thread(self.channel, root.ts) if "sign" in m.text.lower()]
        return found[-1].ts

    # -- reading

    def current_run(self, number: int) -> Any:
        sha = self.github.pull("acme/shop", number).head.sha
        return self.github.check_runs("acme/shop", sha, "golive")[-1]

    def our_comments(self, number: int, marker: str = "") -> list[str]:
        return [
            c.body for c in self.github.comments("acme/shop", number)
            if c.user.login == "golive[bot]" and marker in c.body
        ]  # fmt: skip

    def roots(self) -> list[Any]:
        return [m for m in self.slack.messages(self.channel) if not m.thread_ts or m.thread_ts == m.ts]

    # -- more of the story

    def asked(self, **changes: Any) -> int:
        """A release whose sign-off request stands; `changes` are those of `release`."""
        number = self.release(**changes)
        self.later(seconds=61)
        return number

    def signed(self, number: int) -> None:
        """Both roles sign by comment."""
        self.says("mina", number, "/golive approve qa")
        self.says("sam", number, "/golive approve security")

    def signed_by(self, login: str, number: int, role: str) -> None:
        """One role signs by comment."""
        self.says(login, number, f"/golive approve {role}")

    def push(self, number: int, by: str = "ana", text: str | None = "print('1.4.1')\n") -> str:
        """A commit onto the pull request's branch, with CI green on it; `text=None` is an empty commit."""
        self.later(seconds=2)
        branch = self.github.pull("acme/shop", number).head.ref
        sha = self.github.commit("acme/shop", branch, {"app.py": text} if text else {}, by=by, message="More")
        self.ci_says("success", number)
        self.settle()
        return sha

    def write_policy(self, text: str, branch: str = "main", by: str = "bo") -> None:
        """Another policy file on a branch, pushed."""
        filled = {".github/golive.yml": text.format(target=self.target)}
        self.github.commit("acme/shop", branch, filled, by=by, message="Policy")
        self.settle()

    @property
    def target(self) -> str:
        """Where the sample service answers."""
        return self._sample.url

    def late(self, courier: Any) -> list[Outgoing]:
        """Take what waits to be delivered, so that it arrives later or never; `hand_over` delivers it."""
        taken = list(courier.waiting)
        courier.waiting.clear()
        return taken

    def hand_over(self, courier: Any, deliveries: list[Outgoing]) -> None:
        """Deliver what `late` took."""
        for delivery in deliveries:
            courier.put(delivery)
        self.settle()

    def redeliver(self, outgoing: Outgoing) -> Response:
        """Send the very same bytes and headers once more, and read the answer."""
        answer = self._post(outgoing)
        self.settle()
        return answer

    # -- more reading

    def our_runs(self, sha: str) -> list[Any]:
        """golive's own check runs of a commit, oldest first."""
        return [r for r in self.github.check_runs("acme/shop", sha, "golive") if r.app.id == self.app.id]

    def shows(self, number: int) -> str:
        """What golive's newest check run on the head shows: a conclusion, else a status; "" where there is none."""
        runs = self.our_runs(self.github.pull("acme/shop", number).head.sha)
        return (runs[-1].conclusion or runs[-1].status) if runs else ""

    def title(self, number: int) -> str:
        """The title of that run."""
        return str(self.our_runs(self.github.pull("acme/shop", number).head.sha)[-1].output["title"])

    def summary(self, number: int) -> str:
        """The summary of that run."""
        return str(self.our_runs(self.github.pull("acme/shop", number).head.sha)[-1].output["summary"])

    def shown_on(self, sha: str) -> list[str]:
        """From now on: every state that a check run of ours on this commit is given, as it is given."""
        given: list[str] = []

        def note(exchange: Exchange) -> None:
            if exchange.operation not in ("checks/create", "checks/update") or exchange.response.status >= 300:
                return
            told = exchange.response.json()
            if told["head_sha"] == sha and told["app"]["id"] == self.app.id:
                given.append(told["conclusion"] or told["status"])

        self.github.observers.append(note)
        return given

    def standing(self, number: int) -> Standing:
        """What the ledger of this release adds up to."""
        assert self.golive is not None
        return self.golive.store.standing(Subject(self.golive.forge.host, self.repo_id, number))

    def merged(self, number: int) -> bool:
        return bool(self.github.pull("acme/shop", number).merged)

    def merges(self, number: int) -> list[Any]:
        """Every request to merge it, granted or not."""
        return list(self.github.merges_of("acme/shop", number))

    def answers(self, number: int) -> list[str]:
        """What golive answered to people in the pull request."""
        return self.our_comments(number, "<!-- golive:answer:")

    def whispers(self, name: str) -> list[str]:
        """What only this person sees in Slack."""
        return [said.text for said in self.slack.ephemerals_for(self.users[name])]

    def thread(self) -> list[str]:
        """The replies under the newest root message."""
        return [m.text for m in self.slack.thread(self.channel, self.roots()[-1].ts)[1:]]

    def ask_comment(self, number: int) -> int:
        """The id of the sign-off request comment for the present head."""
        head = self.github.pull("acme/shop", number).head.sha
        found = [
            c.id for c in self.github.comments("acme/shop", number)
            if c.user.login == "golive[bot]" and f"golive:request:{head}:" in c.body
        ]  # fmt: skip
        assert found, "there is no sign-off request for the head; let it rest for 61 s first (`asked`)"
        return int(found[-1])


MEMORY = Path("/dev/shm")
"""Where scratch databases lie if there is such a folder: the same SQLite with the same pragmas, without the disk's wait."""


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away; in memory where possible."""
    return tempfile.TemporaryDirectory(prefix="golive-", dir=MEMORY if MEMORY.is_dir() else None)


@contextmanager
def a_world(**options: Any) -> Iterator[World]:
    """A world in a scratch folder, taken down at the end."""
    with scratch() as folder:
        world = World(Path(folder), **options)
        try:
            yield world
        finally:
            world.close()
