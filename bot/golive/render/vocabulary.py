"""The words and signs of outcomes and verdicts, the same on every surface. A sign never stands without its word."""

from __future__ import annotations

from dataclasses import dataclass

from golive.core.model import Outcome, Verdict


@dataclass(frozen=True)
class Label:
    """A word for people and the emoji beside it. tone: how the web page colours it: good, mild, wait, bad or quiet."""

    word: str
    sign: str
    tone: str


VERDICTS: dict[Verdict, Label] = {
    Verdict.GO: Label("GO", "✅", "good"),
    Verdict.CONDITIONAL_GO: Label("CONDITIONAL GO", "🟡", "mild"),
    Verdict.WAIT: Label("WAIT", "⏳", "wait"),
    Verdict.HOLD: Label("HOLD", "✋", "mild"),
    Verdict.NO_GO: Label("NO GO", "⛔", "bad"),
}

OUTCOMES: dict[Outcome, Label] = {
    Outcome.FAILED: Label("failed", "❌", "bad"),
    Outcome.UNKNOWN: Label("could not tell", "❓", "bad"),
    Outcome.BLOCKED: Label("not run", "🚧", "mild"),
    Outcome.PENDING: Label("pending", "⏳", "wait"),
    Outcome.WARNING: Label("warning", "⚠️", "mild"),
    Outcome.WAIVED: Label("waived", "📝", "quiet"),
    Outcome.SKIPPED: Label("skipped", "⏩", "quiet"),
    Outcome.NOT_APPLICABLE: Label("not applicable", "➖", "quiet"),
    Outcome.PASSED: Label("passed", "✅", "good"),
}
"""Worst first: tables that are sorted are sorted in this order."""

OTHER = Label("Not a release", "➖", "quiet")
MERGED = Label("Merged", "🚀", "good")
CLOSED = Label("Closed", "🚫", "quiet")

SIGNED = Label("signed", "✅", "good")
MISSING = Label("missing", "⏳", "wait")
REJECTED = Label("rejected", "❌", "bad")
LOOKING = Label("being looked at", "👀", "wait")
WAITS_TURN = Label("waiting for another group", "⏸️", "wait")
LATER = Label("later phase", "📅", "quiet")
NOT_ASKED = Label("not asked", "⏩", "quiet")
MAY_REJECT = Label("may reject", "➖", "quiet")
"""Of a role without seats, which only ever says no."""

CONDITION_OPEN = Label("open", "⏳", "wait")
CONDITION_CLOSED = Label("closed", "✅", "good")

ACTS: dict[str, Label] = {
    "done": Label("done", "✅", "good"),
    "waits": Label("waiting", "⏳", "wait"),
    "failed": Label("failed", "❌", "bad"),
    "unknown": Label("could not tell", "❓", "bad"),
    "next": Label("next", "▶️", "wait"),
    "later": Label("later", "📅", "quiet"),
}
"""How an act of going live stands."""

OVERRIDDEN = Label("OVERRIDDEN", "🚨", "bad")
ALARM = Label("ALARM", "🚨", "bad")
"""Of what landed as something else than what was signed."""
FROZEN = Label("FROZEN", "🧊", "mild")
LET_THROUGH = Label("FREEZE", "🧊", "quiet")
"""Of a freeze that this release was let through."""
