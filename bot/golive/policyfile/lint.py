"""What reads well and is no good: thresholds that cannot be met or missed, gaps, figures nobody reads, one fact counted twice.

Each rule is one function over one check, or over all of them. Add a rule as a function and its row in `EACH` or `ALL`.
A document that people once signed had every one of these mistakes; here each is said with its line before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from golive.core.criteria import Criteria, Intervals, amount
from golive.core.model import Severity, Where
from golive.core.policy import Options
from golive.policyfile.mistakes import Place, Report, listed, shown
from golive.policyfile.sections import CheckSection, PolicySection
from golive.policyfile.tree import Mapping as Tree
from golive.policyfile.tree import Node, Scalar, Sequence, items
from golive.ports import Kind

_FIGURE = re.compile(
    r"(?:[<>≤≥]=?|\b(?:at least|at most|more than|less than|fewer than|under|over|within|below|above|exceeds?)\b)"
    r"\s*(\d+(?:[.,]\d+)*)"
)
"""A threshold as people write one into a name."""
_WORDS = ("name", "impact", "action", "owner", "id", "category")
"""Keys of a check whose figures nothing evaluates."""


SLACK_HOOKS = "hooks.slack.com"
"""The one host to which the secret of `notify.webhook` may be lent."""


@dataclass(frozen=True)
class Look:
    """One check with its tree. options: of the first release that has them whole, or None."""

    section: CheckSection
    node: Tree
    at: str
    options: Kind | None
    problem: Callable[[str, str], str] | None

    def place(self, *keys: str) -> Place:
        """Where a key's value stands; the check itself where it is not written."""
        found = (self.node.get(key) for key in keys)
        return next((node.place for node in found if node is not None), self.node.place)

    @property
    def criteria(self) -> tuple[tuple[str, Criteria], ...]:
        """The criteria there are, with their keys."""
        every = (("pass", self.section.pass_), ("warn", self.section.warn), ("fail", self.section.fail))
        return tuple((key, one) for key, one in every if one is not None)


def lint(
    root: Tree,
    file: PolicySection,
    options: Mapping[tuple[int, int], Options],
    report: Report,
    problem: Callable[[str, str], str] | None,
) -> None:
    """Report all of it. options: by (check, release).   problem: why a secret may not go to a host, or empty."""
    nodes = items(root.get("checks"))
    looks = []
    for index, section in enumerate(file.checks):
        node = nodes[index]
        if not isinstance(node, Tree):
            continue
        of_check = (one for (check, _), one in options.items() if check == index)
        looks.append(Look(section, node, f"checks[{index}]", cast("Kind | None", next(of_check, None)), problem))
    for look in looks:
        for rule in EACH:
            rule(look, report)
    for over_all in ALL:
        over_all(looks, file, root, report)
    if file.notify.webhook and problem and (told := problem(file.notify.webhook, SLACK_HOOKS)):
        report.add(_webhook_place(root), "notify.webhook", told)


def _webhook_place(root: Tree) -> Place:
    notify = root.get("notify")
    found = notify.get("webhook") if isinstance(notify, Tree) else None
    return found.place if found is not None else root.place


def _knows_what_it_measures(look: Look, report: Report) -> None:
    if look.options is None:
        return
    for key, criteria in look.criteria:
        for problem in criteria.problems(look.options.measures):
            report.add(look.place(key), f"{look.at}.{key}", problem)


def _asserts_something(look: Look, report: Report) -> None:
    held = look.section.pass_ or look.section.fail
    if look.options is not None and not look.options.asserts() and held is None:
        names = listed(name for name in look.options.measures if name != "*") or "a value"
        what = f"this check asserts nothing: it measures {names} and holds it against nothing"
        report.add(look.place("id"), look.at, what, "Add a `pass:`, for example with what the value must be")


def _meant(options: Kind, criteria: Criteria) -> list[tuple[str, str]]:
    """The measures a criterion is about: those it names, and the primary one where it names none."""
    named = {leaf.name for leaf in criteria.part.leaves()}
    measures = list(options.measures.items())
    return [one for at, one in enumerate(measures) if one[0] in named or (at == 0 and "" in named)]


def _can_be_met_and_missed(look: Look, report: Report) -> None:
    """A threshold outside what can be measured at all is a check that always fails; one that covers all of it, never."""
    if look.options is None:
        return
    bounds = look.options.bounds()
    for key, criteria in look.criteria:
        for name, unit in _meant(look.options, criteria):
            held = criteria.intervals(name, unit)
            if held is None:
                continue
            place, at = look.place(key), f"{look.at}.{key}"
            if held.is_empty:
                report.add(place, at, f"no value can meet `{criteria.text}`", "Loosen one of its parts")
            elif name in bounds:
                low, high = bounds[name]
                possible = Intervals.between(low, high)
                span = f"{name} lies between {amount(low, unit)} and {amount(high, unit)} with these options"
                if not held.overlaps(possible):
                    report.add(place, at, f"`{criteria.text}` can never be met: {span}", "Change one of the two")
                elif held.covers(possible):
                    report.add(place, at, f"`{criteria.text}` can never be missed: {span}", "Ask for something")


def _leaves_no_gap(look: Look, report: Report) -> None:
    """Between success and failure there must be nothing undeclared, and no band may hide another."""
    section = look.section
    if look.options is None or section.pass_ is None:
        return
    for name, unit in _meant(look.options, section.pass_):
        passes = section.pass_.intervals(name, unit)
        if passes is None:
            continue
        warns = section.warn.intervals(name, unit) if section.warn else None
        fails = section.fail.intervals(name, unit) if section.fail else None
        if warns is not None and passes.covers(warns):
            what = f"`{section.warn.text if section.warn else ''}` never applies: all of it passes already"
            report.add(look.place("warn"), f"{look.at}.warn", what, "Make it wider than `pass`")
        if fails is None:
            continue
        if fails.overlaps(passes):
            what = f"a value can both pass and fail: `{section.pass_.text}` and `{section.fail and section.fail.text}`"
            report.add(look.place("fail"), f"{look.at}.fail", what, "Let the two bands not meet")
            continue
        told = passes.union(fails) if warns is None else passes.union(fails).union(warns)
        if not told.complement().is_empty and section.between is None:
            what = f"what lies between `{section.pass_.text}` and `{section.fail and section.fail.text}` is not said"
            report.add(look.place("fail"), f"{look.at}.fail", what, "Add `between: hold`, or a `warn:` that closes it")


def _reads_its_figures(look: Look, report: Report) -> None:
    """A figure in the name that nothing evaluates is a promise that nobody keeps."""
    named = list(_FIGURE.finditer(look.section.name))
    if not named:
        return
    values = " ".join(
        text for key, entry in look.node.entries.items() if key not in _WORDS for text in _texts(entry.value)
    )
    read = set(re.findall(r"\d+(?:\.\d+)?", values))
    for found in named:
        figure = found[1].replace(",", "")
        if figure not in read:
            what = f"the name says `{shown(found[0])}`, and nothing in this check evaluates {figure}"
            report.add(look.place("name"), f"{look.at}.name", what, "Add it as a `pass:`, or take it out of the name")


def _texts(node: Node) -> list[str]:
    if isinstance(node, Tree):
        return [text for key, entry in node.entries.items() for text in (key, *_texts(entry.value))]
    if isinstance(node, Sequence):
        return [text for item in node.items for text in _texts(item)]
    return [node.text] if isinstance(node, Scalar) else []


def _runs_where_it_can(look: Look, report: Report) -> None:
    if look.options is not None and look.section.where is Where.SERVER and look.options.on_machine():
        what = f"`{look.section.uses}` reads this machine, and the service refuses that"
        report.add(look.place("where"), f"{look.at}.where", what, "Write `where: runner`, or delete the line")


def _may_have_its_secrets(look: Look, report: Report) -> None:
    if look.options is None or look.problem is None:
        return
    for name, host in look.options.lent_secrets():
        if told := look.problem(name, host):
            report.add(look.place("with"), f"{look.at}.with", told)


EACH: tuple[Callable[[Look, Report], None], ...] = (
    _knows_what_it_measures,
    _asserts_something,
    _can_be_met_and_missed,
    _leaves_no_gap,
    _reads_its_figures,
    _runs_where_it_can,
    _may_have_its_secrets,
)


def _no_fact_twice(looks: list[Look], file: PolicySection, root: Tree, report: Report) -> None:
    """One missing variable is one finding: two checks that judge it must say which explains the other."""
    related = {
        frozenset((look.section.id, other))
        for look in looks
        for other in (*look.section.needs, *look.section.explained_by)
    }
    first: dict[str, Look] = {}
    for look in looks:
        for name in sorted(look.options.reads_variables()) if look.options is not None else ():
            earlier = first.setdefault(name, look)
            if earlier is look or frozenset((earlier.section.id, look.section.id)) in related:
                continue
            what = (
                f"`{shown(name)}` is judged by `{earlier.section.id}` already, so one missing value would count twice"
            )
            mend = f"Leave it to one of them, or add `explained_by: [{earlier.section.id}]`"
            report.add(look.place("with"), f"{look.at}.with", what, mend)


def _waives_what_is_there(looks: list[Look], file: PolicySection, root: Tree, report: Report) -> None:
    known = {look.section.id: look.section for look in looks}
    for index, waiver in enumerate(file.waivers):
        node = items(root.get("waivers"))[index]
        at = f"waivers[{index}]"
        if waiver.check not in known:
            mend = report.did_you_mean(waiver.check, known, f"The checks here are: {listed(list(known)[:20])}")
            report.add(node.place, f"{at}.check", f"there is no check `{shown(waiver.check)}`", mend)
        elif known[waiver.check].severity is Severity.CRITICAL and waiver.requested_by in ("", waiver.approver):
            what = "a critical check is never waived by the one who asks for it alone"
            report.add(node.place, at, what, "Add `requested_by`, somebody else than the approver")


def _weighs_what_is_there(looks: list[Look], file: PolicySection, root: Tree, report: Report) -> None:
    if file.decision.matrix is None:
        return
    used = {look.section.category for look in looks}
    decision = root.get("decision")
    place = decision.place if decision is not None else root.place
    for category in file.decision.matrix.weights:
        if category not in used:
            mend = report.did_you_mean(category, used - {""}, "Give a check this category, or take it out")
            what = f"no check has the category `{shown(category)}`, so it would weigh nothing"
            report.add(place, f"decision.matrix.weights.{category}", what, mend)


ALL: tuple[Callable[[list[Look], PolicySection, Tree, Report], None], ...] = (
    _no_fact_twice,
    _waives_what_is_there,
    _weighs_what_is_there,
)
