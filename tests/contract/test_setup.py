"""`golive setup`, driven as a person drives it: the printed page, the form to GitHub, the way back, the written file.

The GitHub here is the stand-in, over real sockets. Add a case by walking the same steps with one of them changed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml

from golive import settings
from golive.cli import envfile
from golive.cli.reception import open_reception
from golive.core.errors import Misconfigured
from golive.standins.github import GitHub
from golive.standins.wire import serve
from golive.wiring import manifests

PUBLIC = "https://golive.example.org"
COMMAND = [sys.executable, "-c", "from golive.cli.setup import setup; setup()"]
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}

pytestmark = pytest.mark.sockets


class Form(HTMLParser):
    """The one form of the page: where it goes, and what it sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "form":
            self.action = of["action"] or ""
        elif tag == "input":
            self.fields[of["name"] or ""] = of["value"] or ""


class Stay(urllib.request.HTTPRedirectHandler):
    """Do not follow: the test reads where a redirect leads."""

    def redirect_request(self, *_: object) -> None:
        return None


def visit(
    url: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Status, body and `Location` of one request, redirects not followed."""
    data = urlencode(fields).encode() if fields is not None else None
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers.get("Location", "")


class Walk:
    """One run of `golive setup github`; `page` is the address that it printed."""

    def __init__(self, github_url: str, folder: Path, *options: str) -> None:
        self.out = folder / "golive.env"
        arguments = ["github", "--public-url", PUBLIC, "--github-url", github_url, "--api-url", github_url]
        self.process = subprocess.Popen(
            [*COMMAND, *arguments, "--out", str(self.out), "--no-browser", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", self.said)
        assert found, f"the first line must name the page to open; it was: {self.said}{self.rest()}"
        self.page = found[0]

    def to_github(self) -> str:
        """Open the page and send its form; returns the address that GitHub sends the person back to."""
        status, page, _ = visit(self.page)
        assert status == 200
        form = Form(page)
        status, body, back = visit(form.action, form.fields)
        assert status in {302, 303}, f"GitHub's stand-in did not take the manifest: {status} {body[:300]}"
        return back

    def rest(self, answer: str = "") -> str:
        """Answer the question, wait for the end, and return everything that was said."""
        out, _ = self.process.communicate(answer, timeout=30)
        return out

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def github() -> Iterator[tuple[GitHub, str]]:
    """The stand-in with an organisation, and its address."""
    standin = GitHub()
    standin.add_org("acme")
    served = serve(standin.asgi)
    yield standin, served.url
    served.stop()


@pytest.fixture
def walk(github: tuple[GitHub, str], tmp_path: Path) -> Iterator[Walk]:
    """A run that asks before it writes."""
    walked = Walk(github[1], tmp_path)
    yield walked
    walked.stop()


def test_a_person_walks_through_github_and_the_settings_file_is_written(walk: Walk, github: tuple[GitHub, str]) -> None:
    status, page, _ = visit(walk.to_github())
    assert status == 200, page
    assert not walk.out.exists(), "nothing may be written before the person has said yes"

    said = walk.rest("y\n")

    app = github[0].world.apps["golive"]
    assert walk.process.returncode == 0, said
    assert walk.out.stat().st_mode & 0o777 == 0o600, "the file holds a private key: only its owner may read it"
    read = settings.read(walk.out)
    assert read.github_app_id == app.id
    assert read.github_app_slug == "golive"
    assert (read.github_key or "").strip() == app.private_key.strip()
    assert read.github_webhook_secret is not None
    assert read.github_webhook_secret.get_secret_value() == app.webhook_secret
    assert read.public_url == PUBLIC
    assert read.github_api_url == github[1]
    assert (read.github_client_id, read.github_web) == (app.client_id, github[1]), "people sign in there"
    assert read.github_client_secret is not None
    assert read.github_client_secret.get_secret_value() == app.client_secret
    assert app.client_secret not in said, "a secret must not be shown"
    assert app.callback_urls == (f"{PUBLIC}/signin/github",)
    assert app.webhook_secret not in said, "a secret must not be shown"
    assert app.private_key.splitlines()[1] not in said, "a secret must not be shown"
    assert "/installations/new" in said, "the next steps must say where to install the App"
    assert "golive doctor" in said
    assert [p.name for p in walk.out.parent.iterdir()] == ["golive.env"], "no half-written file may stay behind"


def test_the_app_on_github_is_the_manifest_that_the_repository_ships(walk: Walk, github: tuple[GitHub, str]) -> None:
    walk.to_github()
    app = github[0].world.apps["golive"]
    shipped = manifests.github_app(name="golive", public_url=PUBLIC, redirect_url=walk.page + "callback")
    assert app.permissions == shipped["default_permissions"]
    assert app.events == shipped["default_events"]
    assert app.webhook_url == f"{PUBLIC}/github/webhook"


def test_an_organisation_gets_the_app_under_its_own_name(github: tuple[GitHub, str], tmp_path: Path) -> None:
    walked = Walk(github[1], tmp_path, "--org", "acme", "--yes")
    try:
        visit(walked.to_github())
        said = walked.rest()
    finally:
        walked.stop()
    assert walked.process.returncode == 0, said
    assert github[0].world.apps["golive-acme"].owner.login == "acme"
    assert "GOLIVE_GITHUB_APP_SLUG=golive-acme\n" in walked.out.read_text()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda q: {**q, "state": "x" + q["state"][1:]}, id="another state"),
        pytest.param(lambda q: {**q, "state": "é" * 20}, id="a state that is not ASCII"),
        pytest.param(lambda q: {"code": q["code"]}, id="no state"),
        pytest.param(lambda q: {"state": q["state"]}, id="no code"),
        pytest.param(lambda q: {**q, "code": "../user"}, id="a code that is a path"),
    ],
)
def test_an_answer_that_is_not_ours_is_refused_and_the_right_one_still_counts(walk: Walk, spoil) -> None:
    back = walk.to_github()
    right = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    status, page, _ = visit(f"{walk.page}callback?{urlencode(spoil(right))}")
    assert status == 400
    assert "Nothing was written" in page
    assert not walk.out.exists()

    assert visit(back)[0] == 200
    assert walk.rest("y\n").count("Wrote") == 1
    assert walk.out.exists()


def test_the_answer_counts_once() -> None:
    with open_reception(0) as reception:
        answer = f"{reception.redirect_url}?{urlencode({'state': reception.state, 'code': 'c0de'})}"
        assert [visit(answer)[0], visit(answer)[0]] == [200, 400]
        assert reception.codes.qsize() == 1


def test_a_host_name_that_was_pointed_at_this_machine_gets_nothing(walk: Walk) -> None:
    status, page, _ = visit(walk.page, headers={"Host": "evil.example:80"})
    assert status == 400
    assert "manifest" not in page


@pytest.mark.parametrize("answer", ["n\n", ""], ids=["no", "end of input"])
def test_without_a_yes_nothing_is_written_and_the_way_out_is_said(walk: Walk, answer: str) -> None:
    visit(walk.to_github())
    said = walk.rest(answer)
    assert walk.process.returncode != 0
    assert not walk.out.exists()
    assert "Nothing was written" in said
    assert "delete it there" in said


def test_a_code_that_github_does_not_know_ends_with_what_to_do(walk: Walk) -> None:
    state = parse_qs(urlsplit(walk.to_github()).query)["state"][0]
    assert visit(f"{walk.page}callback?{urlencode({'state': state, 'code': 'never-given'})}")[0] == 200
    said = walk.rest("y\n")
    assert walk.process.returncode != 0
    assert "status 404" in said
    assert "Run `golive setup github` again" in said
    assert not walk.out.exists()


def test_an_existing_file_is_refused_before_anything_happens_on_github(
    github: tuple[GitHub, str], tmp_path: Path
) -> None:
    out = tmp_path / "golive.env"
    out.write_text("GOLIVE_LOG_LEVEL=debug\n")
    done = subprocess.run(
        [*COMMAND, "github", "--public-url", PUBLIC, "--github-url", github[1], "--out", str(out), "--no-browser"],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "--force" in done.stderr
    assert out.read_text() == "GOLIVE_LOG_LEVEL=debug\n"
    assert not github[0].world.apps


def test_force_renews_the_apps_lines_and_loses_nothing(github: tuple[GitHub, str], tmp_path: Path) -> None:
    former = 'GOLIVE_GITHUB_PRIVATE_KEY="-----BEGIN\nold\n-----END"\n# ours\nGOLIVE_SLACK_BOT_TOKEN=xoxb-1\n'
    (tmp_path / "golive.env").write_text(former)
    walked = Walk(github[1], tmp_path, "--force", "--yes")
    try:
        visit(walked.to_github())
        said = walked.rest()
    finally:
        walked.stop()
    text = walked.out.read_text()
    assert walked.process.returncode == 0, said
    assert text.startswith("# ours\nGOLIVE_SLACK_BOT_TOKEN=xoxb-1\n")
    assert "old" not in text
    assert text.count("GOLIVE_GITHUB_PRIVATE_KEY=") == 1
    assert (tmp_path / "golive.env.1").read_text() == former, "the former text must be kept beside"
    assert walked.out.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "golive.env.1").stat().st_mode & 0o777 == 0o600


def test_docker_which_keeps_quotes_reads_the_same_key(tmp_path: Path) -> None:
    """`docker run --env-file` takes what stands after `=` as it is: the key must survive that too."""
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE+/=\n-----END RSA PRIVATE KEY-----\n"
    envfile.write(tmp_path / "golive.env", {"GOLIVE_GITHUB_PRIVATE_KEY": key}, force=False)
    name, _, value = (tmp_path / "golive.env").read_text().rstrip("\n").partition("=")
    ask = "from golive import settings; import json; print(json.dumps(settings.read().github_key))"
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, env={**ENVIRONMENT, name: value},
        cwd=tmp_path.parent, timeout=30, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout).strip() == key.strip(), (
        "settings.py must take off double quotes around GOLIVE_GITHUB_PRIVATE_KEY: Docker's --env-file keeps them"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("http://golive.example.org", id="not https"),
        pytest.param("golive.example.org", id="no scheme"),
        pytest.param("https://golive.example.org/?a=1", id="a query"),
        pytest.param('https://golive.example.org/"x', id="a quote"),
        pytest.param("https://golive.example.org/ #", id="a blank"),
        pytest.param("https://golive.example.org/\nb: c", id="a line end"),
        pytest.param("https://user:word@golive.example.org", id="a password"),
        pytest.param("https://golive.example.org:port", id="a port that is no number"),
        pytest.param("https://", id="no host"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_by_name(text: str) -> None:
    with pytest.raises(Misconfigured, match="--public-url is"):
        manifests.address(text, "--public-url")


def test_setup_slack_prints_a_manifest_that_can_be_pasted_and_the_next_steps_apart_from_it() -> None:
    done = subprocess.run(
        [*COMMAND, "slack", "--public-url", PUBLIC + "/"],
        capture_output=True, text=True, env=ENVIRONMENT, timeout=30, check=True,
    )  # fmt: skip
    manifest = yaml.safe_load(done.stdout)
    assert manifest["settings"]["event_subscriptions"]["request_url"] == f"{PUBLIC}/slack/events"
    assert "GOLIVE_SLACK_SIGNING_SECRET" in done.stderr
    assert "GOLIVE_SLACK_BOT_TOKEN" in done.stderr
