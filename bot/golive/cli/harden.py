"""`golive harden`: how a repository is guarded, now; and with --branch, our check required and pinned there, where the App may.

What is looked at is in `core.hardening`; this command only asks and tells.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from golive.cli.work import ENV_FILE
from golive.core.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from golive.githubapp.forge import GitHubRepo
    from golive.settings import Settings

FOUND = 1


@click.command()
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--branch", metavar="NAME", help="Require golive's check there, pinned to the App, by one ruleset more.")
@ENV_FILE
def harden(repository: str, branch: str | None, env_file: Path | None) -> None:
    """Say how a repository is guarded, and how to mend what is weak; with --branch, mend it.

    --branch adds a ruleset and takes nothing away. The App needs `administration: write` for it, which golive does not ask
    for by itself: grant it for the moment, or run the command that is printed as somebody who may.

    Exits 0 where nothing is weak, 1 where something is, 3 where it cannot be told.

    \b
    golive harden acme/shop
    golive harden acme/shop --branch main
    """
    from golive import settings as all_settings
    from golive.core.hardening import weaknesses
    from golive.core.policy import Policy
    from golive.look.secrets import Secrets
    from golive.wiring import manifests
    from golive.wiring.reading import reader
    from golive.wiring.stored_app import filled

    settings = filled(all_settings.read(env_file))
    if missing := settings.missing():
        raise Misconfigured("These settings are missing:\n  " + "\n  ".join(missing))
    repo = _repo(settings, repository)
    if branch:
        try:
            click.echo(f"Added: {repo.pin(branch)}")
        except Refused as no:
            raise Misconfigured(
                f"GitHub did not let the App add a ruleset: {no}. It needs `administration: write` on {repository}."
            ) from None
    source = repo.policy(repo.default_branch())
    policy = reader(Secrets.none())(source.text, source.path, repository) if source.text is not None else ()
    bases = {rule.base for rule in policy.releases} if isinstance(policy, Policy) else set()
    found = weaknesses(repo.guards(sorted(bases | ({branch} if branch else set())), manifests.asked_permissions()))
    for one in found:
        mark = "unknown" if one.unknown else "weak"
        click.echo(f"{click.style(f'{mark:8}', fg='yellow' if one.unknown else 'red')}{one.what} {one.why}")
        click.echo(f"{'':8}  → {one.mend}{f' Or: {one.command}' if one.command else ''}")
    if not found:
        click.echo("Nothing is weak.")
    sys.exit(FOUND if found else 0)


def _repo(settings: Settings, repository: str) -> GitHubRepo:
    """The repository with the rights of the installation that reaches it. Raises Misconfigured where none does."""
    from golive.core.errors import Gone
    from golive.githubapp.client import Clients
    from golive.githubapp.forge import GitHubForge, GitHubRepo
    from golive.githubapp.known import Known
    from golive.wiring.service import utc_now

    owner, _, name = repository.partition("/")
    if not owner or not name or "/" in name:
        raise Misconfigured(f"{repository!r} is no repository; expected OWNER/NAME, for example acme/shop.")
    app_id = settings.github_app_id or 0
    clients = Clients(app_id, settings.github_key or "", settings.github_api_url, settings.github_write_pause)
    try:
        installation = int(clients.app().get(f"/repos/{owner}/{name}/installation")["id"])
        api = clients.installation(installation)
        told = api.get(f"/repos/{owner}/{name}")
    except Gone:
        raise Misconfigured(f"The App does not reach {repository}. Install it there.") from None
    nobody: Any = None  # nothing of the store is read
    forge = GitHubForge(clients, nobody, settings.github_api_url, app_id, settings.github_app_slug, utc_now)
    return GitHubRepo(forge, api, told["id"], told["full_name"], Known(), utc_now, installation)
