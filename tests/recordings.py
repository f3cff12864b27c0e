"""Cassettes of the real GitHub, made from published recordings: `python tests/recordings.py PACKAGE_FOLDER`.

PACKAGE_FOLDER is the unpacked npm package `@octokit/fixtures` (`npm pack @octokit/fixtures@23.1.2`, then `tar xzf`): its
`raw-fixture.json` files hold what api.github.com answered when the octokit team asked. What is kept of them is in `KEPT`;
add a recording by adding a row. Tokens, request ids, mail addresses and every header that no client reads are left out, and
a test reads the cassettes again for anything that should not be in them.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

CASSETTES = Path(__file__).parent / "data" / "github" / "cassettes"
SOURCE = "@octokit/fixtures 23.1.2"
HEADERS = frozenset({
    "content-type", "etag", "last-modified", "link", "location", "retry-after", "x-ratelimit-limit",
    "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-used", "x-ratelimit-resource",
})  # fmt: skip
"""Answer headers that a client may read; no other is kept."""
SECRET = re.compile(r"gh[a-z]_\w{16,}|github_pat_\w+|\b[0-9a-f]{40}\b(?=.*token)|Bearer\s+\S+", re.IGNORECASE)
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
HOST = "api.github.com"


class Kept(NamedTuple):
    """Which exchanges of one recorded scenario become one cassette: (method, pattern that the whole path matches)."""

    name: str
    scenario: str
    steps: tuple[tuple[str, str], ...]
    unchanged: bool = False
    """Whether the last read is asked once more and answered 304: the recordings hold no such answer, so it is composed of
    the recorded one's own headers, as GitHub's "Best practices for using the REST API" describes it."""


KEPT = (
    Kept("pagination", "paginate-issues", (("get", r"/rep.*/issues\?.*"),)),
    Kept("repository", "get-repository", (("get", r"/repos/[^/]+/[^/]+"),)),
    Kept("conditional", "get-repository", (("get", r"/repos/[^/]+/[^/]+"),), unchanged=True),
    Kept("organization", "get-organization", (("get", r"/orgs/[^/]+"),)),
    Kept("contents", "get-content", (("get", r".*/contents/"),)),
    Kept("file-created", "create-file", (("put", r".*/contents/.*"),)),
    Kept("labels", "labels", (("get", r".*/labels"), ("post", r".*/labels"), ("get", r".*/labels/.*"),
                              ("patch", r".*/labels/.*"), ("delete", r".*/labels/.*"))),
    Kept("labels-of-an-issue", "add-labels-to-issue", (("post", r".*/issues/1/labels"),)),
    Kept("refused", "errors", (("post", r".*/labels"),)),
    Kept("protection", "branch-protection", (("get", r".*/protection"), ("put", r".*/protection"))),
    Kept("statuses", "create-status", (("post", r".*/statuses/.*"), ("get", r".*/status(es)?"))),
    Kept("collaborators", "add-and-remove-repository-collaborator", (("get", r".*/collaborators"),)),
    Kept("refs", "git-refs", (("get", r".*/git/refs/"), ("post", r".*/git/refs"), ("patch", r".*/git/refs/.*"),
                              ("delete", r".*/git/refs/.*"))),
    Kept("renamed", "rename-repository", (("get", r"/repo.*"), ("patch", r"/repo.*"))),
)  # fmt: skip


def cassette(kept: Kept, recorded: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The exchanges that are kept, in the order in which they happened, in the form vcrpy reads."""
    chosen = [_exchange(one) for one in recorded if _wanted(kept, one)]
    if not chosen:
        raise ValueError(f"{kept.scenario}: none of its exchanges matches {kept.steps}")
    if kept.unchanged:
        chosen.append(_unchanged(chosen[-1]))
    return {"version": 1, "interactions": chosen}


def _wanted(kept: Kept, one: Mapping[str, Any]) -> bool:
    return any(one["method"] == method and re.fullmatch(path, one["path"]) for method, path in kept.steps)


def _exchange(one: Mapping[str, Any]) -> dict[str, Any]:
    body = one["body"]
    answer = one["response"]
    text = answer if isinstance(answer, str) else json.dumps(answer) if answer not in ({}, "") else ""
    return {
        "request": {
            "method": one["method"].upper(),
            "uri": f"https://{HOST}{one['path']}",
            "body": _scrubbed(json.dumps(body)) if body else None,
            "headers": {"Content-Type": ["application/json"]} if body else {},
        },
        "response": {
            "status": {"code": one["status"], "message": ""},
            "headers": dict(_headers(one["rawHeaders"])),
            "body": {"string": _scrubbed(text)},
        },
    }


def _unchanged(exchange: Mapping[str, Any]) -> dict[str, Any]:
    told = copy.deepcopy(exchange["response"]["headers"])  # copied, so that the file has no references
    conditions = {"If-None-Match": list(told["ETag"]), "If-Modified-Since": list(told["Last-Modified"])}
    return {
        "request": {**exchange["request"], "headers": conditions},
        "response": {
            "status": {"code": 304, "message": "Not Modified"},
            "headers": {name: value for name, value in told.items() if name.casefold() != "content-type"},
            "body": {"string": ""},
        },
    }


def _headers(raw: list[str]) -> Iterator[tuple[str, list[str]]]:
    for name, value in zip(raw[::2], raw[1::2], strict=True):
        if name.casefold() in HEADERS:
            yield name, [value]


def _scrubbed(text: str) -> str:
    text = re.sub(r'("temp_clone_token": )"[^"]*"', r'\1""', text)
    return MAIL.sub("person@example.com", text)


def problems(name: str, held: Mapping[str, Any]) -> Iterator[str]:
    """What must not be in a cassette: secrets, people's mail addresses, other hosts, headers that are not kept."""
    for place, one in enumerate(held["interactions"]):
        where = f"{name}, exchange {place}"
        if not one["request"]["uri"].startswith(f"https://{HOST}/"):
            yield f"{where}: asks {one['request']['uri']}, which is not {HOST}"
        unknown = {h.casefold() for h in one["response"]["headers"]} - HEADERS
        if unknown:
            yield f"{where}: answer headers {sorted(unknown)} are not in HEADERS"
        asked = {h.casefold() for h in one["request"]["headers"]} - {
            "content-type",
            "if-none-match",
            "if-modified-since",
        }
        if asked:
            yield f"{where}: request headers {sorted(asked)} have no place in a cassette"
        text = json.dumps(one)
        if found := SECRET.search(text):
            yield f"{where}: {found[0][:12]}… looks like a token"
        yield from (f"{where}: a mail address, {m}" for m in MAIL.findall(text) if not m.endswith("@example.com"))


def main(folder: Path) -> None:
    """Write every cassette anew."""
    CASSETTES.mkdir(parents=True, exist_ok=True)
    for kept in KEPT:
        recorded = json.loads((folder / "scenarios" / HOST / kept.scenario / "raw-fixture.json").read_text())
        held = cassette(kept, recorded)
        if wrong := list(problems(kept.name, held)):
            sys.exit("\n".join(wrong))
        note = (
            f"# Recorded from {HOST}: {SOURCE}, scenario {kept.scenario}; made by tests/recordings.py, do not edit.\n"
        )
        if kept.unchanged:
            note += "# The last answer, 304, is composed of the recorded answer's own headers.\n"
        (CASSETTES / f"{kept.name}.yaml").write_text(note + yaml.safe_dump(held, sort_keys=False, width=120))
        print(f"{kept.name}: {len(held['interactions'])} exchanges")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
