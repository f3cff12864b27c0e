"""Two workspaces, two accounts of GitHub, and every way in which they can be joined: on each surface of Slack only what is
joined with a workspace is shown in it and steered from it, and where nothing is joined, it is said how.

Add a surface as one function that returns what it showed or steered, as a row of `SURFACES`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from golive.core.model import Subject
from golive.ports import JoinAsked
from golive.standins.slack.outgoing import Sent
from tenants import HOME, OTHER, Tenants
from world import POLICY, scratch

ACCOUNTS = {"acme": "acme/shop", "globex": "globex/app"}
WHO = {HOME: "mina", OTHER: "mina there"}
"""The same person of GitHub in both workspaces."""
HOW = "/golive connect"


class Pairs(Tenants):
    """A release of each account; both wait for mina, whom both workspaces know."""

    def _people(self) -> None:
        super()._people()
        policy = {".github/golive.yml": POLICY.format(target=self._sample.url).replace("acme/security", '"@sam"')}
        self.github.add_org("globex", admins=["bo"])
        self.github.add_repo("globex/app", files=policy, writers=["ana", "mina", "zoe", "sam"], admins=["bo"])
        self.github.install(self.app, "globex")
        self.github.install(self.ci, "globex")
        self.users["mina there"] = self.slack.add_user("mina there", team_id=OTHER)
        self.slack.world.channel(self.channel).members.append(self.users["mina there"])
        self.slack.unfurl_domains = {"github.test"}
        named = json.loads(self.people_file)
        named[OTHER][self.users["mina there"]] = "mina"
        self.people_file = json.dumps(named)
        (self.folder / "people.yml").write_text(self.people_file)

    def begin_all(self) -> None:
        """Both apps installed, both releases open."""
        for team in (HOME, OTHER):
            assert self.install(team).status_code == 200
        for repository in ACCOUNTS.values():
            self.github.commit(repository, "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release")
            number = self.github.open_pull(repository, head="release/1.4", title=f"Release of {repository}", by="ana")
            sha = self.github.pull(repository, number).head.sha
            self.github.check_run(repository, sha, name="build", app="ci", conclusion="success")
            self.settle()
        self.later(seconds=61)

    def joined_as(self, joined: dict[str, str]) -> None:
        """Exactly these: account → workspace, empty for none."""
        assert self.golive is not None
        host = self.golive.forge.host
        with self.golive.store.transaction() as tx:
            for account, team in joined.items():
                number = tx.installation_of(host, account) or tx.reached(host)[0].installation
                tx.part(host, number, tx.joined_team(host, number))
                if team:
                    tx.join(host, number, team, JoinAsked("k", "w", "connect", account, ""), 1)
        self.later(seconds=1)

    def subject(self, account: str) -> Subject:
        assert self.golive is not None
        state = self.golive.store.release_named(ACCOUNTS[account], 1)
        assert state is not None, f"{account} has no release"
        return state.subject

    def said(self, account: str, team: str) -> int:
        """How many words of this workspace's people are on record for the release."""
        assert self.golive is not None
        words = self.golive.store.standing(self.subject(account)).words
        return sum(word.account.startswith(f"{team}/") for word in words)


def named(text: str) -> set[str]:
    return {account for account, repository in ACCOUNTS.items() if f"{repository}#1" in text}


def shown(w: Pairs, team: str, act: Callable[[], None]) -> str:
    """What that person alone was told because of it."""
    before = len(w.slack.ephemerals_for(w.users[WHO[team]]))
    w.later(seconds=2)
    act()
    w.settle()
    return "".join(f"{one.text} {one.blocks}" for one in w.slack.ephemerals_for(w.users[WHO[team]])[before:])


def typed(w: Pairs, team: str, text: str) -> str:
    return shown(w, team, lambda: w.slack.command(text, by=w.users[WHO[team]], channel=w.channel))


def steered(w: Pairs, team: str, act: Callable[[str], str]) -> tuple[set[str], str]:
    """The accounts on whose release the act is on record, and what was told about the others."""
    done, told = set(), ""
    for account in ACCOUNTS:
        before = w.said(account, team)
        answer = act(account)
        if w.said(account, team) > before:
            done.add(account)
        else:
            told += answer
            assert HOW in answer, f"it does not say how {account} is joined: {answer!r}"
    return done, told


def command(w: Pairs, team: str) -> tuple[set[str], str]:
    return steered(w, team, lambda account: typed(w, team, f"looking {ACCOUNTS[account]}#1"))


def picker(w: Pairs, team: str) -> tuple[set[str], str]:
    """Several are offered to choose from; one alone is meant."""
    before = {account: w.said(account, team) for account in ACCOUNTS}
    told = typed(w, team, "status")
    meant = {account for account in ACCOUNTS if w.said(account, team) > before[account]}
    assert not (meant and named(told) - meant), f"one is meant, and others are named: {told}"
    return meant | named(told), told


def listed(w: Pairs, team: str) -> tuple[set[str], str]:
    told = typed(w, team, "list")
    return named(told), told


def home(w: Pairs, team: str) -> tuple[set[str], str]:
    event = {"type": "app_home_opened", "user": w.users[WHO[team]], "channel": w.channel, "tab": "home"}
    w.later(seconds=2)
    with w.slack.lock:
        w.slack.sender.event(event, team=team)
    w.settle()
    view = w.slack.home(w.users[WHO[team]])
    assert view is not None, "no page was made"
    return named(json.dumps(view.blocks)), json.dumps(view.blocks)


def unfurl(w: Pairs, team: str) -> tuple[set[str], str]:
    before = len(w.slack.calls("chat.unfurl"))
    urls = {account: f"{w.github_url}/{repository}/pull/1" for account, repository in ACCOUNTS.items()}
    wrote = w.slack.message(w.channel, "look", by=w.users[WHO[team]])
    event = {
        "type": "link_shared", "user": w.users[WHO[team]], "channel": w.channel, "message_ts": wrote,
        "links": [{"url": url, "domain": "github.test"} for url in urls.values()], "source": "conversations_history",
    }  # fmt: skip
    w.later(seconds=2)
    with w.slack.lock:
        w.slack.sender.event(event, team=team)
    w.settle()
    told = "".join(str(one) for one in w.slack.calls("chat.unfurl")[before:])
    return {account for account, url in urls.items() if url in told}, HOW  # links show nothing, and nobody waits for it


def sent(w: Pairs, team: str, kind: str, **more: object) -> None:
    """An interaction as Slack sends it from that workspace."""
    user, trigger = {"id": w.users[WHO[team]], "team_id": team}, w.slack.world.trigger(w.users[WHO[team]])
    url = w.slack._address(w.slack.world.response_url(user["id"], w.channel)) if kind == "block_actions" else ""
    payload = {"type": kind, "user": user, "team": {"id": team}, "trigger_id": trigger, "response_url": url, **more}
    with w.slack.lock:
        w.slack.sender.interaction(payload, Sent(w.slack.app.interactions_url, {}, b"", "event", user["id"], w.channel))


def held(w: Pairs, account: str) -> dict[str, str]:
    return {"subject": w.subject(account).key, "head": w.github.pull(ACCOUNTS[account], 1).head.sha}


def pressed(w: Pairs, team: str, account: str, action: str) -> None:
    action_told = {"action_id": action, "value": json.dumps(held(w, account)), "type": "button", "block_id": "b"}
    sent(w, team, "block_actions", actions=[action_told], channel={"id": w.channel})


def button(w: Pairs, team: str) -> tuple[set[str], str]:
    return steered(w, team, lambda account: shown(w, team, lambda: pressed(w, team, account, "golive_looking")))


def form(w: Pairs, team: str) -> tuple[set[str], str]:
    """The one that is opened, and the one that is sent, are refused alike."""
    opened: set[str] = set()

    def act(account: str) -> str:
        before = len(w.slack.calls("views.open"))
        told = shown(w, team, lambda: pressed(w, team, account, "golive_form_hold"))
        opened.update({account} if len(w.slack.calls("views.open")) > before else ())
        view = {
            "id": w.slack.world.mint("V"), "type": "modal", "callback_id": "golive_form",
            "state": {"values": {"words": {"w": {"value": "x"}}}},
            "private_metadata": json.dumps(held(w, account) | {"verb": "hold", "channel": w.channel}),
        }  # fmt: skip
        return told + shown(w, team, lambda: sent(w, team, "view_submission", view=view))

    done, told = steered(w, team, act)
    assert opened == done, "a form was opened about what is not joined"
    return done, told


SURFACES = {
    "command": command, "picker": picker, "list": listed, "home": home, "unfurl": unfurl, "button": button, "form": form,
}  # fmt: skip
WAYS = [dict(zip(ACCOUNTS, teams, strict=True)) for teams in itertools.product(("", HOME, OTHER), repeat=len(ACCOUNTS))]


@pytest.fixture(scope="module")
def w() -> Iterator[Pairs]:
    with scratch() as folder:
        world = Pairs(Path(folder))
        try:
            world.begin_all()
            yield world
        finally:
            world.close()


@pytest.mark.parametrize(
    "joined", WAYS, ids=lambda joined: " ".join(f"{a}-{t or 'nowhere'}" for a, t in joined.items())
)
def test_only_what_is_joined_with_a_workspace_is_shown_and_steered_there(w: Pairs, joined: dict[str, str]) -> None:
    w.joined_as(joined)
    began = len(w.slack.spoken_for)
    for team in (HOME, OTHER):
        here = {account for account, of in joined.items() if of == team}
        for name, surface in SURFACES.items():
            found, told = surface(w, team)
            assert found == here, f"{name} in {team}: {found or 'nothing'} instead of {here or 'nothing'}"
            assert here or HOW in told, f"{name} does not say that nothing is joined, and how it is: {told}"
    posts = {team for method, team in list(w.slack.spoken_for)[began:] if method in ("chat.postMessage", "chat.update")}
    assert posts == {team for team in joined.values() if team}, "a release was told where it is not joined"
