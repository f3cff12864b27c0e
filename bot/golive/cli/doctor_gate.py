"""What `golive doctor --gate` asks: whether a run without a server has what it needs, and what its result is worth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from golive.cli.items import Item
from golive.cli.serverless_terms import ANYBODY, NO_KEY, NO_TEAMS, NO_WORKFLOWS
from golive.core.carried import SHORTEST_KEY

if TYPE_CHECKING:
    from golive.settings import Settings

MAKE_ONE = (
    "Make one: openssl rand -base64 32. Keep it as a secret of an environment that only the default branch may use."
)


def of_gate(settings: Settings) -> Iterator[Item]:
    """Who it is on GitHub, and what lasts from run to run."""
    yield from _who(settings)
    key = settings.state_key.get_secret_value().strip() if settings.state_key else ""
    if not key:
        yield Item("note", "GOLIVE_STATE_KEY", NO_KEY, "no_state_key", MAKE_ONE)
    elif len(key) < SHORTEST_KEY:
        yield Item("wrong", "GOLIVE_STATE_KEY", f"shorter than {SHORTEST_KEY} characters", "short_state_key", MAKE_ONE)
    else:
        yield Item("ok", "GOLIVE_STATE_KEY", "set: sign-offs last across pushes")


def _who(settings: Settings) -> Iterator[Item]:
    if settings.github_app_id is not None and settings.github_key:
        yield Item("ok", "GOLIVE_GITHUB_APP_ID", f"{settings.github_app_id}: the result is that App's own")
        return
    if settings.github_app_id is not None:
        yield Item("missing", "GOLIVE_GITHUB_PRIVATE_KEY", "the App's key; without it, the App cannot speak")
    elif not (settings.github_token and settings.github_token.get_secret_value()):
        words = "neither an App's id and key nor a token. In a workflow: `env: {GITHUB_TOKEN: ${{ github.token }}}`."
        yield Item("missing", "GITHUB_TOKEN", words)
    else:
        yield Item("note", "GITHUB_TOKEN", ANYBODY, "token_alone", "Set GOLIVE_GITHUB_APP_ID and its key.")
        yield Item("note", "teams", NO_TEAMS, "no_teams", "`golive validate --serverless` finds them in the policy.")
        yield Item("note", "merge", NO_WORKFLOWS, "no_workflows")
