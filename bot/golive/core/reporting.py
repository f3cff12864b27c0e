"""Results that a runner reports: how they are written, which are believed, and for which commit they count. Pure.

`sent` writes and `read` reads what goes over the wire; `weigh` says what becomes of it under the policy of the base.
A reason why something does not count is one sentence for whoever reads the workflow's log, with the line that mends it.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from golive.core import ledger
from golive.core.errors import Refused
from golive.core.findings import Judged
from golive.core.ledger import Entry
from golive.core.model import CheckResult, Finding, Outcome, Strength, Subject
from golive.core.policy import CheckRule
from golive.core.runners import OF_ITS_COMMIT, OF_ITS_WORD, Claims, Reported, RunnerRecord, Weighed
from golive.core.snapshot import Snapshot

FORMAT, VERSION = "golive-results", 1
MOST_RESULTS = 500
MOST_DETAILS = 200
MOST_TEXT = 4000
"""Characters of one text; what is longer is cut by whoever sends it."""
TELLS = frozenset(
    {Outcome.PASSED, Outcome.FAILED, Outcome.WARNING, Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.NOT_APPLICABLE}
)
"""Outcomes that a run finds out by itself. That a check is blocked, waived or awaited, the service says."""
_WEAKER = (Strength.ATTESTED, Strength.DOCUMENT)
_TEXTS = ("check", "digest", "summary", "measured", "expected", "source", "golive", "commit")
_HEX = frozenset("0123456789abcdef")
_DOCS = "docs/runner.md says how."

# ------------------------------------------------------------------ over the wire


def sent(judged: Iterable[Judged], pull: int = 0, head: str = "") -> dict[str, Any]:
    """What a runner sends of the checks that it ran. pull/head: what they are about, where the run's event does not say it."""
    results = [_result(one) for one in judged if one.finding.outcome in TELLS]
    return {"format": FORMAT, "version": VERSION, "pull": pull, "head": head, "results": results}


def _result(one: Judged) -> dict[str, Any]:
    finding = replace(
        one.finding, check=one.rule.id, summary=one.finding.summary[:MOST_TEXT],
        measured=one.finding.measured[:MOST_TEXT], expected=one.finding.expected[:MOST_TEXT],
        source=one.finding.source[:MOST_TEXT],
        details=tuple(replace(d, text=d.text[:MOST_TEXT]) for d in one.finding.details[:MOST_DETAILS]),
    )  # fmt: skip
    at = finding.taken_at or datetime.min
    return _told(finding, one.digest, at)


def _told(finding: Finding, digest: str, at: datetime) -> dict[str, Any]:
    """A finding as the ledger keeps it, without what golive alone says of it."""
    body = dict(ledger.found(CheckResult(finding, "", digest, 1), at).body)
    for ours in ("head", "attempt", "seen"):
        del body[ours]
    return body


def read(told: object, now: datetime) -> tuple[int, str, list[dict[str, Any]]]:
    """Pull request, head and results of what was sent. Raises Refused with the place of whatever is not as it must be."""
    if not isinstance(told, dict) or told.get("format") != FORMAT or told.get("version") != VERSION:
        raise Refused(
            f"This is no {FORMAT} of version {VERSION}: let `golive check --report-to` of this version send it."
        )
    pull, head, results = told.get("pull", 0), told.get("head", ""), told.get("results")
    if not isinstance(pull, int) or isinstance(pull, bool) or not 0 <= pull < 2**31:
        raise Refused("`pull` must be the number of a pull request.")
    if not isinstance(head, str) or not (head == "" or is_sha(head)):
        raise Refused("`head` must be the 40 digits of a commit.")
    if not isinstance(results, list) or not 0 < len(results) <= MOST_RESULTS:
        raise Refused(f"`results` must be a list of 1 to {MOST_RESULTS} results: which check ran here?")
    taken = [_read_result(one, f"results[{at}]", now) for at, one in enumerate(results)]
    names = [one["check"] for one in taken]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise Refused(f"`results` tells {twice} twice.")
    return pull, head, taken


def is_sha(text: str) -> bool:
    """Whether this is the whole name of a commit."""
    return len(text) == 40 and set(text) <= _HEX


def _read_result(told: object, at: str, now: datetime) -> dict[str, Any]:
    """One result in the ledger's form, with nothing in it that a reader of the ledger could stumble over."""
    if not isinstance(told, dict):
        raise Refused(f"`{at}` must be an object.")
    for name in _TEXTS:
        if not _is_text(told.get(name)):
            raise Refused(f"`{at}.{name}` must be a text of at most {MOST_TEXT} characters.")
    try:
        finding = ledger.finding_of({**told, "strength": told["strength"], "undecided": False}, now)
        said = json.dumps(told, allow_nan=False)
        taken_at = min(finding.taken_at or now, now)
    except (KeyError, TypeError, ValueError):
        raise Refused(f"`{at}` is not a result as `golive check --report-to` writes it.") from None
    if finding.outcome not in TELLS:
        raise Refused(f"`{at}.outcome` cannot be {finding.outcome.value}: that is not for a run to say.")
    if "\\u0000" in said or len(finding.details) > MOST_DETAILS or not _plain(finding):
        raise Refused(f"`{at}` holds more, or something else, than a result may.")
    strength = finding.strength if finding.strength in _WEAKER else Strength.IMPORTED
    held = replace(
        finding, check=told["check"], strength=strength, taken_at=taken_at, undecided=bool(told.get("undecided"))
    )
    return _told(held, told["digest"], now)


def _is_text(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= MOST_TEXT
        and not any(unicodedata.category(sign) == "Cs" or sign == "\0" for sign in value)
    )


def _plain(finding: Finding) -> bool:
    """Whether every part has the type that it must have: JSON could have brought any."""
    moments = [finding.taken_at, finding.valid_until]
    return (
        all(moment is None or moment.tzinfo is not None for moment in moments)
        and all(_is_text(d.text) and _is_text(d.path) and type(d.line) is int for d in finding.details)
        and all(
            _is_text(m.name) and _is_text(m.unit) and isinstance(m.value, float | int | str) for m in finding.measures
        )
        and all(_is_text(m.value) for m in finding.measures if isinstance(m.value, str))
        and isinstance(finding.seconds, float | int)
        and math.isfinite(finding.seconds)
        and type(finding.attempts) is int
        and (finding.samples is None or type(finding.samples) is int)
        and len(finding.measures) <= MOST_DETAILS
    )


# ------------------------------------------------------------------ entries


def was_reported(one: Reported, at: datetime) -> Entry:
    """A runner told results; what becomes of them is said in a turn."""
    body = {"id": one.id, "claims": one.claims.told(), "head": one.head, "results": [dict(r) for r in one.results]}
    return Entry("reported", f"reported:{one.id}", at, body)


def was_weighed(one: Weighed, claims: Claims, at: datetime) -> Entry:
    """What became of them."""
    body = {
        "id": one.id, "head": one.head, "taken": list(one.taken), "why": dict(one.why), "run": claims.run,
        "attempt": claims.attempt,
    }  # fmt: skip
    return Entry("weighed", f"weighed:{one.id}", at, body)


# ------------------------------------------------------------------ who is believed


def unbelieved(claims_of_job: Sequence[str], runners: Sequence[str], base_ref: str) -> str:
    """Why a job is not believed, with the line that an honest one needs; empty where it is. claims_of_job: `Claims.workflows`."""
    if any(one in runners for one in claims_of_job):
        return ""
    named = claims_of_job[0] if claims_of_job else ""
    path, _, ref = named.partition("@")
    line = f'runners: ["{path or "OWNER/NAME/.github/workflows/FILE.yml"}@refs/heads/{base_ref}"]'
    if ref.startswith("refs/pull/"):
        return (
            f"{named} is the workflow as the pull request itself writes it, and such a one is never believed. Let a "
            f"workflow of {base_ref} report (on workflow_run or pull_request_target, or called as a reusable workflow), "
            f"and add to the policy on {base_ref}: {line}. {_DOCS}"
        )
    if not ref.startswith("refs/heads/"):
        line = f'runners: ["{named}"]'
    return f"{named or 'its workflow'} is not among `runners` of the policy on {base_ref}. Add there: {line}. {_DOCS}"


def own_branch(workflows: Iterable[str], snapshot: Snapshot) -> str:
    """The listed workflow that the pull request's own branch could change; empty where none is."""
    pull = snapshot.pull
    if pull.from_fork:
        return ""
    listed = snapshot.policy.runners if snapshot.policy else ()
    mine = f"@refs/heads/{pull.head_ref}"
    owner = f"{pull.repository}/.github/".casefold()
    found = (one for one in workflows if one in listed)
    kept = [one for one in found if not (one.casefold().startswith(owner) and one.endswith(mine))]
    return "" if kept else next((one for one in workflows if one.endswith(mine)), "")


def tied(claims: Claims, told_head: str, runners: Sequence[str], parents: Sequence[str]) -> tuple[str, str]:
    """(The head that a run is about, why that cannot be told). parents: of the commit in its claims, where it is a test merge."""
    if claims.event == "pull_request":
        if not claims.pull or len(parents) != 2:
            return "", "its claims name no test merge of a pull request, so no head can be told from them"
        if told_head and told_head != parents[1]:
            return "", f"it says that it is about {told_head[:7]}, and GitHub that it ran on {parents[1][:7]}"
        return parents[1], ""
    if claims.event in OF_ITS_COMMIT and told_head in ("", claims.sha):
        return claims.sha, ""
    if claims.event in OF_ITS_WORD:
        if claims.workflow not in runners:
            return "", (
                f"on {claims.event} the run itself says which head it is about, so its own workflow must be listed, and "
                f"{claims.workflow} is not"
            )
        return (told_head, "") if told_head else ("", f"on {claims.event} it must say which head it is about: --head")
    return "", f"a run on {claims.event} cannot be tied to the head of a pull request"


# ------------------------------------------------------------------ what counts


def weigh(one: Reported, snapshot: Snapshot, parents: Sequence[str]) -> list[Entry]:
    """What becomes of an upload under the base's policy: the entry that says so, then one for each result that is kept."""
    runners = snapshot.policy.runners if snapshot.policy else ()
    why = unbelieved(one.claims.workflows, runners, snapshot.pull.revision.base_ref)
    if not why and (mine := own_branch(one.claims.workflows, snapshot)):
        why = f"{mine} is on the pull request's own branch, which could change it. List it on another branch"
    head = ""
    if not why:
        head, why = tied(one.claims, one.head, runners, parents)
    if why:
        return [was_weighed(Weighed(one.id, "", (), {"": why}), one.claims, snapshot.now)]
    rules = {rule.id: rule for rule in (snapshot.rule.checks if snapshot.rule else ())}
    reasons: dict[str, str] = {}
    found: list[Entry] = []
    late = head != snapshot.pull.revision.head_sha
    for told in one.results:
        check = told["check"]
        flaw = _flaw(rules.get(check), told["digest"], head, one.claims, snapshot.standing.runners)
        if flaw:
            reasons[check] = flaw
            continue
        found.append(_counted(told, head, snapshot, late))
        if late:
            reasons[check] = f"kept for {head[:7]}, which is not the head (any more), so it does not count now"
    taken = tuple(entry.body["check"] for entry in found)
    weighed = Weighed(one.id, head, taken, reasons)
    return [was_weighed(weighed, one.claims, snapshot.now), *found]


def _flaw(rule: CheckRule | None, digest: str, head: str, claims: Claims, record: RunnerRecord) -> str:
    if rule is None:
        return "the policy of the base has no such check for this release"
    if not rule.on_runner:
        return "the service takes it by itself; write `where: runner` into the policy to have it reported"
    if digest != rule.digest():
        return "it was made by another definition than the base's policy has; run it with the policy of the base"
    before = record.runs.get((head, rule.id))
    if before == (claims.run, claims.attempt):
        return "this attempt of this run has told it already; run the workflow again for another result"
    if before is not None and before > (claims.run, claims.attempt):
        return f"a newer run ({before[0]}) has told it"
    return ""


def _counted(told: Mapping[str, Any], head: str, snapshot: Snapshot, late: bool) -> Entry:
    standing = snapshot.standing
    check = told["check"]
    known = [r.attempt for r in standing.results if (r.finding.check, r.head_sha) == (check, head)]
    finding = replace(ledger.finding_of(told, snapshot.now), commit=head)
    result = CheckResult(finding, head, told["digest"], max(known, default=0) + 1, standing.seq)
    return ledger.found(result, snapshot.now, late)


def subjects_of(claims: Claims, pull: int, head: str, open_here: Iterable[tuple[Subject, str]]) -> list[Subject]:
    """The releases that an upload is for. open_here: the open ones of its repository, each with its head."""
    number = claims.pull or pull
    if number:
        return [subject for subject, _ in open_here if subject.number == number]
    wanted = head or claims.sha
    return [subject for subject, sha in open_here if sha == wanted]
