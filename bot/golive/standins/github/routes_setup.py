"""Making an App from a manifest, and installing it: the pages a person passes through, and the code's exchange.

Source: GitHub's "Registering a GitHub App from a manifest": a form field `manifest`, a redirect with a code that
works once and for an hour, and its conversion into the App's id, key and secrets.
"""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from golive.standins.github.acts_accounts import AccountActs
from golive.standins.github.base import Call
from golive.standins.github.pages import install_page, moved_to, shown
from golive.standins.github.state import Clock, utc_now
from golive.standins.github.world import App, RefusedError
from golive.standins.wire import Request, Response, route

CODE_LIFE = timedelta(hours=1)


def form(request: Request) -> dict[str, str]:
    """A posted form, first value of each field."""
    fields = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


class SetupRoutes(AccountActs):
    """From a manifest to an installed App."""

    def __init__(self, clock: Clock = utc_now, web: str = "http://127.0.0.1", wall: Clock = utc_now) -> None:
        super().__init__(clock, web, wall)
        self._codes: dict[str, tuple[App, datetime]] = {}
        self._setup_urls: dict[int, str] = {}

    @route("POST", "/settings/apps/new", "page/new-app")
    def new_own_app(self, request: Request) -> Response:
        """Make an App of one's own and go back to the redirect address with a code."""
        return self._made(request, form(request).get("by"))

    @route("POST", "/organizations/{org}/settings/apps/new", "page/new-organization-app")
    def new_org_app(self, request: Request, org: str) -> Response:
        """Make an App of an organisation."""
        return self._made(request, self.world.org(org).account.login)

    def _made(self, request: Request, owner: str | None) -> Response:
        try:
            manifest: dict[str, Any] = json.loads(form(request).get("manifest", ""))
            name, back = str(manifest["name"]), str(manifest["redirect_url"])
        except (ValueError, KeyError, TypeError):
            raise RefusedError(422, "The manifest must be JSON with a name, a url and a redirect_url.") from None
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        if slug in self.world.apps:
            raise RefusedError(422, f"The name {name} is already taken.")
        hook = manifest.get("hook_attributes") or {}
        app = self.create_app(slug, name=name, permissions=manifest.get("default_permissions", {}), owner=owner,
                              events=manifest.get("default_events", []), webhook_url=hook.get("url", ""),
                              webhook_secret=secrets.token_hex(20))  # fmt: skip
        app.external_url, app.description = manifest.get("url", ""), manifest.get("description")
        app.callback_urls = tuple(manifest.get("callback_urls") or ())
        self._setup_urls[app.id] = manifest.get("setup_url", "")
        code = secrets.token_hex(20)
        self._codes[code] = (app, self.wall() + CODE_LIFE)
        query = {"code": code} | ({"state": request.one("state")} if request.one("state") else {})
        return moved_to(f"{back}{'&' if '?' in back else '?'}{urlencode(query)}")

    @route("POST", "/app-manifests/{code}/conversions", "apps/create-from-manifest")
    def convert(self, call: Call, code: str) -> Response:
        """Exchange a code, once, for the App with its key and secrets."""
        app, until = self._codes.pop(code, (None, self.wall()))
        if app is None or self.wall() >= until:
            raise RefusedError(404, "Not Found")
        own = {"client_id": app.client_id, "client_secret": app.client_secret, "webhook_secret": app.webhook_secret,
               "pem": app.private_key}  # fmt: skip
        return Response.of(201, call.shapes.app(app) | own)

    @route("GET", "/apps/{slug}/installations/new", "page/choose-account")
    def choose_account(self, request: Request, slug: str) -> Response:
        """Ask where to install."""
        accounts = {r.owner.login for r in self.world.repos_by_id.values()}
        return shown(install_page(self.world.app(slug), sorted(accounts), request.one("state")))

    @route("POST", "/apps/{slug}/installations/new", "page/install-app")
    def install_app(self, request: Request, slug: str) -> Response:
        """Install on an account and go to the App's setup address, as GitHub does."""
        app, fields = self.world.app(slug), form(request)
        query = {"installation_id": str(self.install(app, fields.get("account", ""))), "setup_action": "install"}
        if fields.get("state"):
            query["state"] = fields["state"]
        target = self._setup_urls.get(app.id)
        return moved_to(f"{target}?{urlencode(query)}" if target else "/")
