"""Planted mistakes in the core, one at a time: each must break a promise of `promises`, or the promises are too weak.

A mutant is a fragment of the real source and what stands there instead; it is planted in a copy, never in the package.
Add a mutant as one row. A fragment that is not found exactly once fails, so that rows cannot outlive the code.
"""

# ruff: noqa: E501  # a fragment stays in one piece, as it stands in the source
from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

import pytest

import golive.core

CORE = Path(golive.core.__file__).parent
TESTS = Path(__file__).parent.parent
DEADLINE = 30
"""Seconds that one mutant's process may take; one takes about half a second."""


class Mutant(NamedTuple):
    """`old` in core/`module`.py becomes `new`; `why` is the promise that this breaks."""

    module: str
    old: str
    new: str
    why: str


KEPT_CODES = (
    "vetoed", "head_policy_mistake", "wrong_base", "stuck", "draft", "conflict", "mergeable_unknown", "pusher_unknown",
    "same_commit", "too_large",
)  # fmt: skip
"""Reasons that no override lifts. Those of a policy that is not there never meet one."""

MUTANTS = [
    # checks
    Mutant("weigh", "case Outcome.FAILED | Outcome.UNKNOWN:\n", "case Outcome.UNKNOWN:\n            return None\n        case Outcome.FAILED:\n", "unknown is never a pass"),
    Mutant("weigh", '            return Reason("check_pending", Verdict.WAIT,', '            return Reason("check_pending", Verdict.GO,', "pending is not a pass"),
    Mutant("weigh", "_weight(root, block_on), f", "Verdict.GO, f", "blocked weighs as its root cause"),
    Mutant("weigh", "return Verdict.NO_GO if rule.severity in block_on else", "return Verdict.GO if rule.severity in block_on else", "a failure that blocks is a no"),
    Mutant("weigh", "else Verdict.CONDITIONAL_GO\n\n\ndef too_low", "else Verdict.GO\n\n\ndef too_low", "a lesser failure is not a go"),
    Mutant(
        "findings", "if known is None or known.digest != digest:\n        waiting", "if known is None:\n        waiting",
        "a result is of one definition",
    ),
    Mutant("findings", "results.get((rule.id, head_sha))", "next((r for (c, _), r in results.items() if c == rule.id), None)", "a result is of one head"),
    Mutant("findings", "now - taken <= fresh:", "now - taken <= 2 * fresh:", "a result is fresh for as long as it says"),
    Mutant("findings", "if max(asked_again) > known.seq or", "if", "what stirs asks for a new look"),
    Mutant("findings", "finding.valid_until <= now):", "finding.valid_until < now):", "a finding ends at its end"),
    Mutant("decide", "checks = tuple(judged.if_fresh(now) for judged in decision.checks)", "checks = decision.checks", "what is acted on is fresh"),
    Mutant("decide", "ACT_WITHIN = timedelta(seconds=5)", "ACT_WITHIN = timedelta(hours=5)", "a reading is acted on for five seconds"),
    Mutant("weigh", "yield from too_low(score(checks, matrix), matrix)", "yield from ()", "a score that is too low stops"),
    # waivers and attestations
    Mutant("findings", "if waiver.check not in found or waiver.expires > found[waiver.check].expires:", "if waiver.check not in found:", "of two waivers the one that lasts counts"),
    Mutant("waivers", "and w.key not in absent]", "]", "a waiver that cannot be found counts for nothing"),
    Mutant("waivers", "if not given or len(given) < people_needed(rule):", "if not given:", "nobody waives a critical check alone"),
    Mutant("waivers", "{w.person.id: (w, read(w)) for w in words", "{w.key: (w, read(w)) for w in words", "two waivers are of two people"),
    Mutant("authorise", "    if not asking.maintains:\n        return asking.no(\"Only a maintainer of the repository may waive", "    if False:\n        return asking.no(\"Only a maintainer of the repository may waive", "only a maintainer waives"),
    Mutant("authorise", "so you cannot waive its checks. Ask another maintainer.\")", "\") if False else asking.yes(\"\")", "the author waives nothing of their own"),
    Mutant("authorise", "    if role is None or asking.word.person.id not in {p.id for p in role.people}:\n        could", "    if role is None:\n        could", "only people of its role attest"),
    # the pull request itself
    Mutant("reasons", 'if sibling.state != "success":', "if False:", "a commit is as ready as its worst pull request"),
    Mutant("reasons", "belongs = snapshot.standing.release_base or rule.base", "belongs = rule.base", "a release stays on the base it began on"),
    Mutant("reasons", "if pull.revision.base_ref != belongs:", "if False:", "a release lands on its own base"),
    Mutant("reasons", "and _pusher_unknown(snapshot)", "and False", "who pushed a later head is known before anybody's word counts"),
    Mutant("reasons", "if pull.draft:\n        yield", "if False:\n        yield", "a draft is not merged"),
    Mutant("reasons", "    for mistake in snapshot.head_mistakes:\n", "    for mistake in ():\n", "a policy that would break the next release is not merged"),
    Mutant("decide", "if snapshot.pull.state is not PullState.OPEN:", "if snapshot.pull.state is PullState.MERGED:", "a closed release is not merged"),
    Mutant("decide", "    if snapshot.mistakes:\n        return _mistaken(snapshot)\n", "", "a policy with mistakes opens nothing"),
    Mutant("decide", 'gone = Reason("policy_missing", Verdict.HOLD', 'gone = Reason("policy_missing", Verdict.GO', "a policy that is gone opens nothing"),
    Mutant("decide", "if ready and refused and not refused.try_again(", "if ready and refused and not True or False and (", "a refused merge is not tried again at once"),
    # which code a word is about
    Mutant("freshness", "if s.at < word.at]", "if s.at <= word.at]", "a word covers what was shown before it, not in its second"),
    Mutant("freshness", "return max(before, key=lambda s: s.at).revision if before else None", "return standing.shown[-1].revision if before else None", "a word covers what its person saw, not what is newest now"),
    Mutant("freshness", "return max(before, key=lambda s: s.at).revision if before else None", "return before[0].revision if before else None", "newest shown, not newest noted"),
    Mutant("freshness", "if named := sha or word.revision_sha:", "if named := word.revision_sha:", "a commit named in words wins"),
    Mutant("freshness", "if named := sha or word.revision_sha:", "if named := sha:", "a commit named by the surface wins"),
    Mutant("freshness", "    if covers.tree_sha == revision.tree_sha:\n", "    if True:\n", "a sign-off is for one tree"),
    Mutant("freshness", "if covers.base_ref != revision.base_ref or any(", "if any(", "a sign-off is for one base"),
    Mutant("freshness", "or any(at >= word.at for at in standing.retargets):", "or False:", "a retarget and back opens every role again"),
    Mutant("freshness", 'if on_push != "keep_if_clean_update" or why is None:', "if why is None:", "a clean update keeps only where the policy says so"),
    Mutant("freshness", 'if on_push != "keep_if_clean_update" or why is None:', 'if on_push != "keep_if_clean_update":', "a push that nobody looked into keeps nothing"),
    Mutant("freshness", 'return f"it was for {covers.head_sha[:7]}: {why}" if why else ""', 'return ""', "a push that changes what was signed keeps nothing"),
    Mutant("freshness", "standing.updates.get((covers.head_sha, revision.head_sha))", "next(iter(standing.updates.values()), None)", "an update is from one head to one other"),
    Mutant("freshness", 'moved = on_push == "reopen" and', "moved = False and", "where every push asks anew, the same code does too"),
    Mutant("ledger", 'self.updates[(body["before"], body["after"])] = body["why"]', 'self.updates[(body["before"], body["after"])] = ""', "the record keeps why it is no clean update"),
    # how long a word counts
    Mutant("freshness", "return word.at + min(spans) if spans else None", "return word.at + max(spans) if spans else None", "the shorter span ends it"),
    Mutant("freshness", "if ends is not None and ends <= now else", "if ends is not None and ends < now else", "it ends at its end"),
    Mutant("freshness", "if known is not None and known != rule.digest():", "if False:", "a changed rule of the role asks again"),
    Mutant("authorise", "return {role.name: asking.snapshot.role_rule(role).digest() for role in roles}", "return {}", "what the rule was is kept with the word"),
    Mutant("freshness", "if check := got_worse(ruling, rule, word, standing.spells, now):", "if check := \"\":", "a listed check that got worse asks again"),
    Mutant("freshness", "- spell.since >= rule.settle:", "- spell.since >= 0 * rule.settle:", "a short failure does not ask again"),
    Mutant("freshness", "spell.since <= word.at:\n            continue\n", "spell.since <= word.at:\n            break\n", "one failure hides none that comes after it"),
    Mutant("freshness", "- spell.since >= rule.settle:", "- spell.since > rule.settle:", "it settles at the end of its time"),
    Mutant("freshness", "or spell.since <= word.at:", "or False:", "what failed before the word is not after it"),
    Mutant("freshness", "if spell.check not in rule.checks or", "if", "only what the role lists asks it again"),
    Mutant("authorise", "return {check: asking.outcomes[check].value for check in sorted(listed) if check in asking.outcomes}", "return {}", "who signed knowing of a failure is not asked again"),
    Mutant("ledger", "if outcome is Outcome.FAILED and not failing:", "if outcome in (Outcome.FAILED, Outcome.UNKNOWN) and not failing:", "what could not be told is no failure"),
    Mutant("ledger", "elif failing and outcome in (Outcome.PASSED,", "elif failing and outcome in (Outcome.UNKNOWN, Outcome.PASSED,", "what could not be told ends no failure"),
    # words, in the record and by their order
    Mutant("signoffs", "    return one.word.at, one.word.seq\n", "    return one.word.seq, one.word.at\n", "the last word by its own time, not by arrival"),
    Mutant("ledger", "if not _is_void(w.key, state.voids)]", "]", "an edited or deleted word says nothing"),
    Mutant("ledger", 'if void.endswith(":") else key == void', "", "a void is of one word"),
    Mutant("ledger", "for word in latest.values() if not word.undone]", "for word in latest.values()]", "a reaction that was taken back does not count"),
    Mutant("ledger", "(latest[word.slot].at, latest[word.slot].seq) < (word.at, word.seq):", "latest[word.slot].seq < word.seq:", "of reactions in one place the latest counts, not the last to arrive"),
    Mutant("ledger", "self.retargets.append(entry.at)\n\n    def ruling", "pass\n\n    def ruling", "a retarget that was heard opens every role again"),
    Mutant("ledger", "            self.retargets.append(entry.at)\n            if before", "            if before", "a retarget that was seen opens every role again"),
    Mutant("ledger", "(*self.pushers.get(head, ()), *", "(*(), *", "everybody who pushed a head is known"),
    Mutant("signoffs", 'if one.unsaid or (word.verb == "approve" and word.key in absent):', "if False:", "a word that is gone does not count"),
    Mutant("signoffs", "            found.pop(word.person.id, None)\n", "            pass\n", "a word that is gone does not bring back the one before"),
    Mutant("signoffs", "            found[word.person.id] = (word, meant.sha)\n", "            found.setdefault(word.person.id, (word, meant.sha))\n", "the last word counts, not the first"),
    Mutant("signoffs", 'not in (*SIGNS, "withdraw") or not standing.taken(word):', 'not in (*SIGNS, "withdraw"):', "a word that was refused has no effect"),
    Mutant("signoffs", '(word.verb == "approve" and word.key in absent)', "word.key in absent", "a rejection stands even where it cannot be found"),
    Mutant("signoffs", "            continue  # the policy named", "            break  # the policy named", "a word that reaches no role hides none that comes after it"),
    # who signs, for which role
    Mutant("signoffs", "        elif not excluded(pull, standing, word.person, snapshot.rules):\n", "        else:\n", "who pushed after signing fills no seat"),
    Mutant("signoffs", "(one for p in role.people for one in by_person.get(p.id, ()))", "(one for said_ in by_person.values() for one in said_)", "membership counts as it is now"),
    Mutant("people", 'if "author" in rules.exclude and pull.author and person.id == pull.author.id:', "if False:", "the author never signs"),
    Mutant("people", 'if "last_pusher" in rules.exclude and any(person.id == pusher.id for pusher in pushed):', "if False:", "who pushed it never signs"),
    Mutant("people", "pushed = standing.pushers.get(pull.revision.head_sha, ())", "pushed = sum(standing.pushers.values(), ())", "who pushed another head may sign for this one"),
    Mutant("people", 'if "author" in rules.exclude and pull.author and', "if pull.author and", "who is not excluded may sign"),
    Mutant("signoffs", "if meant.role != rule.name and (meant.role or", "if meant.role != rule.name and (False or", "a word for one role says nothing for another"),
    Mutant("signoffs", '(rule.explicit and word.verb not in (*STOPS, "withdraw"))', "False", "a word that names no role does not reach an explicit one"),
    Mutant("signoffs", 'rule.explicit and word.verb not in (*STOPS, "withdraw")', "rule.explicit", "a stop reaches an explicit role too"),
    Mutant("authorise", "if not asking.snapshot.role_rule(role).explicit]", "]", "who named no role is told of an explicit one"),
    Mutant("signoffs", 'if word.verb == "approve" and taken_for is not None and rule.name not in taken_for:', "if False:", "an approval is for no role that came later"),
    Mutant("signoffs", 'if word.verb in ("looking", "abstain") and against:', "if False:", "looking lifts no rejection"),
    Mutant("authorise", "        if word.person.id not in {p.id for p in named.people}:\n", "        if False:\n", "a role that is named takes only its people"),
    Mutant("reasons", "    for sign_off in seat.rejected:\n", "    for sign_off in ():\n", "a standing rejection stops"),
    Mutant("reasons", 'code = "vetoed" if rule.veto else "rejected"', 'code = "rejected"', "a veto is told apart, so that nothing lifts it"),
    Mutant("reasons", 'Verdict.GO if rule.on_skip == "pass" else Verdict.HOLD', "Verdict.GO", "a role that is not asked holds unless the policy lets it pass"),
    Mutant("signoffs", "rule.asked_if.holds(snapshot.pull, snapshot.changed, frozen):", "False:", "a role is asked where its `if` holds"),
    Mutant("reasons", "    if not due:\n", "    if False:\n", "a role that is due later does not block before"),
    # seats, and whose turn it is
    Mutant("reasons", '"role_waits", Verdict.WAIT', '"role_waits", Verdict.GO', "a role waits for a group that is due later"),
    Mutant("reasons", "    if not seat.missing:\n        return\n", "    if seat.signed or not seat.missing:\n        return\n", "every seat of a role is filled"),
    Mutant("seats", "if person not in held or place(held[person], tried):", "if True:", "one person fills one seat"),
    Mutant("seats", "for number in range(role.count):", "for number in range(1):", "a role needs as many as it says"),
    Mutant("seats", "    if not distinct:\n", "    if True:\n", "one person fills more seats only where the policy says so"),
    Mutant("seats", "[: role.count] for role in roles}", "[:] * role.count for role in roles}", "nobody fills two seats of one role"),
    Mutant("seats", "        if _worth(roles, held) > _worth(roles, best):\n", "        if not best:\n", "the most roles are completed"),
    Mutant("seats", "return sum(sizes[role.name] >= role.count for role in roles), len(held)", "return 0, len(held)", "complete roles are worth more than filled seats"),
    Mutant("signoffs", "if opened is not None and said.word.at >= opened\n            }", "if opened is not None\n            }", "who came too early keeps no seat from who came in time"),
    Mutant("signoffs", "[said for said in filled[role.name] if opened is not None and said.word.at >= opened]", "list(filled[role.name])", "a word counts only once the groups before had signed"),
    Mutant("signoffs", "if any(len(filled.get(role.name, ())) < role.count for role in mine):", "if False:", "a group is complete when all its seats are filled"),
    Mutant("signoffs", "return None if None in done else max((at for at in done if at is not None), default=_ALWAYS)", "return max((at for at in done if at is not None), default=_ALWAYS)", "every group before is waited for"),
    Mutant("signoffs", "return max((*seated_at, *(at for at in covers if at is not None)), default=_ALWAYS)", "return min((*seated_at, *(at for at in covers if at is not None)), default=_ALWAYS)", "a group is complete with its last word"),
    Mutant("signoffs", "return 1 + max((depth(before) for before in after.get(group, ())), default=-1)", "return min(1, 1 + max((depth(before) for before in after.get(group, ())), default=-1))", "three groups are three turns"),
    # delegation
    Mutant("delegation", 'if word.verb != "delegate" or not standing.taken(word) or', "if not standing.taken(word) or", "only a delegation lends a seat"),
    Mutant("decide", "    if not snapshot.rules.delegation:\n        return snapshot.roles\n", "", "a delegate counts only where the policy lets people delegate"),
    Mutant("authorise", "    if not asking.snapshot.rules.delegation:\n", "    if False:\n", "nobody delegates where the policy does not let them"),
    Mutant("delegation", "and word.person.id in members[handed.role]:", ":", "who lost the seat lends it no more"),
    Mutant("delegation", "word.at <= now < handed.until", "word.at <= now", "a delegation ends"),
    Mutant("delegation", 'if word.verb != "delegate" or not standing.taken(word) or', 'if word.verb != "delegate" or', "a delegation that was refused lends nothing"),
    Mutant("authorise", "    if asking.word.person.id not in {p.id for p in own.people}:\n", "    if asking.word.person.id not in {p.id for p in role.people}:\n", "what was lent is not handed on"),
    Mutant("delegation", "or not standing.taken(word) or word.key in absent:", "or not standing.taken(word):", "a delegation that cannot be found lends nothing"),
    # conditions
    Mutant("conditions", "and word.key not in absent\n", "\n", "a closing that cannot be found closes nothing"),
    Mutant("conditions", "(?P<list>\\S.*)\\Z\", re.DOTALL | re.IGNORECASE)", "(?P<list>\\S.*)\\Z\")", "conditions are heard however they are written"),
    Mutant("conditions", 'heard = word.verb == "condition" and standing.taken(word)', "heard = standing.taken(word)", "only a closing closes"),
    Mutant("reasons", "    if due:\n        yield Reason(\"condition_due\"", "    if False:\n        yield Reason(\"condition_due\"", "a condition blocks the promotion into its phase"),
    Mutant("reasons", '"condition_later", Verdict.CONDITIONAL_GO,', '"condition_later", Verdict.GO,', "a condition that is due later is not a go"),
    Mutant("conditions", "for word in standing.words if not _replaced(word, standing)}", "for word in standing.words}", "a later word replaces an approval with its conditions"),
    Mutant("conditions", "        later.person.id == word.person.id\n        and", "        True and", "nobody else's word replaces an approval"),
    Mutant("conditions", "        and standing.taken(later)\n", "", "a word that was refused replaces nothing"),
    Mutant("conditions", "        and (later.at, later.seq) > (word.at, word.seq)\n", "        and later is not word\n", "an earlier word replaces nothing"),
    Mutant("conditions", "        and (not roles or not roles.isdisjoint(standing.rulings[later.key].roles or roles))\n", "", "a word for another role replaces nothing"),
    Mutant("conditions", "            if word.key not in stands:\n                continue\n", "", "a condition falls with its approval"),
    Mutant("conditions", "            number += 1\n            if word.key not in stands:\n                continue\n", "            if word.key not in stands:\n                continue\n            number += 1\n", "a condition keeps its number"),
    Mutant("conditions", "if not standing.taken(word) or not (asked := asked_by(word)):", "if not (asked := asked_by(word)):", "a condition that was refused asks for nothing"),
    Mutant("conditions", "CLOSED_BY = frozenset({Outcome.PASSED, Outcome.WAIVED})", "CLOSED_BY = frozenset(Outcome)", "a condition is closed by its check while that passes"),
    Mutant("conditions", 'heard = word.verb == "condition" and standing.taken(word) and', 'heard = word.verb == "condition" and', "a closing that was refused closes nothing"),
    Mutant("authorise", "    if asking.word.person.id not in may and not asking.overrides:\n", "    if False:\n", "a condition is closed by its owner or who set it"),
    Mutant("authorise", "    if refused := _unusable(asked, asking):\n        return asking.no(refused)\n    names", "    names", "an approval with a condition that nobody could keep is refused"),
    # phases
    Mutant("decide", "own = _of_phase(snapshot, policy, parts, policy.phase)", "own = _of_phase(snapshot, policy, parts, \"\")", "what is due later does not block the first phase"),
    Mutant("decide", "*(r for one in parts.conditions for r in", "*(r for one in () for r in", "conditions are reasons"),
    # holds and freezes
    Mutant("reasons", 'if w.verb == "resume" and standing.taken(w)', "if standing.taken(w)", "nothing but a resume lifts a hold"),
    Mutant("reasons", "if (r.at, r.seq) > (word.at, word.seq)]", "]", "a resume lifts only what was held before it"),
    Mutant("reasons", "if not any(r.person.id == word.person.id or standing.rulings[r.key].over_all for r in later):", "if not later:", "a hold is lifted by who set it"),
    Mutant("reasons", 'if word.verb != "hold" or not standing.taken(word):', 'if word.verb != "hold":', "a refused hold holds nothing"),
    Mutant("reasons", "standing.taken(w) and w.key not in absent]", "standing.taken(w)]", "a resume that cannot be found lifts nothing"),
    Mutant("authorise", "    if not over_all and not any(w.person.id == word.person.id for w in held):\n", "    if False:\n", "a hold is not lifted by anybody"),
    Mutant("authorise", "    over_all = asking.maintains or asking.overrides\n", "    over_all = True\n", "who lifts their own hold lifts no other"),
    Mutant("freezes", "if rule.window.covers(now) and release not in rule.excepted:", "if release not in rule.excepted and not True:", "a freeze holds in its window"),
    Mutant("freezes", "if rule.window.covers(now) and release not in rule.excepted:", "if release not in rule.excepted:", "a freeze holds in no other time"),
    Mutant("freezes", "if rule.window.covers(now) and release not in rule.excepted:", "if rule.window.covers(now):", "a freeze is not about what it excepts"),
    Mutant("freezes", "any(at >= word.at for at in lifted):", "lifted:", "a word that ends a freeze ends none that comes later"),
    Mutant("freezes", "        if word.at <= now < ends:\n", "        if word.at <= now:\n", "a freeze that was said ends"),
    Mutant("freezes", 'if word.verb != "freeze" or not shared.taken(word) or', 'if word.verb != "freeze" or', "a freeze that was refused freezes nothing"),
    Mutant("freezes", "    yield from said(shared, now)\n", "", "a freeze that was said holds"),
    Mutant("reasons", "if exception is not None and not exception.missing and not exception.rejected:", "if exception is not None and not exception.rejected:", "a freeze lets through only with its quorum"),
    Mutant("reasons", "if exception is not None and not exception.missing and not exception.rejected:", "if exception is not None and not exception.missing:", "who may let it through may also refuse"),
    Mutant("reasons", 'return Reason("frozen", Verdict.HOLD,', 'return Reason("frozen", Verdict.GO,', "a freeze holds"),
    Mutant("authorise", '    if not _may_stop_all(asking):\n        return asking.no("Only a maintainer of the repository, or somebody of its override role, may freeze it.")\n', "", "not everybody may freeze"),
    Mutant("snapshot", "        found = found or next((rule for rule in through if rule and rule.name == role.name), None)\n", "", "the people of a freeze are asked by its own rule"),
    # break-glass
    Mutant("overrides", "words[word.person.id] = (word, until, reason)", "words[len(words)] = (word, until, reason)", "two words of one person are one"),
    Mutant("overrides", "    if len(words) < rule.people:\n", "    if not words:\n", "so many people as the policy says"),
    Mutant("overrides", "and covered(standing, word) == revision:", ":", "an override is for one revision"),
    Mutant("overrides", "if word.at <= now < until and", "if word.at <= now and", "an override ends"),
    Mutant("overrides", "min(until for _, until, _ in given)", "max(until for _, until, _ in given)", "it ends with the first of its words"),
    Mutant("overrides", "or word.person.id not in entitled or", "or", "only who may now"),
    Mutant("overrides", " or word.key in absent:", ":", "an override that cannot be found lifts nothing"),
    Mutant("overrides", 'if word.verb != "override" or not standing.taken(word) or', 'if word.verb != "override" or', "an override that was refused lifts nothing"),
    Mutant("overrides", "    if not timedelta(0) < span <= rule.longest:\n", "    if False:\n", "an override lasts no longer than the policy lets it"),
    Mutant("overrides", "        except NotUnderstood:  # the policy allows less than when it was said\n            continue\n", "        except NotUnderstood:\n            until, reason = now + timedelta(hours=1), \"\"\n", "nor longer than the policy lets it now"),
    Mutant("overrides", "if reason.code in KEPT or reason.verdict", "if reason.verdict", "what makes a merge unsafe is lifted by nothing"),
    *(Mutant("overrides", f'"{code}",', "", f"no override lifts {code}") for code in KEPT_CODES),
    Mutant("decide", "if not excluded(pull, standing, p, snapshot.rules)) if role", ") if role", "the author breaks no glass"),
    Mutant("decide", "        own = (*overrides.lifted(own), _of_override(override))\n", "        own = (_of_override(override),)\n", "what is lifted is still told"),
    # merging, and what is said to be none
    Mutant("decide", "if covers == revision and not any(at >= word.at for at in standing.retargets):", "if not any(at >= word.at for at in standing.retargets):", "a promotion is for one revision"),
    Mutant("decide", "if covers == revision and not any(at >= word.at for at in standing.retargets):", "if covers == revision:", "a promotion does not outlive a retarget"),
    Mutant("decide", 'if word.verb != "promote" or not standing.taken(word) or word.key in snapshot.absent:', 'if word.verb != "promote" or word.key in snapshot.absent:', "a promotion that was refused promotes nothing"),
    Mutant("decide", 'if word.verb != "promote" or not standing.taken(word) or word.key in snapshot.absent:', 'if word.verb != "promote" or not standing.taken(word):', "a promotion that cannot be found promotes nothing"),
    Mutant("decide", 'policy.goes_when == "ask" and not promoted(snapshot)', "False", "where the policy asks, it waits to be asked"),
    Mutant("decide", 'and (policy.goes_when == "conditional" or promoted(snapshot)),', ",", "a conditional go is not merged by itself"),
    Mutant("decide", 'if policy.goes_when and decision.state == "success" and not decision.shared:', 'if policy.goes_when and decision.state == "success":', "not while another one with that commit waits"),
    Mutant("decide", 'if policy.goes_when and decision.state == "success" and not decision.shared:', "if policy.goes_when and not decision.shared:", "only what is ready is merged"),
    Mutant("authorise", "    if asking.fits or asking.maintains or asking.overrides:\n        signing", "    if True:\n        signing", "only who may promotes"),
    Mutant("authorise", "    if asking.overrides or (not has_role and asking.maintains):\n", "    if True:\n", "not everybody says that it is no release"),
    Mutant("authorise", "    if asking.overrides or (not has_role and asking.maintains):\n", "    if asking.overrides or asking.maintains:\n", "where there is an override role, it says so alone"),
    Mutant("authorise", 'so you cannot take it out of the gate. Ask another.")', '") if False else asking.yes("")', "the author does not take it out of the gate"),
    Mutant("decide", 'w.verb == "not-a-release" and standing.taken(w) and', 'w.verb == "not-a-release" and', "a refused word does not end a release"),
    Mutant("decide", 'standing.taken(w) and w.key not in snapshot.absent for w', "standing.taken(w) for w", "a word that cannot be found does not end a release"),
    Mutant("authorise", "    if asking.snapshot.pull.state is PullState.MERGED and not still:\n", "    if False:\n", "words change nothing that is merged"),
]  # fmt: skip


def promises(package: Path) -> subprocess.CompletedProcess[str]:
    """Run the promises against the package in this folder until one breaks, in a process of its own."""
    path = os.pathsep.join((str(package), str(TESTS), str(TESTS / "property")))
    command = [sys.executable, "-P", "-m", "promises", "--first"]  # as a module its bytecode is kept, as a script not
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=DEADLINE, check=False
    )


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the core, compiled once; Python looks at the sources' hashes, so that a changed one is compiled anew."""
    copy = tmp_path_factory.mktemp("core")
    shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    compileall.compile_dir(copy, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return copy


def planted(mutant: Mutant, folder: Path, core: Path) -> Path:
    """A copy of the core with one mutant in it. Raises AssertionError where its fragment is not there exactly once."""
    shutil.copytree(core, folder / "golive" / "core")
    (folder / "golive" / "__init__.py").touch()
    source = folder / "golive" / "core" / f"{mutant.module}.py"
    text = source.read_text()
    found = text.count(mutant.old)
    assert found == 1, (
        f"{mutant.module}.py has {mutant.old!r} {found} times: bring the row of “{mutant.why}” up to date"
    )
    source.write_text(text.replace(mutant.old, mutant.new))
    return folder


def test_the_promises_hold_on_the_real_core(core: Path, tmp_path: Path) -> None:
    package = planted(Mutant("decide", "def decide(", "def decide(", "nothing"), tmp_path, core)
    ran = promises(package)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
def test_every_planted_mutant_breaks_a_promise(core: Path, tmp_path: Path) -> None:
    packages = [planted(mutant, tmp_path / str(n), core) for n, mutant in enumerate(MUTANTS)]
    with ThreadPoolExecutor(2) as two:
        runs = list(two.map(promises, packages))
    crashed = [(m.why, r.stderr) for m, r in zip(MUTANTS, runs, strict=True) if r.returncode and not r.stdout]
    assert not crashed, f"these mutants do not even run, so they prove nothing: {crashed}"
    alive = [m for m, r in zip(MUTANTS, runs, strict=True) if r.returncode == 0]
    told = "\n".join(f"{m.module}: {m.why}: {m.old!r} → {m.new!r}" for m in alive)
    assert not alive, f"{len(alive)} mutants live; write the promise each of them breaks into promises.py:\n{told}"
