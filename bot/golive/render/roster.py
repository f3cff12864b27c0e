"""Rows about people's words: who has signed, whose approval does not count any more and what changed since, conditions.

What is new about a sign-off is read here from `core.signoffs`, and shown by the surfaces from its row.
"""

from __future__ import annotations

from collections.abc import Iterable

from golive.core.command import signing
from golive.core.conditions import Condition, with_approval
from golive.core.errors import NotUnderstood
from golive.core.model import SignOff
from golive.core.signoffs import RoleStanding, could_fill
from golive.core.snapshot import Snapshot
from golive.render.escaping import when
from golive.render.rows import ConditionRow, RoleRow, SignedRow, StaleRow
from golive.render.vocabulary import (
    CONDITION_CLOSED,
    CONDITION_OPEN,
    LATER,
    LOOKING,
    MAY_REJECT,
    MISSING,
    NOT_ASKED,
    REJECTED,
    SIGNED,
    WAITS_TURN,
    Label,
)

PATHS = 10
"""Paths named of those that changed since somebody signed."""


def role_row(seat: RoleStanding, snapshot: Snapshot) -> RoleRow:
    """One role as it stands."""
    names = frozenset(role.name for role in snapshot.roles)
    spoken = {s.word.person.id for s in seat.signed} | {p.id for p in seat.abstained}
    could = could_fill(seat.role, snapshot) if seat.missing else ()
    due = _due(seat, snapshot)
    return RoleRow(
        name=seat.role.name,
        label=_label(seat, due),
        count=seat.role.count,
        group=seat.role.group,
        signed=tuple(_signed(s, names) for s in seat.signed),
        rejected=tuple(_signed(s, names) for s in seat.rejected),
        could=tuple(p.login for p in could if p.id not in spoken),
        sources=seat.role.sources,
        stale=tuple(_stale(s, snapshot) for s in seat.stale),
        looking=tuple(p.login for p in seat.looking),
        abstained=tuple(p.login for p in seat.abstained),
        skipped=seat.skipped,
        waits_for=seat.waits_for,
        after=seat.rule.after,
        due=due,
        explicit=seat.rule.explicit,
        asks=bool(seat.missing) and not seat.waits_for,
        uncovered=tuple(one.where for one in seat.uncovered),
    )


def _due(seat: RoleStanding, snapshot: Snapshot) -> str:
    """The phase before which it signs, where that is a later one."""
    policy, due = snapshot.policy, seat.rule.due
    return due if policy and not policy.is_due(due, policy.phase) else ""


def _label(seat: RoleStanding, due: str) -> Label:
    told = (
        (seat.rejected, REJECTED),
        (seat.skipped, NOT_ASKED),
        (not seat.role.count, MAY_REJECT),
        (not seat.missing, SIGNED),
        (seat.waits_for, WAITS_TURN),
        (due, LATER),
        (seat.looking, LOOKING),
    )
    return next((label for so, label in told if so), MISSING)


def _signed(sign_off: SignOff, roles: frozenset[str]) -> SignedRow:
    word = sign_off.word
    try:
        words, _ = with_approval(signing(word.text, roles).text)
    except NotUnderstood:  # the policy's roles changed since it was said
        words = word.text
    return SignedRow(word.person.login, word.surface.value, when(word.at), word.link, words)


def _stale(sign_off: SignOff, snapshot: Snapshot) -> StaleRow:
    login, head, covers = sign_off.word.person.login, snapshot.pull.revision.head_sha, sign_off.covers
    if covers is None or covers.head_sha == head:
        return StaleRow(login, sign_off.why)
    read = covers.head_sha in snapshot.changed_since
    paths = snapshot.changed_since.get(covers.head_sha)
    repository, found, _ = snapshot.pull.url.rpartition("/pull/")
    return StaleRow(
        login=login,
        why=sign_off.why,
        signed=covers.head_sha,
        link=f"{repository}/compare/{covers.head_sha}...{head}" if found else "",
        paths=(paths or ())[:PATHS],
        more=max(0, len(paths or ()) - PATHS),
        note=_note(paths) if read else "",
    )


def _note(paths: tuple[str, ...] | None) -> str:
    if paths is None:
        return "which files, cannot be told"
    return "" if paths else "no file differs"


def changed_for(roles: Iterable[RoleRow]) -> tuple[StaleRow, ...]:
    """Everybody who signed another commit, once for each such commit."""
    stale = [row for role in roles for row in role.stale if row.signed]
    return tuple({(row.login, row.signed): row for row in stale}.values())


def condition_row(condition: Condition) -> ConditionRow:
    """One condition as it stands."""
    asked, word = condition.asked, condition.word
    return ConditionRow(
        id=condition.id,
        text=asked.text,
        by=word.person.login,
        label=CONDITION_CLOSED if condition.closed else CONDITION_OPEN,
        link=word.link,
        owner=asked.owner,
        due=asked.due,
        check=asked.check,
        closed=condition.closed,
    )
