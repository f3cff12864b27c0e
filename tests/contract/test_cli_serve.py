"""`golive serve` and the commands beside it, as processes: what they refuse, in which words, and how they end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from golive.cli import envfile
from golive.standins.github import GitHub
from golive.standins.slack import Slack
from golive.standins.wire import serve
from golive.store import overview
from golive.store.store import Store, engine_for
from golive.wiring.service import utc_now
from real_servers import free_port, refusing_port

HOOK = "a-webhook-secret-of-the-test"
COULD_NOT_RUN = 3
STARTS_WITHIN = 60

pytestmark = [pytest.mark.sockets, pytest.mark.slow]


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="golive-test-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def private_key() -> str:
    return GitHub().create_app("golive", permissions={}).private_key


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings of golive and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")}
    return kept | {f"GOLIVE_{name.upper()}": value for name, value in settings.items()}


def golive(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    command = [sys.executable, "-m", "golive", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(**settings), capture_output=True, text=True, timeout=60, check=False
    )


def write_settings(folder: Path, private_key: str, **more: str) -> Path:
    """A settings file with which the service starts; GitHub is a port that nobody listens on."""
    nobody = f"http://127.0.0.1:{refusing_port()}"
    values = {
        "GOLIVE_GITHUB_APP_ID": "7", "GOLIVE_GITHUB_PRIVATE_KEY": private_key, "GOLIVE_GITHUB_WEBHOOK_SECRET": HOOK,
        "GOLIVE_GITHUB_API_URL": nobody, "GOLIVE_DATABASE_URL": f"sqlite:///{folder / 'golive.db'}",
    }  # fmt: skip
    file = folder / "settings.env"
    envfile.write(file, values | more, force=True)
    return file


@contextmanager
def serving(folder: Path, settings: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """A running service: its process, its address, its log."""
    url, log = f"http://127.0.0.1:{free_port()}", folder / "log"
    command = [
        sys.executable,
        "-m",
        "golive",
        "serve",
        "--env-file",
        str(settings),
        "--listen",
        url.removeprefix("http://"),
    ]
    with log.open("wb") as written:
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=written, stderr=written)
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not answers(f"{url}/ready"):
            assert process.poll() is None, f"it ended instead of serving; it wrote:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"it does not answer; it wrote:\n{log.read_text()}"
            time.sleep(0.05)
        yield process, url, log
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def worked(folder: Path, subject: str) -> bool:
    """Whether a running service has done what was owed, within ten seconds."""
    store, deadline = Store(engine_for(f"sqlite:///{folder / 'golive.db'}"), utc_now), time.monotonic() + 10
    try:
        while subject in overview.due(store):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True
    finally:
        store.close()


def test_serve_names_every_missing_variable_and_exits_3(folder: Path) -> None:
    told = golive(folder, "serve", github_app_id="7")
    assert told.returncode == COULD_NOT_RUN
    for name in ("GOLIVE_GITHUB_PRIVATE_KEY", "GOLIVE_GITHUB_WEBHOOK_SECRET"):
        assert f"  {name}: " in told.stderr, f"{name} is missing and was not named: {told.stderr}"
    assert "SLACK" not in told.stderr, "Slack is optional; do not ask for it"
    assert "Traceback" not in told.stderr
    assert not (folder / "golive.db").exists(), "nothing may be made before the settings are whole"


def test_serve_names_only_what_is_missing(folder: Path, private_key: str) -> None:
    told = golive(folder, "serve", github_app_id="7", github_private_key=private_key)
    assert told.returncode == COULD_NOT_RUN
    assert "GOLIVE_GITHUB_WEBHOOK_SECRET" in told.stderr
    assert "GOLIVE_GITHUB_APP_ID" not in told.stderr


@pytest.mark.parametrize(("given", "lacking"), [("bot_token", "SIGNING_SECRET"), ("signing_secret", "BOT_TOKEN")])
def test_half_of_slack_is_refused_by_the_other_half_s_name(
    folder: Path, private_key: str, given: str, lacking: str
) -> None:
    settings = {"github_app_id": "7", "github_private_key": private_key, "github_webhook_secret": HOOK}
    half = {f"slack_{given}": "xoxb-half"}
    for command in ("serve", "doctor"):
        told = golive(folder, command, **settings, **half)
        assert told.returncode == COULD_NOT_RUN, told.stdout
        assert f"GOLIVE_SLACK_{lacking}" in told.stderr + told.stdout
        assert "xoxb-half" not in told.stderr + told.stdout


def test_a_setting_that_cannot_be_read_is_named(folder: Path) -> None:
    told = golive(folder, "serve", github_app_id="seven")
    assert told.returncode == COULD_NOT_RUN
    assert "GOLIVE_GITHUB_APP_ID" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_taken_port_is_told_in_words(folder: Path, private_key: str) -> None:
    settings = write_settings(folder, private_key)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        told = golive(folder, "serve", "--env-file", str(settings), "--listen", where)
    assert told.returncode == COULD_NOT_RUN
    assert f"golive cannot listen on {where}" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_second_service_on_the_same_database_is_refused_and_names_the_first(folder: Path, private_key: str) -> None:
    settings = write_settings(folder, private_key)
    with serving(folder, settings) as (first, url, log):
        told = golive(folder, "serve", "--env-file", str(settings), "--listen", f"127.0.0.1:{free_port()}")
        assert told.returncode == COULD_NOT_RUN, told.stderr
        assert f"process {first.pid}" in told.stderr
        assert "Traceback" not in told.stderr
        assert answers(f"{url}/ready"), "the first must go on serving"
        first.send_signal(signal.SIGTERM)
        assert first.wait(20) == 0, f"SIGTERM must end it in order; it wrote:\n{log.read_text()}"
    written = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in written if line["event"] in ("serving", "stopped")] == ["serving", "stopped"]
    assert HOOK not in log.read_text()


def test_work_and_audit_answer_beside_a_running_service_and_leave_it_running(folder: Path, private_key: str) -> None:
    settings = write_settings(folder, private_key)
    with serving(folder, settings) as (process, url, _):
        listed = golive(folder, "work", "list", "--env-file", str(settings))
        retried = golive(folder, "work", "retry", "people", "--env-file", str(settings))
        unknown = golive(folder, "work", "retry", "acme/shop#7", "--env-file", str(settings))
        audited = golive(folder, "audit", "verify", "--all", "--env-file", str(settings))
        assert (listed.returncode, "failing:" in listed.stdout) == (0, True), listed.stderr
        assert unknown.returncode == COULD_NOT_RUN
        assert "golive knows no 'acme/shop#7'" in unknown.stderr
        assert (audited.returncode, audited.stdout) == (0, "Nothing is recorded yet.\n"), audited.stderr
        assert (retried.returncode, retried.stdout) == (0, "people is due now.\n"), retried.stderr
        assert worked(folder, "people"), "the service sleeps on: `work retry` must wake it"
        assert process.poll() is None, "a question must not end the service"
        assert answers(f"{url}/ready")


def test_work_and_audit_make_no_database(folder: Path) -> None:
    for asked in (["work", "list"], ["audit", "verify", "--all"]):
        told = golive(folder, *asked, database_url=f"sqlite:///{folder / 'typo.db'}")
        assert told.returncode == COULD_NOT_RUN
        assert "There is no database at" in told.stderr
    assert not (folder / "typo.db").exists()


def test_the_doctor_says_that_github_alone_is_enough(folder: Path, private_key: str) -> None:
    told = golive(folder, "doctor", "--env-file", str(write_settings(folder, private_key)))
    assert told.returncode == 0, told.stdout
    assert "off     Slack: not configured" in told.stdout
    assert "an RSA key of 2048 bits" in told.stdout
    assert not (folder / "golive.db").exists(), "the doctor only looks"


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("GOLIVE_GITHUB_PRIVATE_KEY", "not a key", "this is no unencrypted PEM private key"),
        ("GOLIVE_PUBLIC_URL", "http://golive.example.org", "must start with https://"),
        ("GOLIVE_DATABASE_URL", "sqlite:////nowhere/at/all/golive.db", "is not a folder that golive can write to"),
        ("GOLIVE_DATABASE_URL", "no url", "this is no database URL"),
        ("GOLIVE_LISTEN", "8080", "expected HOST:PORT"),
    ],
)
def test_the_doctor_names_what_is_wrong_and_the_mend(
    folder: Path, private_key: str, setting: str, value: str, words: str
) -> None:
    told = golive(folder, "doctor", "--env-file", str(write_settings(folder, private_key, **{setting: value})))
    assert told.returncode == COULD_NOT_RUN, told.stdout
    (line,) = [line for line in told.stdout.splitlines() if line.startswith("wrong")]
    assert setting in line
    assert words in line


def test_the_doctor_reads_who_is_who(folder: Path, private_key: str) -> None:
    people = folder / "people.yml"
    slack = {"GOLIVE_SLACK_BOT_TOKEN": "xoxb-x", "GOLIVE_SLACK_SIGNING_SECRET": "y", "GOLIVE_SLACK_PEOPLE": str(people)}
    settings = write_settings(folder, private_key, **slack)
    people.write_text("T0ACME: {U0MINA: mina, U0SAM: sam}\n")
    assert "2 people in" in golive(folder, "doctor", "--env-file", str(settings)).stdout
    people.write_text("- mina\n")
    told = golive(folder, "doctor", "--env-file", str(settings))
    assert told.returncode == COULD_NOT_RUN
    assert "expected a Slack team id" in told.stdout


def test_the_doctor_asks_github_and_slack_when_told_to(folder: Path) -> None:
    hub, slack = GitHub(), Slack()
    app = hub.create_app("golive", permissions={"checks": "read"}, webhook_url="https://elsewhere.example/hook")
    hub.add_org("acme")
    hub.install(app, "acme")
    served, chat = serve(hub.asgi), serve(slack.asgi)
    try:
        live = {
            "GOLIVE_GITHUB_APP_ID": str(app.id), "GOLIVE_GITHUB_API_URL": served.url, "GOLIVE_GITHUB_APP_SLUG": "other",
            "GOLIVE_SLACK_BOT_TOKEN": slack.bot_token, "GOLIVE_SLACK_SIGNING_SECRET": slack.signing_secret,
            "GOLIVE_SLACK_API_URL": f"{chat.url}/api/",
        }  # fmt: skip
        told = golive(folder, "doctor", "--live", "--env-file", str(write_settings(folder, app.private_key, **live)))
    finally:
        served.stop()
        chat.stop()
    assert told.returncode == COULD_NOT_RUN, told.stdout + told.stderr
    assert "the App's slug is golive, the setting says other" in told.stdout
    assert "GitHub sends to https://elsewhere.example/hook" in told.stdout
    assert "checks: write (has read)" in told.stdout
    assert "ok      Slack: golive in Acme (T0ACME)" in told.stdout
