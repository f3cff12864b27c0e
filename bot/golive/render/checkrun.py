"""The parts that only a check run has: the title, the table by category, remarks on lines of files, and buttons.

Each is a function over a view or a decision; `github.check_run` puts them together. A new button is a row in `_BUTTONS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from golive.core.decide import Decision
from golive.core.model import Detail, Outcome
from golive.core.snapshot import Kind
from golive.render.escaping import fold
from golive.render.rows import CheckRow
from golive.render.view import ReleaseView
from golive.render.vocabulary import OUTCOMES, Label

TITLE = 255
"""Bytes kept of a title, which GitHub shows on one line and keeps in 255 characters."""
MESSAGE = 1000
"""Characters of one remark; GitHub takes 64 KB ("Create a check run", parameter `annotations`)."""
MOST_BUTTONS = 3
"""Buttons that GitHub shows on a check run; label, description and identifier have 20, 40 and 20 characters."""

Annotation = tuple[str, int, int, str, str]
"""Path, first line, last line, level (`failure`, `warning`, `notice`), message."""
Button = tuple[str, str, str]
"""Label, description, identifier."""

RERUN: Button = ("Re-run", "Take every check of the release again", "rerun")
SIGN: Button = ("Sign off", "Approve for the roles you may sign", "sign")
HOLD: Button = ("Hold", "Stop the release until you say resume", "hold")

_COLUMNS: dict[str, tuple[Outcome, ...]] = {
    "failed": (Outcome.FAILED, Outcome.UNKNOWN),
    "waiting": (Outcome.PENDING, Outcome.BLOCKED),
    "warnings": (Outcome.WARNING,),
    "passed": (Outcome.PASSED,),
    "let_through": (Outcome.WAIVED, Outcome.SKIPPED, Outcome.NOT_APPLICABLE),
}
"""What the columns of the table count; what could not be told never counts as passed."""
_LEVELS = {Outcome.FAILED: "failure", Outcome.UNKNOWN: "failure", Outcome.WARNING: "warning"}
_LET_THROUGH = (Outcome.WAIVED, Outcome.SKIPPED, Outcome.NOT_APPLICABLE)


# ------------------------------------------------------------------ the title


def titled(text: str, most: int = TITLE) -> str:
    """The text on one line in at most so many bytes of UTF-8, cut after a whole word where one ends near enough."""
    whole = fold(text, most)
    if len(whole.encode()) <= most and not whole.endswith("…"):
        return whole
    kept = fold(text, 10 * most).encode()[: most - len("…".encode())].decode(errors="ignore")
    words = kept.rpartition(" ")[0]
    return (words if len(words) > len(kept) // 2 else kept).rstrip(" ,;:(—-") + "…"


# ------------------------------------------------------------------ the table


@dataclass(frozen=True)
class CategoryRow:
    """How many checks of one category stand how. label: of the worst of them."""

    name: str
    label: Label
    failed: int
    waiting: int
    warnings: int
    passed: int
    let_through: int


def categories(checks: Iterable[CheckRow]) -> tuple[CategoryRow, ...]:
    """One row for each category, the one with the worst check first; among equals the one with more of them."""
    found: dict[str, list[CheckRow]] = {}
    for row in checks:
        found.setdefault(row.category or "other", []).append(row)
    ordered = sorted(found.items(), key=lambda one: _weight(one[1]))
    return tuple(_category(name, rows) for name, rows in ordered)


def _weight(rows: list[CheckRow]) -> tuple[int, int]:
    worst = min(row.rank for row in rows)
    return worst, -sum(row.rank == worst for row in rows)


def _category(name: str, rows: list[CheckRow]) -> CategoryRow:
    ranks = list(OUTCOMES)
    counts = {column: sum(ranks[row.rank] in of for row in rows) for column, of in _COLUMNS.items()}
    return CategoryRow(name, min(rows, key=lambda row: row.rank).label, **counts)


# ------------------------------------------------------------------ remarks on lines


def remarks(view: ReleaseView, decision: Decision) -> tuple[Annotation, ...]:
    """A remark for every policy mistake, and for every finding's line that is in a file; each once, the worst first."""
    told = [(m.path, max(1, m.line), max(1, m.line), "failure", fold(m.text, MESSAGE)) for m in view.mistakes]
    told += sorted(_found(decision), key=lambda remark: ("failure", "warning", "notice").index(remark[3]))
    return tuple(dict.fromkeys(told))


def _found(decision: Decision) -> Iterator[Annotation]:
    for judged in decision.checks:
        for detail in judged.finding.details:
            level = _level(detail, judged.finding.outcome)
            if level and _in_repository(detail):
                text = fold(f"{judged.rule.title}: {detail.text}", MESSAGE)
                yield detail.path, detail.line, detail.line, level, text


def _level(detail: Detail, outcome: Outcome) -> str:
    """As grave as the line itself, and never graver than what the whole finding comes to."""
    level = _LEVELS.get(detail.outcome, "")
    if outcome in _LET_THROUGH:
        return "notice" if level else ""
    return "warning" if level and outcome not in (Outcome.FAILED, Outcome.UNKNOWN) else level


def _in_repository(detail: Detail) -> bool:
    """Only what names a line of a file of the repository; a runner's own paths would be refused, and say nothing here."""
    path = detail.path
    return bool(path) and detail.line > 0 and path[0] not in "/~" and ".." not in path.split("/") and ":" not in path


# ------------------------------------------------------------------ buttons


def buttons(view: ReleaseView, decision: Decision) -> tuple[Button, ...]:
    """What whoever reads the run can do about it now."""
    offered = (button for button, when in _BUTTONS if when(view, decision))
    return tuple(offered)[:MOST_BUTTONS]


def _may_sign(view: ReleaseView, decision: Decision) -> bool:
    return decision.kind is Kind.RELEASE and any(role.asks and not role.explicit for role in view.roles)


def _may_rerun(view: ReleaseView, decision: Decision) -> bool:
    """Whatever is not simply ready can be looked at again; and so can a check that did not pass, even where it is."""
    unmet = any(row.label in (OUTCOMES[Outcome.FAILED], OUTCOMES[Outcome.UNKNOWN]) for row in view.checks)
    return decision.kind in (Kind.RELEASE, Kind.MISTAKEN) and view.is_open and (decision.state != "success" or unmet)


def _may_hold(view: ReleaseView, decision: Decision) -> bool:
    return decision.kind is Kind.RELEASE and view.is_open and not decision.holds


_BUTTONS = ((SIGN, _may_sign), (RERUN, _may_rerun), (HOLD, _may_hold))
