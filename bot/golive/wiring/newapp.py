"""A GitHub App made from a manifest: the code that GitHub sends back with the person, exchanged for what the App is.

The command line (`golive setup github`) and the server's `/setup` share it. Errors never hold what GitHub answered: that
is the key.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from golive.core.errors import Misconfigured
from golive.core.forges import PUBLIC_API, places

# A code can be exchanged for one hour. Source: GitHub's documentation, "Registering a GitHub App from a manifest".
CODE_LIVES = timedelta(hours=1)
NAME_LIMIT = 34
ANSWER_WITHIN = 30
"""Seconds."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Registered:
    """What GitHub gives for a code, once. `html_url`: the App's public page."""

    app_id: int
    slug: str
    html_url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)

    def settings(self, public_url: str, github_url: str, api_url: str) -> dict[str, str]:
        """The settings that this App is, by their names in the environment."""
        values = {
            "GOLIVE_GITHUB_APP_ID": str(self.app_id),
            "GOLIVE_GITHUB_APP_SLUG": self.slug,
            "GOLIVE_GITHUB_PRIVATE_KEY": self.private_key,
            "GOLIVE_GITHUB_WEBHOOK_SECRET": self.webhook_secret,
            "GOLIVE_GITHUB_CLIENT_ID": self.client_id,
            "GOLIVE_GITHUB_CLIENT_SECRET": self.client_secret,
            "GOLIVE_PUBLIC_URL": public_url,
        }
        if api_url != PUBLIC_API:
            values["GOLIVE_GITHUB_API_URL"] = api_url
        if github_url != places(api_url).web:
            values["GOLIVE_GITHUB_WEB_URL"] = github_url
        return values


def is_code(text: str) -> bool:
    """Whether it can be a code of GitHub's: it becomes part of a path."""
    return bool(_CODE.fullmatch(text))


def app_name(name: str, org: str, option: str) -> str:
    """The App's name, chosen or made of the organisation's. option: where another one is given.

    Raises Misconfigured for one that GitHub does not take, or an organisation that is no login.
    """
    if org and not _LOGIN.fullmatch(org):
        raise Misconfigured(f"{org!r} is no login of an organisation: letters, digits and single dashes.")
    chosen = name or (f"golive-{org}" if org else "golive")
    if len(chosen) > NAME_LIMIT:
        raise Misconfigured(
            f"{chosen!r} has {len(chosen)} characters; GitHub takes {NAME_LIMIT}. Choose one with {option}."
        )
    return chosen


def exchange(api_url: str, code: str, again: str) -> Registered:
    """Exchange the code for the App's id, key and secret; a code works once.

    again: what to do where that fails, a sentence. Raises Misconfigured where GitHub refuses or cannot be reached.
    Source: `POST /app-manifests/{code}/conversions`.
    """
    request = urllib.request.Request(  # noqa: S310  # `manifests.address` let only https and loopback through
        f"{api_url.rstrip('/')}/app-manifests/{quote(code, safe='')}/conversions",
        method="POST",
        headers={
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "golive-setup",
        },
    )
    again = f"{again} An App that was created meanwhile can be deleted on GitHub."
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_WITHIN) as answer:  # noqa: S310
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise Misconfigured(
            f"GitHub did not exchange the code (status {error.code}). It works once, for one hour. {again}"
        ) from None
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{api_url} gave no usable answer: {type(error).__name__}. {again}") from None
    return _registered(body, again)


def _registered(body: Any, again: str) -> Registered:
    wanted = {"id": int, "slug": str, "html_url": str, "pem": str, "webhook_secret": str, "client_id": str,
              "client_secret": str}  # fmt: skip
    absent = [key for key, kind in wanted.items() if not isinstance(body, dict) or not isinstance(body.get(key), kind)]
    if absent:  # names only: the body holds the key
        raise Misconfigured(f"GitHub's answer lacks {', '.join(absent)}. {again}")
    return Registered(
        body["id"], body["slug"], body["html_url"], body["pem"], body["webhook_secret"], body["client_id"],
        body["client_secret"],
    )  # fmt: skip
