"""Reads are conditional, and what they cost is counted: the client layer against the stand-in, over its ETags and quota."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from contract.github_world import SHOP, a_github, a_pull
from golive.core.budget import Level
from golive.core.errors import Gone, Later, Limited, Misconfigured
from golive.githubapp.client import Api, Clients
from golive.standins.github import GitHub
from golive.standins.wire import Next, Request, Response
from golive.store.cache import Answers
from golive.store.store import Store
from world import IN_PROCESS, Clock, fresh_database, scratch

COMMENTS = f"/repos/{SHOP}/issues/1/comments"


class Side:
    """One golive's client layer on its own database, and the GitHub it talks to."""

    def __init__(self, folder: Path) -> None:
        self.github, self.app, self.installation = a_github()
        self.number = a_pull(self.github)
        self.clock = Clock()
        self.path = fresh_database(folder)
        self.seen: list[tuple[int, str]] = []
        self.github.observers.append(lambda e: self.seen.append((e.response.status, e.request.path)))
        IN_PROCESS["cache.test"] = self.github
        self.github.web = "http://cache.test"
        self.open()

    def open(self) -> None:
        """As a start of the process."""
        self.store = Store(Store.open(f"sqlite:///{self.path}", self.clock).engine, self.clock)
        answers = Answers(self.store.engine)
        self.clients = Clients(self.app.id, self.app.private_key, "http://cache.test", timedelta(), answers, self.clock)

    def restart(self) -> None:
        self.clients.cache.flush()
        self.store.close()
        self.open()

    @property
    def api(self) -> Api:
        return self.clients.installation(self.installation)

    def statuses(self, path: str = COMMENTS) -> list[int]:
        """What was answered to requests for a path, and forgotten then."""
        found = [status for status, asked in self.seen if asked == path]
        self.seen.clear()
        return found

    def used(self) -> int:
        return self.github.gate.quotas[f"installation {self.installation}"].used


@pytest.fixture
def side() -> Iterator[Side]:
    with scratch() as folder:
        made = Side(Path(folder))
        yield made
        made.store.close()
        IN_PROCESS.pop("cache.test")


@contextmanager
def between(github: GitHub, act: Callable[[Request, Next], Response]) -> Iterator[None]:
    github.interceptors.append(act)
    try:
        yield
    finally:
        github.interceptors.remove(act)


def test_the_same_read_again_is_free_and_says_the_same(side: Side) -> None:
    side.github.comment(SHOP, side.number, by="ana", body="one")
    first = list(side.api.pages(COMMENTS))
    spent = side.used()
    assert list(side.api.pages(COMMENTS)) == first
    assert side.statuses() == [200, 304]
    assert side.used() == spent, "a 304 costs nothing: see `If-None-Match` in githubapp/client.py"


def test_what_changed_is_read_anew(side: Side) -> None:
    side.github.comment(SHOP, side.number, by="ana", body="one")
    list(side.api.pages(COMMENTS))
    side.github.comment(SHOP, side.number, by="ana", body="two")
    assert [c["body"] for c in side.api.pages(COMMENTS)] == ["one", "two"]
    assert side.statuses() == [200, 200]


def test_every_page_is_served_again_to_the_last(side: Side) -> None:
    for n in range(5):
        side.github.comment(SHOP, side.number, by="ana", body=str(n))
    for _ in range(2):
        assert [c["body"] for c in side.api.pages(COMMENTS, per_page=2)] == ["0", "1", "2", "3", "4"]
    assert side.statuses() == [200] * 3 + [304] * 3


def test_a_page_that_came_after_a_full_one_is_found_though_the_full_one_did_not_change(side: Side) -> None:
    def without_link(request: Request, call: Next) -> Response:
        told = call(request)
        return (
            replace(told, headers={k: v for k, v in told.headers.items() if k != "link"})
            if told.status == 304
            else told
        )

    for n in range(2):
        side.github.comment(SHOP, side.number, by="ana", body=str(n))
    with between(side.github, without_link):
        assert len(list(side.api.pages(COMMENTS, per_page=2))) == 2
        side.github.comment(SHOP, side.number, by="ana", body="2")
        assert [c["body"] for c in side.api.pages(COMMENTS, per_page=2)] == ["0", "1", "2"]


def test_a_restart_keeps_the_token_and_its_etags(side: Side) -> None:
    list(side.api.pages(COMMENTS))
    side.restart()
    side.seen.clear()
    list(side.api.pages(COMMENTS))
    assert [status for status, _ in side.seen] == [304], "no token was asked for, and nothing was read anew"


def test_the_token_is_not_readable_in_the_database_and_another_key_opens_nothing(side: Side) -> None:
    side.api.get(f"/repos/{SHOP}")
    token = next(t for t in side.github.gate.tokens if t.startswith("ghs_"))
    side.restart()
    for file in side.path.parent.glob("golive.db*"):
        assert token.encode() not in file.read_bytes()
    from golive.githubapp.tokens import Vault

    answers = Answers(side.store.engine)
    assert Vault(answers, "cache.test", side.app.private_key).take(side.installation) is not None
    assert Vault(answers, "cache.test", "another key").take(side.installation) is None


def test_nothing_crosses_installations(side: Side) -> None:
    side.github.add_org("rival")
    side.github.add_repo("rival/shop", files={"a": "b"})
    other = side.github.install(side.app, "rival")
    side.api.get(f"/repos/{SHOP}")
    list(side.clients.installation(other).pages("/repos/rival/shop/issues"))
    with pytest.raises(Gone):  # what acme's installation read is not served to rival's
        side.clients.installation(other).get(f"/repos/{SHOP}")
    side.clients.cache.flush()
    with side.store.engine.connect() as connection:
        kept = connection.execute(text("select count(distinct installation) from kept_answer")).scalar_one()
    assert kept == 2


def test_a_token_that_github_no_longer_takes_is_given_up_once(side: Side) -> None:
    side.api.get(f"/repos/{SHOP}")
    side.restart()
    side.github.gate.tokens.clear()
    with pytest.raises(Later):
        side.api.get(f"/repos/{SHOP}")
    assert side.api.get(f"/repos/{SHOP}")["full_name"] == SHOP
    side.github.gate.tokens.clear()
    with pytest.raises(Misconfigured):
        side.api.get(f"/repos/{SHOP}")


def test_an_answer_that_was_cut_short_is_not_kept(side: Side) -> None:
    def cut(request: Request, call: Next) -> Response:
        told = call(request)
        return replace(told, body=told.body[: len(told.body) // 2]) if request.path == f"/repos/{SHOP}" else told

    with between(side.github, cut), pytest.raises(Later):
        side.api.get(f"/repos/{SHOP}")
    assert side.api.get(f"/repos/{SHOP}")["full_name"] == SHOP


def test_a_limit_holds_the_whole_installation_until_its_time_and_no_other(side: Side) -> None:
    def slow_down(request: Request, call: Next) -> Response:
        if request.path == COMMENTS:
            return Response.of(403, {"message": "You have exceeded a secondary rate limit."}, retry_after="40")
        return call(request)

    side.github.add_org("rival")
    side.github.add_repo("rival/shop", files={"a": "b"})
    other = side.github.install(side.app, "rival")
    side.api.get(f"/repos/{SHOP}")
    with between(side.github, slow_down), pytest.raises(Limited):
        list(side.api.pages(COMMENTS))
    side.seen.clear()
    side.clock.pass_(seconds=39)
    with pytest.raises(Limited) as told:
        side.api.get(f"/repos/{SHOP}")
    assert told.value.after == timedelta(seconds=1)
    assert side.seen == [], "while GitHub told it to wait, nothing is sent"
    assert side.clients.installation(other).get("/repos/rival/shop")["full_name"] == "rival/shop"
    side.clock.pass_(seconds=1)
    assert side.api.get(f"/repos/{SHOP}")["full_name"] == SHOP


def test_what_requests_cost_and_what_is_left_is_counted_by_installation(side: Side) -> None:
    for _ in range(2):
        side.api.get(f"/repos/{SHOP}")
    side.api.send("POST", COMMENTS, {"body": "hello"})
    (figures,) = side.clients.meter.figures()
    assert dict(figures.requests) == {"token": 1, "read": 1, "not_modified": 1, "write": 1}
    assert (figures.quota.limit, figures.quota.used, figures.quota.remaining) == (5000, 2, 4998)
    assert side.clients.meter.level(side.installation) is Level.PLENTY
    side.github.gate.quotas[f"installation {side.installation}"].used = 4600
    side.api.get(f"/repos/{SHOP}")
    assert side.clients.meter.level(side.installation) is Level.LITTLE


def test_an_exhausted_quota_waits_for_its_reset(side: Side) -> None:
    side.api.get(f"/repos/{SHOP}")
    quota = side.github.gate.quotas[f"installation {side.installation}"]
    quota.used, quota.reset = 5000, (datetime.now(UTC) + timedelta(minutes=20)).timestamp()
    with pytest.raises(Limited) as told:
        side.api.get(f"/repos/{SHOP}/branches/main")
    assert told.value.after is not None
    assert timedelta(minutes=19) < told.value.after <= timedelta(minutes=20)


def test_an_installation_that_ended_leaves_nothing(side: Side) -> None:
    side.api.get(f"/repos/{SHOP}")
    side.clients.cache.flush()
    side.clients.forget(side.installation)
    with side.store.engine.connect() as connection:
        left = [
            connection.execute(text(f"select count(*) from {t}")).scalar_one() for t in ("kept_answer", "forge_token")
        ]
    assert left == [0, 0]


def test_the_oldest_go_where_there_are_too_many(side: Side) -> None:
    answers = Answers(side.store.engine)
    for n in range(5):
        side.api.get(f"/repos/{SHOP}", page=n)
        side.clock.pass_(seconds=1)
    side.clients.cache.flush()
    with side.store.engine.connect() as connection:
        keys = [row[0] for row in connection.execute(text("select key from kept_answer order by used_at"))]
    one = answers.read(keys[-1])
    assert one is not None
    answers.write([one], most=3)
    assert [answers.read(key) is not None for key in keys] == [False, False, True, True, True]
