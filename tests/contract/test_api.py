"""The API and `golive say`: people's own tools sign and stop as people do, and a token that is nobody's does nothing.

The whole app against both stand-ins. A request that must be refused is a row of `REFUSED`, in one world that only such
requests reach; whatever changes something has a world of its own.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from structlog.testing import capture_logs

from golive.cli import main as front
from golive.standins.wire import Response, serve
from golive.web.api import LARGEST
from world import World, a_world

REPO = "acme/shop"
NEVER = "0" * 40


def path(number: int, repo: str = REPO) -> str:
    return f"/api/v1/releases/{repo}/{number}"


class Tool:
    """Somebody's tool: their token, and one release. token: another one than theirs."""

    def __init__(self, w: World, login: str, number: int, token: str = "") -> None:
        self.w, self.number = w, number
        self.token = token or w.github.personal_token(login)

    def ask(self, method: str = "GET", to: str = "", **more: Any) -> Any:
        assert self.w.client is not None
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.w.client.request(method, to or path(self.number), headers=headers, **more)

    def head(self) -> str:
        return str(self.w.github.pull(REPO, self.number).head.sha)

    def says(self, command: str, sha: str | None = None, key: str = "") -> Any:
        """Say it, two seconds after whatever was before it; by default about the head. key: its Idempotency-Key."""
        self.w.later(seconds=2)
        body = {"command": command, "sha": self.head() if sha is None else sha}
        answer = self.ask(
            "POST", f"{path(self.number)}/words", json=body, headers={"Idempotency-Key": key} if key else {}
        )
        self.w.settle()
        return answer

    def came(self, answer: Any) -> dict[str, Any]:
        """What became of what was said."""
        assert answer.status_code == 202, f"it must be kept, and was not: {answer.text}"
        told = self.ask(to=answer.json()["see"])
        assert told.status_code == 200, told.text
        return dict(told.json())


def words(w: World, number: int) -> list[str]:
    """The verbs that are on the release's record."""
    assert w.golive is not None
    state = w.golive.store.release_named(REPO, number)
    assert state is not None
    return [entry.body["verb"] for entry in w.golive.store.entries(state.subject) if entry.kind == "word"]


# ------------------------------------------------------------------ the way


def test_a_release_is_told_as_json_with_the_commit_that_a_word_must_name() -> None:
    with a_world() as w:
        number = w.asked()
        mina = Tool(w, "mina", number)
        answer = mina.ask()
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["verdict"], told["head_sha"], told["open"]) == ("WAIT", mina.head(), True)
        assert told["headline"].startswith("0/2"), told["headline"]
        assert {row["code"] for row in told["release"]["reasons"]} == {"role_missing"}
        assert [row["clears"] for row in told["release"]["reasons"]] == ["@mina, @zoe", "@sam, @sue"]


def test_a_release_merges_on_what_two_people_said_through_the_api() -> None:
    with a_world() as w:
        number = w.asked()
        mina, sam = Tool(w, "mina", number), Tool(w, "sam", number)
        came = mina.came(mina.says("approve qa ran the smoke tests"))
        assert came["state"] == "taken"
        assert came["said"] == "@mina approved for qa by API: ran the smoke tests"
        assert came["headline"].startswith("1/2"), "who signed is told how it stands now"
        assert not w.merged(number)
        assert sam.came(sam.says("approve security"))["state"] == "taken"
        assert w.merged(number)
        assert any("approved for security by API" in line for line in w.thread()), (
            "every surface tells who signed where"
        )
        assert Tool(w, "mina", number).ask().json()["open"] is False


def test_a_hold_through_the_api_needs_no_commit_and_stops_the_merge() -> None:
    with a_world() as w:
        number = w.asked()
        sam = Tool(w, "sam", number)
        assert sam.came(sam.says("hold reading the log", sha=""))["state"] == "taken"
        w.signed(number)
        assert not w.merged(number)
        assert sam.came(sam.says("resume", sha=""))["state"] == "taken"
        assert w.merged(number)


@pytest.mark.parametrize(
    ("login", "command", "who_could"),
    [
        ("eve", "approve", "@mina, @zoe"),
        ("mina", "approve security", "@sam, @sue"),
        ("ana", "approve qa", "@mina, @zoe"),
    ],
    ids=["who fills no role", "who fills another", "the author"],
)
def test_who_may_not_is_told_who_could(login: str, command: str, who_could: str) -> None:
    with a_world() as w:
        number = w.asked()
        tool = Tool(w, login, number)
        came = tool.came(tool.says(command))
        assert came["state"] == "refused"
        assert who_could in came["said"]
        assert tool.ask().json()["headline"].startswith("0/2")


def test_trap_06_an_approval_through_the_api_is_about_the_commit_it_names() -> None:
    with a_world() as w:
        number = w.asked()
        mina = Tool(w, "mina", number)
        before = mina.head()
        w.push(number)
        w.later(seconds=61)
        w.says("sam", number, "/golive approve security")
        assert mina.came(mina.says("approve qa", sha=before))["state"] == "taken"
        assert not w.merged(number), "an approval of the commit before merged this one"
        mina.says("approve qa")
        assert w.merged(number)


def test_the_same_key_twice_is_one_word_and_another_word_under_it_is_refused() -> None:
    with a_world() as w:
        number = w.asked()
        mina, sam = Tool(w, "mina", number), Tool(w, "sam", number)
        once, again = (mina.says("hold for lunch", sha="", key="my-key-0001") for _ in range(2))
        assert (once.json()["new"], again.json()["new"]) == (True, False)
        assert once.json()["word"] == again.json()["word"]
        other = mina.says("resume", sha="", key="my-key-0001")
        assert other.status_code == 422, f"whoever sent it would believe that it was heard: {other.text}"
        assert "Idempotency-Key" in other.json()["error"]
        assert words(w, number) == ["hold"]
        assert sam.says("hold too", sha="", key="my-key-0001").json()["new"], "a key is its sender's own"
        assert [mina.says("looking", sha="").json()["new"] for _ in range(2)] == [True, True], "no key, no memory"


def test_a_word_that_waits_says_for_what() -> None:
    with a_world() as w:
        number = w.asked()
        mina = Tool(w, "mina", number)
        body = {"command": "hold a moment"}
        kept = mina.ask("POST", f"{path(number)}/words", json=body)
        assert mina.came(kept)["state"] == "waiting"
        w.settle()
        assert mina.came(kept)["state"] == "taken"
        w.github.close_pull(REPO, number, by="ana")
        w.settle()
        came = mina.came(mina.says("resume", sha=""))
        assert came["state"] == "waiting"
        assert "closed" in came["said"], "nobody must poll a closed release without knowing"


def test_a_word_that_could_not_be_recorded_is_never_told_as_waiting() -> None:
    with a_world() as w:
        number = w.asked()
        mina = Tool(w, "mina", number)
        kept = mina.ask("POST", f"{path(number)}/words", json={"command": "hold a moment"})
        assert w.golive is not None
        with w.golive.store.transaction() as tx:
            tx.session.execute(text("update inbox set state = 'failed' where source = 'api'"))
        assert mina.came(kept)["state"] == "failed"


def test_who_asks_for_a_word_must_name_its_release() -> None:
    with a_world() as w:
        number, other = w.asked(), w.asked(head="release/2.0")
        mina = Tool(w, "mina", number)
        word = mina.says("hold a moment", sha="").json()["word"]
        assert mina.ask(to=f"{path(number)}/words/{word}").status_code == 200
        assert mina.ask(to=f"{path(other)}/words/{word}").status_code == 404
        assert mina.ask(to=f"{path(number)}/words/{NEVER}").status_code == 404


# ------------------------------------------------------------------ what is refused


@contextmanager
def a_read_world() -> Iterator[tuple[World, int]]:
    """A release, an ordinary pull request beside it, and a private repository with a release that eve cannot see."""
    with a_world() as w:
        number = w.asked()
        w.github.commit(REPO, "feature/x", {"y.py": "1\n"}, by="ana", message="A feature")
        w.github.open_pull(REPO, head="feature/x", title="A feature", by="ana")
        w.github.add_repo("acme/vault", files={".github/golive.yml": w.policy}, private=True, writers=["ana"])
        w.github.commit("acme/vault", "release/9", {"app.py": "1\n"}, by="ana", message="Release 9")
        w.github.open_pull("acme/vault", head="release/9", title="Release 9", by="ana")
        w.settle()
        yield w, number


@pytest.fixture(scope="module")
def read() -> Iterator[tuple[World, int]]:
    with a_read_world() as made:
        yield made


def _words(body: Any, key: str = "") -> Callable[[Tool], Any]:
    def ask(tool: Tool) -> Any:
        told = body(tool) if callable(body) else body
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        return tool.ask(
            "POST", f"{path(tool.number)}/words", content=content, headers={"Idempotency-Key": key} if key else {}
        )

    return ask


def _with(token: str) -> Callable[[Tool], Any]:
    return lambda tool: Tool(tool.w, "", tool.number, token).ask()


def _of_the_app(tool: Tool) -> Any:
    w = tool.w
    it = next(one for one in w.github.world.installations.values() if one.app is w.app)
    return _with(w.github.gate.give(w.app.bot, w.github.wall(), it).text)(tool)


def _to(to: str) -> Callable[[Tool], Any]:
    return lambda tool: tool.ask(to=to)


def _plain(tool: Tool) -> Any:
    assert tool.w.client is not None
    return tool.w.client.get(path(tool.number))


def _basic(tool: Tool) -> Any:
    return tool.ask(headers={"Authorization": f"Basic {tool.token}"})


REFUSED: dict[str, tuple[int, str, Callable[[Tool], Any]]] = {
    # what is wrong: status, a word of the sentence, the request
    "no token": (401, "Send your own GitHub token", _plain),
    "a password": (401, "Send your own GitHub token", _basic),
    "nobody's token": (401, "knows nobody", _with("ghp_" + "0" * 36)),
    "no token's form": (401, "Send your own GitHub token", _with("ghp_ and more")),
    "a token too long": (401, "Send your own GitHub token", _with("g" * 501)),
    "the App's JWT": (401, "knows nobody", _with("eyJh.eyJp.c2ln")),
    "a bot's token": (403, "only people sign", lambda tool: _with(tool.w.github.personal_token("golive[bot]"))(tool)),
    "an installation's token": (403, "only people sign", _of_the_app),
    "a repository that is not there": (404, "acme/nothing is not there, or not for you", _to(path(1, "acme/nothing"))),
    "a repository they cannot see": (404, "acme/vault is not there, or not for you", _to(path(1, "acme/vault"))),
    "no such pull request": (404, "no release that golive knows", _to(path(99))),
    "a pull request that is no release": (404, "no release that golive knows", _to(path(2))),
    "a number beyond the database": (404, "no release that golive knows", _to(path(10**30))),
    "no number": (404, "", _to(f"/api/v1/releases/{REPO}/one")),
    "a word nobody said": (404, "no such word", lambda tool: tool.ask(to=f"{path(tool.number)}/words/x")),
    "no JSON": (400, "must be JSON", _words(b"approve qa")),
    "nothing": (400, "must be JSON", _words(b"")),
    "nested too deep": (400, "must be JSON", _words(b"[" * 8000 + b"]" * 8000)),
    "a list": (400, "JSON object", _words(["approve"])),
    "no command": (400, "must be texts", _words({"sha": NEVER})),
    "a command that is no text": (400, "must be texts", _words({"command": 7})),
    "a commit that is no text": (400, "must be texts", _words({"command": "hold it", "sha": 7})),
    "half a character": (400, "half a character", _words(b'{"command": "hold \\ud800"}')),
    "a NUL": (400, "control characters", _words({"command": "hold \0 it"})),
    "too large": (413, str(LARGEST), _words(b" " * (LARGEST + 1))),
    "an unknown verb": (422, "Did you mean `/golive approve", _words({"command": "aprove qa", "sha": NEVER})),
    "a verb without its words": (422, "hold <reason>", _words({"command": "hold"})),
    "a question": (422, "asked with GET", _words({"command": "status"})),
    "nothing said": (422, "asked with GET", _words({"command": ""})),
    "another release": (422, "in the address alone", _words({"command": "hold acme/shop#9 it"})),
    "a verb of Slack's": (422, "/golive link", _words({"command": "link"})),
    "an approval of no commit": (422, "`head_sha`", _words({"command": "approve qa"})),
    "a promotion of no commit": (422, "`head_sha`", _words({"command": "promote"})),
    "an override of no commit": (422, "`head_sha`", _words({"command": "override 30m it is down"})),
    "half a commit": (422, "40 digits", _words(lambda tool: {"command": "approve qa", "sha": tool.head()[:12]})),
    "a commit never seen": (422, "has not seen", _words({"command": "approve qa", "sha": NEVER})),
    "two commits": (422, "names commit abcdef1", _words(
        lambda tool: {"command": "approve qa abcdef1", "sha": tool.head()})),
    "a key too short": (400, "Idempotency-Key", _words({"command": "hold it"}, key="short")),
}  # fmt: skip


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_wrong_is_refused_in_words_and_nothing_is_kept(read: tuple[World, int], wrong: str) -> None:
    w, number = read
    status, words_of_it, ask = REFUSED[wrong]
    answer = ask(Tool(w, "eve", number))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    if words_of_it:
        assert words_of_it in answer.json()["error"]
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    assert w.golive is not None
    with w.golive.store.reading() as session:
        assert session.execute(text("select count(*) from inbox where source = 'api'")).scalar() == 0


def test_a_release_out_of_sight_is_told_apart_from_nothing_by_nobody_but_who_sees_it(read: tuple[World, int]) -> None:
    w, number = read
    eve, ana = Tool(w, "eve", number), Tool(w, "ana", number)
    hidden, missing = eve.ask(to=path(1, "acme/vault")), eve.ask(to=path(1, "acme/nothing"))
    assert hidden.status_code == missing.status_code
    assert hidden.text.replace("vault", "nothing") == missing.text
    assert dict(hidden.headers).keys() == dict(missing.headers).keys()
    assert ana.ask(to=path(1, "acme/vault")).json()["release"]["title"] == "Release 9"


@pytest.mark.parametrize("odd", ["%2e%2e/user", "user/%2e%2e", "a%20b/c", "a%3fb/c", "\u00fc/c"])
def test_a_name_that_no_repository_has_is_not_even_asked_for(read: tuple[World, int], odd: str) -> None:
    w, number = read
    tool, before = Tool(w, "eve", number), len(w.github.requests)
    answer = tool.ask(to=f"/api/v1/releases/{odd}/1")
    assert answer.status_code == 404
    assert answer.json()["error"].endswith("is not there, or not for you.")
    assert len(w.github.requests) == before, f"GitHub was asked about {answer.url} with somebody's token"


def test_a_repository_that_took_anothers_name_is_not_taken_for_it() -> None:
    with a_world() as w:
        number = w.asked()
        tool = Tool(w, "mina", number)
        old = w.github.world.repos.pop(REPO)
        w.github.add_repo(REPO, writers=["mina"])
        try:
            assert tool.ask().status_code == 404, "a release is found by its repository's number, not by a name"
        finally:
            w.github.world.repos[REPO] = old


# ------------------------------------------------------------------ faults, secrets


def down(_: object, __: object) -> Response:
    raise ConnectionError("nobody listens")


def broken(_: object, __: object) -> Response:
    return Response.of(502, {"message": "Server Error"})


def limited(_: object, __: object) -> Response:
    return Response.of(403, {"message": "You have exceeded a secondary rate limit."}, retry_after="60")


@pytest.mark.parametrize("fault", [down, broken, limited], ids=lambda fault: fault.__name__)
def test_while_github_does_not_answer_nobody_is_believed(fault: Any) -> None:
    with a_world() as w:
        number = w.asked()
        tool = Tool(w, "mina", number)
        head = tool.head()
        w.github.interceptors.append(fault)
        body = {"command": "approve qa", "sha": head}
        answers = [tool.ask(), tool.ask("POST", f"{path(number)}/words", json=body)]
        w.github.interceptors.clear()
        assert [answer.status_code for answer in answers] == [503, 503]
        assert "Try again" in answers[0].json()["error"]
        assert int(answers[0].headers["retry-after"]) > 0
        w.settle()
        assert words(w, number) == []


def test_a_database_that_does_not_take_a_word_is_said_and_the_word_is_not_acknowledged() -> None:
    with a_world() as w:
        number = w.asked()
        tool = Tool(w, "mina", number)
        assert w.golive is not None
        with w.golive.store.transaction() as tx:
            tx.session.execute(text("alter table inbox rename to away"))
        answer = tool.ask("POST", f"{path(number)}/words", json={"command": "hold it"})
        with w.golive.store.transaction() as tx:
            tx.session.execute(text("alter table away rename to inbox"))
        assert (answer.status_code, answer.json()["error"]) == (503, "the database did not take it; send it again")


def test_a_token_reaches_neither_the_database_nor_the_log_nor_an_answer() -> None:
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    try:
        with a_world() as w, capture_logs() as lines:
            number = w.asked()
            tool = Tool(w, "mina", number)
            said = [tool.ask(), tool.says("approve qa"), tool.says("aprove qa")]
            said += [Tool(w, "", number, tool.token[:-1] + "x").ask()]
            w.github.interceptors.append(broken)
            said.append(tool.ask())
            w.github.interceptors.clear()
            w.settle()
            assert w.golive is not None
            w.golive.store.close()
            kept = b"".join(file.read_bytes() for file in w.folder.glob("golive.db*"))
            secret = tool.token[4:-1]
            assert b"approved for qa by API" in kept, "this test looks at another file than golive writes"
            assert secret.encode() not in kept
            assert any(line["event"] == "delivery" for line in lines), "this test hears nothing of the log"
            assert secret not in repr(lines)
            assert secret not in "".join(answer.text + repr(answer.headers) for answer in said)
    finally:
        structlog.configure(wrapper_class=before)


def test_the_metrics_count_what_the_api_kept_and_refused() -> None:
    with a_world() as w:
        number = w.asked()
        mina = Tool(w, "mina", number)
        for _ in range(2):
            mina.says("hold for lunch", sha="", key="my-key-0001")
        mina.says("aprove")
        assert w.client is not None
        shown = dict(re.findall(r'deliveries_total\{door="api",outcome="(\w+)"\} (\S+)', w.client.get("/metrics").text))
        assert shown == {"kept": "1.0", "repeated": "1.0", "refused": "1.0"}


# ------------------------------------------------------------------ `golive say`


@contextmanager
def working(w: World) -> Iterator[str]:
    """The app on a socket, and its work done as it comes; the address."""
    assert w.client is not None
    served, over = serve(w.client.app), threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            w.settle()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield served.url
    finally:
        over.set()
        thread.join(timeout=30)
        served.stop()


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs `golive say`: the exit code, what it printed, and its errors."""

    def run(server: str, token: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("GOLIVE_SERVER", server)
        monkeypatch.setenv("GITHUB_TOKEN", token)
        with pytest.raises(SystemExit) as left:
            front.main(["say", *words])
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


@pytest.mark.sockets
def test_golive_say_signs_asks_and_is_refused_over_a_socket(say: Say) -> None:
    with a_world() as w:
        number = w.asked()
        w.clock.pass_(seconds=2)
        release, mina, eve = f"{REPO}#{number}", w.github.personal_token("mina"), w.github.personal_token("eve")
        head = w.github.pull(REPO, number).head.sha
        with working(w) as url:
            code, out, _ = say(url, eve, release, "status")
            assert code == 0
            assert out.startswith("0/2")
            assert "@sam, @sue" in out
            code, out, _ = say(url, eve, release, "approve", "qa")
            assert code == 1, "a refused word must fail a script"
            assert "Only @mina, @zoe may sign off for qa." in out
            code, out, _ = say(url + "/", mina, release, "approve", "qa", "ran", "the", "tests")
            assert code == 0
            assert out.startswith("@mina approved for qa by API: ran the tests")
            assert head[:12] in out, "who signs is told which commit that was"
            code, out, _ = say(url, mina, release, "--json", "--sha", head, "looking", "qa")
            assert (code, json.loads(out)["state"], json.loads(out)["sha"]) == (0, "taken", head)
            code, out, err = say(url, mina, release, "approve", "qa", "--sha", NEVER)
            assert (code, out) == (3, "")
            assert "has not seen" in err
            code, _, err = say(url, "ghp_" + "0" * 36, release, "hold", "it")
            assert code == 3
            assert "knows nobody" in err
        assert sorted(words(w, number)) == ["approve", "approve", "looking"]


NOBODY = "http://127.0.0.1:9"
MISUSED: dict[str, tuple[tuple[str, ...], str]] = {
    # what is wrong: server, token, words; and what is said
    "no server": (("", "t", "acme/shop#1", "status"), "GOLIVE_SERVER"),
    "no token": ((NOBODY, "", "acme/shop#1", "status"), "GITHUB_TOKEN"),
    "a token in the open": (("http://golive.example.com", "t", "acme/shop#1", "status"), "https://"),
    "no URL": (("golive.example.com", "t", "acme/shop#1", "status"), "https://"),
    "nobody there": ((NOBODY, "t", "acme/shop#1", "status"), "GOLIVE_SERVER"),
    "no release": ((NOBODY, "t", "acme/shop", "status"), "acme/shop#7"),
    "a path for a release": ((NOBODY, "t", "acme/../..#7", "status"), "acme/shop#7"),
    "an unknown verb": ((NOBODY, "t", "acme/shop#1", "aprove"), "Did you mean"),
    "a verb without its words": ((NOBODY, "t", "acme/shop#1", "hold"), "hold <reason>"),
    "a verb of Slack's": ((NOBODY, "t", "acme/shop#1", "link"), "/golive link"),
    "every release": ((NOBODY, "t", "acme/shop#1", "list"), "status"),
    "no words": ((NOBODY, "t", "acme/shop#1"), "WORDS"),
}


@pytest.mark.parametrize("wrong", MISUSED)
def test_golive_say_that_cannot_be_said_ends_with_3_and_says_why(say: Say, wrong: str) -> None:
    given, sentence = MISUSED[wrong]
    code, out, err = say(*given)
    assert (code, out) == (3, "")
    assert sentence in err


def test_golive_say_help_needs_no_service(say: Say) -> None:
    code, out, _ = say("", "", "acme/shop#1", "help", "approve")
    assert code == 0
    assert "approve qa ran the smoke tests" in out


OTHERS = {
    "a page": Response(200, b"<html>hello</html>", {"content-type": "text/html"}),
    "JSON of something else": Response.of(404, {"message": "Not Found"}),
    "a list": Response.of(200, []),
    "a redirect": Response(302, b"{}", {"location": "http://127.0.0.1:9/"}),
}


@pytest.mark.sockets
@pytest.mark.parametrize("other", OTHERS)
def test_golive_say_tells_a_server_that_is_not_golive(say: Say, other: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        headers = [(k.encode(), v.encode()) for k, v in OTHERS[other].headers.items()]
        await send({"type": "http.response.start", "status": OTHERS[other].status, "headers": headers})
        await send({"type": "http.response.body", "body": OTHERS[other].body})

    served = serve(app)
    try:
        code, _, err = say(served.url, "ghp_x", "acme/shop#1", "status")
    finally:
        served.stop()
    assert code == 3
    assert "does not answer like golive" in err
