"""From sections to the core's values: roles, rules, overrides, and freezes with their windows.

Whatever is a default of the file and not of the core is filled in here. Times that cannot be read are told in their place.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import PydanticCustomError

from golive.core.rules import (
    Escalation,
    FreezeRule,
    OverrideRule,
    Predicate,
    Remind,
    RoleRule,
    Rules,
    Window,
)
from golive.policyfile import calendars
from golive.policyfile.across_signoffs import exception_name
from golive.policyfile.agreement import (
    ExceptionSection,
    FreezeSection,
    GroupSection,
    IfSection,
    OverridesSection,
    RemindSection,
    RoleSection,
    RulesSection,
)
from golive.policyfile.mistakes import Report
from golive.policyfile.tree import Mapping, items

_ANY_WEEK = "Mon 00:00-01:00"
"""A window that is good, to find out whether the time zone is."""
_FAR = "9000-01-01T00:00"
"""An end that is good, to find out whether it is the begin that is not."""


def roles_of(groups: tuple[GroupSection, ...]) -> tuple[RoleRule, ...]:
    """Every role in the order of the file; a group's `due`, `if` and `on_skip` are the defaults of its roles."""
    return tuple(_role(role, group) for group in groups for role in group.roles)


def _role(role: RoleSection, group: GroupSection) -> RoleRule:
    return RoleRule(
        name=role.role,
        sources=role.from_,
        count=role.count,
        group=group.group,
        after=group.after,
        veto=role.veto,
        explicit=role.explicit,
        checks=role.checks,
        settle=role.settle,
        due=role.due or group.due or "",
        valid_for=role.valid_for,
        asked_if=_predicate(role.if_ or group.if_),
        on_skip=role.on_skip or group.on_skip or "hold",
        each=role.each,
    )


def _predicate(section: IfSection | None) -> Predicate | None:
    if section is None:
        return None
    return Predicate(
        paths=section.paths,
        labels=section.labels,
        authors=section.author,
        lines=section.lines,
        files=section.files,
        frozen=section.frozen,
        migration=section.migration,
    )


def rules_of(section: RulesSection) -> Rules:
    """What holds for all sign-offs."""
    return Rules(
        exclude=frozenset(section.exclude),
        on_push=section.on_push,
        valid_for=section.valid_for,
        distinct_people=section.distinct_people,
        delegation=section.delegation,
        remind=_remind(section.remind) if section.remind else None,
    )


def _remind(section: RemindSection) -> Remind:
    more = section.escalate
    return Remind(
        section.after, section.every, section.hours, Escalation(more.after, more.to, more.channel) if more else None
    )


def overrides_of(section: OverridesSection | None) -> OverrideRule | None:
    """Who may break the glass, or None."""
    return OverrideRule(section.from_, section.people, section.longest) if section else None


def read_freezes(root: Mapping, sections: tuple[FreezeSection, ...], report: Report) -> tuple[FreezeRule | None, ...]:
    """The freezes in the order of the file; None for one whose times were reported."""
    nodes = items(root.get("freezes"))
    return tuple(_freeze(section, nodes[at], f"freezes[{at}]", report) for at, section in enumerate(sections))


def _freeze(section: FreezeSection, node: object, at: str, report: Report) -> FreezeRule | None:
    window = _window(section, node, at, report) if isinstance(node, Mapping) else None
    if window is None:
        return None
    exception = _exception(section.exception, section.name) if section.exception else None
    return FreezeRule(section.name, window, section.except_, exception)


def _exception(section: ExceptionSection, freeze: str) -> RoleRule:
    """It is explicit, so that an approval of the release never lets it through a freeze by the way."""
    return RoleRule(section.role or exception_name(freeze), section.from_, section.count, explicit=True)


def _window(section: FreezeSection, node: Mapping, at: str, report: Report) -> Window | None:
    """The window; where it cannot be read, it is read part by part, so that the mistake stands at the key that makes it."""
    zone, start, end, weekly = section.timezone, section.from_ or "", section.to or "", section.weekly
    parts: list[tuple[str, Callable[[], Window]]] = [("timezone", lambda: calendars.weekly(_ANY_WEEK, zone))]
    if weekly is not None:
        parts.append(("weekly", lambda: calendars.weekly(weekly, zone)))
    else:
        parts.append(("from", lambda: calendars.fixed(start, _FAR, zone)))
        parts.append(("to", lambda: calendars.fixed(start, end, zone)))
    window, problem = _tried(parts[-1][1])
    if problem is None:
        return window
    for key, read in parts:
        if problem := _tried(read)[1]:
            report.add((node.get(key) or node).place, f"{at}.{key}", *problem)
            break
    return None


def _tried(read: Callable[[], Window]) -> tuple[Window | None, tuple[str, str] | None]:
    """The window, or what is wrong with it and how to mend that."""
    try:
        return read(), None
    except PydanticCustomError as mistake:
        said = mistake.context or {}
        return None, (str(said["what"]), str(said["mend"]))
