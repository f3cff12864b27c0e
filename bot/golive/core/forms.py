"""What people fill in instead of typing: the fields of each form, what is wrong with them, and the words they make. Pure.

A form says nothing that a command could not: its fields become the text behind the verb, and from there on it is that
command. Add a form as one row in `FORMS` and its words in `text`; mistakes are told beside the field they are in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from golive.core import conditions, freezes, overrides, waivers
from golive.core.command import VERBS, signing
from golive.core.errors import NotUnderstood
from golive.core.model import Person, Surface, Word
from golive.core.rules import OverrideRule

FORMS: dict[str, tuple[str, ...]] = {
    "approve": ("role", "conditions", "words"),
    "reject": ("role", "words"),
    "waive": ("check", "until", "words"),
    "hold": ("words",),
    "freeze": ("until", "words"),
    "override": ("minutes", "words", "confirm"),
}
"""Verb → its fields, in the order in which they are shown."""

GONE = "golive does not know this release any more. Close this form."


@dataclass(frozen=True)
class Known:
    """What a form is checked against. name: `acme/shop#7`, typed to confirm.   longest: minutes of an override, 0 for none.

    phases: empty where they are not known, and then none is called wrong.
    """

    name: str
    roles: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    phases: frozenset[str] = frozenset()
    longest: int = 0


def text(verb: str, given: Mapping[str, str]) -> str:
    """The words behind the verb, as somebody would type them."""
    words = " ".join(given.get("words", "").split())
    if verb in ("approve", "reject"):
        listed = _listed(given)
        asked = f"with: {'; '.join(listed)}" if listed and verb == "approve" else ""
        return " ".join(part for part in (given.get("role", ""), words, asked) if part)
    if verb == "waive":
        return f"{given.get('check', '')} until {given.get('until', '')} {words}"
    if verb == "freeze":
        return f"until {_moment(given.get('until', ''))} {words}"
    if verb == "override":
        return f"{given.get('minutes', '').strip()}m {words}"
    return words


def mistakes(verb: str, given: Mapping[str, str], known: Known | None, at: datetime) -> dict[str, str]:
    """Field → what is wrong with it, and how to mend it; empty where the command can be read. at: when it was sent."""
    fields = FORMS[verb]
    if known is None:
        return {fields[0]: GONE}
    silent = verb != "approve" and not given.get("words", "").split()
    wrong = {"words": "Say why, in a few words: everybody reads it."} if silent else {}
    if verb in _CHECKS:
        wrong |= _CHECKS[verb]({**given, "words": "…"} if silent else given, known, at)
    if not wrong:
        try:
            VERBS[verb].read(verb, text(verb, given))
        except NotUnderstood as misread:
            wrong = {fields[-1]: _short(misread)}
    return wrong


def _listed(given: Mapping[str, str]) -> list[str]:
    """The conditions, one a line or apart by semicolons."""
    parts = (part for line in given.get("conditions", "").splitlines() for part in line.split(";"))
    return [" ".join(part.split()) for part in parts if part.strip()]


def _signs(given: Mapping[str, str], known: Known, at: datetime) -> dict[str, str]:
    words = " ".join(given.get("words", "").split())
    role = given.get("role", "")
    if role and role not in known.roles:
        return {"role": f"This release has no role “{role[:60]}” any more. Close this form and open it again."}
    for one in _listed(given):
        if wrong := _condition(one, known):
            return {"conditions": wrong}
    try:
        meant = signing(f"{role} {words}".strip(), known.roles)
        plain, asked = conditions.with_approval(meant.text)
    except NotUnderstood as misread:
        return {"words": _short(misread)}
    if asked:
        return {"words": "Leave out “with:”. Conditions have their own field, one on each line."}
    if (meant.role, meant.sha, plain) != (role, "", words):
        first = words.split()[0]
        return {"words": f"Begin with another word: “{first[:40]}” would be read as a role or as a commit."}
    return {}


def _condition(line: str, known: Known) -> str:
    try:
        asked = conditions.one(line)
    except NotUnderstood as misread:
        return _short(misread)
    if asked.due and known.phases and asked.due not in known.phases:
        return f"There is no phase “{asked.due}”. The phases are: {', '.join(sorted(known.phases))}."
    if asked.check and asked.check not in known.checks:
        return f"There is no check “{asked.check}” in “{line[:60]}”."
    return ""


def _waives(given: Mapping[str, str], known: Known, at: datetime) -> dict[str, str]:
    if given.get("check", "") not in known.checks:
        return {"check": "This release has no such check any more. Close this form and open it again."}
    return _dated("waive", given, at)


def _dated(verb: str, given: Mapping[str, str], at: datetime) -> dict[str, str]:
    read = waivers.read if verb == "waive" else freezes.read
    try:
        read(_word(verb, given, at))
    except NotUnderstood as misread:
        return {"until": _short(misread)}
    return {}


def _freezes(given: Mapping[str, str], known: Known, at: datetime) -> dict[str, str]:
    return _dated("freeze", given, at)


def _overrides(given: Mapping[str, str], known: Known, at: datetime) -> dict[str, str]:
    if not known.longest:
        return {"minutes": "The policy names nobody who may override; `overrides:` on the base branch would."}
    if " ".join(given.get("confirm", "").split()) != known.name:
        return {"confirm": f"Type {known.name} to confirm that you mean this release."}
    try:
        overrides.read(_word("override", given, at), OverrideRule((), longest=timedelta(minutes=known.longest)))
    except NotUnderstood as misread:
        return {"minutes": _short(misread)}
    return {}


_CHECKS = {"approve": _signs, "reject": _signs, "waive": _waives, "freeze": _freezes, "override": _overrides}


def _word(verb: str, given: Mapping[str, str], at: datetime) -> Word:
    return Word("form", Person(0, "you"), Surface.SLACK_MODAL, verb, at, text(verb, given))


def _moment(seconds: str) -> str:
    """Seconds since 1970 as a moment people can read; anything else as it is."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%MZ")
    except (ValueError, OverflowError, OSError):
        return seconds


def _short(misread: NotUnderstood) -> str:
    """Without how to type it: this is a form."""
    return str(misread).partition(" Use it as")[0]
