"""The report for people: lines, colours, Markdown; kept as text, harmless whatever checks found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from builders import a_check, a_finding
from golden import matches_golden
from golive.core.model import Outcome
from golive.render.report import markdown
from golive.render.report.text import SIGNS, lines, plain, tally_text
from reports import RUN, a_report, a_report_of

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TERMINAL = "\x1b]0;owned\x07\x1b[31mred\u202egnp\nnew line\x9b2J"


def test_the_lines_are_as_agreed() -> None:
    assert matches_golden("report.txt", plain(a_report()))


def test_the_headline_is_the_first_line_and_the_last() -> None:
    told = plain(a_report()).splitlines()
    assert told[0] == told[-1] == a_report().headline
    assert told[-2] == "11 checks: 1 passed, 4 failed, 1 warning, 3 skipped, 1 waived, 1 waiting"


def test_every_outcome_has_its_own_word_and_a_sign_that_needs_no_colour() -> None:
    assert set(SIGNS) == set(Outcome)
    assert len({word for _, word, _ in SIGNS.values()}) == len(SIGNS)


@pytest.mark.parametrize("width", [30, 60, 100])
def test_colours_change_nothing_but_colours(width: int) -> None:
    coloured = list(lines(a_report(), colour=True, width=width))
    bare = list(lines(a_report(), colour=False, width=width))
    assert [COLOURS.sub("", line) for line in coloured] == bare
    assert any("\x1b[31m✗\x1b[0m" in line for line in coloured)
    assert not any("\x1b" in line for line in bare)


@pytest.mark.parametrize("width", [40, 80])
def test_lines_fit_the_terminal_but_for_the_headline(width: int) -> None:
    told = [line for line in lines(a_report(), colour=False, width=width) if line != a_report().headline]
    wide = [line for line in told if len(line) > width and " " in line.strip()]
    assert wide == [tally_text(a_report())] * (width < len(tally_text(a_report())))


def test_nothing_that_was_found_speaks_to_the_terminal() -> None:
    rules = [a_check("c", name=TERMINAL, category=TERMINAL, impact=TERMINAL, action=TERMINAL, owner=TERMINAL)]
    finding = a_finding("c", Outcome.FAILED, summary=TERMINAL, source=TERMINAL, expected=TERMINAL)
    report = a_report_of(finding, rules=rules)
    for colour in (False, True):
        for line in lines(report, colour):
            bare = COLOURS.sub("", line) if colour else line
            assert bare.isprintable(), f"this reaches the terminal: {line!r}"


def test_a_run_of_some_checks_says_of_how_many() -> None:
    report = a_report(run=replace(RUN, planned=27, partial=True))
    assert tally_text(report).startswith("11 checks (of 27 in the policy): ")
    assert report.headline.endswith("A partial run, which decides nothing about a release")


def test_one_is_told_in_the_singular() -> None:
    assert tally_text(a_report_of(a_finding("c", Outcome.WARNING))) == "1 check: 0 passed, 0 failed, 1 warning"


def test_the_summary_is_as_agreed() -> None:
    assert matches_golden("report.md", markdown.dump(a_report()))


def test_causes_come_before_what_they_stop_and_everything_comes_last() -> None:
    told = markdown.dump(a_report())
    order = [
        "## 🔴 NO GO",
        "One cause explains 3 more",
        "### What stops it",
        "### Warnings",
        "### Waivers",
        "<details>",
    ]
    found = [told.index(one) for one in order]
    assert found == sorted(found)
    assert "Coverage: **expired** 2026-03-02" in told


def test_a_summary_that_does_not_fit_ends_with_a_sentence_and_closes_what_it_opened() -> None:
    found = [a_finding(f"c{n}", summary="x" * 290, measured="🦊" * 280) for n in range(1500)]
    told = markdown.dump(a_report_of(*found))
    assert 900_000 < len(told.encode()) <= 1024 * 1024, "GitHub takes 1 MiB"
    assert told.rstrip().endswith("The JSON report has all of it.")
    assert told.count("<details>") == told.count("</details>") == 1


def test_a_commit_and_a_version_from_a_file_are_escaped_too() -> None:
    run = replace(RUN, commit="<b>@everyone", golive="<script>", target="", policy="|<i>")
    told = markdown.dump(a_report_of(a_finding(), run=run))
    assert not re.search(r"<(script|b|i)>|@everyone", told)
