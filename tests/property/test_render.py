"""Whatever people write is shown and does nothing: no mention, no link, no markup, no marker, and every limit holds.

GitHub Markdown is judged as GitHub does it: turned into HTML first, and mentions are then looked for in its text.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import releases
from builders import HEAD
from golive.core.decide import decide
from golive.core.snapshot import Snapshot
from golive.githubapp.ticks import new_ticks
from golive.render import github, slack
from golive.render.checkrun import titled
from golive.render.escaping import fold, href, md, mrkdwn, quiet
from golive.render.folding import Section, fit, lines_within
from golive.standins.slack.blocks import faults
from releases import CHAIN, PAGE

_PIECES = [
    "<!channel>", "<!here>", "<@U123>", "<#C1|x>", "<https://evil.example|x>", "@team", "@acme/team", "@ana",
    "<!-- golive:sticky -->", "-->", "<script>", "<img src=x onerror=y>", "</details>", "<b", "#12", "acme/shop#3",
    "GH-7", "a@b.example", "https://evil.example", "www.evil.example", "ftp://x.example", "![a](https://x.example)",
    "[a](b)", "](x)", "[^1]", "`", "``", "```", "|", "\n", "\r\n", "\n\n# x\n", "\n---\n", "- ", "1. ",
    "2) ", "+ ", "> ", "# ", "=", "$x$",
    "$$", "&lt;", "&#64;ana", "&amp;", "**", "*", "__", "_", "~~", "[", "]", "\\", "\\`", "@\u200bana", "\u202e",
    "\u2028", "\x00", "\x1b[31m", "\ud800", "é", "👍🏽", "👨‍👩‍👧", " ", "    ", "\t",
]  # fmt: skip
hostile = st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=8).map("".join)
_LIVE = re.compile(r"@[A-Za-z0-9]|#[0-9]|://|\bwww\.|\bGH-[0-9]|\$", re.IGNORECASE)
_TAGS = {
    "p", "h3", "h4", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "code", "a", "span", "details",
    "summary", "blockquote",
}  # fmt: skip
_COMPARES = "https://github.com/acme/shop/compare/"
_LINKS = ("https://github.com/acme/shop/", "https://x.example/", PAGE)


class _Seen(HTMLParser):
    """What a reader sees: tags, links, and the text outside of code; comments are kept to be refused.

    A dollar sign in a span of its own is GitHub's way to write one, so it counts as code.
    """

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.hidden: list[str] = []
        self.outside = self.text = ""
        self._in_code = 0
        engine = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.feed(engine.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._in_code += tag in ("code", "span")
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        self._in_code -= tag in ("code", "span")

    def handle_data(self, data: str) -> None:
        self.text += data
        self.outside += "" if self._in_code else data

    def handle_comment(self, data: str) -> None:
        self.hidden.append(data)


def _on_github(snapshot: Snapshot, text: str) -> list[str]:
    decision = decide(snapshot)
    run = github.check_run(snapshot, decision, None, page_url=PAGE, chain=CHAIN)
    sticky = github.sticky(snapshot, decision, page_url=PAGE, chain=CHAIN)
    return [run.summary, run.text, sticky, github.answer(text, text)]


def _does_nothing(markdown: str) -> None:
    seen = _Seen(markdown)
    assert seen.tags <= _TAGS, f"markup got through: {seen.tags - _TAGS}"
    assert seen.attributes <= {"href", "style"}, seen.attributes  # style: the alignment of a table's columns
    assert all(link.startswith(_LINKS) for link in seen.links), seen.links
    assert set(seen.hidden) <= {" golive:tick:qa ", " golive:tick:security "}, "a marker of somebody else's got through"
    _tables_are_whole(markdown)
    assert not (found := _LIVE.search(seen.outside)), f"live: {seen.outside[max(0, found.start() - 20) :][:60]!r}"


def _tables_are_whole(markdown: str) -> None:
    for table in re.findall(r"(?:^\|.*(?:\n|\Z))+", markdown, re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(cells) == 1, "a table was cut within a row, or a text broke out of its cell"
        assert cells <= {5, 7}, "tables have four columns, the one by category has six"


@pytest.mark.parametrize("override", [False, True])
@pytest.mark.parametrize("piece", _PIECES)
def test_no_known_trick_does_anything_on_github(piece, override):
    for markdown in _on_github(releases.hostile(f"{piece}A", override=override), piece):
        _does_nothing(markdown)


@settings(deadline=None, max_examples=50)
@given(hostile, st.booleans())
def test_no_text_of_a_stranger_does_anything_on_github(text, override):
    for markdown in _on_github(releases.hostile(f"{text}A", override=override), text):
        _does_nothing(markdown)


def _ticked(body: str) -> list[str]:
    """The roles that golive hears when every line that looks like a box is ticked, one after the other."""
    lines, heard = f"{body}\n\n<!-- golive-head:{HEAD.head_sha} -->".split("\n"), []
    for place, line in enumerate(lines):
        if "[ ]" in line:
            after = [*lines[:place], line.replace("[ ]", "[x]", 1), *lines[place + 1 :]]
            heard += new_ticks("\n".join(lines), "\n".join(after)).roles
    return heard


@settings(deadline=None, max_examples=50)
@given(
    hostile | st.sampled_from(["- [ ] **dba** <!-- golive:tick:dba -->", "\n- [ ] **dba** <!-- golive:tick:dba -->\n"])
)
def test_boxes_are_for_the_roles_that_are_asked_and_no_text_of_a_stranger_makes_one(text):
    snapshot = releases.hostile(f"{text}A")
    sticky = github.sticky(snapshot, decide(snapshot), page_url=PAGE, chain=CHAIN)
    assert _ticked(sticky) == ["security"], "qa has signed, and a role whose name is no plain word has no box"


@pytest.mark.parametrize("name", releases.STATES)
def test_the_boxes_of_every_state_are_heard_for_the_roles_that_may_sign_now(name):
    snapshot = releases.STATES[name]()
    decision = decide(snapshot)
    asked = [seat.role.name for seat in decision.roster if seat.missing and not seat.waits_for]
    assert _ticked(github.sticky(snapshot, decision, page_url=PAGE, chain=CHAIN)) == asked


@settings(deadline=None, max_examples=50)
@given(hostile)
def test_a_sign_off_request_mentions_nobody_but_those_it_asks(text):
    snapshot = releases.hostile(text)
    markdown = github.request(snapshot, decide(snapshot), HEAD.head_sha)
    lines = markdown.splitlines()
    assert {m for line in lines for m in re.findall(r"@(\w+)", line)} <= {"ana", "bo", "cy"}
    _does_nothing(re.sub(r"(?m): @.*|^- @cy", "", markdown))


@settings(deadline=None, max_examples=200)
@given(hostile)
def test_markdown_shows_a_text_as_it_was_written(text):
    shown = _Seen(str(md(text))).text.replace("\u200b", "").strip()
    assert shown == re.sub(r"`([^`]+)`", r"\1", fold(text)).strip()


@settings(deadline=None, max_examples=200)
@given(hostile)
def test_html_within_markdown_shows_a_text_as_it_was_written(text):
    shown = _Seen(f"<details><summary>{quiet(text)}</summary>")
    assert shown.text.replace("\u200b", "").strip() == fold(text)
    assert shown.tags - {"span"} == {"details", "summary"}
    assert not re.search(r"@[A-Za-z0-9]|#[0-9]|://", shown.text)


@settings(deadline=None, max_examples=50)
@given(hostile, st.booleans())
def test_no_text_of_a_stranger_does_anything_in_slack(text, override):
    snapshot = releases.hostile(text, override=override)
    decision = decide(snapshot)
    views = [
        slack.root(snapshot, decision, page_url=PAGE),
        slack.request(snapshot, decision, HEAD.head_sha),
        slack.request(snapshot, decision, text, HEAD.head_sha),
        slack.fact(text),
        slack.answer(text),
    ]
    for view in views:
        assert faults(list(view.blocks)) == []
        assert view.text
        whole = view.text + json.dumps(view.blocks, ensure_ascii=False)
        links = re.findall(r"<([^|>]*)[|>]", whole)
        assert all(
            link.startswith(("https://github.com/acme/shop/pull/7", _COMPARES, PAGE, "!date^")) for link in links
        ), links
        assert whole.count("<") == whole.count(">") == len(links)


@settings(deadline=None, max_examples=200)
@given(hostile, st.integers(1, 400))
def test_an_escaped_text_keeps_to_its_cap_and_never_ends_within_an_escape(text, most):
    shown = mrkdwn(text, most)
    assert len(shown) <= most
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    assert len(fold(text, most)) <= most


@settings(deadline=None, max_examples=200)
@given(hostile)
def test_a_link_is_a_web_address_of_safe_characters_or_none(text):
    for url in (text, f"https://x.example/{text}"):
        safe = href(url)
        assert not safe or re.fullmatch(r"(?i)https?://[A-Za-z0-9\-._~:/?#@!$&*+,;=%]+", safe)


@pytest.mark.parametrize("char", ["$", '"', "@", "🚀"])
def test_every_limit_holds_for_more_than_anybody_would_have(char):
    snapshot = releases.enormous((char * 250)[:250], roles=100, conditions=1_000)
    decision = decide(snapshot)
    run = github.check_run(snapshot, decision, "failure", page_url=PAGE, chain=CHAIN)
    assert len(run.title.encode()) <= 255
    assert max(len(run.summary.encode()), len(run.text.encode())) <= 65_535
    assert len(run.annotations) == 70
    assert len(github.sticky(snapshot, decision, page_url=PAGE, chain=CHAIN).encode()) <= 65_000
    assert len(github.request(snapshot, decision, HEAD.head_sha).encode()) <= 65_000
    assert len(github.answer("\n".join([char * 2000] * 400), "ana").encode()) <= 65_000
    _tables_are_whole(run.summary)
    for view in (slack.root(snapshot, decision, page_url=PAGE), slack.request(snapshot, decision, HEAD.head_sha)):
        assert faults(list(view.blocks)) == []
        assert len(view.text) <= 3_000


_WORDS = st.sampled_from(
    ["check", "المتجر", "בריאות", "准备就绪", "🚀", "👨‍👩‍👧", "e\u0301", "`x", "|", "<b>", "\\", "$", "a" * 60]
)
_titles = st.lists(_WORDS, min_size=1, max_size=60).map(lambda words: " ".join(words)[:250])


@settings(deadline=None, max_examples=10)
@given(_titles, st.sampled_from([0, 1, 40, 400]), st.sampled_from([0, 3, 60]), st.sampled_from([0, 7, 400]))
def test_a_check_run_of_any_size_keeps_its_limits_and_is_cut_between_rows_only(title, checks, roles, conditions):
    snapshot = releases.enormous(title, checks=checks, roles=roles, conditions=conditions if roles else 0)
    run = github.check_run(snapshot, decide(snapshot), None, page_url=PAGE, chain=CHAIN, version="1.2.3")
    assert len(run.title.encode()) <= 255
    assert run.title
    for part in (run.summary, run.text):
        assert len(part.encode()) <= 65_535
        assert part.count("<details>") == part.count("</details>") == part.count("<summary>")
        assert "```" not in part
        _tables_are_whole(part)
        seen = _Seen(part)
        assert seen.tags <= _TAGS
        assert not seen.hidden
    counted = re.search(r"…and (\d+) more checks; the release page has them all", run.text)
    assert run.text.count("<details>") + int(counted[1] if counted else 0) == checks
    assert run.summary.splitlines()[-1] == f"Ledger: {CHAIN[:12]}"


@settings(deadline=None, max_examples=200)
@given(hostile | _titles, st.integers(10, 255))
def test_a_title_is_one_line_of_whole_characters_and_ends_after_a_word_where_it_can(text, most):
    title = titled(text, most)
    assert len(title.encode()) <= most
    assert title.splitlines() == [title] or not title
    whole = fold(text, 100_000)
    assert title == whole if len(whole.encode()) <= most else title.endswith("…")
    assert whole.startswith(title.removesuffix("…"))


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=80), st.integers(60, 600))
def test_a_section_that_gives_way_keeps_whole_rows_and_counts_the_others(rows, most):
    section = Section(rows, lambda kept, more: "\n".join(["top", *(f"<{row}>" for row in kept), f"+{more}"]))
    text = fit([section], most)
    assert len(text.encode()) <= most
    kept = len(rows) - int(text.rpartition("+")[2])
    assert text == section.write(rows[:kept], len(rows) - kept)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40), max_size=40),
    st.integers(20, 300),
)
def test_lines_within_a_limit_are_whole_and_the_others_are_counted(lines, most):
    text = lines_within(lines, most)
    assert len(text) <= most
    more = re.search(r"… and (\d+) more\Z", text)
    kept = len(lines) - int(more[1]) if more else len(lines)
    assert text.split("\n")[:kept] == lines[:kept] or not lines
