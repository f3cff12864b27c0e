"""`/api/v1`: a release as JSON, and a word about it, for people's own tools. Who calls is who their GitHub token says.

A word is kept like any other delivery and worked in its turn; what became of it is asked for afterwards. Add a refusal as
a `_Refused` with its status and the sentence that mends it, a row in `tests/contract/test_api.py`, and one in `docs/api.md`.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from golive.core import ledger
from golive.core.command import VERBS, Command, parse
from golive.core.errors import Gone, Kept, NotUnderstood, Refused
from golive.core.model import Person, Standing
from golive.githubapp.callers import Unknown, kept, same, word_key
from golive.ports import Delivery, ReleaseState
from golive.web.metrics import Metrics
from golive.wiring.service import Golive

LARGEST = 16 * 1024
"""Bytes of a request's body."""
MOST = 2**31 - 1
"""The largest number of a pull request that a database takes."""
TRY_AGAIN = 5
"""Seconds that a caller is asked to wait while GitHub does not answer."""
NAMES_A_COMMIT = ("approve", "promote", "override")
"""Verbs that let something go: they are about one commit, and it has to be named."""
_SHA = re.compile(r"[0-9a-f]{40}")
_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,100}")
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,500}")
_NAME = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.-]{1,100}")
"""An owner or a repository; a path of dots would lead elsewhere at GitHub."""

Told = tuple[int, dict[str, Any]]
Act = Callable[[Person, ReleaseState], Awaitable[Told]]


class _Refused(Exception):
    """An answer without an effect: its status, its sentence, its headers."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def api(golive: Golive, metrics: Metrics) -> APIRouter:
    """The routes of one golive."""
    router = APIRouter(prefix="/api/v1/releases/{owner}/{name}/{number:int}")

    async def answered(request: Request, owner: str, name: str, number: int, act: Act) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            person, state = await _called(golive, request, owner, name, number)
            status, body = await act(person, state)
        except _Refused as refused:
            metrics.requests.labels("api", "refused").inc()
            status, body = refused.status, {"error": str(refused)}
            headers |= refused.headers
        return Response(json.dumps(body), status, media_type="application/json", headers=headers)

    @router.get("")
    async def release(request: Request, owner: str, name: str, number: int) -> Response:
        """How it stands, as of golive's last look."""

        async def act(_: Person, state: ReleaseState) -> Told:
            return 200, {
                "verdict": state.verdict.name, "headline": state.headline, "open": state.open, "head_sha": state.head_sha,
                "looked_at": state.looked_at.isoformat() if state.looked_at else None,
                "release": json.loads(state.view or "{}"),
            }  # fmt: skip

        return await answered(request, owner, name, number, act)

    @router.post("/words")
    async def say(request: Request, owner: str, name: str, number: int) -> Response:
        """Say something: `{"command": "approve qa", "sha": "<40 digits>"}`. 202 with where to ask what became of it."""

        async def act(person: Person, state: ReleaseState) -> Told:
            text, sha = _word(await _json(request))
            if sha:
                _shown(sha, await run_in_threadpool(_standing, golive, state), state)
            own = _own_id(request.headers.get("idempotency-key", ""), person, state)
            delivery = Delivery("api", own, "word", kept(person, state.subject, text, sha), golive.clock())
            new = await golive.inbox.keep(delivery)
            if not new:
                await run_in_threadpool(_repeats, golive, delivery)
            metrics.requests.labels("api", "kept" if new else "repeated").inc()
            return 202, {"word": own, "new": new, "see": f"{request.url.path}/{own}"}

        return await answered(request, owner, name, number, act)

    @router.get("/words/{word}")
    async def became(request: Request, owner: str, name: str, number: int, word: str) -> Response:
        """What became of a word: waiting, taken, refused with the sentence that says who could, or failed."""

        async def act(_: Person, state: ReleaseState) -> Told:
            return 200, {"word": word, **await run_in_threadpool(_became, golive, state, word)}

        return await answered(request, owner, name, number, act)

    return router


async def _called(golive: Golive, request: Request, owner: str, name: str, number: int) -> tuple[Person, ReleaseState]:
    """Who calls, and the release, which they may see."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not _TOKEN.fullmatch(token.strip()):
        raise _Refused(401, "Send your own GitHub token, as `Authorization: Bearer …`.", WWW_Authenticate="Bearer")
    full_name = f"{owner}/{name}"
    hidden = _Refused(404, f"{full_name} is not there, or not for you.")
    if not (_NAME.fullmatch(owner) and _NAME.fullmatch(name)):
        raise hidden
    try:
        person, repository = await run_in_threadpool(golive.callers, token.strip(), full_name)
    except Unknown as unknown:
        raise _Refused(401, str(unknown), WWW_Authenticate="Bearer") from None
    except Refused as refused:
        raise _Refused(403, str(refused)) from None
    except Gone:
        raise hidden from None
    except Kept:
        raise _Refused(503, "GitHub does not answer now. Try again.", Retry_After=str(TRY_AGAIN)) from None
    state = await run_in_threadpool(golive.store.release_named, full_name, number) if number <= MOST else None
    if state is None or not state.is_release or state.subject.repository != repository:
        raise _Refused(404, f"{full_name}#{number} is no release that golive knows.")
    return person, state


async def _json(request: Request) -> dict[str, Any]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise _Refused(413, f"The body is larger than {LARGEST} bytes.")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refused(400, 'The body must be JSON, like {"command": "approve qa", "sha": "…"}.') from None
    if not isinstance(told, dict):
        raise _Refused(400, 'The body must be a JSON object, like {"command": "approve qa", "sha": "…"}.')
    return told


def _word(told: dict[str, Any]) -> tuple[str, str]:
    """The command and the commit it is about. What cannot be read is refused at once, with the usage."""
    text, sha = told.get("command"), told.get("sha", "")
    if not isinstance(text, str) or not isinstance(sha, str):
        raise _Refused(400, "`command` and `sha` must be texts.")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in "".join(text.split())):
        raise _Refused(400, "`command` holds control characters, or half a character.")  # no database would keep them
    try:
        command = parse(text, in_chat=False)
    except NotUnderstood as misread:
        raise _Refused(422, str(misread)) from None
    if VERBS[command.verb].asks or command.release:
        raise _Refused(422, "A question is asked with GET, and the release is named in the address alone.")
    _names_its_commit(command, sha)
    return text, sha


def _names_its_commit(command: Command, sha: str) -> None:
    if sha and not _SHA.fullmatch(sha):
        raise _Refused(422, "`sha` must be the 40 digits of a commit.")
    if command.verb in NAMES_A_COMMIT and not sha:
        raise _Refused(422, f"`{command.verb}` must say for which commit: `sha`. GET the release for its `head_sha`.")
    named = [word for word in command.text.casefold().split()[:2] if re.fullmatch(r"[0-9a-f]{7,40}", word)]
    if sha and named and not sha.startswith(named[0]):
        raise _Refused(422, f"`command` names commit {named[0]}, and `sha` another one. Name it in `sha` alone.")


def _shown(sha: str, standing: Standing, state: ReleaseState) -> None:
    """A word about a commit that was never part of the release would be taken, and count for nothing."""
    if sha not in {shown.revision.head_sha for shown in standing.shown}:
        raise _Refused(422, f"golive has not seen {sha} as this release's head; that is {state.head_sha} now.")


def _standing(golive: Golive, state: ReleaseState) -> Standing:
    return ledger.fold(golive.store.entries(state.subject))


def _own_id(given: str, person: Person, state: ReleaseState) -> str:
    """The delivery's id: the same for the same key of the same person about the same release, else a new one."""
    if given and not _KEY.fullmatch(given):
        raise _Refused(400, "Idempotency-Key must be 8 to 100 letters, digits, or one of _ . : -")
    return hashlib.sha256(f"{person.id}/{state.subject.key}/{given or uuid.uuid4()}".encode()).hexdigest()[:32]


def _repeats(golive: Golive, delivery: Delivery) -> None:
    """A key that comes again must bring the same word: else somebody believes that the other one was heard."""
    before = golive.store.delivery("api", delivery.id)
    if before is not None and not same(before[0].body, delivery.body):
        raise _Refused(422, "This Idempotency-Key came with another word before. Send a key of its own with each word.")


def _became(golive: Golive, state: ReleaseState, word: str) -> dict[str, Any]:
    if ruling := _standing(golive, state).rulings.get(word_key(word)):
        return {"state": "taken" if ruling.taken else "refused", "said": ruling.said, "headline": state.headline}
    found = golive.store.delivery("api", word)
    if found is None or json.loads(found[0].body)["subject"] != state.subject.key:
        raise _Refused(404, "There is no such word about this release.")
    if found[1] == "failed":
        return {"state": "failed", "said": "golive could not record it; its log says why. Say it again."}
    return {"state": "waiting", "said": _waits_for(state)}


def _waits_for(state: ReleaseState) -> str:
    if state.open:
        return "golive has not come to it yet."
    return "The pull request is closed: golive rules on it once it is open again."
