"""A whole release, from its opening to its merge, and what its requests cost: for the promises about economy and their table.

`play` is the story; `Counted` what it cost, by operation, as the stand-in took it off the quota. Requests that the App makes
with its own JWT (for the installation's token) have a quota of their own and are counted apart; a 304 costs nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from golive.standins.github.access import AS_APP
from golive.standins.wire import Exchange
from world import POLICY, World

CI_RUNS = 27
PROBES = 20
SIGNERS = ("mina", "sam", "zoe", "sue", "bo")


def policy(consumed: int = CI_RUNS - PROBES, probes: int = PROBES) -> str:
    """The world's policy with 27 checks: `consumed` of CI's runs and `probes` of the service, and five roles."""
    checks = [
        f"  - id: probe-{n}\n    uses: http\n    severity: high\n"
        f'    with: {{{{url: "${{{{target}}}}/health?n={n}", json: {{{{status: ok}}}}}}}}\n'
        for n in range(probes)
    ]
    checks += [
        f"  - id: ci-{n}\n    uses: github_check\n    with: {{{{name: job {n}, app: ci}}}}\n" for n in range(consumed)
    ]
    roles = "".join(f'      - {{{{role: role-{who}, from: ["@{who}"]}}}}\n' for who in SIGNERS)
    text = re.sub(r"checks:\n.*?(?=signoffs:)", "checks:\n" + "".join(checks), POLICY, flags=re.S)
    return re.sub(r"    roles:\n.*?(?=promotion:)", "    roles:\n" + roles, text, flags=re.S)


@dataclass
class Counted:
    """What went by: operation → how often it cost, and how often it was free."""

    cost: Counter[str] = field(default_factory=Counter)
    free: Counter[str] = field(default_factory=Counter)
    as_app: Counter[str] = field(default_factory=Counter)

    def note(self, exchange: Exchange) -> None:
        operation = exchange.operation or "nothing"
        if operation.startswith("page/"):
            return
        if operation in AS_APP:
            self.as_app[operation] += 1
        elif exchange.response.status == 304:
            self.free[operation] += 1
        else:
            self.cost[operation] += 1

    @property
    def total(self) -> int:
        """Requests that cost quota."""
        return self.cost.total()

    def table(self) -> str:
        """By operation, the dearest first."""
        names = sorted({*self.cost, *self.free}, key=lambda name: (-self.cost[name], -self.free[name], name))
        return "\n".join(f"{self.cost[name]:>5} {self.free[name]:>6}  {name}" for name in names)


@contextmanager
def counting(w: World) -> Iterator[Counted]:
    """What golive's requests to GitHub cost while this goes on."""
    counted = Counted()
    w.github.observers.append(counted.note)
    try:
        yield counted
    finally:
        w.github.observers.remove(counted.note)


def ci_reports(w: World, number: int, at_a_time: int = 9, seconds: float = 5) -> None:
    """CI's runs of the head finish, some at a time, each told by a delivery of its own."""
    sha = w.github.pull("acme/shop", number).head.sha
    for n in range(CI_RUNS):
        w.github.check_run("acme/shop", sha, name=f"job {n}", app="ci", conclusion="success")
        if n % at_a_time == at_a_time - 1:
            w.settle()
            w.later(seconds=seconds)


def play(w: World) -> int:
    """Opened, and CI's 27 runs; talk; 3 pushes one after the other, CI's 27 runs on the last; talk; 5 sign-offs; merged.

    CI gives up its runs of a head that was pushed over, as `cancel-in-progress` does. People sign as they like: two by
    comment, one by review, one by reaction, one in Slack. golive merges. Gives the pull request's number.
    """
    w.github.commit("acme/shop", "release/1.4", {"app.py": "print('1.4')\n"}, by="ana", message="Release 1.4")
    number = w.github.open_pull("acme/shop", head="release/1.4", title="Release 1.4", by="ana")
    w.settle()
    ci_reports(w, number)
    talk(w, number, 2)
    for push in range(3):
        w.later(seconds=8)
        w.github.commit("acme/shop", "release/1.4", {"app.py": f"print('1.4.{push}')\n"}, by="ana", message="Mend")
        w.settle()
    ci_reports(w, number)
    w.later(minutes=2)
    talk(w, number, 8)
    for who in SIGNERS:
        w.later(seconds=40)
        signs(w, number, who)
    w.later(seconds=16)
    return number


def signs(w: World, number: int, who: str) -> None:
    """One person signs on the surface they like best."""
    match who:
        case "zoe":
            w.github.review("acme/shop", number, by="zoe", state="APPROVE")
            w.settle()
        case "sam":
            w.github.react("acme/shop", w.ask_comment(number), by="sam", content="+1")
            w.later(seconds=16)
        case "sue":
            w.slack_says("sue", "approve role-sue")
        case _:
            w.says(who, number, f"/golive approve role-{who}")


def talk(w: World, number: int, times: int) -> None:
    """People talk about something else."""
    for n in range(times):
        w.later(seconds=10)
        w.github.comment("acme/shop", number, by="eve", body=f"Nice work, line {n} made my day.")
        w.settle()
