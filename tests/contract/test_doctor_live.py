"""`golive doctor --live` finds what is wrong outside: a sound world is made wrong in one point, and just that is found.

GitHub and Slack are the stand-ins, over real sockets. Add a point as a row of `WRONG`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from golive.cli.doctor import doctor
from golive.cli.doctor_live import asked
from golive.cli.harden import harden
from golive.cli.items import Item
from golive.core.errors import Misconfigured
from golive.settings import Settings
from golive.standins.github import App, GitHub
from golive.standins.slack import Slack
from golive.standins.wire import Outgoing, Response, serve
from golive.store.store import Store
from golive.wiring import manifests
from golive.wiring.service import utc_now

PUBLIC = "https://golive.example.org"
HOOK = f"{PUBLIC}/github/webhook"
SHOP = "acme/shop"
POLICY = """version: 1
project: Shop
releases: [{name: production, base: main, head: ["release/**"]}]
notify: {slack: "#releases"}
checks:
  - {id: ci, name: CI is green, category: testing, severity: critical, uses: github_check, with: {name: build, app: ci}}
signoffs:
  - group: people
    roles: [{role: qa, from: ["@mina"], count: 1}]
"""
ALL = manifests.github_app(name="golive", public_url=PUBLIC, redirect_url=PUBLIC)

pytestmark = pytest.mark.sockets


@dataclass
class Site:
    """A GitHub and a Slack where all is well, and the settings of a golive that works there."""

    github: GitHub
    app: App
    slack: Slack
    channel: str
    settings: Settings
    answer: Response

    def found(self) -> list[Item]:
        """What has to be mended."""
        return [item for item in asked(self.settings) if item.mark not in ("ok", "note")]

    def deliver(self) -> None:
        """Something happens on GitHub, and is delivered."""
        self.github.commit(SHOP, "main", {"app.py": "print(1)\n"}, by="mina", message="Change")
        self.github.courier.pump()

    def policy(self, text: str) -> None:
        self.github.commit(SHOP, "main", {".github/golive.yml": text}, by="mina", message="Policy")
        self.github.courier.pump()

    def without(self, what: str, one: str) -> None:
        """The App asks for all but one permission or event."""
        if what == "permission":
            self.app.permissions.pop(one)
        else:
            self.app.events.remove(one)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    github, slack = GitHub(), Slack(scopes=manifests.asked_scopes())
    github.add_user("mina")
    github.add_org("acme", admins=["mina"])
    github.add_repo(SHOP, files={".github/golive.yml": POLICY}, writers=["mina"])
    app = github.create_app(
        "golive", permissions=ALL["default_permissions"], events=ALL["default_events"], webhook_url=HOOK,
        webhook_secret="the secret of the hook",
    )  # fmt: skip
    github.install(app, "acme")
    github.protect(SHOP, "main", required=[("golive", app.id)], enforce_admins=True, dismiss_stale=True)
    channel = slack.add_channel("#releases")
    served, chat = serve(github.asgi), serve(slack.asgi)
    github.web = served.url
    settings = Settings(
        _env_file=None, github_app_id=app.id, github_private_key=app.private_key, github_webhook_secret="x",
        github_api_url=served.url, public_url=PUBLIC, database_url=f"sqlite:///{tmp_path / 'golive.db'}",
        slack_bot_token=slack.bot_token, slack_signing_secret=slack.signing_secret, slack_api_url=f"{chat.url}/api/",
        github_write_pause=timedelta(0),
    )  # fmt: skip
    made = Site(github, app, slack, channel, settings, Response(202))

    def post(_: Outgoing) -> Response:
        return made.answer

    github.courier.post = post
    made.deliver()
    yield made
    served.stop()
    chat.stop()


def test_where_all_is_well_nothing_is_found(site: Site) -> None:
    assert site.found() == []
    assert [item.mark for item in asked(site.settings)] == ["ok"] * 8


def _answers(status: int) -> Callable[[Site], None]:
    def wrong(site: Site) -> None:
        site.github.lose_waiting()
        site.github.courier.done.clear()
        site.answer = Response(status)
        site.deliver()

    return wrong


def _lost(site: Site) -> None:
    Store.open(site.settings.database_url, utc_now).close()


def _elsewhere(site: Site) -> None:
    site.app.webhook_url = "https://elsewhere.example/hook"


def _not_required(site: Site) -> None:
    site.github.protect(SHOP, "main", required=[("build", None)], enforce_admins=True, dismiss_stale=True)


def _not_pinned(site: Site) -> None:
    site.github.protect(SHOP, "main", required=[("golive", None)], enforce_admins=True, dismiss_stale=True)


def _no_channel(site: Site) -> None:
    site.policy(POLICY.replace("#releases", "#nowhere"))


def _scopes(*lacking: str) -> Callable[[Site], None]:
    def wrong(site: Site) -> None:
        site.slack.app.scopes = frozenset(site.slack.app.scopes - set(lacking))

    return wrong


WRONG: list[Any] = [
    pytest.param(_elsewhere, "webhook", "elsewhere.example", id="webhooks go elsewhere"),
    pytest.param(_answers(401), "webhook", "GOLIVE_GITHUB_WEBHOOK_SECRET", id="deliveries are refused"),
    pytest.param(_answers(0), "webhook", "is golive running", id="nobody answers deliveries"),
    pytest.param(_answers(404), "webhook", "/github/webhook", id="something else answers"),
    pytest.param(_lost, "webhook", "Another server answers", id="another server takes them"),
    pytest.param(lambda s: s.without("permission", "statuses"), "permission", "statuses: read", id="a permission"),
    pytest.param(lambda s: s.app.permissions.update(checks="read"), "permission", "checks: write (has read)",
                 id="a permission is too low"),
    pytest.param(lambda s: s.without("event", "push"), "event", "push", id="an event"),
    pytest.param(_scopes("users:read"), "slack-scope", "users:read", id="a scope"),
    pytest.param(_scopes("groups:read"), "slack-scope", "groups:read", id="the scope that shows channels"),
    pytest.param(lambda s: s.slack.world.channels[s.channel].members.remove(s.slack.app.bot_user_id), "slack-channel",
                 "/invite @golive", id="the bot is not in the channel"),
    pytest.param(_no_channel, "slack-channel", "#nowhere", id="the channel does not exist"),
    pytest.param(lambda s: s.slack.archive(s.channel), "slack-channel", "#releases", id="the channel is archived"),
    pytest.param(lambda s: s.policy(POLICY.replace("uses: github_check", "uses: nothing")), "policy",
                 ".github/golive.yml:6", id="the policy is invalid"),
    pytest.param(lambda s: s.policy("a: ["), "policy", ".github/golive.yml:", id="the policy is no YAML"),
    pytest.param(_not_required, "check-not-required", "nothing there requires `golive`", id="the check is not required"),
    pytest.param(lambda s: s.github.unprotect(SHOP, "main"), "check-not-required", "`main`", id="no protection"),
    pytest.param(_not_pinned, "check-not-pinned", "from whoever posts it", id="the check is not pinned"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "code", "said"), WRONG)
def test_what_is_wrong_is_found_alone_with_its_mend(
    site: Site, wrong: Callable[[Site], None], code: str, said: str
) -> None:
    wrong(site)
    (item,) = site.found()
    assert item.code == code
    assert said in f"{item.what} {item.words} {item.mend}"
    assert item.mend, "each finding says what to do"


def test_what_may_not_be_read_is_found_and_not_taken_for_sound(site: Site) -> None:
    site.without("permission", "administration")
    assert {item.code for item in site.found()} == {"permission", "check-unread"}


def run(site: Site, folder: Path, *options: str) -> Any:
    file = folder / "golive.env"
    key = site.app.private_key.replace("\n", "\\n")
    file.write_text(
        f'GOLIVE_GITHUB_APP_ID={site.app.id}\nGOLIVE_GITHUB_PRIVATE_KEY="{key}"\nGOLIVE_GITHUB_WEBHOOK_SECRET=x\n'
        f"GOLIVE_GITHUB_API_URL={site.settings.github_api_url}\nGOLIVE_PUBLIC_URL={PUBLIC}\n"
        f"GOLIVE_DATABASE_URL={site.settings.database_url}\n"
    )
    return CliRunner().invoke(doctor, ["--env-file", str(file), "--live", *options])


def test_the_command_ends_with_1_where_something_is_to_be_mended_and_with_0_where_not(
    site: Site, tmp_path: Path
) -> None:
    told = run(site, tmp_path)
    assert told.exit_code == 0, told.output
    assert "golive can run." in told.output
    _not_pinned(site)
    told = run(site, tmp_path)
    assert told.exit_code == 1
    assert "golive can run, and 1 of the above has to be mended." in told.output
    assert "  → Require the status check `golive` on `main`" in told.output


def test_as_json_it_gives_each_finding_with_code_and_mend(site: Site, tmp_path: Path) -> None:
    _not_pinned(site)
    told = run(site, tmp_path, "--json")
    assert told.exit_code == 1
    read = json.loads(told.output)
    assert read["exit"] == 1
    (found,) = [one for one in read["found"] if one["mark"] == "weak"]
    assert found["code"] == "check-not-pinned"
    assert found["mend"]


def hardened(site: Site, folder: Path, *options: str) -> Any:
    run(site, folder)  # it writes the settings
    return CliRunner().invoke(harden, [SHOP, "--env-file", str(folder / "golive.env"), *options])


def test_harden_says_what_is_weak_and_requires_the_check_where_the_app_may(site: Site, tmp_path: Path) -> None:
    assert hardened(site, tmp_path).exit_code == 0
    site.github.unprotect(SHOP, "main")
    told = hardened(site, tmp_path)
    assert told.exit_code == 1
    assert "nothing there requires `golive`" in told.output
    assert "golive harden" not in told.output, "the App may not, so no command of its own is offered"
    refused = hardened(site, tmp_path, "--branch", "main")
    assert isinstance(refused.exception, Misconfigured)
    assert "administration: write" in str(refused.exception)
    site.app.permissions["administration"] = "write"
    assert f"golive harden {SHOP} --branch main" in hardened(site, tmp_path).output
    told = hardened(site, tmp_path, "--branch", "main")
    assert told.exit_code == 0, told.output
    assert "Added: " in told.output
    (made,) = site.github.world.repo(SHOP).rulesets.values()
    assert made.required == {"golive": site.app.id}


def test_harden_names_what_it_cannot_reach(site: Site, tmp_path: Path) -> None:
    run(site, tmp_path)
    for name, said in (("acme/other", "does not reach"), ("acme", "expected OWNER/NAME")):
        told = CliRunner().invoke(harden, [name, "--env-file", str(tmp_path / "golive.env")])
        assert said in str(told.exception)
