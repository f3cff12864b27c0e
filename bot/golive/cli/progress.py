"""What `golive check` says while it runs, on standard error: a live line in a terminal, one plain line a check in a log."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from golive.core.findings import Judged
from golive.core.policy import CheckRule
from golive.render.report.text import SIGNS

if TYPE_CHECKING:
    from rich.live import Live

_NAMES = 4


class Progress:
    """Told by one thread what begins and ends. total: checks in all.   stream: where it is said."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = total
        self._stream = stream
        self._began = time.monotonic()
        self._running: dict[str, float] = {}
        self._done = 0
        self._bad = 0
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if self._stream.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self._stream, highlight=False, emoji=False)
            self._live = Live(console=console, refresh_per_second=10, transient=True, get_renderable=self._now)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def started(self, rule: CheckRule) -> None:
        """A check has begun."""
        self._running[rule.id] = time.monotonic()

    def finished(self, judged: Judged) -> None:
        """A check has ended, or was settled without running."""
        self._running.pop(judged.rule.id, None)
        self._done += 1
        sign, word, style = SIGNS[judged.finding.outcome]
        self._bad += style == "red"
        if self._live is None:
            took = f" ({judged.finding.seconds:.1f} s)" if judged.finding.seconds >= 0.05 else ""
            print(f"[{self._done}/{self._total}] {sign} {judged.rule.id}: {word}{took}", file=self._stream, flush=True)

    def _now(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        width = 24
        filled = width * self._done // max(1, self._total)
        names = list(self._running)
        shown = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
        row = Table.grid(padding=(0, 1, 0, 0))
        bar = Text("━" * filled, "red" if self._bad else "green") + Text("━" * (width - filled), "bright_black")
        row.add_row(
            bar, Text(f"{self._done}/{self._total}"), Text(f"{time.monotonic() - self._began:.0f} s", "bright_black"),
            Text(shown, "cyan", no_wrap=True, overflow="ellipsis"),
        )  # fmt: skip
        return row
