"""The web pages, to look at only: no script, no form, every text escaped by the template engine.

The words and the markup stand in `templates/web/`; a page is a template on `base.html.j2` and a function here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from golive.core.decide import Decision
from golive.core.snapshot import Snapshot
from golive.render.templates import asset, fill
from golive.render.view import ReleaseView, look
from golive.render.vocabulary import Label

STYLESHEET = "/static/golive.css"
"""Where the pages expect `stylesheet()` to be served."""


@dataclass(frozen=True)
class IndexRow:
    """One release in the list of releases. page_url: of its own page, empty where that is not to be linked."""

    repository: str
    number: int
    title: str
    headline: str
    label: Label
    page_url: str = ""


def release_page(snapshot: Snapshot, decision: Decision, facts: Sequence[str] | None = None, *, chain: str = "") -> str:
    """The page of a release as just decided. facts: its timeline, oldest first; None: as the ledger has it."""
    return view_page(look(snapshot, decision), facts, chain=chain, looked_at=snapshot.now)


def view_page(
    view: ReleaseView,
    facts: Sequence[str] | None = None,
    *,
    chain: str = "",
    looked_at: datetime | None = None,
    looks: str = "",
    rests: str = "",
) -> str:
    """The page of a release from its view, for example one kept as JSON since the last turn.

    looks: when golive looked last and looks next.   rests: why nothing moves, empty where it does.
    """
    timeline = view.timeline if facts is None else facts
    return fill(
        "web/release.html.j2",
        view=view,
        timeline=timeline,
        chain=chain[:12],
        looked_at=looked_at,
        looks=looks,
        rests=rests,
    )


def index_page(rows: Iterable[IndexRow]) -> str:
    """The list of releases."""
    return fill("web/index.html.j2", rows=tuple(rows))


def story_page(lines: Iterable[tuple[str, str, str]], title: str = "What happened") -> str:
    """A story as a table of (time, who, what they said), in the order given."""
    return fill("web/story.html.j2", lines=tuple(lines), title=title)


def notice_page(title: str, text: str) -> str:
    """A page with one sentence, for example that there is no such release."""
    return fill("web/notice.html.j2", title=title, text=text)


def stylesheet() -> str:
    """The one stylesheet of all pages."""
    return asset("web/golive.css")
