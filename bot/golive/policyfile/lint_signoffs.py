"""What reads well and could never be met by people: seats without people, turns that never come, a week without an hour.

Each rule is one function over the file. Add a rule as a function and its row in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from golive.core.calendar import Weekly
from golive.core.rules import FreezeRule, RoleRule
from golive.policyfile.agreed import roles_of
from golive.policyfile.mistakes import Place, Report, listed, shown
from golive.policyfile.people import named_people
from golive.policyfile.sections import PolicySection
from golive.policyfile.tree import Mapping as Tree
from golive.policyfile.tree import Node, Scalar
from golive.policyfile.tree import Sequence as List

MOST_SEATS = 200
"""Seats of roles that name all their people; of more it is not looked whether they can be filled."""
_A_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_A_WEEK = timedelta(days=8)
"""A day more than seven, because a week with a change of the clock has an hour more."""


@dataclass(frozen=True)
class People:
    """What the rules look at. freezes: None where a window could not be read."""

    root: Tree
    file: PolicySection
    roles: tuple[RoleRule, ...]
    freezes: Sequence[FreezeRule | None]

    def node(self, *path: str | int) -> Node | None:
        """What stands at a path of keys and indexes, or None."""
        node: Node | None = self.root
        for step in path:
            if isinstance(step, str):
                node = node.get(step) if isinstance(node, Tree) else None
            else:
                node = node.items[step] if isinstance(node, List) and step < len(node.items) else None
        return node

    def place(self, *path: str | int) -> Place:
        """Its place, or that of the nearest thing above it that is written."""
        for end in range(len(path), 0, -1):
            if (node := self.node(*path[:end])) is not None:
                return node.place
        return self.root.place

    def text(self, otherwise: str, *path: str | int) -> str:
        """How a value was written."""
        node = self.node(*path)
        return node.text if isinstance(node, Scalar) else otherwise

    def at(self, role: int) -> tuple[str | int, ...]:
        """The path of a role by its number in the whole file."""
        for index, group in enumerate(self.file.signoffs):
            if role < len(group.roles):
                return "signoffs", index, "roles", role
            role -= len(group.roles)
        raise IndexError("there is no such role")


def lint_signoffs(root: Tree, file: PolicySection, freezes: Sequence[FreezeRule | None], report: Report) -> None:
    """Report all of it. freezes: as read, in the order of the file."""
    people = People(root, file, roles_of(file.signoffs), freezes)
    for rule in RULES:
        rule(people, report)


def _key(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


# ------------------------------------------------------------------ seats


def _every_seat_has_somebody(people: People, report: Report) -> None:
    """One person fills one seat: roles that name the same few people cannot all be filled, whoever signs."""
    if not people.file.rules.distinct_people:
        return
    logins = {
        at: tuple(dict.fromkeys(source.casefold() for source in role.sources))
        for at, role in enumerate(people.roles)
        if role.asked_if is None and named_people(role.sources) is not None
    }
    if sum(people.roles[at].count for at in logins) > MOST_SEATS:
        return
    crowded = _crowded([at for at in logins for _ in range(people.roles[at].count)], logins)
    if len(crowded) < 2:  # a role that asks for more people than it names is told already
        return
    last = max(crowded)
    could = sorted({login for at in crowded for login in logins[at]})
    asked = sum(people.roles[at].count for at in crowded)
    names = " and ".join(f"`{people.roles[at].name}`" for at in sorted(crowded))
    what = f"{names} need {asked} people together, and only {len(could)} can sign for them: {listed(could[:8])}"
    path = people.at(last)
    report.add(
        people.place(*path, "from"),
        _key((*path, "from")),
        what,
        "Name more people, or let one person fill two seats: `rules: {distinct_people: false}`",
    )


def _crowded(seats: Sequence[int], logins: Mapping[int, Sequence[str]]) -> set[int]:
    """Roles that have too few people for all their seats together; empty where every seat can be filled.

    Seat by seat along augmenting paths; where none is left, the roles on the way are the ones that crowd each other.
    """
    held: dict[str, int] = {}
    for seat, role in enumerate(seats):
        came: dict[str, tuple[int, str]] = {}  # login → the seat that wants them, and whom that seat holds now
        reached, queue, free = {role}, [(seat, "")], ""
        while queue and not free:
            wanting, holds = queue.pop(0)
            for login in logins[seats[wanting]]:
                if login in came:
                    continue
                came[login] = (wanting, holds)
                if login not in held:
                    free = login
                    break
                queue.append((held[login], login))
                reached.add(seats[held[login]])
        if not free:
            return reached
        while free:
            wanting, before = came[free]
            held[free] = wanting
            free = before
    return set()


# ------------------------------------------------------------------ turns and times


def _turns_come(people: People, report: Report) -> None:
    """Where a group is not asked and then holds the release, what comes after it is never reached."""
    stops = {
        group.group
        for group in people.file.signoffs
        if group.group and all(r.asked_if and r.on_skip == "hold" for r in roles_of((group,)))
    }
    for index, group in enumerate(people.file.signoffs):
        for number, name in enumerate(group.after):
            if name in stops:
                path = ("signoffs", index, "after", number)
                what = f"where no role of `{shown(name)}` is asked the release is on hold, so this group's turn never comes"
                mend = f"Write `on_skip: pass` in `{shown(name)}`, or delete this reference"
                report.add(people.place(*path), _key(path), what, mend)


def _signatures_outlive_reminders(people: People, report: Report) -> None:
    remind = people.file.rules.remind
    if remind is None:
        return
    after = people.text("4h", "rules", "remind", "after")
    spans: list[tuple[tuple[str | int, ...], timedelta | None]]
    spans = [(("rules", "valid_for"), people.file.rules.valid_for)]
    spans += [((*people.at(at), "valid_for"), role.valid_for) for at, role in enumerate(people.roles)]
    for path, span in spans:
        if span is not None and span < remind.after:
            what = f"a sign-off ends after {people.text('', *path)}, before the first reminder after {after}"
            mend = "Let it count for longer, or remind earlier"
            report.add(people.place(*path), _key(path), what, mend)


def _escalates_last(people: People, report: Report) -> None:
    remind = people.file.rules.remind
    if remind and remind.escalate and remind.escalate.after <= remind.after:
        path = ("rules", "remind", "escalate", "after")
        after = people.text("4h", "rules", "remind", "after")
        what = f"others would be asked after {people.text('', *path)}, not later than the first reminder after {after}"
        report.add(people.place(*path), _key(path), what, "Write a longer time here")


def _some_hour_is_free(people: People, report: Report) -> None:
    """Weekly freezes that leave no hour of the week mean that nothing ever goes live."""
    weekly = [(at, rule) for at, rule in enumerate(people.freezes) if rule and isinstance(rule.window, Weekly)]
    for release in people.file.releases:
        rules = [(at, rule) for at, rule in weekly if release.name not in rule.excepted]
        if not _cover_a_week([rule for _, rule in rules]):
            continue
        path = ("freezes", rules[-1][0], "weekly")
        names = " and ".join(f"`{shown(rule.name)}`" for _, rule in rules)
        what = f"{names} leave no hour of the week in which `{release.name}` could go live"
        report.add(people.place(*path), _key(path), what, "Leave some time; to ask somebody always, write a role")


def _cover_a_week(rules: Sequence[FreezeRule]) -> bool:
    at = _A_MONDAY
    while at < _A_MONDAY + _A_WEEK:
        covering = [rule.window for rule in rules if rule.window.covers(at)]
        ends = [window.ends(at) for window in covering]
        if not ends:
            return False
        if None in ends:
            return True
        at = max(end for end in ends if end is not None)
    return True


RULES: tuple[Callable[[People, Report], None], ...] = (
    _every_seat_has_somebody,
    _turns_come,
    _signatures_outlive_reminders,
    _escalates_last,
    _some_hour_is_free,
)
