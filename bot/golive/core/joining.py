"""A chat workspace and an account of the forge belong together: who may join them, and who may part them. Pure.

Whoever could say it of one side alone could read or steer what is the other's; so it takes one person who is shown to be
an owner of both. One account belongs to one workspace; a workspace may have several accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

CONNECT, DISCONNECT = "connect", "disconnect"
VERBS = (CONNECT, DISCONNECT)
GONE_AWAY = (
    "The Slack workspace {team}, which {account} is joined with, took golive away, so nothing is told there and nobody can "
    "act from there. Somebody of it installs golive again at {again}, and all goes on as it was joined."
)
JOINED_WITH_NOTHING = (
    "This workspace is not joined with any account on GitHub, so no release is shown or steered here. Somebody who owns both "
    "can join them: `/golive connect <account>`."
)
IN_SLACK = "Workspaces are joined from Slack: type `/golive connect <account>` there."
JOINED_BY_SETTINGS = (
    "This golive belongs to one Slack workspace by its settings, and all its releases with it, "
    "so there is nothing to join."
)


@dataclass(frozen=True)
class ChatStanding:
    """What the chat service says of the person who asks. flaw: why the account counts for nothing, or empty.

    team: where the account lives.   owns: an owner or admin of the workspace.
    """

    team: str
    owns: bool = False
    flaw: str = ""


@dataclass(frozen=True)
class Claim:
    """All that it depends on. account: as it was typed.   team: the workspace in which it was typed.

    installed: whether our App is on that account.   person: whether the chat user is linked to somebody of the forge.
    owns: whether that somebody owns the account, as the forge says.   joined: the workspace it belongs to so far, or empty.
    """

    verb: str
    account: str
    team: str
    installed: bool
    person: bool
    chat: ChatStanding
    owns: bool
    joined: str = ""


def refusal(claim: Claim) -> str:
    """Why it is not done, and who could; empty where it is. Where somebody is not shown to own the account, nothing is told
    of it that they could not have known: not even whether our App is there."""
    account = claim.account
    who = (
        f"An owner of {account} on GitHub who is also an owner or admin of this Slack workspace can: "
        f"`/golive {claim.verb} {account}`."
    )
    if claim.chat.flaw:
        return f"{claim.chat.flaw} {who}"
    if claim.chat.team != claim.team:
        return f"Your Slack account lives in another workspace than this one. {who}"
    if not claim.person:
        return f"I do not know who you are on GitHub: `/golive link` comes first. {who}"
    if not claim.chat.owns:
        return f"You are no owner or admin of this Slack workspace. {who}"
    if not (claim.installed and claim.owns):
        return (
            f"GitHub does not say that you own {account}, or golive's App is not installed there. {who} "
            "The App has to be installed on it first."
        )
    if claim.verb == DISCONNECT:
        return (
            "" if claim.joined == claim.team else f"{account} is not joined with this workspace, so nothing was parted."
        )
    if claim.joined and claim.joined != claim.team:
        return (
            f"{account} belongs to another Slack workspace already. Somebody who owns both there has to say "
            f"`/golive disconnect {account}` in it first."
        )
    return ""


def done(claim: Claim) -> str:
    """What is told when it was done."""
    if claim.verb == DISCONNECT:
        return (
            f"{claim.account} is parted from this workspace: its releases are neither told nor steered here any more."
        )
    if claim.joined:
        return f"{claim.account} is joined with this workspace already."
    return f"{claim.account} is joined with this workspace: `notify.slack` of its policies means channels here."


def not_joined(account: str) -> str:
    """What somebody is told whose words about a release count for nothing, because its account is not joined with theirs."""
    return (
        f"This workspace is not joined with {account} on GitHub, so what is said here counts for nothing there. Somebody "
        f"who owns both can join them: `/golive connect {account}`."
    )
