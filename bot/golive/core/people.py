"""Who never signs, and how people are named in a sentence. Pure."""

from __future__ import annotations

from golive.core.model import Person, Pull, Role, Standing
from golive.core.rules import Rules


def excluded(pull: Pull, standing: Standing, person: Person, rules: Rules) -> str:
    """Why this person never signs off for this revision: they wrote it or pushed it last; empty if they may."""
    if "author" in rules.exclude and pull.author and person.id == pull.author.id:
        return "the author of the pull request"
    if "author" in rules.exclude and pull.author_is_bot and any(person.id == one.id for one in standing.openers):
        return "the one who had a bot open the pull request"
    pushed = standing.pushers.get(pull.revision.head_sha, ())
    if "last_pusher" in rules.exclude and any(person.id == pusher.id for pusher in pushed):
        return "the last to push to it"
    return ""


def who(role: Role) -> str:
    """The people of a role for a sentence: up to four names, else the sources."""
    if 0 < len(role.people) <= 4:
        return ", ".join(f"@{p.login}" for p in role.people)
    return ", ".join(role.sources) or "nobody"
