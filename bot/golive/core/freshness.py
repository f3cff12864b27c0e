"""Which code a word is about, and whether it is still about what is to go live. Pure.

Nothing here trusts a commit's date or what the forge says a review was for: a word covers what golive had shown before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from golive.core.model import Outcome, Revision, Ruling, Spell, Standing, Word
from golive.core.rules import RoleRule, Rules


def covered(standing: Standing, word: Word, sha: str = "") -> Revision | None:
    """Which revision a word is about: the one it names, else the newest that was shown *before* the word's server time.

    Order of arrival plays no part. None where nothing had been shown, or where the named commit never was.
    """
    if named := sha or word.revision_sha:
        return next((s.revision for s in reversed(standing.shown) if s.revision.head_sha.startswith(named)), None)
    before = [s for s in reversed(standing.shown) if s.at < word.at]  # of two in one second, the newer comes first
    return max(before, key=lambda s: s.at).revision if before else None


def expires(rule: RoleRule, rules: Rules, word: Word) -> datetime | None:
    """When a sign-off ends by itself."""
    spans = [span for span in (rule.valid_for, rules.valid_for) if span is not None]
    return word.at + min(spans) if spans else None


def why_not(
    word: Word, covers: Revision | None, revision: Revision, standing: Standing, rule: RoleRule, rules: Rules,
    now: datetime,
) -> str:  # fmt: skip
    """Why an approval does not count for this revision, a clause for people; empty where it counts."""
    if covers is None:
        return "what it is about had not been shown before it"
    if not covers.base_ref:
        return "nobody knows any more what it was for"
    if covers.base_ref != revision.base_ref or any(at >= word.at for at in standing.retargets):
        return f"it was for {covers.base_ref}, and the base was changed since"
    if why := _other_code(covers, revision, standing, rules.on_push):
        return why
    ruling = standing.rulings[word.key]
    known = ruling.digests.get(rule.name)
    if known is not None and known != rule.digest():
        return "the policy's rule for this role changed since"
    if check := got_worse(ruling, rule, word, standing.spells, now):
        return f"{check} failed since, for longer than {_minutes(rule)}"
    ends = expires(rule, rules, word)
    return f"it ended at {ends:%Y-%m-%d %H:%M} UTC" if ends is not None and ends <= now else ""


def _minutes(rule: RoleRule) -> str:
    return f"{rule.settle.total_seconds() / 60:g} min"


def _other_code(covers: Revision, revision: Revision, standing: Standing, on_push: str) -> str:
    """Why what was signed is not what would land; empty where it is the same, or only the base was brought in since."""
    if covers.tree_sha == revision.tree_sha:
        moved = on_push == "reopen" and covers.head_sha != revision.head_sha
        return f"it was for {covers.head_sha[:7]}, and every push asks anew" if moved else ""
    why = standing.updates.get((covers.head_sha, revision.head_sha))
    if on_push != "keep_if_clean_update" or why is None:
        return f"it was for other code ({covers.head_sha[:7]})"
    return f"it was for {covers.head_sha[:7]}: {why}" if why else ""


def got_worse(ruling: Ruling, rule: RoleRule, word: Word, spells: Iterable[Spell], now: datetime) -> str:
    """A check of this role that failed after the word, for at least `settle`; it was signed without knowing that."""
    for spell in spells:
        if spell.check not in rule.checks or spell.since <= word.at:
            continue
        known = ruling.evidence.get(spell.check)
        if known != Outcome.FAILED.value and (spell.until or now) - spell.since >= rule.settle:
            return spell.check
    return ""


def settles_at(rule: RoleRule, spells: Iterable[Spell], now: datetime) -> datetime | None:
    """When a check of this role that fails now has failed for so long that the role is asked again."""
    moments = [s.since + rule.settle for s in spells if s.check in rule.checks and s.until is None]
    return min((m for m in moments if m > now), default=None)
