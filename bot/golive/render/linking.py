"""The pages that lead a person through steps: linking Slack and GitHub, and setting the service up.

Their words stand in `templates/web/link.html.j2` and `setup.html.j2`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from golive.render.templates import fill


def link_page(step: str, *, action: str = "", slack_name: str = "", login: str = "", key: str = "") -> str:
    """One step of it. step: `start`, `slack`, `github`, `confirm` or `done`.

    action: where the step leads, a form's target or a sign-in page.   key: of the confirmation, for its form alone.
    """
    return fill("web/link.html.j2", step=step, action=action, slack_name=slack_name, login=login, key=key)


def setup_page(
    step: str, *, action: str = "", manifest: Mapping[str, Any] | None = None, name: str = "", loopback: bool = False
) -> str:
    """One step of setting the service up. step: `code`, `github` or `done`.

    action: where the step leads.   manifest: of the App, sent with it.   name: of the App that was made.   loopback: the
    service is at an address that the forge cannot reach.
    """
    return fill(
        "web/setup.html.j2", step=step, action=action, manifest=json.dumps(manifest or {}), app=name, loopback=loopback
    )
