"""GitHub's REST API for checks: lists read to their last page, and GitHub's own words where it refuses.

https://docs.github.com/en/rest. Pages are followed by the `Link` header, and never to another host, since the token goes
along. Add an endpoint in the kind that asks it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from pydantic import AfterValidator, Field, model_validator

from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.replies import Asker, joined
from golive.checks.webapi import Told, asked, listed, table
from golive.ports import Look

MOST_PAGES = 20
"""Pages of one list; a hundred entries each."""
_NEXT = re.compile(r"<([^<>]*)>\s*;[^,]*\brel=\"?next\"?")
_HEADERS = {"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"}

RepositoryName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", max_length=200)]


def _api(url: str) -> str:
    if urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError("write where the API is, without a query: https://api.github.com, or https://HOST/api/v3")
    return url


@dataclass(frozen=True)
class Entries:
    """A list as far as it was read. problem: why it is not all there, or empty.   cut: there are more pages yet."""

    items: tuple[Mapping[str, Any], ...] = ()
    problem: str = ""
    status: int = 0
    cut: bool = False


class AsksGithub(Asks):
    """Options of a kind that asks one repository over the REST API."""

    repository: RepositoryName
    api: Annotated[WebUrl, AfterValidator(_api)] = "https://api.github.com"

    @model_validator(mode="after")
    def _whole_name(self) -> AsksGithub:
        if set(self.repository.split("/")) & {".", ".."}:
            raise ValueError("expected a repository like acme/shop")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.api),)

    def place(self, path: str) -> str:
        """The URL of something of the repository."""
        return joined(self.api, f"/repos/{self.repository}{path}")


class GithubAsker:
    """Asks GitHub for one check, within its time."""

    def __init__(self, check: AsksGithub, look: Look) -> None:
        self._check = check
        self._asker = Asker(look)
        self._secret = check.credentials(look, check.api)

    def one(self, path: str) -> Told:
        """One document."""
        return asked(self._asker, self._check.place(path), self._secret, words, _HEADERS)

    def entries(self, path: str, **query: str) -> Entries:
        """A list, to its last page or the twentieth."""
        url: str | None = f"{self._check.place(path)}?{urlencode({**query, 'per_page': '100'})}"
        found: list[Mapping[str, Any]] = []
        status = 0
        for _ in range(MOST_PAGES):
            told = asked(self._asker, url or "", self._secret, words, _HEADERS)
            status = told.status
            if told.problem or not isinstance(told.document, list):
                return Entries(tuple(found), told.problem or f"{told.url} answered with no list", status)
            found += [table(one) for one in listed(told.document)]
            url = following(told.headers.get("link", ""))
            if url is None:
                return Entries(tuple(found), "", status)
            if not _same_place(url, self._check.api):
                return Entries(tuple(found), f"{told.url} names a next page on another host", status)
        return Entries(tuple(found), "", status, cut=True)


def following(link: str) -> str | None:
    """The next page that a `Link` header names, RFC 8288, or None."""
    match = _NEXT.search(link)
    return match[1] if match else None


def _same_place(url: str, api: str) -> bool:
    there, here = urlsplit(url), urlsplit(api)
    return (there.scheme, there.netloc) == (here.scheme, here.netloc)


def words(document: Any) -> str:
    """GitHub's own words for an error: its `message`."""
    return str(table(document).get("message", ""))
