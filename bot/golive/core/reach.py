"""Which repositories golive reaches, through which installation of its App, and why one of them rests."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE, SUSPENDED, REMOVED, ARCHIVED = "active", "suspended", "removed", "archived"
"""How an installation (the first three) or a repository (all but the second) stands."""
OUT_OF_REACH = "Out of reach"
AT_REST = "At rest"
"""How the headlines of such releases begin."""
STALE = "the pull request read lags behind the delivery"


@dataclass(frozen=True)
class Reached:
    """A repository as an installation reaches it. private: None where nobody said; then it is treated as private."""

    repository: int
    full_name: str
    installation: int
    private: bool | None = None
    state: str = ACTIVE


@dataclass(frozen=True)
class Standing:
    """How the forge says that an installation stands. reached: what it reaches, empty unless it is active."""

    state: str
    account: str = ""
    reached: tuple[Reached, ...] = ()


def rests(repository: str, installation: str, account: str) -> str:
    """Why nothing is asked or written about a repository, a sentence with who can change that; empty where it may be."""
    if installation == SUSPENDED:
        where = f" on {account}" if account else ""
        return f"golive's App is suspended{where}. An owner there can let it work again, in the settings of installed Apps."
    if repository == ARCHIVED:
        return "the repository is archived, so nothing can be written to it. Its admin can take it out of the archive."
    return ""


def lost(fate: str) -> str:
    """The headline of a release that cannot be reached any more. fate: a clause for people."""
    return f"{OUT_OF_REACH}: {fate}"
