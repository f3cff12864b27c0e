"""One verb table: parser, help and examples for comments, Slack, buttons and emoji alike.

Adapters strip only what is theirs (`/golive`, quotes, code) and hand over plain words. Add a verb by adding a row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from golive.core.errors import NotUnderstood
from golive.core.joining import IN_SLACK


@dataclass(frozen=True)
class Command:
    """What a person asked for. A command is read without the policy, so a role in `text` is told apart by `signing`.

    release: `acme/shop#7`, `#7`, `page:` and the token of its page, or empty where the surface implies it.
    text: their own words after the verb.
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
    """One row of the table. `asks`: it only wants an answer and changes nothing.   aliases: other words people type.

    elsewhere: of a verb for the chat alone, what to say to whoever types it on the forge.
    """

    name: str
    usage: str
    help: str
    example: str
    read: Callable[[str, str], Command]
    asks: bool = False
    aliases: tuple[str, ...] = ()
    elsewhere: str = ""


LINK_IN_SLACK = "Slack accounts are linked from Slack: type `/golive link` there. Here GitHub itself says who you are."
_RELEASE = re.compile(r"(?:https?://[^/\s]+/)?([\w.-]+/[\w.-]+)(?:#|/pull/)(\d{1,9})(?:[/?#]\S*)?\Z")
_NUMBER = re.compile(r"#(\d{1,9})\Z")
_PAGE = re.compile(r"https?://\S+?/r/([\w-]{20,64})/?(?:[?#]\S*)?\Z")
_SHA = re.compile(r"[0-9a-f]{7,40}\Z")


def _plain(verb: str, text: str) -> Command:
    return Command(verb, text)


def _needs_words(verb: str, text: str) -> Command:
    if not text:
        raise NotUnderstood(f"Words are missing. Use it as `/golive {VERBS[verb].usage}`.")
    return Command(verb, text)


@lru_cache(maxsize=64)
def _by_folded(roles: frozenset[str]) -> Mapping[str, str]:
    return {name.casefold(): name for name in roles}


def signing(text: str, roles: frozenset[str]) -> Signing:
    """Split `[role] [commit] [words]`. The first word is a role only if the policy has it.

    Raises NotUnderstood where the first word is nearly a role: a mistyped role must not sign for all of them.
    """
    words = text.split()
    role = sha = ""
    known = _by_folded(roles)
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
        Verb("status", "status", "Say where the release stands.", "status", _plain, asks=True, aliases=("where",)),
        Verb("why", "why [phase]", "Say every reason, and who or what can clear it; for one phase, if you name it.", "why",
             _plain, asks=True, aliases=("explain",)),
        Verb("check", "check [check]", "Take the readiness checks again, or one of them.", "check services-healthy", _plain,
             aliases=("recheck", "retest", "rerun")),
        Verb("approve", "approve [role] [commit] [words] [with: condition; condition]",
             "Sign off for a role, or for every role you can fill; perhaps with conditions.",
             "approve qa ran the smoke tests", _plain, aliases=("lgtm", "go", "signoff", "sign-off", "ok", "+1")),
        Verb("reject", "reject [role] [commit] [words]", "Stop the release as this role until you withdraw it.",
             "reject security open finding in the login", _plain, aliases=("no-go", "nogo", "block", "-1")),
        Verb("withdraw", "withdraw [role] [words]", "Take back what you said for a role, or for all of yours.",
             "withdraw qa", _plain, aliases=("unapprove", "retract")),
        Verb("looking", "looking [role]", "Say that you are looking at it, so that nobody reminds you meanwhile.",
             "looking qa", _plain, aliases=("eyes", "reviewing")),
        Verb("abstain", "abstain [role] [words]", "Say that you will not sign for a role, so that others are asked.",
             "abstain qa I wrote half of it", _plain),
        Verb("snooze", "snooze [4h]", "Put your own reminders off for a while, for every release of the repository.",
             "snooze 2d", _plain, aliases=("later",)),
        Verb("condition", "condition <what> [owner @login] [due <phase>] [check <check>]",
             "Say what must still be done before a phase; `condition close C1` once it is.",
             "condition rotate the keys owner @ana due production", _needs_words, aliases=("conditions",)),
        Verb("attest", "attest <check> [evidence link or words]", "State that an attested check holds, as its role.",
             "attest dr-drill https://wiki.example.com/drill-2026-11", _needs_words),
        Verb("waive", "waive <check> until <YYYY-MM-DD> <reason>",
             "Let the release go although a check does not hold; maintainers may, two of them for a critical check.",
             "waive coverage until 2026-12-31 the old module goes next month", _needs_words),
        Verb("hold", "hold <reason>", "Stop the release until the hold is lifted.", "hold waiting for the DBA",
             _needs_words, aliases=("stop", "pause")),
        Verb("resume", "resume [words]", "Lift your hold; maintainers and override roles may lift anybody's.", "resume",
             _plain, aliases=("unhold", "continue")),
        Verb("delegate", "delegate <role> to @login until <YYYY-MM-DD> <reason>",
             "Let somebody else sign in your place for a while, where the policy lets you.",
             "delegate qa to @bo until 2026-12-24 I am away", _needs_words),
        Verb("freeze", "freeze until <YYYY-MM-DD> <reason>", "Stop every release of this repository until then.",
             "freeze until 2026-12-24 the shop is full", _needs_words),
        Verb("unfreeze", "unfreeze [words]", "End the freezes that people said.", "unfreeze", _plain, aliases=("thaw",)),
        Verb("promote", "promote [commit] [words]", "Let it go live now, where the policy waits to be asked.", "promote",
             _plain, aliases=("ship",)),
        Verb("override", "override <minutes>m <reason>",
             "Break the glass: two people together let it go although it is not ready.",
             "override 30m the site is down and this mends it", _needs_words, aliases=("break-glass",)),
        Verb("not-a-release", "not-a-release <reason>", "Say that this pull request is no release after all.",
             "not-a-release opened from the wrong branch", _needs_words),
        Verb("link", "link", "In Slack: link your Slack account to your GitHub account.", "link", _plain,
             elsewhere=LINK_IN_SLACK),
        Verb("unlink", "unlink", "In Slack: forget that link.", "unlink", _plain,
             elsewhere=LINK_IN_SLACK),
        Verb("follow", "follow", "Have the release on your own page in Slack.", "follow", _plain, asks=True,
             aliases=("watch",)),
        Verb("unfollow", "unfollow", "Have it there no more.", "unfollow", _plain, asks=True, aliases=("unwatch",)),
        Verb("connect", "connect <account>",
             "In Slack: join this workspace with an account of GitHub; somebody who owns both may.", "connect acme",
             _plain, elsewhere=IN_SLACK),
        Verb("disconnect", "disconnect <account>", "In Slack: part them again; somebody who owns both may.",
             "disconnect acme", _plain, elsewhere=IN_SLACK),
        Verb("list", "list [mine] [waiting] [blocked] [repo:<name>] [role:<role>] [words] [page:<n>]",
             "Say every open release that you can see; on GitHub, those of the repository, without filters.",
             "list waiting role:qa", _plain, asks=True, aliases=("ls", "releases")),
        Verb("help", "help [verb]", "Explain the commands.", "help approve", _plain, asks=True),
    )
}  # fmt: skip


ALIASES: dict[str, str] = {alias: verb.name for verb in VERBS.values() for alias in verb.aliases}
"""Other words that people type → the verb."""


def _named(word: str, in_chat: bool) -> str:
    """The release that a word names; empty for any other word."""
    if found := _RELEASE.match(word):
        return f"{found[1]}#{found[2]}"
    if found := _PAGE.match(word):
        return f"page:{found[1]}"
    return f"#{found[1]}" if in_chat and (found := _NUMBER.match(word)) else ""


def parse(text: str, *, in_chat: bool = True) -> Command:
    """Read one command, without its `/golive`. A release may be named before or after the verb; `#7` in the chat alone.

    Raises NotUnderstood with the usage, or with the nearest verb for an unknown word.
    """
    words = text.split()
    release = ""
    for index, word in enumerate(words[:2]):
        if release := _named(word, in_chat):
            words.pop(index)
            break
    if not words:
        return Command("status" if release else "help", release=release)
    name = words.pop(0).casefold()
    verb = VERBS.get(ALIASES.get(name, name))
    if verb is None:
        near = difflib.get_close_matches(name, [*VERBS, *ALIASES], n=1, cutoff=0.5)
        meant = VERBS[ALIASES.get(near[0], near[0])] if near else None
        hint = f"Did you mean `/golive {meant.usage}`?" if meant else "Type `/golive help` for what I understand."
        raise NotUnderstood(f"I do not know the word “{name[:40]}”. {hint}")
    if verb.elsewhere and not in_chat:
        raise NotUnderstood(verb.elsewhere)
    return replace(verb.read(verb.name, " ".join(words)), release=release)


def help_text(about: str = "") -> str:
    """The table for people, as Markdown lines: every verb, or one with its example."""
    wanted = about.strip().casefold()
    if verb := VERBS.get(ALIASES.get(wanted, wanted)):
        also = f" Also: {', '.join(f'`{alias}`' for alias in verb.aliases)}." if verb.aliases else ""
        return f"`/golive {verb.usage}`: {verb.help} For example: `/golive {verb.example}`{also}"
    return "\n".join(f"`/golive {v.usage}`: {v.help}" for v in VERBS.values())
