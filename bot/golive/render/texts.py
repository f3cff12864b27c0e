"""All surfaces behind one face: what `ports.Render` promises the engine, carried out by the modules beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from golive import __version__
from golive.core.decide import Decision
from golive.core.effect import PutDirect
from golive.core.model import Subject
from golive.core.snapshot import Snapshot
from golive.ports import CheckRunView, MessageView
from golive.render import github, slack
from golive.render.direct import direct
from golive.render.view import look, to_json


@dataclass(frozen=True)
class Texts:
    """Makes every text that people read; holds nothing but golive's version, so one serves all threads."""

    version: str = __version__

    def check_run(self, snapshot: Snapshot, decision: Decision, page_url: str, chain: str) -> CheckRunView:
        """The check run; the other pull requests with this head are those of the snapshot."""
        return github.check_run(snapshot, decision, None, page_url=page_url, chain=chain, version=self.version)

    def sticky(self, snapshot: Snapshot, decision: Decision, page_url: str, chain: str) -> str:
        """The one comment, without its marker."""
        return github.sticky(snapshot, decision, page_url=page_url, chain=chain)

    def request(self, snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str) -> str:
        """The sign-off request of one commit, as a comment."""
        return github.request(snapshot, decision, head_sha, superseded_by)

    def answer(self, text: str) -> str:
        """An answer to one person, as a comment."""
        return github.answer(text)

    def reminder(self, text: str) -> str:
        """A text that mentions people."""
        return github.reminder(text)

    def page(self, snapshot: Snapshot, decision: Decision) -> str:
        """The release's page as JSON; `view.from_json` reads it."""
        return to_json(look(snapshot, decision))

    def chat_root(self, snapshot: Snapshot, decision: Decision, page_url: str) -> MessageView:
        """The one message of the release."""
        return slack.root(snapshot, decision, page_url=page_url)

    def chat_request(self, snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str) -> MessageView:
        """The sign-off request of one commit, in the thread."""
        return slack.request(snapshot, decision, head_sha, superseded_by)

    def chat_direct(self, subject: Subject, told: PutDirect, url: str) -> MessageView:
        """A reminder to one person alone."""
        return direct(subject, told, url)

    def chat_line(self, text: str, users: Sequence[str] = ()) -> MessageView:
        """One line in the thread, or an answer: its lines stay lines."""
        return slack.answer(text, users)
