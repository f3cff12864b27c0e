"""What is true of one release, kept beside golive and judged at the stand-in: golive's own core is never asked.

`Truth` is told every act by the test that does it, and sees with its own eyes what golive reads, publishes and merges
(an interceptor on the GitHub stand-in, an observer on the sample service). `missing` says what stands in the way; at
every merge request it is asked at that very moment, and what it says is a broken promise. A new act that can open or
close the gate is one method here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from golive.standins.wire import Exchange, Next, Outgoing, Request, Response
from world import World

REPO = "acme/shop"
FRESH = timedelta(minutes=15)
"""How old a check's result may be when golive acts on it (the checks' documented default)."""
ACT_WITHIN = timedelta(seconds=5)
"""How old golive's reading may be when it acts."""
POLICY = """\
version: 1
project: Shop
releases:
  - {{name: production, base: main, head: ["release/**"], labels: [release], target: {target}}}
notify: {{slack: "#releases"}}
checks:
  - {{id: healthy, severity: critical, uses: http, with: {{url: "${{target}}/health", json: {{status: ok}}}}}}
  - {{id: ci, uses: github_check, needs: [healthy], with: {{name: build, app: ci}}}}
signoffs:
  - group: people
    roles:
      - {{role: qa, from: ["@mina", "@zoe", "@sam"]}}
      - {{role: security, from: [acme/security]}}
promotion:
  merge: {{method: squash, when: go}}
"""
"""@sam may fill either role, and only one seat."""
QA = ("mina", "zoe", "sam")
ROLES = ("qa", "security")


@dataclass
class Said:
    """One word of one person. names: the commit that it names itself, if any; it names none if empty.

    refused: what golive has to say to it when it is worked first; None until then.   emptied: it was edited, deleted or
    taken back, so that it says nothing.
    """

    by: str
    verb: str
    at: datetime
    role: str = ""
    names: str = ""
    comment: int = 0
    delivery: Outgoing | None = None
    refused: bool | None = None
    emptied: bool = False
    emptied_by: Outgoing | None = None


@dataclass
class Measured:
    """The last look at a check on a head: when, whether it had passed, and the truth's own count of happenings then."""

    at: datetime
    passed: bool
    tick: int


@dataclass
class Reading:
    """golive's last look at the pull request, and what was missing at that moment."""

    at: datetime
    head: str
    base: str
    missing: tuple[str, ...]


@dataclass
class Truth:
    """The truth about pull request `number` of a world; `broken` collects every promise that was broken."""

    world: World
    number: int = 0
    words: list[Said] = field(default_factory=list)
    pushers: dict[str, set[str]] = field(default_factory=dict)
    shown: list[tuple[datetime, str, str]] = field(default_factory=list)
    retargets: list[tuple[datetime, Outgoing]] = field(default_factory=list)
    siblings: list[int] = field(default_factory=list)
    measured: dict[tuple[str, str], Measured] = field(default_factory=dict)
    settled_ci: dict[str, tuple[int, str]] = field(default_factory=dict)
    reading: Reading | None = None
    turn_of: int = 0
    tick: int = 0
    asked: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    delivered: set[int] = field(default_factory=set)
    updates: set[tuple[str, str]] = field(default_factory=set)
    """(Head, the head after the base was brought into it, with nothing changed on both sides.)"""

    def __post_init__(self) -> None:
        self.world.github.interceptors.append(self._watch)
        self.world.began.append(self._begins)
        self.watch_sample()
        for courier in (self.world.github.courier, self.world.slack.courier):
            courier.told.append(self._told)

    # -- seeing

    def watch_sample(self) -> None:
        """See what golive asks of the sample service."""
        self.world.sample.observers.append(self._measured_health)

    def _told(self, outgoing: Outgoing, answer: Response) -> None:
        if 200 <= answer.status < 300:
            self.delivered.add(id(outgoing))

    def _watch(self, request: Request, call: Next) -> Response:
        """Every request that golive makes: readings, publications, looks at CI, merges."""
        path, method = request.path, request.method
        if method == "PUT" and path == f"/repos/{REPO}/pulls/{self.number}/merge":
            self._judge(request)
        looks = method == "GET" and path.startswith(f"/repos/{REPO}/pulls/") and path.count("/") == 5
        reading = (
            self._reading(int(path.rpartition("/")[2])) if looks else None
        )  # before anything that comes right after it
        response = call(request)
        if response.status >= 300 and response.status != 304:  # "as you know it" is a reading, too
            return response
        if reading:
            self.reading = reading
        elif method == "GET" and path.endswith("/check-runs") and request.one("check_name") != "golive":
            self._measured_ci(path.split("/")[-2])
        elif method in ("POST", "PATCH") and (path.endswith("/check-runs") or "/comments" in path):
            self._published(request)
        return response

    def _begins(self, subject: str) -> None:
        """A turn begins. It may rest on a reading of a moment ago; what golive has heard since, it knows."""
        number = subject.rpartition("/")[2]
        golive = self.world.golive
        if golive and subject.startswith(f"{golive.forge.host}/") and number.isdecimal():
            self.turn_of = int(number)
            read = self.reading
            if self.turn_of == self.number and read and (read.head, read.base) == (self.head, self.pull.base.ref):
                self.reading = replace(read, missing=tuple(self.missing()))
        else:
            self.turn_of = 0

    def _reading(self, number: int) -> Reading | None:
        """What golive reads by a look at this pull request."""
        if number != self.number:
            return None
        before, self.reading = self.reading, None  # what was missing then is judged by what is so, not by what was read
        made = Reading(self.now, self.pull.head.sha, self.pull.base.ref, tuple(self.missing()))
        self.reading = before
        return made

    def _published(self, request: Request) -> None:
        """A revision is shown by the first check run made, or the first state comment written, for it."""
        read = self.reading
        body = request.json()
        ours = body.get("head_sha") == (read and read.head) or "golive-head:" in body.get("body", "")
        if read is None or self.turn_of != self.number or not ours:
            return
        if not self.shown or self.shown[-1][1:] != (read.head, read.base):
            self.shown.append((self.now, read.head, read.base))

    def _measured_health(self, exchange: Exchange) -> None:
        if self.turn_of == self.number and self.reading:
            said = exchange.response.json() or {}
            passed = exchange.response.status == 200 and said.get("status") == "ok"
            self._measure("healthy", self.reading.head, passed)

    def _measured_ci(self, head: str) -> None:
        if self.turn_of == self.number:
            self._measure("ci", head, self.ci_of(head) == "success")

    def _measure(self, check: str, head: str, passed: bool) -> None:
        self.tick += 1
        self.measured[check, head] = Measured(self.now, passed, self.tick)

    def _judge(self, request: Request) -> None:
        """A merge request: what was missing when golive read, and is missing still, must not have been missing."""
        read, asked = self.reading, request.json().get("sha")
        why: list[str] = []
        if read is None or self.now - read.at > ACT_WITHIN:
            why.append(f"golive read the pull request {self.now - read.at if read else 'never'} before")
        elif asked != read.head:
            why.append(f"asked to merge {asked}, but {read.head} is what was read")
        elif self.pull.head.sha == asked:
            still = tuple(self.missing())
            why.extend(w for w in still if w in read.missing)
        else:
            why.extend(read.missing)
        self.asked.append((self.number, tuple(why)))
        self.broken.extend(f"merge request at {self.now:%H:%M:%S}: {w}" for w in why)

    # -- what is so

    @property
    def now(self) -> datetime:
        return self.world.clock.now

    @property
    def pull(self) -> Any:
        return self.world.github.pull(REPO, self.number)

    @property
    def head(self) -> str:
        return str(self.pull.head.sha)

    def tree(self, head: str) -> str:
        """A commit's tree."""
        return self.world.github.world.repo(REPO).git.commits[head].tree

    def ci_of(self, head: str) -> str:
        """What the newest run of `build` by the app `ci` says."""
        runs = [r for r in self.world.github.check_runs(REPO, head, "build") if r.app.slug == "ci"]
        return (runs[-1].conclusion or "pending") if runs else ""

    def members(self, role: str) -> set[str]:
        """Who may fill a role now."""
        team = self.world.github.world.team("acme/security")
        return set(QA) if role == "qa" else {m for m, place in team.members.items() if place.state == "active"}

    def excluded(self, login: str) -> bool:
        """The author, and whoever pushed this very head."""
        return login == self.pull.user.login or login in self.pushers[self.head]

    def merges(self) -> list[Any]:
        """Every merge that GitHub took."""
        return [m for m in self.world.github.merges_of(REPO, self.number) if m.status == 200]

    # -- telling

    def pushed(self, head: str, by: str) -> None:
        """Somebody pushed this head; another may have pushed it before."""
        self.pushers.setdefault(head, set()).add(by)

    def said(self, word: Said) -> Said:
        """A person said something just now."""
        self.words.append(word)
        return word

    def worked(self) -> None:
        """Everything is about to be worked: words are taken or refused by who their people are now, for good."""
        for word in (w for w in self.words if w.refused is None):
            roles = [r for r in ROLES if word.by in self.members(r) and word.role in ("", r)]
            if word.verb in ("approve", "reject", "withdraw"):
                word.refused = not roles or (word.verb == "approve" and self.excluded(word.by))
            else:
                word.refused = word.by == "eve"

    def settled(self) -> None:
        """Everything that waited was delivered and worked: CI's changes until now have been heard."""
        self.tick += 1
        self.settled_ci[self.head] = (self.tick, self.ci_of(self.head))

    # -- judging

    def missing(self, *, live: bool | None = None, lasting: bool = False) -> Iterator[str]:
        """What stands in the way of the merge, each a sentence. Nothing: it may be merged.

        live: count the approvals of people who were refused and are entitled now; both ways where not given, and then
        only what is missing both ways.   lasting: also what will be missing when the checks are taken once more.
        """
        if live is None:
            other = set(self.missing(live=True, lasting=lasting))
            yield from (m for m in self.missing(live=False, lasting=lasting) if m in other)
            return
        if self.pull.merged or self.pull.state != "open":
            yield "it is not open"
        if self.pull.base.ref != "main":
            yield "it is aimed at another branch"
        for number in self.siblings:
            other_pull = self.world.github.pull(REPO, number)
            if other_pull.state == "open" and other_pull.head.sha == self.head:
                yield f"#{number} is a release at the same commit, and is not ready"
        yield from self.unchecked(lasting)
        yield from (f"@{w.by} holds it" for w in self._holds())
        yield from self._unsigned(live)

    def unchecked(self, lasting: bool) -> Iterator[str]:
        """What stands in the way of the checks, each a sentence."""
        head = self.reading.head if self.reading and not lasting else self.head
        for check in ("healthy", "ci"):
            last = self.measured.get((check, head))
            if last is None or not last.passed:
                yield f"{check} had not passed on this head"
            elif not lasting and self.now - last.at > FRESH:
                yield f"{check} was not measured within {FRESH}"
        tick, conclusion = self.settled_ci.get(head, (0, "success"))
        if (last := self.measured.get(("ci", head))) and last.tick < tick and conclusion != "success":
            yield "CI had turned, which was delivered and not heard"
        if lasting and (self.world.sample.status, self.world.sample.state) != (200, "ok"):
            yield "the sample service is not well"
        if lasting and self.ci_of(head) != "success":
            yield "CI is not green"

    def _heard(self, delivery: Outgoing | None) -> bool:
        return delivery is None or id(delivery) in self.delivered

    def _standing(self, live: bool) -> list[Said]:
        """Words that golive can know and has not refused, oldest first."""
        known = [w for w in self.words if self._heard(w.delivery)]
        return sorted((w for w in known if not w.refused or (live and w.verb == "approve")), key=lambda w: w.at)

    def _says_nothing(self, word: Said) -> bool:
        return word.emptied and self._heard(word.emptied_by)

    def _holds(self) -> Iterator[Said]:
        words = [w for w in self._standing(live=False) if not self._says_nothing(w)]
        for word in (w for w in words if w.verb == "hold"):
            later = [r for r in words if r.verb == "resume" and r.at > word.at]
            if not any(r.by in (word.by, "bo") for r in later):
                yield word

    def latest(self, role: str, live: bool) -> dict[str, Said]:
        """Per person, the last word that reaches a role; one that says nothing any more leaves nothing."""
        last = {
            w.by: w
            for w in self._standing(live)
            if w.verb in ("approve", "reject", "withdraw") and w.role in ("", role)
        }
        members = self.members(role)
        return {by: w for by, w in last.items() if by in members and not self._says_nothing(w)}

    def _unsigned(self, live: bool) -> Iterator[str]:
        signed: dict[str, set[str]] = {}
        for role in ROLES:
            latest = self.latest(role, live)
            yield from (f"@{by} rejected it for {role}" for by, w in latest.items() if w.verb == "reject")
            signed[role] = {
                by for by, w in latest.items() if w.verb == "approve" and not self.excluded(by) and self._covers(w)
            }
        seatings = itertools.product(*(sorted(signed[role]) for role in ROLES))
        if not any(len(set(seated)) == len(ROLES) for seated in seatings):
            yield "nobody different for every role"

    def _covers(self, word: Said) -> bool:
        """It is for this tree and this base, with no retarget since."""
        seen = [s for s in self.shown if (s[1].startswith(word.names) if word.names else s[0] < word.at)]
        if not seen or seen[-1][2] != self.pull.base.ref or not self._same_code(seen[-1][1]):
            return False
        aimed = [at for at, delivery in self.retargets if self._heard(delivery)]
        aimed += [b[0] for a, b in itertools.pairwise(self.shown) if a[2] != b[2]]
        return not any(at >= word.at for at in aimed)

    def _same_code(self, signed: str) -> bool:
        """The head has this commit's tree, or came of it by nothing but bringing in the base."""
        heads = {signed}
        while more := {after for before, after in self.updates if before in heads} - heads:
            heads |= more
        return self.head in heads or self.tree(signed) == self.tree(self.head)


def event_time(outgoing: Outgoing) -> datetime:
    """The server time inside a Slack event."""
    return datetime.fromtimestamp(float(json.loads(outgoing.body)["event"]["event_ts"]), UTC)
