"""The next step of going live: a snapshot in, how each act stands out, what to do now, or what is waited for. Pure.

The acts are done in the policy's order, one at a time; each is tried once, and again only when a person says so. What was
tried is in the ledger, what came of it is seen outside; nothing else is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from golive.core.acts import PLACEHOLDER, Act, Attempt, Question, filled, git_name_problem, version_of
from golive.core.command import signing
from golive.core.freshness import covered
from golive.core.model import Pull, PullState, Reason, Verdict, Word
from golive.core.snapshot import Snapshot

OVER = timedelta(days=7)
"""After its landing, how long a promotion goes on by itself; a `/golive promote` begins that time anew."""
WHO = "people of its roles or a maintainer"
RETRY = f"`/golive promote` tries it again, said by {WHO}."
GOES = ("GO", "CONDITIONAL_GO")
_SHORT = 7


@dataclass(frozen=True)
class ActStanding:
    """How one act stands. state: `done`, `waits`, `failed`, `unknown`, `next` (its turn has come) or `later`.

    said: a clause for people.   sha: the commit it is about, empty until that is known.   attempt: the one it stands at,
    or the one to make now.   until: when its answer is overdue.   code: of its failure.
    """

    act: Act
    state: str
    said: str = ""
    sha: str = ""
    attempt: int = 1
    url: str = ""
    until: datetime | None = None
    code: str = ""

    @property
    def text(self) -> str:
        """`Merge ✓`, or `Deploy to production: waiting for its success since 12:30 UTC`."""
        if self.state == "done":
            return f"{self.act.title} ✓{f' ({self.said})' if self.said else ''}"
        return f"{self.act.title}: {self.said or self.state}"


@dataclass(frozen=True)
class Answer:
    """An answer to an environment that waits. number: of the try."""

    question: Question
    approves: bool
    comment: str
    number: int = 1


@dataclass(frozen=True)
class Promotion:
    """How the acts of a release stand.

    begins: acts to write down before anything is done.   start: the act whose turn it is, to be carried out now.
    merges: that is the merge.   news: what was seen outside and is not in the ledger, with the line that people read.
    """

    rows: tuple[ActStanding, ...] = ()
    begins: tuple[Act, ...] = ()
    start: ActStanding | None = None
    merges: bool = False
    answers: tuple[Answer, ...] = ()
    news: tuple[tuple[Attempt, str], ...] = ()
    reasons: tuple[Reason, ...] = ()
    next_at: datetime | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.rows) and all(row.state == "done" for row in self.rows)

    @property
    def line(self) -> str:
        """All acts on one line."""
        return " · ".join(row.text for row in self.rows)


NONE = Promotion()
"""The policy says nothing but how to merge, or nothing at all."""


# ------------------------------------------------------------------ before anybody signs


def planned(snapshot: Snapshot) -> tuple[Act, ...]:
    """The acts with the names in them filled in; what cannot be filled in stays as it is."""
    begun, pull = snapshot.standing.begun, snapshot.pull
    if begun is not None and begun.head_sha == pull.revision.head_sha:
        return begun.acts
    values = _values(pull)
    acts = snapshot.policy.acts if snapshot.policy else ()
    return tuple(replace(act, target=filled(act.target, values) or act.target) for act in acts)


def _values(pull: Pull) -> dict[str, str]:
    return {
        "version": version_of(pull.head_ref, pull.title),
        "number": str(pull.subject.number),
        "sha": pull.revision.head_sha[:_SHORT],
    }


def unnamed(snapshot: Snapshot) -> Iterator[Reason]:
    """A tag or branch whose name cannot be made: said at once, not after everybody signed."""
    for act in planned(snapshot):
        if not act.git_ref:
            continue
        if PLACEHOLDER.search(act.target):
            sentence = f"The {act.kind} `{act.target}` needs a version, and neither the branch nor the title has one."
            yield Reason("version_unknown", Verdict.HOLD, sentence, "Put it into the title, like Release 1.3.", act.key)
        elif problem := git_name_problem(act.target):
            sentence = f"`{act.target}` cannot be the name of a {act.kind}: {problem}."
            yield Reason("name_impossible", Verdict.HOLD, sentence, "Mend `promotion` on the base branch.", act.key)


# ------------------------------------------------------------------ the step


def before_landing(snapshot: Snapshot, ready: bool) -> Promotion:
    """While the pull request is open. ready: everything that must hold for going live holds now."""
    acts = planned(snapshot)
    if not acts:
        return NONE
    begun = _has_begun(snapshot)
    made = _step(snapshot, acts, going=ready)
    if ready and not begun:
        return replace(made, begins=acts)
    return made if ready or begun else replace(made, reasons=())


def rejecting(made: Promotion, snapshot: Snapshot, headline: str) -> Promotion:
    """The same, on a NO_GO: environments that wait with the head are told no, and why."""
    return replace(made, answers=tuple(_rejections(snapshot, [row.act for row in made.rows], headline)))


def after_landing(snapshot: Snapshot, stopped: tuple[Reason, ...] = ()) -> Promotion:
    """Once it is merged: what was let go goes on; what was not waits for a person. stopped: why nothing more may begin."""
    acts = planned(snapshot)
    if not acts or not goes_on(snapshot):
        return NONE
    begun, standing = _has_begun(snapshot), snapshot.standing
    landed = standing.landing.landed
    compared = landed is not None and not landed.alarming
    let_go = begun and standing.landed_as in GOES and compared
    asked = _asked_since(snapshot, standing.merged_at)
    made = _step(snapshot, acts, going=(let_go or asked) and not stopped)
    told = made.reasons
    if not made.done and not (let_go or asked):
        by = f" by @{snapshot.pull.merged_by}" if snapshot.pull.merged_by else ""
        sentence = f"it was merged{by} without golive's GO, so the rest waits for `/golive promote`"
        told = (Reason("promote_awaited", Verdict.HOLD, sentence, f"{WHO.capitalize()}."),)
    if any(not _is_under_way(row) for row in made.rows):
        told = (*told, *stopped)
        if (worst := next(iter(stopped), None)) is not None and worst.verdict is Verdict.NO_GO:
            made = rejecting(made, snapshot, f"NO GO: {worst.sentence}")
    return replace(made, reasons=told, begins=acts if asked and not begun and not stopped else ())


def goes_on(snapshot: Snapshot) -> bool:
    """Whether a merged release is still looked after: it has acts, and its landing or the last word is not long ago."""
    standing = snapshot.standing
    if snapshot.pull.state is not PullState.MERGED or standing.merged_at is None or not planned(snapshot):
        return False
    if not standing.is_release:
        return False
    words = (w.at for w in standing.words if w.verb == "promote")
    begun = (standing.begun.at,) if standing.begun and _has_begun(snapshot) else ()
    latest: datetime = max((standing.merged_at, *words, *begun))
    return latest + OVER > snapshot.now


def _has_begun(snapshot: Snapshot) -> bool:
    begun, head_sha = snapshot.standing.begun, snapshot.pull.revision.head_sha
    return begun is not None and begun.head_sha == head_sha


def _step(snapshot: Snapshot, acts: tuple[Act, ...], going: bool) -> Promotion:
    """One look at every act, in their order. going: whether the next one may be begun now."""
    rows: list[ActStanding] = []
    news: list[tuple[Attempt, str]] = []
    for place, act in enumerate(acts):
        row, seen = _stands(snapshot, act, _commit_of(snapshot, acts, place))
        if any(before.state != "done" for before in rows):
            row = row if row.state in ("done", "waits") else replace(row, state="later", said="")
        rows.append(row)
        if seen is not None:
            news.append((seen, f"{act.title}: {seen.said or seen.state}"))
    now = next((row for row in rows if row.state != "done"), None)
    answers = tuple(_approvals(snapshot, rows, acts)) if going else ()
    start = now if going and now is not None and now.state == "next" else None
    merges = start is not None and start.act.kind == "merge"
    return Promotion(
        tuple(rows), start=None if merges else start, merges=merges, answers=answers, news=tuple(news),
        reasons=tuple(_told(rows, now)), next_at=_next_at(snapshot, now),
    )  # fmt: skip


def _is_under_way(row: ActStanding) -> bool:
    """Done, or begun and not to be held up any more."""
    return row.state == "done" or (row.state == "waits" and row.act.kind == "deploy")


def _commit_of(snapshot: Snapshot, acts: tuple[Act, ...], place: int) -> str:
    """The commit an act is about: what landed, if the merge comes before it, else the signed head."""
    act, pull = acts[place], snapshot.pull
    after = any(one.kind == "merge" for one in acts[:place])
    if act.kind == "merge" or (act.kind == "deploy" and act.ref == "head") or not after:
        return pull.revision.head_sha
    return pull.merge_commit if pull.state is PullState.MERGED else ""


def _next_at(snapshot: Snapshot, row: ActStanding | None) -> datetime | None:
    """When time alone, or a status that nobody told us of, may change it."""
    if row is None or row.state != "waits" or row.until is None:
        return None
    return min(snapshot.now + snapshot.timing.recheck, max(row.until, snapshot.now + timedelta(seconds=1)))


# ------------------------------------------------------------------ how one act stands


def _stands(snapshot: Snapshot, act: Act, sha: str) -> tuple[ActStanding, Attempt | None]:
    """How an act stands, and what of that the ledger does not know yet."""
    if act.kind == "merge":
        landed = snapshot.pull.state is PullState.MERGED
        refused = None if landed else snapshot.standing.refusals.get(snapshot.pull.revision.head_sha)
        said = f"refused: {refused.said}" if refused else ""
        return ActStanding(act, "done" if landed else "next", said, sha), None
    if act.kind == "environment":
        return _of_environment(snapshot, act, sha), None
    attempt = snapshot.standing.attempts.get((act.key, sha)) if sha else None
    if attempt is None or attempt.state == "tried":
        return ActStanding(act, "next", "", sha, attempt.number if attempt else 1), None
    if act.kind == "deploy" and attempt.state != "done":
        seen = _seen(snapshot, act, attempt)
        return _of(snapshot, act, seen), (seen if seen.state != attempt.state else None)
    return _of(snapshot, act, attempt), None


def _seen(snapshot: Snapshot, act: Act, attempt: Attempt) -> Attempt:
    """An attempt with what its deployment says now. What failed or was overdue may still have come to a good end."""
    seen = snapshot.outside.deployments.get(attempt.ref) if attempt.ref else None
    if seen is not None and seen.state == "success":
        return replace(attempt, state="done", said="", url=seen.url or attempt.url, code="")
    if seen is not None and seen.state == "failed":
        return replace(attempt, state="failed", said=seen.said, url=seen.url or attempt.url, code="deploy_failed")
    if attempt.state == "started" and snapshot.now >= attempt.at + act.wait:
        said = f"no success within {_span(act.wait)}, and no failure either"
        return replace(attempt, state="unknown", said=said, code="deploy_unknown")
    return attempt


def _of(snapshot: Snapshot, act: Act, attempt: Attempt) -> ActStanding:
    row = ActStanding(
        act, attempt.state, attempt.said, attempt.sha, attempt.number, attempt.url, code=attempt.code
    )  # fmt: skip
    if attempt.state == "started":
        until = attempt.at + act.wait
        return replace(row, state="waits", said=f"waiting for its success since {attempt.at:%H:%M} UTC", until=until)
    if attempt.state in ("failed", "unknown") and attempt.seq and _asked_again(snapshot, attempt):
        return replace(row, state="next", said="tried again", attempt=attempt.number + 1)
    if attempt.state == "failed":
        return replace(row, said=f"failed: {attempt.said}" if attempt.said else "failed")
    return row


def _asked_again(snapshot: Snapshot, attempt: Attempt) -> bool:
    """Whether somebody who may has said `promote` since that attempt came to its end."""
    recorded = snapshot.standing.attempts.get((attempt.act, attempt.sha))
    if recorded is None or recorded.state not in ("failed", "unknown"):
        return False
    return any(word.seq > recorded.seq for word in _promotes(snapshot))


def _asked_since(snapshot: Snapshot, since: datetime | None) -> bool:
    return since is not None and any(word.at >= since for word in _promotes(snapshot))


def _promotes(snapshot: Snapshot) -> Iterator[Word]:
    """The words that let this very revision go."""
    standing, revision = snapshot.standing, snapshot.pull.revision
    for word in standing.words:
        if word.verb != "promote" or not standing.taken(word) or word.key in snapshot.absent:
            continue
        if covered(standing, word, signing(word.text, frozenset()).sha) == revision:
            yield word


# ------------------------------------------------------------------ environments that wait


def _questions(snapshot: Snapshot, act: Act, sha: str) -> list[Question]:
    """Those about this commit; without a merge of golive's before it, what people merged is its commit as well."""
    pull = snapshot.pull
    shas = {sha} | ({pull.merge_commit} if pull.state is PullState.MERGED else set())
    asked = (q for q in snapshot.outside.questions if q.environment.casefold() == act.target.casefold())
    return sorted((q for q in asked if q.sha and q.sha in shas), key=lambda q: (q.at, q.key))


def answer_key(question: Question) -> str:
    """The act under which the ledger keeps an answer."""
    return f"answer:{question.key}"


def _given(snapshot: Snapshot, question: Question) -> Attempt | None:
    return snapshot.standing.attempts.get((answer_key(question), question.sha))


def _of_environment(snapshot: Snapshot, act: Act, sha: str) -> ActStanding:
    """Done once one of its questions was answered with yes."""
    row = ActStanding(act, "waits", "nothing has asked for it yet", sha)
    for question in _questions(snapshot, act, sha):
        given = _given(snapshot, question)
        if given is None or given.state == "tried":
            row = replace(row, state="next", said="it asks, and is answered in its turn")
        elif given.state == "done" and given.code == "approved":
            return replace(row, state="done", said="", url=given.url)
        elif given.state == "failed":
            again = _asked_again(snapshot, given)
            said = "tried again" if again else f"failed: {given.said}"
            row = replace(row, state="next" if again else "failed", said=said, code="answer_refused")
        else:
            row = replace(row, state="waits", said="it was rejected; run it again once this is GO")
    return row


def _approvals(snapshot: Snapshot, rows: list[ActStanding], acts: tuple[Act, ...]) -> Iterator[Answer]:
    """Yes to every question of an environment whose turn has come, also where it asks a second time."""
    for place, (row, act) in enumerate(zip(rows, acts, strict=True)):
        if any(before.state != "done" for before in rows[:place]):
            return
        if act.kind == "environment":
            comment = f"golive: GO for {snapshot.pull.repository}#{snapshot.pull.subject.number}."
            yield from _answers(snapshot, _questions(snapshot, act, row.sha), True, comment)


def _rejections(snapshot: Snapshot, acts: Iterable[Act], headline: str) -> Iterator[Answer]:
    """No to every question about the head, whosever turn it is."""
    for act in acts:
        if act.kind == "environment":
            asked = _questions(snapshot, act, snapshot.pull.revision.head_sha)
            yield from _answers(snapshot, asked, False, f"golive: {headline}")


def _answers(snapshot: Snapshot, asked: Iterable[Question], approves: bool, comment: str) -> Iterator[Answer]:
    for question in asked:
        given = _given(snapshot, question)
        if given is None or given.state == "tried":
            yield Answer(question, approves, comment, given.number if given else 1)
        elif given.state == "failed" and _asked_again(snapshot, given):
            yield Answer(question, approves, comment, given.number + 1)


# ------------------------------------------------------------------ in words


def _told(rows: list[ActStanding], now: ActStanding | None) -> Iterator[Reason]:
    """The reason of the act that is not done; that it waits is no worse than GO, that it failed stops."""
    if now is None:
        yield Reason("promoted", Verdict.GO, f"it is live: {' · '.join(row.text for row in rows)}", "")
        return
    act, title = now.act, now.act.title
    if now.state == "waits" and act.kind == "deploy":
        clears = f"Whoever deploys reports its status; after {now.until:%H:%M} UTC golive says that it cannot tell."
        yield Reason("deploy_waits", Verdict.GO, f"{title}: {now.said}", clears, act.key)
    elif now.state == "waits":
        clears = "A workflow that deploys into it; golive must be one of its deployment protection rules."
        yield Reason("environment_waits", Verdict.GO, f"{title}: {now.said}", clears, act.key)
    elif now.state in ("failed", "unknown"):
        yield Reason(now.code or f"{act.kind}_failed", Verdict.HOLD, f"{title}: {now.said}", RETRY, act.key)


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} min" if minutes < 120 or minutes % 60 else f"{minutes // 60} h"
