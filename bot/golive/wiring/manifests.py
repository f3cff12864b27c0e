"""The app manifests that the repository ships, with the operator's own addresses filled in.

A placeholder is `${name}` in templates/manifests; the fixed list of names is the parameters of the functions below. Add
one by adding a parameter.
"""

from __future__ import annotations

import json
import re
from string import Template
from typing import Any
from urllib.parse import urlsplit

import yaml

from golive.core.errors import Misconfigured
from golive.render.templates import asset

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SENDS_TO = re.compile(r"\s+(?:url|request_url): ")
_PLAIN = re.compile(r"https?://[A-Za-z0-9\-._~:/\[\]%]+")


def address(text: str, what: str) -> str:
    """An http(s) address without a trailing slash, safe to stand in JSON and YAML.

    what: how an error names it. Raises Misconfigured unless it is https, or http on this machine alone.
    """
    shown = f"{what} is {text!r}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not _PLAIN.fullmatch(text) or not host:
        raise Misconfigured(f"{shown}; expected an address like https://golive.example.org, without a query.")
    if parts.scheme != "https" and host not in LOOPBACK:
        raise Misconfigured(f"{shown}; secrets travel there, so it must start with https:// (http on 127.0.0.1 only).")
    return text.rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether this address is this machine alone."""
    return urlsplit(url).hostname in LOOPBACK


def github_app(*, name: str, public_url: str, redirect_url: str) -> dict[str, Any]:
    """The GitHub App manifest.

    name: what GitHub calls the App, at most 34 characters.   public_url: where GitHub reaches golive.
    redirect_url: where GitHub sends the person back, with the code to exchange.
    Source of the keys: GitHub's documentation, "Registering a GitHub App from a manifest".
    """
    values = {"name": name, "public_url": public_url, "redirect_url": redirect_url}
    filled = _filled(json.loads(asset("manifests/github-app.json")), values)
    assert isinstance(filled, dict)  # noqa: S101  # the shipped file is an object; a test reads it
    return filled


def asked_permissions() -> dict[str, str]:
    """What the shipped manifest asks of GitHub, permission → level; names and addresses play no part."""
    asked = github_app(name="", public_url="", redirect_url="")["default_permissions"]
    return {str(name): str(level) for name, level in asked.items()}


def slack_app(*, public_url: str, socket: bool = False) -> str:
    """The Slack app manifest as YAML, comments and all. `public_url`: where people reach golive; see `address`.

    socket: for Socket Mode: Slack is given no address of ours to send to.
    """
    ours = urlsplit(public_url).hostname or ""
    unfurled = ("github.com",) if ours in (*LOOPBACK, "github.com") else ("github.com", ours)
    text = Template(asset("manifests/slack-app.yml")).substitute(
        public_url=public_url, unfurl_domains=", ".join(unfurled)
    )
    if not socket:
        return text
    kept = [line for line in text.splitlines(keepends=True) if not _SENDS_TO.match(line)]
    return "".join(kept).replace("socket_mode_enabled: false", "socket_mode_enabled: true")


def _filled(value: Any, values: dict[str, str]) -> Any:
    """Substitute inside the strings of parsed JSON, so that no value can break out of its place."""
    if isinstance(value, dict):
        return {key: _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    return Template(value).substitute(values) if isinstance(value, str) else value


def asked_scopes() -> tuple[str, ...]:
    """The bot scopes that the shipped Slack manifest asks for."""
    read = yaml.safe_load(slack_app(public_url="https://golive.example.org"))
    return tuple(str(scope) for scope in read["oauth_config"]["scopes"]["bot"])
