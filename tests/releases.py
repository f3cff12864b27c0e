"""A handful of releases, each in a different state, that the tests of all surfaces show."""

from __future__ import annotations

from builders import OLDER, a_check, a_finding, a_person, a_policy, a_pull, a_snapshot, a_standing, a_word
from golive.core.decide import Mistake, Snapshot
from golive.core.model import Fact, Outcome, PullState, Severity
from golive.core.policy import MergeRule, RoleRule

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


def hostile(text: str) -> Snapshot:
    """A release in trouble in which every text that a stranger can write is `text`."""
    policy = a_policy(
        checks=[
            a_check("a", name=text, impact=text, action=text, owner=text),
            a_check("b", name=text, needs=("a",)),
            a_check("c", name=text, severity=Severity.LOW),
        ],
        roles=[RoleRule("qa", ("@ana",)), RoleRule(text or "x", ("@bo", "acme/team"), count=2)],
    )
    words = [
        a_word(by="ana", text=f"qa {text}", key="comment:1"),
        a_word("hold", by="ana", text=text, key="comment:2", link=f"https://x.example/{text}"),
    ]
    standing = a_standing(policy=policy, words=words, facts=(Fact("word:1", text, 1),))
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
    )


def enormous(name: str, checks: int = 400, roles: int = 60) -> Snapshot:
    """More checks and roles than fit anywhere, each with the given name."""
    policy = a_policy(
        checks=[a_check(f"c{n}", name=name, action=name, impact=name, owner=name) for n in range(checks)],
        roles=[RoleRule(f"{n}{name}", tuple(f"@p{n}x{m}" for m in range(12)), count=2) for n in range(roles)],
    )
    outcomes = {f"c{n}": Outcome.FAILED for n in range(0, checks, 2)}
    mistakes = tuple(Mistake(name, n + 1, 1, name) for n in range(70))
    facts = tuple(Fact(f"word:{n}", name, n) for n in range(500))
    standing = a_standing(policy=policy, outcomes=outcomes, words=(), facts=facts)
    return a_snapshot(policy=policy, standing=standing, pull=a_pull(title=name), head_mistakes=mistakes)


STATES = {
    "ready": ready,
    "in_trouble": in_trouble,
    "waiting": waiting,
    "no_release": no_release,
    "mistaken": mistaken,
    "landed": landed,
}
"""Name → builder of every ordinary state, for golden files."""
