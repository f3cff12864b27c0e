"""A team that may not install an app gets one-way summaries through an incoming webhook, each once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.settings import Settings
from golive.standins.wire import Request, Response
from world import POLICY, World, scratch

ASKED = POLICY.replace('notify: {{slack: "#releases"}}', "notify: {{webhook: slack-hook}}")
assert ASKED != POLICY, "the policy of the test world names its channel otherwise now"


class OneWay(World):
    """A world without a Slack app. The webhook's address is a secret of the operator's, lent to acme/shop."""

    repositories = '["acme/*"]'

    def _mount(self) -> None:
        super()._mount()
        self.hook = self.slack.add_webhook()
        (self.folder / "hook").write_text(self.hook + "\n")
        (self.folder / "secrets.yml").write_text(
            f"slack-hook: {{file: {self.folder / 'hook'}, repositories: {self.repositories}, "
            "hosts: [hooks.slack.com, 127.0.0.1]}\n"
        )

    def settings(self) -> Settings:
        kept = {"secrets": self.folder / "secrets.yml", "slack_hooks_url": f"{self.slack_url}/"}
        return super().settings().model_copy(update=kept)

    def said(self) -> list[str]:
        (told,) = self.slack.hooked.values()
        return [one["text"] for one in told]


@pytest.fixture
def w() -> Iterator[OneWay]:
    with scratch() as folder:
        world = OneWay(Path(folder), ASKED, sockets=True, slack=False)
        try:
            yield world
        finally:
            world.close()


def test_opened_a_verdict_and_merged_are_told_once_each_and_nothing_else(w: OneWay) -> None:
    number = w.asked()
    assert len(w.said()) == 1
    assert w.said()[0].startswith("Release opened: acme/shop#")
    w.says("bo", number, "/golive hold waiting for the DBA")
    w.says("bo", number, "/golive resume")
    w.says("bo", number, "/golive hold once more")
    assert [line.split(":")[0] for line in w.said()] == ["Release opened", "HOLD"], "the same verdict was told twice"
    w.restart()
    w.says("bo", number, "/golive resume")
    w.signed(number)
    assert w.merged(number)
    w.later(hours=1)
    heads = [line.split(":")[0] for line in w.said()]
    assert heads[:2] == ["Release opened", "HOLD"]
    assert heads[-1].startswith("Merged")
    assert len(heads) == len(set(heads))


def test_a_hostile_title_notifies_nobody(w: OneWay) -> None:
    w.github.commit("acme/shop", "release/1.5", {"app.py": "1\n"}, by="ana", message="x")
    w.github.open_pull("acme/shop", head="release/1.5", title="<!channel> <@U1> *now* & more", by="ana")
    w.settle()
    (told,) = w.slack.hooked.values()
    assert "<!channel>" not in json.dumps(told)
    assert "<@U1>" not in json.dumps(told)


def test_slack_that_asks_for_patience_is_told_after_it_and_a_lost_answer_is_not_told_twice(w: OneWay) -> None:
    w.slack.rate_limit("incoming webhook", times=1, retry_after=120)
    number = w.asked()
    assert w.said() == []
    w.later(seconds=30)
    assert w.said() == [], "Slack was asked again before the time it had asked for"
    w.later(seconds=61)
    assert len(w.said()) == 1

    def lost(request: Request, call: object) -> Response:
        if "/services/" in request.path:
            call(request)  # type: ignore[operator]
            return Response(503)
        return call(request)  # type: ignore[operator, no-any-return]

    w.slack.interceptors.append(lost)
    w.says("bo", number, "/golive hold it")
    w.later(minutes=20)
    assert len(w.said()) == 2


def test_a_webhook_that_is_gone_stops_no_release(w: OneWay) -> None:
    w.slack.hooked.clear()
    number = w.asked()
    w.signed(number)
    assert w.merged(number)


def test_a_secret_that_is_not_lent_to_the_repository_is_a_mistake_of_the_policy_on_its_line() -> None:
    class Elsewhere(OneWay):
        repositories = "[rival/app]"

    with scratch() as folder:
        world = Elsewhere(Path(folder), ASKED, sockets=True, slack=False)
        try:
            number = world.asked()
            assert world.shows(number) == "action_required"
            assert "slack-hook" in world.summary(number)
            assert world.said() == []
        finally:
            world.close()
