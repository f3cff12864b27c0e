"""The reference page of the commands, made from the verb table. Grow it by what `core.command.Verb` says besides.

`PYTHONPATH=bot python tests/command_page.py > docs/reference/commands.md` writes it anew.
"""

from __future__ import annotations

import sys

from golive.core.command import VERBS, Verb

TOP = """\
# Commands

Made from golive's own table of verbs by `tests/command_page.py`. What the words mean for a release is said in
[Signing off](../signoffs.md).

On GitHub a command is a line of its own in a comment, beginning with `/golive`; quotes, code and lists are not read, and
an edited comment says nothing any more. In Slack it is the command `/golive`. Where more than one release is open, Slack
needs its name, before or after the verb: `/golive approve acme/shop#7 qa`. Square brackets mark what may be left out; an
unknown word does nothing, and is answered with the nearest known one.

| command | what it does |
|---|---|
"""


def page() -> str:
    """The whole page, as Markdown."""
    rows = [f"| [`{verb.usage}`](#{verb.name}) | {verb.help} |\n" for verb in VERBS.values()]
    return TOP + "".join(rows) + "".join(_section(verb) for verb in VERBS.values())


def _section(verb: Verb) -> str:
    lines = [verb.help, f"For example `/golive {verb.example}`."]
    if verb.aliases:
        lines.append(f"Other words for it: {', '.join(f'`{alias}`' for alias in verb.aliases)}.")
    if verb.asks:
        lines.append("It only asks: it changes nothing, and anybody may.")
    if verb.elsewhere:
        lines.append("On GitHub it does nothing.")
    return f"\n## {verb.name}\n\n`/golive {verb.usage}`\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
