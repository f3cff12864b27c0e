"""One release as every surface shows it: a snapshot and its decision, boiled down to rows of plain text.

Texts here are raw; each surface escapes them its own way. A view survives JSON, so that a page can be shown later
without reading anything again. To show something new, add a field with a default: older stored views lack it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from golive.core.decide import Decision, promoted
from golive.core.findings import Judged
from golive.core.model import PullState, Verdict
from golive.core.policy import ReleaseRule
from golive.core.snapshot import Kind, Snapshot
from golive.render.escaping import when
from golive.render.roster import condition_row, role_row
from golive.render.rows import (
    ActRow,
    BannerRow,
    CheckRow,
    ConditionRow,
    MistakeRow,
    PhaseRow,
    ReasonRow,
    RoleRow,
    SignedRow,
    StaleRow,
    TrainRow,
)
from golive.render.trainrows import train_rows
from golive.render.vocabulary import (
    ACTS,
    ALARM,
    CLOSED,
    FROZEN,
    LET_THROUGH,
    MERGED,
    OTHER,
    OUTCOMES,
    OVERRIDDEN,
    VERDICTS,
    Label,
)

ALARMS = frozenset({"landed_wrong", "landed_untold", "landed_unsigned"})
"""Codes of reasons that say what is wrong with what landed."""
TOLD = frozenset({"overridden", "freeze_excepted"}) | ALARMS
"""Codes of reasons that a banner tells already, with everything there is to say."""


@dataclass(frozen=True)
class ReleaseView:
    """Everything the surfaces show of one pull request. next_step: what happens now, a sentence or empty.

    becomes: for what is not a release, the sentences that say how one becomes it.   timeline: oldest first.
    banners: what must be seen first.   phases: empty where there is but one.
    """

    kind: str
    label: Label
    headline: str
    repository: str
    number: int
    title: str
    url: str
    is_open: bool
    head_sha: str
    base_ref: str
    release: str = ""
    target: str = ""
    next_step: str = ""
    reasons: tuple[ReasonRow, ...] = ()
    roles: tuple[RoleRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    mistakes: tuple[MistakeRow, ...] = ()
    becomes: tuple[str, ...] = ()
    timeline: tuple[str, ...] = ()
    banners: tuple[BannerRow, ...] = ()
    conditions: tuple[ConditionRow, ...] = ()
    phases: tuple[PhaseRow, ...] = ()
    acts: tuple[ActRow, ...] = ()
    train: tuple[TrainRow, ...] = ()
    guards: tuple[str, ...] = ()
    """What lets a release land here without golive, and how to mend it: one line each."""
    author: str = ""
    """The login of whoever wrote it; empty where the forge does not say."""
    longest_override: int = 0
    """Minutes that an override may last; 0 where nobody may override."""

    @property
    def name(self) -> str:
        """`acme/shop#7`."""
        return f"{self.repository}#{self.number}"

    @property
    def revision(self) -> str:
        """`beefbee → main`."""
        return f"{self.head_sha[:7]} → {self.base_ref}"

    @property
    def worst_checks(self) -> tuple[CheckRow, ...]:
        """The checks, worst first; among equals in the policy's order."""
        return tuple(sorted(self.checks, key=lambda row: row.rank))

    @property
    def check_counts(self) -> str:
        """`1 failed, 3 passed`, worst first; empty where there are no checks."""
        words = [row.label.word for row in self.worst_checks]
        return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def look(snapshot: Snapshot, decision: Decision) -> ReleaseView:
    """The view of one decision."""
    pull, rule = snapshot.pull, snapshot.rule
    return ReleaseView(
        kind=decision.kind.value,
        label=_label(snapshot, decision),
        headline=decision.headline,
        repository=pull.repository,
        number=pull.subject.number,
        title=pull.title,
        url=pull.url,
        is_open=pull.state is PullState.OPEN,
        head_sha=pull.revision.head_sha,
        base_ref=pull.revision.base_ref,
        release=snapshot.standing.release_name or (rule.name if rule else ""),
        target=rule.target if rule else "",
        next_step=_next_step(snapshot, decision),
        reasons=tuple(
            ReasonRow(VERDICTS[r.verdict], r.code, r.sentence, r.clears, r.verdict is not Verdict.GO)
            for r in decision.reasons
            if r.code not in TOLD
        ),
        roles=tuple(role_row(seat, snapshot) for seat in decision.roster),
        checks=tuple(_check(judged) for judged in decision.checks),
        mistakes=tuple(MistakeRow(m.path, m.line, m.column, m.text) for m in snapshot.mistakes)
        + tuple(MistakeRow(m.path, m.line, m.column, m.text, in_head=True) for m in snapshot.head_mistakes),
        becomes=_becomes(snapshot) if decision.kind is Kind.OTHER else (),
        timeline=tuple(fact.text for fact in snapshot.standing.facts),
        banners=tuple(_banners(decision)),
        conditions=tuple(condition_row(condition) for condition in decision.conditions),
        train=tuple(train_rows(snapshot)),
        acts=tuple(ActRow(r.act.title, ACTS[r.state], r.said, r.url) for r in decision.promotion.rows),
        phases=tuple(PhaseRow(p.name, VERDICTS[p.verdict], p.headline or decision.headline) for p in decision.phases),
        guards=_guards(snapshot),
        longest_override=_longest_override(snapshot),
        author=pull.author.login if pull.author else "",
    )


def _longest_override(snapshot: Snapshot) -> int:
    allowed = snapshot.policy.overrides if snapshot.policy else None
    return int(allowed.longest.total_seconds()) // 60 if allowed else 0


def _guards(snapshot: Snapshot) -> tuple[str, ...]:
    """Of what was found weak about the repository, what matters to this base; nothing once it has landed."""
    if snapshot.pull.state is not PullState.OPEN:
        return ()
    base = snapshot.pull.revision.base_ref
    return tuple(one.line for one in snapshot.shared.hardening if one.serious and one.branch in ("", base))


def _label(snapshot: Snapshot, decision: Decision) -> Label:
    if decision.kind is Kind.ENDED:
        return MERGED if snapshot.pull.state is PullState.MERGED else CLOSED
    if decision.kind in (Kind.OTHER, Kind.UNGOVERNED):
        return OTHER
    return VERDICTS[decision.verdict]


def _banners(decision: Decision) -> Iterator[BannerRow]:
    """What everybody must see first: what landed wrongly, the override that is on, then the freezes."""
    yield from (BannerRow(ALARM, f"{r.sentence} {r.clears}", "") for r in decision.reasons if r.code in ALARMS)
    if override := decision.override:
        people = tuple(word.person.login for word in override.words)
        yield BannerRow(OVERRIDDEN, override.reason, when(override.until), people)
    let_through = {r.subject: r.sentence for r in decision.reasons if r.code == "freeze_excepted"}
    for frozen in sorted(decision.freezes, key=lambda frozen: frozen.key in let_through):
        label = LET_THROUGH if frozen.key in let_through else FROZEN
        yield BannerRow(label, let_through.get(frozen.key, frozen.title), when(frozen.until))


def waits_for_promote(snapshot: Snapshot, decision: Decision) -> bool:
    """Whether it goes live as it is once somebody says so."""
    if decision.kind is not Kind.RELEASE or snapshot.policy is None or not snapshot.policy.goes_when:
        return False
    if any(reason.code == "promote_awaited" for reason in decision.reasons):
        return True
    return decision.verdict is Verdict.CONDITIONAL_GO and decision.state != "success"


def _next_step(snapshot: Snapshot, decision: Decision) -> str:
    """What happens now, where the reasons do not already say it."""
    if decision.kind is not Kind.RELEASE or decision.verdict not in (Verdict.GO, Verdict.CONDITIONAL_GO):
        return ""
    merge = snapshot.policy.merge if snapshot.policy else None
    when = snapshot.policy.goes_when if snapshot.policy else ""
    conditional = decision.verdict is Verdict.CONDITIONAL_GO
    if waits_for_promote(snapshot, decision):
        return _once_promoted(by_itself=conditional and when not in ("", "ask"))
    if decision.promotion.rows:
        return "" if decision.promotion.done else "golive takes it live by itself, one act after the other."
    if not conditional:
        by_people = any(r.code in ("workflows_need_a_person", "actor_may_not") for r in decision.reasons)
        return "golive merges it by itself." if merge and not by_people else "It may be merged."
    if merge is None:
        return "It passes once these are cleared; with `merge.when: conditional` in the policy it would pass as it is."
    if promoted(snapshot):
        return "Somebody let it go as it is with `/golive promote`; golive merges it by itself."
    return "The policy lets it pass as it is; golive merges it by itself."


def _once_promoted(by_itself: bool) -> str:
    """by_itself: it also goes once these are cleared, and nobody need say anything."""
    also = ", or by itself once these are cleared" if by_itself else ""
    return f"It goes live once somebody says `/golive promote`{also}."


def _check(judged: Judged) -> CheckRow:
    rule, finding = judged.rule, judged.finding
    return CheckRow(
        id=rule.id,
        title=rule.title,
        label=OUTCOMES[finding.outcome],
        rank=list(OUTCOMES).index(finding.outcome),
        severity=rule.severity.value,
        category=rule.category,
        measured=finding.measured,
        expected=finding.expected,
        summary=finding.summary,
        source=finding.source,
        strength=finding.strength.value,
        taken_at=when(finding.taken_at),
        owner=rule.owner,
        impact=rule.impact,
        action=rule.action,
        needs=rule.needs,
        root=judged.root.id if judged.root else "",
    )


def _becomes(snapshot: Snapshot) -> tuple[str, ...]:
    """How a pull request into this base becomes a release, one sentence per release rule."""
    policy, base = snapshot.policy, snapshot.pull.revision.base_ref
    return tuple(_becomes_by(rule) for rule in policy.releases if rule.base == base) if policy else ()


def _becomes_by(rule: ReleaseRule) -> str:
    ways = []
    if rule.head:
        ways.append(f"comes from a branch like {' or '.join(f'`{pattern}`' for pattern in rule.head)}")
    if rule.release_please:
        ways.append("is the one that release-please keeps for this branch")
    if rule.labels:
        ways.append(f"carries the label {' or '.join(f'`{label}`' for label in rule.labels)}")
    forks = "" if rule.forks else ", and not from a fork"
    return f"It is a release “{rule.name}” when it {' or '.join(ways) or 'matches its rule'}{forks}."


# ------------------------------------------------------------------ as JSON


def to_json(view: ReleaseView) -> str:
    """The view as JSON; equal views give equal texts."""
    return json.dumps(asdict(view), sort_keys=True, ensure_ascii=False)


def from_json(text: str) -> ReleaseView | None:
    """The view of a `to_json`, also of an older or newer version; None where too much is missing to show it."""
    try:
        raw = json.loads(text)
        return _made(
            ReleaseView,
            raw
            | {
                "label": _made(Label, raw["label"]),
                "reasons": tuple(_labelled(ReasonRow, r) for r in raw.get("reasons", ())),
                "roles": tuple(_role_from(r) for r in raw.get("roles", ())),
                "banners": tuple(_labelled(BannerRow, r) for r in raw.get("banners", ())),
                "conditions": tuple(_labelled(ConditionRow, r) for r in raw.get("conditions", ())),
                "phases": tuple(_labelled(PhaseRow, r) for r in raw.get("phases", ())),
                "acts": tuple(_labelled(ActRow, r) for r in raw.get("acts", ())),
                "train": tuple(_labelled(TrainRow, r) for r in raw.get("train", ())),
                "checks": tuple(_labelled(CheckRow, r) for r in raw.get("checks", ())),
                "mistakes": tuple(_made(MistakeRow, r) for r in raw.get("mistakes", ())),
            },
        )
    except (TypeError, KeyError, ValueError):
        return None


_Row = TypeVar("_Row")


def _made(row: type[_Row], raw: Mapping[str, Any]) -> _Row:
    """A row of the fields it knows; lists become tuples."""
    known = {field.name for field in fields(row)}  # type: ignore[arg-type]  # every row is a dataclass
    return row(**{k: tuple(v) if isinstance(v, list) else v for k, v in raw.items() if k in known})


def _labelled(row: type[_Row], raw: Mapping[str, Any]) -> _Row:
    return _made(row, {**raw, "label": _made(Label, raw["label"])})


def _role_from(raw: Mapping[str, Any]) -> RoleRow:
    said = {part: tuple(_made(SignedRow, s) for s in raw.get(part, ())) for part in ("signed", "rejected")}
    stale = tuple(StaleRow(s) if isinstance(s, str) else _made(StaleRow, s) for s in raw.get("stale", ()))
    return _labelled(RoleRow, {**raw, **said, "stale": stale})  # an older view had no more of the stale than logins
