"""What a gate without a server is worth, in plain words; `golive gate`, `doctor` and `validate --serverless` say it."""

from __future__ import annotations

from collections.abc import Iterator

from golive.settings import Settings

ANYBODY = (
    "With a workflow's own token, any workflow of this repository can post the same result: whoever may push a workflow to a "
    "branch can say GO. An App of golive's own, whose id the branch protection names, closes that."
)
NO_TEAMS = "Roles cannot be filled from teams or organisations then; name people or a permission of the repository."
NO_WORKFLOWS = (
    "A merge made with that token starts no workflow: list what is to run in `promotion.after_merge`. Pull requests that "
    "change workflows are left to a person."
)
NO_KEY = "Without GOLIVE_STATE_KEY nothing survives a push: everybody is asked again, and nobody is reminded."


def terms(settings: Settings) -> Iterator[str]:
    """What holds with these settings, a sentence or two each; nothing with an App and a key."""
    if settings.github_app_id is None:
        yield ANYBODY
        yield NO_TEAMS
        yield NO_WORKFLOWS
    if not (settings.state_key and settings.state_key.get_secret_value()):
        yield NO_KEY
