"""The tables of the actions' inputs and outputs, made from each `action.yml`: in the reference, and in each README.

`python tests/action_pages.py` writes docs/reference/actions.md anew, and the tables between the two comments of each README.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/actions.md"
BEGIN, END = "<!-- made by tests/action_pages.py from action.yml -->", "<!-- end -->"
TOP = """\
# Inputs and outputs of the actions

Made from the `action.yml` files of this version by `tests/action_pages.py`; a tag of the repository has the page of its own
version. How they are used together: [golive in a workflow](../action.md).
"""


def actions() -> dict[str, Path]:
    """Name, as a workflow writes it after the owner → the action's file. The root action comes first."""
    found = {f"golive/actions/{path.parent.name}": path for path in sorted((ROOT / "actions").glob("*/action.yml"))}
    return {"golive": ROOT / "action.yml", **found}


def readme(action: Path) -> Path:
    """Where an action is described."""
    return ROOT / "actions/README.md" if action.parent == ROOT else action.with_name("README.md")


def tables(action: Path) -> str:
    """The tables of one action, as Markdown."""
    told: dict[str, Any] = yaml.safe_load(action.read_text("utf-8"))
    lines = ["| input | meaning | default |", "|---|---|---|"]
    for name, of in told["inputs"].items():
        default = "required" if of["required"] else f"`{of['default']}`" if of["default"] else ""
        lines.append(f"| `{name}` | {of['description']} | {default} |")
    lines += ["", "| output | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {of['description']} |" for name, of in told["outputs"].items()]
    return "\n".join(line.replace("|  |", "| |") for line in lines) + "\n"


def page() -> str:
    """The whole reference."""
    return TOP + "".join(
        f"\n## {name}\n\n{yaml.safe_load(path.read_text('utf-8'))['description']}\n\n{tables(path)}"
        for name, path in actions().items()
    )


def with_tables(text: str, action: Path) -> str:
    """A README's text with the tables of now between its two comments. Raises ValueError where they are not there."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{readme(action)} needs the lines {BEGIN} and {END}, and gets its tables between them")
    return f"{before}{BEGIN}\n{tables(action)}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    for path in actions().values():
        readme(path).write_text(with_tables(readme(path).read_text("utf-8"), path), "utf-8")
