"""One verb table: parser, help and examples for comments, Slack, buttons and emoji alike.

Adapters strip only what is theirs (`/golive`, quotes, code) and hand over plain words. Add a verb by adding a row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from golive.core.errors import NotUnderstood


@dataclass(frozen=True)
class Command:
    """What a person asked for. A command is read without the policy, so a role in `text` is told apart by `signing`.

    release: `acme/shop#7` or empty where the surface implies it.   text: their own words after the verb.
    """

    verb: str
    text: str = ""
    release: str = ""


@dataclass(frozen=True)
class Signing:
    """The words after approve, reject or withdraw. role: empty for every role the person can fill; sha: at least 7 digits."""

    role: str = ""
    sha: str = ""
    text: str = ""


@dataclass(frozen=True)
class Verb:
    """One row of the table. `asks`: it only wants an answer and changes nothing."""

    name: str
    usage: str
    help: str
    example: str
    read: Callable[[str, str], Command]
    asks: bool = False


_RELEASE = re.compile(r"(?:https?://[^/\s]+/)?([\w.-]+/[\w.-]+)(?:#|/pull/)(\d+)/?\Z")
_SHA = re.compile(r"[0-9a-f]{7,40}\Z")


def _plain(verb: str, text: str) -> Command:
    return Command(verb, text)


def _needs_words(verb: str, text: str) -> Command:
    if not text:
        raise NotUnderstood(f"Words are missing. Use it as `/golive {VERBS[verb].usage}`.")
    return Command(verb, text)


def signing(text: str, roles: frozenset[str]) -> Signing:
    """Split `[role] [commit] [words]`. The first word is a role only if the policy has it.

    Raises NotUnderstood where the first word is nearly a role: a mistyped role must not sign for all of them.
    """
    words = text.split()
    role = sha = ""
    known = {name.casefold(): name for name in roles}
    if words and (first := words[0].strip(":,").casefold()) in known:
        role = known[first]
        words.pop(0)
    elif words and (near := difflib.get_close_matches(words[0].casefold(), known, n=1, cutoff=0.75)):
        raise NotUnderstood(f"There is no role “{words[0][:40]}”. Did you mean `{known[near[0]]}`?")
    if words and _SHA.match(words[0].casefold()):
        sha = words.pop(0).casefold()
    return Signing(role, sha, " ".join(words))


VERBS: dict[str, Verb] = {
    v.name: v
    for v in (
        Verb("approve", "approve [role] [commit] [words]", "Sign off for a role, or for every role you can fill.",
             "approve qa ran the smoke tests", _plain),
        Verb("reject", "reject [role] [commit] [words]", "Stop the release as this role until you withdraw it.",
             "reject security open finding in the login", _plain),
        Verb("withdraw", "withdraw [role] [words]", "Take back what you said for a role, or for all of yours.",
             "withdraw qa", _plain),
        Verb("attest", "attest <check> [evidence link or words]", "State that an attested check holds, as its role.",
             "attest dr-drill https://wiki.example.com/drill-2026-11", _needs_words),
        Verb("waive", "waive <check> until <YYYY-MM-DD> <reason>",
             "Let the release go although a check does not hold; maintainers may, two of them for a critical check.",
             "waive coverage until 2026-12-31 the old module goes next month", _needs_words),
        Verb("hold", "hold <reason>", "Stop the release until the hold is lifted.", "hold waiting for the DBA", _needs_words),
        Verb("resume", "resume [words]", "Lift your hold; repository maintainers may lift anybody's.", "resume", _plain),
        Verb("status", "status", "Say where the release stands.", "status", _plain, asks=True),
        Verb("why", "why", "Say every reason, and who or what can clear it.", "why", _plain, asks=True),
        Verb("help", "help [verb]", "Explain the commands.", "help approve", _plain, asks=True),
    )
}  # fmt: skip


def parse(text: str) -> Command:
    """Read one command, without its `/golive`. A release may be named before or after the verb.

    Raises NotUnderstood with the usage, or with the nearest verb for an unknown word.
    """
    words = text.split()
    release = ""
    for index, word in enumerate(words[:2]):
        if found := _RELEASE.match(word):
            release = f"{found[1]}#{found[2]}"
            words.pop(index)
            break
    if not words:
        return Command("status" if release else "help", release=release)
    name = words.pop(0).casefold()
    verb = VERBS.get(name)
    if verb is None:
        near = difflib.get_close_matches(name, VERBS, n=1, cutoff=0.5)
        hint = (
            f"Did you mean `/golive {VERBS[near[0]].usage}`?" if near else "Type `/golive help` for what I understand."
        )
        raise NotUnderstood(f"I do not know the word “{name[:40]}”. {hint}")
    return replace(verb.read(verb.name, " ".join(words)), release=release)


def help_text(about: str = "") -> str:
    """The table for people, as Markdown lines: every verb, or one with its example."""
    if verb := VERBS.get(about.strip().casefold()):
        return f"`/golive {verb.usage}`: {verb.help} For example: `/golive {verb.example}`"
    return "\n".join(f"`/golive {v.usage}`: {v.help}" for v in VERBS.values())
