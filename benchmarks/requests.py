"""What one release costs of GitHub's quota, by operation: as golive is, and as a design without a memory of answers would.

Run: python benchmarks/requests.py. The stand-in counts: a 304 is free, everything else costs one; requests with the App's
own JWT have a quota of their own and are not in the table.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

ROOT = Path(__file__).parents[1]
sys.path.pop(0)  # this folder: a file in it has the name of a library
sys.path.insert(0, str(ROOT / "bot"))
sys.path.insert(0, str(ROOT / "tests"))

from golive.engine import perform  # noqa: E402  # its own folder must not be searched before
from golive.wiring.service import Golive  # noqa: E402  # its own folder must not be searched before
from lifecycle import Counted, counting, play, policy  # noqa: E402  # its own folder must not be searched before
from world import a_world  # noqa: E402  # its own folder must not be searched before

NOTE = """
The story is `play` of tests/lifecycle.py. Both columns begin with nothing known and count what GitHub takes
off the installation's quota: reads answered with something new, writes, refusals. 304s ("free") and requests with the App's own
JWT are not in "cost". golive was installed a while before and has looked once at how the repository is guarded, as it does every
day; a release that comes in the very first minutes costs some four requests more.

On the left, golive as it is. On the right ("without"), golive again with three things switched off: reads are never conditional,
nothing is remembered from one evaluation to the next (commits, files, siblings, people, branch rules), and whatever changed is
written at once. Events that nobody consumes cost nothing there either, and the evaluation is golive's own: it stands for a design
that reads everything of an evaluation at each event, as policy-bot's does. policy-bot itself was not run.
"""


def lived(memory: bool) -> Counted:
    """The story of `tests/lifecycle.py`: opened, CI's 27 runs, 3 pushes, CI's 27 runs again, 10 comments, 5 sign-offs, merged."""
    with a_world(policy=policy()) as w:
        assert w.golive is not None
        if not memory:
            w.golive.forge.clients._conditional = False
            gather = w.golive.work.run._reconcile._gather  # type: ignore[attr-defined]
            gather.kept.end = lambda subject, told: None
            w.golive.forge._known.get = lambda key: None  # type: ignore[method-assign]
            without_rest(w.golive)
        w.settle()
        w.later(minutes=12)
        with counting(w) as counted:
            number = play(w)
        assert w.merged(number), w.title(number)
    return counted


def without_rest(golive: Golive) -> None:
    """Whatever changed is written at once, and siblings are read in every evaluation."""
    gather = golive.work.run._reconcile._gather  # type: ignore[attr-defined]  # the benchmark's own switch
    gather._timing = replace(gather._timing, burst=timedelta(0))
    perform.signing_until = lambda *_: None  # type: ignore[assignment]


def main() -> None:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    kept, asked = lived(memory=True), lived(memory=False)
    names = sorted({*kept.cost, *kept.free, *asked.cost}, key=lambda name: (-kept.cost[name], -asked.cost[name], name))
    print(f"{'cost':>6} {'free':>6} {'without':>8}  operation")
    for name in names:
        print(f"{kept.cost[name]:>6} {kept.free[name]:>6} {asked.cost[name]:>8}  {name}")
    print(f"{kept.total:>6} {kept.free.total():>6} {asked.total:>8}  in all")
    print(NOTE)


if __name__ == "__main__":
    main()
