"""The page: whole, well nested, and closed to everything outside it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from builders import a_check, a_finding
from golive.core.model import Detail, Measure, Outcome, Verdict
from golive.core.report import Report
from golive.render.report.html import TONES, VERDICTS, digest, dump, groups, parts
from reports import RUN, a_report, a_report_of

VOID = {"meta", "circle", "rect", "br"}


class Page(HTMLParser):
    """What a page is made of; complains about tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def test_a_page_shows_what_stops_it_with_what_that_explains() -> None:
    page = Page(dump(a_report()))
    stops = page.text.partition("What stops it")[2].partition("By category")[0]
    told = re.sub(r"\s+", " ", stops)
    assert "All services answer critical" in told
    assert "Action Start the application services" in told
    assert (
        "It explains 3 more: ⊘ not run Rate limit holds ⊘ not run Login works ? could not tell Alerts reach people"
        in told
    )


def test_every_check_has_its_evidence() -> None:
    page = Page(dump(a_report()))
    assert page.tags.count("details") == len(a_report().lines)
    told = re.sub(r"\s+", " ", page.text.partition("Every check")[2])
    for text in ("Measured 1 of 3", "Expected 3 of 3", "Source https://shop.example.com/health", "probe, 3 attempts",
                 "Taken at 2026-03-04 11:55 UTC", "golive 1.2.3", "src/pay ment.py:12", "p95 231 ms", "1200 samples",
                 "expired 2026-03-02 12:00 UTC, by @ana: The old module goes"):  # fmt: skip
        assert text in told, f"the page does not show {text!r}"


def test_the_policy_of_the_page_allows_its_own_style_and_nothing_else() -> None:
    html = dump(a_report())
    style = html.partition("<style>")[2].partition("</style>")[0]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy == f"default-src 'none'; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression", style)
    names = {name for name, _ in Page(html).attributes}
    assert not names & {"src", "href", "style", "srcset", "action", "data"}
    assert not [name for name in names if name.startswith("on")]


def test_what_strangers_wrote_is_only_text() -> None:
    evil = "</style></title><script>alert(1)</script>{{ 7*7 }}\"'><u>"
    rules = [a_check("c", name=evil, category=evil, impact=evil, action=evil, owner=evil)]
    finding = a_finding("c", Outcome.FAILED, summary=evil, measured=evil, expected=evil, source=evil,
                        measures=(Measure(evil, evil),), details=(Detail(evil, evil, 3),))  # fmt: skip
    run = replace(RUN, project=evil, policy=evil, target=evil, environment=evil, commit=evil, golive=evil)
    page = Page(dump(a_report_of(finding, rules=rules, run=run)))
    assert not {"script", "u"} & set(page.tags)
    assert page.text.count("{{ 7*7 }}") >= 10, "what was written is shown as it was written"


def test_every_outcome_and_every_verdict_has_its_colour() -> None:
    assert set(TONES) == set(Outcome)
    assert set(VERDICTS) == set(Verdict.__members__)


@pytest.mark.parametrize("report", [a_report(), a_report_of(a_finding())], ids=["much", "one"])
def test_the_ring_and_the_bars_are_whole(report: Report) -> None:
    for lines in (report.lines, *(group.lines for group in groups(report.lines))):
        drawn = parts(lines)
        assert sum(part.count for part in drawn) == len(lines)
        assert sum(part.size for part in drawn) == pytest.approx(1)
        ends = [0.0, *(part.start + part.size for part in drawn)]
        assert [part.start for part in drawn] == pytest.approx(ends[:-1]), "a piece begins where the one before it ends"
        assert ends[-1] == pytest.approx(1)


def test_a_page_of_no_checks_is_a_page() -> None:
    assert "0/0" in Page(dump(a_report_of())).text
