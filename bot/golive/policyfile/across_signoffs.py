"""Rules between entries about people: groups that come after others, names that can be said, phases and checks that exist.

They read the tree, as those of `across` do. Add a rule as one function and one line in `look_across_signoffs`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from golive.core.command import ALIASES, VERBS
from golive.policyfile.entries import Named, cycle_text, cycles, differ, named, texts
from golive.policyfile.mistakes import Report, listed, shown
from golive.policyfile.tree import Mapping, Node, Scalar, items, text_of

_LONGEST_NAME = 80


def exception_name(freeze: str) -> str:
    """The role that may let a release through a freeze, where the file gives it no name; empty if none can be made."""
    plain = unicodedata.normalize("NFKD", freeze).encode("ascii", "ignore").decode().casefold()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")
    return f"freeze-{slug}" if slug else ""


def look_across_signoffs(root: Mapping, report: Report) -> None:
    """Report every mistake about people that only two places together make."""
    groups = list(named(root.get("signoffs"), "signoffs", "group"))
    roles = [(group, role) for group in groups for role in named(group.node.get("roles"), f"{group.at}.roles", "role")]
    freezes = list(named(root.get("freezes"), "freezes", "name"))
    every = [*(role for _, role in roles), *_exceptions(freezes, report)]
    differ(groups, "group", report)
    differ(every, "role", report)
    differ(freezes, "name", report)
    _in_turn(groups, report)
    for role in every:
        _can_be_said(role, report)
    for group, role in roles:
        _counts(role, report)
        _says_what_skipping_means(group, role, report)
    for group in groups:
        _group_skips_something(group, report)
    _there_are(root, groups, [role for _, role in roles], freezes, report)


def _there_are(root: Mapping, groups: list[Named], roles: list[Named], freezes: list[Named], report: Report) -> None:
    """What roles and freezes name must be in the file."""
    phases = list(named(_phases(root), "promotion.phases", "name"))
    differ(phases, "name", report)
    checks = _names(named(root.get("checks"), "checks", "id"))
    releases = _names(named(root.get("releases"), "releases", "name"))
    for entry in (*groups, *roles):
        _due(entry, _names(phases), report)
    for role in roles:
        _known(role, "checks", "check", checks, report)
    for freeze in freezes:
        _known(freeze, "except", "release", releases, report)


def _phases(root: Mapping) -> Node | None:
    promotion = root.get("promotion")
    return promotion.get("phases") if isinstance(promotion, Mapping) else None


def _names(entries: Iterable[Named]) -> list[str]:
    return [entry.name for entry in entries if entry.name]


def _exceptions(freezes: list[Named], report: Report) -> Iterator[Named]:
    """The roles that may let a release through, under their given or made names."""
    for freeze in freezes:
        node = freeze.node.get("exception")
        if not isinstance(node, Mapping):
            continue
        role = node.get("role")
        name = text_of(role) if role else exception_name(freeze.name)
        if not role and freeze.name and not name:
            what = f"no name of a role can be made of `{shown(freeze.name)}`"
            report.add(node.place, f"{freeze.at}.exception.role", what, "Give the exception a `role:`")
        yield Named(node, f"{freeze.at}.exception", name, (role or node).place)


def _can_be_said(role: Named, report: Report) -> None:
    """`/golive approve hold` must not be able to mean two things."""
    if role.name in VERBS or role.name in ALIASES:
        what = f"`{role.name}` is a word of golive's commands, so no role can be called that"
        report.add(role.place, f"{role.at}.role", what, f"Call it for example `{role.name}-team`")


def _counts(role: Named, report: Report) -> None:
    count, veto = role.node.get("count"), role.node.get("veto")
    nobody = isinstance(count, Scalar) and count.value == 0 and not isinstance(count.value, bool)
    if nobody and count and not (isinstance(veto, Scalar) and veto.value is True):
        what = "a role of 0 people does nothing, unless it has a veto"
        report.add(count.place, f"{role.at}.count", what, "Write 1 or more, or add `veto: true`")


def _in_turn(groups: list[Named], report: Report) -> None:
    known: dict[str, Named] = {}
    for group in groups:
        known.setdefault(group.name, group)
    known.pop("", None)
    listing = f"The groups here are: {listed(list(known)[:20])}"
    found = {group.at: list(texts(group.node.get("after"), f"{group.at}.after")) for group in groups}
    for group in groups:
        seen: set[str] = set()
        for at, entry, name in found[group.at]:
            if name not in known:
                mend = report.did_you_mean(name, known, listing)
                report.add(entry.place, at, f"there is no group `{shown(name)}`", mend)
            elif name in seen:
                report.add(entry.place, at, f"`{shown(name)}` is here twice", "Name each once")
            seen.add(name)
        if found[group.at] and not group.name:
            what = "a group that comes after others needs a name"
            report.add(group.node.place, f"{group.at}.group", what, "Add `group:`")
    onward = {name: [to for _, _, to in found[group.at]] for name, group in known.items()}
    for cycle in cycles(onward):
        at, entry, _ = next(one for one in found[known[cycle[0]].at] if one[2] == cycle[1])
        what = f"these groups wait for each other: {cycle_text(cycle)}"
        report.add(entry.place, at, what, "Delete one of these references")


def _says_what_skipping_means(group: Named, role: Named, report: Report) -> None:
    """A role that is absent must never silently count: what it then comes to is written down, not guessed."""
    own = role.node.entries.get("if")
    asked_if = own or group.node.entries.get("if")
    said = role.node.entries.get("on_skip") or group.node.entries.get("on_skip")
    at = f"{(role if own else group).at}.on_skip"
    if asked_if and not said:
        what = "nothing says what it comes to where this role is not asked"
        mend = "Add `on_skip: pass` if it then counts as met, or `on_skip: hold` if the release must then wait"
        report.add(asked_if.key.place, at, what, mend)
    if (skip := role.node.entries.get("on_skip")) and not asked_if:
        what = "this role is always asked, so `on_skip` says nothing"
        report.add(skip.key.place, f"{role.at}.on_skip", what, "Add an `if:`, or delete the line")


def _group_skips_something(group: Named, report: Report) -> None:
    skip = group.node.entries.get("on_skip")
    roles = (one for one in items(group.node.get("roles")) if isinstance(one, Mapping))
    if skip and "if" not in group.node.entries and not any("if" in role.entries for role in roles):
        what = "every role of this group is always asked, so `on_skip` says nothing"
        report.add(skip.key.place, f"{group.at}.on_skip", what, "Add an `if:`, or delete the line")


def _due(entry: Named, phases: list[str], report: Report) -> None:
    node = entry.node.get("due")
    if not (name := text_of(node)) or node is None or name in phases:
        return
    if not phases:
        what = f"there is no phase `{shown(name)}`, because the policy has no phases"
        mend = f"Delete the line, or add `promotion: {{phases: [{{name: {shown(name)}}}]}}`"
    else:
        what = f"there is no phase `{shown(name)}`"
        mend = report.did_you_mean(name, phases, f"The phases here are: {listed(phases[:20])}")
    report.add(node.place, f"{entry.at}.due", what, mend)


def _known(entry: Named, key: str, what: str, known: list[str], report: Report) -> None:
    for at, node, name in texts(entry.node.get(key), f"{entry.at}.{key}"):
        if name not in known:
            mend = report.did_you_mean(name, known, f"The {what}s here are: {listed(known[:20])}")
            report.add(node.place, at, f"there is no {what} `{shown(name)}`", mend)
