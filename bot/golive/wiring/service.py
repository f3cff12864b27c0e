"""Builds the service's clients and joins its rooms. Everything is passed in from here."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
import yaml

from golive import __version__
from golive.core.errors import Gone, Kept, Misconfigured
from golive.core.looks import looks
from golive.core.model import Person
from golive.core.snapshot import Timing
from golive.engine import joins, queue, reach
from golive.engine.accounts import Accounts
from golive.engine.attendance import Attendance
from golive.engine.examine import Examiner
from golive.engine.gather import Gather
from golive.engine.groups import Groups
from golive.engine.harden import Harden, never_looked
from golive.engine.inbox import Inbox
from golive.engine.link import Link, not_set_up
from golive.engine.outage import Outages
from golive.engine.owed import owe
from golive.engine.perform import Perform
from golive.engine.reactions import FAMILY as REACTIONS
from golive.engine.reactions import Reactions
from golive.engine.reconcile import Reconcile
from golive.engine.record import Intake, Recorder
from golive.engine.sight import FAMILY as SIGHT
from golive.engine.sight import Sight
from golive.engine.summaries import Summaries
from golive.engine.sweep import Sweep
from golive.engine.turns import Turns
from golive.githubapp.callers import Callers
from golive.githubapp.callers import Intake as ApiIntake
from golive.githubapp.client import Clients
from golive.githubapp.deliveries import HookLog, Installations
from golive.githubapp.forge import GitHubForge
from golive.githubapp.intake import Intake as GitHubIntake
from golive.githubapp.intake import words_of
from golive.githubapp.meter import THE_APP
from golive.githubapp.runnerintake import SOURCE as RUNNERS
from golive.githubapp.runnerintake import Intake as RunnerIntake
from golive.githubapp.runnertokens import RunnerTokens
from golive.look.secrets import Secrets
from golive.ports import ANSWERS, HARDEN, INBOX, PEOPLE, SWEEP, Clock, Executor, ReleaseState
from golive.render.replies import answered
from golive.render.texts import Texts
from golive.settings import Settings
from golive.slackapp.chat import SlackChat
from golive.slackapp.door import Door
from golive.slackapp.installs import Install
from golive.slackapp.intake import Intake as SlackIntake
from golive.slackapp.people import SlackPeople
from golive.slackapp.socket import Socket
from golive.store.cache import Answers
from golive.store.links import FILE
from golive.store.store import Store
from golive.store.work import EmbeddedWork, ProcessLock, ServerLock
from golive.wiring import manifests
from golive.wiring.forms import forms
from golive.wiring.reading import Hidden, looking, reader
from golive.wiring.signin import linking
from golive.wiring.surfaces import surfaces
from golive.wiring.tenancy import tenancy

log = structlog.get_logger()

PEOPLE_AGAIN = timedelta(minutes=1)
SOCKET = "slack-socket"
"""The mark that says whether Socket Mode is connected, and since when."""
SLICE = 0.0005
"""Seconds after which a thread that computes gives way to one that waits. Python's own 5 ms, times the workers that compute,
are paid by a door each time it comes back from the network or the disk: some ten times an answer."""
ASK_OPERATOR = "Ask golive's operator to add you to the file that GOLIVE_SLACK_PEOPLE names."
LINK_YOURSELF = "Type `/golive link` to link your GitHub account."


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class Golive:
    """One running golive, joined. `slack` and `chat` are None where Slack is not configured."""

    settings: Settings
    store: Store
    inbox: Inbox
    work: EmbeddedWork
    forge: GitHubForge
    chat: SlackChat | None
    slack: Door | None
    clock: Clock
    webhook_secret: str
    callers: Callers
    link: Link | None = None
    socket: Socket | None = None
    install: Install | None = None
    runners: RunnerTokens | None = None
    _pool: ThreadPoolExecutor | None = None
    _lock: ProcessLock | ServerLock | None = None

    def start(self) -> None:
        """Take the database for ourselves, look at every open release once, and work by ourselves from now on."""
        lock = ProcessLock(self.store.path) if self.store.path else ServerLock(self.store.engine)
        lock.acquire()
        self._lock = lock
        sys.setswitchinterval(SLICE)
        self.wake()
        self.work.start()
        if self.socket is not None:
            self.socket.start()

    def wake(self) -> None:
        """Owe a look to everything that may have changed while nobody looked."""
        everything = (INBOX, ANSWERS, PEOPLE, SWEEP, *(subject.key for subject, _, _ in self.store.open_looks()))
        owe(self.store, ((subject, None) for subject in everything))
        unguarded = self.store.not_due(self.forge.host, HARDEN)
        owe(self.store, never_looked(self.forge.host, unguarded, self.clock()))

    def looked(self, release: ReleaseState) -> str:
        """When the release was looked at last, and when it is next, in words."""
        now, next_at = self.clock(), self.store.next_look(release.subject.key)
        return looks(release.looked_at, next_at, now) if release.looked_at else ""

    def stop(self) -> None:
        """Finish what runs, write what waits, close."""
        if self.socket is not None:
            self.socket.stop()
        self.work.stop()
        self.inbox.stop()
        self.forge.clients.cache.flush()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if self._lock is not None:
            self._lock.release()
        self.store.close()


def build(settings: Settings, clock: Clock = utc_now, executor: Executor | None = None) -> Golive:
    """Join everything for one set of settings.

    executor: where checks run; None = a thread pool. Raises Misconfigured naming every setting that is missing.
    """
    if missing := settings.missing():
        raise Misconfigured("These settings are missing:\n  " + "\n  ".join(missing))
    app_id, key, webhook_secret = settings.github_app_id or 0, settings.github_key or "", settings.github_webhook_secret
    store = Store.open(settings.database_url, clock)
    clients = Clients(app_id, key, settings.github_api_url, settings.github_write_pause, Answers(store.engine), clock)
    forge = GitHubForge(clients, store, settings.github_api_url, app_id, settings.github_app_slug, clock)
    tenants = tenancy(settings, store, clients, forge.host, clock)
    token = tenants.token
    chat = SlackChat(token, settings.slack_api_url, clock) if settings.slack_on else None
    pool = None if executor else ThreadPoolExecutor(settings.check_threads, thread_name_prefix="checks")
    timing = Timing(rest=settings.sign_off_rest, reactions=settings.reactions_every)
    render = Texts()
    secrets = Secrets.read(settings.secrets, os.environ) if settings.secrets else Secrets.none()
    looks_at = looking(settings, secrets, clock)
    hooks = (settings.slack_hooks_url, urlsplit(settings.slack_hooks_url).hostname or "")
    examiner = Examiner(
        store, forge, looks_at, executor or pool or ThreadPoolExecutor(),
        clock, timing.recheck, Hidden(settings, secrets).finding,
    )  # fmt: skip
    people_there = SlackPeople(token, settings.slack_api_url) if settings.slack_on else None
    attendance = Attendance(store, people_there, clock)
    gather = Gather(
        forge, store, clock, reader(secrets), words_of, timing, settings.stuck_after, attendance,
        Groups(store, people_there, clock),
    )  # fmt: skip
    perform = Perform(store, chat, render, examiner, clock, unreached=attendance.unreached, summaries=Summaries(
        store, looks_at, render.chat_line, clock, *hooks,
    ))  # fmt: skip
    link = linking(settings, store, clients, clock, token)
    reconcile = Reconcile(
        store, forge, gather, perform, render, clock, settings.public_url.rstrip("/"), __version__, chat is not None,
        attendance, Accounts(people_there, clock, LINK_YOURSELF if link else ASK_OPERATOR), tenants.joins.told,
        tenants.joins.away,
    )  # fmt: skip
    intakes: dict[str, Intake] = {
        "github": GitHubIntake(forge.host, app_id, settings.github_app_slug),
        "slack": SlackIntake(many=settings.slack_many),
        "api": ApiIntake(),
        RUNNERS: RunnerIntake(settings.github_web),
    }
    recorder = Recorder(
        store, intakes, LINK_YOURSELF if link else ASK_OPERATOR, link.answer if link else not_set_up, tenants.joins
    )
    people = People(settings.slack_people, store, forge, clock)
    people.read()  # a file that cannot be used is said at start
    harden = Harden(store, forge, reader(secrets), clock, manifests.asked_permissions())
    families: dict[str, Callable[[str], None]] = {
        HARDEN.rstrip(":"): harden, REACTIONS: Reactions(store, forge, clock, timing, forge.level),
    }  # fmt: skip
    families |= {
        reach.FAMILY: reach.Reach(store, Installations(clients), clock), SIGHT: Sight(store, forge, clock, intakes),
    }  # fmt: skip
    families |= surfaces(
        store, chat, intakes["slack"], clock, settings.public_url.rstrip("/"), LINK_YOURSELF if link else ASK_OPERATOR,
        link is not None, tenants.joins,
    )  # fmt: skip
    families[queue.FAMILY] = queue.QueueWatch(store, forge, clock, settings.public_url.rstrip("/"))
    families[joins.FAMILY] = tenants.joins
    others: dict[str, Callable[[], None]] = {
        PEOPLE: people.resolve, SWEEP: Sweep(
            store, HookLog(clients, clock), forge.host, clock, forge.level, lambda: clients.meter.level(THE_APP)
        ),
    }  # fmt: skip
    turns = Turns(
        store, recorder, reconcile, chat, answered, clock, others, families, tenants.within,
        Outages(store, chat, render.chat_line, clock, forge.host),
    )  # fmt: skip
    work = EmbeddedWork(store, turns, clock, _broke, settings.workers)
    inbox = Inbox(store)
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else ""
    slack = Door(secret, token if isinstance(token, str) else "", inbox.keep, clock) if settings.slack_on else None
    if slack is not None:
        slack.forms = forms(store, clock, tenants.of_team, settings.slack_api_url, tenants.joins)
    by_socket = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    socket = Socket(by_socket, settings.slack_api_url, slack, clock, _noting(store)) if slack and by_socket else None
    return Golive(
        settings, store, inbox, work, forge, chat, slack, clock,
        webhook_secret.get_secret_value() if webhook_secret else "", Callers(clients), link, socket, tenants.install,
        RunnerTokens(settings.github_issuer, clock), pool,
    )  # fmt: skip


def _noting(store: Store) -> Callable[[str], None]:
    """Notes how the socket stands; `golive doctor` reads it."""

    def note(said: str) -> None:
        with store.transaction() as tx:
            tx.put_mark(SOCKET, said)

    return note


def _broke(subject: str, error: BaseException) -> None:
    log.error("turn broke", subject=subject, exc_info=error)


_SLACK_ID = re.compile(r"[TEUW][A-Z0-9]{2,}\Z")


class People:
    """The operator's file: Slack team → user id → GitHub login. Logins become numeric ids once, at start. It wins over links.

    A login that changes hands later changes nothing: the id is the person.
    """

    def __init__(self, file: Path | None, store: Store, forge: GitHubForge, clock: Clock) -> None:
        self._file = file
        self._store = store
        self._forge = forge
        self._clock = clock

    def resolve(self) -> None:
        """Read the file and ask GitHub for the ids; what GitHub cannot say now is asked again in a minute."""
        named = self.read()
        installations = self._installations() if named else []
        people: dict[str, Person] = {}
        unresolved = False
        for who, login in named.items():
            try:
                if installations:
                    people[who] = self._forge.person(login, installations[0])
                    continue
            except Gone:
                log.warning("nobody has this GitHub login", who=who, login=login)
                continue
            except Kept as later:
                log.warning("GitHub login not resolved yet", who=who, login=login, why=str(later))
            unresolved = True
        with self._store.transaction() as tx:
            waiting = [who for who in named if who not in people and tx.origin(who) == FILE]
            known = {who: person for who in waiting if (person := tx.person(who))}
            gave_way = tx.put_people(known | people, frozenset(named))
            if unresolved:
                tx.touch(PEOPLE, self._clock() + PEOPLE_AGAIN)
        for who, person in gave_way.items():
            log.warning("the operator's file takes the place of a link", who=who, linked=person.login, file=named[who])

    def _installations(self) -> list[int]:
        """Any installation will do to look a login up; GitHub is asked for one before the first delivery came."""
        try:
            return self._store.known_installations() or self._forge.installations()
        except Kept as later:
            log.warning("installations not read yet", why=str(later))
            return []

    def read(self) -> dict[str, str]:
        """`team/user` → login. Raises Misconfigured with the place of anything that is not so."""
        if self._file is None:
            return {}
        try:
            told = yaml.safe_load(self._file.read_text())
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise Misconfigured(f"GOLIVE_SLACK_PEOPLE names {self._file}, which cannot be read: {error}") from None
        shape = f"{self._file}: expected a Slack team id, under it lines like `U0123ABCD: github-login`"
        if not isinstance(told, dict):
            raise Misconfigured(f"{shape}.")
        found: dict[str, str] = {}
        for team, users in told.items():
            if not (isinstance(team, str) and _SLACK_ID.match(team) and isinstance(users, dict)):
                raise Misconfigured(f"{shape}; {team!r} is no such team.")
            for user, login in users.items():
                if not (isinstance(user, str) and _SLACK_ID.match(user) and isinstance(login, str)):
                    raise Misconfigured(f"{shape}; the entry {user!r} of {team} is not.")
                found[f"{team}/{user}"] = login.removeprefix("@")
        return found
