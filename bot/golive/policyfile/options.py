"""The `with:` of every check: names filled in, then read by the kind's own model, once for each release.

`${target}` is the release's target, `${release}` its name, `${environment}` what the caller says or else the release's
name, and every other name comes from `vars:`. Values are filled
in once and never looked at again, so what a name stands for cannot bring in another name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import BaseModel

from golive.core.errors import Misconfigured
from golive.core.policy import Options
from golive.policyfile.mistakes import Place, Report, below, listed, shown
from golive.policyfile.sections import MAX_CHECKS, MAX_RELEASES
from golive.policyfile.tree import Mapping, Node, Scalar, Sequence, items, plain, text_of
from golive.policyfile.validation import validate
from golive.ports import Kind

TARGET, RELEASE, ENVIRONMENT = "target", "release", "environment"
_NAME = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True)
class Names:
    """What the caller gives: a target in place of the releases' own, the environment's name, and words over `vars:`."""

    target: str = ""
    environment: str = ""
    variables: Table[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Names:
    """What `${…}` may name. release: an index into the file's list; values: None where the release has none."""

    release: int
    values: Table[str, str | None]


def read_options(
    root: Mapping, kinds: Table[str, type[Kind]], report: Report, given: Names
) -> dict[tuple[int, int], Options]:
    """Validated options by (index of the check, index of the release); those with mistakes are only reported."""
    everywhere = [
        _names(root, index, release, given) for index, release in enumerate(items(root.get("releases"))[:MAX_RELEASES])
    ]
    everywhere = everywhere or [_Names(0, _values(root, "", None, given))]
    found: dict[tuple[int, int], Options] = {}
    for index, check in enumerate(items(root.get("checks"))[:MAX_CHECKS]):
        if isinstance(check, Mapping) and (kind := _kind(check, index, kinds, report)):
            for release, options in _for_each(check, index, kind, everywhere, report).items():
                found[index, release] = options
    return found


def _names(root: Mapping, index: int, release: Node, given: Names) -> _Names:
    name, target = "", None
    if isinstance(release, Mapping):
        name, target = text_of(release.get("name")), text_of(release.get("target")) or None
    return _Names(index, _values(root, name, target, given))


def _values(root: Mapping, release: str, target: str | None, given: Names) -> dict[str, str | None]:
    section = root.get("vars")
    entries = section.entries if isinstance(section, Mapping) else {}
    return {
        **{name: text_of(entry.value) for name, entry in entries.items()},
        **given.variables,
        TARGET: given.target or target,
        RELEASE: release,
        ENVIRONMENT: given.environment or release,
    }


def _kind(check: Mapping, index: int, kinds: Table[str, type[Kind]], report: Report) -> type[BaseModel] | None:
    uses = check.get("uses")
    name = text_of(uses)
    if not isinstance(uses, Scalar) or not isinstance(uses.value, str):
        return None
    if kind := kinds.get(name):
        return model_of(name, kind)
    mend = report.did_you_mean(name, sorted(kinds), f"The kinds here are: {listed(sorted(kinds))}")
    report.add(uses.place, f"checks[{index}].uses", f"there is no kind of check called `{shown(name)}`", mend)
    return None


def model_of(name: str, kind: type[Kind]) -> type[BaseModel]:
    """The kind as the pydantic model it is. Raises Misconfigured where a plug-in's kind is something else."""
    if not issubclass(kind, BaseModel):
        raise Misconfigured(f"The check kind `{name}` of {kind.__module__} is no pydantic model. Remove its package.")
    return kind


def _for_each(
    check: Mapping, index: int, kind: type[BaseModel], everywhere: list[_Names], report: Report
) -> dict[int, Options]:
    at = f"checks[{index}].with"
    entry = check.entries.get("with")
    uses = check.get("uses") or check
    node, key = (entry.value, entry.key.place) if entry else (Mapping(uses.place), uses.place)
    if not isinstance(node, Mapping):
        return {}
    if not _uses_names(node):
        options = validate(kind, node, plain(node), report, at, key)
        return {names.release: cast("Options", options) for names in everywhere if options is not None}
    found: dict[int, Options] = {}
    for names in everywhere:
        filler = _Filler(names, report)
        values = filler.fill(node, at)
        options = validate(kind, node, values, report, at, key)
        if filler.whole and options is not None:
            found[names.release] = cast("Options", options)
    return found


def _uses_names(node: Node) -> bool:
    if isinstance(node, Mapping):
        return any(_uses_names(entry.value) for entry in node.entries.values())
    if isinstance(node, Sequence):
        return any(_uses_names(item) for item in node.items)
    return _NAME.search(text_of(node)) is not None


class _Filler:
    """Fills the names into one tree. `whole`: nothing was missing; a missing one is left empty and reported."""

    def __init__(self, names: _Names, report: Report) -> None:
        self._names, self._report = names, report
        self.whole = True

    def fill(self, node: Node, at: str) -> Any:
        """The plain values of the tree with every name filled in; keys stay as they are."""
        if isinstance(node, Mapping):
            return {key: self.fill(entry.value, below(at, key)) for key, entry in node.entries.items()}
        if isinstance(node, Sequence):
            return [self.fill(item, below(at, index)) for index, item in enumerate(node.items)]
        if not isinstance(node.value, str):
            return node.value
        return _NAME.sub(lambda found: self._value(found[1], node.place, at), node.value)

    def _value(self, name: str, place: Place, at: str) -> str:
        values = self._names.values
        if (value := values.get(name)) is not None:
            return value
        self.whole = False
        if name == TARGET:
            what = f"${{{TARGET}}} is used, but releases[{self._names.release}] has no target"
            self._report.add(place, at, what, "Add `target` to that release")
            return ""
        known = sorted(values)
        mend = self._report.did_you_mean(name, known, "")
        what = f"there is no `${{{shown(name)}}}`; the names are: {listed(f'${{{one}}}' for one in known)}"
        self._report.add(place, at, what, mend)
        return ""
