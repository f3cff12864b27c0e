"""The page of traps says what the tests show, and no trap that was closed loses its last test."""

from __future__ import annotations

from pathlib import Path

import pytest

import traps

ROOT = Path(__file__).parents[2]
OPEN: frozenset[int] = frozenset()
"""Traps that no test shows closed yet. Take a number out when its first test is there; none is put in."""


@pytest.fixture(scope="module")
def shown() -> dict[int, list[traps.Shown]]:
    return traps.found()


def test_the_page_of_traps_is_what_the_tests_show(shown: dict[int, list[traps.Shown]]) -> None:
    written = (ROOT / "docs/security/traps.md").read_text(encoding="utf-8")
    assert written == traps.page(shown), f"a test of a trap came, went or got another name: {traps.COMMAND}"


@pytest.mark.parametrize("number", traps.HOLES)
def test_each_trap_has_a_test_or_is_among_those_still_open(number: int, shown: dict[int, list[traps.Shown]]) -> None:
    tests, hole = shown.get(number), traps.HOLES[number]
    if number in OPEN:
        assert not tests, f"trap {number} has a test now: take it out of OPEN in this file, so that it stays closed"
    else:
        assert tests, f"no test is named test_trap_{number:02}_… any more; one must show it closed: {hole}"


def test_the_traps_are_thirty_one_and_each_is_one_clause() -> None:
    assert list(traps.HOLES) == list(range(1, 32))
    odd = [hole for hole in traps.HOLES.values() if "|" in hole or "\n" in hole or hole.endswith(".")]
    assert not odd, f"a hole is one clause in a table's cell: {odd}"


def _tests(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / name).mkdir()
        (folder / name / "test_it.py").write_text(text)
    return folder


def test_tests_are_found_by_name_wherever_they_stand(tmp_path: Path) -> None:
    folder = _tests(
        tmp_path,
        b="def test_trap_2_second(): ...\nasync def test_trap_02_a_first(): ...\n",
        a="class Test:\n    def test_trap_31_deep(self): ...\n",
        c="def trap_3_no_test(): ...\ndef test_trap_4(): ...\ndef test_traps_5_x(): ...\n",
    )
    assert traps.found(folder) == {
        2: [traps.Shown("b/test_it.py", "test_trap_2_second"), traps.Shown("b/test_it.py", "test_trap_02_a_first")],
        31: [traps.Shown("a/test_it.py", "test_trap_31_deep")],
    }


def test_a_trap_without_a_test_is_called_missing_and_a_test_without_a_trap_is_refused(tmp_path: Path) -> None:
    rows = traps.page({2: [traps.Shown("b/test_it.py", "test_trap_02_a_commit_lies")]}).splitlines()[-31:]
    assert rows[0].endswith("| **missing** |")
    assert rows[1].endswith("| [a commit lies](../../tests/b/test_it.py) |")
    with pytest.raises(ValueError, match="test_trap_77_x"):
        traps.page({77: [traps.Shown("b/test_it.py", "test_trap_77_x")]})
