"""One run without a server: the same rooms, joined around a store that is gone at the end, taken through turns until all rests.

What starts the run is recorded as a delivery is, and says nothing else. What the next run needs lies in golive's own comment
(`engine.carry`). Nothing here decides anything.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol, cast

import structlog

from golive import __version__
from golive.checks.registry import installed
from golive.core import ledger
from golive.core.decide import Decision
from golive.core.errors import GoliveError, Gone, Later, Misconfigured, Refused
from golive.core.model import CheckResult, PullState, Subject
from golive.core.policy import Policy
from golive.core.reporting import read as read_results
from golive.core.runners import HANDED_OVER
from golive.core.snapshot import Kind, Mistake, Snapshot, Timing
from golive.engine.carry import Carrier
from golive.engine.examine import Examiner
from golive.engine.gather import Gather
from golive.engine.perform import Perform
from golive.engine.reconcile import Reconcile
from golive.engine.record import Recorder
from golive.githubapp.client import Clients
from golive.githubapp.intake import Intake, words_of
from golive.githubapp.workflow_token import ACTIONS, Overtaken, RunForge, TokenClients, known_as
from golive.look.secrets import Secrets
from golive.policyfile import Mistake as Located
from golive.ports import CheckRunView, Clock, Delivery, Executor, Store
from golive.render import github
from golive.render.texts import Texts
from golive.settings import Settings
from golive.store.memory import MemoryStore
from golive.wiring.reading import Hidden, Read, looking, placed, reader

log = structlog.get_logger()

MOST_TURNS = 60
"""Turns of one release in one run; a release that moves more than that moves by itself, and is left to the next run."""
PATIENCE = timedelta(seconds=45)
"""How long one run waits for a forge that asks for patience, all in all."""
UNFINISHED = "<!-- golive-goes-on -->"
"""Stands in a comment while there is more to come: where the run that was to say the end was lost, the next one finds it so."""
FULL = 65_300
"""Characters of a comment, and a few less: GitHub takes 65,536."""
TIMING = Timing(rest=timedelta(0), burst=timedelta(0))
"""A run does at once what a server does when it has rested: nobody wakes a run."""


@dataclass(frozen=True)
class Asked:
    """What to look at. pull: 0 = every open one.   delivery: what started the run, to be recorded; None: nothing."""

    repository: str
    repository_id: int = 0
    pulls: tuple[int, ...] = ()
    commit: str = ""
    delivery: Delivery | None = None


@dataclass(frozen=True)
class Looked:
    """How one pull request stands after the run. failed: why it could not be told; then there is no decision."""

    number: int
    snapshot: Snapshot | None = None
    decision: Decision | None = None
    failed: str = ""
    notes: tuple[str, ...] = ()
    check_run_url: str = ""
    next_at: datetime | None = None


class Pool(Executor, Protocol):
    """Where a run's checks run."""

    def settle(self) -> bool: ...
    def close(self) -> None: ...


@dataclass
class _Pool:
    """Runs checks beside each other; the run waits for them between its turns."""

    threads: int
    running: list[Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="checks")

    def submit(self, run: Callable[[], None], /) -> object:
        self.running.append(self._pool.submit(run))
        return self.running[-1]

    def settle(self) -> bool:
        """Wait for all that was begun; whether there was any."""
        began, self.running = self.running, []
        wait(began)
        for one in began:
            one.result()  # a fault of ours is not hidden
        return bool(began)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Render(Texts):
    """The texts of a run: no buttons and boxes, which nobody would hear, no page, and the state behind the comment.

    last: of each release, what was decided on last and what was decided.
    """

    def __init__(self, carrier: Carrier, last: dict[Subject, tuple[Snapshot, Decision]]) -> None:
        super().__init__()
        object.__setattr__(self, "carrier", carrier)  # Texts is a frozen value
        object.__setattr__(self, "last", last)

    carrier: Carrier
    last: dict[Subject, tuple[Snapshot, Decision]]

    def check_run(self, snapshot: Snapshot, decision: Decision, page_url: str, chain: str) -> CheckRunView:
        view = super().check_run(snapshot, decision, "", chain)
        address = self.carrier.address(snapshot.pull.subject, snapshot.pull.url, view.status == "completed")
        return replace(view, details_url=address, actions=())

    def sticky(self, snapshot: Snapshot, decision: Decision, page_url: str, chain: str) -> str:
        text = github.sticky(snapshot, decision, page_url="", chain=chain, boxes=False)
        block = self.carrier.block(snapshot.pull.subject)
        step = decision.promotion
        if snapshot.pull.state is PullState.OPEN or step.start or any(row.state == "waits" for row in step.rows):
            block = f"{UNFINISHED}\n{block}" if block else UNFINISHED
        if len(text) + len(block) > FULL:
            text = text[: FULL - len(block)].rpartition("\n")[0] + "\n\n… The check run has the rest."
        return f"{text}\n\n{block}" if block else text

    def page(self, snapshot: Snapshot, decision: Decision) -> str:
        self.last[snapshot.pull.subject] = (snapshot, decision)
        return ""


def only_named(read: Read, settings: Settings) -> Read:
    """With a workflow's token nobody can read who is in a team: a policy that asks for one has a mistake, and says the mend."""
    if has_app(settings):
        return read
    from golive.policyfile.tokenless import beyond_token

    return _narrowed(read, beyond_token)


def without_memory(read: Read) -> Read:
    """Where nothing is kept, nobody knows who was reminded or what was started: then nobody is, and what is started once is
    a mistake."""
    from golive.policyfile.tokenless import beyond_memory

    narrowed = _narrowed(read, beyond_memory)

    def quiet(text: str, path: str, repository: str) -> Policy | tuple[Mistake, ...]:
        loaded = narrowed(text, path, repository)
        return replace(loaded, rules=replace(loaded.rules, remind=None)) if isinstance(loaded, Policy) else loaded

    return quiet


def handed_over(read: Read) -> Read:
    """No workflow can report to a run: what a runner checks comes as the file of `--results`, whoever `runners` names."""

    def awaiting(text: str, path: str, repository: str) -> Policy | tuple[Mistake, ...]:
        loaded = read(text, path, repository)
        return replace(loaded, runners=(HANDED_OVER,)) if isinstance(loaded, Policy) else loaded

    return awaiting


def _narrowed(read: Read, beyond: Callable[[str, str], tuple[Located, ...]]) -> Read:
    """The same reader, for which what goes beyond is a mistake, too."""

    def checked(text: str, path: str, repository: str) -> Policy | tuple[Mistake, ...]:
        loaded = read(text, path, repository)
        return placed(beyond(text, path)) or loaded if isinstance(loaded, Policy) else loaded

    return checked


def has_app(settings: Settings) -> bool:
    """Whether the settings name an App; else a workflow's token has to do."""
    return settings.github_app_id is not None and bool(settings.github_key)


def token_of(settings: Settings) -> str:
    """The workflow's token; empty for none."""
    return settings.github_token.get_secret_value() if settings.github_token else ""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Serverless:
    """One run. Raises Misconfigured for settings with which nothing can be done."""

    only_looks: ClassVar[bool] = False
    performing: ClassVar[type[Perform]] = Perform

    def __init__(
        self, settings: Settings, asked: Asked, clock: Clock = utc_now, sleep: Callable[[float], None] = time.sleep,
        results: object = None, pool: Pool | None = None,
    ) -> None:  # fmt: skip
        self._asked, self._clock, self._sleep = asked, clock, sleep
        self._waited = timedelta(0)
        self._over: dict[str, str] = {}
        self._results = reported(results, clock())
        key = _state_key(settings)
        self.carries = bool(key)
        clients = _clients(settings, clock)
        slug = ACTIONS if clients.only_token else settings.github_app_slug
        self.store = MemoryStore(clock, carries=bool(key))
        store = cast(Store, self.store)  # the part of it that a run asks for
        self.forge = RunForge(clients, store, settings.github_api_url, settings.github_app_id or 0, slug, clock)
        self.forge.only_looks = self.only_looks
        number, name, installation = known_as(clients, asked.repository, asked.repository_id)
        self.repository, self.full_name = number, name
        self.store.know_repository(self.forge.host, number, name, installation)
        secrets = Secrets.read(settings.secrets, os.environ) if settings.secrets else Secrets.none()
        self._pool: Pool = pool or _Pool(settings.check_threads)
        hidden = Hidden(settings, secrets)
        examiner = Examiner(
            store, self.forge, looking(settings, secrets, clock), self._pool, clock, TIMING.recheck, hidden.finding
        )
        read = handed_over(only_named(reader(secrets), settings))
        gather = Gather(
            self.forge, store, clock, read if key else without_memory(read), words_of, TIMING, settings.stuck_after
        )
        self.carrier = Carrier(
            cast(Any, store), lambda subject: self.forge.repo(subject.repository), gather.kept, clock, key,
            self.forge.bot(), frozenset() if self.only_looks else installed().stirs(),
        )  # fmt: skip
        self.render = _Render(self.carrier, {})
        self._perform = self.performing(store, None, self.render, examiner, clock, one_run=True, owes=self.carrier.due)
        self._reconcile = Reconcile(
            store, self.forge, gather, self._perform, self.render, clock, "", __version__, chat=False
        )
        self._recorder = Recorder(store, {"github": Intake(self.forge.host, self.forge.app_id, slug)}, "")

    def run(self) -> list[Looked]:
        """Look at all that was asked for, one after the other, and at what that leads to."""
        self._record()
        numbers = self._numbers()
        for number in (*numbers, *self._left_lying()):
            self.store.due[self._subject(number).key] = None
        turns: dict[str, int] = {}
        try:
            while (key := self._next()) is not None:
                turns[key] = turns.get(key, 0) + 1
                try:
                    self._turn(Subject.parse(key))
                except Exception as error:
                    if not self._again(key, error):
                        said = isinstance(error, GoliveError)
                        self._over[key] = str(error) if said else f"{type(error).__name__}: {error}"
                        if not isinstance(error, GoliveError):
                            log.exception("turn failed", release=key)
                if turns[key] >= MOST_TURNS:
                    self._over.setdefault(key, f"it still moved after {MOST_TURNS} turns; the next run goes on")
        finally:
            self._pool.close()
        return [self._looked(number) for number in numbers]

    def _record(self) -> None:
        if self._asked.delivery is not None:
            self.store.inbox[1] = self._asked.delivery
            self._recorder.run()
            self.store.inbox.clear()

    def _numbers(self) -> list[int]:
        """The pull requests that were asked for."""
        if self._asked.pulls:
            return list(self._asked.pulls)
        repo = self.forge.repo(self.repository)
        return list(repo.open_pulls_at(self._asked.commit) or ()) if self._asked.commit else repo.numbers()

    def _left_lying(self) -> list[int]:
        """Where every open one is looked at: those closed a short while ago of which the end was not told or done."""
        everything = not self._asked.pulls and not self._asked.commit
        return self.forge.repo(self.repository).unfinished(UNFINISHED) if everything else []

    def _subject(self, number: int) -> Subject:
        return Subject(self.forge.host, self.repository, number)

    def _next(self) -> str | None:
        """What is due now; what a check found makes its release due."""
        while True:
            for key in list(self.store.due):
                del self.store.due[key]
                if _is_release(key) and key not in self._over:
                    return key
            if not self._pool.settle() and not self._tells() and not self._owes():
                return None

    def _tells(self) -> bool:
        """Whether there are some of whom nothing was told until now, because others with their head were not looked at."""
        waited = self._perform.speak()
        self.store.due.update({one.key: None for one in waited})
        return bool(waited)

    def _owes(self) -> bool:
        """Whether a comment or a check run does not say yet what the record does; its release is due then."""
        owing = [one for one in self.render.last if one.key not in self._over and self._owes_text(one)]
        for subject in owing:
            self.store.forget_gists(subject.key, self._place(subject))
            self.store.due[subject.key] = None
        return bool(owing)

    def _owes_text(self, subject: Subject) -> bool:
        snapshot, decision = self.render.last[subject]
        run = self.store.places[self._place(subject)].get("check-run")
        shows = run is not None and run.owner == subject.key and snapshot.pull.state is PullState.OPEN
        shows = shows and decision.kind is not Kind.UNGOVERNED
        if shows and run is not None:
            address = self.carrier.address(subject, snapshot.pull.url, run.completed)
            if self._told(run.ref) != address:
                return True
        return self.carrier.due(subject)

    def _place(self, subject: Subject) -> str:
        """Where the slot of the head's check run is kept."""
        return subject.at(self.render.last[subject][0].pull.revision.head_sha)

    def _told(self, ref: str) -> str:
        return self.forge.addresses.get(ref, "")

    def _turn(self, subject: Subject) -> None:
        begins = not self.carrier.knows(subject)
        try:
            self.carrier.begin(subject)
        except Gone as gone:
            raise Misconfigured(f"There is no pull request {subject.number} in {self.full_name}: {gone}") from None
        if begins:
            self._note_results(subject)
        try:
            self._reconcile(subject)
        except Overtaken:
            self.carrier.forget(subject)
            self.forge.forget()
            raise
        finally:
            bodies, self.forge.bodies = self.forge.bodies, []
            self.carrier.wrote(bodies)

    def _note_results(self, subject: Subject) -> None:
        """Results that were handed over count for the very head that they name; what is known already is not noted again."""
        pull, head, rows = self._results
        if pull != subject.number or not rows:
            return
        known = {(r.finding.check, r.head_sha): r for r in self.store.standing(subject).results}
        entries = []
        for row in rows:
            before = known.get((row["check"], head))
            finding = replace(ledger.finding_of(row, self._clock()), check=row["check"], commit=head)
            if before is None or before.finding.taken_at != finding.taken_at:
                attempt = before.attempt + 1 if before and before.digest == row["digest"] else 1
                entries.append(ledger.found(CheckResult(finding, head, row["digest"], attempt), self._clock()))
        with self.store.transaction() as tx:
            tx.append(subject, entries)

    def _again(self, key: str, error: Exception) -> bool:
        """Wait, where the forge asks for it and the run has the time; whether the turn is then taken again."""
        if not isinstance(error, Later):
            return False
        span = error.after or timedelta(seconds=2)
        self._waited += span
        if self._waited > PATIENCE:
            return False
        log.info("waiting", release=key, seconds=span.total_seconds(), why=str(error))
        self._sleep(span.total_seconds())
        self.store.due[key] = None
        return True

    def _looked(self, number: int) -> Looked:
        subject = self._subject(number)
        if subject.key in self._over or subject not in self.render.last:
            return Looked(number, failed=self._over.get(subject.key, "golive could not look at it"))
        snapshot, decision = self.render.last[subject]
        run = self.store.places[self._place(subject)].get("check-run")
        return Looked(
            number, snapshot, decision, notes=self.carrier.notes(subject),
            check_run_url=f"{snapshot.pull.url.partition('/pull/')[0]}/runs/{run.ref}" if run else "",
            next_at=self.store.timers.get(subject.key),
        )  # fmt: skip


def reported(told: object, now: datetime) -> tuple[int, str, list[dict[str, Any]]]:
    """Pull request, head and results of a file of results; none for None. Raises Refused with the place of what is wrong."""
    if told is None:
        return 0, "", []
    pull, head, rows = read_results(told, now)
    if not pull or not head:
        raise Refused(
            "The results do not say which pull request and head they are of: `pull` and `head` must be there."
        )
    return pull, head, rows


def heard(kind: str, run_id: str, body: bytes) -> Delivery:
    """What started the run, as a delivery; a run that is taken again has the same one."""
    name = f"run:{run_id}" if run_id else f"run:{hashlib.sha256(body).hexdigest()[:32]}"
    return Delivery("github", name, kind, body, utc_now())


def _is_release(key: str) -> bool:
    try:
        return Subject.parse(key).number > 0
    except ValueError:
        return False


def _clients(settings: Settings, clock: Clock) -> Clients:
    if has_app(settings):
        return Clients(
            settings.github_app_id or 0, settings.github_key or "", settings.github_api_url, settings.github_write_pause,
            None, clock,
        )  # fmt: skip
    if not token_of(settings):
        raise Misconfigured(
            "golive needs a way to GitHub: set GITHUB_TOKEN in the step's `env:` to the workflow's token, or (better) "
            "GOLIVE_GITHUB_APP_ID and GOLIVE_GITHUB_PRIVATE_KEY of an App."
        )
    return TokenClients(token_of(settings), settings.github_api_url, settings.github_write_pause, clock)


def _state_key(settings: Settings) -> str:
    from golive.core.carried import SHORTEST_KEY

    key = settings.state_key.get_secret_value().strip() if settings.state_key else ""
    if key and len(key) < SHORTEST_KEY:
        raise Misconfigured(
            f"GOLIVE_STATE_KEY is shorter than {SHORTEST_KEY} characters. Make one: openssl rand -base64 32"
        )
    return key
