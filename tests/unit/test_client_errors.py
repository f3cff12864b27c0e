"""GitHub's answers in our own words, over a loopback server and the real client library. Add an answer by adding a row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import github
import pytest
from github import Auth

from golive.core.errors import Conflict, GoliveError, Gone, Kept, Later, Limited, Misconfigured, Refused, Silent
from golive.githubapp.client import Api, Rejected

pytestmark = pytest.mark.sockets

MINUTE = timedelta(minutes=1)


class Answers(BaseHTTPRequestHandler):
    """Answers every request with the next of `told`: status, headers, body. `asked`: the request lines it got."""

    told: ClassVar[list[tuple[int, dict[str, str], bytes]]] = []
    asked: ClassVar[list[str]] = []

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append(f"{self.command} {self.path}")
        status, headers, body = self.told.pop(0)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test says what went wrong."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def api(server: ThreadingHTTPServer) -> Iterator[Api]:
    Answers.told.clear()
    Answers.asked.clear()
    client = github.Github(
        auth=Auth.Token("t"), base_url=f"http://127.0.0.1:{server.server_port}", timeout=5, retry=None,
        seconds_between_requests=None, seconds_between_writes=None,
    )  # fmt: skip
    yield Api(client)
    client.close()


def say(status: int, body: bytes | str = b"{}", **headers: str) -> None:
    raw = body if isinstance(body, bytes) else body.encode()
    Answers.told.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, raw))


def fault(api: Api) -> GoliveError:
    with pytest.raises(GoliveError) as caught:
        api.get("/repos/acme/shop/pulls/7", page=2)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, '{"message": "Not Found"}', Gone),
        (410, '{"message": "Gone"}', Gone),
        (409, '{"message": "Head branch was modified"}', Conflict),
        (401, '{"message": "Bad credentials"}', Misconfigured),
        (403, '{"message": "Resource not accessible by integration"}', Rejected),
        (405, '{"message": "Required status check is expected."}', Rejected),
        (422, '{"message": "Validation Failed"}', Rejected),
        (400, '{"message": "Problems parsing JSON"}', Later),
        (500, '{"message": "Server Error"}', Silent),
        (502, "<html>Bad gateway</html>", Silent),
        (503, "", Silent),
        (429, '{"message": "Slow down"}', Limited),
    ],
)
def test_a_status_has_its_error(api: Api, status: int, body: str, error: type[GoliveError]) -> None:
    say(status, body)
    assert type(fault(api)) is error
    assert len(Answers.asked) == 1, "nothing may be repeated by the library"


def test_a_fault_kept_for_the_operator_names_request_status_and_githubs_words(api: Api) -> None:
    say(409, '{"message": "Head branch was modified"}')
    assert str(fault(api)) == "GET /repos/acme/shop/pulls/7: 409 Head branch was modified"


def test_what_a_person_is_told_is_githubs_sentence_and_nothing_else(api: Api) -> None:
    say(405, '{"message": "Required status check is expected."}')
    error = fault(api)
    assert isinstance(error, Refused)
    assert str(error) == "Required status check is expected."


def test_a_refusal_without_words_says_that(api: Api) -> None:
    say(405, "")
    assert str(fault(api)) == "no reason given"


def test_bad_credentials_name_the_settings(api: Api) -> None:
    say(401, '{"message": "Bad credentials"}')
    assert "GOLIVE_GITHUB_APP_ID and GOLIVE_GITHUB_PRIVATE_KEY" in str(fault(api))


@pytest.mark.parametrize(
    ("status", "message", "headers", "after"),
    [
        pytest.param(429, "x", {"Retry_After": "17"}, timedelta(seconds=17), id="Retry-After"),
        pytest.param(403, "x", {"Retry_After": "17"}, timedelta(seconds=17), id="Retry-After on a 403"),
        pytest.param(503, "x", {"Retry_After": "17"}, timedelta(seconds=17), id="Retry-After on a 503"),
        pytest.param(403, "x", {"retry_after": "17"}, timedelta(seconds=17), id="in small letters"),
        pytest.param(429, "x", {}, MINUTE, id="no word how long"),
        pytest.param(429, "x", {"Retry_After": "soon"}, MINUTE, id="a word that is no number"),
        pytest.param(429, "x", {"Retry_After": "-5"}, MINUTE, id="a negative number"),
        pytest.param(403, "You have exceeded a secondary rate limit.", {}, MINUTE, id="only the sentence says so"),
        pytest.param(
            403, "API rate limit exceeded", {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1"},
            timedelta(seconds=1), id="a quota that is full again",
        ),
    ],
)  # fmt: skip
def test_how_long_github_asks_to_wait(
    api: Api, status: int, message: str, headers: dict[str, str], after: timedelta
) -> None:
    say(status, f'{{"message": "{message}"}}', **headers)
    error = fault(api)
    assert isinstance(error, Later)
    assert error.after == after


def test_a_used_up_quota_is_waited_for_until_it_is_full_again(api: Api) -> None:
    say(403, '{"message": "x"}', X_RateLimit_Remaining="0", X_RateLimit_Reset="32503680000")  # in the year 3000
    error = fault(api)
    assert isinstance(error, Later)
    assert error.after is not None
    assert error.after > timedelta(days=300)


def test_a_quota_that_is_not_used_up_is_no_reason_to_wait(api: Api) -> None:
    say(403, '{"message": "x"}', X_RateLimit_Remaining="1", X_RateLimit_Reset="32503680000")
    assert isinstance(fault(api), Rejected)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param('{"number": 7, "ti', {}, id="an object cut short"),
        pytest.param('[{"number": 7}, {"num', {}, id="a list cut short"),
        pytest.param("<html>no", {}, id="no JSON at all"),
        pytest.param('{"number": 7', {"Content_Length": "500"}, id="fewer bytes than announced"),
    ],
)
def test_an_answer_cut_short_is_never_taken_for_the_whole(api: Api, body: str, headers: dict[str, str]) -> None:
    say(200, body, **headers)
    assert isinstance(fault(api), Later)


def test_no_answer_at_all_is_tried_again_later(server: ThreadingHTTPServer) -> None:
    client = github.Github(base_url="http://127.0.0.1:9", timeout=1, retry=None)
    error = fault(Api(client))
    assert isinstance(error, Later)
    assert error.after is None
    assert "gave no answer" in str(error)


def test_every_page_is_read_to_the_last(api: Api, server: ThreadingHTTPServer) -> None:
    here = f"http://127.0.0.1:{server.server_port}/things"
    say(200, "[1, 2]", Link=f'<{here}?page=1>; rel="prev", <{here}?page=2>; rel="next"')
    say(200, "[3]", Link=f'<{here}?page=1>; rel="first"')
    assert list(api.pages("/things", state="open")) == [1, 2, 3]
    assert Answers.asked == ["GET /things?per_page=100&state=open", "GET /things?page=2"]


def test_a_list_inside_an_object_is_read_from_there(api: Api) -> None:
    say(200, '{"total_count": 2, "check_runs": [1, 2]}')
    assert list(api.pages("/x", under="check_runs")) == [1, 2]


def test_a_page_that_fails_fails_the_whole_list(api: Api, server: ThreadingHTTPServer) -> None:
    say(200, "[1]", Link=f'<http://127.0.0.1:{server.server_port}/things?page=2>; rel="next"')
    say(502, "")
    with pytest.raises(Later):
        list(api.pages("/things"))


def test_a_write_that_fails_is_not_repeated(api: Api) -> None:
    say(502, "")
    with pytest.raises(Kept):
        api.send("PUT", "/repos/acme/shop/pulls/7/merge", {"sha": "abc"})
    assert Answers.asked == ["PUT /repos/acme/shop/pulls/7/merge"]


def test_a_write_gives_what_github_answers(api: Api) -> None:
    say(201, '{"id": 5}')
    assert api.send("POST", "/x", {"a": 1}) == {"id": 5}
