"""A policy for a repository, from what was seen in it: a text that validates, with a reason beside every line.

What cannot be known stands in its safe form, which blocks, below a line that begins with `# FILL IN:`; `golive validate`
points at those. Lines that begin with `#|` are proposals that would not work yet: each is whole, and works once what it
asks for is there and its `#|` are taken away. Checks are proposed in `propose_checks`, lines are laid out in `propose_text`.
"""

from __future__ import annotations

from dataclasses import dataclass

from golive.policyfile.people import is_placeholder
from golive.policyfile.propose_checks import Around, checks_for
from golive.policyfile.propose_text import Block, Line, laid_out, listed, quoted, said
from golive.policyfile.seen import Seen

__all__ = ["Around", "Proposal", "propose"]

TOP = """\
# How {name} goes live: proposed by `golive init` from what is in the repository, to be read and changed by people.
# golive reads it from the branch that releases go into, so a pull request cannot change the rules it is judged by.
# `golive validate` names every mistake with its line and its mend, and every place that is still to be filled in.
# Lines that begin with #| are switched off: take the #| away once what their comment asks for is there.
"""
LAYOUTS = ("release/**", "hotfix/**")
"""How branches of releases are called where none is there to say so."""


@dataclass(frozen=True)
class Proposal:
    """A policy. fill_in: what only people know, in the order of the file."""

    text: str
    fill_in: tuple[str, ...]


def propose(seen: Seen, around: Around | None = None) -> Proposal:
    """The policy for a repository. around: how golive is going to run there; alone on a machine when left out."""
    around = around or Around()
    role, signoffs = _signoffs(seen, around)
    blocks = [
        _head(seen), _releases(seen), *_runners(seen, around), *checks_for(seen, around, role), signoffs, _rules(),
        _promotion(around),
    ]  # fmt: skip
    text = TOP.format(name=said(seen.name) or "this repository") + laid_out(blocks)
    marks = tuple(line.strip().removeprefix("# FILL IN: ") for line in text.splitlines() if "# FILL IN: " in line)
    return Proposal(text, marks)


def _head(seen: Seen) -> Block:
    return Block(
        lines=(
            Line("version: 1", "of this file's format"),
            Line(f"project: {quoted(said(seen.name) or 'This repository')}", "how people call it"),
            Line("others: pass", "pull requests that are no release are let through at once; block: none is"),
        )
    )


def _releases(seen: Seen) -> Block:
    """The branches as they are used here; where nothing shows it, as many use them."""
    base, heads, why = _base(seen), [], "branches that are called so"
    if base != seen.branch:
        heads, why = [seen.branch], "develop is merged to go live, and so are branches called like the others"
    used = [f"{prefix}/**" for prefix in ("release", "releases", "hotfix") if _has(seen.branches, prefix)]
    heads += used or list(LAYOUTS)
    lines = [
        Line("releases:", "which pull requests are releases; every other one goes past golive"),
        Line("  - name: production", "how this way to go live is called"),
        Line(f"    base: {quoted(base)}", "the branch it is merged into: " + _base_why(seen, base)),
        Line(f"    head: {listed(heads)}", why if used or base != seen.branch else f"{why}; none is there yet"),
        Line("    labels: [release]", "or any pull request with this label"),
    ]
    if seen.release_please:
        lines.append(Line("    release_please: true", "and what release-please keeps, which is set up here"))
    if seen.target:
        lines.append(
            Line(f"    target: {quoted(seen.target)}", "where it is live, as the API description says: ${target}")
        )
    elif seen.goes_live:
        lines.append(
            Line('    target: "https://shop.example.com"', "where it is live; checks use it as ${target}", off=True)
        )
    return Block(lines=tuple(lines))


def _base(seen: Seen) -> str:
    """The branch that is live: the default one, unless that is called develop and another is there for it."""
    live = next((one for one in ("main", "master") if one in seen.branches), "")
    return live if live and seen.branch == "develop" else seen.branch


def _has(branches: tuple[str, ...], prefix: str) -> bool:
    return any(name.startswith(f"{prefix}/") for name in branches)


def _base_why(seen: Seen, base: str) -> str:
    return "the default branch" if base == seen.branch else "what is live"


def _runners(seen: Seen, around: Around) -> list[Block]:
    """Which workflows a server believes; nobody has to where there is none."""
    if not (around.server and around.runner):
        return []
    why = "the only workflow whose results the server believes, as it is on that branch"
    entry = f"{seen.repository or 'acme/shop'}/{around.runner}@refs/heads/{_base(seen)}"
    line = Line(f"runners: [{quoted(entry)}]", why, off=not seen.repository)
    fill = "" if seen.repository else "the repository as owner/name; git's remote `origin` did not say it."
    return [Block(fill_in=fill, lines=(line,))]


# ------------------------------------------------------------------ people


def _signoffs(seen: Seen, around: Around) -> tuple[str, Block]:
    """Who must sign, and the role that is asked for what no machine can see."""
    sources, why, fill = _sources(seen, around)
    role = "owners" if sources == ("codeowners",) or seen.owners else "maintainers"
    lines = [
        Line("signoffs:", "who must sign; the author and whoever pushed last never count"),
        Line("  - group: technical", "groups may come one after the other"),
        Line("    roles:", "in a group everybody is asked at once"),
        Line(f"      - role: {role}", "how it is called in `/golive approve`"),
        Line(f"        from: {listed(sources)}", why),
        Line("        count: 1", "how many different people must sign"),
        Line("      - role: product", "a second seat, for somebody who speaks for the users", off=True),
        Line('        from: ["permission:admin"]', 'people as "@login", teams as org/team', off=True),
    ]
    return role, Block(fill_in=fill, lines=tuple(lines))


def _sources(seen: Seen, around: Around) -> tuple[tuple[str, ...], str, str]:
    """`from:` of the first role, its reason, and what only people know. What is safe where nobody is known: maintainers."""
    owned = seen.owners
    readable = owned and (owned.people or owned.teams) and not (around.serverless and owned.teams)
    placeholder = owned and any(
        is_placeholder(f"@{one}" if "/" not in one else one) for one in owned.people + owned.teams
    )
    if owned and readable and not placeholder:
        return ("codeowners",), f"the owners of what a release changes, by {owned.path} of the base branch", ""
    why = "whoever may at least maintain the repository"
    if owned and placeholder:
        return (
            ("permission:maintain",),
            why,
            f"{owned.path} names a placeholder: name real owners there, then [codeowners] here.",
        )
    if owned and owned.teams and around.serverless:
        named = tuple(f"@{one}" for one in owned.people)[:20]
        fill = (
            f"{owned.path} names teams, which a workflow's token cannot read: name their people, or give golive an App."
        )
        return (named or ("permission:maintain",)), "people of the CODEOWNERS file" if named else why, fill
    fill = (
        'who signs, as "@login" or org/team. Until then any maintainer does, but for the author and the last to push.'
    )
    return ("permission:maintain",), why, fill


def _rules() -> Block:
    return Block(
        lines=(
            Line("rules:", "what holds for all sign-offs"),
            Line(
                "  on_push: keep_if_clean_update",
                "a push that only brings in the base keeps them; any other asks again",
            ),
            Line("  valid_for: 7d", "after that somebody signs again"),
            Line(
                '  remind: {after: 4h, hours: "Mon-Fri 09:00-17:00 Europe/Berlin"}', "in your own time zone", off=True
            ),
            Line("freezes:", "when nothing goes live", off=True),
            Line(
                '  - {name: Weekends, weekly: "Fri 15:00-Mon 08:00", timezone: Europe/Berlin}',
                "of this clock",
                off=True,
            ),
            Line('notify: {slack: "#releases"}', "where people are told, with golive's Slack app", off=True),
        )
    )


def _promotion(around: Around) -> Block:
    """golive merges nothing before somebody asks; what deploys is started where a workflow is there for it."""
    ask = "golive merges once nothing is missing and somebody says `/golive promote`; when: go: by itself"
    if not around.deploys:
        off = Line("promotion: {merge: {method: merge, when: ask}}", f"{ask}; without this line people merge", off=True)
        return Block(lines=(off,))
    return Block(
        lines=(
            Line("promotion:", "how it goes live"),
            Line("  merge: {method: merge, when: ask}", ask),
            Line(
                f"  resume: {{workflow: {quoted(around.deploys)}}}", "the workflow that golive starts with what landed"
            ),
        )
    )
