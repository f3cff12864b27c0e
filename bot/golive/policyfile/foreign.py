"""Keys as other tools name them: renamed in the tree to ours, in their places, before anything is read.

Which names are known is said by the section or the kind that owns the key, in its `also`.
"""

from __future__ import annotations

from collections.abc import Mapping as Table

from golive.policyfile.mistakes import Report, below
from golive.policyfile.sections import CheckSection, WaiverSection
from golive.policyfile.tree import Mapping, items, text_of
from golive.ports import Kind


def by_our_names(root: Mapping, kinds: Table[str, type[Kind]], report: Report) -> None:
    """Rename what is known under another name; both names at once are a mistake."""
    for index, waiver in enumerate(items(root.get("waivers"))):
        if isinstance(waiver, Mapping):
            _rename(waiver, WaiverSection.also, f"waivers[{index}]", report)
    for index, check in enumerate(items(root.get("checks"))):
        if not isinstance(check, Mapping):
            continue
        _rename(check, CheckSection.also, f"checks[{index}]", report)
        kind, options = kinds.get(text_of(check.get("uses"))), check.get("with")
        if kind is not None and isinstance(options, Mapping):
            _rename(options, getattr(kind, "also", {}), f"checks[{index}].with", report)


def _rename(node: Mapping, also: Table[str, str], at: str, report: Report) -> None:
    for theirs, ours in also.items():
        entry = node.entries.get(theirs)
        if entry is None:
            continue
        if ours in node.entries:
            what = f"`{theirs}` and `{ours}` are two names of one key"
            report.add(entry.key.place, below(at, theirs), what, "Keep one")
        else:
            node.entries[ours] = entry
        del node.entries[theirs]
