"""How long one decision takes: 500 sign-offs and 1,000 findings, from the record to the verdict.

Run: python benchmarks/gate.py. Prints the fastest and the median of many runs; nothing asserts a time.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parents[1] / "bot"))

from golive.core import ledger
from golive.core.decide import decide
from golive.core.model import (
    CheckResult,
    Finding,
    Outcome,
    Person,
    Pull,
    PullState,
    Revision,
    Role,
    Ruling,
    Subject,
    Surface,
    Word,
)
from golive.core.policy import CheckRule, MergeRule, Policy, ReleaseRule
from golive.core.rules import RoleRule
from golive.core.snapshot import Snapshot

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HEAD = Revision("c0de" * 10, "7ee0" * 10, "main")
RUNS = 40


@dataclass(frozen=True)
class Probe:
    """Options of a check that this table needs none of."""

    kind: ClassVar[str] = "probe"
    fresh: ClassVar[timedelta | None] = None
    stirred_by: ClassVar[frozenset[str]] = frozenset()
    reads_attestations: ClassVar[bool] = False

    def canonical(self) -> str:
        return ""

    def judge(self, facts: Any) -> Finding:
        raise NotImplementedError

    def on_machine(self) -> bool:
        return False

    def of_checks(self) -> tuple[str, ...]:
        return ()


def a_release(signs: int, findings: int, seats: int) -> tuple[Policy, tuple[Role, ...], list[ledger.Entry]]:
    """A release with `signs` approvals for roles of `seats` each, and `findings` results."""
    checks = tuple(CheckRule(f"c{n}", "probe", Probe()) for n in range(findings))
    rules = tuple(RoleRule(f"role{n}", (f"acme/team{n}",), seats) for n in range(signs // seats))
    roles = tuple(
        Role(rule.name, seats, tuple(Person(n * 1000 + k, f"p{n}-{k}") for k in range(seats * 2)), rule.sources)
        for n, rule in enumerate(rules)
    )
    policy = Policy(
        "Shop", (ReleaseRule("production", "main", ("release/**",), checks=checks),), rules, merge=MergeRule()
    )
    entries = [ledger.became_release("production", "main", NOW), ledger.was_shown(HEAD, NOW - timedelta(hours=2), 0)]
    entries += [
        ledger.found(
            CheckResult(Finding(c.id, Outcome.PASSED, "fine", taken_at=NOW), HEAD.head_sha, c.digest(), 1), NOW
        )
        for c in checks
    ]
    for role in roles:
        for person in role.people[:seats]:
            word = Word(
                f"comment:{person.id}:0", person, Surface.COMMENT, "approve", NOW - timedelta(hours=1), role.name
            )
            entries += [ledger.said(word), ledger.ruled(Ruling(word.key, True, "yes", roles=(role.name,)), NOW)]
    return policy, roles, [ledger.Entry(e.kind, e.key, e.at, e.body, n) for n, e in enumerate(entries, 1)]


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """The fastest and the median of many runs, in milliseconds."""
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        run()
        took.append((time.perf_counter() - began) * 1000)
    return min(took), statistics.median(took)


def main() -> None:
    """Print the table."""
    pull = Pull(
        Subject("github.com", 42, 7), "acme/shop", "Release", "", "https://github.com/acme/shop/pull/7",
        Person(10**9, "ana"), False, PullState.OPEN, False, "release/1", HEAD, frozenset(), False, True,
    )  # fmt: skip
    print(f"{'sign-offs':>9} {'findings':>9} {'seats':>6} {'ms min':>8} {'median':>8}  what")
    for signs, findings, seats in (
        (5, 27, 1),
        (500, 1000, 1),
        (500, 1000, 5),
        (500, 1000, 50),
        (500, 0, 1),
        (0, 1000, 1),
    ):
        policy, roles, entries = a_release(signs, findings, seats)
        standing = ledger.fold(entries)
        snapshot = Snapshot(NOW, pull, standing, policy, roles=roles)
        assert decide(snapshot).verdict.name == "GO", decide(snapshot).reasons[:3]
        for what, run in (("decide", lambda s=snapshot: decide(s)), ("fold", lambda e=entries: ledger.fold(e))):
            low, middle = timed(run)
            print(f"{signs:>9} {findings:>9} {seats:>6} {low:>8.2f} {middle:>8.2f}  {what}")


if __name__ == "__main__":
    main()
