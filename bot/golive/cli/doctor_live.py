"""What GitHub and Slack themselves say of the configured App: the part of `golive doctor` that --live adds.

Add a question as one function that yields `Item`s, each with its code and its mend, and its call in `asked`. Only reads
are sent. What could not be asked is an item too: nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from golive.cli import doctor_slack
from golive.cli.doctor_terms import Terms, asked_of, terms_of
from golive.cli.items import Item
from golive.core.errors import GoliveError, Later
from golive.core.hardening import short_of, weaknesses
from golive.core.policy import Policy
from golive.githubapp.client import Api, Clients
from golive.githubapp.forge import GitHubForge, GitHubRepo
from golive.githubapp.known import Known
from golive.look.secrets import Secrets
from golive.settings import Settings
from golive.store.app import heard
from golive.store.store import Store, Unavailable, engine_for
from golive.wiring import manifests
from golive.wiring.reading import reader
from golive.wiring.service import utc_now

MOST_REPOSITORIES = 50
"""Looked into in one run; the others are counted."""
LOOKED_BACK = 10
"""Deliveries: all of the newest failed, or webhooks arrive."""


def asked(settings: Settings) -> Iterator[Item]:
    """Every answer; a service that does not answer is an item too."""
    channels: dict[str, str] = {}
    try:
        yield from github(settings, channels)
    except GoliveError as error:
        yield Item("wrong", "GitHub", str(error), "github")
    if settings.slack_on:
        try:
            yield from doctor_slack.asked(settings, channels)
        except GoliveError as error:
            yield Item("wrong", "Slack", str(error), "slack")


def github(settings: Settings, channels: dict[str, str]) -> Iterator[Item]:
    """The App, its webhook, events and permissions, and every repository. channels: filled, channel → who names it."""
    assert settings.github_app_id is not None  # noqa: S101  # asked about before
    clients = Clients(
        settings.github_app_id, settings.github_key or "", settings.github_api_url, settings.github_write_pause
    )
    api = clients.app()
    app = api.get("/app")
    if app["slug"] != settings.github_app_slug:
        yield Item(
            "wrong", "GOLIVE_GITHUB_APP_SLUG", f"the App's slug is {app['slug']}, the setting says "
            f"{settings.github_app_slug}. Set it to {app['slug']}, or golive does not know its own comments.", "slug",
        )  # fmt: skip
    else:
        yield Item("ok", "GitHub App", f"{app['slug']} ({settings.github_api_url}), the key fits")
    installations = list(api.pages("/app/installations"))
    yield from webhook(api, settings)
    wanted = manifests.github_app(name=app["name"], public_url=settings.public_url, redirect_url=settings.public_url)
    yield _events(app, wanted["default_events"])
    if not installations:
        page = f"{app['html_url']}/installations/new"
        yield Item("note", "Installations", "none yet", "not-installed", f"Install the App: {page}")
    nobody: Any = None  # nothing of the store is read
    forge = GitHubForge(clients, nobody, settings.github_api_url, settings.github_app_id, app["slug"], utc_now)
    for one in installations:
        yield installed(one, wanted["default_permissions"], app)
        if not one.get("suspended_at"):
            yield from repositories(forge, one, wanted["default_permissions"], channels, settings.github_api_url)


def webhook(api: Api, settings: Settings) -> Iterator[Item]:
    """Does GitHub send to us, and does it arrive?"""
    url = api.get("/app/hook/config").get("url", "")
    wanted = f"{settings.public_url.rstrip('/')}/github/webhook"
    mend = "Set the webhook address on the App's page, or GOLIVE_PUBLIC_URL."
    if url != wanted:
        yield Item("weak", "GitHub webhook", f"GitHub sends to {url or 'nowhere'}; this golive expects {wanted}",
                   "webhook", mend)  # fmt: skip
        return
    newest = api.get("/app/hook/deliveries", per_page=LOOKED_BACK)
    if not newest:
        yield Item("note", "GitHub webhook", f"{url}; GitHub sent nothing in the days that it remembers", "webhook-quiet",
                   "Push to a repository with the App, and ask again.")  # fmt: skip
    elif not any(_arrived(one) for one in newest):
        said = f"{newest[0].get('status_code') or 'no answer'} {newest[0].get('status', '')}".strip()
        yield Item("weak", "GitHub webhook", f"none of the newest {len(newest)} deliveries to {url} arrived: {said}",
                   "webhook", _why_not(newest[0]))  # fmt: skip
    elif (lost := _elsewhere(settings, next(one for one in newest if _arrived(one)))) is not None:
        yield lost
    else:
        yield Item("ok", "GitHub webhook", f"{url}, the newest arrived {newest[0].get('delivered_at', '')}")


def _arrived(one: Mapping[str, Any]) -> bool:
    return 200 <= int(one.get("status_code") or 0) < 300


def _why_not(one: Mapping[str, Any]) -> str:
    code = int(one.get("status_code") or 0)
    if code == 401:
        return "The webhook secret differs, or a proxy changes the body: set GOLIVE_GITHUB_WEBHOOK_SECRET as on the App's page."
    if code == 404:
        return "Something else answers at that address: let it pass /github/webhook on to golive."
    if code >= 500:
        return "golive could not keep it: look at its log and its database."
    return "Nobody answers there: is golive running, and does the proxy or tunnel lead to it?"


def _elsewhere(settings: Settings, one: Mapping[str, Any]) -> Item | None:
    """A delivery that was answered, and that this golive's database has not: somebody else took it."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    store = Store(engine_for(settings.database_url), utc_now)
    try:
        if heard(store, str(one.get("guid", ""))):
            return None
    except Unavailable:
        return None
    finally:
        store.close()
    words = (
        f"GitHub's delivery {one.get('guid')} was answered, and is not in {url.render_as_string(hide_password=True)}"
    )
    return Item("weak", "GitHub webhook", words, "webhook",
                "Another server answers at that address, or the service uses another database.")  # fmt: skip


def _events(app: Mapping[str, Any], wanted: list[str]) -> Item:
    unheard = sorted(set(wanted) - set(app.get("events", ())))
    if unheard:
        return Item("weak", "GitHub events", f"not subscribed: {', '.join(unheard)}", "event",
                    "Tick them under “Permissions & events” on the App's page.")  # fmt: skip
    return Item("ok", "GitHub events", "all that golive reads")


def installed(one: Mapping[str, Any], wanted: Mapping[str, str], app: Mapping[str, Any]) -> Item:
    """Was the App granted what it asks for?"""
    name = f"Installation on {one['account']['login']}"
    if one.get("suspended_at"):
        return Item("note", name, "suspended: golive does nothing there", "suspended", "Its owner can lift that.")
    if short := short_of(wanted, one.get("permissions", {})):
        asks = short_of(wanted, app.get("permissions", {}))
        mend = ("Set them under “Permissions & events” on the App's page, then let an owner of the account accept them."
                if asks else f"An owner of {one['account']['login']} accepts them in the account's installed Apps.")  # fmt: skip
        return Item("weak", name, f"permissions lack {'; '.join(short)}", "permission", mend)
    return Item("ok", name, f"all permissions, {one.get('repository_selection', 'selected')} repositories")


def repositories(
    forge: GitHubForge,
    installed_as: Mapping[str, Any],
    wanted: Mapping[str, str],
    channels: dict[str, str],
    api_url: str,
) -> Iterator[Item]:
    """Of every repository with a policy: is it valid, is each governed branch guarded, is there all that it asks for?"""
    installation: int = installed_as["id"]
    api = forge.clients.installation(installation)
    found = [one for one in api.pages("/installation/repositories", under="repositories") if not one.get("archived")]
    load = reader(Secrets.none())
    for one in found[:MOST_REPOSITORIES]:
        repo = GitHubRepo(forge, api, one["id"], one["full_name"], Known(), utc_now, installation)
        try:
            terms = terms_of(one, installed_as.get("permissions", {}), api_url, api)
            yield from _repository(repo, one["default_branch"], load, wanted, channels, terms)
        except Later as later:
            yield Item("weak", one["full_name"], f"GitHub does not answer: {later}", "unanswered", "Ask again.")
    if len(found) > MOST_REPOSITORIES:
        left = len(found) - MOST_REPOSITORIES
        yield Item(
            "note", "Repositories", f"{left} more were not looked into", "not-asked", "golive looks by itself, nightly."
        )


def _repository(
    repo: GitHubRepo, branch: str, load: Any, wanted: Mapping[str, str], channels: dict[str, str], terms: Terms
) -> Iterator[Item]:
    source = repo.policy(branch)
    if source.text is None:
        yield Item("note", repo.full_name, "no policy: golive leaves it alone", "no-policy",
                   "Commit one as .github/golive.yml.")  # fmt: skip
        return
    policy = load(source.text, source.path, repo.full_name)
    if not isinstance(policy, Policy):
        first, more = policy[0], len(policy) - 1
        yield Item("weak", repo.full_name, f"policy invalid on `{branch}`: {first.path}:{first.line}:{first.column} "
                   f"{first.text}{f' (and {more} more)' if more else ''}", "policy",
                   "Mend it on that branch; `golive validate` shows every mistake.")  # fmt: skip
        return
    if policy.notify.slack:
        channels.setdefault(policy.notify.slack, repo.full_name)
    yield from asked_of(policy, terms)
    bases = sorted({rule.base for rule in policy.releases})
    serious = False
    for one in weaknesses(repo.guards(bases, wanted)):
        if one.code == "permissions_short":
            continue  # told of the installation
        serious = serious or one.serious
        mend = f"{one.mend} {one.command}".strip()
        yield Item("weak" if one.serious else "note", repo.full_name, one.what, one.code.replace("_", "-"), mend)
    if not serious:
        yield Item("ok", repo.full_name, f"policy valid; `{'`, `'.join(bases)}` required and pinned")
