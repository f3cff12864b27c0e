"""`/api/v1/results` and `/api/v1/sign-offs`: what workflow runs tell golive, proved by the token that GitHub signs for a run.

Verify, keep, answer: whether a result counts is said in a turn, under the policy of the base, and asked for afterwards. Add
a refusal as a `_Refused` with the sentence that mends it, a row in `tests/contract/test_runner_door.py`, and one in
`docs/runner.md`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from golive.core import ledger
from golive.core.command import parse
from golive.core.errors import Kept, NotUnderstood, Refused
from golive.core.model import Subject
from golive.core.reporting import is_sha, read, subjects_of
from golive.core.runners import Claims
from golive.githubapp.runnerintake import RESULTS, SOURCE, WORD, kept_results, kept_word, same, word_key
from golive.githubapp.runnertokens import Bearer, Untrusted
from golive.ports import Delivery, ReleaseState
from golive.render.signed import signed as signed_of
from golive.web.metrics import Metrics
from golive.wiring.service import Golive

LARGEST = 2 * 1024 * 1024
"""Bytes of an upload."""
TRY_AGAIN = 5
SIGNS = ("approve", "reject", "withdraw", "looking", "abstain")
"""Verbs that a workflow may bring: a person's word about a sign-off, and no other."""
_DOCS = "docs/runner.md says how."

Told = tuple[int, dict[str, Any]]


class _Refused(Exception):
    """An answer without an effect: its status, its sentence, its headers."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def runners(golive: Golive, metrics: Metrics) -> APIRouter:
    """The routes of one golive."""
    router = APIRouter(prefix="/api/v1")

    async def answered(request: Request, act: Callable[[Bearer], Awaitable[Told]]) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            status, body = await act(await _called(golive, request))
        except _Refused as refused:
            metrics.requests.labels(SOURCE, "refused").inc()
            status, body = refused.status, {"error": str(refused)}
            headers |= refused.headers
        return Response(json.dumps(body), status, media_type="application/json", headers=headers)

    async def keep(delivery: Delivery, see: str) -> Told:
        new = await golive.inbox.keep(delivery)
        if not new:
            await run_in_threadpool(_repeats, golive, delivery)
        metrics.requests.labels(SOURCE, "kept" if new else "repeated").inc()
        return 202, {"id": delivery.id, "new": new, "see": f"{see}/{delivery.id}"}

    @router.post("/results")
    async def report(request: Request) -> Response:
        """Results of checks that ran in a workflow."""

        async def act(bearer: Bearer) -> Told:
            told = await _json(request)
            body = await run_in_threadpool(_upload, golive, bearer.claims, told)
            return await keep(Delivery(SOURCE, bearer.id, RESULTS, body, golive.clock()), request.url.path)

        return await answered(request, act)

    @router.post("/sign-offs")
    async def sign(request: Request) -> Response:
        """The word of the person who started the run: `{"command": "approve qa", "pull": 7, "sha": "<40 digits>"}`."""

        async def act(bearer: Bearer) -> Told:
            told = await _json(request)
            body = await run_in_threadpool(_word, golive, bearer.claims, told)
            return await keep(Delivery(SOURCE, bearer.id, WORD, body, golive.clock()), request.url.path)

        return await answered(request, act)

    @router.get("/sign-offs")
    async def signed(request: Request, pull: int) -> Response:
        """Who has signed a release of the run's own repository, and who is missing."""

        async def act(bearer: Bearer) -> Told:
            return 200, _standing(await run_in_threadpool(_release, golive, bearer.claims, pull))

        return await answered(request, act)

    @router.get("/results/{one}")
    async def weighed(request: Request, one: str) -> Response:
        """What became of an upload: waiting, or which results count and why others do not."""

        async def act(bearer: Bearer) -> Told:
            return 200, {"id": one, **await run_in_threadpool(_weighed, golive, bearer.claims, one)}

        return await answered(request, act)

    @router.get("/sign-offs/{one}")
    async def ruled(request: Request, one: str) -> Response:
        """What became of a word: waiting, taken, or refused with the sentence that says who could."""

        async def act(bearer: Bearer) -> Told:
            return 200, {"id": one, **await run_in_threadpool(_ruled, golive, bearer.claims, one)}

        return await answered(request, act)

    return router


# ------------------------------------------------------------------ who calls


async def _called(golive: Golive, request: Request) -> Bearer:
    """The run that calls, of a repository that golive reaches."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not token.strip() or golive.runners is None:
        said = "Send the token that GitHub makes for the run, as `Authorization: Bearer …`."
        raise _Refused(401, f"{said} {_DOCS}", WWW_Authenticate="Bearer")
    try:
        bearer = await run_in_threadpool(golive.runners, token.strip())
    except Untrusted as untrusted:
        raise _Refused(401, str(untrusted), WWW_Authenticate="Bearer") from None
    except Kept as later:
        raise _Refused(503, f"{later}. Try again.", Retry_After=str(TRY_AGAIN)) from None
    known = await run_in_threadpool(golive.store.known_repository, golive.forge.host, bearer.claims.repository)
    if known is None:
        said = f"golive does not know {bearer.claims.full_name}: install its App there, on this very golive."
        raise _Refused(403, said)
    return bearer


async def _json(request: Request) -> dict[str, Any]:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise _Refused(413, f"The body is larger than {LARGEST} bytes. Report fewer checks, or fewer details.")
        parts.append(part)
    try:
        told = json.loads(b"".join(parts))
    except (ValueError, RecursionError):
        raise _Refused(400, "The body must be JSON.") from None
    if not isinstance(told, dict):
        raise _Refused(400, "The body must be a JSON object.")
    return told


def _repeats(golive: Golive, delivery: Delivery) -> None:
    """A token that comes again must bring the same: whoever caught one can neither add to it nor change it."""
    before = golive.store.delivery(SOURCE, delivery.id)
    if before is not None and (before[0].kind != delivery.kind or not same(before[0].body, delivery.body)):
        raise _Refused(422, "This token came with something else before. Ask GitHub for a new one for each upload.")


# ------------------------------------------------------------------ results


def _open_here(golive: Golive, claims: Claims) -> list[tuple[Subject, str]]:
    return [(one.subject, one.head_sha) for one in golive.store.open_in(golive.forge.host, claims.repository)]


def _upload(golive: Golive, claims: Claims, told: dict[str, Any]) -> bytes:
    try:
        pull, head, results = read(told, golive.clock())
    except Refused as refused:
        raise _Refused(422, str(refused)) from None
    if claims.pull and pull not in (0, claims.pull):
        raise _Refused(422, f"The run is of pull request #{claims.pull}, and `pull` says {pull}.")
    subjects = subjects_of(claims, pull, head, _open_here(golive, claims))
    if not subjects:
        number = claims.pull or pull
        what = f"#{number}" if number else f"an open pull request with the head {(head or claims.sha)[:12]}"
        said = f"golive knows no {what} in {claims.full_name}." if not number else f"{what} is not open for golive."
        raise _Refused(404, f"{said} Name it with --pull, or report once golive has looked at it.")
    return kept_results(claims, subjects, head, results)


def _weighed(golive: Golive, claims: Claims, one: str) -> dict[str, Any]:
    told, state = _kept(golive, claims, one, RESULTS)
    found = []
    for key in told["subjects"]:
        record = golive.store.standing(Subject.parse(key)).runners
        if one in record.weighed:
            weighed = record.weighed[one]
            found.append({
                "pull": Subject.parse(key).number, "head": weighed.head, "taken": list(weighed.taken),
                "refused": dict(weighed.why), "said": weighed.said,
            })  # fmt: skip
    if state == "failed":
        return {"state": "failed", "said": "golive could not record it; its log says why.", "releases": found}
    if len(found) < len(told["subjects"]):
        return {"state": "waiting", "said": "golive has not come to it yet.", "releases": found}
    taken = any(release["taken"] for release in found)
    said = "; ".join(f"#{release['pull']}: {release['said']}" for release in found)
    return {"state": "taken" if taken else "refused", "said": said, "releases": found}


def _kept(golive: Golive, claims: Claims, one: str, kind: str) -> tuple[dict[str, Any], str]:
    """What was kept under this id, and its state; for runs of the same repository alone."""
    hidden = _Refused(404, "There is nothing of that id.")
    if len(one) != 32 or not one.isascii() or not one.isalnum():
        raise hidden
    found = golive.store.delivery(SOURCE, one)
    if found is None or found[0].kind != kind:
        raise hidden
    told: dict[str, Any] = json.loads(found[0].body)
    if told["claims"]["repository"] != claims.repository:
        raise hidden
    return told, found[1]


# ------------------------------------------------------------------ sign-offs


def _release(golive: Golive, claims: Claims, number: int) -> ReleaseState:
    """A release of the run's own repository."""
    found = (
        golive.store.release_of(Subject(golive.forge.host, claims.repository, number)) if 0 < number < 2**31 else None
    )
    if found is None or not found.is_release:
        raise _Refused(404, f"{claims.full_name}#{number} is no release that golive knows.")
    return found


def _standing(state: ReleaseState) -> dict[str, Any]:
    """Role by role: how many are needed, who signed, whose does not count any more, who could."""
    return signed_of(
        state.view, verdict=state.verdict.name, headline=state.headline, is_open=state.open, head_sha=state.head_sha,
        looked_at=state.looked_at,
    )  # fmt: skip


def _word(golive: Golive, claims: Claims, told: dict[str, Any]) -> bytes:
    """A word as it is kept. What no policy could allow is refused at once."""
    text, sha, number = told.get("command"), told.get("sha"), told.get("pull")
    if not isinstance(text, str) or len(text) > 2000 or not isinstance(sha, str) or not is_sha(sha):
        raise _Refused(
            422, "`command` must be a text like `approve qa`, and `sha` the 40 digits of the commit it is about."
        )
    if not isinstance(number, int) or isinstance(number, bool):
        raise _Refused(422, "`pull` must be the number of the pull request.")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in "".join(text.split())):
        raise _Refused(422, "`command` holds control characters, or half a character.")
    try:
        command = parse(text, in_chat=False)
    except NotUnderstood as misread:
        raise _Refused(422, str(misread)) from None
    if command.verb not in SIGNS or command.release:
        raise _Refused(422, f"A workflow brings a sign-off and nothing else: {', '.join(SIGNS)}.")
    _by_a_person(golive, claims)
    state = _release(golive, claims, number)
    standing = ledger.fold(golive.store.entries(state.subject))
    if sha not in {shown.revision.head_sha for shown in standing.shown}:
        said = f"golive has not seen {sha[:12]} as the head of #{number}; that is {state.head_sha} now."
        raise _Refused(422, said)
    return kept_word(claims, state.subject, text, sha)


def _by_a_person(golive: Golive, claims: Claims) -> None:
    """Only a run that its person started, by hand and for the first time, speaks for them."""
    if claims.event != "workflow_dispatch":
        said = (
            f"A sign-off comes from a run that a person started (workflow_dispatch), and this one is on {claims.event}."
        )
        raise _Refused(403, said)
    if claims.attempt != 1:
        said = "Whoever runs it again may be somebody else than who started it: start the workflow anew to sign."
        raise _Refused(403, said)
    if not claims.actor or not claims.login or claims.login.endswith("[bot]"):
        raise _Refused(403, "Only people sign, and this run was started by none.")
    try:
        branch = golive.forge.repo(claims.repository).default_branch()
    except Kept:
        raise _Refused(503, "GitHub does not answer now. Try again.", Retry_After=str(TRY_AGAIN)) from None
    if claims.ref != f"refs/heads/{branch}":
        said = f"A sign-off comes from the workflow as it is on {branch}; this run is on {claims.ref}."
        raise _Refused(403, said)


def _ruled(golive: Golive, claims: Claims, one: str) -> dict[str, Any]:
    told, state = _kept(golive, claims, one, WORD)
    subject = Subject.parse(told["subjects"][0])
    release = golive.store.release_of(subject)
    headline = release.headline if release else ""
    if ruling := golive.store.standing(subject).rulings.get(word_key(one)):
        return {"state": "taken" if ruling.taken else "refused", "said": ruling.said, "headline": headline}
    if state == "failed":
        return {"state": "failed", "said": "golive could not record it; its log says why.", "headline": headline}
    return {"state": "waiting", "said": "golive has not come to it yet.", "headline": headline}
