"""Endpoints of Apps: who am I, where am I installed, a token please, and the log of webhooks."""

from __future__ import annotations

from golive.standins.github.base import Call, number
from golive.standins.github.hooks import Hooks, Sent
from golive.standins.github.shapes import Json, stamp
from golive.standins.github.world import App, Installation, RefusedError, Repo
from golive.standins.wire import Response, route


class AppRoutes(Hooks):
    """Apps, installations, deliveries, quota and accounts."""

    @route("GET", "/app", "apps/get-authenticated")
    def get_app(self, call: Call) -> Response:
        """The App whose JWT this is."""
        return Response.of(200, call.shapes.app_own(_app(call)))

    @route("GET", "/app/installations", "apps/list-installations")
    def list_installations(self, call: Call) -> Response:
        """Where the App is installed."""
        mine = [i for i in self.world.installations.values() if i.app is _app(call)]
        return self.listed(call, mine, call.shapes.installation)

    @route("GET", "/app/installations/{installation_id}", "apps/get-installation")
    def get_installation(self, call: Call, installation_id: str) -> Response:
        """One installation of the App."""
        return Response.of(200, call.shapes.installation(self._installation(call, installation_id)))

    def _installation(self, call: Call, installation_id: str) -> Installation:
        found = self.world.installations.get(number(installation_id))
        if found is None or found.app is not _app(call):
            raise RefusedError(404, "Not Found")
        return found

    @route("POST", "/app/installations/{installation_id}/access_tokens", "apps/create-installation-access-token")
    def create_token(self, call: Call, installation_id: str) -> Response:
        """A token for an hour, for all that the installation reaches or for less."""
        it, body = self._installation(call, installation_id), call.body()
        if it.suspended_at:
            raise RefusedError(403, "This installation has been suspended")
        permissions = dict(it.app.permissions)
        for name, level in (body.get("permissions") or {}).items():
            if name not in permissions or (level == "write" and permissions[name] == "read"):
                raise RefusedError(422, "The permissions requested are not granted to this installation.")
        permissions = dict(body.get("permissions") or permissions)
        token = self.gate.give(it.app.bot, self.wall(), it, permissions, self._chosen(it, body))
        selection = "all" if it.repos is None and token.repos is None else "selected"
        answer: Json = {"token": token.text, "expires_at": stamp(token.expires_at), "permissions": permissions,
                        "repository_selection": selection}  # fmt: skip
        if token.repos is not None:
            answer["repositories"] = [call.shapes.repo(self.world.repos_by_id[r]) for r in sorted(token.repos)]
        return Response.of(201, answer)

    def _chosen(self, it: Installation, body: Json) -> frozenset[int] | None:
        names, ids = body.get("repositories"), body.get("repository_ids")
        if not names and not ids:
            return None
        found = [r for r in self.world.repos_by_id.values()
                 if self.world.covers(it, r) and (r.name in (names or ()) or r.id in (ids or ()))]  # fmt: skip
        if len(found) != len(set(names or ())) + len(set(ids or ())):
            raise RefusedError(422, "There is at least one repository that does not exist or is not accessible.")
        return frozenset(r.id for r in found)

    @route("GET", "/repos/{owner}/{repo}/installation", "apps/get-repo-installation")
    def repo_installation(self, call: Call, repo: Repo) -> Response:
        """The App's installation that reaches a repository."""
        found = next((i for i in self.world.installed_on(repo) if i.app is _app(call)), None)
        if found is None:
            raise RefusedError(404, "Not Found")
        return Response.of(200, call.shapes.installation(found))

    @route("GET", "/orgs/{org}/installation", "apps/get-org-installation")
    @route("GET", "/users/{org}/installation", "apps/get-user-installation")
    def account_installation(self, call: Call, org: str) -> Response:
        """The App's installation on an account."""
        account = self.world.user(org)
        mine = (i for i in self.world.installations.values() if i.app is _app(call))
        found = next((i for i in mine if i.account is account), None)
        if found is None:
            raise RefusedError(404, "Not Found")
        return Response.of(200, call.shapes.installation(found))

    @route("GET", "/app/hook/config", "apps/get-webhook-config-for-app")
    def hook_config(self, call: Call) -> Response:
        """Where the App's webhooks go; the secret is masked."""
        app = _app(call)
        return Response.of(200, {"content_type": "json", "insecure_ssl": "0", "url": app.webhook_url,
                                 "secret": "********"})  # fmt: skip

    @route("GET", "/app/hook/deliveries", "apps/list-webhook-deliveries")
    def list_deliveries(self, call: Call) -> Response:
        """The delivery log, newest first, by cursor as GitHub pages it."""
        log = self.sent(_app(call))
        if cursor := call.request.one("cursor"):
            log = [s for s in log if s.delivery.id <= number(cursor)]
        size = min(max(int(call.request.one("per_page", "30")), 1), 100)
        headers = {}
        if len(log) > size:
            url = f"{call.request.base}{call.request.path}?per_page={size}&cursor={log[size].delivery.id}"
            headers["link"] = f'<{url}>; rel="next"'
        return Response.of(200, [_logged(s) for s in log[:size]], **headers)

    @route("GET", "/app/hook/deliveries/{delivery_id}", "apps/get-webhook-delivery")
    def get_delivery(self, call: Call, delivery_id: str) -> Response:
        """One delivery with what was sent and answered."""
        sent = self._sent(call, delivery_id)
        outgoing = sent.delivery.outgoing
        request = {"headers": dict(outgoing.headers), "payload": Response(200, outgoing.body).json()}
        answer = {"headers": {}, "payload": sent.answer.decode("utf-8", "replace")}
        return Response.of(200, _logged(sent) | {"url": outgoing.url, "request": request, "response": answer})

    def _sent(self, call: Call, delivery_id: str) -> Sent:
        found = next((s for s in self.sent(_app(call)) if s.delivery.id == number(delivery_id)), None)
        if found is None:
            raise RefusedError(404, "Not Found")
        return found

    @route("POST", "/app/hook/deliveries/{delivery_id}/attempts", "apps/redeliver-webhook-delivery")
    def redeliver_one(self, call: Call, delivery_id: str) -> Response:
        """Send a delivery again."""
        self.redeliver(self._sent(call, delivery_id).delivery.id)
        return Response.of(202, {})

    @route("GET", "/installation/repositories", "apps/list-repos-accessible-to-installation")
    def installation_repositories(self, call: Call) -> Response:
        """What the token reaches."""
        token = call.caller.token
        if token is None or token.installation is None:
            raise RefusedError(403, "This endpoint requires an installation token")
        reached = [r for r in self.world.repos_by_id.values() if self.world.covers(token.installation, r)]
        if token.repos is not None:
            reached = [r for r in reached if r.id in token.repos]
        return self.listed(call, reached, call.shapes.repo, "repositories")

    @route("DELETE", "/installation/token", "apps/revoke-installation-access-token")
    def revoke_token(self, call: Call) -> Response:
        """Give a token back before its hour is over."""
        self.gate.tokens.pop(call.caller.secret, None)
        return Response(204)

    @route("GET", "/rate_limit", "rate-limit/get")
    def rate_limit(self, call: Call) -> Response:
        """What is left of the hour; asking costs nothing."""
        quota = self.gate.quota(call.caller, self.wall())
        core = {"limit": quota.limit, "used": quota.used, "remaining": quota.limit - quota.used,
                "reset": int(quota.reset)}  # fmt: skip
        return Response.of(200, {"resources": {"core": core, "search": core}, "rate": core})

    @route("GET", "/users/{username}", "users/get-by-username")
    def get_user(self, call: Call, username: str) -> Response:
        """An account by login."""
        return Response.of(200, call.shapes.profile(self.world.user(username)))

    @route("GET", "/user", "users/get-authenticated")
    def get_self(self, call: Call) -> Response:
        """The person whose token this is; an installation is nobody."""
        if call.caller.token is None or call.caller.installation is not None:
            raise RefusedError(403, "Resource not accessible by integration")
        return Response.of(200, call.shapes.profile(call.actor))

    @route("GET", "/user/{account_id}", "users/get-by-id")
    def get_user_by_id(self, call: Call, account_id: str) -> Response:
        """An account by number, which outlives a renaming."""
        found = self.world.users_by_id.get(number(account_id))
        if found is None:
            raise RefusedError(404, "Not Found")
        return Response.of(200, call.shapes.profile(found))


def _app(call: Call) -> App:
    if call.caller.app is None:
        raise RefusedError(401, "A JSON web token could not be decoded")
    return call.caller.app


def _logged(sent: Sent) -> Json:
    d = sent.delivery
    return {"id": d.id, "guid": d.guid, "delivered_at": stamp(d.at), "redelivery": d.redelivery, "duration": 0.1,
            "status": sent.status, "status_code": sent.status_code, "event": d.event, "action": d.action,
            "installation_id": d.installation_id, "repository_id": d.repository_id, "throttled_at": None}  # fmt: skip
