"""A chat user becomes a person of the forge: what is under way, and who may go on with it. Pure.

One browser proves both accounts, one after the other, and the person confirms what the page names. Every step leaves a
key that only that browser's next step can use; what is kept of a key is its hash. Add a step to `Step` and its page to
the web room; a way in that is not allowed is a sentence here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from golive.core.model import Person

LIFE = timedelta(minutes=10)
"""From asking for the link until the confirmation."""

AGAIN = "Type `/golive link` in Slack to begin again."


class Step(StrEnum):
    """What the next request has to prove."""

    ASKED = "asked"
    SLACK = "slack"
    GITHUB = "github"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class Linking:
    """One linking under way. code/browser/state: hashes of the keys; empty where there is none (yet, or any more).

    who: the chat user who asked, `team/user`.   nonce/verifier: what the next sign-in has to bring back, or is made from.
    slack_name, person: as proved so far.
    """

    code: str
    who: str
    until: datetime
    step: Step = Step.ASKED
    browser: str = ""
    state: str = ""
    nonce: str = ""
    verifier: str = ""
    slack_name: str = ""
    person: Person | None = None

    def on(self, step: Step, state: str, **known: object) -> Linking:
        """The same, waiting for the next step; what the step before had to bring back is forgotten."""
        return replace(self, step=step, state=state, **({"nonce": "", "verifier": ""} | known))  # type: ignore[arg-type]  # checked by replace


@dataclass(frozen=True)
class ChatAccount:
    """A chat account as the chat service itself describes it. team: where it lives.   flaw: why it may not sign, or empty."""

    team: str
    user: str
    name: str
    flaw: str = ""


def misfit(linking: Linking | None, step: Step, browser: str, now: datetime) -> str:
    """Why this request may not take this step, in words; empty where it may. browser: hash of its key."""
    if linking is None:
        return f"This link is not valid: it was used already, or it is too old. {AGAIN}"
    if now >= linking.until:
        return f"This link was good for {LIFE // timedelta(minutes=1)} minutes, and they are over. {AGAIN}"
    if step is Step.ASKED:
        return "" if linking.step is Step.ASKED else f"This link was taken up already, and it works once. {AGAIN}"
    if not browser or browser != linking.browser:
        return f"This was begun in another browser, and one browser has to do all of it. {AGAIN}"
    if linking.step is not step:
        return f"This step does not come now: it was done already, or the one before was not. {AGAIN}"
    return ""


def stranger(linking: Linking, signed_in: tuple[str, str], home: str, account: ChatAccount | None) -> str:
    """Why the chat account that signed in is not to be linked, in words; empty where it is.

    signed_in: team and user that the chat service named.   home: the team that golive is installed in.
    account: what is known of that user, None before it was looked up.
    """
    if "/".join(signed_in) != linking.who:
        return (
            "You signed in with a Slack account that did not ask for this link. A link is for the one who typed "
            "`/golive link`, and nobody else can use it."
        )
    if signed_in[0] != home:
        return "Your Slack account lives in another workspace than golive, and only its own people can be linked."
    if account is None:
        return ""
    if (account.team, account.user) != signed_in:
        return "Your Slack account lives in another workspace than golive, and only its own people can be linked."
    return account.flaw
