"""`/setup` on the server: the App made in the browser, by whoever reads the terminal, once; its key never in clear.

The GitHub here is the stand-in, over a real socket. Add an attack as a test that ends with `untouched`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from golive.core.errors import Misconfigured, Refused
from golive.settings import Settings
from golive.standins.github import GitHub
from golive.standins.wire import Request, serve
from golive.store.store import Store
from golive.web.setup import TRIES, Desk, create_setup_app
from golive.wiring import sealing
from golive.wiring.newapp import Registered
from golive.wiring.service import utc_now
from golive.wiring.stored_app import filled, keep

PUBLIC = "https://golive.example.org"

pytestmark = pytest.mark.sockets


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


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Walk:
    """A server that waits to be set up, and a browser."""

    github: GitHub
    settings: Settings
    desk: Desk
    clock: Clock
    browser: TestClient
    kept: list[Registered] = field(default_factory=list)
    done: list[bool] = field(default_factory=list)

    def enter(self, code: str, **more: str) -> tuple[int, str]:
        answer = self.browser.post("/setup", data={"code": code, **more})
        return answer.status_code, answer.text

    def to_github(self, page: str) -> str:
        """Send the page's form to GitHub; the path that GitHub sends the browser back to."""
        form = Form(page)
        body = urlencode(form.fields).encode()
        answer = self.github.respond(Request.of("POST", form.action, {}, body))
        assert answer.status == 303, answer.body
        back = answer.headers["location"]
        assert back.startswith(f"{PUBLIC}/setup/callback?")
        return back.removeprefix(PUBLIC)

    def untouched(self) -> None:
        assert not self.kept
        assert not self.done


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    github = GitHub()
    github.add_org("acme")
    served = serve(github.asgi)
    settings = Settings(
        _env_file=None, github_api_url=served.url, public_url=PUBLIC, database_url=f"sqlite:///{tmp_path / 'golive.db'}"
    )
    clock = Clock()
    desk = Desk(clock)
    kept: list[Registered] = []
    done: list[bool] = []
    app = create_setup_app(settings, desk, kept.append, lambda: done.append(True))
    with TestClient(app, base_url=PUBLIC) as browser:
        yield Walk(github, settings, desk, clock, browser, kept, done)
    served.stop()


def test_whoever_has_the_code_makes_a_private_app_and_the_server_gets_it(walk: Walk) -> None:
    assert "golive serve" in walk.browser.get("/setup").text
    status, page = walk.enter(walk.desk.code.lower(), org="acme")
    assert status == 200
    manifest = json.loads(Form(page).fields["manifest"])
    assert manifest["public"] is False, "nobody else may install it"
    assert manifest["hook_attributes"]["url"] == f"{PUBLIC}/github/webhook"
    assert urlsplit(Form(page).action).path == "/organizations/acme/settings/apps/new"
    answer = walk.browser.get(walk.to_github(page))
    assert answer.status_code == 200
    app = walk.github.world.apps["golive-acme"]
    (kept,) = walk.kept
    assert (kept.app_id, kept.slug, kept.private_key) == (app.id, "golive-acme", app.private_key)
    assert "/installations/new" in answer.text
    assert app.webhook_secret not in answer.text
    assert app.private_key.splitlines()[1] not in answer.text
    assert walk.done == [True], "the server is told to go on, after the page was sent"


def test_a_wrong_code_gets_nothing_and_a_few_of_them_void_the_right_one(walk: Walk) -> None:
    for _ in range(TRIES):
        status, page = walk.enter("AAAAA-AAAAA-AAAAA-AAAAA")
        assert status == 403
        assert "manifest" not in page
    assert walk.enter(walk.desk.code)[0] == 403, "it could be found by trying"
    walk.untouched()


@pytest.mark.parametrize("code", ["", "é" * 20, "x" * 5000])
def test_what_is_no_code_at_all_is_refused_too(walk: Walk, code: str) -> None:
    assert walk.enter(code)[0] == 403
    walk.untouched()


def test_the_code_works_once(walk: Walk) -> None:
    assert walk.enter(walk.desk.code)[0] == 200
    status, page = walk.enter(walk.desk.code)
    assert status == 403
    assert "start it again" in page
    walk.untouched()


def test_the_code_works_for_an_hour(walk: Walk) -> None:
    walk.clock.now += timedelta(hours=1)
    assert walk.enter(walk.desk.code)[0] == 403


def test_a_name_that_github_does_not_take_costs_no_code(walk: Walk) -> None:
    assert walk.enter(walk.desk.code, org="not/a/login")[0] == 400
    assert walk.enter(walk.desk.code, name="x" * 35)[0] == 400
    assert walk.enter(walk.desk.code)[0] == 200


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda back: re.sub(r"state=.", "state=_", back), id="another state"),
        pytest.param(lambda back: re.sub(r"&state=.*", "", back), id="no state"),
        pytest.param(lambda back: re.sub(r"state=.*", "state=%C3%A9", back), id="a state that is not ASCII"),
        pytest.param(lambda back: re.sub(r"code=[^&]*", "code=..%2Fuser", back), id="a code that is a path"),
    ],
)
def test_an_answer_that_is_not_ours_is_refused_and_the_right_one_still_counts(
    walk: Walk, spoil: Callable[[str], str]
) -> None:
    back = walk.to_github(walk.enter(walk.desk.code)[1])
    assert walk.browser.get(spoil(back)).status_code == 403
    walk.untouched()
    assert walk.browser.get(back).status_code == 200
    assert len(walk.kept) == 1


def test_the_answer_counts_once(walk: Walk) -> None:
    back = walk.to_github(walk.enter(walk.desk.code)[1])
    assert [walk.browser.get(back).status_code for _ in range(2)] == [200, 403]
    assert len(walk.kept) == 1


def test_nobody_comes_back_before_anybody_went() -> None:
    with pytest.raises(Refused):
        Desk(utc_now).came_back("")


def test_a_code_that_github_does_not_know_is_told_with_what_to_do(walk: Walk) -> None:
    back = walk.to_github(walk.enter(walk.desk.code)[1])
    answer = walk.browser.get(re.sub(r"code=[^&]*", "code=never-given", back))
    assert answer.status_code == 400
    assert "start it again" in answer.text
    walk.untouched()


@pytest.mark.parametrize("path", ["/", "/metrics", "/r/anything", "/github/webhook"])
def test_nothing_else_is_served_meanwhile(walk: Walk, path: str) -> None:
    assert walk.browser.get(path).status_code == 404
    assert walk.browser.get("/ready").status_code == 503
    assert walk.browser.get("/live").status_code == 200


def test_the_page_may_send_its_form_to_github_and_nowhere_else(walk: Walk) -> None:
    policy = walk.browser.post("/setup", data={"code": walk.desk.code}).headers["content-security-policy"]
    assert f"form-action 'self' {walk.settings.github_api_url};" in f"{policy};"
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


# ------------------------------------------------------------------ what is kept


REGISTERED = Registered(
    7, "golive", "https://github.com/apps/golive", "-----BEGIN KEY-----\nsecret-key\n-----END KEY-----\n",
    "secret-of-the-hook", "Iv1.7", "secret-of-the-client",
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=f"sqlite:///{tmp_path / 'golive.db'}")


def kept(settings: Settings) -> None:
    store = Store.open(settings.database_url, utc_now)
    try:
        keep(settings, store, REGISTERED, utc_now)
    finally:
        store.close()


def test_what_is_kept_comes_back_as_settings_and_stands_nowhere_in_clear(settings: Settings, tmp_path: Path) -> None:
    kept(settings)
    read = filled(settings)
    assert read.github_app_id == 7
    assert read.github_key == REGISTERED.private_key
    assert read.github_webhook_secret is not None
    assert read.github_webhook_secret.get_secret_value() == REGISTERED.webhook_secret
    assert read.github_client_id == "Iv1.7"
    assert not read.missing()
    assert set(REGISTERED.settings(PUBLIC, "", "")) - {"GOLIVE_PUBLIC_URL"} > {"GOLIVE_GITHUB_APP_ID"}
    with sqlite3.connect(tmp_path / "golive.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in tmp_path.iterdir():
        assert b"secret-" not in file.read_bytes(), f"{file.name} holds a secret in clear"
    assert (tmp_path / f"golive.db{sealing.SUFFIX}").stat().st_mode & 0o777 == 0o600


def test_a_second_app_is_not_kept_over_the_first(settings: Settings) -> None:
    kept(settings)
    with pytest.raises(Misconfigured, match="set up already"):
        kept(settings)


def test_looking_for_an_app_changes_nothing_in_a_database_of_before(settings: Settings, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "golive.db") as connection:
        connection.execute("create table older (id integer)")
    assert filled(settings) is settings
    with sqlite3.connect(tmp_path / "golive.db") as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("older",)]


def test_settings_win_over_what_is_kept(settings: Settings) -> None:
    kept(settings)
    own = settings.model_copy(update={"github_app_id": 9})
    assert filled(own) is own


def test_another_github_has_no_app_yet(settings: Settings) -> None:
    kept(settings)
    other = settings.model_copy(update={"github_api_url": "https://ghe.example.com/api/v3"})
    assert filled(other).github_app_id is None


def test_a_key_of_ones_own_needs_no_file(settings: Settings, tmp_path: Path) -> None:
    own = Settings(_env_file=None, database_url=settings.database_url, secret_key="k" * 32)
    kept(own)
    assert not (tmp_path / f"golive.db{sealing.SUFFIX}").exists()
    assert filled(own).github_app_id == 7


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda file: file.unlink(), "cannot be read", id="the key is gone"),
        pytest.param(lambda file: file.write_text("z" * 64), "does not open", id="another key"),
        pytest.param(lambda file: file.chmod(0o644), "chmod 600", id="others may read it"),
        pytest.param(lambda file: file.write_text("z"), "cut short", id="cut short"),
    ],
)
def test_a_key_that_does_not_fit_is_told_with_what_to_do(
    settings: Settings, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    kept(settings)
    spoil(tmp_path / f"golive.db{sealing.SUFFIX}")
    with pytest.raises(Misconfigured, match=said) as told:
        filled(settings)
    assert "settings win" in str(told.value)


def test_a_short_key_and_a_database_without_a_place_are_refused(settings: Settings) -> None:
    short = Settings(_env_file=None, database_url=settings.database_url, secret_key="short")
    with pytest.raises(Misconfigured, match="GOLIVE_SECRET_KEY"):
        sealing.own(short, make=True)
    with pytest.raises(Misconfigured, match="GOLIVE_SECRET_KEY"):
        sealing.own(Settings(_env_file=None, database_url="postgresql+psycopg://h/d"), make=True)


# ------------------------------------------------------------------ the command


def status_of(url: str, data: dict[str, str] | None = None) -> tuple[int, str]:
    body = urlencode(data).encode() if data is not None else None
    try:
        with urllib.request.urlopen(url, body, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(status: int, url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if status_of(url)[0] == status:
                return
        except OSError:
            pass
        assert process.poll() is None, f"it ended instead of serving:\n{process.communicate()[1]}"
        assert time.monotonic() < deadline, f"{url} never answered {status}"
        time.sleep(0.05)


@pytest.mark.slow
def test_golive_serve_without_an_app_prints_a_code_is_set_up_and_goes_on_by_itself(tmp_path: Path) -> None:
    github = GitHub()
    served = serve(github.asgi)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")} | {
        "GOLIVE_GITHUB_API_URL": served.url, "GOLIVE_LISTEN": here, "GOLIVE_PUBLIC_URL": f"http://{here}",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip

    def started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "golive", "serve"], cwd=tmp_path, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    process = started()
    try:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(2))
        found = re.search(r"[A-Z2-9]{5}(?:-[A-Z2-9]{5}){3}", said)
        assert found, said
        until(503, f"http://{here}/ready", process)
        status, page = status_of(f"http://{here}/setup", {"code": found[0]})
        assert status == 200
        form = Form(page)
        # the stand-in sends the browser back, and the browser follows
        status, page = status_of(form.action, form.fields)
        assert status == 200
        assert "The App is created" in page
        until(200, f"http://{here}/ready", process)
        assert status_of(f"http://{here}/setup")[0] == 404, "it is gone"
        assert status_of(f"http://{here}/setup", {"code": found[0]})[0] in (404, 405)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert found[0] not in errors, "the code is for the terminal, not for a log that others keep"
        process = started()
        until(200, f"http://{here}/ready", process)
        assert status_of(f"http://{here}/setup")[0] == 404
    finally:
        process.kill()
        process.communicate()
        served.stop()
