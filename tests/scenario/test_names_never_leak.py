"""One golive for two organisations: nobody of one ever reads what is called how in a private repository of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from golive.core.model import Subject
from golive.standins.wire import serve
from world import POLICY, World, a_world

REMIND = "rules: {{remind: {{after: 4h, every: 24h}}}}\n"
TELLING = ("rival", "secret", "Nine", "rita", "veiled")
"""What must not be read: the organisation, the repository, the title, its author, and a name of a branch."""


@contextmanager
def two_tenants(*, asks_mina: bool = False, remind: bool = False) -> Iterator[tuple[World, int, int]]:
    """acme with its release, and rival with one in a private repository; the number of the first, the id of the second's.

    asks_mina: rival's policy names somebody of acme for a role.   remind: people are reminded of both.
    """
    with a_world() as w:
        w.github.add_user("rita")
        w.github.add_org("rival", admins=["rita"])
        policy = w.policy.replace("acme/security", "rival/people").replace("#releases", "#rivals")
        policy = policy if asks_mina else policy.replace('"@mina", "@zoe"', '"@rita"')
        more = REMIND.format() if remind else ""
        secret = w.github.add_repo(
            "rival/secret", files={".github/golive.yml": policy + more}, private=True, writers=["rita"]
        )
        w.github.add_team("rival/people", members=["rita"])
        w.github.install(w.app, "rival")
        rita = w.slack.add_user("rita")
        w.slack.add_channel("#rivals", members=[rita])
        if remind:
            w.write_policy(POLICY + REMIND)
        w.settle()
        w.github.commit("rival/secret", "release/veiled", {"a": "b"}, by="rita", message="Nine")
        w.github.open_pull("rival/secret", head="release/veiled", title="Nine", by="rita")
        w.settle()
        number = w.asked()
        assert w.golive is not None
        state = w.golive.store.release_of(Subject("github.test", secret, 1))
        assert state is not None
        assert state.is_release, "there is something to give away"
        yield w, number, secret


def told(w: World, name: str) -> str:
    """Everything that Slack ever showed this person: answers, channels, conversations, modals, their home."""
    user = w.users[name]
    parts: list[Any] = [said.text for said in w.slack.ephemerals_for(user)]
    parts += [vars(said) for said in w.slack.ephemerals_for(user)]
    for channel in w.slack.world.channels.values():
        if user in channel.members:
            parts += [vars(message) for message in channel.standing]
            parts += [vars(reply) for message in channel.standing for reply in message.replies]
    parts += [vars(view) for view in w.slack.views.values() if view.user == user]
    return json.dumps(parts, default=str)


def nothing_of_rival(text: str, but: str = "") -> None:
    """but: what the person said themselves, and may be told back."""
    rest = text.replace(but, "") if but else text
    assert not [word for word in TELLING if word in rest], rest


SAID = (
    "list", "list mine", "list waiting", "list repo:rival/secret", "list role:security", "list nine", "list page:9",
    "status", "status rival/secret#1", "status rival/secret#99", "why rival/secret#1", "approve qa rival/secret#1",
    "hold rival/secret#1 stop", "approve qa https://github.test/rival/secret/pull/1", "status #1", "nonsense",
    "promote rival/secret#1", "follow rival/secret#1",
)  # fmt: skip


def test_slack_never_names_anothers_private_repository_in_an_answer_a_list_or_an_error() -> None:
    with two_tenants() as (w, _, secret):
        for asked in SAID:
            before = len(told(w, "mina"))
            w.slack_says("mina", asked)
            w.later(seconds=2)
            shown = told(w, "mina")[before:].replace(f"/golive {asked}", "")
            assert shown, f"{asked}: mina gets an answer"
        shown = told(w, "mina")
        for own in ("rival/secret/pull/1", "rival/secret#99", "rival/secret#1", "rival/secret", "nine"):
            shown = shown.replace(own, "")  # what she typed herself may be told back
        nothing_of_rival(shown)
        assert w.golive is not None
        assert not w.golive.store.standing(Subject("github.test", secret, 1)).words, "her word reached it"


def test_a_release_of_others_and_one_that_is_not_there_are_answered_alike_in_slack() -> None:
    with two_tenants() as (w, _, _secret):
        answers = []
        for number in (1, 99):
            w.slack_says("mina", f"status rival/secret#{number}")
            w.later(seconds=2)
            answers.append(w.whispers("mina")[-1].replace(f"#{number}", "#N"))
        assert answers[0] == answers[1]


def test_her_home_shows_only_what_she_sees() -> None:
    with two_tenants(asks_mina=True) as (w, number, _):
        w.slack.open_home(w.users["mina"])
        w.settle()
        w.later(minutes=1)
        shown = w.slack.home(w.users["mina"])
        assert shown is not None
        assert f"acme/shop#{number}" in json.dumps(vars(shown), default=str)
        nothing_of_rival(told(w, "mina"))


def test_nobody_is_reminded_of_what_they_cannot_see_on_github_and_what_is_theirs_is_not_forgotten_over_it() -> None:
    with two_tenants(asks_mina=True, remind=True) as (w, number, secret):
        w.clock.now = datetime(2027, 1, 11, 9, tzinfo=UTC)  # a Monday, when people work
        w.settle()
        for _ in range(12):
            w.later(minutes=30)
        alone = [c for c in w.slack.world.channels.values() if c.kind == "im" and w.users["mina"] in c.members]
        assert f"acme/shop#{number}" in " ".join(m.text for c in alone for m in c.standing)
        nothing_of_rival(told(w, "mina"))
        w.github.grant("rival/secret", "mina", "read")
        for _ in range(60):
            w.later(hours=1)
        assert w.golive is not None
        nags = w.golive.store.standing(Subject("github.test", secret, 1)).nags
        assert {person for nag in nags for person in nag.people} == {w.github.world.user("mina").id}


def test_a_comment_on_a_release_of_acme_is_never_answered_with_one_of_rival() -> None:
    with two_tenants() as (w, number, secret):
        for said in ("status rival/secret#1", "list", "why rival/secret#1", "hold rival/secret#1 stop"):
            w.says("mina", number, f"/golive {said}")
            w.later(seconds=2)
        nothing_of_rival("\n".join(w.our_comments(number)), "rival/secret#1")
        assert w.golive is not None
        assert not w.golive.store.standing(Subject("github.test", secret, 1)).words


def test_a_release_that_names_anothers_tells_nothing_of_it_on_any_surface() -> None:
    with two_tenants() as (w, number, _):
        w.github.edit_pull("acme/shop", number, body="Depends-On: rival/secret#1", by="ana")
        w.settle()
        w.later(minutes=1)
        assert w.client is not None
        assert w.golive is not None
        state = w.golive.store.release_of(Subject("github.test", w.repo_id, number))
        assert state is not None
        page = w.client.get(f"/r/{state.token}").text
        for surface in (page, w.summary(number), *w.our_comments(number), "\n".join(w.thread()), state.view):
            nothing_of_rival(surface, "rival/secret")  # the name that the author wrote, and nothing more


def test_a_page_is_found_by_its_unguessable_link_alone_and_names_only_its_own_release() -> None:
    with two_tenants() as (w, number, secret):
        assert w.golive is not None
        assert w.client is not None
        own, other = (
            w.golive.store.release_of(Subject("github.test", repository, n))
            for repository, n in ((w.repo_id, number), (secret, 1))
        )
        assert own is not None
        assert other is not None
        assert len(other.token) >= 32, "24 random bytes"
        assert own.token != other.token
        nothing_of_rival(w.client.get(f"/r/{own.token}").text)
        wrong = [
            w.client.get(f"/r/{guess}")
            for guess in ("", "1", f"{secret}", "rival/secret/1", f"github.test/{secret}/1", other.token[:-1], "%")
        ]
        assert {answer.status_code for answer in wrong} == {404}
        for answer in wrong:
            nothing_of_rival(answer.text)
        for address in ("/", "/r", "/metrics", "/healthz", "/openapi.json", "/docs", "/setup"):
            nothing_of_rival(w.client.get(address).text)


@pytest.mark.parametrize("path", ["", "/words/0123456789abcdef"])
def test_the_api_tells_anothers_release_and_none_apart_to_nobody(path: str) -> None:
    with two_tenants() as (w, _, _secret):
        assert w.client is not None
        headers = {"Authorization": f"Bearer {w.github.personal_token('mina')}"}
        answers = []
        for name in ("secret", "nothing"):
            answer = w.client.get(f"/api/v1/releases/rival/{name}/1{path}", headers=headers)
            answers.append((answer.status_code, answer.text.replace(f"rival/{name}", "NAME")))
            nothing_of_rival(answer.text, f"rival/{name}")
        assert answers[0] == answers[1]
        assert answers[0][0] == 404


def test_the_api_takes_no_word_of_hers_and_no_word_of_ritas_is_read_by_her() -> None:
    with two_tenants() as (w, number, secret):
        assert w.client is not None
        mina, rita = ({"Authorization": f"Bearer {w.github.personal_token(who)}"} for who in ("mina", "rita"))
        refused = w.client.post("/api/v1/releases/rival/secret/1/words", headers=mina, json={"command": "hold stop"})
        assert refused.status_code == 404
        kept = w.client.post("/api/v1/releases/rival/secret/1/words", headers=rita, json={"command": "hold mine"})
        assert kept.status_code == 202, kept.text
        w.settle()
        word = kept.json()["word"]
        read = w.client.get(f"/api/v1/releases/acme/shop/{number}/words/{word}", headers=mina)
        assert read.status_code == 404
        nothing_of_rival(read.text)
        assert w.golive is not None
        said = w.golive.store.standing(Subject("github.test", secret, 1)).words
        assert [one.person.login for one in said] == ["rita"]


@pytest.mark.sockets
def test_golive_say_tells_nothing_of_what_its_person_cannot_see(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from golive.cli import main as front

    with two_tenants() as (w, _, _secret):
        assert w.client is not None
        served = serve(w.client.app)
        monkeypatch.setenv("GOLIVE_SERVER", served.url)
        monkeypatch.setenv("GITHUB_TOKEN", w.github.personal_token("mina"))
        try:
            for words in (["status"], ["hold", "stop"], ["why"]):
                with pytest.raises(SystemExit) as ended:
                    front.main(["say", "rival/secret#1", *words])
                shown = capsys.readouterr()
                assert ended.value.code == 3
                nothing_of_rival(shown.out + shown.err, "rival/secret")
        finally:
            served.stop()
