"""What it costs to verify the record of a release: a real SQLite file, one long chain. Prints a table, asserts nothing.

    python benchmarks/audit.py                  100,000 entries
    python benchmarks/audit.py --count 10000

The chain is written past the store, many rows at a time, because how fast it is written is not the question; it is walked
by the store's own `broken_links`, with every body, and once more by `chain.faults` over the rows as an export has them.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from golive.core import chain, ledger
from golive.core.ledger import GENESIS
from golive.core.model import Subject
from golive.store.store import Store
from golive.store.tables import LedgerBodyRow, LedgerRow

SHOP = Subject("github.test", 42, 7)
BEGAN = datetime(2026, 3, 4, 12, tzinfo=UTC)
BODY = {"check": "services-healthy", "outcome": "passed", "summary": "Answered 200 in 12 ms, as expected. " * 8}
"""About as long as the entry of a check's result."""
BATCH = 5000
SHOULD = 2.0
"""Seconds for 100,000 entries."""


def rows(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The rows of one chain, and what each says."""
    prev = GENESIS
    for seq in range(1, count + 1):
        at, body, salt = BEGAN + timedelta(seconds=seq), {**BODY, "attempt": seq}, f"{seq:032x}"
        hashed = ledger.body_hash(salt, body)
        linked = ledger.row_hash(prev, SHOP, seq, "result", at, hashed)
        place = {"host": SHOP.host, "repository": SHOP.repository, "number": SHOP.number, "seq": seq}
        row = {**place, "kind": "result", "at": at, "body_hash": hashed, "prev": prev, "hash": linked}
        yield row, {**place, "key": f"result:{seq}", "salt": salt, "body": ledger.canonical(body).decode()}
        prev = linked


def write(store: Store, count: int) -> None:
    """Put a chain into the store's tables."""
    waiting: list[tuple[dict[str, Any], dict[str, Any]]] = []
    with store.transaction() as tx:
        connection = tx.session.connection()

        def flush() -> None:
            connection.execute(insert(LedgerRow), [row for row, _ in waiting])
            connection.execute(insert(LedgerBodyRow), [body for _, body in waiting])
            waiting.clear()

        for one in rows(count):
            waiting.append(one)
            if len(waiting) == BATCH:
                flush()
        if waiting:
            flush()


def told(name: str, count: int, act: Callable[[], object]) -> None:
    """Time one act and print its line; memory is the most that this process has held so far."""
    began = time.perf_counter()
    found = act()
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(f"  {name:44} {seconds:6.2f} s {count / seconds:10,.0f} /s {peak:6.0f} MiB   faults: {found}")


def main() -> None:
    """One chain, walked in each way."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--count", type=int, default=100_000, help="entries in the chain")
    count = asked.parse_args().count
    with tempfile.TemporaryDirectory(prefix="golive-bench-") as folder:
        file = Path(folder) / "golive.db"
        store = Store.open(f"sqlite:///{file}", lambda: BEGAN)
        write(store, count)
        size = file.stat().st_size / 2**20
        print(f"One chain of {count:,} entries, {size:.0f} MiB of SQLite; 100,000 should take less than {SHOULD:g} s")
        told("golive audit verify: chain and bodies", count, lambda: len(store.broken_links(SHOP)))
        exported = [link._replace(salt=None, body=None) for link in store.links(SHOP)]
        told("the chain of an export, from memory", count, lambda: sum(1 for _ in chain.faults(SHOP, exported)))
        store.close()


if __name__ == "__main__":
    main()
