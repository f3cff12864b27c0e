"""How many turns of a release a second: the real engine and adapters, a real SQLite file, the stand-ins in process.

    .venv/bin/python benchmarks/turn.py [--turns 100]

A turn of a settled release reads everything, decides and finds nothing to do. CPU time of this process, the stand-ins'
work in it; the fastest of five rounds, so that what else the machine does counts little. Prints a table, asserts nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.pop(0)  # this folder: a file in it has the name of a library
sys.path.insert(0, str(ROOT / "bot"))
sys.path.insert(0, str(ROOT / "tests"))

import logging  # noqa: E402  # its own folder must not be searched before

import structlog  # noqa: E402

from golive.core import ledger  # noqa: E402
from golive.core.ledger import Entry  # noqa: E402
from golive.core.model import Person, Subject  # noqa: E402
from world import World  # noqa: E402

ROUNDS = 5


def lengthen(world: World, subject: Subject, entries: int) -> int:
    """Earlier pushes and decisions until the ledger has so many entries; returns how many it has."""
    assert world.golive is not None
    store, at = world.golive.store, world.clock()
    known = store.entries(subject)
    decided = next(entry for entry in known if entry.kind == "decision")
    more: list[Entry] = []
    for n in range(0, entries - len(known), 2):
        more += [ledger.was_pushed(f"{n:040x}", Person(7, "ana"), at), replace(decided, key=f"decision:again:{n}")]
    with store.transaction() as tx:
        tx.append(subject, more)
        tx.touch(subject.key)
    world.settle()
    return len(store.entries(subject))


def measured(world: World, subject: Subject, turns: int) -> float:
    """CPU seconds of one turn."""
    assert world.golive is not None
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(turns // ROUNDS):
            with world.golive.store.transaction() as tx:
                tx.touch(subject.key)
            world.golive.work.run_due()
        best = min(best, (time.process_time() - began) / (turns // ROUNDS))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description="How many turns of a release a second.")
    parser.add_argument("--turns", type=int, default=100)
    turns = max(ROUNDS, parser.parse_args().turns)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(f"{'ledger entries':>15} {'ms of CPU a turn':>17} {'turns a second':>15}")
    with tempfile.TemporaryDirectory(prefix="golive-bench-") as folder:
        world = World(Path(folder))
        number = world.asked()
        subject = Subject("github.test", world.repo_id, number)
        for entries in (0, 200, 1000):
            have = lengthen(world, subject, entries)
            world.settle()
            each = measured(world, subject, turns)
            print(f"{have:>15} {each * 1000:>17.1f} {1 / each:>15.0f}")
        world.close()


if __name__ == "__main__":
    main()
