"""May this person ask this? Read with the memberships of this very turn; every refusal says who could.

Add a verb as one function in `_RULES`; what it may look at is the `Asking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from golive.core import conditions, delegation, freezes, overrides, presence, waivers
from golive.core.command import VERBS, signing
from golive.core.errors import NotUnderstood
from golive.core.model import Outcome, PullState, Role, Ruling, Word
from golive.core.people import excluded, who
from golive.core.promotion import after_landing, goes_on
from golive.core.reporting import own_branch, unbelieved
from golive.core.snapshot import Snapshot

MAINTAINERS = frozenset({"admin", "maintain"})
AFTER_LANDING = frozenset(
    {"promote", "hold", "resume", "reject", "withdraw", "approve", "freeze", "unfreeze", "override"}
)  # fmt: skip
"""Verbs that say something while what comes after the landing goes on: see `core.stopping`."""
WRITERS = MAINTAINERS | {"write"}
DEEDS = {
    "approve": "approved", "reject": "rejected", "withdraw": "withdrew", "looking": "is looking", "abstain": "abstained",
}  # fmt: skip


@dataclass(frozen=True)
class Asking:
    """One word to rule on, and what it is ruled by.

    snapshot: with every earlier word ruled on.   roles: with their delegates.   permission: the person's on the
    repository.   attesters: attested check → role.   outcomes: check → how it stands now.   named: login in the word →
    numeric id on the forge, None where nobody has it.
    """

    word: Word
    snapshot: Snapshot
    roles: tuple[Role, ...]
    permission: str = ""
    attesters: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    named: Mapping[str, int | None] = field(default_factory=dict)
    flaw: str = ""
    """Why nothing that comes from this account counts, as a sentence; empty where it may."""

    @property
    def login(self) -> str:
        """`@ana`."""
        return f"@{self.word.person.login}"

    @property
    def maintains(self) -> bool:
        """Whether they maintain the repository."""
        return self.permission in MAINTAINERS

    @property
    def overrides(self) -> bool:
        """Whether they are of the policy's override role."""
        return self._is_in(self.snapshot.special.get("override"))

    @property
    def fits(self) -> list[Role]:
        """The roles they may fill, as delegates too."""
        return [role for role in self.roles if self._is_in(role)]

    @property
    def is_author(self) -> bool:
        """Whether they wrote the pull request."""
        author = self.snapshot.pull.author
        return author is not None and author.id == self.word.person.id

    def _is_in(self, role: Role | None) -> bool:
        return role is not None and self.word.person.id in {p.id for p in role.people}

    def excluded(self) -> str:
        """Why their own approval never counts here."""
        return excluded(self.snapshot.pull, self.snapshot.standing, self.word.person, self.snapshot.rules)

    def yes(self, said: str, **more: object) -> Ruling:
        """Taken."""
        return replace(Ruling(self.word.key, True, said), **more)  # type: ignore[arg-type]  # checked by replace

    def no(self, said: str) -> Ruling:
        """Refused, with who could."""
        return Ruling(self.word.key, False, said)


def rule(asking: Asking) -> Ruling:
    """Take or refuse one word."""
    word = asking.word
    if asking.flaw:
        return asking.no(f"{asking.flaw} {_who_could(asking)}")
    if word.workflows and (why := _unlisted(asking)):
        return asking.no(f"What a workflow says for @{word.person.login} does not count: {why}")
    if word.verb == "misread":
        return asking.no(word.text)
    if word.verb in VERBS and VERBS[word.verb].asks:
        return Ruling(word.key, True)
    still = word.verb in AFTER_LANDING and goes_on(asking.snapshot) and not after_landing(asking.snapshot).done
    if asking.snapshot.pull.state is PullState.MERGED and not still:
        return asking.no("It is merged already, so this changes nothing any more.")
    ruled = _RULES.get(word.verb)
    if ruled is None:
        return asking.no(f"`{word.verb}` does nothing here.")
    try:
        return ruled(asking)
    except NotUnderstood as misread:
        return asking.no(str(misread))


def _unlisted(asking: Asking) -> str:
    """Why the workflow that brought a word is not believed; the base's policy lists those that are, by their own branch."""
    snapshot, workflows = asking.snapshot, asking.word.workflows
    listed = snapshot.policy.runners if snapshot.policy else ()
    if why := unbelieved(workflows[-1:], listed, snapshot.pull.revision.base_ref):
        return why
    mine = own_branch(workflows, snapshot)
    return f"{mine} is on the pull request's own branch." if mine else ""


def _who_could(asking: Asking) -> str:
    """Who can sign, for somebody who cannot say anything here."""
    could = "; ".join(f"{role.name}: {who(role)}" for role in asking.roles)
    return f"Who could sign: {could}." if could else "Its sign-offs are asked for on GitHub."


# ------------------------------------------------------------------ signing


def _signs(asking: Asking) -> Ruling:
    word, roles = asking.word, asking.roles
    special = _exception(asking)
    meant = signing(word.text, frozenset(role.name for role in (*roles, *special)))
    named = next((role for role in (*roles, *special) if role.name == meant.role), None)
    fits = asking.fits
    if named is not None:
        if word.person.id not in {p.id for p in named.people}:
            return asking.no(f"Only {who(named)} may sign off for {named.name}.")
        fits = [named]
    elif word.verb not in ("reject", "withdraw"):
        open_to_all = [role for role in fits if not asking.snapshot.role_rule(role).explicit]
        if fits and not open_to_all:
            names = " or ".join(f"`{word.verb} {role.name}`" for role in fits)
            return asking.no(f"Say for which role: {names}.")
        fits = open_to_all
    if not fits:
        who_could = "; ".join(f"{role.name}: {who(role)}" for role in roles) or "nobody, it asks for no sign-offs"
        return asking.no(f"You fill none of this release's roles. Who could sign: {who_could}.")
    if word.verb == "approve" and (why := asking.excluded()):
        return asking.no(f"You are {why}, so your own approval does not count. {_ask_others(fits, asking)}")
    asked = conditions.with_approval(meant.text)[1] if word.verb == "approve" else ()
    if refused := _unusable(asked, asking):
        return asking.no(refused)
    names = ", ".join(role.name for role in fits)
    words = f": {meant.text}" if meant.text else ""
    said = f"{asking.login} {DEEDS[word.verb]} for {names} by {word.surface.value}{words}"
    return asking.yes(
        said, roles=tuple(role.name for role in fits), digests=_digests(fits, asking), evidence=_evidence(fits, asking),
        named=_ids(asking),
    )  # fmt: skip


def _exception(asking: Asking) -> tuple[Role, ...]:
    """Roles that let a release through a freeze that is on."""
    special = asking.snapshot.special
    keys = (f"freeze:{one.rule.name}" for one in asking.snapshot.freezes if one.rule)
    return tuple(special[key] for key in keys if key in special)


def _digests(roles: Iterable[Role], asking: Asking) -> dict[str, str]:
    return {role.name: asking.snapshot.role_rule(role).digest() for role in roles}


def _evidence(roles: Iterable[Role], asking: Asking) -> dict[str, str]:
    listed = {check for role in roles for check in asking.snapshot.role_rule(role).checks}
    return {check: asking.outcomes[check].value for check in sorted(listed) if check in asking.outcomes}


def _ids(asking: Asking) -> dict[str, int]:
    return {login: number for login, number in asking.named.items() if number is not None}


def _ask_others(roles: list[Role], asking: Asking) -> str:
    """Whom to ask instead: the people of these roles whose approval counts."""
    snapshot = asking.snapshot
    left = [
        replace(
            r, people=tuple(p for p in r.people if not excluded(snapshot.pull, snapshot.standing, p, snapshot.rules))
        )
        for r in roles
    ]
    if others := ", ".join(who(role) for role in left if role.people):
        return f"Ask {others}."
    return f"Nobody else fills {', '.join(role.name for role in roles)}: widen `from:` in the policy."


def _snoozes(asking: Asking) -> Ruling:
    span = presence.span_of(asking.word)
    if not (asking.fits or asking.overrides or asking._is_in(asking.snapshot.special.get("escalate"))):
        return asking.no("You fill none of this release's roles, so nobody reminds you of it.")
    until = asking.word.at + span
    return asking.yes(f"{asking.login} is not reminded until {until:%Y-%m-%d %H:%M} UTC")


# ------------------------------------------------------------------ conditions, attests, waivers


def _conditions(asking: Asking) -> Ruling:
    word = asking.word
    if (closes := conditions.closing(word.text)) is not None:
        return _closes(closes, asking)
    if not (asking.fits or asking.is_author or asking.permission in WRITERS):
        return asking.no("Only the author, people of its roles, or people who may write here can set a condition.")
    asked = conditions.asked_by(word)
    if refused := _unusable(asked, asking):
        return asking.no(refused)
    return asking.yes(f"{asking.login} set a condition: {word.text}", named=_ids(asking))


def _unusable(asked: Iterable[conditions.Asked], asking: Asking) -> str:
    """What is wrong with a condition: a phase, a check or an owner that is not there."""
    policy, rule_ = asking.snapshot.policy, asking.snapshot.rule
    phases = policy.phases if policy else ()
    checks = [check.id for check in rule_.checks] if rule_ else []
    for one in asked:
        if one.due and one.due not in phases:
            return f"There is no phase “{one.due}”. The phases are: {', '.join(phases) or 'none, so leave `due` out'}."
        if one.check and one.check not in checks:
            return f"There is no check “{one.check}”. This release's are: {', '.join(checks[:20]) or 'none'}."
        if one.owner and asking.named.get(one.owner.casefold()) is None:
            return f"Nobody on GitHub is called @{one.owner}."
    return ""


def _closes(closes: conditions.Closing, asking: Asking) -> Ruling:
    standing = asking.snapshot.standing
    stands = list(conditions.standing(standing, asking.outcomes))
    found = next((one for one in stands if one.id == f"C{closes.number}"), None)
    if found is None:
        known = ", ".join(one.id for one in stands if not one.closed) or "none is open"
        return asking.no(f"There is no condition C{closes.number}. Open are: {known}.")
    if found.closed:
        return asking.no(f"{found.id} is closed already, {found.closed}.")
    may = {found.owner, found.word.person.id} - {0}
    if asking.word.person.id not in may and not asking.overrides:
        owner = f"@{found.asked.owner}, its owner, or " if found.asked.owner else ""
        return asking.no(f"Only {owner}@{found.word.person.login}, who set it, may close {found.id}.")
    return asking.yes(
        f"{asking.login} closed {found.id} ({found.asked.text}){f': {closes.words}' if closes.words else ''}"
    )


def _attests(asking: Asking) -> Ruling:
    check = asking.word.text.split()[0]
    if check not in asking.attesters:
        known = ", ".join(sorted(asking.attesters)) or "this release has none"
        return asking.no(f"“{check[:40]}” is not a check that people attest. Those are: {known}.")
    role = next((r for r in asking.roles if r.name == asking.attesters[check]), None)
    if role is None or asking.word.person.id not in {p.id for p in role.people}:
        could = who(role) if role else f"people of the role {asking.attesters[check]}, which the policy does not define"
        return asking.no(f"Only {could} may attest {check}.")
    return asking.yes(f"{asking.login} attested {check}")


def _waives(asking: Asking) -> Ruling:
    if not asking.maintains:
        return asking.no("Only a maintainer of the repository may waive a check.")
    if why := asking.excluded():
        return asking.no(f"You are {why}, so you cannot waive its checks. Ask another maintainer.")
    waiver = waivers.read(asking.word)
    checks = asking.snapshot.rule.checks if asking.snapshot.rule else ()
    found = next((one for one in checks if one.id == waiver.check), None)
    if found is None:
        known = ", ".join(one.id for one in checks[:20]) or "it has none"
        return asking.no(f"There is no check “{waiver.check[:40]}”. This release's are: {known}.")
    given = f"{asking.login} waived {found.id}: {waiver.reason}"
    alone = waivers.people_needed(found) > 1
    return asking.yes(f"{given} (critical: it counts once two people have said so)" if alone else given)


def _checks(asking: Asking) -> Ruling:
    checks = asking.snapshot.rule.checks if asking.snapshot.rule else ()
    wanted = asking.word.text.split()[:1]
    if wanted and wanted[0] not in {one.id for one in checks}:
        known = ", ".join(one.id for one in checks[:20]) or "it has none"
        return asking.no(f"There is no check “{wanted[0][:40]}”. This release's are: {known}.")
    if not (asking.fits or asking.is_author or asking.permission in WRITERS):
        return asking.no(
            "Only the author, people of its roles, or people who may write here can have it checked again."
        )
    return asking.yes(f"{asking.login} has {wanted[0] if wanted else 'everything'} checked again")


# ------------------------------------------------------------------ stopping and letting go


def _holds(asking: Asking) -> Ruling:
    if asking.fits or asking.is_author or asking.permission in WRITERS:
        return asking.yes(f"Held by {asking.login}: {asking.word.text}")
    return asking.no("Only the author, people of its roles, or people who may write here can hold it.")


def _resumes(asking: Asking) -> Ruling:
    word, standing = asking.word, asking.snapshot.standing
    held = [w for w in standing.words if w.verb == "hold" and standing.taken(w) and w.at <= word.at]
    if not held:
        return asking.no("Nothing is held, so there is nothing to resume.")
    over_all = asking.maintains or asking.overrides
    if not over_all and not any(w.person.id == word.person.id for w in held):
        setters = ", ".join(sorted({f"@{w.person.login}" for w in held}))
        return asking.no(f"Only {setters}, or a maintainer of the repository, may lift this hold.")
    return asking.yes(f"{asking.login} lifted {'every hold' if over_all else 'their hold'}", over_all=over_all)


def _delegates(asking: Asking) -> Ruling:
    if not asking.snapshot.rules.delegation:
        return asking.no(
            "The policy does not let people delegate; `rules: {delegation: true}` on the base branch would."
        )
    handed = delegation.read(asking.word, frozenset(role.name for role in asking.roles))
    role = next(role for role in asking.roles if role.name == handed.role)
    own = next((one for one in asking.snapshot.roles if one.name == handed.role), role)
    if asking.word.person.id not in {p.id for p in own.people}:
        return asking.no(
            f"Only {who(own)} may hand over a seat of {own.name}, and nobody hands on what was lent to them."
        )
    person = asking.named.get(handed.login.casefold())
    if person is None:
        return asking.no(f"Nobody on GitHub is called @{handed.login}.")
    if person == asking.word.person.id:
        return asking.no("You have that seat already.")
    until = f"{handed.until:%Y-%m-%d %H:%M} UTC"
    return asking.yes(
        f"@{handed.login} may sign for {role.name} in {asking.login}'s place until {until}", named=_ids(asking)
    )


def _may_stop_all(asking: Asking) -> bool:
    return asking.maintains or asking.overrides


def _freezes(asking: Asking) -> Ruling:
    if not _may_stop_all(asking):
        return asking.no("Only a maintainer of the repository, or somebody of its override role, may freeze it.")
    until, reason = freezes.read(asking.word)
    return asking.yes(f"{asking.login} froze every release here until {until:%Y-%m-%d %H:%M} UTC: {reason}")


def _unfreezes(asking: Asking) -> Ruling:
    if not _may_stop_all(asking):
        return asking.no("Only a maintainer of the repository, or somebody of its override role, may end a freeze.")
    if not any(freezes.said(asking.snapshot.shared, asking.snapshot.now)):
        return asking.no(
            "Nobody froze it. A freeze that the policy names ends by itself, or by a change of the policy."
        )
    return asking.yes(f"{asking.login} ended the freeze")


def _promotes(asking: Asking) -> Ruling:
    if asking.fits or asking.maintains or asking.overrides:
        signing(asking.word.text, frozenset())
        return asking.yes(f"{asking.login} lets it go live")
    could = "; ".join(f"{role.name}: {who(role)}" for role in asking.roles) or "nobody else"
    return asking.no(f"Only people of its roles ({could}), or a maintainer of the repository, may promote it.")


def _overrides(asking: Asking) -> Ruling:
    policy = asking.snapshot.policy
    allowed = policy.overrides if policy else None
    if allowed is None:
        return asking.no("The policy names nobody who may override; `overrides:` on the base branch would.")
    if not asking.overrides:
        role = asking.snapshot.special.get("override")
        return asking.no(f"Only {who(role) if role else 'people of the override role'} may override.")
    if why := asking.excluded():
        return asking.no(f"You are {why}, so you cannot override it. Ask another of them.")
    until, reason = overrides.read(asking.word, allowed)
    more = f" (it counts once {allowed.people} people have said so)" if allowed.people > 1 else ""
    return asking.yes(f"{asking.login} breaks the glass until {until:%H:%M} UTC{more}: {reason}")


def _not_a_release(asking: Asking) -> Ruling:
    has_role = bool(asking.snapshot.policy and asking.snapshot.policy.overrides)
    if why := asking.excluded():
        return asking.no(f"You are {why}, so you cannot take it out of the gate. Ask another.")
    if asking.overrides or (not has_role and asking.maintains):
        return asking.yes(f"{asking.login} says that this is no release: {asking.word.text}")
    role = asking.snapshot.special.get("override")
    could = who(role) if role else "a maintainer of the repository"
    return asking.no(f"Only {could} may say that it is no release.")


_RULES: Mapping[str, Callable[[Asking], Ruling]] = {
    **dict.fromkeys(DEEDS, _signs), "snooze": _snoozes,
    "condition": _conditions, "attest": _attests, "waive": _waives, "check": _checks,
    "hold": _holds, "resume": _resumes, "delegate": _delegates, "freeze": _freezes, "unfreeze": _unfreezes,
    "promote": _promotes, "override": _overrides, "not-a-release": _not_a_release,
}  # fmt: skip
