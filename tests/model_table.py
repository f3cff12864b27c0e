"""The table of a long run of the gate's model test: what its shares counted, summed up.

    python tests/model_table.py build/long [--write benchmarks/long.md]

The shares leave their counts in the folder that GOLIVE_MODEL_TOLD names. A new figure: one row of `FIGURES`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

FIGURES = (
    ("examples", "examples"),
    ("merges", "merges"),
    ("landed amid it all", "of them amid faults, crashes and late deliveries"),
    ("merge requests", "merge requests that golive made"),
    ("acts", "acts of people, clocks and networks, besides those at the end"),
    ("turns", "turns"),
    ("faults", "faults injected"),
    ("crashes", "crashes"),
    ("cpu", "seconds of CPU"),
    ("seconds", "seconds, those of all shares together"),
    ("failures", "failures"),
)
HEAD = """\
# The gate's model test, played long

`make test-long` plays a million histories of one release, each another; `GOLIVE_MODEL_EXAMPLES` says how many instead.
In each, people sign, push, aim elsewhere, edit and delete; deliveries come twice, late, in another order or never; GitHub's
API fails, golive dies and is started again; and two promises must hold: nothing is merged that the policy did not allow,
and what is allowed is merged once all is quiet. This page is written by that command, and shows its last run.

"""


def summed(folder: Path) -> Counter[str]:
    """What all shares counted."""
    every: Counter[str] = Counter()
    for file in sorted(folder.glob("*.json")):
        every.update(json.loads(file.read_text()))
    return every


def table(every: Counter[str], on: datetime) -> str:
    """The table as Markdown."""
    rows = [("", f"{on:%Y-%m-%d}"), ("---", "---:")]
    rows += [(says, f"{round(every[name]):,}") for name, says in FIGURES]
    return "".join(f"| {says} | {figure} |\n" for says, figure in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Sum up a long run of the gate's model test.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", type=Path)
    told = parser.parse_args()
    every = summed(told.folder)
    if not every["examples"]:
        raise SystemExit(f"{told.folder} holds no counts: no share has ended")
    made = table(every, datetime.now(UTC))
    print(made)
    if told.write:
        told.write.write_text(HEAD + made)


if __name__ == "__main__":
    main()
