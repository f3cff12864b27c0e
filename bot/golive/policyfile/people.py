"""Who may fill a role, as written in `from:`. Placeholders are refused.

`@login` is a person, `org/team` a team, `org:acme` every member of it, `permission:write` who has at least that here,
`slack:release-managers` the linked people of a user group in Slack;
of a role also `codeowners`, the owners of what the release changes.

A template's `@your-login` left in a policy would lock a release for ever, or hand it to whoever owns that account.
"""

from __future__ import annotations

import re

from golive.policyfile.mistakes import listed, mistaken, nearest, shown

OWNERS = "codeowners"
"""Asks for the owners of the changed paths, by the base's CODEOWNERS file."""
_LOGIN = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})"
PERMISSIONS = ("admin", "maintain", "write", "triage", "read")
"""GitHub's roles in a repository, the most first; `write` is called push and `read` pull in its older interfaces."""
SOURCE = re.compile(
    rf"^(?:{OWNERS}|@{_LOGIN}|{_LOGIN}/[A-Za-z0-9_.-]{{1,100}}|org:{_LOGIN}|permission:(?:{'|'.join(PERMISSIONS)})|slack:[A-Za-z0-9._-]{{1,80}})$"
)
"""Logins may hold an underscore: those of enterprise-managed accounts end in `_company`."""

_PLACEHOLDER = re.compile(
    r"(?:todo|tbd|tba|fixme|xxx+|\?+|changeme|change-me|replace-?me|placeholder|n/?a|none|nobody|"
    r"some-?one|some-?body|any-?one|any-?body|who-?ever|me|you|name|login|handle|user-?name|user-?\d*|person-?\d*|"
    r"github-?(?:user|login|username|handle)|your|my)",
)
_PLACEHOLDER_START = re.compile(r"(?:example|(?:your|my|todo|replace)[-_ ]|your(?:name|login|team|org|company)\b)")
_PLACEHOLDER_ORG = re.compile(r"(?:org|organi[sz]ation|company|owner|myorg|mycompany)")


def is_placeholder(source: str) -> bool:
    """Whether this stands for somebody still to be named."""
    bare = source.strip(" @<>{}[]()$").casefold()
    parts = bare.removeprefix("org:").split("/")
    if _PLACEHOLDER.fullmatch(bare) or _PLACEHOLDER_ORG.fullmatch(parts[0]):
        return True
    return any(_PLACEHOLDER.fullmatch(part) or _PLACEHOLDER_START.match(part) for part in parts)


def source(text: str) -> str:
    """The source as it is. Raises a mistake for placeholders and for what is none of the four kinds."""
    kind, colon, rest = text.partition(":")
    if colon and kind == "permission":
        return _permission(text, rest)
    if is_placeholder(text):
        raise mistaken(f'"{shown(text)}" is a placeholder', "Name a real person (@login) or team (org/team)")
    if SOURCE.match(text) and not text.endswith("\n"):
        return text
    what = f'expected @login, org/team, org:name or permission:write, got "{shown(text)}"'
    if colon and kind == "org" and "/" in rest and SOURCE.match(rest):
        raise mistaken(what, f"Did you mean the team `{rest}`?")
    if text.startswith("@") and SOURCE.match(text[1:]):
        raise mistaken(what, f"Did you mean `{text[1:]}`?")
    if text.casefold() in (OWNERS, "code-owners", "code_owners", "owners"):
        raise mistaken(what, f"Did you mean `{OWNERS}`?")
    if SOURCE.match("@" + text):
        raise mistaken(what, f'Did you mean "@{text}"?')
    raise mistaken(what, 'Write "@mona" for a person, acme/security for a team')


def _permission(text: str, level: str) -> str:
    if level in PERMISSIONS:
        return text
    old = {"push": "write", "pull": "read"}.get(level.casefold(), "")
    near = old or nearest(level, PERMISSIONS)
    mend = f"Did you mean `permission:{near}`?" if near else f"Write one of {listed(PERMISSIONS)}"
    raise mistaken(f'GitHub knows no permission "{shown(level)}"', mend)


def no_owners(sources: tuple[str, ...]) -> tuple[str, ...]:
    """The sources; code owners are asked as a role, and are nobody elsewhere."""
    if OWNERS in sources:
        what = f"`{OWNERS}` is asked in the `from:` of a role only"
        raise mistaken(what, "Name people here: @login, org/team, org:name or permission:write")
    return sources


def named_people(sources: tuple[str, ...]) -> int | None:
    """How many different people are named, or None where a team, an organisation or a permission is among them."""
    if not all(entry.startswith("@") for entry in sources):
        return None
    return len({entry.casefold() for entry in sources})
