"""docs/first-hour.md, done: its commands are run in order, as they stand there, and its clicks are made on the stand-ins.

A command is a line that begins with `$ ` in a `console` block. What a person does is marked `<!-- by hand: name -->` and is
the method of that name below. A new step in the document needs a method here, and nothing else.
"""

from __future__ import annotations

import html
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml

from golive.standins.github import GitHub
from golive.standins.slack import Slack
from golive.standins.wire import Outgoing, Request, Response, serve
from golive.wiring import manifests

DOCUMENT = Path(__file__).parents[2] / "docs" / "first-hour.md"
PUBLIC = "https://golive.example.org"
SHOP = "acme/shop"
WITHIN = 60.0
STAYS = ("golive serve",)
"""Commands that go on running."""
ASKS = ("golive setup github",)
"""Commands that wait for a person."""
_STEP = re.compile(
    r"^<!-- by hand: (?P<hand>[\w-]+) -->$|^```(?P<kind>\w+)\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL
)

pytestmark = [pytest.mark.sockets, pytest.mark.slow]


def steps(text: str) -> Iterator[tuple[str, str]]:
    """`(run, command)`, `(hand, name)` and `(text, block)` in the document's order."""
    for found in _STEP.finditer(text):
        if found["hand"]:
            yield "hand", found["hand"]
        elif found["kind"] == "console":
            yield from (("run", line[2:]) for line in found["block"].splitlines() if line.startswith("$ "))
        else:
            yield "text", found["block"]


class Form(HTMLParser):
    """The one form of a page: where it goes, and what it sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "form":
            self.action = of["action"] or ""
        elif tag == "input":
            self.fields[of["name"] or ""] = of.get("value") or ""


class Stay(urllib.request.HTTPRedirectHandler):
    """Do not follow."""

    def redirect_request(self, *_: object) -> None:
        return None


def until(true: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WITHIN
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what} did not happen within {WITHIN:.0f} s"
        time.sleep(0.05)
    return found


class Hour:
    """The world before the first step, what stands in it, and the person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.github, self.slack = GitHub(), Slack(scopes=())
        for login in ("olga", "ana", "mina", "zoe"):
            self.github.add_user(login)
        self.github.add_org("acme", admins=["olga"])
        self.github.add_repo(
            SHOP, files={"shop.py": "VERSION = '0.9'\n"}, writers=["ana", "mina", "zoe"], admins=["olga"]
        )
        self.github.create_app("github-actions", name="GitHub Actions", permissions={"checks": "write"})
        self.github.install("github-actions", "acme")
        self.people = {name: self.slack.add_user(name) for name in ("ana", "mina")}
        self.served = [serve(self.github.asgi), serve(self.slack.asgi)]
        self.github.web, self.slack.web = (one.url for one in self.served)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.here = f"127.0.0.1:{probe.getsockname()[1]}"
        binaries = folder / "bin"
        binaries.mkdir()
        command = binaries / "golive"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m golive "$@"\n')
        command.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")}
        # where the stand-ins are, and nothing else: that is all in which this hour differs from a real one
        self.environment = kept | {
            "PATH": f"{binaries}:{kept['PATH']}", "PYTHONUNBUFFERED": "1", "BROWSER": "true", "GOLIVE_LISTEN": self.here,
            "GOLIVE_GITHUB_API_URL": self.github.web, "GOLIVE_SLACK_API_URL": f"{self.slack.web}/api/",
            "GOLIVE_GITHUB_WRITE_PAUSE": "0",
        }  # fmt: skip
        self.running: list[subprocess.Popen[str]] = []
        self.asking: subprocess.Popen[str] | None = None
        self.said: dict[str, str] = {}
        self.block = ""
        self.cookies: dict[str, str] = {}

    # -- commands

    def run(self, command: str) -> None:
        """One command of the document, exactly as it stands there."""
        if command.startswith(STAYS):
            with (self.folder / "serve.log").open("w") as log:
                self.running.append(self._start(command, stdout=log, stderr=log))
            until(self._ready, f"`{command}` answering /ready")
        elif command.startswith(ASKS):
            self.asking = self._start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        else:
            done = subprocess.run(
                command, shell=True, cwd=self.folder, env=self.environment, capture_output=True, text=True,
                timeout=WITHIN, check=False,
            )  # fmt: skip
            self.said[command] = done.stdout + done.stderr
            assert done.returncode == 0, f"`{command}` ended with {done.returncode}:\n{self.said[command]}"

    def _start(self, command: str, **streams: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            f"exec {command}", shell=True, cwd=self.folder, env=self.environment, text=True, **streams
        )

    def _ready(self) -> bool:
        assert self.running[-1].poll() is None, (self.folder / "serve.log").read_text()
        try:
            return self._ask("GET", "/ready").status == 200
        except OSError:
            return False

    def stop(self) -> None:
        for process in [*self.running, *([self.asking] if self.asking else [])]:
            process.kill()
            process.communicate()
        for courier in (self.github.courier, self.slack.courier):
            courier.stop()
        for one in self.served:
            one.stop()

    # -- the way through the proxy

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        """What the reverse proxy does with a request for the public address."""
        request = urllib.request.Request(f"http://{self.here}{path}", body, headers or {}, method=method)
        try:
            with urllib.request.build_opener(Stay).open(request, timeout=20) as answer:
                return Response(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Response(error.code, error.read(), dict(error.headers))

    def _post(self, outgoing: Outgoing) -> Response:
        if not outgoing.url.startswith(PUBLIC):
            return Response(0)
        try:
            return self._ask("POST", outgoing.url.removeprefix(PUBLIC), outgoing.body, dict(outgoing.headers))
        except OSError:
            return Response(0)

    def _visit(self, url: str, form: dict[str, str] | None = None) -> str:
        """A browser at golive's pages, with its cookies."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        body = urlencode(form).encode() if form is not None else None
        answer = self._ask("POST" if body is not None else "GET", url.removeprefix(PUBLIC), body, headers)
        for name, value in answer.headers.items():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        assert answer.status == 200, f"{url}: {answer.status} {answer.body!r}"
        return answer.body.decode()

    # -- by hand, in the document's order

    def point_the_address_here(self) -> None:
        self.github.courier.post = self.slack.courier.post = self._post
        self.github.courier.start()
        self.slack.courier.start()

    def create_the_app(self) -> None:
        assert self.asking is not None
        assert self.asking.stdout is not None
        page = re.search(r"http://127\.0\.0\.1:\d+/", self.asking.stdout.readline())
        assert page
        with urllib.request.urlopen(page[0], timeout=10) as answer:
            form = Form(answer.read().decode())
        # GitHub creates the App, sends the browser back to the page, and the page says that it is done
        with urllib.request.urlopen(form.action, urlencode(form.fields).encode(), timeout=10) as answer:
            assert "created" in answer.read().decode()
        told, _ = self.asking.communicate("y\n", timeout=WITHIN)
        assert self.asking.returncode == 0, told
        self.said["setup"] = told
        assert (self.folder / "golive.env").stat().st_mode & 0o777 == 0o600

    def install_the_app(self) -> None:
        where = re.search(r"http://\S+/installations/new", self.said["setup"])
        assert where, self.said["setup"]
        path = urlsplit(where[0]).path
        assert self.github.respond(Request.of("GET", self.github.web + path)).status == 200
        form = urlencode({"account": "acme"}).encode()
        assert self.github.respond(Request.of("POST", self.github.web + path, {}, form)).status == 303
        assert not any(one.app.slug != "github-actions" and one.suspended_at for one in self._installations())
        (self.app,) = [one.app for one in self._installations() if one.app.slug == "golive-acme"]

    def _installations(self) -> list[Any]:
        return list(self.github.world.installations.values())

    def create_the_slack_app(self) -> None:
        manifest = yaml.safe_load((self.folder / "slack-app.yml").read_text())
        config, settings = manifest["oauth_config"], manifest["settings"]
        self.slack.app.scopes = frozenset(config["scopes"]["bot"])
        assert set(manifests.asked_scopes()) == self.slack.app.scopes
        self.slack.sends_back_to(config["redirect_urls"])
        self.slack.listen(
            events=settings["event_subscriptions"]["request_url"], interactions=settings["interactivity"]["request_url"],
            commands=manifest["features"]["slash_commands"][0]["url"],
        )  # fmt: skip
        with (self.folder / "golive.env").open("a") as file:
            file.write(
                f"GOLIVE_SLACK_BOT_TOKEN={self.slack.bot_token}\n"
                f"GOLIVE_SLACK_SIGNING_SECRET={self.slack.signing_secret}\n"
                f"GOLIVE_SLACK_CLIENT_ID={self.slack.client_id}\nGOLIVE_SLACK_CLIENT_SECRET={self.slack.client_secret}\n"
            )

    def write_the_policy(self) -> None:
        (self.folder / ".github").mkdir()
        (self.folder / ".github" / "golive.yml").write_text(self.block)

    def commit_the_policy(self) -> None:
        self.github.commit(SHOP, "main", {".github/golive.yml": self.block}, by="olga", message="Go live with golive")

    def require_the_check(self) -> None:
        self.github.protect(SHOP, "main", required=[("golive", self.app.id)], enforce_admins=True, dismiss_stale=True)

    def invite_the_bot(self) -> None:
        self.channel = self.slack.add_channel("#releases", members=list(self.people.values()), bot_member=False)
        self.slack.world.channels[self.channel].members.append(self.slack.app.bot_user_id)

    def link_somebody(self) -> None:
        self.slack.command("link", by=self.people["mina"], channel=self.channel)
        said = until(lambda: self.slack.ephemerals_for("mina"), "an answer to `/golive link`")[-1].text
        link = re.search(re.escape(PUBLIC) + r"/link/[\w-]+", said)
        assert link, said
        self._visit(link[0])
        page = self._visit(link[0], {})
        back = self._signs_in(self.slack, self._onward(page), {"as": self.people["mina"], "allow": "1"})
        page = self._visit(back)
        page = self._visit(self._signs_in(self.github, self._onward(page), {"by": "mina", "authorize": "1"}))
        assert "mina" in page
        assert "Linked" in self._visit("/link", {"key": Form(page).fields["key"]})

    @staticmethod
    def _onward(page: str) -> str:
        found = re.search(r'class="button" href="([^"]+)"', page)
        assert found, page
        return html.unescape(found[1])

    @staticmethod
    def _signs_in(service: Any, url: str, choice: dict[str, str]) -> str:
        assert service.respond(Request.of("GET", url)).status == 200
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = service.respond(Request.of("POST", url.partition("?")[0], {}, urlencode(asked | choice)))
        return str(answer.headers["location"])

    def open_the_release(self) -> None:
        told = self.said["golive doctor --live"]
        assert "golive can run." in told, told
        self.github.commit(SHOP, "release/1.0", {"shop.py": "VERSION = '1.0'\n"}, by="ana", message="Release 1.0")
        number = self.github.open_pull(SHOP, head="release/1.0", title="Release 1.0", by="ana")
        assert number == 1, "the document names it"
        self.github.check_run(SHOP, self._head(), name="build", app="github-actions", conclusion="success")
        until(lambda: self.github.check_runs(SHOP, self._head(), "golive"), "golive's check run")
        until(lambda: self.slack.messages(self.channel), "the message in #releases")
        # a word is about what was shown before it, by GitHub's own clock, which counts whole seconds
        until(lambda: [c for c in self.github.comments(SHOP, 1) if c.user.login == "golive-acme[bot]"], "the comment")

    def _head(self) -> str:
        return self.github.pull(SHOP, 1).head.sha

    def sign_off(self) -> None:
        until(lambda: "waiting on qa" in self._title() and "ci" not in self._title(), "waiting on qa alone")
        time.sleep(1.1)  # the same second is no later one
        self.slack.command("approve qa", by=self.people["mina"], channel=self.channel)

    def _title(self) -> str:
        return str(self.github.check_runs(SHOP, self._head(), "golive")[-1].output["title"])

    def see_it_merged(self) -> None:
        until(lambda: self.github.pull(SHOP, 1).merged, "the merge")
        merged_by = self.github.pull(SHOP, 1).merged_by
        assert merged_by is not None
        assert merged_by.login == "golive-acme[bot]"
        until(lambda: any("Merged" in m.text for m in self.slack.messages(self.channel)), "the word in Slack")


def test_the_first_hour_goes_as_its_document_says(tmp_path: Path) -> None:
    hour = Hour(tmp_path)
    try:
        for kind, what in steps(DOCUMENT.read_text()):
            if kind == "text":
                hour.block = what
            elif kind == "hand":
                getattr(hour, what.replace("-", "_"))()
            else:
                hour.run(what)
    finally:
        hour.stop()


def test_every_step_that_is_known_stands_in_the_document_once() -> None:
    by_hand = [what for kind, what in steps(DOCUMENT.read_text()) if kind == "hand"]
    assert len(by_hand) == len(set(by_hand))
    methods = {name for name in vars(Hour) if not name.startswith("_")} - {"run", "stop"}
    assert {name.replace("-", "_") for name in by_hand} == methods
    commands = [what for kind, what in steps(DOCUMENT.read_text()) if kind == "run"]
    assert all(command.startswith("golive ") for command in commands)
    assert len(commands) >= 9, "the commands are no longer found"
