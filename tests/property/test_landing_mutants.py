"""Planted mistakes in what comes after GO: landing, going live, trains, quota, hardening. Each must break a quick unit test.

As in `test_mutants`, a mutant is a fragment of the real source and what stands there instead, planted in a copy of the core;
the rest of the package is the real one. Add a mutant as one row, under the module whose unit tests judge it.
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

import golive

PACKAGE = Path(golive.__file__).parent
TESTS = Path(__file__).parent.parent
DEADLINE = 120
"""Seconds that one mutant's process may take; one takes about two, of a processor that is not shared."""


class Mutant(NamedTuple):
    """`old` in core/`module`.py becomes `new`, which breaks `why`; tests/unit/test_`judge`.py must notice."""

    judge: str
    module: str
    old: str
    new: str
    why: str


MUTANTS = [
    Mutant("landing", "landing_rules", "    if landing.workflows:\n        return Door()\n", "", "what the App may not land is left to a person"),
    Mutant("landing", "landing_rules", "    if not approach.author_may and not vouched and pull.author:\n", "    if False:\n", "a stranger's head lands only where somebody vouched for it"),
    Mutant("landing", "landing_rules", 'for check in approach.checks if check.state != "met")', 'for check in approach.checks if check.state == "failing")', "a check that was not given yet is waited for"),
    Mutant("landing", "landing_rules", "    if landing.up_to_date and approach.behind:\n", "    if False:\n", "a head that is behind is brought up to date first"),
    Mutant("landing", "landing_rules", "tried.open and tried.times < 2 and", "tried.open and", "a lost update is asked for once more and not for ever"),
    Mutant("landing", "landing_rules", "if tried is None or tried.open or asked:", "if True:", "what the queue threw out is not put in again by itself"),
    Mutant("promotion", "promotion", "let_go = begun and standing.landed_as in GOES and compared", "let_go = begun and standing.landed_as in GOES", "nothing begins before what landed was compared"),
    Mutant("promotion", "promotion", "let_go = begun and standing.landed_as in GOES and compared", "let_go = begun and compared", "what was not GO when it landed waits for a person"),
    Mutant("promotion", "promotion", 'if any(before.state != "done" for before in rows):', "if False:", "the acts are done one after the other"),
    Mutant("promotion", "promotion", "going=(let_go or asked) and not stopped)", "going=let_go or asked)", "what stops a landed release stops its acts"),
    Mutant("promotion", "promotion", "    return latest + OVER > snapshot.now", "    return True", "a promotion does not go on for ever"),
    Mutant("trains", "trains", "ready=alone.passes and not alone.awaits_word and merges", "ready=alone.passes and not alone.awaits_word", "who is merged by people is never called ready"),
    Mutant("trains", "trains", "own = replace(own, note=replace(own.note, ready=False, fell=True))", "pass", "who is in a broken train is not ready"),
    Mutant("trains", "trains", "r.verdict is not Verdict.GO and r.code not in PASSING]", "r.verdict is not Verdict.GO]", "what passes by itself ends no go"),
    Mutant("trains", "trains", '"same_commit"})', '"same_commit", "draft"})', "a draft ends a go"),
    Mutant("budget", "budget", "Errand.PEOPLE: Level.NOTHING_TO_SPARE", "Errand.PEOPLE: Level.LITTLE", "people are heard to the last"),
    Mutant("budget", "budget", "if left < NOTHING_BELOW:", "if left <= 0:", "what is left for people is not spent on time alone"),
    Mutant("budget", "budget", "SLOWER = 4", "SLOWER = 1", "reactions are read more slowly as the quota sinks"),
    Mutant("budget", "budget", '"success": timedelta(0)', '"success": timedelta(60)', "what is about to merge comes back first"),
    Mutant("hardening", "hardening", "if any(one.app_id == facts.app_id for one in ours):", "if ours:", "a check that another App may give is a weakness"),
    Mutant("hardening", "hardening", "        if not branch.whole:\n            unread", "        if False:\n            unread", "what cannot be read is not taken for safe"),
    Mutant("hardening", "hardening", "if _rank(granted.get(name, \"none\")) < _rank(level)", "if granted.get(name, \"none\") == \"none\"", "a lower level than asked for is too low"),
    Mutant("hardening", "hardening", "            if rules.bypass is None:", "            if False:", "who gets past a ruleset, where that is not told, is said to be untold"),
]  # fmt: skip


def judged(package: Path, judge: str) -> subprocess.CompletedProcess[str]:
    """Run one module's unit tests against the package in this folder until one fails, in a process of its own."""
    path = os.pathsep.join((str(package), str(TESTS)))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        str(TESTS / "unit" / f"test_{judge}.py"),
    ]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}, cwd=TESTS.parent,
        capture_output=True, text=True, timeout=DEADLINE, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the core, compiled once; Python looks at the sources' hashes, so that a changed one is compiled anew."""
    copy = tmp_path_factory.mktemp("core")
    shutil.copytree(PACKAGE / "core", copy, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    compileall.compile_dir(copy, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return copy


def planted(mutant: Mutant, folder: Path, core: Path) -> Path:
    """The package with a core of its own that has this mutant. Raises AssertionError where its fragment is not there once."""
    (folder / "golive").mkdir(parents=True)
    for entry in PACKAGE.iterdir():
        if entry.name not in ("core", "__pycache__"):
            (folder / "golive" / entry.name).symlink_to(entry)
    shutil.copytree(core, folder / "golive" / "core")
    source = folder / "golive" / "core" / f"{mutant.module}.py"
    found = source.read_text().count(mutant.old)
    assert found == 1, (
        f"{mutant.module}.py has {mutant.old!r} {found} times: bring the row of “{mutant.why}” up to date"
    )
    source.write_text(source.read_text().replace(mutant.old, mutant.new))
    return folder


def test_every_fragment_is_in_the_source_once(tmp_path: Path) -> None:
    for mutant in MUTANTS:
        source = (PACKAGE / "core" / f"{mutant.module}.py").read_text()
        assert source.count(mutant.old) == 1, f"bring the row of “{mutant.why}” up to date"
        compile(source.replace(mutant.old, mutant.new), mutant.module, "exec")


@pytest.mark.slow
def test_every_planted_mutant_is_noticed_by_the_unit_tests_of_its_module(core: Path, tmp_path: Path) -> None:
    packages = [planted(mutant, tmp_path / str(n), core) for n, mutant in enumerate(MUTANTS)]
    with ThreadPoolExecutor(2) as two:
        runs = list(two.map(judged, packages, (mutant.judge for mutant in MUTANTS)))
    odd = [
        (m.why, r.stdout[-500:] + r.stderr[-500:])
        for m, r in zip(MUTANTS, runs, strict=True)
        if r.returncode not in (0, 1)
    ]
    assert not odd, f"these mutants do not even run, so they prove nothing: {odd}"
    alive = [
        f"{m.module}: {m.why}: {m.old!r} → {m.new!r}" for m, r in zip(MUTANTS, runs, strict=True) if r.returncode == 0
    ]
    assert not alive, f"{len(alive)} mutants live; write the unit test that each of them breaks:\n" + "\n".join(alive)
