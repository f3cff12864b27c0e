"""What golive says, as it appears on GitHub and in Slack: read again and again, told once.

Add a surface as one method that yields lines, and its name in `Watch.look`.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator

from golive.cli.town import CHANNEL, Town

_REMARK = re.compile(r"<!--.*?-->", re.DOTALL)
_MARKUP = re.compile(r"</?[a-z]+[^>]*>|[*`_\\]+|^#+ ", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
NO_MENTION = "\u200b"
"""Keeps a name in a comment from notifying somebody; a terminal notifies nobody."""
LINES = 7
"""Of one comment or answer that are told; the rest is on the pages."""


class Watch:
    """Looks at the stand-ins and tells what is new. number: the pull request, 0 before there is one."""

    def __init__(self, town: Town, tell: Callable[[str, str], None]) -> None:
        self._town = town
        self._tell = tell
        self._told: set[tuple[object, ...]] = set()
        self.number = 0
        self.last_news = time.monotonic()

    def look(self) -> None:
        """Tell what has appeared since the last look."""
        for lines in (self._check(), self._chat(), self._comments(), self._answers()):
            for line in lines:
                self._tell("golive", line)
                self.last_news = time.monotonic()

    def _new(self, *what: object) -> bool:
        if what in self._told:
            return False
        self._told.add(what)
        return True

    def _check(self) -> Iterator[str]:
        runs = self._town.runs(self.number) if self.number else []
        if runs:
            run = runs[-1]
            title = run.output.get("title") or ""
            # how long ago somebody was asked is no news
            if self._new("check", run.id, run.status, run.conclusion, title.split(", asked ")[0]):
                yield f"check run, {run.conclusion or run.status}: {title}"
                if run.conclusion == "failure":
                    lines = plain(run.output.get("summary") or "", 100).splitlines()
                    yield "what clears it: " + "\n".join(line for line in lines if "→" in line)

    def _comments(self) -> Iterator[str]:
        for ref, body in self._town.comments(self.number) if self.number else []:
            if "golive:sticky" in body:
                if self._new("sticky", ref):
                    yield "keeps one comment on the pull request, edited from now on"
            elif "golive:request" in body:
                if self._new("request", ref):
                    yield "asks on the pull request: " + plain(body, 4).partition("\n")[2]
            elif self._new("answer", ref):
                yield "answers on the pull request: " + plain(body)

    def _chat(self) -> Iterator[str]:
        for root in self._town.roots():
            if self._new("root", root.ts, "erged" in root.text):
                yield f"Slack, {CHANNEL}: {root.text}"
        for reply in self._town.thread():
            if self._new("fact", reply.ts):
                yield f"Slack, thread: {reply.text}"

    def _answers(self) -> Iterator[str]:
        for said in self._town.slack.ephemerals:
            if said.text and self._new("whisper", said.ts):
                who = self._town.slack.world.user(said.user).name
                yield f"Slack, only to {who}: {shortened(said.text)}"


def plain(markdown: str, lines: int = LINES) -> str:
    """A comment's words without its markup and remarks."""
    text = _MARKUP.sub("", _LINK.sub(r"\1", _REMARK.sub("", markdown)))
    return shortened(html.unescape(text).replace(NO_MENTION, ""), lines)


def shortened(text: str, lines: int = LINES) -> str:
    """The first lines that are not empty; a last one says how many are left."""
    found = [line.strip() for line in text.splitlines() if line.strip()]
    more = [f"… and {len(found) - lines} more lines"] if len(found) > lines + 1 else []
    return "\n".join([*(found[:lines] if more else found), *more])
