"""Small builders of core values for tests: every default is a release that is ready to go, a test names what differs.

`decide(a_snapshot())` is GO. Add a builder when two test files would otherwise spell out the same value.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from golive.core.authorise import Asking
from golive.core.findings import words_digest
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
    Shown,
    Standing,
    Subject,
    Surface,
    Word,
)
from golive.core.policy import CheckRule, Options, Policy, ReleaseRule
from golive.core.rules import RoleRule
from golive.core.snapshot import Snapshot

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""The moment of every snapshot that names none: a Wednesday noon, in UTC."""

HEAD = Revision("beef" * 10, "7ee0" * 10, "main")
"""The revision of every pull request that names none."""

OLDER = Revision("01d0" * 10, "7ee1" * 10, "main")
"""A revision that came before HEAD, with other code."""


class Parts:
    """What a kind of a test need not say itself."""

    fresh: ClassVar[timedelta | None] = None
    stirred_by: ClassVar[frozenset[str]] = frozenset()
    reads_attestations: ClassVar[bool] = False
    measures: ClassVar[Mapping[str, str]] = {"value": ""}

    def judge(self, facts: Any) -> Finding:
        raise NotImplementedError

    def on_machine(self) -> bool:
        return False

    def asserts(self) -> bool:
        return True

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        return {}

    def of_checks(self) -> tuple[str, ...]:
        return ()

    def lent_secrets(self) -> tuple[tuple[str, str], ...]:
        return ()

    def reads_variables(self) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True)
class Probe(Parts):
    """Options of a check kind that only tests have. `what` is its definition."""

    kind: ClassVar[str] = "probe"
    what: str = ""

    def canonical(self) -> str:
        return self.what


@dataclass(frozen=True)
class Attested(Parts):
    """Options of a kind that people attest as `role`."""

    kind: ClassVar[str] = "attested"
    reads_attestations: ClassVar[bool] = True
    role: str = "qa"

    def canonical(self) -> str:
        return self.role


def a_person(login: str) -> Person:
    """The person of that login; the same login always has the same numeric id."""
    return Person(zlib.crc32(login.encode()) or 1, login)


def a_check(id: str = "health", *, options: Options | None = None, **changes: Any) -> CheckRule:
    """A check rule of severity high, of the kind `probe`."""
    options = options or Probe()
    return CheckRule(id=id, uses=options.kind, options=options, **changes)


def a_policy(
    *, checks: Iterable[CheckRule] | None = None, roles: Iterable[RoleRule] | None = None, **changes: Any
) -> Policy:
    """One release, `production`, from `release/**` into main: the check `health` and the role `qa` of @ana."""
    rule = ReleaseRule(
        name="production",
        base="main",
        head=("release/**",),
        target="https://shop.example.com",
        checks=(a_check(),) if checks is None else tuple(checks),
    )
    roles = (RoleRule("qa", ("@ana",)),) if roles is None else tuple(roles)
    return Policy(**{"project": "Shop", "releases": (rule,), "roles": roles} | changes)


def a_pull(**changes: Any) -> Pull:
    """acme/shop#7: open, by @mallory, `release/2.4` into main, mergeable."""
    defaults: dict[str, Any] = {
        "subject": Subject("github.com", 42, 7),
        "repository": "acme/shop",
        "title": "Release 2.4",
        "body": "",
        "url": "https://github.com/acme/shop/pull/7",
        "author": a_person("mallory"),
        "author_is_bot": False,
        "state": PullState.OPEN,
        "draft": False,
        "head_ref": "release/2.4",
        "revision": HEAD,
        "labels": frozenset(),
        "from_fork": False,
        "mergeable": True,
    }
    return Pull(**defaults | changes)


def a_word(verb: str = "approve", *, by: str = "ana", **changes: Any) -> Word:
    """A comment by @ana ten minutes before NOW, after HEAD was shown."""
    at = changes.pop("at", NOW - timedelta(minutes=10))
    defaults: dict[str, Any] = {
        "key": f"comment:{by}:{verb}:{at:%H%M%S}",
        "person": a_person(by),
        "surface": Surface.COMMENT,
        "verb": verb,
        "at": at,
        "link": "https://github.com/acme/shop/pull/7#issuecomment-1",
    }
    return Word(**defaults | changes)


def a_finding(check: str = "health", outcome: Outcome = Outcome.PASSED, **changes: Any) -> Finding:
    """A finding taken five minutes before NOW."""
    summary = "answered 200" if outcome is Outcome.PASSED else f"came to {outcome.value}"
    defaults: dict[str, Any] = {"summary": summary, "taken_at": NOW - timedelta(minutes=5)}
    return Finding(check=check, outcome=outcome, **defaults | changes)


def a_result(
    rule: CheckRule, outcome: Outcome = Outcome.PASSED, *, standing: Standing | None = None, **changes: Any
) -> CheckResult:
    """What the ledger keeps of one run of `rule` on HEAD. `standing`: where the rule reads people's words."""
    digest = rule.digest(words_digest(rule, standing or Standing()))
    head = changes.pop("head_sha", HEAD.head_sha)
    seq = changes.pop("seq", 5)
    return CheckResult(a_finding(rule.id, outcome, **changes), head, digest, attempt=1, seq=seq)


def roles_of(policy: Policy) -> tuple[Role, ...]:
    """The roles of a policy with the people its `@login` sources name."""
    return tuple(
        Role(
            rule.name,
            rule.count,
            tuple(a_person(source[1:]) for source in rule.sources if source.startswith("@")),
            rule.sources,
            rule.group,
        )
        for rule in policy.roles
    )


def a_standing(
    *, policy: Policy | None = None, outcomes: Mapping[str, Outcome] | None = None, **changes: Any
) -> Standing:
    """A release since an hour, HEAD shown then, every check passed and every role signed.

    outcomes: of the checks that did not pass.   words: instead of the approvals; taken unless `rulings` says no.
    """
    policy = policy or a_policy()
    outcomes = outcomes or {}
    hour_ago = NOW - timedelta(hours=1)
    words = tuple(changes.pop("words", _approvals(policy)))
    rulings = {w.key: Ruling(w.key, taken=True) for w in words} | dict(changes.pop("rulings", {}))
    spoken = Standing(words=words, rulings=rulings)
    checks = policy.releases[0].checks
    defaults: dict[str, Any] = {
        "since_release": hour_ago,
        "release_name": policy.releases[0].name,
        "release_base": policy.releases[0].base,
        "shown": (Shown(HEAD, hour_ago),),
        "words": words,
        "heard": frozenset(w.key for w in words),
        "rulings": rulings,
        "results": tuple(a_result(c, outcomes.get(c.id, Outcome.PASSED), standing=spoken) for c in checks),
        "requests": {HEAD.head_sha: hour_ago},
        "seq": 10,
    }
    return Standing(**defaults | changes)


def _approvals(policy: Policy) -> Iterable[Word]:
    for role in roles_of(policy):
        for person in role.people[: role.count]:
            yield a_word(by=person.login, text=role.name, key=f"comment:{role.name}:{person.login}")


def a_snapshot(**changes: Any) -> Snapshot:
    """Everything read at NOW; roles and standing follow the policy unless they are given. Its decision is GO.

    outcomes: see `a_standing`.
    """
    policy = changes.pop("policy", a_policy())
    outcomes = changes.pop("outcomes", None)
    defaults: dict[str, Any] = {"now": NOW, "pull": a_pull(), "policy": policy, "policy_sha": "ba5e" * 10}
    if "standing" not in changes:
        defaults["standing"] = a_standing(policy=policy, outcomes=outcomes)
    if policy and "roles" not in changes:
        defaults["roles"] = roles_of(policy)
    return Snapshot(**defaults | changes)


def an_asking(word: Word, **changes: Any) -> Asking:
    """One word to rule on by a reader, for a release that nobody has spoken on.

    roles, permission, attesters, outcomes, named: of the `Asking`; everything else changes its snapshot.
    """
    own = {k: changes.pop(k) for k in ("permission", "attesters", "outcomes", "named") if k in changes}
    roles = tuple(changes.pop("roles", ()))
    snapshot = a_snapshot(**{"standing": Standing(), "roles": roles} | changes)
    return Asking(word, snapshot, roles, **{"permission": "read"} | own)
