"""Why a release is not simply GO, apart from its checks: roles, conditions, holds, freezes, the pull request itself. Pure.

Each reason has a stable code, a sentence, and who or what clears it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from golive.core.codeowners import SOURCE
from golive.core.conditions import Condition
from golive.core.freezes import Frozen
from golive.core.model import OwnerSet, Reason, Standing, Verdict, Word
from golive.core.people import who
from golive.core.policy import ReleaseRule
from golive.core.signoffs import RoleStanding, could_fill
from golive.core.snapshot import Snapshot

MOST_NAMED = 4
"""Owners named one by one; of more, their names in the file."""

SAME_COMMIT = " has the same head commit"


def of_chat(snapshot: Snapshot) -> Iterator[Reason]:
    """What the policy names and the chat does not have: nobody is told, or nobody counts, and that is said elsewhere."""
    for said in snapshot.chat_problems:
        yield Reason("chat_problem", Verdict.GO, said, "", said[:100])


def of_role(seat: RoleStanding, snapshot: Snapshot, due: bool) -> Iterator[Reason]:
    """What a role makes of it. due: whether it must have signed for the phase asked about."""
    role, rule = seat.role, seat.rule
    for sign_off in seat.rejected:
        login = sign_off.word.person.login
        code = "vetoed" if rule.veto else "rejected"
        yield Reason(code, Verdict.NO_GO, f"@{login} rejected it for {role.name}.", f"@{login} withdraws.", role.name)
    if seat.skipped:
        verdict = Verdict.GO if rule.on_skip == "pass" else Verdict.HOLD
        clears = (
            "" if rule.on_skip == "pass" else "Change what it changes, or `on_skip` of the role on the base branch."
        )
        yield Reason("role_skipped", verdict, f"{role.name} is {seat.skipped}.", clears, role.name)
    if role.barred and not seat.skipped:
        names = ", ".join(f"@{login}" for login in role.barred)
        sentence = f"{role.name}: {names} may not write to this repository, so as owner of code here they do not count."
        clears = f"Give them write access, or take them out of CODEOWNERS on {snapshot.pull.revision.base_ref}."
        yield Reason("owner_without_access", Verdict.GO, sentence, clears, role.name)
    if not seat.missing:
        return
    if not due:
        yield Reason("role_later", Verdict.GO, f"{role.name} signs before {rule.due}.", "", role.name)
        return
    could = could_fill(role, snapshot)
    yield from _of_owners(seat, snapshot)
    if SOURCE in rule.sources and not could and not seat.waits_for:
        return
    if len(could) < role.count:
        sentence = f"{role.name} needs {role.count}, and only {len(could)} may sign: {who(role)}."
        yield Reason("role_unfillable", Verdict.WAIT, sentence, "Widen `from:` of the role in the policy.", role.name)
        return
    if seat.waits_for:
        sentence = f"{role.name} signs after {' and '.join(seat.waits_for)}."
        yield Reason("role_waits", Verdict.WAIT, sentence, f"{' and '.join(seat.waits_for)} first.", role.name)
        return
    if len(seat.signed) >= role.count:
        return  # only sets of owners are missing, and those were told one by one
    lapsed = "; ".join(f"@{s.word.person.login}'s does not count: {s.why}" for s in seat.stale)
    have = f"{len(seat.signed)} of {role.count}"
    sentence = f"{role.name}: {have} signed{f' ({lapsed})' if lapsed else ''}."
    yield Reason("role_missing", Verdict.WAIT, sentence, who(replace(role, people=could)), role.name)


def _of_owners(seat: RoleStanding, snapshot: Snapshot) -> Iterator[Reason]:
    """What the code owners make of a role that is asked of them: whose signature is missing, and what nobody owns."""
    role, rule = seat.role, seat.rule
    if SOURCE not in rule.sources or seat.waits_for:
        return
    where = f"CODEOWNERS on {snapshot.pull.revision.base_ref}"
    could = {p.id: f"@{p.login}" for p in could_fill(role, snapshot)}
    if not could:
        paths = "; ".join(OwnerSet(one.owners or (), (), one.paths, one.more).where for one in snapshot.owned)
        sentence = f"{role.name}: no code owner may sign for what it changes{f' ({paths})' if paths else ''}."
        clears = f"Name an owner of these paths in {where}, other than the author, or widen `from:` of the role."
        yield Reason("owners_missing", Verdict.WAIT, sentence, clears, role.name)
        return
    for one in seat.uncovered:
        able = [could[person] for person in one.people if person in could]
        if able:
            sentence = f"{role.name}: no owner of {one.where} has signed."
            clears = ", ".join(able) if len(able) <= MOST_NAMED else " or ".join(one.owners)
            yield Reason("owner_missing", Verdict.WAIT, sentence, clears, role.name)
            continue
        of_them = f"of {', '.join(one.owners)} nobody may sign" if one.owners else "nobody owns it"
        sentence = f"{role.name}: {of_them}: {one.where}."
        yield Reason("owners_missing", Verdict.WAIT, sentence, f"Name another owner of it in {where}.", role.name)


def of_condition(condition: Condition, due: bool) -> Iterator[Reason]:
    """What an open condition makes of it."""
    if condition.closed:
        return
    asked = condition.asked
    owner = f"@{asked.owner}" if asked.owner else f"@{condition.word.person.login}"
    by_check = f" Or its check {asked.check} passes." if asked.check else ""
    clears = f"{owner} says `/golive condition close {condition.id}`.{by_check}"
    sentence = f"{condition.id}, set by @{condition.word.person.login}: {asked.text}"
    if due:
        yield Reason("condition_due", Verdict.WAIT, sentence, clears, condition.id)
    else:
        yield Reason(
            "condition_later", Verdict.CONDITIONAL_GO, f"{sentence} (before {asked.due})", clears, condition.id
        )


def of_freeze(frozen: Frozen, exception: RoleStanding | None) -> Reason:
    """A freeze that is on, or the people who let this release through."""
    until = f" until {frozen.until:%Y-%m-%d %H:%M} UTC" if frozen.until else ""
    if exception is not None and not exception.missing and not exception.rejected:
        by = " and ".join(f"@{s.word.person.login}" for s in exception.signed)
        return Reason("freeze_excepted", Verdict.GO, f"Let through the freeze {frozen.title} by {by}.", "", frozen.key)
    if exception is not None:
        role = exception.role
        clears = f"It ends by itself, or {role.count} of {who(role)} say `/golive approve {role.name}`."
    else:
        clears = "It ends by itself." if frozen.rule else "It ends by itself, or a maintainer says `/golive unfreeze`."
    return Reason("frozen", Verdict.HOLD, f"Frozen{until}: {frozen.title}.", clears, frozen.key)


def standing_holds(standing: Standing, absent: frozenset[str]) -> Iterator[Word]:
    """The holds that nobody lifted, by the words' own times."""
    resumes = [w for w in standing.words if w.verb == "resume" and standing.taken(w) and w.key not in absent]
    for word in standing.words:
        if word.verb != "hold" or not standing.taken(word):
            continue
        later = [r for r in resumes if (r.at, r.seq) > (word.at, word.seq)]
        if not any(r.person.id == word.person.id or standing.rulings[r.key].over_all for r in later):
            yield word


def of_hold(word: Word) -> Reason:
    """Somebody holds it."""
    clears = f"@{word.person.login} or a maintainer says `/golive resume`."
    return Reason("held", Verdict.HOLD, f"@{word.person.login} holds it: {word.text}", clears)


def of_pull(snapshot: Snapshot, rule: ReleaseRule) -> Iterator[Reason]:
    """What the pull request itself makes of it."""
    pull, policy = snapshot.pull, snapshot.policy
    if snapshot.stuck:
        yield Reason("stuck", Verdict.HOLD, f"golive is stuck: {snapshot.stuck}", "The operator: `golive work retry`.")
    if snapshot.too_large:
        yield Reason("too_large", Verdict.HOLD, snapshot.too_large, "Split it, or let the policy not ask about paths.")
    belongs = snapshot.standing.release_base or rule.base
    if pull.revision.base_ref != belongs:
        sentence = f"This release belongs on {belongs}, and is aimed at {pull.revision.base_ref}."
        yield Reason(
            "wrong_base", Verdict.HOLD, sentence, f"Aim it at {belongs} again, or close it and open a new one."
        )
    yield from of_head_policy(snapshot)
    if policy and policy.roles and _pusher_unknown(snapshot):
        sentence = f"GitHub has not said yet who pushed {pull.revision.head_sha[:7]}, and they may not sign for it."
        clears = "It comes by itself; if it was lost, redeliver it from the App's settings, or push again."
        yield Reason("pusher_unknown", Verdict.WAIT, sentence, clears)
    if pull.draft:
        yield Reason("draft", Verdict.WAIT, "The pull request is a draft.", "Its author marks it ready.")
    if policy and policy.merge and pull.mergeable is False:
        yield Reason("conflict", Verdict.WAIT, f"It conflicts with {pull.revision.base_ref}.", "Its author mends it.")
    if policy and policy.merge and pull.mergeable is None:
        yield Reason("mergeable_unknown", Verdict.WAIT, "The forge is still computing whether it merges.", "")


def _pusher_unknown(snapshot: Snapshot) -> bool:
    """Of every head but the first that golive saw (which may be older than golive), who pushed it must have been heard."""
    head, standing = snapshot.pull.revision.head_sha, snapshot.standing
    return head not in standing.pushers and any(s.revision.head_sha != head for s in standing.shown[:1])


def of_head_policy(snapshot: Snapshot) -> Iterator[Reason]:
    """The policy that this pull request would bring must be whole, or the next release would have none."""
    for mistake in snapshot.head_mistakes:
        told = f"{mistake.path}:{mistake.line}:{mistake.column}: {mistake.text}"
        yield Reason("head_policy_mistake", Verdict.HOLD, told, "Mend it in this pull request.", mistake.path)


def of_siblings(snapshot: Snapshot) -> Iterator[Reason]:
    """The check run belongs to the commit, so the worst pull request with that head decides for all of them."""
    for sibling in snapshot.siblings:
        if sibling.state != "success":
            sentence = f"#{sibling.number}{SAME_COMMIT}: {_of_its_own(sibling.headline)}"
            yield Reason(
                "same_commit", max(sibling.verdict, Verdict.WAIT), sentence, f"Settle or close #{sibling.number}."
            )


def _of_its_own(headline: str) -> str:
    """A headline without what it says about others with its head: two that quoted each other would never rest."""
    before, quotes, _ = headline.partition(SAME_COMMIT)
    return (before.rpartition("#")[0].rstrip(" :,;—") or "it is not ready") if quotes else headline
