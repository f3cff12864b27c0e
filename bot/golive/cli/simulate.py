"""`golive simulate`: what would golive decide if …? The newest recorded snapshot, changed in memory and decided again.

Nothing is written and nobody is asked; every word is ruled on by the same rules as a real one. A new thing to suppose is
an option of the command, a field of `Supposed` and a step in `supposing`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from golive.cli.work import ENV_FILE
from golive.core.errors import Misconfigured, NotUnderstood

if TYPE_CHECKING:
    from golive.core.decide import Decision
    from golive.core.model import Outcome, Person, Role, Word
    from golive.core.policy import CheckRule, Policy
    from golive.core.rules import RoleRule
    from golive.core.snapshot import Snapshot
    from golive.ports import ForgeRepo

EXIT_CODES = {"GO": 0, "NO_GO": 1, "CONDITIONAL_GO": 2, "WAIT": 4, "HOLD": 5}
"""Verdict → exit code, as `golive check` has them."""
SIMULATED = "simulated"


@dataclass(frozen=True)
class Supposed:
    """What is to be supposed. words: verb, role and login.   results: check and whether it passes.   at: when; None: then."""

    words: tuple[tuple[str, str, str], ...] = ()
    results: tuple[tuple[str, bool], ...] = ()
    policy: Policy | None = None
    at: datetime | None = None


@click.command()
@click.argument("release")
@click.option("--approve", multiple=True, metavar="ROLE=@LOGIN", help="Suppose that they sign off for it.")
@click.option("--reject", multiple=True, metavar="ROLE=@LOGIN", help="Suppose that they reject it.")
@click.option("--pass", "passes", multiple=True, metavar="CHECK", help="Suppose that it passes.")
@click.option("--fail", "fails", multiple=True, metavar="CHECK", help="Suppose that it fails.")
@click.option("--policy", "file", type=click.Path(path_type=Path), help="Suppose that this is the policy.")
@click.option("--at", "at", default="", metavar="TIME", help="Suppose that it is then; UTC unless it says otherwise.")
@click.option("--later", default="", metavar="SPAN", help="Suppose that so much time has gone by: 30m, 4h, 2d.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@ENV_FILE
def simulate(
    release: str, approve: tuple[str, ...], reject: tuple[str, ...], passes: tuple[str, ...], fails: tuple[str, ...],
    file: Path | None, at: str, later: str, as_json: bool, env_file: Path | None,
) -> int:  # fmt: skip
    """Say what golive would decide about RELEASE, supposing something. Begins with its newest decision on record.

    Nothing is written, and nothing outside is asked: people are those whom that decision knew.

    \b
    golive simulate acme/shop#7 --approve qa=@mina --approve security=@sam
    golive simulate acme/shop#7 --fail services-healthy
    golive simulate acme/shop#7 --policy .github/golive.yml --at 2026-12-24T10:00
    golive simulate acme/shop#7 --later 4h --json

    Exit codes, of what it comes to: 0 GO, 1 NO_GO, 2 CONDITIONAL_GO, 3 could not tell, 4 WAIT, 5 HOLD.
    """
    from golive.cli import deciding
    from golive.core.decide import decide
    from golive.core.evidence import same, told

    words = (*(_spoken("approve", one) for one in approve), *(_spoken("reject", one) for one in reject))
    results = (*((name, True) for name in passes), *((name, False) for name in fails))
    if twice := sorted(set(passes) & set(fails)):
        raise click.UsageError(f"{', '.join(twice)} cannot both pass and fail.")
    record = deciding.opened(release, env_file)
    snapshot = record.snapshot(record.newest)
    supposed = Supposed(words, results, _policy(file), _moment(snapshot.now, at, later))
    before = decide(snapshot)
    changed, notes = supposing(snapshot, supposed)
    after = decide(changed)
    notes += _unheard(after, results)
    if not same(record.newest.told, told(before), whole=False):
        notes.append("This golive decides what is on record otherwise than it was decided; see `golive replay`.")
    if as_json:
        click.echo(json.dumps(_as_json(record.name, snapshot, changed, notes), indent=2, ensure_ascii=False))
    else:
        _tell(record.name, (snapshot, before), (changed, after), notes)
    return EXIT_CODES[after.verdict.name]


# ------------------------------------------------------------------ reading what was asked


def _spoken(verb: str, text: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"([^=\s]+)=@?([A-Za-z0-9][A-Za-z0-9_.-]*)", text)
    if not found:
        raise click.UsageError(f"--{verb} takes ROLE=@LOGIN, for example qa=@mina; got {text!r}.")
    return verb, found[1], found[2]


def _moment(now: datetime, at: str, later: str) -> datetime | None:
    from golive.core.durations import parse

    if at and later:
        raise click.UsageError("Use --at or --later, not both.")
    if later:
        try:
            return now + parse(later)
        except ValueError as error:
            raise click.UsageError(f"--later: {error}. Write for example 30m, 4h or 2d.") from None
    if not at:
        return None
    try:
        told = datetime.fromisoformat(at)
    except ValueError:
        raise click.UsageError(f"--at takes a time like 2026-12-24T10:00, got {at!r}.") from None
    moment = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    if moment < now:
        raise click.UsageError(
            f"--at lies before what is on record: the newest decision is of {now:%Y-%m-%dT%H:%M:%S}."
        )
    return moment


def _policy(file: Path | None) -> Policy | None:
    from golive.cli.deciding import policy_in

    if file is None:
        return None
    try:
        return policy_in(file.read_bytes(), str(file))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}. Name a policy file.") from None


# ------------------------------------------------------------------ supposing


def supposing(snapshot: Snapshot, supposed: Supposed) -> tuple[Snapshot, list[str]]:
    """The snapshot as it would be, and what is to be said about it. Raises Misconfigured for names that it does not know."""
    notes: list[str] = []
    if supposed.at is not None:
        snapshot = replace(snapshot, now=supposed.at)
    if supposed.policy is not None:
        snapshot = replace(snapshot, policy=supposed.policy, policy_sha=SIMULATED, mistakes=())
        if snapshot.rule is None:
            notes.append("Under that policy this pull request is no release.")
    if supposed.at is not None or supposed.policy is not None:
        snapshot = _with_people(snapshot, notes)
    for name, passes in supposed.results:
        snapshot = _with_result(snapshot, _check(snapshot, name), passes)
    for verb, role, login in supposed.words:
        snapshot = _with_word(snapshot, verb, role, _known(snapshot, login), notes)
    return snapshot, notes


def _with_people(snapshot: Snapshot, notes: list[str]) -> Snapshot:
    """The roles filled anew: another policy has others, and another time other freezes."""
    from golive.engine.gather import people_read

    if snapshot.policy is None or snapshot.rule is None:
        return snapshot
    known = _Members(snapshot, notes)
    # of all that a repository answers, only who is a member is asked here
    roles, special = people_read(cast("ForgeRepo", known), snapshot, snapshot.policy)
    if not snapshot.changed and any(r.asked_if and r.asked_if.reads_files for r in snapshot.policy.roles):
        notes.append("What the pull request changes is not on record: roles asked by path are taken as if nothing was.")
    return replace(snapshot, roles=roles, special=special)


class _Members:
    """Who fills a role, as far as a snapshot knows: by the same sources, by login, and by sources read on their own."""

    def __init__(self, snapshot: Snapshot, notes: list[str]) -> None:
        roles = (*snapshot.roles, *snapshot.special.values())
        self._as_read = {role.sources: role.people for role in roles}
        self._people = {f"@{person.login}".casefold(): person for person in people_of(snapshot)}
        self._notes = notes

    def members(self, rules: Sequence[RoleRule]) -> tuple[Role, ...]:
        """The roles with their people, in order."""
        from golive.core.model import Role

        return tuple(Role(rule.name, rule.count, self._filled(rule), rule.sources, rule.group) for rule in rules)

    def _filled(self, rule: RoleRule) -> tuple[Person, ...]:
        from golive.engine.owners import WRITERS

        if rule.name == WRITERS.name:  # who is on record as somebody's owner could write then
            return tuple(self._people.values())
        if rule.sources in self._as_read:
            return self._as_read[rule.sources]
        found: dict[int, Person] = {}
        for source in rule.sources:
            if (source,) in self._as_read:
                found |= {person.id: person for person in self._as_read[source,]}
            elif person := self._people.get(source.casefold()):
                found[person.id] = person
            else:
                self._notes.append(f"Who {source} stands for is not on record: {rule.name} is taken without them.")
        return tuple(found.values())


def people_of(snapshot: Snapshot) -> Iterator[Person]:
    """Everybody whom the snapshot names, those of the roles first."""
    for role in (*snapshot.roles, *snapshot.special.values()):
        yield from role.people
    if snapshot.pull.author:
        yield snapshot.pull.author
    for people in snapshot.standing.pushers.values():
        yield from people
    for word in snapshot.standing.words:
        yield word.person


def _known(snapshot: Snapshot, login: str) -> Person:
    people = {person.login.casefold(): person for person in people_of(snapshot)}
    if login.casefold() not in people:
        known = ", ".join(sorted(f"@{person.login}" for person in people.values())) or "nobody"
        raise Misconfigured(f"@{login} is not among the people of the newest decision. It knows {known}.")
    return people[login.casefold()]


def _check(snapshot: Snapshot, name: str) -> CheckRule:
    checks = snapshot.rule.checks if snapshot.rule else ()
    found = next((one for one in checks if one.id == name), None)
    if found is None:
        known = ", ".join(one.id for one in checks) or "none"
        raise Misconfigured(f"There is no check {name!r}. This release's are: {known}.")
    return found


def _with_result(snapshot: Snapshot, rule: CheckRule, passes: bool) -> Snapshot:
    """The same with a result of this check on the head, taken now."""
    from golive.core.findings import words_digest
    from golive.core.model import CheckResult, Finding, Outcome, Spell

    standing, head, now = snapshot.standing, snapshot.pull.revision.head_sha, snapshot.now
    outcome = Outcome.PASSED if passes else Outcome.FAILED
    finding = Finding(rule.id, outcome, f"supposed to have {outcome.value}", source=SIMULATED, taken_at=now)
    before = [r for r in standing.results if (r.finding.check, r.head_sha) == (rule.id, head)]
    attempt = 1 + max((r.attempt for r in before), default=0)
    result = CheckResult(finding, head, rule.digest(words_digest(rule, standing)), attempt, standing.seq)
    spells = [s for s in standing.spells if s.check != rule.id or s.until is not None]
    failing = [s for s in standing.spells if s.check == rule.id and s.until is None]
    ended = [replace(s, until=now) for s in failing] if passes else failing or [Spell(rule.id, now)]
    results = (*(r for r in standing.results if r not in before), result)
    return replace(snapshot, standing=replace(standing, results=results, spells=(*spells, *ended)))


def _with_word(snapshot: Snapshot, verb: str, role: str, person: Person, notes: list[str]) -> Snapshot:
    """The same with one more word, ruled on as if it had been said; a refused one is noted."""
    from golive.core.authorise import Asking, rule
    from golive.core.decide import attesters, outcomes, roles_now
    from golive.core.model import Surface, Word

    standing, roles = snapshot.standing, roles_now(snapshot)
    through = [r.name for key, r in snapshot.special.items() if key.startswith("freeze:")]
    names = [*(one.name for one in roles), *through]
    if role not in names:
        raise Misconfigured(f"There is no role {role!r}. This release's are: {', '.join(names) or 'none'}.")
    seq = standing.seq + 1
    word = Word(
        f"{SIMULATED}:{seq}", person, Surface.API, verb, snapshot.now, role,
        revision_sha=snapshot.pull.revision.head_sha, seq=seq,
    )  # fmt: skip
    asked = attesters(snapshot.rule.checks) if snapshot.rule else {}
    try:
        ruling = rule(Asking(word, snapshot, roles, "", asked, outcomes(snapshot), {}))
    except NotUnderstood as misread:
        raise Misconfigured(str(misread)) from None
    if not ruling.taken:
        notes.append(f"@{person.login}'s {verb} for {role} would be refused: {ruling.said}")
    spoken: tuple[Word, ...] = (*standing.words, word)
    standing = replace(standing, words=spoken, heard=standing.heard | {word.key}, seq=seq).with_ruling(ruling)
    return replace(snapshot, standing=standing)


def _unheard(after: Decision, results: Sequence[tuple[str, bool]]) -> list[str]:
    """Supposed results that do not show, and why: a check may be waived, blocked, or run elsewhere."""
    from golive.core.model import Outcome

    stands = {judged.rule.id: judged.finding for judged in after.checks}
    wanted: list[tuple[str, Outcome]] = [(name, Outcome.PASSED if ok else Outcome.FAILED) for name, ok in results]
    return [
        f"{name} is {stands[name].outcome.value} all the same: {stands[name].summary}"
        for name, outcome in wanted
        if name in stands and stands[name].outcome is not outcome
    ]


# ------------------------------------------------------------------ telling


def _as_json(name: str, before: Snapshot, after: Snapshot, notes: list[str]) -> dict[str, Any]:
    from golive.core.decide import decide
    from golive.core.evidence import came_and_went, told, written

    then, now = decide(before), decide(after)
    came, went = came_and_went(then.reasons, now.reasons)
    return {
        "release": name, "notes": notes, "came": written(came), "went": written(went),
        "before": {"at": written(before.now), **told(then)}, "after": {"at": written(after.now), **told(now)},
    }  # fmt: skip


def _tell(name: str, before: tuple[Snapshot, Decision], after: tuple[Snapshot, Decision], notes: list[str]) -> None:
    from golive.cli.deciding import one_line, paragraph, say, when, word
    from golive.core.evidence import came_and_went

    for lead, (snapshot, decision) in (("On record", before), ("Supposed", after)):
        paragraph(f"{lead}, {name} at {when(snapshot.now)}: {word(decision.verdict)}  ", decision.headline, 2)
    for note in notes:
        paragraph("  ! ", note, 4)
    came, went = came_and_went(before[1].reasons, after[1].reasons)
    for reason in went:
        one_line(reason, "-")
    for reason in came:
        one_line(reason, "+")
    if not came and not went:
        say("  No reason went, and none came.")
    if after[1].merge and not before[1].merge:
        say("golive would merge it.")
