"""A handful of releases, each in a different state, that the tests of all surfaces show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from builders import HEAD, NOW, OLDER, a_check, a_finding, a_person, a_policy, a_pull, a_snapshot, a_standing, a_word
from golive.core.calendar import Fixed
from golive.core.model import Fact, Outcome, PullState, Revision, Role, Severity, Shown, Word
from golive.core.policy import MergeRule
from golive.core.rules import FreezeRule, OverrideRule, Predicate, RoleRule, Rules
from golive.core.snapshot import Mistake, Snapshot

PAGE = "https://golive.example.com/r/token"
CHAIN = "c0ffee123456" + "0" * 52

POLICY = a_policy(
    checks=[
        a_check("health", name="All services pass health checks", impact="Nobody could use it", owner="platform"),
        a_check("latency", severity=Severity.LOW, action="Look at the slow query log"),
        a_check("api", needs=("health",)),
        a_check("docs", name="Release notes are there"),
    ],
    roles=[RoleRule("qa", ("@ana",)), RoleRule("security", ("@bo", "@cy"), count=2)],
)
PHASED = replace(
    POLICY,
    phases=("dark", "full"),
    roles=(RoleRule("qa", ("@ana",)), RoleRule("security", ("@bo", "@cy"), count=2, due="full")),
    merge=MergeRule(),
)
_AROUND = Fixed(NOW - timedelta(hours=1), NOW + timedelta(hours=8))


def _ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def ready() -> Snapshot:
    """Everything passed and signed; golive merges by itself."""
    return a_snapshot(policy=a_policy(merge=MergeRule()))


def in_trouble() -> Snapshot:
    """A failed check and one that needs it, a warning, a hold, a rejection, a sign-off for other code."""
    words = [
        a_word(by="ana", text="qa", key="comment:1", revision_sha=OLDER.head_sha),
        a_word("reject", by="bo", text="security the login is open", key="comment:2"),
        a_word("hold", by="dana", text="waiting for the database", key="comment:3"),
    ]
    standing = a_standing(
        policy=POLICY,
        words=words,
        outcomes={"health": Outcome.FAILED, "latency": Outcome.WARNING},
        shown=(Shown(OLDER, _ago(120)), Shown(HEAD, _ago(60))),
        pushers={HEAD.head_sha: (a_person("mallory"),)},
        facts=(
            Fact("word:3", "Held by @dana: waiting for the database", 3),
            Fact("result:4", "Check health: failed", 4),
        ),
    )
    found = a_finding("health", Outcome.FAILED, summary="503 from /health", measured="503", expected="200")
    first, *others = standing.results
    results = (type(first)(found, first.head_sha, first.digest, first.attempt, first.seq), *others)
    return a_snapshot(policy=POLICY, standing=type(standing)(**vars(standing) | {"results": results}))


def waiting() -> Snapshot:
    """Checks passed; security still has to sign twice."""
    return a_snapshot(policy=POLICY, standing=a_standing(policy=POLICY, words=[a_word(text="qa")]))


def no_release() -> Snapshot:
    """An ordinary pull request into a governed base."""
    plain = a_standing(since_release=None, release_name="", release_base="", words=(), results=(), requests={})
    return a_snapshot(pull=a_pull(head_ref="fix/typo", title="Mend a typo"), standing=plain)


def mistaken() -> Snapshot:
    """The base branch's policy file does not load."""
    mistakes = (
        Mistake(".github/golive.yml", 7, 3, "unknown key `chekcs`; did you mean `checks`?"),
        Mistake(".github/golive.yml", 12, 11, "there is no check `helth`"),
    )
    return a_snapshot(policy=None, mistakes=mistakes)


def landed() -> Snapshot:
    """Merged by golive."""
    facts = (Fact("word:3", "@ana approved for qa by comment", 3), Fact("merged:9", "Merged by golive[bot].", 9))
    return a_snapshot(pull=a_pull(state=PullState.MERGED, merged_by="golive[bot]"), standing=a_standing(facts=facts))


def in_phases() -> Snapshot:
    """Two phases: ready for the first but for what must be done before the second; security signs only then."""
    words = [
        a_word(
            by="ana", text="qa fine with: rotate the keys owner @dana due full; watch it for a day due full", key="c:1"
        ),
        a_word("condition", by="bo", text="write the release notes check docs", key="c:2", at=_ago(9)),
        a_word("condition", by="dana", text="close C1 rotated in the vault", key="c:3", at=_ago(8)),
        a_word("looking", by="cy", text="security", key="c:4", at=_ago(7)),
    ]
    words = [replace(word, seq=place) for place, word in enumerate(words)]
    return a_snapshot(policy=PHASED, standing=a_standing(policy=PHASED, words=words))


def frozen() -> Snapshot:
    """Two freezes, through one of which it was let; the other was said by a person."""
    night = FreezeRule("Night", _AROUND, exception=RoleRule("freeze-night", ("@dana",)))
    policy = replace(POLICY, freezes=(night,))
    said = a_word("freeze", by="bo", text="until 2026-03-06 the shop is full", key="f:1")
    words = [*_signed(), a_word(by="dana", text="freeze-night the site is down", key="c:9")]
    return a_snapshot(
        policy=policy,
        standing=a_standing(policy=policy, words=words),
        shared=a_standing(words=[said]),
        special={"freeze:Night": Role("freeze-night", 1, (a_person("dana"),), ("@dana",))},
    )


def overridden() -> Snapshot:
    """A failed check and a missing role under a break-glass by two people."""
    policy = replace(POLICY, overrides=OverrideRule(("@dana", "@eli")), merge=MergeRule(when="ask"))
    people = tuple(map(a_person, ("dana", "eli")))
    words = [
        a_word("override", by=person.login, text="30m the site is down and this mends it", key=f"o:{person.login}")
        for person in people
    ]
    return a_snapshot(
        policy=policy,
        standing=a_standing(policy=policy, words=words, outcomes={"health": Outcome.FAILED}),
        special={"override": Role("override", 2, people, ("@dana", "@eli"))},
    )


def outdated() -> Snapshot:
    """Approvals that do not count any more: for other code, of which the changes are known or not, and in time."""
    policy = replace(POLICY, rules=Rules(valid_for=timedelta(hours=48)))
    older = Revision("0b50" * 10, "7ee2" * 10, "main")
    words = [
        a_word(by="ana", text=f"qa {OLDER.head_sha[:8]} good", key="c:1"),
        a_word(by="bo", text=f"security {older.head_sha[:8]}", key="c:2"),
        a_word(by="cy", text=f"security {HEAD.head_sha[:8]}", key="c:3", at=_ago(60 * 60)),
    ]
    hour_ago = NOW - timedelta(hours=1)
    shown = (Shown(older, hour_ago), Shown(OLDER, hour_ago), Shown(HEAD, hour_ago))
    pushed = {HEAD.head_sha: (a_person("mallory"),)}
    return a_snapshot(
        policy=policy,
        standing=a_standing(policy=policy, words=words, shown=shown, pushers=pushed),
        changed_since={OLDER.head_sha: tuple(f"src/shop/part_{n:02}.py" for n in range(12)), older.head_sha: None},
    )


def in_turn() -> Snapshot:
    """A group that waits for another one, a role that is not asked, one that may only reject, one to be named."""
    policy = replace(
        POLICY,
        roles=(
            RoleRule("qa", ("@ana",), group="technical"),
            RoleRule("legal", ("@bo",), group="technical", count=0, veto=True),
            RoleRule("dba", ("@cy",), group="technical", asked_if=Predicate(migration=True), on_skip="pass"),
            RoleRule("owner", ("@mona",), group="business", after=("technical",)),
            RoleRule("press", ("@pia",), group="open", explicit=True),
        ),
    )
    words = [a_word("abstain", by="ana", text="qa I wrote half of it", key="c:1")]
    return a_snapshot(policy=policy, standing=a_standing(policy=policy, words=words))


def _signed() -> list[Word]:
    """Every seat of POLICY."""
    return [
        a_word(by=by, text=role, key=f"c:{by}") for by, role in (("ana", "qa"), ("bo", "security"), ("cy", "security"))
    ]


def hostile(text: str, *, override: bool = False) -> Snapshot:
    """A release in trouble in which every text that a stranger can write is `text`. override: with a break-glass on."""
    policy = a_policy(
        checks=[
            a_check("a", name=text, impact=text, action=text, owner=text),
            a_check("b", name=text, needs=("a",)),
            a_check("c", name=text, severity=Severity.LOW),
        ],
        roles=[
            RoleRule("qa", ("@ana",)),
            RoleRule(text or "x", ("@bo", "acme/team"), count=2, after=(text or "x",), due=text, explicit=True),
            RoleRule("security", ("@cy",), due=text),
        ],
        phases=("first", text),
        freezes=(FreezeRule(text, _AROUND),),
        overrides=OverrideRule(("@dana",), people=1),
    )
    words = [
        a_word(by="ana", text=f"qa {text}", key="comment:1"),
        a_word("hold", by="ana", text=text, key="comment:2", link=f"https://x.example/{text}"),
        a_word("condition", by="bo", text=f"x {text}", key="comment:3", link=f"https://x.example/{text}"),
        a_word("condition", by="bo", text=f"y {text}", key="comment:4"),
        a_word("condition", by="bo", text=f"close C1 {text}", key="comment:5"),
        a_word(by="cy", text="security", key="comment:6", revision_sha=OLDER.head_sha),
    ]
    words += [a_word("override", by="dana", text=f"30m x{text}", key="comment:7")] if override else []
    shown = (Shown(OLDER, NOW - timedelta(hours=2)), Shown(HEAD, NOW - timedelta(hours=1)))
    standing = a_standing(policy=policy, words=words, facts=(Fact("word:1", text, 1),), shown=shown)
    results = []
    for kept, outcome in zip(standing.results, (Outcome.FAILED, Outcome.PASSED, Outcome.WARNING), strict=True):
        found = a_finding(kept.finding.check, outcome, summary=text, measured=text, expected=text, source=text)
        results.append(type(kept)(found, kept.head_sha, kept.digest, kept.attempt, kept.seq))
    return a_snapshot(
        policy=policy,
        pull=a_pull(title=text, author=a_person("mallory")),
        standing=type(standing)(**vars(standing) | {"results": tuple(results)}),
        head_mistakes=(Mistake(text, 1, 1, text),),
        stuck=text,
        special={"override": Role("override", 1, (a_person("dana"),), ("@dana",))},
        changed_since={OLDER.head_sha: (text, f"{text}.py")},
    )


def enormous(name: str, checks: int = 400, roles: int = 60, conditions: int = 0) -> Snapshot:
    """More checks, roles and conditions than fit anywhere, each with the given name; every second role has a plain one."""
    policy = a_policy(
        checks=[a_check(f"c{n}", name=name, action=name, impact=name, owner=name) for n in range(checks)],
        roles=[
            RoleRule(f"role-{n}" if n % 2 else f"{n}{name}", tuple(f"@p{n}x{m}" for m in range(12)), count=2)
            for n in range(roles)
        ],
    )
    outcomes = {f"c{n}": Outcome.FAILED for n in range(0, checks, 2)}
    mistakes = tuple(Mistake(name, n + 1, 1, name) for n in range(70))
    facts = tuple(Fact(f"word:{n}", name, n) for n in range(500))
    words = [a_word("condition", by="p1x1", text=f"x{name}", key=f"c:{n}") for n in range(conditions)]
    standing = a_standing(policy=policy, outcomes=outcomes, words=words, facts=facts)
    return a_snapshot(policy=policy, standing=standing, pull=a_pull(title=name), head_mistakes=mistakes)


STATES = {
    "ready": ready,
    "in_trouble": in_trouble,
    "waiting": waiting,
    "no_release": no_release,
    "mistaken": mistaken,
    "landed": landed,
    "in_phases": in_phases,
    "frozen": frozen,
    "overridden": overridden,
    "outdated": outdated,
    "in_turn": in_turn,
}
"""Name → builder of every ordinary state, for golden files."""
