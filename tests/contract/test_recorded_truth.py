"""The client layer against what the real GitHub answered, on cassettes made by `tests/recordings.py`. Nothing is asked outside.

Each test plays one cassette to its end, once; a request that GitHub was not asked is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import vcr
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth

from contract.openapi import OpenAPI
from golive.core.errors import Gone, Later, Refused
from golive.githubapp.cache import Cache
from golive.githubapp.client import Api, Clients, Lane, utc_now
from golive.githubapp.meter import Meter
from golive.standins.github.coverage import COVERAGE
from golive.standins.wire import Exchange, Request, Response
from recordings import CASSETTES, KEPT, problems

OPENAPI = CASSETTES.parent / "openapi-subset.json"
OWNER = "/repos/octokit-fixture-org"
MATCH = ("method", "scheme", "host", "port", "path", "query", "body")
FILES = sorted(CASSETTES.glob("*.yaml"))


def clients() -> Clients:
    """Clients of the real address; the key signs nothing here."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return Clients(1, pem.decode(), "https://api.github.com", timedelta())


@contextmanager
def played(name: str) -> Iterator[Api]:
    """The API, answered by one cassette; afterwards every exchange of it was played."""
    path = CASSETTES / f"{name}.yaml"
    with vcr.use_cassette(
        str(path),
        record_mode=vcr.mode.NONE,
        match_on=MATCH,
        allow_playback_repeats=False,
        decode_compressed_response=True,
    ) as cassette:
        yield clients().bearer("nobody-reads-this")
        assert cassette.all_played, f"{path.name} has exchanges that this test does not ask for; leave them out of KEPT"


def dated(exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same exchanges as GitHub would answer where it gives a date and no ETag; composed, for none was recorded."""
    for one in exchanges:
        one["request"]["headers"].pop("If-None-Match", None)
        one["response"]["headers"].pop("ETag")
    return exchanges


def conditions(headers: Mapping[str, Any]) -> dict[str, str]:
    """What a request asks for only on a condition, however its headers are held."""
    told = {name.lower(): value[0] if isinstance(value, list) else value for name, value in headers.items()}
    return {name: value for name, value in told.items() if name in ("if-none-match", "if-modified-since")}


def asked_alike(asked: vcr.request.Request, kept: vcr.request.Request) -> None:
    """A matcher of vcrpy's: an exchange is played only to a request with the very conditions it was made for."""
    assert conditions(asked.headers) == conditions(kept.headers)


def recorded(name: str) -> list[dict[str, Any]]:
    """The exchanges in a cassette."""
    held: list[dict[str, Any]] = yaml.safe_load((CASSETTES / f"{name}.yaml").read_text())["interactions"]
    return held


def path_of(one: dict[str, Any]) -> str:
    """What was asked, without the host and the query."""
    return str(one["request"]["uri"]).removeprefix("https://api.github.com").split("?")[0]


def test_a_list_is_read_to_its_last_page_by_the_links_that_github_gave() -> None:
    first = path_of(recorded("pagination")[0])
    with played("pagination") as api:
        issues = list(api.pages(first, per_page=3))
    assert [issue["number"] for issue in issues] == list(range(13, 0, -1))


def test_a_repository_is_what_github_says_it_is() -> None:
    with played("repository") as api:
        told = api.get(f"{OWNER}/hello-world")
    assert (told["id"], told["full_name"], told["default_branch"]) == (
        103703892, "octokit-fixture-org/hello-world", "master",
    )  # fmt: skip


@pytest.mark.parametrize("by", ["its ETag and its date", "its date alone"])
def test_an_unchanged_repository_is_asked_for_by_what_github_gave_and_served_again(by: str, tmp_path: Path) -> None:
    exchanges = recorded("conditional") if by.startswith("its ETag") else dated(recorded("conditional"))
    held = tmp_path / "conditional.yaml"
    held.write_text(yaml.safe_dump({"version": 1, "interactions": exchanges}))
    player = vcr.VCR(record_mode=vcr.mode.NONE, match_on=(*MATCH, "conditions"), decode_compressed_response=True)
    player.register_matcher("conditions", asked_alike)
    meter, everybody = Meter(utc_now), clients()
    token = Auth.Token("nobody-reads-this")
    lane = Lane("api.github.com", 1, token, meter, Cache(None, utc_now))  # type: ignore[arg-type]  # its token is all
    with player.use_cassette(str(held), allow_playback_repeats=False) as cassette:
        api = Api(everybody._client(token), lane)
        first, again = (api.get(f"{OWNER}/hello-world") for _ in range(2))
        assert cassette.all_played, "the second read did not ask on the conditions that GitHub's answer gave"
    assert (again["id"], again) == (103703892, first), "a 304 has no body: what was kept is served"
    (figures,) = meter.figures()
    assert dict(figures.requests) == {"read": 1, "not_modified": 1}


def test_an_organisation_is_read() -> None:
    with played("organization") as api:
        assert api.get("/orgs/octokit-fixture-org")["id"] == 31898100


def test_a_folder_is_a_list_so_it_is_taken_for_no_file() -> None:
    with played("contents") as api:
        told = api.get(f"{OWNER}/hello-world/contents/")
    assert [(one["type"], one["path"]) for one in told] == [("file", "README.md")]


def test_people_with_rights_are_listed_before_and_after_one_was_removed() -> None:
    here = path_of(recorded("collaborators")[0])
    with played("collaborators") as api:
        before = [one["login"] for one in api.get(here)]
        after = [one["login"] for one in api.get(here)]
    assert set(after) < set(before)


def test_what_github_refuses_is_said_in_its_own_words() -> None:
    here = recorded("refused")[0]
    with played("refused") as api, pytest.raises(Refused, match="Validation Failed"):
        api.send("POST", path_of(here), json.loads(here["request"]["body"]))


def test_a_branch_without_protection_is_gone_and_a_protected_one_tells_its_rules() -> None:
    _, _, put = recorded("protection")
    with played("protection") as api:
        with pytest.raises(Gone, match="Branch not protected"):
            api.get(path_of(put))
        for one in recorded("protection")[1:]:
            told = api.send("PUT", path_of(put), json.loads(one["request"]["body"]))
    assert told["required_status_checks"]["contexts"] == ["foo/bar"]
    assert told["enforce_admins"]["enabled"] is True


def test_statuses_are_given_and_read_one_by_one_and_together() -> None:
    one, other, listed, together = recorded("statuses")
    with played("statuses") as api:
        for written in (one, other):
            api.send("POST", path_of(written), json.loads(written["request"]["body"]))
        states = [status["state"] for status in api.get(path_of(listed))]
        told = api.get(path_of(together))
    assert states == ["success", "failure"]
    assert (told["state"], told["total_count"]) == ("failure", 2)


def test_labels_are_listed_made_changed_and_removed() -> None:
    listed, made, read, changed, removed = recorded("labels")
    with played("labels") as api:
        assert {"bug", "enhancement"} <= {label["name"] for label in api.get(path_of(listed))}
        api.send("POST", path_of(made), json.loads(made["request"]["body"]))
        assert api.get(path_of(read))["name"] == "test-label"
        told = api.send("PATCH", path_of(changed), json.loads(changed["request"]["body"]))
        assert told["name"] == "test-label-updated"
        api.send("DELETE", path_of(removed), {})


def test_labels_are_put_on_an_issue() -> None:
    (one,) = recorded("labels-of-an-issue")
    with played("labels-of-an-issue") as api:
        told = api.send("POST", path_of(one), json.loads(one["request"]["body"]))
    assert [label["name"] for label in told] == ["Foo", "bAr", "baZ"]


def test_a_file_is_made() -> None:
    (one,) = recorded("file-created")
    with played("file-created") as api:
        told = api.send("PUT", path_of(one), json.loads(one["request"]["body"]))
    assert len(told["commit"]["sha"]) == 40


def test_branches_are_listed_made_moved_and_removed() -> None:
    before, made, moved, after, removed = recorded("refs")
    with played("refs") as api:
        assert [ref["ref"] for ref in api.get(path_of(before))] == ["refs/heads/main"]
        api.send("POST", path_of(made), json.loads(made["request"]["body"]))
        told = api.send("PATCH", path_of(moved), json.loads(moved["request"]["body"]))
        assert told["ref"] == "refs/heads/test"
        assert len(api.get(path_of(after))) == 2
        api.send("DELETE", path_of(removed), {})


def test_a_renamed_repository_is_found_under_its_old_name_and_a_write_to_it_is_tried_later() -> None:
    renamed, moved, _, turned_away, by_id = recorded("renamed")
    with played("renamed") as api:
        api.send("PATCH", path_of(renamed), json.loads(renamed["request"]["body"]))
        assert api.get(path_of(moved))["id"] == 515436299, "GitHub answers 301 with the address by id"
        with pytest.raises(Later):
            api.send("PATCH", path_of(turned_away), json.loads(turned_away["request"]["body"]))
        assert api.send("PATCH", path_of(by_id), json.loads(by_id["request"]["body"]))["id"] == 515436299


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_cassette_holds_nothing_that_should_not_be_there(file: Path) -> None:
    assert not list(problems(file.name, yaml.safe_load(file.read_text())))


def test_a_token_in_a_cassette_would_be_found() -> None:
    (one,) = recorded("repository")
    one["response"]["body"]["string"] = "a token, ghs_0123456789abcdef0123456789abcdef0123"
    one["request"]["headers"]["Authorization"] = ["Bearer x"]
    one["request"]["uri"] = "https://example.org/"
    assert len(list(problems("made up", {"interactions": [one]}))) >= 3


def test_every_cassette_is_named_by_the_script_and_every_name_has_one() -> None:
    assert {file.stem for file in FILES} == {kept.name for kept in KEPT}


@pytest.fixture(scope="module")
def described() -> OpenAPI:
    return OpenAPI(OPENAPI)


def operation_of(request: Request, described: OpenAPI) -> str:
    """GitHub's own name for what was asked, or nothing; of the addresses that fit, the one that says most."""
    fitting = [(-len(op.template), name) for name, op in described.operations.items()
               if op.method == request.method and op.pattern.match(request.path)]  # fmt: skip
    return min(fitting)[1] if fitting else ""


def test_recordings_and_stand_in_hold_to_the_same_description(described: OpenAPI) -> None:
    """What the real GitHub answered fits the description that every answer of the stand-in is held to."""
    answered = {row.operation for row in COVERAGE}
    compared: set[str] = set()
    errors: list[str] = []
    for file in FILES:
        for one in recorded(file.stem):
            asked, told = one["request"], one["response"]
            request = Request.of(asked["method"], asked["uri"], {"content-type": "application/json"}, asked["body"])
            headers = {name.lower(): value[0] for name, value in told["headers"].items()}
            response = Response(told["status"]["code"], told["body"]["string"].encode(), headers)
            operation = operation_of(request, described)
            if operation in answered and response.status < 300:
                compared.add(operation)
                errors += described.response_errors(Exchange(request, response, operation))
    # the recordings are of 2022: what GitHub has added since is missing in them, and nothing else may be wrong
    wrong = [error for error in errors if not error.endswith("is a required property")]
    assert not wrong, "\n".join(wrong)
    assert len(compared) >= 5, f"only {sorted(compared)} could be compared; record more"
