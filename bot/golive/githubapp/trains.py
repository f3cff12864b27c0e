"""`Depends-On:` lines in a pull request's description, read from the Markdown tree as commands are.

Never from quotes, code, lists or HTML comments. A line above a rule of dashes is a heading to Markdown, and counts.
"""

from __future__ import annotations

from golive.core.trains import named
from golive.githubapp.comments import LONGEST, lines


def depends_on(body: str, repository: str, web: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The pull requests that a description names, as `acme/api#12`, and what names none.

    repository: whose pull request it is.   web: where its forge is, as `https://github.com`.
    """
    if "depends-on" not in body.casefold():
        return (), ()
    shown = lines(body[:LONGEST], ("paragraph_open", "heading_open"))
    # what is hidden within a line names nothing, and is told rather than passed over
    return named((line.replace("\0", " <hidden> ") for line in shown if line[:1] != "\0"), repository, web)
