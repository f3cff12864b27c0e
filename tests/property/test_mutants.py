"""Planted mistakes in the core, one at a time: each must break a promise of `promises`, or the promises are too weak.

A mutant is a fragment of the real source and what stands there instead; it is planted in a copy, never in the package.
Add a mutant as one row. A fragment that is not found exactly once fails, so that rows cannot outlive the code.
"""

# ruff: noqa: E501  # a fragment stays in one piece, as it stands in the source
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

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


MUTANTS = [
    Mutant("weigh", "case Outcome.FAILED | Outcome.UNKNOWN:\n", "case Outcome.UNKNOWN:\n            return None\n        case Outcome.FAILED:\n", "unknown is never a pass"),
    Mutant("weigh", '            return Reason("check_pending", Verdict.WAIT,', '            return Reason("check_pending", Verdict.GO,', "pending is not a pass"),
    Mutant("weigh", "_weight(root, block_on), f", "Verdict.GO, f", "blocked weighs as its root cause"),
    Mutant("weigh", "return Verdict.NO_GO if rule.severity in block_on else", "return Verdict.GO if rule.severity in block_on else", "a failure that blocks is a no"),
    Mutant("weigh", "else Verdict.CONDITIONAL_GO\n\n\ndef too_low", "else Verdict.GO\n\n\ndef too_low", "a lesser failure is not a go"),
    Mutant("decide", "checks = tuple(judged.if_fresh(now) for judged in decision.checks)", "checks = decision.checks", "what is acted on is fresh"),
    Mutant("decide", "if (r.at, r.seq) > (word.at, word.seq)]", "]", "a resume lifts only what was held before it"),
    Mutant("decide", "if not any(r.person.id == word.person.id or standing.rulings[r.key].over_all for r in later):", "if not later:", "a hold is lifted by who set it"),
    Mutant("decide", 'if word.verb != "hold" or not standing.taken(word):', 'if word.verb != "hold":', "a refused hold holds nothing"),
    Mutant("decide", 'if sibling.state != "success":', "if False:", "a commit is as ready as its worst pull request"),
    Mutant("decide", "if pull.revision.base_ref != belongs:", "if False:", "a release lands on its own base"),
    Mutant("decide", "    for sign_off in seat.rejected:\n", "    for sign_off in ():\n", "a standing rejection stops"),
    Mutant("decide", "    if not seat.missing:\n        return\n", "    if seat.signed or not seat.missing:\n        return\n", "every seat of a role is filled"),
    Mutant("decide", "and _pusher_unknown(snapshot)", "and False", "who pushed a later head is known before anybody's word counts"),
    Mutant("decide", "ACT_WITHIN = timedelta(seconds=5)", "ACT_WITHIN = timedelta(hours=5)", "a reading is acted on for five seconds"),
    Mutant("decide", "if pull.draft:\n        yield", "if False:\n        yield", "a draft is not merged"),
    Mutant("ledger", "if s.at < word.at]", "if s.at <= word.at]", "a word covers what was shown before it, not in its second"),
    Mutant("ledger", "return max(before, key=lambda s: s.at).revision if before else None", "return standing.shown[-1].revision if before else None", "a word covers what its person saw, not what is newest now"),
    Mutant("ledger", "return max(before, key=lambda s: s.at).revision if before else None", "return before[0].revision if before else None", "newest shown, not newest noted"),
    Mutant("ledger", "if named := sha or word.revision_sha:", "if named := word.revision_sha:", "a commit named in words wins"),
    Mutant("ledger", "if named := sha or word.revision_sha:", "if named := sha:", "a commit named by the surface wins"),
    Mutant("signoffs", "key=lambda w: (w.at, w.seq)):", "key=lambda w: w.seq):", "the last word by its own time, not by arrival"),
    Mutant("ledger", "if not _is_void(w.key, state.voids)]", "]", "an edited or deleted word says nothing"),
    Mutant("ledger", 'if void.endswith(":") else key == void', "", "a void is of one word"),
    Mutant("ledger", "for word in latest.values() if not word.undone]", "for word in latest.values()]", "a reaction that was taken back does not count"),
    Mutant("ledger", "(latest[word.slot].at, latest[word.slot].seq) < (word.at, word.seq):", "latest[word.slot].seq < word.seq:", "of reactions in one place the latest counts, not the last to arrive"),
    Mutant("ledger", "self.retargets.append(entry.at)\n\n    def ruling", "pass\n\n    def ruling", "a retarget that was heard opens every role again"),
    Mutant("ledger", "            self.retargets.append(entry.at)\n            self.fact", "            self.fact", "a retarget that was seen opens every role again"),
    Mutant("ledger", "(*self.pushers.get(head, ()), *", "(*(), *", "everybody who pushed a head is known"),
    Mutant("signoffs", "covers.tree_sha != revision.tree_sha or", "", "a sign-off is for one tree"),
    Mutant("signoffs", "or covers.base_ref != revision.base_ref:", ":", "a sign-off is for one base"),
    Mutant("signoffs", "return not any(at >= sign_off.word.at for at in standing.retargets)", "return True", "a retarget and back opens every role again"),
    Mutant("signoffs", "            if excluded(pull, standing, word.person):\n                continue\n", "", "who pushed after signing fills no seat"),
    Mutant("signoffs", "if person not in members or", "if", "membership counts as it is now"),
    Mutant("signoffs", "if sits is None or place(sits, tried):", "if True:", "one person fills one seat"),
    Mutant("signoffs", "for n in range(role.count)]", "for n in range(1)]", "a role needs as many as it says"),
    Mutant("signoffs", 'if word.key in unsaid or (word.verb == "approve" and word.key in absent):', "if False:", "a word that is gone does not count"),
    Mutant("signoffs", "            found.pop(word.person.id, None)\n", "            pass\n", "a word that is gone does not bring back the one before"),
    Mutant("signoffs", 'if meant.role not in ("", role.name):', "if found.get(word.person.id):", "the last word counts, not the first"),
    Mutant("findings", "if known is None or known.digest != digest:", "if known is None:", "a result is of one definition"),
    Mutant("findings", "results.get((rule.id, head_sha))", "next((r for (c, _), r in results.items() if c == rule.id), None)", "a result is of one head"),
    Mutant("findings", "now - taken <= fresh:", "now - taken <= 2 * fresh:", "a result is fresh for as long as it says"),
    Mutant("findings", "if max(asked_again) > known.seq or", "if", "what stirs asks for a new look"),
    Mutant("findings", "finding.valid_until <= now):", "finding.valid_until < now):", "a finding ends at its end"),
    Mutant("authorise", "if pull.author and person.id == pull.author.id:", "if False:", "the author never signs"),
    Mutant("authorise", "if any(person.id == pusher.id for pusher in standing.pushers.get(pull.revision.head_sha, ())):", "if False:", "who pushed it never signs"),
    Mutant("authorise", "standing.pushers.get(pull.revision.head_sha, ())):", "sum(standing.pushers.values(), ())):", "who pushed another head may sign for this one"),
    Mutant("authorise", "    if not mine and permission not in MAINTAINERS:\n", "    if False:\n", "a hold is not lifted by anybody"),
    Mutant("authorise", "over_all=permission in MAINTAINERS)", "over_all=True)", "who lifts their own hold lifts no other"),
]  # fmt: skip


def promises(package: Path) -> subprocess.CompletedProcess[str]:
    """Run every promise against the package in this folder, in a process of its own."""
    path = os.pathsep.join((str(package), str(TESTS)))
    command = [sys.executable, "-B", str(Path(__file__).with_name("promises.py"))]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=DEADLINE, check=False
    )


def planted(mutant: Mutant, folder: Path) -> Path:
    """A copy of the core with one mutant in it. Raises AssertionError where its fragment is not there exactly once."""
    shutil.copytree(CORE, folder / "golive" / "core", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "golive" / "__init__.py").touch()
    source = folder / "golive" / "core" / f"{mutant.module}.py"
    text = source.read_text()
    found = text.count(mutant.old)
    assert found == 1, (
        f"{mutant.module}.py has {mutant.old!r} {found} times: bring the row of “{mutant.why}” up to date"
    )
    source.write_text(text.replace(mutant.old, mutant.new))
    return folder


def test_the_promises_hold_on_the_real_core(tmp_path: Path) -> None:
    package = planted(Mutant("decide", "def decide(", "def decide(", "nothing"), tmp_path)
    ran = promises(package)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_planted_mutant_breaks_a_promise(tmp_path: Path) -> None:
    packages = [planted(mutant, tmp_path / str(n)) for n, mutant in enumerate(MUTANTS)]
    with ThreadPoolExecutor(2) as two:
        runs = list(two.map(promises, packages))
    crashed = [(m.why, r.stderr) for m, r in zip(MUTANTS, runs, strict=True) if r.returncode and not r.stdout]
    assert not crashed, f"these mutants do not even run, so they prove nothing: {crashed}"
    alive = [m for m, r in zip(MUTANTS, runs, strict=True) if r.returncode == 0]
    told = "\n".join(f"{m.module}: {m.why}: {m.old!r} → {m.new!r}" for m in alive)
    assert not alive, f"{len(alive)} mutants live; write the promise each of them breaks into promises.py:\n{told}"
