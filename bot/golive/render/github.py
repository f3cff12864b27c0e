"""What golive writes on GitHub: the check run, the one comment, the sign-off request, answers. Markdown, escaped.

The words stand in `templates/github/`; this module chooses the parts and keeps the limits.
Only a sign-off request mentions people, because those it names are to be notified.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from golive.core.decide import Decision
from golive.core.model import Role
from golive.core.signoffs import could_fill
from golive.core.snapshot import Kind, Snapshot
from golive.ports import CheckRunView
from golive.render.checkrun import buttons, categories, remarks, titled
from golive.render.escaping import href, md
from golive.render.folding import Section, fit, fixed
from golive.render.roster import changed_for
from golive.render.templates import fill
from golive.render.view import ReleaseView, look

OUTPUT = 65_535
"""Bytes that GitHub takes for a check run's summary, and again for its text."""

COMMENT = 65_000
"""Bytes of a comment's body: GitHub takes 65,536 characters, and the marker is added to it."""

MENTIONED = 10
"""People mentioned for one role; beyond that its teams are."""

_STATES = ("success", "in_progress", "action_required", "failure")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_TEAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_run(
    snapshot: Snapshot, decision: Decision, siblings_state: str | None, *, page_url: str, chain: str, version: str = ""
) -> CheckRunView:
    """The check run of this head.

    siblings_state: the worst state of other pull requests with this head, beyond those in `snapshot.siblings`; or None.
    chain: the hash of the ledger's newest row; empty where nothing is recorded.   version: golive's own.
    """
    view = look(snapshot, decision)
    state = max((decision.state, siblings_state or "success", *(s.state for s in snapshot.siblings)), key=_rank)
    completed = state != "in_progress"
    title = _title(snapshot, decision, state)
    other = fixed(str(md(title)) if title != titled(view.headline) else "")
    footer = _footer(view, page_url, chain, notes=(snapshot.budget, f"golive {version}" if version else ""))
    return CheckRunView(
        title=title,
        summary=fit([other, *_standing(view, _categories(view)), footer], OUTPUT),
        text=_text(view),
        status="completed" if completed else "in_progress",
        conclusion=state if completed else None,
        details_url=page_url,
        annotations=remarks(view, decision),
        actions=buttons(view, decision),
    )


def _rank(state: str) -> int:
    """How bad a state is; a pull request that shows none (its base is not governed) is as good as success."""
    return _STATES.index(state or "success")


def _title(snapshot: Snapshot, decision: Decision, state: str) -> str:
    """The headline; where another pull request with this commit decides what is shown, that one's.

    `shared` reasons are in the headline already. A release outranks what is none, even where both pass.
    """
    headline, own = decision.headline, _rank(decision.state)
    if not decision.shared:
        worst = max(snapshot.siblings, key=lambda s: (_rank(s.state), s.is_release), default=None)
        outranked = decision.kind is Kind.OTHER and worst is not None and worst.is_release
        if worst and _rank(worst.state) + outranked > own:
            headline = f"#{worst.number} has the same commit: {worst.headline}"
        elif _rank(state) > own:
            headline = f"Another pull request with this commit is not ready. This one: {headline}"
    if snapshot.siblings and not decision.shared and headline == decision.headline:
        headline = f"#{snapshot.pull.subject.number}: {headline}"  # the run is read on the other pull request, too
    return titled(headline)


def sticky(snapshot: Snapshot, decision: Decision, *, page_url: str, chain: str, boxes: bool = True) -> str:
    """The body of the one comment that shows where the release stands; the marker is the adapter's.

    boxes: whether a tick in it would be heard.
    """
    view = look(snapshot, decision)
    parts = [fixed(fill("github/sticky.md.j2", view=view)), *_standing(view, *([_boxes(view)] if boxes else []))]
    if decision.kind is Kind.ENDED:
        parts.append(_section("timeline", view.timeline, tuple(reversed(view.timeline))))
    else:
        parts += [_section("guards", view.guards), _folded(_checks(view), view)]
    return fit([*parts, _footer(view, page_url, chain, hint=view.is_open)], COMMENT)


def request(snapshot: Snapshot, decision: Decision, head_sha: str, superseded_by: str = "") -> str:
    """The comment that asks for sign-offs on one commit, or the one line that a superseded one is edited to."""
    view = look(snapshot, decision)
    if superseded_by:
        link = href(f"{view.url}/commits/{superseded_by}")
        return fill("github/superseded.md.j2", head_sha=head_sha, newer=superseded_by, link=link)
    revision = next((s.revision for s in reversed(snapshot.standing.shown) if s.revision.head_sha == head_sha), None)
    base = revision.base_ref if revision else view.base_ref
    seats = {seat.role.name: seat.role for seat in decision.roster}
    asked = [(row, Markup(_asked(snapshot, seats[row.name]))) for row in view.roles if not row.skipped]  # noqa: S704
    changed = [(row, Markup(_mention(row.login))) for row in changed_for(view.roles)]  # noqa: S704
    top = fixed(fill("github/request.md.j2", view=view, head_sha=head_sha, base=base))
    how = fixed(fill("github/request_how.md.j2"))
    return fit([top, _section("request_roles", asked), how, _section("changed", changed)], COMMENT)


def _asked(snapshot: Snapshot, role: Role) -> str:
    """Who is asked for a role, as live mentions: its people, or its teams where those are many."""
    people = could_fill(role, snapshot)
    if len(people) > MENTIONED and (teams := [s for s in role.sources if _TEAM.fullmatch(s)]):
        return ", ".join(f"@{team}" for team in teams)
    named = [_mention(p.login) for p in people[:MENTIONED]]
    if more := len(people) - len(named):
        named.append(f"and {more} more")
    return ", ".join(named) or "nobody may sign yet"


def _mention(login: str) -> str:
    """A live mention; of what is no login, its escaped text."""
    return f"@{login}" if _LOGIN.fullmatch(login) else str(md(login))


def answer(text: str, to_login: str = "") -> str:
    """The answer to what one person said. They are named, not mentioned: they are told by being subscribed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]

    def write(rows: Sequence[Any], more: int) -> str:
        return fill("github/answer.md.j2", to=to_login, rows=rows, more=more)

    return fit([Section(lines, write)], COMMENT)


def reminder(text: str) -> str:
    """A text of ours in which people are mentioned, so that they are notified; everything else in it is escaped."""
    parts = re.split(r"(@[A-Za-z0-9][A-Za-z0-9-]{0,99})(?![A-Za-z0-9@_/-])", text)
    return "".join(part if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    return "\n".join(line if re.fullmatch(r"- \[ \] [A-Za-z ]+", line) else _spaced(line) for line in text.split("\n"))


def _spaced(text: str) -> str:
    """Escaped, with the space that sets it apart from the mention before or after it."""
    bare = text.strip()
    return f"{' ' * text.startswith(' ')}{md(bare)}{' ' * text.endswith(' ')}" if bare else " " * bool(text)


def _standing(view: ReleaseView, *boxes: Section) -> list[Section]:
    """The parts that both the check run and the comment open with, most important first."""
    pressing = sorted(view.roles, key=lambda role: role.label.tone == "good")
    return [
        fixed(fill("github/headline.md.j2", view=view)),
        _section("banners", view.banners),
        fixed(str(md(view.next_step))),
        _section("mistakes", view.mistakes),
        _section("reasons", () if view.kind == Kind.MISTAKEN.value else view.reasons),
        _section("becomes", view.becomes),
        *boxes,
        _section("roster", view.roles, pressing),
        _section("conditions", view.conditions, sorted(view.conditions, key=lambda row: bool(row.closed))),
        _section("train", view.train),
        _section("acts", view.acts),
        _section("phases", view.phases),
    ]


def _boxes(view: ReleaseView) -> Section:
    """A box to tick for every role that somebody may sign now, and a ticked one for each that is complete.

    Only where a role's name means the same with and without Markdown: `githubapp.ticks` reads it back.
    """
    rows = [row for row in view.roles if (row.asks or row.complete) and _plain(row.name)]
    return _section("boxes", rows if any(row.asks for row in rows) else (), sorted(rows, key=lambda row: not row.asks))


def _plain(name: str) -> bool:
    return _SLUG.fullmatch(name) is not None and str(md(name)) == name


def _categories(view: ReleaseView) -> Section:
    """How many checks of each category stand how, the worst first."""

    def write(rows: Sequence[Any], more: int) -> str:
        return fill("github/categories.md.j2", rows=rows, more=more, counts=view.check_counts) if view.checks else ""

    return Section(categories(view.checks), write)


def _checks(view: ReleaseView) -> Section:
    def write(rows: Sequence[Any], more: int) -> str:
        return fill("github/checks.md.j2", rows=rows, more=more, counts=view.check_counts) if view.checks else ""

    return Section(view.worst_checks, write)


def _folded(section: Section, view: ReleaseView) -> Section:
    """The same section, closed until somebody opens it."""

    def write(rows: Sequence[Any], more: int) -> str:
        inner = section.write(rows, more)
        return fill("github/folded.md.j2", inner=Markup(inner), counts=view.check_counts) if inner else ""  # noqa: S704

    return Section(section.rows, write, section.ranked)


def _text(view: ReleaseView) -> str:
    """The long part below the summary: every check in full, each folded away."""
    return fit([_section("details", view.worst_checks)], OUTPUT)


def _section(name: str, rows: Sequence[Any], ranked: Sequence[Any] = ()) -> Section:
    """The rows in the template of that name; nothing where there are none."""

    def write(kept: Sequence[Any], more: int) -> str:
        return fill(f"github/{name}.md.j2", rows=kept, more=more) if kept or more else ""

    return Section(rows, write, ranked)


def _footer(view: ReleaseView, page_url: str, chain: str, hint: bool = False, notes: Sequence[str] = ()) -> Section:
    """Links, then notes, and as the very last line the head of the ledger's chain."""
    told = [note for note in notes if note]
    return fixed(fill("github/footer.md.j2", view=view, page_url=page_url, chain=chain[:12], hint=hint, notes=told))
