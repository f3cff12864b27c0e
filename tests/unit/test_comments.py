"""Which lines of a comment are commands, and which only look so. Add a Markdown trap by adding a row."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.core.command import VERBS, Command
from golive.githubapp.comments import LONGEST, commands

APPROVE = Command("approve", "qa")
LINE = "/golive approve qa"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(LINE, id="alone"),
        pytest.param(f"\n\n{LINE}\n\n", id="between empty lines"),
        pytest.param(f"Looks good.\n{LINE}\nThanks!", id="a line of a paragraph"),
        pytest.param(f"Looks good.\r\n{LINE}\r\nThanks!", id="with CRLF"),
        pytest.param(f"Looks good.\r{LINE}\rThanks!", id="with CR"),
        pytest.param(f"Looks good.  \n{LINE}", id="after a hard break"),
        pytest.param(f"Looks good.\\\n{LINE}", id="after a hard break by backslash"),
        pytest.param(f"   {LINE}   ", id="three spaces in"),
        pytest.param("/golive\tapprove\tqa", id="with tabs"),
        pytest.param("/golive\u00a0approve qa", id="with the space of a phone"),
        pytest.param("/golive   approve   qa", id="with many spaces"),
        pytest.param(f"> they asked\n\n{LINE}", id="after a quote"),
        pytest.param(f"```\nlog\n```\n{LINE}", id="after a fence"),
        pytest.param(f"- a list\n\n{LINE}", id="after a list"),
        pytest.param(f"# Title\n{LINE}", id="under a heading"),
        pytest.param(f"<!-- a remark -->\n\n{LINE}", id="after a remark"),
        pytest.param(f"<!-- <details> -->\n\n{LINE}", id="after a remark about a tag"),
        pytest.param(f"<details>\n\nlog\n\n</details>\n\n{LINE}", id="after a fold"),
        pytest.param(f"a <code>x</code> b\n{LINE}", id="under code that was closed"),
        pytest.param("/golive **approve** qa", id="with marks inside"),
        pytest.param(f"---\n{LINE}", id="under a rule"),
    ],
)
def test_a_command_at_the_start_of_a_plain_line_is_heard(body: str) -> None:
    assert commands(body) == [APPROVE]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param(f"Please say {LINE}", id="in the middle of a line"),
        pytest.param(f"> {LINE}", id="a quote"),
        pytest.param(f"> they said\n{LINE}", id="a quote that runs on"),
        pytest.param(f"> > > {LINE}", id="nested quotes"),
        pytest.param(f"> - {LINE}", id="a list in a quote"),
        pytest.param(f"```\n{LINE}\n```", id="a fence"),
        pytest.param(f"~~~ text\n{LINE}\n~~~", id="another fence"),
        pytest.param(f"```\n{LINE}", id="a fence that never ends"),
        pytest.param(f"````\n```\n{LINE}\n````", id="a fence in a fence"),
        pytest.param(f"    {LINE}", id="indented code"),
        pytest.param(f"\t{LINE}", id="code indented by a tab"),
        pytest.param(f"`{LINE}`", id="inline code"),
        pytest.param(f"`a\n{LINE}\nb`", id="inline code over lines"),
        pytest.param(f"<!-- {LINE} -->", id="a remark"),
        pytest.param(f"<!--\n{LINE}\n-->", id="a remark over lines"),
        pytest.param(f"<!--\n\n{LINE}\n\n-->", id="a remark over paragraphs"),
        pytest.param(f"see <!--\n{LINE}\n-->", id="a remark that begins in a line"),
        pytest.param(f"<!-- a -->{LINE}", id="after a remark in its line"),
        pytest.param(f"{LINE} <!-- not really -->", id="with a hidden part"),
        pytest.param(f"{LINE} <b hidden>not</b>", id="with tags"),
        pytest.param(f"- {LINE}", id="a list"),
        pytest.param(f"1. {LINE}", id="a numbered list"),
        pytest.param(f"- [ ] {LINE}", id="a task"),
        pytest.param(f"- a\n{LINE}", id="a list that runs on"),
        pytest.param(f"1. a\n\n   {LINE}", id="a paragraph in a list"),
        pytest.param(f"# {LINE}", id="a heading"),
        pytest.param(f"<details>\n\n{LINE}\n\n</details>", id="a fold"),
        pytest.param(f"<details><summary>log</summary>\n\n{LINE}", id="a fold that never ends"),
        pytest.param(f"<blockquote>\n\n{LINE}\n\n</blockquote>", id="an HTML quote"),
        pytest.param(f"<pre>\n\n{LINE}\n\n</pre>", id="HTML code"),
        pytest.param(f"a <code>\n{LINE}\n</code>", id="HTML code over lines"),
        pytest.param(f"a <DEL>\n{LINE}\n</DEL>", id="struck in HTML"),
        pytest.param(f"![{LINE}](https://x.example/y.png)", id="the words of an image"),
        pytest.param(f"[1]: {LINE}", id="a link's definition"),
        pytest.param("/golivee approve qa", id="another word"),
        pytest.param("/golive-bot approve qa", id="another bot"),
        pytest.param("/goliveapprove qa", id="no space"),
        pytest.param("/GOLIVE approve qa", id="another spelling"),
        pytest.param("golive approve qa", id="no slash"),
        pytest.param("//golive approve qa", id="two slashes"),
        pytest.param(f"\u200b{LINE}", id="after an invisible character"),
        pytest.param(f"\0{LINE}", id="after a NUL"),
    ],
)
def test_what_is_quoted_code_hidden_or_elsewhere_is_not_heard(body: str) -> None:
    assert commands(body) == []


def test_several_commands_are_heard_in_order() -> None:
    body = f"{LINE}\n/golive hold wait\n\n> {LINE}\n\n/golive status"
    assert commands(body) == [APPROVE, Command("hold", "wait"), Command("status")]


def test_a_bare_prefix_asks_for_help() -> None:
    assert commands("/golive") == [Command("help")]


def test_what_cannot_be_read_is_heard_as_such_with_the_sentence_to_answer() -> None:
    [misread] = commands("/golive aprove qa")
    assert misread.verb == "misread"
    assert "Did you mean `/golive approve" in misread.text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("/golive attest drill <https://x.example/1>", "drill https://x.example/1"),
        ("/golive attest drill https://x.example/a_b_c?d=1&e=2", "drill https://x.example/a_b_c?d=1&e=2"),
        ("/golive attest drill [report](https://x.example/1)", "drill report"),
        ("/golive attest drill `rm -rf`", "drill `rm -rf`"),
        ("/golive attest drill ![party](https://x.example/y.gif)", "drill ![party]"),
        ("/golive attest drill 5 &lt; 6 \\*", "drill 5 < 6 *"),
    ],
)
def test_the_words_of_a_command_are_those_a_reader_sees(body: str, text: str) -> None:
    assert commands(body) == [Command("attest", text)]


def test_nothing_is_read_beyond_what_github_lets_anybody_write() -> None:
    assert commands("x" * LONGEST + f"\n{LINE}") == []
    assert commands("x" * (LONGEST - len(LINE) - 1) + f"\n{LINE}") == [APPROVE]


@pytest.mark.parametrize(
    "body",
    [
        "[" * LONGEST,
        "[a](" * 16_000,
        "*a " * 22_000,
        "> " * 30_000 + LINE,
        "".join("`" * n + "a" for n in range(1, 359)),
        "".join(" " * n + "- a\n" for n in range(350)),
        "<!--" * 16_000,
        "a <code>" * 8_000,
        f"{LINE}\n" * 3_500,
        "/golive " + "x" * 65_000,
    ],
    ids=["brackets", "links", "stars", "quotes", "ticks", "lists", "remarks", "tags", "commands", "one word"],
)
def test_a_huge_comment_is_read_in_time(body: str) -> None:
    began = time.process_time()
    commands(body)
    assert time.process_time() - began < 5, "one comment must not keep a worker busy"


@given(st.text(st.sampled_from("/golive apr \n\t>`~<!-*#[]()&\\\0")) | st.text())
def test_any_comment_is_read_without_a_fault(body: str) -> None:
    for command in commands(body):
        assert command.verb in {*VERBS, "misread"}


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_nothing_said_inside_a_fence_is_ever_a_command(text: str) -> None:
    inside = "\n".join(line for line in text.splitlines() if "`" not in line)
    assert commands(f"```\n{inside}\n{LINE}\n```") == []
