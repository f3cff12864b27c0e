"""What each ledger adds up to, kept between turns: an entry is read and folded once, later looks read what came since.

A ledger only grows, whoever appends to it, so a sum that goes up to an entry stays right up to there. What is kept is
used only while its last link is still the one that was read and no body before it was erased; else it is summed anew.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable

from golive.core.ledger import GENESIS, Entry, Tally
from golive.core.model import Standing, Subject
from golive.store import sql

MOST = 256
"""Ledgers whose sum is kept; the one that was not asked for longest goes first."""


class _Sum:
    """One ledger's sum up to `seq`, whose link has this hash; `bodies`: how many entries are in it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.anew()

    def anew(self) -> None:
        self.tally, self.seq, self.hash, self.bodies = Tally(), 0, GENESIS, 0
        self.standing: Standing = self.tally.standing()

    def holds(self, rows: Sequence[Any]) -> bool:
        """Whether these rows begin with the link that it ends with, and nothing before was erased."""
        return not self.seq or (
            bool(rows) and rows[0].seq == self.seq and rows[0].hash == self.hash and rows[0].bodies == self.bodies
        )

    def add(self, rows: Sequence[Any]) -> None:
        new = [row for row in rows if row.seq > self.seq]
        if not new:
            return
        said = [Entry(r.kind, r.key, r.at, json.loads(r.body), r.seq) for r in new if r.key is not None]
        self.tally.take(said)
        self.standing = self.tally.standing()
        self.seq, self.hash, self.bodies = new[-1].seq, new[-1].hash, self.bodies + len(said)


class Standings:
    """The sums of one database. Safe among threads; other processes may append at any time. look: runs one statement."""

    def __init__(self, look: Callable[[Executable, Mapping[str, Any]], Sequence[Any]], most: int = MOST) -> None:
        self._look = look
        self._most = most
        self._lock = threading.Lock()
        self._sums: OrderedDict[Subject, _Sum] = OrderedDict()

    def of(self, subject: Subject) -> Standing:
        """What a ledger adds up to now."""
        with self._lock:
            if subject not in self._sums:
                self._sums[subject] = _Sum()
            one = self._sums[subject]
            self._sums.move_to_end(subject)
            if len(self._sums) > self._most:
                self._sums.popitem(last=False)
        with one.lock:
            rows = self._since(subject, one.seq)
            if not one.holds(rows):
                one.anew()
                rows = self._since(subject, 0)
            try:
                one.add(rows)
            except BaseException:
                one.anew()  # half a sum is none
                raise
            return one.standing

    def _since(self, subject: Subject, seq: int) -> Sequence[Any]:
        place = {"host": subject.host, "repository": subject.repository, "number": subject.number, "known": seq}
        return self._look(sql.SINCE, place)
