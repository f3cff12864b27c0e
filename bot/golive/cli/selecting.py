"""Which checks of a policy a command runs: by id, category or place; what the chosen ones need comes along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from golive.core.errors import Misconfigured
from golive.core.policy import CheckRule


@dataclass(frozen=True)
class Wanted:
    """What was asked for. only/skip: ids or patterns of ids; empty = all, none.   where: `server`, `runner` or empty."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    where: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether anything may be left out."""
        return bool(self.only or self.skip or self.categories or self.where)


def words(given: Iterable[str]) -> tuple[str, ...]:
    """`a,b` and `a`, `b` are the same."""
    return tuple(word for text in given for word in (part.strip() for part in text.split(",")) if word)


def selected(rules: Sequence[CheckRule], wanted: Wanted) -> tuple[CheckRule, ...]:
    """The checks to run, in the policy's order, without references to those left out.

    Raises Misconfigured where a name fits no check, or nothing is left.
    """
    for pattern in (*wanted.only, *wanted.skip):
        if not any(fnmatchcase(rule.id, pattern) for rule in rules):
            raise Misconfigured(f"There is no check {pattern!r}. The checks are: {', '.join(r.id for r in rules)}.")
    for category in wanted.categories:
        if not any(rule.category == category for rule in rules):
            known = ", ".join(sorted({rule.category for rule in rules if rule.category})) or "none has one"
            raise Misconfigured(f"No check has the category {category!r}. The categories are: {known}.")
    chosen = {rule.id for rule in rules if _fits(rule, wanted)}
    by_id = {rule.id: rule for rule in rules}
    waiting = list(chosen)
    while waiting:
        rule = by_id[waiting.pop()]
        needed = {*rule.needs, *rule.options.of_checks()} - chosen
        needed = {name for name in needed if not _skipped(name, wanted)}
        chosen |= needed
        waiting += needed
    if not chosen:
        raise Misconfigured("Nothing is left to run: the options leave every check out.")
    return tuple(_within(rule, chosen) for rule in rules if rule.id in chosen)


def _fits(rule: CheckRule, wanted: Wanted) -> bool:
    if _skipped(rule.id, wanted):
        return False
    if wanted.only and not any(fnmatchcase(rule.id, pattern) for pattern in wanted.only):
        return False
    if wanted.categories and rule.category not in wanted.categories:
        return False
    return (
        not wanted.where or wanted.where == ("runner" if rule.on_runner else "server") or rule.where.value == "either"
    )


def _skipped(name: str, wanted: Wanted) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in wanted.skip)


def _within(rule: CheckRule, chosen: set[str]) -> CheckRule:
    kept = [tuple(name for name in names if name in chosen) for names in (rule.needs, rule.explained_by)]
    return replace(rule, needs=kept[0], explained_by=kept[1])
