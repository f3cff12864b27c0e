"""How the demo is told: a timeline in the terminal, the same on a page, and a table at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from golive.render.web import STYLESHEET, story_page, stylesheet
from golive.standins.wire import Request, Response, Standin, route

STYLES = {"golive": "bold green", "CI": "magenta", "demo": "dim", "shop": "magenta"}
"""Who → the style of their name; people have one style of their own."""
PERSON = "bold cyan"
PLAIN_WIDTH = 140
"""Columns of the table where there is no terminal to ask."""


class Timeline:
    """What happened so far: (time, who, what). Safe to tell from several threads."""

    def __init__(self, *, colour: bool) -> None:
        # plain output is not wrapped, so that a line of it stays a line wherever it is read
        self.console = Console(
            highlight=False, no_color=not colour, soft_wrap=not colour, emoji=False, markup=False,
            width=None if colour else PLAIN_WIDTH,
        )  # fmt: skip
        self.lines: list[tuple[str, str, str]] = []
        self._telling = threading.Lock()

    def tell(self, who: str, what: str) -> None:
        """Add a line, and print it."""
        with self._telling:
            line = (f"{datetime.now():%H:%M:%S}", who, what)
            self.lines.append(line)
            self._print(*line)

    def _print(self, time: str, who: str, what: str) -> None:
        style = STYLES.get(who, PERSON)
        if self.console.soft_wrap:
            first, *rest = what.splitlines() or [""]
            self.console.print(f"{time}  {who:<7} {first}")
            for line in rest:
                self.console.print(f"{'':19}{line}")
            return
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=8)
        row.add_column(width=7)
        row.add_column(ratio=1)
        row.add_row(Text(time, "dim"), Text(who, style), Text(what, "" if who == "golive" else "default"))
        self.console.print(row)

    def say(self, text: str = "", style: str = "") -> None:
        """A line outside the story."""
        with self._telling:
            self.console.print(Text(text, style))

    def table(self, title: str, rows: Iterable[tuple[str, str, bool]]) -> None:
        """The final state: (what, how it stands, whether that is as it must be)."""
        table = Table(title=title, title_justify="left", show_header=False, title_style="bold")
        for what, stands, right in rows:
            table.add_row(what, stands, Text("✓" if right else "✗", "green" if right else "bold red"))
        with self._telling:
            self.console.print()
            self.console.print(table)


class StoryPage(Standin):
    """The timeline as a page on loopback."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline

    @route("GET", "/", "story")
    def story(self, request: Request) -> Response:
        """What happened so far."""
        headers = {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'",
            "x-content-type-options": "nosniff",
        }
        return Response(200, story_page(list(self._timeline.lines), "A release goes live").encode(), headers)

    @route("GET", STYLESHEET, "stylesheet")
    def style(self, request: Request) -> Response:
        """How it looks."""
        return Response(200, stylesheet().encode(), {"content-type": "text/css; charset=utf-8"})
