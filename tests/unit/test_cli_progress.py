"""What is said while checks run: lines in a log, one live line in a terminal, nothing of it on standard output."""

from __future__ import annotations

from io import StringIO

import pytest

from builders import a_check, a_finding
from golive.cli.progress import Progress
from golive.core.findings import Judged
from golive.core.model import Outcome


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_line_for_each_check_that_ended() -> None:
    out = StringIO()
    with Progress(3, out) as progress:
        for name in ("health", "fast"):
            progress.started(a_check(name))
        progress.finished(Judged(a_check("fast"), a_finding("fast", seconds=1.25)))
        progress.finished(Judged(a_check("health"), a_finding("health", Outcome.UNKNOWN)))
        progress.finished(Judged(a_check("drill"), a_finding("drill", Outcome.BLOCKED)))
    assert out.getvalue().splitlines() == [
        "[1/3] ✓ fast: passed (1.2 s)", "[2/3] ? health: could not tell", "[3/3] ⊘ drill: not run",
    ]  # fmt: skip


def test_a_terminal_gets_a_live_line_that_names_what_runs_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    out = Terminal()
    with Progress(2, out) as progress:
        progress.started(a_check("health"))
        progress.finished(Judged(a_check("fast"), a_finding("fast")))
    told = out.getvalue()
    assert "1/2" in told
    assert "health" in told
    assert "fast" not in told, "what ended is not listed while others run"
    assert told.rstrip().endswith("\x1b[2K"), "the live line is taken away at the end"


def test_the_terminal_is_given_back_when_a_run_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    out = Terminal()
    with pytest.raises(KeyboardInterrupt), Progress(1, out):
        raise KeyboardInterrupt
    assert "\x1b[?25h" in out.getvalue(), "the cursor stays hidden"
