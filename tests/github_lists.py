"""A REST API of GitHub that lists what a test gives it, a few entries a page, over real sockets.

Entries are written field by field after the pages of docs.github.com/en/rest that each maker names; no server of GitHub
answers here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from website import Asked, Said

TOKEN = "s3cret-token"
REPOSITORY = "/repos/acme/shop"


def an_issue(
    number: int, title: str = "It breaks", opened: str = "2026-01-01T00:00:00Z", **more: Any
) -> dict[str, Any]:
    """docs.github.com/en/rest/issues/issues#list-repository-issues"""
    held = {"id": number, "number": number, "state": "open", "title": title, "created_at": opened, "labels": []}
    return {**held, "assignees": [{"login": "ana", "id": 7}], "milestone": None, **more}


def a_pull(number: int) -> dict[str, Any]:
    """GitHub lists pull requests as issues that have this key."""
    return an_issue(number, "A pull request", pull_request={"url": "https://api.github.com/repos/acme/shop/pulls/1"})


def a_code_alert(number: int, severity: str | None, rule: str = "error", line: int = 7) -> dict[str, Any]:
    """docs.github.com/en/rest/code-scanning/code-scanning#list-code-scanning-alerts-for-a-repository"""
    about = {"id": "js/zipslip", "severity": rule, "security_severity_level": severity, "description": "Zip Slip"}
    place = {"path": "lib/ab12.js", "start_line": line, "end_line": line}
    instance = {"ref": "refs/heads/main", "state": "open", "location": place}
    return {
        "number": number,
        "state": "open",
        "rule": about,
        "tool": {"name": "CodeQL"},
        "most_recent_instance": instance,
    }


def a_dependency_alert(number: int, severity: str) -> dict[str, Any]:
    """docs.github.com/en/rest/dependabot/alerts#list-dependabot-alerts-for-a-repository"""
    package = {"ecosystem": "pip", "name": "django"}
    return {
        "number": number,
        "state": "open",
        "dependency": {"package": package, "manifest_path": "requirements.txt", "scope": "runtime"},
        "security_advisory": {"ghsa_id": "GHSA-aaaa-bbbb-cccc", "summary": "Directory traversal", "severity": severity},
        "security_vulnerability": {"package": package, "severity": severity},
    }


def a_secret_alert(number: int, secret: str) -> dict[str, Any]:
    """docs.github.com/en/rest/secret-scanning/secret-scanning#list-secret-scanning-alerts-for-a-repository"""
    kind = {"secret_type": "aws_access_key_id", "secret_type_display_name": "Amazon AWS Access Key ID"}
    return {"number": number, "state": "open", **kind, "secret": secret}


class Lists:
    """Answers like the REST API. lists: by the path below the repository; a status and a message where it is no list."""

    def __init__(self, lists: Mapping[str, Any], page: int = 2, next_host: str = "") -> None:
        self.lists, self.page, self.next_host = lists, page, next_host

    def __call__(self, asked: Asked) -> Said:
        url = urlsplit(asked.path)
        path, query = unquote(url.path).removeprefix(REPOSITORY), parse_qs(url.query)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Said(401, json.dumps({"message": "Bad credentials", "status": "401"}))
        held = self.lists.get(path, (404, "Not Found"))
        if isinstance(held, tuple):
            status, message = held
            return Said(status, json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"}))
        if not isinstance(held, list):
            return Said(200, json.dumps(held))
        number = int(query.get("page", ["1"])[0])
        at = (number - 1) * self.page
        return Said(200, json.dumps(held[at : at + self.page]), self._link(asked, url.path, number, len(held)))

    def _link(self, asked: Asked, path: str, number: int, size: int) -> tuple[tuple[str, str], ...]:
        if number * self.page >= size:
            return (("Link", f'<http://x{path}?page=1>; rel="first"'),) if number > 1 else ()
        host = self.next_host or asked.headers["host"]
        first, following = f'<http://{host}{path}?page=1>; rel="first"', f"<http://{host}{path}?page={number + 1}>"
        return (("Link", f'{first}, {following}; rel="next", <http://{host}{path}?page=9>; rel="last"'),)
