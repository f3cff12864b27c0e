"""The page of linking a Slack person to a GitHub person, step by step. Its words stand in `templates/web/link.html.j2`."""

from __future__ import annotations

from golive.render.templates import fill


def link_page(step: str, *, action: str = "", slack_name: str = "", login: str = "", key: str = "") -> str:
    """One step of it. step: `start`, `slack`, `github`, `confirm` or `done`.

    action: where the step leads, a form's target or a sign-in page.   key: of the confirmation, for its form alone.
    """
    return fill("web/link.html.j2", step=step, action=action, slack_name=slack_name, login=login, key=key)
