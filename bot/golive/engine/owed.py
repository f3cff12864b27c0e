"""Looks that are owed to very many subjects: a few in each transaction, so that a door waits for a few and never for all.

Whoever looks at everything at once (a start, a sweep) owes it here. What is not written yet when the process dies is owed
again by the next start.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from golive.ports import Store

AT_ONCE = 100
"""Subjects in one transaction: about 20 ms of it on one core."""


def owe(store: Store, looks: Iterable[tuple[str, datetime | None]]) -> None:
    """Look at each subject at its moment (None: now)."""
    left = iter(looks)
    while some := list(islice(left, AT_ONCE)):
        with store.transaction() as tx:
            for subject, at in some:
                tx.touch(subject, at)
