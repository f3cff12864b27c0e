"""Policies with mistakes, policies that are not there, channels that do not exist, and a Slack that is down."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from golive.standins.wire import Next, Request, Response
from world import POLICY, World, a_world

WRONG = POLICY.replace("uses: http\n", "uses: htpp\n").replace("count: 1", "count: 0")
UNKNOWN_KEY = POLICY.replace("    severity: critical\n", "    severty: critical\n")


@contextmanager
def warnings_kept() -> Iterator[list[MutableMapping[str, Any]]]:
    """What golive logs from warnings upwards, as an operator would see it."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        with capture_logs() as logs:
            yield logs
    finally:
        structlog.configure(wrapper_class=before)


def filled(w: World, policy: str) -> str:
    return policy.format(target=w.target)


# ------------------------------------------------------------------ the policy file


@pytest.mark.parametrize(
    ("policy", "line_of", "column", "said"),
    [
        (WRONG, "uses: htpp", 11, "http"),
        (UNKNOWN_KEY, "severty: critical", 5, "severity"),
    ],
    ids=["unknown kind", "unknown key"],
)
def test_mistakes_are_said_with_line_column_and_what_was_expected(
    policy: str, line_of: str, column: int, said: str
) -> None:
    with a_world(policy=policy) as w:
        number = w.release()
        w.later(seconds=61)
        assert w.shows(number) == "action_required"
        line = 1 + next(n for n, text in enumerate(filled(w, policy).splitlines()) if line_of in text)
        assert f".github/golive.yml:{line}:{column}" in w.summary(number), w.summary(number)
        assert said in w.summary(number), "what was expected is not said"
        run = w.our_runs(w.github.pull("acme/shop", number).head.sha)[-1]
        assert [(a["path"], a["start_line"]) for a in run.annotations] == [(".github/golive.yml", line)]
        assert not w.our_comments(number, "golive:request:"), "sign-offs were asked for on half a policy"
        assert w.sample.asked == 0, "a check of half a policy was run"
        w.signed(number)
        assert not w.merges(number)
        assert "0/2" not in "".join(w.our_comments(number)), "the release was decided on half a policy"


@pytest.mark.parametrize(
    "text", ["", "version: [", "- a\n- list\n", "version: 1\nversion: 1\n", "\x00\x01", "a: &a [*a]\n"]
)
def test_a_file_that_is_no_policy_at_all_is_a_mistake_and_breaks_nothing(text: str) -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "main", {".github/golive.yml": text}, by="bo")
        number = w.release()
        assert w.shows(number) == "action_required"
        assert ".github/golive.yml:" in w.summary(number)
        assert not w.merges(number)


def test_a_policy_that_is_mended_on_the_base_lets_the_release_go_on_by_itself() -> None:
    with a_world(policy=WRONG) as w:
        number = w.release()
        assert w.shows(number) == "action_required"
        w.later(seconds=2)
        w.write_policy(POLICY)
        assert w.shows(number) == "in_progress", "the push that mended the policy did not lead to another look"
        w.later(seconds=61)
        w.signed(number)
        assert w.merged(number), w.title(number)
        assert len(w.our_comments(number, "golive:sticky:")) == 1


def test_a_policy_that_breaks_on_the_base_while_a_release_is_open_stops_it_until_it_is_mended() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.write_policy(WRONG)
        assert w.shows(number) == "action_required"
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number)
        w.later(seconds=2)
        w.write_policy(POLICY)
        assert w.merged(number), "what was signed while the policy was broken is not forgotten: " + w.title(number)


def test_a_repository_without_a_policy_hears_nothing() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "main", {".github/golive.yml": None}, by="bo")
        number = w.release()
        w.says("mina", number, "/golive approve qa")
        w.says("mina", number, "/golive help")
        w.later(minutes=5)
        assert w.our_runs(w.github.pull("acme/shop", number).head.sha) == []
        assert w.our_comments(number) == []
        assert w.roots() == []


def test_a_policy_that_comes_later_makes_the_open_pull_request_a_release() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "main", {".github/golive.yml": None}, by="bo")
        number = w.release()
        w.write_policy(POLICY)
        assert w.shows(number) == "in_progress"
        w.later(seconds=61)
        w.signed(number)
        assert w.merged(number), w.title(number)


def test_a_plain_pull_request_that_would_break_the_policy_is_not_green() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "policy-change", {".github/golive.yml": filled(w, WRONG)}, by="ana")
        number = w.github.open_pull("acme/shop", head="policy-change", title="Policy", by="ana")
        w.settle()
        assert w.shows(number) == "action_required", w.title(number)
        assert "would break the policy" in w.title(number)
        run = w.our_runs(w.github.pull("acme/shop", number).head.sha)[-1]
        assert run.annotations
        w.later(seconds=2)
        w.github.commit("acme/shop", "policy-change", {".github/golive.yml": filled(w, POLICY) + "\n"}, by="ana")
        w.settle()
        assert w.shows(number) == "success", w.title(number)


def test_a_policy_deleted_after_the_release_began_holds_it() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.later(seconds=2)
        w.github.commit("acme/shop", "main", {".github/golive.yml": None}, by="bo")
        w.settle()
        assert w.shows(number) == "action_required"
        assert "no longer has a policy" in w.title(number)
        w.says("sam", number, "/golive approve security")
        assert not w.merges(number), "deleting the policy opened the gate"
        w.later(seconds=2)
        w.write_policy(POLICY)
        assert w.merged(number), w.title(number)


# ------------------------------------------------------------------ the chat


def test_a_channel_that_does_not_exist_is_said_in_the_log_and_the_release_goes_on() -> None:
    with a_world(policy=POLICY.replace("#releases", "#nowhere")) as w:
        with warnings_kept() as logs:
            number = w.asked()
        said = [line["why"] for line in logs if line["event"] == "chat is down"]
        assert said, "nobody is told that nothing is said in Slack"
        assert "#nowhere" in said[0]
        assert "Invite" in said[0], "the log does not say what to do"
        w.signed(number)
        assert w.merged(number), w.title(number)
        assert w.roots() == []


def answers_500(_: Request, __: Next) -> Response:
    return Response.of(500, {"ok": False, "error": "internal_error"})


def is_rate_limited(_: Request, __: Next) -> Response:
    return Response.of(429, {"ok": False, "error": "ratelimited"}, Retry_After="30")


def does_not_answer(_: Request, __: Next) -> Response:
    raise ConnectionError("nobody listens")


def sends_a_page(_: Request, __: Next) -> Response:
    return Response(503, b"<html>Service Unavailable</html>", {"content-type": "text/html"})


def loses_the_answer(request: Request, call: Next) -> Response:
    """It does as asked, and the answer never arrives."""
    call(request)
    raise ConnectionError("the answer was lost")


def complete_once(w: World) -> None:
    """One root that says that it is over, and every line in the thread once."""
    assert len(w.roots()) == 1, "the thread did not catch up, or there are two of them"
    thread = w.thread()
    assert len(thread) == len(set(thread)), f"something was said twice: {thread}"
    for who in ("mina", "sam"):
        assert sum(f"@{who} approved" in line or f"{who} approved" in line for line in thread) == 1, thread
    assert any("Merged" in line for line in thread), thread
    assert "Merged" in w.roots()[0].text


@pytest.mark.parametrize(
    "fault", [answers_500, is_rate_limited, does_not_answer, sends_a_page, loses_the_answer], ids=lambda f: f.__name__
)
def test_a_release_merges_while_slack_is_down_and_the_thread_catches_up(
    fault: Callable[[Request, Next], Response],
) -> None:
    with a_world() as w:
        w.slack.interceptors.append(fault)
        number = w.asked()
        w.signed(number)
        assert w.merged(number), "a release must not wait for its chat"
        w.slack.interceptors.clear()
        for _ in range(4):
            w.later(seconds=61)
        complete_once(w)


@pytest.mark.parametrize("fault", [answers_500, loses_the_answer], ids=lambda f: f.__name__)
def test_a_slack_that_goes_down_in_the_middle_leaves_no_gap_and_no_double(
    fault: Callable[[Request, Next], Response],
) -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.slack.interceptors.append(fault)
        w.says("sam", number, "/golive approve security")
        assert w.merged(number)
        w.slack.interceptors.clear()
        for _ in range(4):
            w.later(seconds=61)
        complete_once(w)


def test_a_root_that_was_deleted_in_slack_is_said_again_once() -> None:
    with a_world() as w:
        number = w.asked()
        w.slack.delete_message(w.channel, w.roots()[0].ts)
        w.signed(number)
        assert w.merged(number), w.title(number)
        standing = [m for m in w.roots() if not m.deleted]
        assert len(standing) == 1
        assert "Merged" in standing[0].text


def test_a_github_that_is_down_for_a_while_costs_time_and_nothing_else() -> None:
    with a_world() as w:
        number = w.asked()
        w.says("mina", number, "/golive approve qa")
        w.github.interceptors.append(lambda _, __: Response.of(503, {"message": "Unavailable"}))
        w.says("sam", number, "/golive approve security")
        w.later(minutes=3)
        assert not w.merged(number)
        w.github.interceptors.clear()
        w.later(minutes=8)
        w.later(seconds=61)
        assert w.merged(number), w.title(number)
        assert len(w.merges(number)) == 1
        assert len(w.our_comments(number, "golive:sticky:")) == 1


def test_a_release_that_adds_its_own_mistake_to_a_mended_policy_is_still_held() -> None:
    with a_world() as w:
        w.github.commit("acme/shop", "release/1.4", {".github/golive.yml": filled(w, WRONG)}, by="ana")
        number = w.github.open_pull("acme/shop", head="release/1.4", title="Release", by="ana")
        w.ci_says("success", number)
        w.settle()
        assert w.shows(number) == "action_required"
        w.later(seconds=2)
        w.github.commit("acme/shop", "main", {"other.py": "x = 1\n"}, by="bo")
        w.settle()
        w.later(seconds=61)
        assert w.shows(number) == "action_required", "a push to the base let a mistake of the head through"
        w.signed(number)
        assert not w.merges(number)


def test_a_delivery_that_cannot_be_recorded_is_set_aside_and_stops_no_other() -> None:
    """A repository id beyond 64 bits fits no column; what comes after it is recorded all the same."""
    with a_world() as w:
        assert w.golive is not None
        poison = {"action": "created", "installation": {"id": 1}, "repository": {"id": 2**70, "full_name": "acme/shop"}}
        body = json.dumps(poison).encode()
        signature = "sha256=" + hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
        headers = {"x-github-event": "star", "x-github-delivery": "poison", "x-hub-signature-256": signature}
        assert w.client is not None
        assert w.client.post("/github/webhook", content=body, headers=headers).status_code == 202
        number = w.release()
        assert "waiting on qa" in w.title(number), "the deliveries behind the broken one were not recorded"
        for _ in range(4):
            w.later(seconds=10)
        assert w.golive.store.new_deliveries() == [], "the broken delivery is tried for ever"
        assert w.golive.store.counts()["inbox_failed"] == 1
