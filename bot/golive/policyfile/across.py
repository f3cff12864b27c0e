"""Rules between entries: ids that differ, `needs` that lead somewhere and never back, enough people, clear releases.

They read the tree, not the models, so that they hold for a file with other mistakes too. Add a rule as one function and
one line in `look_across`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from golive.policyfile import people
from golive.policyfile.mistakes import Place, Report, listed, shown
from golive.policyfile.options import ENVIRONMENT, RELEASE, TARGET
from golive.policyfile.tree import Mapping, Node, Scalar, Sequence, items, text_of


@dataclass(frozen=True)
class Named:
    """A list entry with the text of its naming key. at: the path of the entry."""

    node: Mapping
    at: str
    name: str
    place: Place


def look_across(root: Mapping, report: Report) -> None:
    """Report every mistake that only two places together make."""
    checks = list(_named(root.get("checks"), "checks", "id"))
    releases = list(_named(root.get("releases"), "releases", "name"))
    roles = [
        role
        for index, group in enumerate(items(root.get("signoffs")))
        if isinstance(group, Mapping)
        for role in _named(group.get("roles"), f"signoffs[{index}].roles", "role")
    ]
    _differ(checks, "id", report)
    _differ(releases, "name", report)
    _differ(roles, "role", report)
    _needs(checks, report)
    _releases(releases, report)
    for role in roles:
        _enough_people(role, report)
    _reserved_vars(root, report)
    _asks_something(root, report)


def _asks_something(root: Mapping, report: Report) -> None:
    """A release that golive merges by itself must ask for something first."""
    promotion = root.get("promotion")
    merge = promotion.get("merge") if isinstance(promotion, Mapping) else None
    if merge is None or items(root.get("checks")) or items(root.get("signoffs")):
        return
    what = "golive would merge every release at once, because the policy has neither checks nor signoffs"
    report.add(merge.place, "promotion.merge", what, "Add what must be so before a release, or delete `merge`")


def _named(node: Node | None, at: str, key: str) -> Iterator[Named]:
    for index, item in enumerate(items(node)):
        if isinstance(item, Mapping):
            value = item.get(key)
            yield Named(item, f"{at}[{index}]", text_of(value), value.place if value else item.place)


def _differ(entries: list[Named], key: str, report: Report) -> None:
    first: dict[str, Named] = {}
    for entry in entries:
        earlier = first.setdefault(entry.name, entry)
        if entry.name and earlier is not entry:
            what = f"the {key} `{shown(entry.name)}` is already that of {earlier.at}, on line {earlier.place.line}"
            report.add(entry.place, f"{entry.at}.{key}", what, "Give one of them another name")


REFERENCES = (("needs",), ("explained_by",), ("with", "of"))
"""Keys of a check that hold ids of other checks; `with: of` is that of a combined check."""


def _references(check: Named) -> Iterator[tuple[str, Node, str]]:
    """Every id of another check in it: the path of the entry, the entry, and the id."""
    for keys in REFERENCES:
        node: Node | None = check.node
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        for index, entry in enumerate(items(node)):
            if name := text_of(entry):
                yield f"{check.at}.{'.'.join(keys)}[{index}]", entry, name


def _needs(checks: list[Named], report: Report) -> None:
    known = {check.name: check for check in reversed(checks) if check.name}
    known = dict(sorted(known.items(), key=lambda one: (one[1].place.line, one[1].place.column)))
    listing = f"The checks here are: {listed(list(known)[:20])}"
    found = {name: list(_references(check)) for name, check in known.items()}
    for check in checks:
        for at, entry, name in _references(check):
            if name not in known:
                mend = report.did_you_mean(name, known, listing)
                report.add(entry.place, at, f"there is no check `{shown(name)}`", mend)
    for cycle in cycles({name: [to for _, _, to in found[name]] for name in known}):
        at, entry, _ = next(one for one in found[cycle[0]] if one[2] == cycle[1])
        path = " → ".join(shown(name) for name in (cycle if len(cycle) <= 12 else [*cycle[:10], "…", cycle[-1]]))
        report.add(entry.place, at, f"these checks wait for each other: {path}", "Delete one of these references")


def cycles(needs: dict[str, list[str]]) -> list[list[str]]:
    """Cycles in a graph, each as a path that ends where it began; every node is in at most one of them.

    Depth first without recursion, in linear time: a file may hold thousands of checks in one chain.
    """
    found: list[list[str]] = []
    done: set[str] = set()
    told: set[str] = set()
    for start in needs:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(needs[start])}
        while path:
            node = next(reversed(path))
            onward = next(path[node], None)
            if onward is None:
                del path[node]
                done.add(node)
            elif onward in path:
                if onward not in told and node not in told:
                    trail = list(path)
                    found.append([*trail[trail.index(onward) :], onward])
                    told.update(found[-1])
            elif onward in needs and onward not in done:
                path[onward] = iter(needs[onward])
    return found


def _releases(releases: list[Named], report: Report) -> None:
    first: dict[tuple[str, ...], Named] = {}
    for release in releases:
        head, labels = _texts(release.node.get("head")), _texts(release.node.get("labels"))
        if not head and not labels and not _unreadable(release.node, "head", "labels"):
            what = "this release has neither head nor labels, so no pull request falls under it"
            report.add(release.node.place, release.at, what, 'Add for example `head: "release/**"`')
        base = text_of(release.node.get("base"))
        same = (base, *sorted(head), *(() if head else ("", *sorted(labels))))
        earlier = first.setdefault(same, release)
        if base and (head or labels) and earlier is not release:
            what = f"this release has the same base and head as {earlier.at}, on line {earlier.node.place.line}"
            report.add(release.node.place, release.at, what, "Only the first would ever match; change or delete one")


def _texts(node: Node | None) -> tuple[str, ...]:
    """The texts of `one` or `[one, two]`, each once."""
    every = items(node) if isinstance(node, Sequence) else (node,)
    return tuple(dict.fromkeys(text for one in every if (text := text_of(one))))


def _unreadable(node: Mapping, *keys: str) -> bool:
    """Whether one of the keys is there but holds what cannot be read; the mistake about that is enough."""
    found = [node.get(key) for key in keys]
    return any(one is not None and not (isinstance(one, Sequence) and not one.items) for one in found)


def _enough_people(role: Named, report: Report) -> None:
    seen: dict[str, Node] = {}
    for index, entry in enumerate(items(role.node.get("from"))):
        name = text_of(entry).casefold()
        if name and name in seen:
            what = f"`{shown(name)}` is here twice"
            report.add(entry.place, f"{role.at}.from[{index}]", what, "Name each once")
        seen[name] = entry
    count = role.node.get("count")
    named = people.named_people(tuple(name for name in seen))
    if not isinstance(count, Scalar) or isinstance(count.value, bool) or not isinstance(count.value, int):
        return
    if seen and named is not None and count.value > named:
        what = f"{count.value} people must sign, but only {named} can: {listed(list(seen)[:8])}"
        report.add(count.place, f"{role.at}.count", what, f"Name more people, or write {named}")


def _reserved_vars(root: Mapping, report: Report) -> None:
    section = root.get("vars")
    meanings = {TARGET: "the release's own target", RELEASE: "the release's own name", ENVIRONMENT: "the environment"}
    for name, meaning in meanings.items():
        if isinstance(section, Mapping) and (entry := section.entries.get(name)):
            what = f"${{{name}}} already stands for {meaning}"
            report.add(entry.key.place, f"vars.{name}", what, "Choose another name")
