"""A release's life without a server, of which any one request can fail, cut its run off, or let another run come between.

`Life` plays it: acts of people, the runs that they start, and a scheduled run after each. What it notes on the way (`wrong`)
may never happen, whatever fails; what it `told` at the end of each chapter has to be the same as without a fault, at the latest
two scheduled runs later. Add an act as a function in `STORY`; add a way to fail in `FAULTS`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import faults
from faults import Failing, Memory
from gate_world import POLICY, GateWorld
from golive.standins.sample import Sample
from golive.standins.wire import Exchange, Next, Request, Response, Served
from golive.wiring.serverless import Looked

SHOP = "acme/shop"
FOLLOWS = """\
run-name: Release ${{ inputs.decision }}
on: {workflow_dispatch: {inputs: {pull: {}, sha: {}, decision: {}}}}
jobs: {}
"""
WORDS = re.compile(r"^- .*( approved for | rejected for |Held by | lifted every hold)")
"""A line about what somebody said."""
AFTER = POLICY + "  after_merge: [release.yml]\n"


class Cut(BaseException):
    """Nothing catches it but the world: the runner is gone."""


class AtOnce:
    """Runs a check where it is submitted, so that stories repeat exactly."""

    def __init__(self) -> None:
        self.began = False

    def submit(self, run: Callable[[], None], /) -> object:
        """Run it."""
        self.began = True
        run()
        return None

    def settle(self) -> bool:
        """Whether any was run."""
        began, self.began = self.began, False
        return began

    def close(self) -> None:
        """Nothing is kept."""


# ------------------------------------------------------------------ ways to fail


def cut_before(request: Request, call: Next, memory: Memory) -> Response:
    """The runner is taken away before anything was done."""
    raise Cut(request.path)


def cut_after(request: Request, call: Next, memory: Memory) -> Response:
    """The runner is taken away when it was done."""
    call(request)
    raise Cut(request.path)


def outage(request: Request, call: Next, memory: Memory) -> Response:
    """502, and so does everything else until the run is over."""
    return faults.bad_gateway(request, call, memory)


def outage_after_the_effect(request: Request, call: Next, memory: Memory) -> Response:
    """It was done, and from then on 502 until the run is over."""
    call(request)
    return faults.bad_gateway(request, call, memory)


def long_limit(request: Request, call: Next, memory: Memory) -> Response:
    """403 until the run is over, and its time is longer than a run waits."""
    return Response.of(403, {"message": faults.SECONDARY}, retry_after="120")


def token_ended(request: Request, call: Next, memory: Memory) -> Response:
    """401 until the run is over."""
    return Response.of(401, {"message": "Bad credentials"})


class Beside(Memory):
    """What was answered before, and how another run is taken meanwhile."""

    def __init__(self, run: Callable[[], None]) -> None:
        super().__init__()
        self.run = run


def another_run_before(request: Request, call: Next, memory: Memory) -> Response:
    """Before this request arrives, another run begins and ends."""
    assert isinstance(memory, Beside)
    memory.run()
    return call(request)


def another_run_after(request: Request, call: Next, memory: Memory) -> Response:
    """Before the answer arrives, another run begins and ends."""
    assert isinstance(memory, Beside)
    answer = call(request)
    memory.run()
    return answer


BESIDE: tuple[faults.Fault, ...] = (another_run_before, another_run_after)
LASTING: dict[faults.Fault, faults.Fault] = {
    cut_before: cut_before, cut_after: cut_before, outage: outage, outage_after_the_effect: outage,
    long_limit: long_limit, token_ended: token_ended,
}  # fmt: skip
"""Those that last until the run is over, and what they are from their second request on."""
FAULTS: tuple[faults.Fault, ...] = (*faults.FAULTS, *LASTING, *BESIDE)


class FailingRun(Failing):
    """`Failing` that knows of runs: a lasting fault is over with the run that it struck."""

    def __init__(self, run: Callable[[], object]) -> None:
        super().__init__()
        self.lasting: faults.Fault | None = None
        self.counts = True
        self._run = run
        self._memory = Beside(self._beside)

    def _beside(self) -> None:
        """Another run, in which nothing fails."""
        self.counts = False
        try:
            self._run()
        finally:
            self.counts = True

    def __call__(self, request: Request, call: Next) -> Response:
        """Answer one request, or fail it."""
        if self.lasting is not None:
            return self.lasting(request, call, self._memory)
        if not self.counts:
            return call(request)
        if self.fault is not None and len(self.names) + 1 == self.chosen:
            self.lasting = LASTING.get(self.fault)
        return super().__call__(request, call)


# ------------------------------------------------------------------ the life


class CutWorld(GateWorld):
    """A `GateWorld` whose runs may be cut off, and whose GitHub fails as told."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.failing = FailingRun(self.run)
        self.noted: list[str] = []
        super().__init__(*arguments, **options)
        self.github.interceptors.append(self.failing)

    def run(self, *pulls: int, event: tuple[str, bytes] | None = None) -> list[Looked]:
        """One run; a cut one looked at nothing."""
        self.pool = AtOnce()
        try:
            super().run(*pulls, event=event)
        except Cut:
            self.looked = []
        except Exception as error:  # the command line says so and ends with 3
            self.looked = []
            if self.failing.lasting is None and not self.failing.struck:
                self.noted.append(f"a run failed as a whole: {error}")
        finally:
            self.failing.lasting, self.pool, self.last = None, None, None
        self.noted += [f"#{one.number}: {said}" for one in self.looked for said in one.notes]
        self.noted += [f"#{one.number}: {one.failed}" for one in self.looked if "still moved" in one.failed]
        seen, self.looked = self.looked, []
        return seen


class Life:
    """One play. wrong: what may never be.   told: how it stood at the end of each chapter.   expected: how it has to."""

    def __init__(self, folder: Path, sample: tuple[Sample, Served], *, token: bool, key: str) -> None:
        # without a key going live ends with the run that merged
        self.world = CutWorld(folder, AFTER if key else POLICY, token=token, key=key, sample=sample)
        self.world.app.permissions["actions"] = "write"
        self.first = self.twin = 0
        self.may_go = False
        self.wrong: list[str] = []
        self.told: list[object] = []
        self.expected: Sequence[object] = ()
        self.crowded = False
        """Two runs at the very same moment may create something twice: how often it is there is not told."""
        self.started: Counter[str] = Counter()
        self.world.github.commit(SHOP, "main", {".github/workflows/release.yml": FOLLOWS}, by="bo", message="W")
        self.world.github.observers.append(self.sees)

    def came_back(self) -> None:
        """Its world goes on somewhere else: nothing has to be seen again."""

    def seen(self) -> Sequence[str]:
        """The requests that can fail."""
        return self.world.failing.names

    def watched(self) -> AbstractContextManager[None]:
        """They are always seen."""
        return nullcontext()

    def sees(self, exchange: Exchange) -> None:
        """Every answer of GitHub's."""
        operation, response = exchange.operation or "", exchange.response
        if response.status >= 300 or exchange.request.method == "GET":
            return
        self.started[operation] += 1
        if self.may_go:
            return
        if operation in ("checks/create", "checks/update", "repos/create-commit-status"):
            told = response.json()
            if "success" in (told.get("conclusion"), told.get("state")) and told.get("name", "golive") == "golive":
                self.wrong.append(f"GO was published before all had signed this head: {told.get('output') or told}")
        if operation == "pulls/merge":
            self.wrong.append("it was merged before all had signed this head")

    # -- acts

    def say(self, login: str, text: str, number: int = 0) -> None:
        """A comment and its run."""
        self.world.says(login, number or self.first, text)

    def head(self) -> str:
        """The head of the release."""
        return str(self.world.github.pull(SHOP, self.first).head.sha)

    def rest(self) -> None:
        """A scheduled run, and up to two more where it does not stand as it has to."""
        w = self.world
        w.scheduled(minutes=20)
        place = len(self.told)
        for _ in range(2):
            if place >= len(self.expected) or not self.apart(self.tells(), self.expected[place]):
                break
            with self.unseen():
                w.scheduled(minutes=20)
        self.told.append(self.tells())
        if place < len(self.expected) and (said := self.apart(self.told[place], self.expected[place])):
            self.wrong.append(f"chapter {place + 1} ends so: {said}")

    def apart(self, told: object, expected: object) -> str:
        """What differs; empty where it is the same."""
        pair = (_eased(told), _eased(expected)) if self.crowded else (told, expected)
        return _apart(*pair) if pair[0] != pair[1] else ""

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Meanwhile nothing is counted and nothing fails."""
        before, self.world.failing.counts = self.world.failing.counts, False
        try:
            yield
        finally:
            self.world.failing.counts = before

    def tells(self) -> tuple[object, ...]:
        """How it stands, by all that people see: what moves with time alone is left out."""
        w, told = self.world, []
        for number in [n for n in (self.first, self.twin) if n]:
            pull = w.github.pull(SHOP, number)
            runs = w.our_runs(pull.head.sha)
            kinds = re.findall(r"<!-- golive:([a-z]+)", "".join(w.our_comments(number)))
            told.append((
                number, pull.state, pull.merged, [calm(r.output["title"]) for r in runs[-1:]],
                [r.conclusion or r.status for r in runs[-1:]],
                [r.status for r in runs].count("in_progress") > 1,
                sorted(Counter(kinds).items()), [
                    calm(body) for body in w.our_comments(number, "<!-- golive:sticky")
                    if w.key or not pull.merged  # without a key only the run that merged knows of it
                ],
            ))  # fmt: skip
        started = [self.started[name] for name in ("pulls/merge", "actions/create-workflow-dispatch")]
        return (*told, started)


def calm(text: str) -> tuple[str, ...]:
    """Of a text how it stands, who has signed and whose words were taken; what else happened may have been seen by nobody."""
    lines = [re.sub(r", asked [^)]*", "", line) for line in text.splitlines()]
    tables = [line.split("|")[1:3] for line in lines if re.match(r"\| \w+ \| \S+ (signed|missing)", line)]
    stands = [re.sub(r"\b[0-9a-f]{7,64}\b", "…", line) for line in lines if line.startswith("**") or len(lines) == 1]
    return (*stands, *map("".join, tables), *(line for line in lines if WORDS.search(line)))


def _eased(told: Any) -> object:
    """The same without how often something is there."""
    *pulls, started = told
    return [(*one[:5], [kind for kind, _ in one[6]], one[7][:1]) for one in pulls], started


def _apart(told: object, expected: object) -> str:
    """The first two parts that differ."""
    if isinstance(told, tuple | list) and isinstance(expected, tuple | list) and len(told) == len(expected):
        return next(_apart(a, b) for a, b in zip(told, expected, strict=True) if a != b)
    return f"{told!r} instead of {expected!r}"


# ------------------------------------------------------------------ the story


def opened(life: Life) -> None:
    """The release is opened, CI is green, and bo stops it."""
    life.first = life.world.release()
    life.rest()


def stopped_and_signed(life: Life) -> None:
    """Everybody signs the first head, and somebody stopped it."""
    life.say("bo", "/golive hold the shop is full")
    life.say("mina", "/golive approve qa")
    life.say("sam", "/golive approve security")
    life.rest()


def updated(life: Life) -> None:
    """Main moves and the release takes it in: the same change."""
    w = life.world
    w.later(seconds=2)
    w.github.commit(SHOP, "main", {"other.py": "1\n"}, by="bo", message="Else")
    w.github.merge_base_into(SHOP, "release/1.4", by="ana")
    w.ci_says("success", life.first)
    w.settle()
    life.rest()


def pushed(life: Life) -> None:
    """Other code: what was signed is open again, and nobody stops it any more."""
    life.world.push(life.first)
    life.say("bo", "/golive resume")
    life.rest()


def signed_once(life: Life) -> None:
    """One signs the new head."""
    life.say("mina", "/golive approve qa")
    life.rest()


def twin(life: Life) -> None:
    """Another release with the same head, which somebody rejects; then it is closed."""
    w = life.world
    w.later(seconds=2)
    w.github.create_branch(SHOP, "release/1.5", start=life.head(), by="ana")
    life.twin = w.github.open_pull(SHOP, head="release/1.5", title="The same", by="ana")
    w.settle()
    life.say("zoe", "/golive reject it is slow", life.twin)
    life.rest()
    w.github.close_pull(SHOP, life.twin, by="ana")
    w.settle()
    life.rest()


def merged(life: Life) -> None:
    """The last one signs, it is merged, and what follows is started."""
    life.may_go = True
    life.say("sam", "/golive approve security")
    for _ in range(2):
        life.rest()


STORY: tuple[Callable[[Life], None], ...] = (opened, stopped_and_signed, updated, pushed, signed_once, twin, merged)

# ------------------------------------------------------------------ what is tried

ANSWERS = re.compile(r"/(git|compare|users|collaborators|contents|dispatches)\b")
"""Where 404 is an answer in itself: nobody of that name, no such file, commit or workflow."""
WRITES_ONLY = (cut_before, outage_after_the_effect, another_run_before)
"""On a read these are the same as another fault one request before."""
EVERYWHERE = (cut_after, outage, another_run_after)
Pair = tuple[int, faults.Fault]


def pairs(names: Sequence[str], turn: int, whole: bool) -> list[Pair]:
    """Requests by their place from 1, and what becomes of them: of every third fault one pair, others for each turn.

    whole: cuts, outages and other runs everywhere they can be told apart, and of the rest every 11th pair.
    """
    found: list[Pair] = []
    for ordinal, fault in enumerate(FAULTS):
        here = [place for place, name in enumerate(names, 1) if _differs(name, fault)]
        if whole:
            found += [(p, fault) for p in here if fault in (*WRITES_ONLY, *EVERYWHERE) or (p + ordinal) % 11 == 0]
        elif (ordinal + turn) % 3 == 0:
            found.append((here[(7919 * (ordinal + 1) + 104_729 * turn) % len(here)], fault))
    return found


def _differs(name: str, fault: faults.Fault) -> bool:
    """Whether this fault of this request is another one than those of the request before, and is a fault at all."""
    if name.startswith("GET") and fault in WRITES_ONLY:
        return False
    return not (fault is faults.not_found_for_a_moment and ANSWERS.search(name))
