"""Rules between entries: ids that differ, `needs` that lead somewhere and never back, enough people, clear releases.

They read the tree, not the models, so that they hold for a file with other mistakes too. Those about people and their
turns are in `across_signoffs`. Add a rule as one function and one line in `look_across`.
"""

from __future__ import annotations

from collections.abc import Iterator

from golive.policyfile import people
from golive.policyfile.entries import Named, cycle_text, cycles, differ, named, texts
from golive.policyfile.mistakes import Report, listed, shown
from golive.policyfile.options import ENVIRONMENT, RELEASE, TARGET
from golive.policyfile.tree import Mapping, Node, Scalar, Sequence, items, text_of


def look_across(root: Mapping, report: Report) -> None:
    """Report every mistake that only two places together make."""
    checks = list(named(root.get("checks"), "checks", "id"))
    releases = list(named(root.get("releases"), "releases", "name"))
    differ(checks, "id", report)
    differ(releases, "name", report)
    _needs(checks, report)
    _releases(releases, report)
    for seats in _seats(root):
        _enough_people(*seats, report)
    _reserved_vars(root, report)
    _asks_something(root, report)


def _asks_something(root: Mapping, report: Report) -> None:
    """A release that golive merges by itself must ask for something first."""
    promotion = root.get("promotion")
    merge = promotion.get("merge") if isinstance(promotion, Mapping) else None
    if (
        merge is None
        or text_of(merge) == "none"
        or (isinstance(merge, Mapping) and text_of(merge.get("when")) == "ask")
        or items(root.get("checks"))
        or items(root.get("signoffs"))
    ):
        return
    what = "golive would merge every release at once, because the policy has neither checks nor signoffs"
    report.add(merge.place, "promotion.merge", what, "Add what must be so before a release, or delete `merge`")


REFERENCES = (("needs",), ("explained_by",), ("with", "of"))
"""Keys of a check that hold ids of other checks; `with: of` is that of a combined check."""


def _references(check: Named) -> Iterator[tuple[str, Node, str]]:
    """Every id of another check in it: the path of the entry, the entry, and the id."""
    for keys in REFERENCES:
        node: Node | None = check.node
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        yield from texts(node, f"{check.at}.{'.'.join(keys)}")


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
        what = f"these checks wait for each other: {cycle_text(cycle)}"
        report.add(entry.place, at, what, "Delete one of these references")


def _releases(releases: list[Named], report: Report) -> None:
    first: dict[tuple[str, ...], Named] = {}
    for release in releases:
        head, labels = _texts(release.node.get("head")), _texts(release.node.get("labels"))
        node = release.node.get("release_please")
        please = isinstance(node, Scalar) and node.value is True
        if not head and not labels and not please and not _unreadable(release.node, "head", "labels"):
            what = "this release has neither head nor labels, so no pull request falls under it"
            report.add(release.node.place, release.at, what, 'Add for example `head: "release/**"`')
        base = text_of(release.node.get("base"))
        same = (base, *sorted(head), *(() if head else ("", *sorted(labels))), "please" if please else "")
        earlier = first.setdefault(same, release)
        if base and (head or labels or please) and earlier is not release:
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


def _seats(root: Mapping) -> Iterator[tuple[Mapping, str, str, int]]:
    """Whatever has a `from`: its mapping and path, the key that counts people, and how many where that is not there."""
    for group in named(root.get("signoffs"), "signoffs", "group"):
        for role in named(group.node.get("roles"), f"{group.at}.roles", "role"):
            yield role.node, role.at, "count", 1
    for freeze in named(root.get("freezes"), "freezes", "name"):
        if isinstance(exception := freeze.node.get("exception"), Mapping):
            yield exception, f"{freeze.at}.exception", "count", 1
    if isinstance(overrides := root.get("overrides"), Mapping):
        yield overrides, "overrides", "people", 2


def _enough_people(node: Mapping, at: str, key: str, otherwise: int, report: Report) -> None:
    seen: dict[str, Node] = {}
    for path, entry, text in texts(node.get("from"), f"{at}.from"):
        if text.casefold() in seen:
            report.add(entry.place, path, f"`{shown(text.casefold())}` is here twice", "Name each once")
        seen[text.casefold()] = entry
    count = node.get(key)
    asked = count.value if isinstance(count, Scalar) else otherwise if count is None else None
    named_here = people.named_people(tuple(seen))
    if isinstance(asked, bool) or not isinstance(asked, int) or not seen or named_here is None:
        return
    if asked > named_here:
        what = f"{asked} people must sign, but only {named_here} can: {listed(list(seen)[:8])}"
        least = f", or write {named_here}" if named_here >= otherwise else ""
        report.add((count or next(iter(seen.values()))).place, f"{at}.{key}", what, f"Name more people{least}")


def _reserved_vars(root: Mapping, report: Report) -> None:
    section = root.get("vars")
    meanings = {TARGET: "the release's own target", RELEASE: "the release's own name", ENVIRONMENT: "the environment"}
    for name, meaning in meanings.items():
        if isinstance(section, Mapping) and (entry := section.entries.get(name)):
            what = f"${{{name}}} already stands for {meaning}"
            report.add(entry.key.place, f"vars.{name}", what, "Choose another name")
